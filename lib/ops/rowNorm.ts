// Layer normalisation and root-mean-square normalisation, with first and second gradients.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { FLOAT32 } from '../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import { A, B, isGradEnabled, type Node, type Rule, record1, record3 } from '../core/graph.js';
import { checkShape, denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkFloating, checkTensor, rule } from './apply.js';
import { add, mul, sub } from './binary.js';
import { mean } from './reduce.js';
import { contiguous } from './shape.js';
import { select } from './slice.js';
import { rsqrt, square } from './unary.js';

type Op = 'layerNorm' | 'rmsNorm';

/** How a node's rows were normalised. */
interface Rows {
  /** The first axis of a row. */
  readonly axis: number;
  readonly eps: number;
}

const KEEP = { keepdim: true };

/** The normalised rows and the factor that made them so, of operations that have gradients. */
function normalised(op: Op, x: Tensor, { axis, eps }: Rows): { z: Tensor; scale: Tensor } {
  const axes = x.shape.map((_, i) => i).slice(axis);
  const centred = op === 'layerNorm' ? sub(x, mean(x, axes, KEEP)) : x;
  const scale = rsqrt(add(mean(square(centred), axes, KEEP), eps));
  return { z: mul(centred, scale), scale };
}

/** With h = g · weight: (h − mean of h − z · mean of h z) · scale; rows that are not centred lack the middle term. */
function gradientOfRows(op: Op, node: Node, g: Tensor): Tensor {
  const x = node.a as Tensor;
  const rows = node.saved as Rows;
  if (isGradEnabled()) {
    const { z, scale } = normalised(op, x, rows);
    const axes = x.shape.map((_, i) => i).slice(rows.axis);
    const h = node.b === null ? g : mul(g, node.b);
    const rest = op === 'layerNorm' ? sub(h, mean(h, axes, KEEP)) : h;
    return mul(sub(rest, mul(z, mean(mul(h, z), axes, KEEP))), scale);
  }
  const out = makeTensor(x.layout, x.kind);
  const operands = [out, contiguous(g), x, node.helper as Tensor];
  if (node.b !== null) operands.push(node.b);
  attributes[0] = rows.axis;
  active.runMany(kernel[`${op}Grad`], x.kind, operands);
  return out;
}

/** The gradient of the weight and, in a second row, that of the bias, where one of them wants it. */
function gradientsOfWeights(op: Op, node: Node, g: Tensor): Tensor | null {
  if (!node.b?.tracked && !node.c?.tracked) return null;
  const x = node.a as Tensor;
  const { axis } = node.saved as Rows;
  const dims = [node.c === null ? 1 : 2];
  for (let i = axis; i < x.ndim; i++) dims.push(x.shape[i]);
  const out = makeTensor(denseLayout(dims), x.kind);
  // First, for copying has attributes of its own.
  const operands = [out, contiguous(g), x, node.helper as Tensor];
  attributes[0] = axis;
  active.runMany(kernel[`${op}GradWeight`], x.kind, operands);
  return out;
}

function ruleOf(op: Op): Rule {
  return rule(op, {
    a: [A | B, (n, g) => gradientOfRows(op, n, g)],
    b: [
      A,
      (n, g) =>
        n.shared === null ? mul(g, normalised(op, n.a as Tensor, n.saved as Rows).z) : select(n.shared, 0, 0),
    ],
    c: [0, (n, g) => (n.shared === null ? g : select(n.shared, 0, 1))],
    shared: (n, g) => gradientsOfWeights(op, n, g),
  });
}

const RULES = { layerNorm: ruleOf('layerNorm'), rmsNorm: ruleOf('rmsNorm') };

/** What is normalised: the last dimensions, by their sizes; a number for one. */
export type NormalizedShape = number | readonly number[];

/** @internal */
export function checkNormalizedShape(op: string, normalizedShape: NormalizedShape): readonly number[] {
  const dims = checkShape(op, typeof normalizedShape === 'number' ? [normalizedShape] : normalizedShape);
  if (dims.length === 0) {
    throw new ArgumentError(
      op,
      'normalizedShape',
      normalizedShape,
      'normalizedShape holds the sizes of the last dimensions, at least one',
    );
  }
  return dims;
}

/** @internal */
export function checkEps(op: string, eps: number): void {
  if (Number.isFinite(eps) && eps >= 0) return;
  throw new ArgumentError(op, 'eps', eps, `eps is a finite number from 0; got ${eps}`);
}

function checkRows(op: Op, x: Tensor, dims: readonly number[]): number {
  checkFloating(op, x);
  const axis = x.ndim - dims.length;
  if (axis >= 0 && dims.every((dim, i) => x.shape[axis + i] === dim)) return axis;
  throw new ShapeError(op, `the input ${showShape(x.shape)} must end in the dimensions ${showShape(dims)}`, [
    x.shape,
    dims,
  ]);
}

function checkWeight(op: Op, x: Tensor, dims: readonly number[], name: string, values: Tensor | null): void {
  if (values === null) return;
  checkTensor(op, values);
  if (values.ndim !== dims.length || dims.some((dim, i) => values.shape[i] !== dim)) {
    throw new ShapeError(
      op,
      `the ${name} has the shape ${showShape(dims)} that is normalised; got ${showShape(values.shape)}`,
      [x.shape, values.shape],
    );
  }
  if (values.kind !== x.kind) {
    throw new DTypeError(
      op,
      `the input is ${x.dtype} and the ${name} ${values.dtype}; cast one of them with to()`,
      [x.dtype, values.dtype],
    );
  }
}

function apply(op: Op, x: Tensor, rows: Rows, weight: Tensor | null, bias: Tensor | null): Tensor {
  const a = contiguous(x);
  const out = makeTensor(a.layout, a.kind);
  const dims = op === 'layerNorm' ? [2] : [];
  for (let i = 0; i < rows.axis; i++) dims.push(a.shape[i]);
  const statistics = makeTensor(denseLayout(dims), a.kind);
  const operands = [out, statistics, a];
  const w = weight && contiguous(weight);
  const b = bias && contiguous(bias);
  if (w !== null) operands.push(w);
  if (b !== null) operands.push(b);
  attributes[0] = rows.axis;
  attributes[1] = rows.eps;
  active.runMany(kernel[op], a.kind, operands);
  if (w === null) record1(RULES[op], out, a, rows);
  else record3(RULES[op], out, a, w, b, rows);
  if (out.node !== null) out.node.helper = statistics;
  else statistics.dispose();
  return out;
}

export interface LayerNormOptions {
  /** Of the normalised shape, multiplied with the normalised values. */
  weight?: Tensor | null;
  /** Of the normalised shape, added at the end. */
  bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

const LAYER_NORM_OPTIONS = optionNames<LayerNormOptions>({ weight: true, bias: true, eps: true });

/**
 * (x − mean) / √(variance + eps) · weight + bias over the last dimensions of x, whose sizes `normalizedShape` names
 * (Ba, Kiros and Hinton 2016). The variance is that of a population. Of the same shape as x.
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.layerNorm(tensor([[1, 3], [5, 9]]), 2, { eps: 0 }).toArray(); // => [[-1, 1], [-1, 1]]
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: NormalizedShape,
  options: LayerNormOptions = NO_OPTIONS,
): Tensor {
  const dims = checkNormalizedShape('layerNorm', normalizedShape);
  const axis = checkRows('layerNorm', x, dims);
  checkOptions('layerNorm', options, LAYER_NORM_OPTIONS);
  const { weight = null, bias = null, eps = 1e-5 } = options;
  checkEps('layerNorm', eps);
  checkWeight('layerNorm', x, dims, 'weight', weight);
  checkWeight('layerNorm', x, dims, 'bias', bias);
  const rows = { axis, eps };
  if (bias !== null && weight === null) return add(apply('layerNorm', x, rows, null, null), bias);
  return apply('layerNorm', x, rows, weight, bias);
}

export interface RMSNormOptions {
  /** Of the normalised shape, multiplied with the normalised values. */
  weight?: Tensor | null;
  /** Added to the mean square. Default: the distance from 1 to the next number of the dtype. */
  eps?: number;
}

const RMS_NORM_OPTIONS = optionNames<RMSNormOptions>({ weight: true, eps: true });

/**
 * x / √(mean of x² + eps) · weight over the last dimensions of x, whose sizes `normalizedShape` names (Zhang and
 * Sennrich 2019). Of the same shape as x.
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.rmsNorm(tensor([[2, -2], [3, 3]]), 2, { eps: 0 }).toArray(); // => [[1, -1], [1, 1]]
 */
export function rmsNorm(
  x: Tensor,
  normalizedShape: NormalizedShape,
  options: RMSNormOptions = NO_OPTIONS,
): Tensor {
  const dims = checkNormalizedShape('rmsNorm', normalizedShape);
  const axis = checkRows('rmsNorm', x, dims);
  checkOptions('rmsNorm', options, RMS_NORM_OPTIONS);
  const { weight = null, eps = x.kind === FLOAT32 ? 2 ** -23 : 2 ** -52 } = options;
  checkEps('rmsNorm', eps);
  checkWeight('rmsNorm', x, dims, 'weight', weight);
  return apply('rmsNorm', x, { axis, eps }, weight, null);
}
