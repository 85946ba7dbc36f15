// Holding values between bounds: two numbers, or tensors that broadcast.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { FLOAT32, INT32, isFloatKind, promoteOperands, UINT8 } from '../core/dtype.js';
import { ArgumentError, describe } from '../core/errors.js';
import { A, B, C, record1, record3 } from '../core/graph.js';
import { checkOptions, optionNames } from '../core/options.js';
import { makeTensor, Tensor } from '../core/tensor.js';
import {
  castTo,
  checkTensor,
  type Operand,
  type Parameters,
  rule,
  scalarTensor,
  setParameters,
  toOperand,
} from './apply.js';
import { maximum, minimum } from './binary.js';
import { ge, gt, le, logicalAnd, logicalOr, lt } from './compare.js';
import { composed } from './composed.js';
import { where } from './where.js';

const CLAMP = rule('clamp', {
  a: [
    A,
    (n, g) => {
      const [min, max] = n.saved as Parameters;
      const x = n.a as Tensor;
      return where(logicalAnd(ge(x, min), le(x, max)), g, 0);
    },
  ],
});

// Of x, min and max: the gradient goes to what was answered; where the bounds cross, to max.
const CLAMP_BETWEEN = rule('clamp', {
  a: [
    A | B | C,
    (n, g) => {
      const [x, min, max] = [n.a as Tensor, n.b as Tensor, n.c as Tensor];
      return where(logicalAnd(ge(x, min), le(x, max)), g, 0);
    },
  ],
  b: [
    A | B | C,
    (n, g) => {
      const [x, min, max] = [n.a as Tensor, n.b as Tensor, n.c as Tensor];
      return where(logicalAnd(lt(min, max), lt(x, min)), g, 0);
    },
  ],
  c: [
    A | B | C,
    (n, g) => {
      const [x, min, max] = [n.a as Tensor, n.b as Tensor, n.c as Tensor];
      return where(logicalOr(gt(x, max), lt(max, min)), g, 0);
    },
  ],
});

export interface ClampOptions {
  /** The least value, a number or a tensor. Default: none. */
  min?: Operand;
  /** The largest. Default: none. */
  max?: Operand;
}

const CLAMP_OPTIONS = optionNames<ClampOptions>({ min: true, max: true });

const isBound = (bound: unknown): boolean =>
  bound === undefined || bound instanceof Tensor || (typeof bound === 'number' && !Number.isNaN(bound));

/**
 * x held between min and max, either of which may be absent; max where they cross. The gradient passes where x lies
 * between them, and goes to the bound elsewhere. Bounds that are tensors broadcast.
 *
 * @throws ArgumentError where a bound is NaN, or there is none; ShapeError where the shapes do not broadcast.
 * @example
 * import { clamp, tensor } from 'quern';
 * clamp(tensor([-1, 0.5, 2]), { min: 0, max: 1 }).toArray(); // => [0, 0.5, 1]
 * clamp(tensor([-1, 5]), { max: tensor([0, 2]) }).toArray(); // => [-1, 2]
 */
export function clamp(x: Tensor, options: ClampOptions): Tensor {
  checkTensor('clamp', x);
  checkOptions('clamp', options, CLAMP_OPTIONS);
  const { min, max } = options;
  if ((min === undefined && max === undefined) || !isBound(min) || !isBound(max)) {
    throw new ArgumentError(
      'clamp',
      'options',
      options,
      `bounds are numbers or tensors, at least one of min and max; got ${describe(min)} and ${describe(max)}`,
    );
  }
  const [low, high] = [min ?? Number.NEGATIVE_INFINITY, max ?? Number.POSITIVE_INFINITY];
  if (low instanceof Tensor || high instanceof Tensor) return clampBetween(x, low, high);
  const whole = ((min as number) ?? 0) % 1 === 0 && ((max as number) ?? 0) % 1 === 0;
  const a = isFloatKind(x.kind) ? x : castTo(x, whole ? INT32 : FLOAT32);
  const out = makeTensor(a.layout.dense, a.kind);
  const bounds: Parameters = [low, high];
  setParameters(a.kind, bounds);
  active.run2(kernel.clamp, a.kind, out, a);
  record1(CLAMP, out, a, bounds);
  return whole && x.kind === UINT8 ? castTo(out, UINT8) : out;
}

// As integers have them too.
const LEAST_INT = -2147483648;
const LARGEST_INT = 2147483647;

function clampBetween(x: Tensor, min: Operand, max: Operand): Tensor {
  let kind = x.kind;
  for (const bound of [min, max]) {
    if (bound instanceof Tensor) {
      checkTensor('clamp', bound);
      kind = promoteOperands(kind, x.ndim, bound.kind, bound.ndim);
    } else if (Number.isFinite(bound) && !Number.isInteger(bound) && !isFloatKind(kind)) kind = FLOAT32;
  }
  const computed = isFloatKind(kind) ? kind : INT32;
  const toBound = (bound: Operand): Tensor => {
    if (bound instanceof Tensor || isFloatKind(computed)) return toOperand(bound, computed);
    return scalarTensor(Math.min(Math.max(bound, LEAST_INT), LARGEST_INT), computed);
  };
  const [a, low, high] = [castTo(x, computed), toBound(min), toBound(max)];
  const out = composed(() => minimum(maximum(a, low), high));
  record3(CLAMP_BETWEEN, out, a, low, high, null);
  return castTo(out, kind);
}
