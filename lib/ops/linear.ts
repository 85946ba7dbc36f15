// The affine map of fully connected layers, as one operation: a training step on a tiny net is made of these.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes, PRECISION } from '../backend/record.js';
import { isFloatKind } from '../core/dtype.js';
import { DTypeError, ShapeError, showShape } from '../core/errors.js';
import { A, B, OUT, type Rule, record3, type Ways } from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { precisionOf } from '../core/precision.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { backThroughRelu, backThroughSigmoid, backThroughTanh } from './activation.js';
import { checkTensor, rule } from './apply.js';
import { matmul, matmulInto } from './matmul.js';
import { sumInto } from './reduce.js';
import { matrixTranspose, rowMajor } from './shape.js';

const LINEAR: Ways = {
  a: [B, (n, g) => matmul(g, n.b as Tensor)],
  b: [
    A,
    (n, g) => matmul(matrixTranspose(g), n.a as Tensor),
    (n, g, target) => matmulInto(target, matrixTranspose(g), n.a as Tensor),
  ],
  c: [0, (_n, g) => g, (_n, g, target) => sumInto(target, g)],
};

/** What the map may end with, in its one pass over the output. */
export interface Activation {
  /** The kernel's number for it. */
  readonly code: number;
  readonly rule: Rule;
}

/** The activations whose gradient follows from their output. @internal */
export const ACTIVATIONS = {
  none: { code: 0, rule: rule('linear', LINEAR) },
  relu: {
    code: 1,
    rule: rule('linear', { ...LINEAR, through: [OUT, (n, g) => backThroughRelu(g, n.out as Tensor)] }),
  },
  tanh: {
    code: 4,
    rule: rule('linear', { ...LINEAR, through: [OUT, (n, g) => backThroughTanh(g, n.out as Tensor)] }),
  },
  sigmoid: {
    code: 5,
    rule: rule('linear', { ...LINEAR, through: [OUT, (n, g) => backThroughSigmoid(g, n.out as Tensor)] }),
  },
} as const satisfies Record<string, Activation>;

/** The map of rows (N, in). */
function mapRows(x: Tensor, weight: Tensor, bias: Tensor | null, activation: Activation): Tensor {
  const out = makeTensor(denseLayout([x.layout.dims[0], weight.layout.dims[0]]), x.kind);
  attributes[0] = activation.code;
  attributes[PRECISION] = precisionOf(x.kind);
  if (bias === null) active.run3(kernel.linear, x.kind, out, x, weight);
  else active.run4(kernel.linear, x.kind, out, x, weight, bias);
  record3(activation.rule, out, x, weight, bias, null);
  return out;
}

interface LinearOptions {
  /** (out,), added to each row. Default: none. */
  bias?: Tensor | null;
}

const LINEAR_OPTIONS = optionNames<LinearOptions>({ bias: true });

/**
 * x · weightᵀ + bias, for x (…, in), weight (out, in) and bias (out,): (…, out).
 *
 * @throws ShapeError, DTypeError where an operand does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const weight = tensor([[1, 2], [3, 4]]);
 * nn.functional.linear(tensor([[1, 1]]), weight, { bias: tensor([10, 20]) }).toArray(); // => [[13, 27]]
 */
export function linear(x: Tensor, weight: Tensor, options: LinearOptions = NO_OPTIONS): Tensor {
  checkOptions('linear', options, LINEAR_OPTIONS);
  return affine(x, weight, options.bias ?? null);
}

/** The same for layers, which have no options to check, with an activation. @internal */
export function affine(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  activation: Activation = ACTIVATIONS.none,
): Tensor {
  checkOperands(x, weight, bias);
  if (x.layout.rank === 2) return mapRows(x, weight, bias, activation);
  const dims = x.layout.dims.slice();
  const last = dims.length - 1;
  let rows = 1;
  for (let i = 0; i < last; i++) rows *= dims[i];
  const flat = rowMajor(x, denseLayout([rows, dims[last]]));
  dims[last] = weight.layout.dims[0];
  return rowMajor(mapRows(flat, weight, bias, activation), denseLayout(dims));
}

function checkOperands(x: Tensor, weight: Tensor, bias: Tensor | null): void {
  checkTensor('linear', x);
  checkTensor('linear', weight);
  if (bias !== null) checkTensor('linear', bias);
  if (!isFloatKind(x.kind) || x.kind !== weight.kind || (bias !== null && bias.kind !== x.kind)) {
    const dtypes = [x.dtype, weight.dtype, ...(bias === null ? [] : [bias.dtype])];
    throw new DTypeError(
      'linear',
      `operands must have the same floating dtype; got ${dtypes.join(', ')}: cast with to()`,
      dtypes,
    );
  }
  const dims = weight.layout.dims;
  if (dims.length !== 2) {
    throw new ShapeError('linear', `the weight is (out, in); got ${showShape(dims)}`, [weight.shape]);
  }
  if (x.layout.rank === 0 || x.layout.dims[x.layout.rank - 1] !== dims[1]) {
    throw new ShapeError(
      'linear',
      `the input ${showShape(x.shape)} must end in the ${dims[1]} features that the weight ${showShape(dims)} takes`,
      [x.shape, weight.shape],
    );
  }
  if (bias !== null && (bias.layout.rank !== 1 || bias.layout.dims[0] !== dims[0])) {
    throw new ShapeError('linear', `the bias is (${dims[0]},); got ${showShape(bias.shape)}`, [bias.shape]);
  }
}
