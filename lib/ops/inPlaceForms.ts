// The methods that write the result of an operation over its first operand: exp_, pow_, clamp_ and their like.

import {
  checkInPlace,
  finishInPlace,
  isGradEnabled,
  noGrad,
  type Rule,
  recordInPlace,
} from '../core/graph.js';
import { sameDims } from '../core/layout.js';
import { Tensor } from '../core/tensor.js';
import { ACTIVATIONS } from './activation.js';
import {
  applyBinaryInPlace,
  applyUnaryInPlace,
  type Binary,
  castTo,
  checkFits,
  checkTensor,
  copyOf,
  copyValues,
  demandHolds,
  flat,
  type Operand,
  type Unary,
} from './apply.js';
import { POW } from './binary.js';
import {
  BITWISE_AND,
  BITWISE_LEFT_SHIFT,
  BITWISE_OR,
  BITWISE_RIGHT_SHIFT,
  BITWISE_XOR,
  bitwiseNot,
  checkBits,
} from './bitwise.js';
import { clamp } from './clamp.js';
import { eq, ge, gt, le, logicalAnd, logicalNot, logicalOr, logicalXor, lt, ne } from './compare.js';
import { FLOOR_DIVIDE, FMOD, REMAINDER } from './division.js';
import { DIGAMMA, LGAMMA, polygamma } from './gamma.js';
import { nanToNum } from './nanToNum.js';
import { ATAN2, COPYSIGN, HYPOT, XLOGY } from './pairs.js';
import { addbmm, addmm, addmv, addr, baddbmm } from './products.js';
import { cumprod, cumsum } from './scan.js';
import { scatterReduce } from './scatterReduce.js';
import { addcdiv, addcmul, lerp } from './ternary.js';
import { tril, triu } from './triangle.js';
import { ACOS, ACOSH, ASIN, ASINH, ATAN, ATANH, COSH, SINH } from './trigonometric.js';
import { ceil, floor, round, trunc, UNARY } from './unary.js';
import { maskedFill } from './where.js';

// Kernels of one operand, which may write where they read.
const OF_ONE = {
  ...UNARY,
  ...ACTIVATIONS,
  asin: ASIN,
  acos: ACOS,
  atan: ATAN,
  sinh: SINH,
  cosh: COSH,
  asinh: ASINH,
  acosh: ACOSH,
  atanh: ATANH,
  lgamma: LGAMMA,
  digamma: DIGAMMA,
} as const satisfies Record<string, Unary>;

// Kernels of two operands.
const OF_TWO = {
  pow: POW,
  floorDivide: FLOOR_DIVIDE,
  remainder: REMAINDER,
  fmod: FMOD,
  atan2: ATAN2,
  hypot: HYPOT,
  copysign: COPYSIGN,
  xlogy: XLOGY,
} as const satisfies Record<string, Binary>;

// The same on bits.
const ON_BITS = {
  bitwiseAnd: BITWISE_AND,
  bitwiseOr: BITWISE_OR,
  bitwiseXor: BITWISE_XOR,
  bitwiseLeftShift: BITWISE_LEFT_SHIFT,
  bitwiseRightShift: BITWISE_RIGHT_SHIFT,
} as const satisfies Record<string, Binary>;

// What takes more than its operands, or leaves integers as they are: computed apart and copied.
const OTHERS = {
  ceil,
  floor,
  round,
  trunc,
  bitwiseNot,
  clamp,
  nanToNum,
  maskedFill,
  lerp,
  addcmul,
  addcdiv,
  polygamma: (x: Tensor, n: number): Tensor => polygamma(n, x),
  cumsum,
  cumprod,
  tril,
  triu,
  addmm,
  addmv,
  addr,
  addbmm,
  baddbmm,
  scatterReduce,
} as const;

// Answers of yes or no, written as 1 or 0 into tensors of whatever dtype. No gradient flows on from what was there.
const TRUTHS = { eq, ne, lt, le, gt, ge, logicalAnd, logicalOr, logicalXor, logicalNot } as const;

type Rest<F> = F extends (x: Tensor, ...rest: infer R) => Tensor ? R : never;

/** The methods' types, from the tables. */
export type InPlaceForms = {
  [Name in keyof typeof OF_ONE as `${Name}_`]: () => Tensor;
} & {
  [Name in keyof typeof OF_TWO | keyof typeof ON_BITS as `${Name}_`]: (b: Operand) => Tensor;
} & {
  [Name in keyof typeof OTHERS as `${Name}_`]: (...rest: Rest<(typeof OTHERS)[Name]>) => Tensor;
} & {
  [Name in keyof typeof TRUTHS as `${Name}_`]: (...rest: Rest<(typeof TRUTHS)[Name]>) => Tensor;
};

/**
 * Computes an operation of a tensor and writes its result over the tensor, which takes over its place in the graph:
 * while gradients are recorded the operation reads a copy, with the tensor's history so far.
 */
function writeOver(
  op: string,
  target: Tensor,
  rest: readonly unknown[],
  compute: (x: Tensor) => Tensor,
): Tensor {
  checkTensor(op, target);
  const flows = rest.some((one) => one instanceof Tensor && one.tracked);
  checkInPlace(op, target, flows);
  const recording = isGradEnabled() && (target.tracked || flows);
  let before = target;
  if (recording) {
    before = copyOf(target);
    before.node = target.node;
    before.tracked = target.tracked;
  }
  const result = compute(before);
  demandHolds(op, target, result.kind);
  if (!sameDims(result.layout, target.layout)) checkFits(op, target, result);
  const values = castTo(result, target.kind);
  copyValues(target, values);
  if (recording) {
    target.node = values.node;
    target.tracked = values.tracked;
    target.root.rebased++;
    if (target.node !== null) target.node.out = target;
  }
  finishInPlace(target);
  // Nobody else has seen it; where it was cast, the graph may still read it.
  values.dispose();
  return target;
}

function writeTruth(rule: Rule, target: Tensor, compute: (x: Tensor) => Tensor): Tensor {
  checkTensor(rule.name, target);
  checkInPlace(rule.name, target, false);
  const result = noGrad(() => compute(target));
  if (!sameDims(result.layout, target.layout)) checkFits(rule.name, target, result);
  recordInPlace(rule, target, null, null, null);
  copyValues(target, result);
  finishInPlace(target);
  result.dispose();
  return target;
}

function formsOf(): Record<string, (this: Tensor, ...rest: never[]) => Tensor> {
  const forms: Record<string, (this: Tensor, ...rest: never[]) => Tensor> = {};
  for (const [name, op] of Object.entries(OF_ONE)) {
    forms[`${name}_`] = function (this: Tensor): Tensor {
      return applyUnaryInPlace(op, this);
    };
  }
  for (const [name, op] of Object.entries(OF_TWO)) {
    forms[`${name}_`] = function (this: Tensor, b: Operand): Tensor {
      return applyBinaryInPlace(op, this, b);
    };
  }
  for (const [name, op] of Object.entries(ON_BITS)) {
    forms[`${name}_`] = function (this: Tensor, b: Operand): Tensor {
      checkBits(`${name}_`, [this, b], name.endsWith('Shift'));
      return applyBinaryInPlace(op, this, b);
    };
  }
  for (const [name, op] of Object.entries<(x: Tensor, ...rest: never[]) => Tensor>(OTHERS)) {
    forms[`${name}_`] = function (this: Tensor, ...rest: never[]): Tensor {
      return writeOver(`${name}_`, this, rest, (x) => op(x, ...rest));
    };
  }
  for (const [name, op] of Object.entries<(x: Tensor, ...rest: never[]) => Tensor>(TRUTHS)) {
    const rule = flat(`${name}_`);
    forms[`${name}_`] = function (this: Tensor, ...rest: never[]): Tensor {
      return writeTruth(rule, this, (x) => op(x, ...rest));
    };
  }
  // Stacks of calls show them by their names.
  for (const [name, form] of Object.entries(forms)) Object.defineProperty(form, 'name', { value: name });
  return forms;
}

/** The methods themselves. */
export const inPlaceForms = formsOf();
