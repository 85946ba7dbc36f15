// Inverse trigonometric functions, hyperbolic functions and their inverses, elementwise, with gradients.

import { type KernelName, kernel } from '../backend/kernels.js';
import { A, type Backward } from '../core/graph.js';
import type { Tensor } from '../core/tensor.js';
import { applyUnary, Domain, rule, type Unary } from './apply.js';
import { add, div, mul, sub } from './binary.js';
import { neg, rsqrt, square } from './unary.js';

function define(name: KernelName, gradient: Backward): Unary {
  return {
    name,
    kernel: kernel[name],
    domain: Domain.Floats,
    predicate: false,
    rule: rule(name, { a: [A, gradient] }),
  };
}

/** @internal */
export const ASIN = define('asin', (n, g) => mul(g, rsqrt(sub(1, square(n.a as Tensor)))));
/** @internal */
export const ACOS = define('acos', (n, g) => neg(mul(g, rsqrt(sub(1, square(n.a as Tensor))))));
/** @internal */
export const ATAN = define('atan', (n, g) => div(g, add(square(n.a as Tensor), 1)));
/** @internal */
export const SINH = define('sinh', (n, g) => mul(g, cosh(n.a as Tensor)));
/** @internal */
export const COSH = define('cosh', (n, g) => mul(g, sinh(n.a as Tensor)));
/** @internal */
export const ASINH = define('asinh', (n, g) => mul(g, rsqrt(add(square(n.a as Tensor), 1))));
/** @internal */
export const ACOSH = define('acosh', (n, g) => mul(g, rsqrt(sub(square(n.a as Tensor), 1))));
/** @internal */
export const ATANH = define('atanh', (n, g) => div(g, sub(1, square(n.a as Tensor))));

/**
 * The angle in [−π/2, π/2] whose sine is x; NaN beyond [−1, 1]. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { asin, tensor } from 'quern';
 * asin(tensor([0, 1])).toArray(); // => [0, 1.5707963705062866]
 */
export function asin(x: Tensor): Tensor {
  return applyUnary(ASIN, x);
}

/**
 * The angle in [0, π] whose cosine is x; NaN beyond [−1, 1]. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { acos, tensor } from 'quern';
 * acos(tensor([1, 0])).toArray(); // => [0, 1.5707963705062866]
 */
export function acos(x: Tensor): Tensor {
  return applyUnary(ACOS, x);
}

/**
 * The angle in (−π/2, π/2) whose tangent is x. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { atan, tensor } from 'quern';
 * atan(tensor([0, Infinity])).toArray(); // => [0, 1.5707963705062866]
 */
export function atan(x: Tensor): Tensor {
  return applyUnary(ATAN, x);
}

/**
 * The hyperbolic sine (eˣ − e⁻ˣ) / 2. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { sinh, tensor } from 'quern';
 * sinh(tensor([0, Infinity])).toArray(); // => [0, Infinity]
 */
export function sinh(x: Tensor): Tensor {
  return applyUnary(SINH, x);
}

/**
 * The hyperbolic cosine (eˣ + e⁻ˣ) / 2. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { cosh, tensor } from 'quern';
 * cosh(tensor([0])).toArray(); // => [1]
 */
export function cosh(x: Tensor): Tensor {
  return applyUnary(COSH, x);
}

/**
 * The inverse of {@link sinh}, ln(x + √(x² + 1)). Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { asinh, tensor } from 'quern';
 * asinh(tensor([0])).toArray(); // => [0]
 */
export function asinh(x: Tensor): Tensor {
  return applyUnary(ASINH, x);
}

/**
 * The inverse of {@link cosh}, ln(x + √(x² − 1)); NaN below 1. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { acosh, tensor } from 'quern';
 * acosh(tensor([1])).toArray(); // => [0]
 */
export function acosh(x: Tensor): Tensor {
  return applyUnary(ACOSH, x);
}

/**
 * The inverse of tanh, ½ ln((1 + x) / (1 − x)); NaN beyond [−1, 1]. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { atanh, tensor } from 'quern';
 * atanh(tensor([0, 1])).toArray(); // => [0, Infinity]
 */
export function atanh(x: Tensor): Tensor {
  return applyUnary(ATANH, x);
}
