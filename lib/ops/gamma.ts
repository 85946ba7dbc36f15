// The logarithm of the gamma function and its derivatives, elementwise.

import { kernel } from '../backend/kernels.js';
import { ArgumentError } from '../core/errors.js';
import { A } from '../core/graph.js';
import type { Tensor } from '../core/tensor.js';
import { applyUnary, applyUnaryWith, Domain, type Parameters, rule, type Unary } from './apply.js';
import { mul } from './binary.js';

function define(name: 'lgamma' | 'digamma' | 'polygamma', gradients: Unary['rule']): Unary {
  return { name, kernel: kernel[name], domain: Domain.Floats, predicate: false, rule: gradients };
}

/** @internal */
export const LGAMMA = define('lgamma', rule('lgamma', { a: [A, (n, g) => mul(g, digamma(n.a as Tensor))] }));
/** @internal */
export const DIGAMMA = define(
  'digamma',
  rule('digamma', { a: [A, (n, g) => mul(g, derivative(1, n.a as Tensor))] }),
);
const POLYGAMMA = define(
  'polygamma',
  rule('polygamma', {
    a: [A, (n, g) => mul(g, derivative((n.saved as Parameters)[0] + 1, n.a as Tensor))],
  }),
);

// The kernels know two orders more, for gradients.
const MOST_ORDER = 30;

function derivative(order: number, x: Tensor): Tensor {
  return applyUnaryWith(POLYGAMMA, x, [order]);
}

/**
 * The logarithm of the gamma function's size, ln |Γ(x)|; infinite at 0 and the negative whole numbers. Elementwise,
 * any shape. Integers give float32.
 *
 * @example
 * import { lgamma, tensor } from 'quern';
 * lgamma(tensor([1, 2, 0])).toArray(); // => [0, 0, Infinity]
 */
export function lgamma(x: Tensor): Tensor {
  return applyUnary(LGAMMA, x);
}

/**
 * The derivative of {@link lgamma}, Γ′(x) / Γ(x); NaN at the negative whole numbers. Elementwise, any shape. Integers
 * give float32.
 *
 * @example
 * import { digamma, tensor } from 'quern';
 * digamma(tensor([1])).toArray(); // => [-0.5772156715393066]
 */
export function digamma(x: Tensor): Tensor {
  return applyUnary(DIGAMMA, x);
}

/**
 * The n-th derivative of {@link digamma}, (−1)ⁿ⁺¹ n! Σ 1 / (x + k)ⁿ⁺¹ over k ≥ 0; digamma itself for n = 0. Elementwise,
 * any shape. Integers give float32.
 *
 * @throws ArgumentError where n is not whole, below 0 or above 30.
 * @example
 * import { polygamma, tensor } from 'quern';
 * polygamma(1, tensor([1])).toArray(); // => [1.6449340581893921]
 */
export function polygamma(n: number, x: Tensor): Tensor {
  if (!Number.isInteger(n) || n < 0 || n > MOST_ORDER) {
    throw new ArgumentError('polygamma', 'n', n, `n is a whole number from 0 to ${MOST_ORDER}; got ${n}`);
  }
  return n === 0 ? digamma(x) : derivative(n, x);
}
