// Division to whole numbers and what it leaves, on two operands, broadcasting.

import { type KernelName, kernel } from '../backend/kernels.js';
import { A, B, type Rule } from '../core/graph.js';
import type { Tensor } from '../core/tensor.js';
import { applyBinary, type Binary, Domain, fillLike, type Operand, rule } from './apply.js';
import { mul } from './binary.js';
import { neg } from './unary.js';

function define(name: string, kernelName: KernelName, gradients: Rule): Binary {
  return { name, kernel: kernel[kernelName], domain: Domain.Numeric, predicate: false, rule: gradients };
}

/** Flat but for its steps. */
const steps = (name: string): Rule =>
  rule(name, { a: [0, (_n, g) => fillLike(g, 0)], b: [0, (_n, g) => fillLike(g, 0)] });

/** @internal */
export const DIV_TRUNC = define('div', 'divTrunc', steps('div'));
/** @internal */
export const DIV_FLOOR = define('div', 'divFloor', steps('div'));
/** @internal */
export const FLOOR_DIVIDE = define('floorDivide', 'divFloor', steps('floorDivide'));
/** @internal */
export const REMAINDER = define(
  'remainder',
  'remainder',
  rule('remainder', {
    a: [0, (_n, g) => g],
    b: [A | B, (n, g) => neg(mul(g, applyBinary(DIV_FLOOR, n.a as Tensor, n.b as Tensor)))],
  }),
);
/** @internal */
export const FMOD = define(
  'fmod',
  'fmod',
  rule('fmod', {
    a: [0, (_n, g) => g],
    b: [A | B, (n, g) => neg(mul(g, applyBinary(DIV_TRUNC, n.a as Tensor, n.b as Tensor)))],
  }),
);

/**
 * The quotient rounded down, ⌊a / b⌋, elementwise; the shapes broadcast. Integers keep their dtype. Its gradient is 0.
 *
 * @throws ShapeError where the shapes do not broadcast; ArgumentError where integers are divided by 0.
 * @example
 * import { floorDivide, tensor } from 'quern';
 * floorDivide(tensor([7, -7]), 2).toArray(); // => [3, -4]
 */
export function floorDivide(a: Operand, b: Operand): Tensor {
  return applyBinary(FLOOR_DIVIDE, a, b);
}

/**
 * What floor division leaves, a − b ⌊a / b⌋, of the sign of b; elementwise, the shapes broadcast. Integers keep their
 * dtype.
 *
 * @throws ShapeError where the shapes do not broadcast; ArgumentError where integers are divided by 0.
 * @example
 * import { remainder, tensor } from 'quern';
 * remainder(tensor([7, -7]), 3).toArray(); // => [1, 2]
 */
export function remainder(a: Operand, b: Operand): Tensor {
  return applyBinary(REMAINDER, a, b);
}

/**
 * What division toward zero leaves, of the sign of a, as C's fmod; elementwise, the shapes broadcast. Integers keep
 * their dtype.
 *
 * @throws ShapeError where the shapes do not broadcast; ArgumentError where integers are divided by 0.
 * @example
 * import { fmod, tensor } from 'quern';
 * fmod(tensor([7, -7]), 3).toArray(); // => [1, -1]
 */
export function fmod(a: Operand, b: Operand): Tensor {
  return applyBinary(FMOD, a, b);
}
