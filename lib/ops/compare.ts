// Comparisons, logic and tests for special values. Their results are bool and have no gradient.

import { active } from '../backend/active.js';
import { type KernelName, kernel } from '../backend/kernels.js';
import { BOOL } from '../core/dtype.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import {
  applyBinary,
  applyUnary,
  type Binary,
  castTo,
  checkTensor,
  Domain,
  type Operand,
  toOperand,
  type Unary,
} from './apply.js';

function define(name: KernelName, domain: Domain): Unary {
  return { name, kernel: kernel[name], domain, predicate: true, rule: null };
}

const EQ = define('eq', Domain.All);
const NE = define('ne', Domain.All);
const LT = define('lt', Domain.All);
const LE = define('le', Domain.All);
const GT = define('gt', Domain.All);
const GE = define('ge', Domain.All);
const ISNAN = define('isNaN', Domain.Floats);
const ISFINITE = define('isFinite', Domain.Floats);
const ISINF = define('isInf', Domain.Floats);

/**
 * Whether a = b, elementwise; the shapes broadcast, the result is bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { eq, tensor } from 'quern';
 * eq(tensor([1, 2]), 2).toArray(); // => [false, true]
 */
export function eq(a: Operand, b: Operand): Tensor {
  return applyBinary(EQ, a, b);
}

/**
 * Whether a ≠ b, elementwise; the shapes broadcast, the result is bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { ne, tensor } from 'quern';
 * ne(tensor([1, 2]), 2).toArray(); // => [true, false]
 */
export function ne(a: Operand, b: Operand): Tensor {
  return applyBinary(NE, a, b);
}

/**
 * Whether a < b, elementwise; the shapes broadcast, the result is bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { lt, tensor } from 'quern';
 * lt(tensor([1, 2]), 2).toArray(); // => [true, false]
 */
export function lt(a: Operand, b: Operand): Tensor {
  return applyBinary(LT, a, b);
}

/**
 * Whether a ≤ b, elementwise; the shapes broadcast, the result is bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { le, tensor } from 'quern';
 * le(tensor([1, 2]), 1).toArray(); // => [true, false]
 */
export function le(a: Operand, b: Operand): Tensor {
  return applyBinary(LE, a, b);
}

/**
 * Whether a > b, elementwise; the shapes broadcast, the result is bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { gt, tensor } from 'quern';
 * gt(tensor([1, 2]), 1).toArray(); // => [false, true]
 */
export function gt(a: Operand, b: Operand): Tensor {
  return applyBinary(GT, a, b);
}

/**
 * Whether a ≥ b, elementwise; the shapes broadcast, the result is bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { ge, tensor } from 'quern';
 * ge(tensor([1, 2]), 2).toArray(); // => [false, true]
 */
export function ge(a: Operand, b: Operand): Tensor {
  return applyBinary(GE, a, b);
}

// Logic takes any dtype: what is not 0 is true.
function applyLogic(name: 'logicalAnd' | 'logicalOr' | 'logicalXor', a: Operand, b: Operand): Tensor {
  if (typeof a === 'number' && typeof b === 'number') checkTensor(name, a);
  return applyBinary(LOGIC[name], truth(name, a), truth(name, b));
}

const LOGIC: Record<'logicalAnd' | 'logicalOr' | 'logicalXor', Binary> = {
  logicalAnd: define('logicalAnd', Domain.All),
  logicalOr: define('logicalOr', Domain.All),
  logicalXor: define('logicalXor', Domain.All),
};

function truth(op: string, value: Operand): Tensor {
  if (typeof value !== 'number') checkTensor(op, value);
  return toOperand(value, BOOL);
}

/**
 * Whether both a and b are true (not 0), elementwise; the shapes broadcast, the result is bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { logicalAnd, tensor } from 'quern';
 * logicalAnd(tensor([1, 0]), tensor([1, 1])).toArray(); // => [true, false]
 */
export function logicalAnd(a: Operand, b: Operand): Tensor {
  return applyLogic('logicalAnd', a, b);
}

/**
 * Whether a or b is true (not 0), elementwise; the shapes broadcast, the result is bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { logicalOr, tensor } from 'quern';
 * logicalOr(tensor([1, 0]), tensor([0, 0])).toArray(); // => [true, false]
 */
export function logicalOr(a: Operand, b: Operand): Tensor {
  return applyLogic('logicalOr', a, b);
}

/**
 * Whether just one of a and b is true (not 0), elementwise; the shapes broadcast, the result is bool.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { logicalXor, tensor } from 'quern';
 * logicalXor(tensor([1, 1]), tensor([0, 1])).toArray(); // => [true, false]
 */
export function logicalXor(a: Operand, b: Operand): Tensor {
  return applyLogic('logicalXor', a, b);
}

/**
 * Whether x is false (0), elementwise; the result is bool.
 *
 * @example
 * import { logicalNot, tensor } from 'quern';
 * logicalNot(tensor([1, 0])).toArray(); // => [false, true]
 */
export function logicalNot(x: Tensor): Tensor {
  checkTensor('logicalNot', x);
  const a = castTo(x, BOOL);
  const out = makeTensor(a.layout.dense, BOOL);
  active.run2(kernel.logicalNot, BOOL, out, a);
  return out;
}

/**
 * Whether x is not a number, elementwise; the result is bool.
 *
 * @example
 * import { isNaN, tensor } from 'quern';
 * isNaN(tensor([1, Number.NaN])).toArray(); // => [false, true]
 */
export function isNaN(x: Tensor): Tensor {
  return applyUnary(ISNAN, x);
}

/**
 * Whether x is neither infinite nor NaN, elementwise; the result is bool.
 *
 * @example
 * import { isFinite, tensor } from 'quern';
 * isFinite(tensor([1, Infinity])).toArray(); // => [true, false]
 */
export function isFinite(x: Tensor): Tensor {
  return applyUnary(ISFINITE, x);
}

/**
 * Whether x is infinite, elementwise; the result is bool.
 *
 * @example
 * import { isInf, tensor } from 'quern';
 * isInf(tensor([1, -Infinity])).toArray(); // => [false, true]
 */
export function isInf(x: Tensor): Tensor {
  return applyUnary(ISINF, x);
}
