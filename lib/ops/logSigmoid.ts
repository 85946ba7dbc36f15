// The logarithm of the logistic function, exact at both ends.

import { FLOAT32, isFloatKind } from '../core/dtype.js';
import { A, record1 } from '../core/graph.js';
import type { Tensor } from '../core/tensor.js';
import { sigmoid } from './activation.js';
import { castTo, checkTensor, rule } from './apply.js';
import { minimum, mul, sub } from './binary.js';
import { composed } from './composed.js';
import { abs, exp, log1p, neg } from './unary.js';

// The parts have kinks at 0 that the whole has not, so the gradient is one rule.
const LOG_SIGMOID = rule('logSigmoid', { a: [A, (n, g) => mul(g, sigmoid(neg(n.a as Tensor)))] });

/**
 * ln(1 / (1 + e⁻ˣ)), elementwise, as min(x, 0) − ln(1 + e^−|x|), which neither overflows nor loses digits.
 *
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.logSigmoid(tensor([-200])).toArray(); // => [-200]
 */
export function logSigmoid(x: Tensor): Tensor {
  checkTensor('logSigmoid', x);
  const a = isFloatKind(x.kind) ? x : castTo(x, FLOAT32);
  const out = composed(() => sub(minimum(a, 0), log1p(exp(neg(abs(a))))));
  record1(LOG_SIGMOID, out, a, null);
  return out;
}
