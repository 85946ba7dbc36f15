// Operations on the bits of integers and of truth values, broadcasting.

import { type KernelName, kernel } from '../backend/kernels.js';
import { BOOL, isFloatKind, UINT8 } from '../core/dtype.js';
import { DTypeError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { applyBinary, type Binary, checkTensor, Domain, type Operand, scalarTensor } from './apply.js';

function define(name: KernelName): Binary {
  return { name, kernel: kernel[name], domain: Domain.All, predicate: false, rule: null };
}

/** @internal */
export const BITWISE_AND = define('bitwiseAnd');
/** @internal */
export const BITWISE_OR = define('bitwiseOr');
/** @internal */
export const BITWISE_XOR = define('bitwiseXor');
/** @internal */
export const BITWISE_LEFT_SHIFT = define('bitwiseLeftShift');
/** @internal */
export const BITWISE_RIGHT_SHIFT = define('bitwiseRightShift');

/** Refuses what has no bits of its own: floats and fractions and, for shifts, truth values. @internal */
export function checkBits(op: string, operands: readonly Operand[], shift: boolean): void {
  for (const operand of operands) {
    if (typeof operand === 'number') {
      if (Number.isInteger(operand)) continue;
      throw new DTypeError(op, `bits are those of integers; got the number ${operand}`, ['float32']);
    }
    checkTensor(op, operand);
    if (isFloatKind(operand.kind) || (shift && operand.kind === BOOL)) {
      const needed = shift ? 'int32 or uint8' : 'int32, uint8 or bool';
      throw new DTypeError(op, `a tensor of ${needed} is needed; got ${operand.dtype}: cast it with to()`, [
        operand.dtype,
      ]);
    }
  }
}

function apply(op: Binary, a: Operand, b: Operand): Tensor {
  checkBits(op.name, [a, b], op === BITWISE_LEFT_SHIFT || op === BITWISE_RIGHT_SHIFT);
  return applyBinary(op, a, b);
}

/**
 * The bits that a and b both have, elementwise; of bool, logical and. The shapes broadcast.
 *
 * @throws DTypeError on floats; ShapeError where the shapes do not broadcast.
 * @example
 * import { bitwiseAnd, tensor } from 'quern';
 * bitwiseAnd(tensor([6], { dtype: 'int32' }), 3).toArray(); // => [2]
 */
export function bitwiseAnd(a: Operand, b: Operand): Tensor {
  return apply(BITWISE_AND, a, b);
}

/**
 * The bits that a or b has, elementwise; of bool, logical or. The shapes broadcast.
 *
 * @throws DTypeError on floats; ShapeError where the shapes do not broadcast.
 * @example
 * import { bitwiseOr, tensor } from 'quern';
 * bitwiseOr(tensor([6], { dtype: 'int32' }), 3).toArray(); // => [7]
 */
export function bitwiseOr(a: Operand, b: Operand): Tensor {
  return apply(BITWISE_OR, a, b);
}

/**
 * The bits that just one of a and b has, elementwise; of bool, logical xor. The shapes broadcast.
 *
 * @throws DTypeError on floats; ShapeError where the shapes do not broadcast.
 * @example
 * import { bitwiseXor, tensor } from 'quern';
 * bitwiseXor(tensor([6], { dtype: 'int32' }), 3).toArray(); // => [5]
 */
export function bitwiseXor(a: Operand, b: Operand): Tensor {
  return apply(BITWISE_XOR, a, b);
}

/**
 * Every bit turned over, elementwise; of bool, logical not.
 *
 * @throws DTypeError on floats.
 * @example
 * import { bitwiseNot, tensor } from 'quern';
 * bitwiseNot(tensor([0, 5], { dtype: 'int32' })).toArray(); // => [-1, -6]
 */
export function bitwiseNot(x: Tensor): Tensor {
  checkBits('bitwiseNot', [x], false);
  if (x.kind === BOOL) return applyBinary(BITWISE_XOR, x, scalarTensor(1, BOOL));
  return applyBinary(BITWISE_XOR, x, x.kind === UINT8 ? 255 : -1);
}

/**
 * The bits of a moved up by b places, elementwise: a · 2ᵇ modulo the dtype's range, and 0 where b is negative or as
 * large as the dtype has bits. The shapes broadcast.
 *
 * @throws DTypeError on floats and bool; ShapeError where the shapes do not broadcast.
 * @example
 * import { bitwiseLeftShift, tensor } from 'quern';
 * bitwiseLeftShift(tensor([1, 3], { dtype: 'int32' }), 2).toArray(); // => [4, 12]
 */
export function bitwiseLeftShift(a: Operand, b: Operand): Tensor {
  return apply(BITWISE_LEFT_SHIFT, a, b);
}

/**
 * The bits of a moved down by b places, elementwise: ⌊a / 2ᵇ⌋, and 0, or −1 of negative a, where b is negative or as
 * large as the dtype has bits. The shapes broadcast.
 *
 * @throws DTypeError on floats and bool; ShapeError where the shapes do not broadcast.
 * @example
 * import { bitwiseRightShift, tensor } from 'quern';
 * bitwiseRightShift(tensor([12, -1], { dtype: 'int32' }), 2).toArray(); // => [3, -1]
 */
export function bitwiseRightShift(a: Operand, b: Operand): Tensor {
  return apply(BITWISE_RIGHT_SHIFT, a, b);
}
