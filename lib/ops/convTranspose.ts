// Transposed convolution: the data gradient of a convolution as an operation of its own.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { asImages, asSignals, convolutionOf, geometryOf } from './conv.js';
import {
  type Axes,
  checkOperands,
  checkSizes,
  type Pair,
  type Single,
  type Sizes,
  type Triple,
} from './convShape.js';
import { zeros } from './create.js';
import { concat } from './join.js';
import { reshape } from './shape.js';

interface ConvTransposeOptions<Size extends Sizes> {
  /** (O,), added to each output channel. */
  bias?: Tensor | null;
  /** From what one input adds to to what the next does. Default 1. */
  stride?: Size;
  /** Cut off each side of the result. Default 0. */
  padding?: Size;
  /** Added to the result's size at its end, and smaller than stride or dilation. Default 0. */
  outputPadding?: Size;
  /** Blocks of channels that do not see one another. Default 1. */
  groups?: number;
  /** Distance between the kernel's points. Default 1. */
  dilation?: Size;
}

export type ConvTranspose1dOptions = ConvTransposeOptions<Single>;
export type ConvTranspose2dOptions = ConvTransposeOptions<Pair>;
export type ConvTranspose3dOptions = ConvTransposeOptions<Triple>;

const CONV_TRANSPOSE_OPTIONS = optionNames<ConvTransposeOptions<Sizes>>({
  bias: true,
  stride: true,
  padding: true,
  outputPadding: true,
  groups: true,
  dilation: true,
});

/** Zeros behind the end of an axis. */
function lengthened(x: Tensor, axis: number, by: number): Tensor {
  if (by === 0) return x;
  const shape = x.shape.map((size, i) => (i === axis ? by : size));
  return concat([x, zeros(shape, { dtype: x.dtype })], axis);
}

function convolveTransposed<Size extends Sizes>(
  op: string,
  axes: Axes,
  x: Tensor,
  weight: Tensor,
  options: ConvTransposeOptions<Size>,
): Tensor {
  checkTensor(op, x);
  checkTensor(op, weight);
  checkOptions(op, options, CONV_TRANSPOSE_OPTIONS);
  const bias = options.bias ?? null;
  if (x.ndim === axes + 1) {
    const out = convolveTransposed(op, axes, reshape(x, [1, ...x.shape]), weight, options);
    return reshape(out, out.shape.slice(1));
  }
  const stride = checkSizes(op, 'stride', options.stride ?? 1, 1, axes);
  const padding = checkSizes(op, 'padding', options.padding ?? 0, 0, axes);
  const dilation = checkSizes(op, 'dilation', options.dilation ?? 1, 1, axes);
  const added = checkSizes(op, 'outputPadding', options.outputPadding ?? 0, 0, axes);
  const groups = options.groups ?? 1;
  checkOperands(op, axes, x, weight, bias, groups, true);
  if (added.some((size, i) => size >= Math.max(stride[i], dilation[i]))) {
    throw new ArgumentError(
      op,
      'outputPadding',
      options.outputPadding,
      `outputPadding is smaller than stride or dilation; got ${showShape(added)}`,
    );
  }
  const window = weight.shape.slice(2);
  const dims = window.map(
    (size, i) => (x.shape[i + 2] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (size - 1) + added[i] + 1,
  );
  if (dims.some((size) => size < 1) || x.shape.slice(2).includes(0)) {
    throw new ShapeError(
      op,
      `nothing is left of the result for the input ${showShape(x.shape)}, the kernel ${showShape(window)} and padding ${showShape(padding)}`,
      [x.shape, weight.shape],
    );
  }
  // A convolution of the result with this stride would have more places than the input: what they add is nought.
  let a = x;
  for (let i = 0; i < axes; i++) a = lengthened(a, i + 2, Math.floor(added[i] / stride[i]));
  const geometry = geometryOf(axes, stride, padding, dilation, groups);
  const shape = [x.shape[0], weight.shape[1] * groups, ...(axes === 1 ? [1] : []), ...dims];
  const w = asImages(axes, weight);
  return asSignals(axes, convolutionOf(axes).gradInput(asImages(axes, a), w, bias, shape, geometry));
}

/**
 * The transposed convolution of signals x (N, C, L), or one signal (C, L), with `weight` (C, O / groups, K): each
 * input adds its value times the kernel to the result, out[n, o, i·stride − padding + a·dilation] += x[n, c, i] ·
 * weight[c, o, a]. This is the gradient of {@link conv1d} with regard to its input. The result is (N, O, L') with L' =
 * (L − 1)·stride − 2·padding + dilation·(K − 1) + outputPadding + 1.
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const y = nn.functional.convTranspose1d(tensor([[[1, 2]]]), tensor([[[1, 10]]]), { stride: 2 });
 * y.toArray(); // => [[[1, 10, 2, 20]]]
 */
export function convTranspose1d(
  x: Tensor,
  weight: Tensor,
  options: ConvTranspose1dOptions = NO_OPTIONS,
): Tensor {
  return convolveTransposed('convTranspose1d', 1, x, weight, options);
}

/**
 * The transposed convolution of images x (N, C, H, W), or one image (C, H, W), with `weight` (C, O / groups, KH, KW):
 * each input adds its value times the kernel to the result. This is the gradient of {@link conv2d} with regard to its
 * input (Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016). The result is (N, O, H',
 * W') with H' = (H − 1)·stride − 2·padding + dilation·(KH − 1) + outputPadding + 1.
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, ones, tensor } from 'quern';
 * const y = nn.functional.convTranspose2d(tensor([[[[1, 2]]]]), ones([1, 1, 2, 2]), { stride: 2 });
 * y.toArray(); // => [[[[1, 1, 2, 2], [1, 1, 2, 2]]]]
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  options: ConvTranspose2dOptions = NO_OPTIONS,
): Tensor {
  return convolveTransposed('convTranspose2d', 2, x, weight, options);
}

/**
 * The transposed convolution of volumes x (N, C, D, H, W), or one volume (C, D, H, W), with `weight` (C, O / groups,
 * KD, KH, KW): {@link convTranspose2d} with one more axis.
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * nn.functional.convTranspose3d(ones([1, 2, 3, 3, 3]), ones([2, 4, 2, 2, 2]), { stride: 2 }).shape; // => [1, 4, 6, 6, 6]
 */
export function convTranspose3d(
  x: Tensor,
  weight: Tensor,
  options: ConvTranspose3dOptions = NO_OPTIONS,
): Tensor {
  return convolveTransposed('convTranspose3d', 3, x, weight, options);
}
