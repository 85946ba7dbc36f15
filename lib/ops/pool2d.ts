// Two-dimensional pooling, with first and second gradients.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { INT32, isFloatKind } from '../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import { B, record1, record2 } from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor, rule } from './apply.js';
import { checkPair, type Pair } from './conv.js';
import { contiguous, reshape } from './shape.js';

export interface PoolOptions {
  /** From one window to the next. Default: the window's size. */
  stride?: Pair;
  /** Added on each side: at most half the window. Default 0. */
  padding?: Pair;
  /** Whether windows that reach over the end count too. Default false. */
  ceilMode?: boolean;
}

export interface MaxPoolOptions extends PoolOptions {
  /** Distance between the window's points. Default 1. */
  dilation?: Pair;
}

/** @internal */
export const MAX_POOL_OPTIONS = optionNames<MaxPoolOptions>({
  stride: true,
  padding: true,
  dilation: true,
  ceilMode: true,
});

export interface AvgPoolOptions extends PoolOptions {
  /** Whether the padding's zeros count in the mean. Default true. */
  countIncludePad?: boolean;
  /** What sums are divided by, instead of the count. */
  divisorOverride?: number;
}

/** @internal */
export const AVG_POOL_OPTIONS = optionNames<AvgPoolOptions>({
  stride: true,
  padding: true,
  ceilMode: true,
  countIncludePad: true,
  divisorOverride: true,
});

/** The attributes of a pooling kernel, kept for its gradient. */
type Geometry = readonly number[];

function setGeometry(geometry: Geometry): void {
  for (let i = 0; i < geometry.length; i++) attributes[i] = geometry[i];
}

function checkInput(op: string, x: Tensor): void {
  checkTensor(op, x);
  if (x.ndim !== 4 && x.ndim !== 3) {
    throw new ShapeError(op, `the input is (N, C, H, W) or (C, H, W); got ${showShape(x.shape)}`, [x.shape]);
  }
  if (!isFloatKind(x.kind))
    throw new DTypeError(op, `${op} needs a floating dtype; got ${x.dtype}: cast it with to()`, [x.dtype]);
}

/** How many windows fit along one side. */
function windows(
  op: string,
  x: Tensor,
  axis: number,
  window: number,
  stride: number,
  padding: number,
  dilation: number,
  ceil: boolean,
): number {
  const room = x.shape[axis] + 2 * padding - dilation * (window - 1) - 1;
  let count = (ceil ? Math.ceil(room / stride) : Math.floor(room / stride)) + 1;
  // A window must begin inside the input or its left padding.
  if (ceil && (count - 1) * stride >= x.shape[axis] + padding) count--;
  if (room < 0 || count < 1) {
    throw new ShapeError(
      op,
      `a window of ${window} does not fit into dim ${axis} of the input ${showShape(x.shape)}`,
      [x.shape],
    );
  }
  return count;
}

function checkPadding(op: string, padding: readonly number[], window: readonly number[]): void {
  if (padding.some((pad, i) => pad > window[i] / 2)) {
    throw new ArgumentError(
      op,
      'padding',
      padding,
      `padding is at most half the window ${showShape(window)}; got ${showShape(padding)}`,
    );
  }
}

const MAX_POOL = rule('maxPool2d', {
  a: [0, (n, g) => maxGrad(g, n.helper as Tensor, (n.a as Tensor).shape)],
});
const MAX_GRAD = rule('maxPool2dGrad', { a: [B, (n, h) => planeGather(h, n.b as Tensor)] });
const PLANE_GATHER = rule('planeGather', {
  a: [B, (n, g) => maxGrad(g, n.b as Tensor, (n.a as Tensor).shape)],
});

function maxGrad(g: Tensor, indices: Tensor, dims: readonly number[]): Tensor {
  const y = contiguous(g);
  const out = makeTensor(denseLayout(dims), y.kind);
  active.run3(kernel.maxPool2dGrad, y.kind, out, y, indices);
  record2(MAX_GRAD, out, y, indices, null);
  return out;
}

function planeGather(x: Tensor, indices: Tensor): Tensor {
  const out = makeTensor(indices.layout, x.kind);
  active.run3(kernel.planeGather, x.kind, out, contiguous(x), indices);
  record2(PLANE_GATHER, out, x, indices, null);
  return out;
}

/**
 * The largest value in each window of images (N, C, H, W) or (C, H, W); NaN where there is one. The gradient flows
 * to the first largest value. Padding counts as −∞.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.maxPool2d(tensor([[[1, 2], [3, 4]]]), 2).toArray(); // => [[[4]]]
 */
export function maxPool2d(x: Tensor, kernelSize: Pair, options: MaxPoolOptions = NO_OPTIONS): Tensor {
  checkInput('maxPool2d', x);
  checkOptions('maxPool2d', options, MAX_POOL_OPTIONS);
  if (x.ndim === 3) {
    const out = maxPool2d(reshape(x, [1, ...x.shape]), kernelSize, options);
    return reshape(out, out.shape.slice(1));
  }
  const window = checkPair('maxPool2d', 'kernelSize', kernelSize, 1);
  const stride = checkPair('maxPool2d', 'stride', options.stride ?? window, 1);
  const padding = checkPair('maxPool2d', 'padding', options.padding ?? 0, 0);
  const dilation = checkPair('maxPool2d', 'dilation', options.dilation ?? 1, 1);
  checkPadding('maxPool2d', padding, window);
  const ceil = options.ceilMode ?? false;
  const a = contiguous(x);
  const height = windows('maxPool2d', a, 2, window[0], stride[0], padding[0], dilation[0], ceil);
  const width = windows('maxPool2d', a, 3, window[1], stride[1], padding[1], dilation[1], ceil);
  const layout = denseLayout([a.shape[0], a.shape[1], height, width]);
  const out = makeTensor(layout, a.kind);
  const indices = makeTensor(layout, INT32);
  setGeometry([...window, ...stride, ...padding, ...dilation]);
  active.run3(kernel.maxPool2d, a.kind, out, indices, a);
  record1(MAX_POOL, out, a, null);
  if (out.node !== null) out.node.helper = indices;
  else indices.dispose();
  return out;
}

/** What the gradient needs: the geometry, and the shapes at both ends. */
interface Average {
  readonly geometry: Geometry;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

const AVG_POOL = rule('avgPool2d', { a: [0, (n, g) => avgGrad(g, n.saved as Average)] });
const AVG_GRAD = rule('avgPool2dGrad', { a: [0, (n, h) => average(h, n.saved as Average)] });

function average(x: Tensor, how: Average): Tensor {
  const a = contiguous(x);
  const out = makeTensor(denseLayout(how.to), a.kind);
  setGeometry(how.geometry);
  active.run2(kernel.avgPool2d, a.kind, out, a);
  record1(AVG_POOL, out, a, how);
  return out;
}

function avgGrad(g: Tensor, how: Average): Tensor {
  const y = contiguous(g);
  const out = makeTensor(denseLayout(how.from), y.kind);
  setGeometry(how.geometry);
  active.run2(kernel.avgPool2dGrad, y.kind, out, y);
  record1(AVG_GRAD, out, y, how);
  return out;
}

/**
 * The mean of each window of images (N, C, H, W) or (C, H, W). The padding's zeros count, unless told otherwise.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.avgPool2d(tensor([[[1, 2], [3, 6]]]), 2).toArray(); // => [[[3]]]
 */
export function avgPool2d(x: Tensor, kernelSize: Pair, options: AvgPoolOptions = NO_OPTIONS): Tensor {
  checkInput('avgPool2d', x);
  checkOptions('avgPool2d', options, AVG_POOL_OPTIONS);
  if (x.ndim === 3) {
    const out = avgPool2d(reshape(x, [1, ...x.shape]), kernelSize, options);
    return reshape(out, out.shape.slice(1));
  }
  const window = checkPair('avgPool2d', 'kernelSize', kernelSize, 1);
  const stride = checkPair('avgPool2d', 'stride', options.stride ?? window, 1);
  const padding = checkPair('avgPool2d', 'padding', options.padding ?? 0, 0);
  checkPadding('avgPool2d', padding, window);
  const divisor = options.divisorOverride ?? 0;
  if (options.divisorOverride === 0 || !Number.isFinite(divisor)) {
    throw new ArgumentError(
      'avgPool2d',
      'divisorOverride',
      divisor,
      `divisorOverride is a finite number but 0; got ${divisor}`,
    );
  }
  const ceil = options.ceilMode ?? false;
  const height = windows('avgPool2d', x, 2, window[0], stride[0], padding[0], 1, ceil);
  const width = windows('avgPool2d', x, 3, window[1], stride[1], padding[1], 1, ceil);
  const includes = (options.countIncludePad ?? true) ? 1 : 0;
  return average(x, {
    geometry: [...window, ...stride, ...padding, includes, divisor, ceil ? 1 : 0],
    from: x.shape,
    to: [x.shape[0], x.shape[1], height, width],
  });
}
