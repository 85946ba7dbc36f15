// Arithmetic on two operands, broadcasting, with gradients; and its forms in place.

import { type KernelName, kernel } from '../backend/kernels.js';
import { BOOL } from '../core/dtype.js';
import { ArgumentError, DTypeError, describe } from '../core/errors.js';
import { A, B, OUT, type Rule } from '../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { Tensor } from '../core/tensor.js';
import { applyBinary, applyBinaryInPlace, type Binary, Domain, type Operand, rule } from './apply.js';
import { eq, ge, logicalAnd, lt } from './compare.js';
import { DIV_FLOOR, DIV_TRUNC } from './division.js';
import { log, neg } from './unary.js';
import { where } from './where.js';

function define(name: KernelName, domain: Domain, gradients: Rule | null): Binary {
  return { name, kernel: kernel[name], domain, predicate: false, rule: gradients };
}

const ADD = define('add', Domain.Numeric, rule('add', { a: [0, (_n, g) => g], b: [0, (_n, g) => g] }));
const SUB = define('sub', Domain.Numeric, rule('sub', { a: [0, (_n, g) => g], b: [0, (_n, g) => neg(g)] }));
const MUL = define(
  'mul',
  Domain.Numeric,
  rule('mul', {
    a: [B, (n, g) => mul(g, n.b as Tensor)],
    b: [A, (n, g) => mul(g, n.a as Tensor)],
  }),
);
const DIV = define(
  'div',
  Domain.Floats,
  rule('div', {
    a: [B, (n, g) => div(g, n.b as Tensor)],
    b: [B | OUT, (n, g) => neg(div(mul(g, n.out as Tensor), n.b as Tensor))],
  }),
);
/** An exponent less 1; 0 as it is, whose power has no part in a gradient and shall not be infinite there. */
const lowered = (exponent: Tensor): Tensor => where(eq(exponent, 0), 0, sub(exponent, 1));

/** @internal */
export const POW = define(
  'pow',
  Domain.Numeric,
  rule('pow', {
    // At exponent 0 the derivative is 0, also where the base is 0 and its power -1 is infinite.
    a: [
      A | B,
      (n, g) =>
        where(
          eq(n.b as Tensor, 0),
          0,
          mul(g, mul(n.b as Tensor, pow(n.a as Tensor, lowered(n.b as Tensor)))),
        ),
    ],
    b: [
      A | B | OUT,
      (n, g) => {
        const still = logicalAnd(eq(n.a as Tensor, 0), ge(n.b as Tensor, 0));
        return where(still, 0, mul(g, mul(n.out as Tensor, log(where(still, 1, n.a as Tensor)))));
      },
    ],
  }),
);
// The gradient goes to the larger operand, and half to each where they are equal.
const MAXIMUM = define(
  'maximum',
  Domain.Numeric,
  rule('maximum', {
    a: [A | B, (n, g) => share(g, n.b as Tensor, n.a as Tensor)],
    b: [A | B, (n, g) => share(g, n.a as Tensor, n.b as Tensor)],
  }),
);
const MINIMUM = define(
  'minimum',
  Domain.Numeric,
  rule('minimum', {
    a: [A | B, (n, g) => share(g, n.a as Tensor, n.b as Tensor)],
    b: [A | B, (n, g) => share(g, n.b as Tensor, n.a as Tensor)],
  }),
);

/** g where `low < high`, half of it where they are equal, nothing elsewhere. */
function share(g: Tensor, low: Tensor, high: Tensor): Tensor {
  return where(lt(high, low), 0, where(eq(low, high), mul(g, 0.5), g));
}

/**
 * The sum a + b, elementwise; the shapes broadcast.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { add, tensor } from 'quern';
 * add(tensor([1, 2]), tensor([[10], [20]])).toArray(); // => [[11, 12], [21, 22]]
 */
export function add(a: Operand, b: Operand): Tensor {
  return applyBinary(ADD, a, b);
}

/**
 * The difference a − b, elementwise; the shapes broadcast.
 *
 * @throws ShapeError where the shapes do not broadcast; DTypeError on two bool tensors.
 * @example
 * import { sub, tensor } from 'quern';
 * sub(tensor([3, 5]), 1).toArray(); // => [2, 4]
 */
export function sub(a: Operand, b: Operand): Tensor {
  if (a instanceof Tensor && b instanceof Tensor && a.kind === BOOL && b.kind === BOOL) {
    throw new DTypeError('sub', 'bool tensors have no difference; use logicalXor, or cast them with to()', [
      'bool',
      'bool',
    ]);
  }
  return applyBinary(SUB, a, b);
}

/**
 * The product a · b, elementwise; the shapes broadcast.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { mul, tensor } from 'quern';
 * mul(tensor([1, 2, 3]), 2).toArray(); // => [2, 4, 6]
 */
export function mul(a: Operand, b: Operand): Tensor {
  return applyBinary(MUL, a, b);
}

export interface DivOptions {
  /** 'trunc' rounds the quotient toward zero, 'floor' down; both keep the dtype of integers. Default: no rounding. */
  roundingMode?: 'trunc' | 'floor';
}

const DIV_OPTIONS = optionNames<DivOptions>({ roundingMode: true });

/** The operation that a rounding mode asks for. */
function division(op: string, options: DivOptions): Binary {
  if (options === NO_OPTIONS) return DIV;
  checkOptions(op, options, DIV_OPTIONS);
  const { roundingMode } = options;
  if (roundingMode === undefined) return DIV;
  if (roundingMode === 'trunc') return DIV_TRUNC;
  if (roundingMode === 'floor') return DIV_FLOOR;
  throw new ArgumentError(
    op,
    'roundingMode',
    roundingMode,
    `roundingMode is 'trunc' or 'floor'; got ${describe(roundingMode)}`,
  );
}

/**
 * The quotient a / b, elementwise; the shapes broadcast. Integers divide to float32, unless it is rounded.
 *
 * @throws ShapeError where the shapes do not broadcast; ArgumentError for a rounding that there is not, and where
 * integers are divided by 0 and rounded.
 * @example
 * import { div, tensor } from 'quern';
 * div(tensor([1, 3]), tensor([2, 2])).toArray(); // => [0.5, 1.5]
 * div(tensor([-7]), 2, { roundingMode: 'floor' }).toArray(); // => [-4]
 */
export function div(a: Operand, b: Operand, options: DivOptions = NO_OPTIONS): Tensor {
  return applyBinary(division('div', options), a, b);
}

/**
 * The power aᵇ, elementwise; the shapes broadcast. Not a number where a < 0 and b is not whole.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { pow, tensor } from 'quern';
 * pow(tensor([1, 2, 3]), 2).toArray(); // => [1, 4, 9]
 */
export function pow(a: Operand, b: Operand): Tensor {
  return applyBinary(POW, a, b);
}

/**
 * The larger of a and b, elementwise; NaN where either is. Where they are equal each gets half of the gradient.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { maximum, tensor } from 'quern';
 * maximum(tensor([1, 5]), tensor([3, 2])).toArray(); // => [3, 5]
 */
export function maximum(a: Operand, b: Operand): Tensor {
  return applyBinary(MAXIMUM, a, b);
}

/**
 * The smaller of a and b, elementwise; NaN where either is. Where they are equal each gets half of the gradient.
 *
 * @throws ShapeError where the shapes do not broadcast.
 * @example
 * import { minimum, tensor } from 'quern';
 * minimum(tensor([1, 5]), tensor([3, 2])).toArray(); // => [1, 2]
 */
export function minimum(a: Operand, b: Operand): Tensor {
  return applyBinary(MINIMUM, a, b);
}

/**
 * Adds b to a in place and answers a. Refused on leaves that require gradients, outside noGrad.
 *
 * @throws GradientError, ShapeError, DTypeError
 * @example
 * import { tensor } from 'quern';
 * tensor([1, 2]).add_(1).toArray(); // => [2, 3]
 */
export function add_(a: Tensor, b: Operand): Tensor {
  return applyBinaryInPlace(ADD, a, b);
}

/**
 * Subtracts b from a in place and answers a. Refused on leaves that require gradients, outside noGrad.
 *
 * @throws GradientError, ShapeError, DTypeError
 * @example
 * import { tensor } from 'quern';
 * tensor([1, 2]).sub_(1).toArray(); // => [0, 1]
 */
export function sub_(a: Tensor, b: Operand): Tensor {
  return applyBinaryInPlace(SUB, a, b);
}

/**
 * Multiplies a by b in place and answers a. Refused on leaves that require gradients, outside noGrad.
 *
 * @throws GradientError, ShapeError, DTypeError
 * @example
 * import { tensor } from 'quern';
 * tensor([1, 2]).mul_(3).toArray(); // => [3, 6]
 */
export function mul_(a: Tensor, b: Operand): Tensor {
  return applyBinaryInPlace(MUL, a, b);
}

/**
 * Divides a by b in place and answers a. Refused on leaves that require gradients, outside noGrad.
 *
 * @throws GradientError, ShapeError, DTypeError
 * @example
 * import { tensor } from 'quern';
 * tensor([3, 6]).div_(3).toArray(); // => [1, 2]
 */
export function div_(a: Tensor, b: Operand, options: DivOptions = NO_OPTIONS): Tensor {
  return applyBinaryInPlace(division('div_', options), a, b);
}
