// Functions of three operands in one pass, broadcasting: interpolation, and sums with a product or a quotient.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { INT32, isFloatKind, type Kind, promoteNumber, promoteOperands } from '../core/dtype.js';
import { DTypeError } from '../core/errors.js';
import { A, B, C, type Rule, record3 } from '../core/graph.js';
import { broadcastLayouts } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, Tensor } from '../core/tensor.js';
import {
  castTo,
  checkTensor,
  computeKind,
  Domain,
  type Operand,
  type Parameters,
  rule,
  setParameters,
  toOperand,
} from './apply.js';
import { div, mul, sub } from './binary.js';
import { neg, square } from './unary.js';
import { checkNumber } from './whole.js';

const LERP = rule('lerp', {
  a: [C, (n, g) => mul(g, sub(1, n.c as Tensor))],
  b: [C, (n, g) => mul(g, n.c as Tensor)],
  c: [A | B, (n, g) => mul(g, sub(n.b as Tensor, n.a as Tensor))],
});
const ADDCMUL = rule('addcmul', {
  a: [0, (_n, g) => g],
  b: [C, (n, g) => mul(scaled(n.saved as Parameters, g), n.c as Tensor)],
  c: [B, (n, g) => mul(scaled(n.saved as Parameters, g), n.b as Tensor)],
});
const ADDCDIV = rule('addcdiv', {
  a: [0, (_n, g) => g],
  b: [C, (n, g) => div(scaled(n.saved as Parameters, g), n.c as Tensor)],
  c: [B | C, (n, g) => neg(div(mul(scaled(n.saved as Parameters, g), n.b as Tensor), square(n.c as Tensor)))],
});

function scaled([factor]: Parameters, g: Tensor): Tensor {
  return factor === 1 ? g : mul(g, factor);
}

/** The dtype in which three operands meet. */
function meet(operands: readonly Operand[]): Kind {
  const tensors = operands.filter((operand) => operand instanceof Tensor);
  let [{ kind, ndim: rank }] = tensors;
  for (const tensor of tensors) {
    kind = promoteOperands(kind, rank, tensor.kind, tensor.ndim);
    rank = Math.max(rank, tensor.ndim);
  }
  for (const operand of operands) if (typeof operand === 'number') kind = promoteNumber(kind, operand);
  return kind;
}

function apply(
  op: 'lerp' | 'addcmul' | 'addcdiv',
  domain: Domain,
  operands: readonly [Tensor, Operand, Operand],
  parameters: Parameters,
  gradients: Rule,
): Tensor {
  for (const operand of operands) if (typeof operand !== 'number') checkTensor(op, operand);
  checkTensor(op, operands[0]);
  const met = meet(operands);
  if (domain === Domain.Floats && !isFloatKind(met)) {
    throw new DTypeError(op, 'has no meaning for integers; cast them to a floating dtype with to()', [
      'int32',
    ]);
  }
  const kind = computeKind(domain, met);
  const [a, b, c] = operands.map((operand) => toOperand(operand, kind, op));
  const layout = broadcastLayouts(op, broadcastLayouts(op, a.layout, b.layout), c.layout);
  const out = makeTensor(layout, kind);
  setParameters(kind, parameters);
  active.run4(kernel[op], kind, out, a, b, c);
  record3(gradients, out, a, b, c, parameters);
  return met > INT32 ? castTo(out, met) : out;
}

/**
 * The point between a and b at a weight, a + weight (b − a), elementwise; the shapes broadcast.
 *
 * @throws ShapeError where the shapes do not broadcast; DTypeError on integers alone.
 * @example
 * import { lerp, tensor } from 'quern';
 * lerp(tensor([0, 10]), tensor([4, 20]), 0.5).toArray(); // => [2, 15]
 */
export function lerp(a: Tensor, b: Tensor, weight: Operand): Tensor {
  return apply('lerp', Domain.Floats, [a, b, weight], [], LERP);
}

export interface AddcOptions {
  /** What the product, or the quotient, is multiplied by. Default 1. */
  value?: number;
}

const ADDC_OPTIONS = optionNames<AddcOptions>({ value: true });

function factor(op: string, { value = 1 }: AddcOptions): number {
  checkNumber(op, 'value', value);
  return value;
}

/**
 * x + value · a · b, elementwise; the shapes broadcast.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { addcmul, tensor } from 'quern';
 * addcmul(tensor([1, 1]), tensor([2, 3]), tensor([4, 5]), { value: 10 }).toArray(); // => [81, 151]
 */
export function addcmul(x: Tensor, a: Tensor, b: Tensor, options: AddcOptions = NO_OPTIONS): Tensor {
  checkOptions('addcmul', options, ADDC_OPTIONS);
  return apply('addcmul', Domain.Numeric, [x, a, b], [factor('addcmul', options)], ADDCMUL);
}

/**
 * x + value · a / b, elementwise; the shapes broadcast.
 *
 * @throws ShapeError where the shapes do not broadcast; DTypeError on integers alone.
 * @example
 * import { addcdiv, tensor } from 'quern';
 * addcdiv(tensor([1, 1]), tensor([2, 3]), tensor([4, 6])).toArray(); // => [1.5, 1.5]
 */
export function addcdiv(x: Tensor, a: Tensor, b: Tensor, options: AddcOptions = NO_OPTIONS): Tensor {
  checkOptions('addcdiv', options, ADDC_OPTIONS);
  return apply('addcdiv', Domain.Floats, [x, a, b], [factor('addcdiv', options)], ADDCDIV);
}
