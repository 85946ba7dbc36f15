// Softmax and its logarithm along one dimension, with first and second gradients.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { FLOAT32, isFloatKind } from '../core/dtype.js';
import { A, B, OUT, type Rule, record1, record2 } from '../core/graph.js';
import { checkAxis } from '../core/layout.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { castTo, checkTensor, rule } from './apply.js';
import { mul, sub } from './binary.js';
import { sum } from './reduce.js';
import { exp, neg } from './unary.js';

const KEEP = { keepdim: true };

const SOFTMAX = rule('softmax', {
  a: [OUT, (n, g) => gradient('softmaxGrad', g, n.out as Tensor, n.saved as number)],
});
const LOG_SOFTMAX = rule('logSoftmax', {
  a: [OUT, (n, g) => gradient('logSoftmaxGrad', g, n.out as Tensor, n.saved as number)],
});

// y (g − Σ g y) is linear in g with a symmetric matrix, and quadratic in y.
const SOFTMAX_GRAD = rule('softmaxGrad', {
  a: [B, (n, h) => gradient('softmaxGrad', h, n.b as Tensor, n.saved as number)],
  b: [
    A | B,
    (n, h) => {
      const [g, y, dim] = [n.a as Tensor, n.b as Tensor, n.saved as number];
      return sub(mul(h, sub(g, sum(mul(g, y), dim, KEEP))), mul(g, sum(mul(h, y), dim, KEEP)));
    },
  ],
});
// g − eʸ Σ g
const LOG_SOFTMAX_GRAD = rule('logSoftmaxGrad', {
  a: [B, (n, h) => sub(h, sum(mul(h, exp(n.b as Tensor)), n.saved as number, KEEP))],
  b: [A | B, (n, h) => neg(mul(mul(h, exp(n.b as Tensor)), sum(n.a as Tensor, n.saved as number, KEEP)))],
});

function gradient(op: 'softmaxGrad' | 'logSoftmaxGrad', g: Tensor, y: Tensor, dim: number): Tensor {
  const out = makeTensor(y.layout.dense, y.kind);
  attributes[0] = dim;
  active.run3(kernel[op], y.kind, out, g, y);
  record2(op === 'softmaxGrad' ? SOFTMAX_GRAD : LOG_SOFTMAX_GRAD, out, g, y, dim);
  return out;
}

function apply(op: 'softmax' | 'logSoftmax', x: Tensor, dim: number, gradients: Rule): Tensor {
  checkTensor(op, x);
  const axis = checkAxis(op, dim, x.ndim);
  const a = isFloatKind(x.kind) ? x : castTo(x, FLOAT32);
  const row = a.ndim === 0 ? a.reshape([1]) : a;
  const out = makeTensor(row.layout.dense, a.kind);
  attributes[0] = axis;
  active.run2(kernel[op], a.kind, out, row);
  record1(gradients, out, row, axis);
  return a.ndim === 0 ? out.reshape([]) : out;
}

/**
 * eˣ / Σ eˣ along `dim`: positive values that add up to 1. Of the same shape as x.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { softmax, tensor } from 'quern';
 * softmax(tensor([0, 0]), 0).toArray(); // => [0.5, 0.5]
 */
export function softmax(x: Tensor, dim: number): Tensor {
  return apply('softmax', x, dim, SOFTMAX);
}

/**
 * x − ln Σ eˣ along `dim`: the logarithm of {@link softmax}, without overflow. Of the same shape as x.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { logSoftmax, tensor } from 'quern';
 * logSoftmax(tensor([7]), 0).toArray(); // => [0]
 */
export function logSoftmax(x: Tensor, dim: number): Tensor {
  return apply('logSoftmax', x, dim, LOG_SOFTMAX);
}

/**
 * e⁻ˣ / Σ e⁻ˣ along `dim`: {@link softmax} of −x. Of the same shape as x.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.softmin(tensor([0, 1000]), 0).toArray(); // => [1, 0]
 */
export function softmin(x: Tensor, dim: number): Tensor {
  checkTensor('softmin', x);
  checkAxis('softmin', dim, x.ndim);
  // Of bytes and booleans there is nothing below 0.
  return apply('softmax', neg(isFloatKind(x.kind) ? x : castTo(x, FLOAT32)), dim, SOFTMAX);
}
