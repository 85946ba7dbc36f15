// Images as columns of patches, and back: unfold and fold, each the other's gradient.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { ShapeError, showShape } from '../core/errors.js';
import { record1 } from '../core/graph.js';
import { denseLayout, stridedLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, makeView, type Tensor } from '../core/tensor.js';
import { checkFloating, checkTensor, copyValues, rule } from './apply.js';
import { composed } from './composed.js';
import { checkPair, type Pair } from './convShape.js';
import { zerosOf } from './create.js';
import { pad } from './pad.js';
import { contiguous, reshape } from './shape.js';

export interface PatchOptions {
  /** Distance between the points of a patch. Default 1. */
  dilation?: Pair;
  /** Zeros around the image. Default 0. */
  padding?: Pair;
  /** From one patch to the next. Default 1. */
  stride?: Pair;
}

/** @internal */
export const PATCH_OPTIONS = optionNames<PatchOptions>({ dilation: true, padding: true, stride: true });

type Two = readonly [number, number];

/** Where patches lie in images of a size. */
interface Patches {
  readonly image: Two;
  readonly window: Two;
  readonly dilation: Two;
  readonly padding: Two;
  readonly stride: Two;
  /** How many patches there are along each side. */
  readonly count: Two;
}

const UNFOLD = rule('unfold', { a: [0, (n, g) => folded(g, n.saved as Patches)] });
const FOLD = rule('fold', { a: [0, (n, g) => unfolded(g, n.saved as Patches)] });

function patchesOf(op: string, image: Two, kernelSize: Pair, options: PatchOptions): Patches {
  checkOptions(op, options, PATCH_OPTIONS);
  const window = checkPair(op, 'kernelSize', kernelSize, 1);
  const dilation = checkPair(op, 'dilation', options.dilation ?? 1, 1);
  const padding = checkPair(op, 'padding', options.padding ?? 0, 0);
  const stride = checkPair(op, 'stride', options.stride ?? 1, 1);
  const along = (i: number): number =>
    Math.floor((image[i] + 2 * padding[i] - dilation[i] * (window[i] - 1) - 1) / stride[i]) + 1;
  const count: Two = [along(0), along(1)];
  if (count[0] < 1 || count[1] < 1) {
    throw new ShapeError(
      op,
      `the kernel ${showShape(window)}, dilated, is larger than the padded image ${showShape(image)}`,
      [image, window],
    );
  }
  return { image, window, dilation, padding, stride, count };
}

/** A view of padded images (N, C, H, W) as (N, C, KH, KW, rows of patches, columns of patches). */
function windows(x: Tensor, { window, dilation, stride, count }: Patches): Tensor {
  const [n, c, h, w] = x.strides;
  const strides = [n, c, dilation[0] * h, dilation[1] * w, stride[0] * h, stride[1] * w];
  const dims = [x.shape[0], x.shape[1], ...window, ...count];
  return makeView('unfold', x, stridedLayout(dims, strides), x.offset);
}

/** Images (N, C, H, W) to columns (N, C·KH·KW, L). */
function unfolded(x: Tensor, patches: Patches): Tensor {
  const { window, padding, count } = patches;
  const out = composed(() => {
    const [top, left] = padding;
    const wide = top + left === 0 ? x : pad(x, [left, left, top, top]);
    const [n, c] = x.shape;
    const columns = makeTensor(denseLayout([n, c * window[0] * window[1], count[0] * count[1]]), x.kind);
    const apart = makeView('unfold', columns, denseLayout([n, c, ...window, ...count]), columns.offset);
    copyValues(apart, windows(wide, patches));
    return columns;
  });
  record1(UNFOLD, out, x, patches);
  return out;
}

/** Columns (N, C·KH·KW, L) to images (N, C, H, W), to which each adds its values. */
function folded(x: Tensor, patches: Patches): Tensor {
  const { image, window, padding, count } = patches;
  const out = composed(() => {
    const [top, left] = padding;
    const channels = x.shape[1] / (window[0] * window[1]);
    const wide = zerosOf(
      denseLayout([x.shape[0], channels, image[0] + 2 * top, image[1] + 2 * left]),
      x.kind,
    );
    const columns = reshape(contiguous(x), [x.shape[0], channels, ...window, ...count]);
    const places = windows(wide, patches);
    const point = (all: Tensor, i: number, j: number): Tensor => {
      const [n, c, rows, across] = [0, 1, 4, 5].map((axis) => all.strides[axis]);
      const layout = stridedLayout([x.shape[0], channels, ...count], [n, c, rows, across]);
      return makeView('fold', all, layout, all.offset + i * all.strides[2] + j * all.strides[3]);
    };
    // The values of one point of all patches lie in places that are all different.
    for (let i = 0; i < window[0]; i++) {
      for (let j = 0; j < window[1]; j++) {
        const target = point(places, i, j);
        active.run3(kernel.add, x.kind, target, target, point(columns, i, j));
      }
    }
    return top + left === 0 ? wide : pad(wide, [-left, -left, -top, -top]);
  });
  record1(FOLD, out, x, patches);
  return out;
}

/**
 * The patches of images (N, C, H, W), or of one (C, H, W), as columns (N, C·KH·KW, L): what a convolution multiplies
 * with its weight. L counts the patches, row by row.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const x = tensor([[[1, 2, 3], [4, 5, 6]]]);
 * nn.functional.unfold(x, 2).toArray(); // => [[1, 2], [2, 3], [4, 5], [5, 6]]
 */
export function unfold(x: Tensor, kernelSize: Pair, options: PatchOptions = NO_OPTIONS): Tensor {
  checkTensor('unfold', x);
  if (x.ndim !== 3 && x.ndim !== 4) {
    throw new ShapeError('unfold', `the input is (N, C, H, W) or (C, H, W); got ${showShape(x.shape)}`, [
      x.shape,
    ]);
  }
  checkFloating('unfold', x);
  const [height, width] = x.shape.slice(-2);
  const patches = patchesOf('unfold', [height, width], kernelSize, options);
  if (x.ndim === 4) return unfolded(x, patches);
  const out = unfolded(reshape(x, [1, ...x.shape]), patches);
  return reshape(out, out.shape.slice(1));
}

/**
 * Columns of patches (N, C·KH·KW, L), or of one image without N, as images (N, C, ...outputSize): where patches
 * overlap, their values add up. The gradient of {@link unfold}, not its inverse.
 *
 * @throws ShapeError, ArgumentError, DTypeError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const columns = tensor([[1, 2], [2, 3], [4, 5], [5, 6]]);
 * nn.functional.fold(columns, [2, 3], 2).toArray(); // => [[[1, 4, 3], [4, 10, 6]]]
 */
export function fold(
  x: Tensor,
  outputSize: Pair,
  kernelSize: Pair,
  options: PatchOptions = NO_OPTIONS,
): Tensor {
  checkTensor('fold', x);
  if (x.ndim !== 2 && x.ndim !== 3) {
    throw new ShapeError('fold', `the input is (N, C·KH·KW, L) or (C·KH·KW, L); got ${showShape(x.shape)}`, [
      x.shape,
    ]);
  }
  checkFloating('fold', x);
  const patches = patchesOf('fold', checkPair('fold', 'outputSize', outputSize, 1), kernelSize, options);
  const [rows, columns] = x.shape.slice(-2);
  const points = patches.window[0] * patches.window[1];
  const wanted = patches.count[0] * patches.count[1];
  if (rows % points !== 0 || columns !== wanted) {
    throw new ShapeError(
      'fold',
      `patches of ${points} points fit into ${showShape(patches.image)} ${wanted} times, so the input is (N, C·${points}, ${wanted}); got ${showShape(x.shape)}`,
      [x.shape],
    );
  }
  if (x.ndim === 3) return folded(x, patches);
  const out = folded(reshape(x, [1, ...x.shape]), patches);
  return reshape(out, out.shape.slice(1));
}
