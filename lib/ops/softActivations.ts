// Smooth activations, those that shrink toward 0, and gated linear units, elementwise.

import { kernel } from '../backend/kernels.js';
import { FLOAT32, isFloatKind } from '../core/dtype.js';
import { ArgumentError, describe, ShapeError, showShape } from '../core/errors.js';
import { A, B, record1 } from '../core/graph.js';
import { checkAxis } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { sigmoid, softplus, tanh } from './activation.js';
import {
  applyBinary,
  applyUnary,
  applyUnaryWith,
  type Binary,
  castTo,
  checkTensor,
  Domain,
  type Parameters,
  rule,
  type Unary,
} from './apply.js';
import { add, div, mul, sub } from './binary.js';
import { le } from './compare.js';
import { composed } from './composed.js';
import { narrow } from './slice.js';
import { abs, square } from './unary.js';
import { where } from './where.js';

function define(name: 'mish' | 'mishGrad' | 'softshrink' | 'hardshrink', gradients: Unary['rule']): Unary {
  return { name, kernel: kernel[name], domain: Domain.Floats, predicate: false, rule: gradients };
}

const MISH = define('mish', rule('mish', { a: [A, (n, g) => applyBinary(MISH_GRAD, g, n.a as Tensor)] }));
const MISH_GRAD: Binary = define(
  'mishGrad',
  rule('mishGrad', {
    a: [B, (n, h) => applyBinary(MISH_GRAD, h, n.b as Tensor)],
    b: [A | B, (n, h) => mul(mul(h, n.a as Tensor), mishCurve(n.b as Tensor))],
  }),
);

/**
 * The second derivative of x t, t = tanh(ln(1 + eˣ)): with u = t′ = σ (1 − t²) it is 2u + x u′, and
 * u′ = u ((1 − σ) − 2 t σ).
 */
function mishCurve(x: Tensor): Tensor {
  const t = tanh(softplus(x));
  const s = sigmoid(x);
  const u = mul(s, sub(1, square(t)));
  return mul(u, add(mul(x, sub(sub(1, s), mul(mul(t, s), 2))), 2));
}

const passOutside = (name: 'softshrink' | 'hardshrink'): Unary =>
  define(
    name,
    rule(name, {
      a: [A, (n, g) => where(le(abs(n.a as Tensor), (n.saved as Parameters)[0]), 0, g)],
    }),
  );
const SOFTSHRINK = passOutside('softshrink');
const HARDSHRINK = passOutside('hardshrink');

const SOFTSIGN = rule('softsign', {
  a: [A, (n, g) => div(g, square(add(abs(n.a as Tensor), 1)))],
});

/**
 * x tanh(ln(1 + eˣ)), elementwise (Misra 2019).
 *
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.mish(tensor([0, 50])).toArray(); // => [0, 50]
 */
export function mish(x: Tensor): Tensor {
  return applyUnary(MISH, x);
}

/**
 * x / (1 + |x|), elementwise.
 *
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.softsign(tensor([-1, 3])).toArray(); // => [-0.5, 0.75]
 */
export function softsign(x: Tensor): Tensor {
  checkTensor('softsign', x);
  const a = isFloatKind(x.kind) ? x : castTo(x, FLOAT32);
  const out = composed(() => div(a, add(abs(a), 1)));
  record1(SOFTSIGN, out, a, null);
  return out;
}

/**
 * x − tanh x, elementwise.
 *
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.tanhshrink(tensor([0, 100])).toArray(); // => [0, 99]
 */
export function tanhshrink(x: Tensor): Tensor {
  checkTensor('tanhshrink', x);
  return sub(x, tanh(x));
}

export interface ShrinkOptions {
  /** How far around 0 values become 0. Default 0.5. */
  lambd?: number;
}

/** @internal */
export const SHRINK_OPTIONS = optionNames<ShrinkOptions>({ lambd: true });

/** @internal */
export function checkShrink(op: string, options: ShrinkOptions): number {
  checkOptions(op, options, SHRINK_OPTIONS);
  const { lambd = 0.5 } = options;
  if (lambd >= 0) return lambd;
  throw new ArgumentError(op, 'lambd', lambd, `lambd is a number from 0; got ${describe(lambd)}`);
}

/**
 * x nearer to 0 by lambd, and 0 where |x| ≤ lambd, elementwise.
 *
 * @throws ArgumentError where lambd is negative.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.softshrink(tensor([-2, 0.25, 2])).toArray(); // => [-1.5, 0, 1.5]
 */
export function softshrink(x: Tensor, options: ShrinkOptions = NO_OPTIONS): Tensor {
  return applyUnaryWith(SOFTSHRINK, x, [checkShrink('softshrink', options)]);
}

/**
 * x, and 0 where |x| ≤ lambd, elementwise.
 *
 * @throws ArgumentError where lambd is negative.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.hardshrink(tensor([-2, 0.25, 2])).toArray(); // => [-2, 0, 2]
 */
export function hardshrink(x: Tensor, options: ShrinkOptions = NO_OPTIONS): Tensor {
  return applyUnaryWith(HARDSHRINK, x, [checkShrink('hardshrink', options)]);
}

/**
 * The gated linear unit a σ(b), where a and b are the two halves of x along `dim` (Dauphin et al. 2017).
 *
 * @throws ShapeError where dim is out of range or has an odd size.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.glu(tensor([3, 0])).toArray(); // => [1.5]
 */
export function glu(x: Tensor, dim = -1): Tensor {
  checkTensor('glu', x);
  const axis = checkAxis('glu', dim, x.ndim);
  const size = x.ndim === 0 ? 1 : x.shape[axis];
  if (size % 2 !== 0) {
    throw new ShapeError('glu', `dim ${dim} of ${showShape(x.shape)} has no halves; its size must be even`, [
      x.shape,
    ]);
  }
  return mul(narrow(x, axis, 0, size / 2), sigmoid(narrow(x, axis, size / 2, size / 2)));
}
