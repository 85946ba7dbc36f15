// Pooled values put back where they lay, with zeros around them.

import { INT32 } from '../core/dtype.js';
import { ArgumentError, DTypeError, IndexError, ShapeError, showShape } from '../core/errors.js';
import { denseLayout, sameDims } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { type Axes, checkSizes, type Pair, type Single, type Sizes, type Triple } from './convShape.js';
import { zerosOf } from './create.js';
import { withIndexErrors } from './indexErrors.js';
import { checkInput } from './poolAxes.js';
import { scatter } from './scatter.js';
import { reshape } from './shape.js';

/** What a layer knows of the windows. */
interface UnpoolWindow<Size extends Sizes> {
  /** From one window to the next. Default: the window's size. */
  stride?: Size;
  /** What the pooling added on each side. Default 0. */
  padding?: Size;
}

/** What follows from the input that was pooled. */
export interface UnpoolSize {
  /**
   * The size along each axis that was pooled, or the whole shape: less than a stride away from
   * (size − 1)·stride − 2·padding + kernelSize, which is the default.
   */
  outputSize?: readonly number[];
}

interface UnpoolOptions<Size extends Sizes> extends UnpoolWindow<Size>, UnpoolSize {}

export type MaxUnpool1dOptions = UnpoolOptions<Single>;
export type MaxUnpoolOptions = UnpoolOptions<Pair>;
export type MaxUnpool3dOptions = UnpoolOptions<Triple>;
export type MaxUnpool1dWindow = UnpoolWindow<Single>;
export type MaxUnpool2dWindow = UnpoolWindow<Pair>;
export type MaxUnpool3dWindow = UnpoolWindow<Triple>;

const UNPOOL_OPTIONS = optionNames<UnpoolOptions<Sizes>>({ stride: true, padding: true, outputSize: true });

/** @internal */
export const UNPOOL_WINDOW = optionNames<UnpoolWindow<Sizes>>({ stride: true, padding: true });

/** @internal */
export const UNPOOL_SIZE = optionNames<UnpoolSize>({ outputSize: true });

/** The sizes along the axes: those that windows lead to, or near ones that were asked for. */
function unpooledSize(
  op: string,
  axes: Axes,
  usual: readonly number[],
  stride: readonly number[],
  wanted: readonly number[] | undefined,
): readonly number[] {
  if (wanted === undefined) return usual;
  const whole = Array.isArray(wanted) && (wanted.length === axes + 1 || wanted.length === axes + 2);
  const sizes = whole ? wanted.slice(-axes) : wanted;
  const fits =
    Array.isArray(sizes) &&
    sizes.length === axes &&
    sizes.every((size, i) => Number.isInteger(size) && size >= 1 && Math.abs(size - usual[i]) < stride[i]);
  if (fits) return sizes;
  throw new ArgumentError(
    op,
    'outputSize',
    wanted,
    `outputSize has ${axes === 1 ? 'a size' : `${axes} sizes`} less than a stride ${showShape(stride)} away from ` +
      `${showShape(usual)}; got ${Array.isArray(wanted) ? showShape(wanted) : String(wanted)}`,
  );
}

function checkIndices(op: string, x: Tensor, indices: Tensor): void {
  checkTensor(op, indices);
  if (indices.kind !== INT32) {
    throw new DTypeError(
      op,
      `the indices are int32, as maxPool with returnIndices makes them; got ${indices.dtype}: cast them with to('int32')`,
      [indices.dtype],
    );
  }
  if (sameDims(x.layout, indices.layout)) return;
  throw new ShapeError(
    op,
    `the input ${showShape(x.shape)} and its indices ${showShape(indices.shape)} must have one shape`,
    [x.shape, indices.shape],
  );
}

/** Values written into planes of zeros; an index that is none of a plane's is refused by the name of the operation. */
function placed(op: string, values: Tensor, indices: Tensor, size: number): Tensor {
  const [n, channels] = values.shape;
  return withIndexErrors(
    () => scatter(zerosOf(denseLayout([n, channels, size]), values.kind), 2, indices, values),
    ({ index }) =>
      new IndexError(
        op,
        `index ${index} is out of range for the ${size} places of an output; is outputSize that of the pooled input?`,
        index,
        size,
      ),
  );
}

function maxUnpool<Size extends Sizes>(
  op: string,
  axes: Axes,
  x: Tensor,
  indices: Tensor,
  kernelSize: Size,
  options: UnpoolOptions<Size>,
): Tensor {
  checkInput(op, axes, x);
  checkIndices(op, x, indices);
  checkOptions(op, options, UNPOOL_OPTIONS);
  const window = checkSizes(op, 'kernelSize', kernelSize, 1, axes);
  const stride = checkSizes(op, 'stride', options.stride ?? window, 1, axes);
  const padding = checkSizes(op, 'padding', options.padding ?? 0, 0, axes);
  const from = x.shape.slice(-axes);
  const usual = from.map((size, i) => (size - 1) * stride[i] - 2 * padding[i] + window[i]);
  const to = unpooledSize(op, axes, usual, stride, options.outputSize);
  if (from.includes(0) || to.some((size) => size < 1)) {
    throw new ShapeError(op, `an input ${showShape(x.shape)} leads to the sizes ${showShape(to)}`, [x.shape]);
  }
  const lead = x.shape.slice(0, -axes);
  const count = from.reduce((product, size) => product * size, 1);
  const size = to.reduce((product, one) => product * one, 1);
  const flat = [lead.length === 2 ? lead[0] : 1, lead[lead.length - 1], count];
  return reshape(placed(op, reshape(x, flat), reshape(indices, flat), size), [...lead, ...to]);
}

/**
 * Signals of zeros (N, C, L) or (C, L) with the values of x at the places that `maxPool1d` found them at: its partial
 * inverse. Of values that meet in one place the last one stays.
 *
 * @throws ShapeError, DTypeError, ArgumentError where something does not fit; IndexError for a place that there is not.
 * @example
 * import { nn, tensor } from 'quern';
 * const { values, indices } = nn.functional.maxPool1d(tensor([[1, 2, 4, 3]]), 2, { returnIndices: true });
 * nn.functional.maxUnpool1d(values, indices, 2).toArray(); // => [[0, 2, 4, 0]]
 */
export function maxUnpool1d(
  x: Tensor,
  indices: Tensor,
  kernelSize: Single,
  options: MaxUnpool1dOptions = NO_OPTIONS,
): Tensor {
  return maxUnpool('maxUnpool1d', 1, x, indices, kernelSize, options);
}

/**
 * Images of zeros (N, C, H, W) or (C, H, W) with the values of x at the places that `maxPool2d` found them at: its
 * partial inverse. Of values that meet in one place the last one stays.
 *
 * @throws ShapeError, DTypeError, ArgumentError where something does not fit; IndexError for a place that there is not.
 * @example
 * import { nn, tensor } from 'quern';
 * const { values, indices } = nn.functional.maxPool2d(tensor([[[1, 2], [5, 3]]]), 2, { returnIndices: true });
 * nn.functional.maxUnpool2d(values, indices, 2).toArray(); // => [[[0, 0], [5, 0]]]
 */
export function maxUnpool2d(
  x: Tensor,
  indices: Tensor,
  kernelSize: Pair,
  options: MaxUnpoolOptions = NO_OPTIONS,
): Tensor {
  return maxUnpool('maxUnpool2d', 2, x, indices, kernelSize, options);
}

/**
 * Volumes of zeros (N, C, D, H, W) or (C, D, H, W) with the values of x at the places that `maxPool3d` found them at:
 * its partial inverse. Of values that meet in one place the last one stays.
 *
 * @throws ShapeError, DTypeError, ArgumentError where something does not fit; IndexError for a place that there is not.
 * @example
 * import { nn, tensor } from 'quern';
 * const pooled = nn.functional.maxPool3d(tensor([[[[1, 2]], [[5, 3]]]]), [2, 1, 2], { returnIndices: true });
 * nn.functional.maxUnpool3d(pooled.values, pooled.indices, [2, 1, 2]).toArray(); // => [[[[0, 0]], [[5, 0]]]]
 */
export function maxUnpool3d(
  x: Tensor,
  indices: Tensor,
  kernelSize: Triple,
  options: MaxUnpool3dOptions = NO_OPTIONS,
): Tensor {
  return maxUnpool('maxUnpool3d', 3, x, indices, kernelSize, options);
}
