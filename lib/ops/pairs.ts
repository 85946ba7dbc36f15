// Functions of two operands, broadcasting: angles and lengths, signs, logarithms.

import { type KernelName, kernel } from '../backend/kernels.js';
import { A, B, OUT, type Ways } from '../core/graph.js';
import type { Tensor } from '../core/tensor.js';
import { sigmoid } from './activation.js';
import { applyBinary, type Binary, Domain, fillLike, type Operand, rule } from './apply.js';
import { add, div, mul, sub } from './binary.js';
import { eq, le, logicalAnd } from './compare.js';
import { neg, sign, square } from './unary.js';
import { where } from './where.js';

function define(name: KernelName, ways: Ways): Binary {
  return { name, kernel: kernel[name], domain: Domain.Floats, predicate: false, rule: rule(name, ways) };
}

/** @internal */
export const ATAN2 = define('atan2', {
  a: [A | B, (n, g) => mul(g, div(n.b as Tensor, squares(n.a as Tensor, n.b as Tensor)))],
  b: [A | B, (n, g) => neg(mul(g, div(n.a as Tensor, squares(n.a as Tensor, n.b as Tensor))))],
});
/** @internal */
export const HYPOT = define('hypot', {
  a: [A | OUT, (n, g) => mul(g, div(n.a as Tensor, n.out as Tensor))],
  b: [B | OUT, (n, g) => mul(g, div(n.b as Tensor, n.out as Tensor))],
});
/** @internal */
export const COPYSIGN = define('copysign', {
  a: [A | B, (n, g) => mul(g, mul(sign(n.a as Tensor), copysign(1, n.b as Tensor)))],
  b: [0, (_n, g) => fillLike(g, 0)],
});
/** @internal */
export const XLOGY = define('xlogy', {
  // Where the value is 0 by convention it stays so.
  a: [
    A | B,
    (n, g) => {
      const [x, y] = [n.a as Tensor, n.b as Tensor];
      return where(logicalAnd(eq(x, 0), le(y, 0)), 0, xlogy(g, y));
    },
  ],
  b: [A | B, (n, g) => div(mul(g, n.a as Tensor), n.b as Tensor)],
});
const LOGADDEXP = define('logaddexp', {
  a: [A | B, (n, g) => mul(g, sigmoid(sub(n.a as Tensor, n.b as Tensor)))],
  b: [A | B, (n, g) => mul(g, sigmoid(sub(n.b as Tensor, n.a as Tensor)))],
});

const squares = (a: Tensor, b: Tensor): Tensor => add(square(a), square(b));

/**
 * The angle in [−π, π] between the first axis and the point (b, a), elementwise; the shapes broadcast. Integers give
 * float32.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { atan2, tensor } from 'quern';
 * atan2(tensor([0, 1]), tensor([1, 0])).toArray(); // => [0, 1.5707963705062866]
 */
export function atan2(a: Operand, b: Operand): Tensor {
  return applyBinary(ATAN2, a, b);
}

/**
 * √(a² + b²) without overflow, elementwise; the shapes broadcast. Integers give float32.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { hypot, tensor } from 'quern';
 * hypot(tensor([3]), tensor([4])).toArray(); // => [5]
 */
export function hypot(a: Operand, b: Operand): Tensor {
  return applyBinary(HYPOT, a, b);
}

/**
 * The size of a with the sign of b (of −0 too), elementwise; the shapes broadcast. Integers give float32.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { copysign, tensor } from 'quern';
 * copysign(tensor([1, -2]), tensor([-1, 1])).toArray(); // => [-1, 2]
 */
export function copysign(a: Operand, b: Operand): Tensor {
  return applyBinary(COPYSIGN, a, b);
}

/**
 * a ln b, and 0 where a is 0 and b is a number, elementwise; the shapes broadcast. Integers give float32.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { tensor, xlogy } from 'quern';
 * xlogy(tensor([0, 2]), tensor([0, 1])).toArray(); // => [0, 0]
 */
export function xlogy(a: Operand, b: Operand): Tensor {
  return applyBinary(XLOGY, a, b);
}

/**
 * ln(eᵃ + eᵇ) without overflow, elementwise; the shapes broadcast. Integers give float32.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { logaddexp, tensor } from 'quern';
 * logaddexp(tensor([1000]), tensor([0])).toArray(); // => [1000]
 */
export function logaddexp(a: Operand, b: Operand): Tensor {
  return applyBinary(LOGADDEXP, a, b);
}
