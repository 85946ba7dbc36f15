// Rows of the op database: padding, patches, interpolation and shuffles.

import * as q from 'quern';
import type { Pair } from '../../lib/ops/convShape.js';
import type { InterpolateOptions } from '../../lib/ops/interpolate.js';
import type { PadOptions } from '../../lib/ops/pad.js';
import type { PatchOptions } from '../../lib/ops/patches.js';
import * as images from '../support/reference/images.js';
import { FLOATS, row } from './row.js';

const F = q.nn.functional;

const whole = (shape: readonly number[]) => q.ones(shape, { dtype: 'int32' });

export const imageRows = {
  pad: row<[padding: readonly number[], options?: PadOptions]>({
    family: 'Shapes',
    fn: q.pad,
    samples: [
      { inputs: [[5]], args: [[1, 2]] },
      { inputs: [[2, 3]], args: [[1, 0, 2, 1], { value: 2 }] },
      { inputs: [[2, 4, 5]], args: [[-1, 2, 1, -2]] },
      { inputs: [[2, 3, 4, 3]], args: [[0, 1, 1, 0, 0, 2], { value: 1 }] },
      { inputs: [[2, 5]], args: [[2, 3], { mode: 'reflect' }] },
      { inputs: [[1, 2, 3, 4]], args: [[3, 1, 0, 2], { mode: 'reflect' }] },
      { inputs: [[2, 2, 3]], args: [[4, 1, 1, 0], { mode: 'replicate' }] },
      { inputs: [[1, 2, 2, 3, 3]], args: [[1, 2, 0, 1, 2, 0], { mode: 'replicate' }] },
      { inputs: [[1, 2, 3, 4]], args: [[4, 1, 2, 3], { mode: 'circular' }] },
      { inputs: [[2, 3]], args: [[0, 0], { mode: 'circular' }] },
      { inputs: [[3, 4]], args: [[-2, -2]] },
      { inputs: [[0, 2]], args: [[1, 1]] },
    ],
    large: { inputs: [[4, 8, 60, 60]], args: [[3, 3, 2, 2]] },
    reference: ([x], padding, options) => images.pad(x, padding, options),
    precision: 'exact',
    gradient: 2,
    errors: [
      { name: 'an odd list', act: () => q.pad(q.ones([2]), [1]), error: q.ArgumentError },
      { name: 'fractions', act: () => q.pad(q.ones([2]), [1, 0.5]), error: q.ArgumentError },
      { name: 'too many dimensions', act: () => q.pad(q.ones([2]), [1, 1, 1, 1]), error: q.ShapeError },
      { name: 'more taken away than there is', act: () => q.pad(q.ones([2]), [-2, -1]), error: q.ShapeError },
      {
        name: 'a mode that there is not',
        act: () => q.pad(q.ones([2]), [1, 1], { mode: 'mirror' as never }),
        error: q.ArgumentError,
      },
      {
        name: 'a value with a mode that has none',
        act: () => q.pad(q.ones([2]), [1, 1], { mode: 'reflect', value: 1 }),
        error: q.ArgumentError,
      },
      {
        name: 'reflection as far as the size',
        act: () => q.pad(q.ones([2]), [2, 0], { mode: 'reflect' }),
        error: q.ShapeError,
      },
      {
        name: 'more than once round',
        act: () => q.pad(q.ones([2]), [3, 0], { mode: 'circular' }),
        error: q.ShapeError,
      },
      {
        name: 'nothing to repeat',
        act: () => q.pad(q.ones([0]), [1, 0], { mode: 'replicate' }),
        error: q.ShapeError,
      },
      {
        name: 'a fraction among integers',
        act: () => q.pad(whole([2]), [1, 1], { value: 0.5 }),
        error: q.ArgumentError,
      },
    ],
  }),
  unfold: row<[kernelSize: Pair, options?: PatchOptions]>({
    family: 'Shapes',
    fn: F.unfold,
    samples: [
      { inputs: [[1, 1, 3, 3]], args: [2] },
      { inputs: [[2, 3, 5, 4]], args: [[2, 3], { stride: [2, 1], padding: [1, 0] }] },
      { inputs: [[2, 5, 6]], args: [[2, 2], { dilation: [2, 3], padding: 1 }] },
      { inputs: [[0, 2, 3, 3]], args: [2] },
    ],
    large: { inputs: [[2, 8, 40, 40]], args: [3, { padding: 1 }] },
    reference: ([x], size, options) => images.unfold(x, size, options),
    dtypes: FLOATS,
    precision: 'exact',
    gradient: 2,
    errors: [
      { name: 'too few dimensions', act: () => F.unfold(q.ones([2, 2]), 2), error: q.ShapeError },
      { name: 'integers', act: () => F.unfold(whole([1, 3, 3]), 2), error: q.DTypeError },
      {
        name: 'a window larger than the image',
        act: () => F.unfold(q.ones([1, 3, 3]), 4),
        error: q.ShapeError,
      },
      { name: 'a size of 0', act: () => F.unfold(q.ones([1, 3, 3]), 0), error: q.ArgumentError },
    ],
  }),
  fold: row<[outputSize: Pair, kernelSize: Pair, options?: PatchOptions]>({
    family: 'Shapes',
    fn: F.fold,
    samples: [
      { inputs: [[1, 4, 4]], args: [3, 2] },
      { inputs: [[2, 12, 6]], args: [[5, 4], [2, 3], { stride: [2, 1], padding: [1, 0] }] },
      { inputs: [[8, 25]], args: [[5, 6], [2, 2], { dilation: [2, 3], padding: 1 }] },
      { inputs: [[0, 8, 4]], args: [3, 2] },
    ],
    large: { inputs: [[2, 36, 1600]], args: [40, 3, { padding: 1 }] },
    reference: ([x], to, size, options) => images.fold(x, to, size, options),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      { name: 'too few dimensions', act: () => F.fold(q.ones([4]), 3, 2), error: q.ShapeError },
      { name: 'integers', act: () => F.fold(whole([4, 4]), 3, 2), error: q.DTypeError },
      { name: 'another number of patches', act: () => F.fold(q.ones([4, 5]), 3, 2), error: q.ShapeError },
      { name: 'rows that are no patches', act: () => F.fold(q.ones([5, 4]), 3, 2), error: q.ShapeError },
      {
        name: 'a window larger than the image',
        act: () => F.fold(q.ones([4, 4]), 1, 2),
        error: q.ShapeError,
      },
    ],
  }),
  interpolate: row<[options?: InterpolateOptions]>({
    family: 'Shapes',
    fn: F.interpolate,
    samples: [
      { inputs: [[1, 2, 4]], args: [{ size: 7 }] },
      { inputs: [[2, 2, 3, 5]], args: [{ scaleFactor: [2, 1.5] }] },
      { inputs: [[1, 2, 6, 5]], args: [{ size: [4, 3], mode: 'nearest-exact' }] },
      { inputs: [[2, 3, 5]], args: [{ size: 8, mode: 'linear' }] },
      { inputs: [[2, 3, 5]], args: [{ size: [3], mode: 'linear', alignCorners: true }] },
      { inputs: [[2, 2, 4, 3]], args: [{ scaleFactor: 2, mode: 'bilinear' }] },
      { inputs: [[1, 2, 5, 4]], args: [{ scaleFactor: 1.7, mode: 'bilinear' }] },
      { inputs: [[1, 2, 5, 4]], args: [{ scaleFactor: 1.7, mode: 'bilinear', recomputeScaleFactor: true }] },
      { inputs: [[1, 2, 4, 3]], args: [{ size: [7, 1], mode: 'bilinear', alignCorners: true }] },
      { inputs: [[1, 2, 4, 5]], args: [{ size: [6, 3], mode: 'bicubic' }] },
      { inputs: [[1, 1, 4, 3]], args: [{ size: [5, 7], mode: 'bicubic', alignCorners: true }] },
      { inputs: [[1, 2, 3, 2, 4]], args: [{ size: [2, 4, 5], mode: 'trilinear' }] },
      { inputs: [[1, 2, 7, 5]], args: [{ size: [3, 2], mode: 'area' }] },
      { inputs: [[1, 2, 7, 5]], args: [{ size: [3, 8], mode: 'bilinear', antialias: true }] },
      { inputs: [[1, 1, 9, 5]], args: [{ size: [4, 3], mode: 'bicubic', antialias: true }] },
      { inputs: [[0, 2, 3]], args: [{ size: 5 }] },
    ],
    large: { inputs: [[2, 8, 40, 40]], args: [{ scaleFactor: 2, mode: 'bilinear' }] },
    reference: ([x], options) => images.interpolate(x, options),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      { name: 'no size', act: () => F.interpolate(q.ones([1, 1, 2])), error: q.ArgumentError },
      {
        name: 'size and factor',
        act: () => F.interpolate(q.ones([1, 1, 2]), { size: 2, scaleFactor: 1 }),
        error: q.ArgumentError,
      },
      {
        name: 'a size of 0',
        act: () => F.interpolate(q.ones([1, 1, 2]), { size: 0 }),
        error: q.ArgumentError,
      },
      {
        name: 'a factor of 0',
        act: () => F.interpolate(q.ones([1, 1, 2]), { scaleFactor: 0 }),
        error: q.ArgumentError,
      },
      {
        name: 'a factor that leaves nothing',
        act: () => F.interpolate(q.ones([1, 1, 2]), { scaleFactor: 0.2 }),
        error: q.ShapeError,
      },
      {
        name: 'a mode that there is not',
        act: () => F.interpolate(q.ones([1, 1, 2]), { size: 2, mode: 'cubic' as never }),
        error: q.ArgumentError,
      },
      {
        name: 'a mode for other inputs',
        act: () => F.interpolate(q.ones([1, 1, 2]), { size: 2, mode: 'bilinear' }),
        error: q.ShapeError,
      },
      {
        name: 'corners of the nearest',
        act: () => F.interpolate(q.ones([1, 1, 2]), { size: 2, alignCorners: true }),
        error: q.ArgumentError,
      },
      {
        name: 'antialiasing of the nearest',
        act: () => F.interpolate(q.ones([1, 1, 2]), { size: 2, antialias: true }),
        error: q.ArgumentError,
      },
      {
        name: 'a factor to compute again without one',
        act: () => F.interpolate(q.ones([1, 1, 2]), { size: 2, recomputeScaleFactor: true }),
        error: q.ArgumentError,
      },
      { name: 'integers', act: () => F.interpolate(whole([1, 1, 2]), { size: 2 }), error: q.DTypeError },
    ],
  }),
  pixelShuffle: row<[factor: number]>({
    family: 'Shapes',
    fn: F.pixelShuffle,
    samples: [
      { inputs: [[4, 2, 3]], args: [2] },
      { inputs: [[2, 9, 2, 1]], args: [3] },
      { inputs: [[2, 3, 2]], args: [1] },
      { inputs: [[0, 4, 2, 2]], args: [2] },
    ],
    large: { inputs: [[2, 16, 50, 50]], args: [2] },
    reference: ([x], factor) => images.pixelShuffle(x, factor),
    precision: 'exact',
    gradient: 2,
    errors: [
      {
        name: 'channels that do not divide',
        act: () => F.pixelShuffle(q.ones([3, 2, 2]), 2),
        error: q.ShapeError,
      },
      { name: 'too few dimensions', act: () => F.pixelShuffle(q.ones([4, 2]), 2), error: q.ShapeError },
      { name: 'a factor of 0', act: () => F.pixelShuffle(q.ones([4, 2, 2]), 0), error: q.ArgumentError },
    ],
  }),
  pixelUnshuffle: row<[factor: number]>({
    family: 'Shapes',
    fn: F.pixelUnshuffle,
    samples: [
      { inputs: [[1, 4, 6]], args: [2] },
      { inputs: [[2, 2, 3, 6]], args: [3] },
      { inputs: [[0, 1, 2, 2]], args: [2] },
    ],
    large: { inputs: [[2, 4, 100, 100]], args: [2] },
    reference: ([x], factor) => images.pixelUnshuffle(x, factor),
    precision: 'exact',
    gradient: 2,
    errors: [
      {
        name: 'sides that do not divide',
        act: () => F.pixelUnshuffle(q.ones([1, 3, 2]), 2),
        error: q.ShapeError,
      },
      { name: 'too few dimensions', act: () => F.pixelUnshuffle(q.ones([2, 2]), 2), error: q.ShapeError },
      { name: 'a factor of 0', act: () => F.pixelUnshuffle(q.ones([1, 2, 2]), 0), error: q.ArgumentError },
    ],
  }),
  channelShuffle: row<[groups: number]>({
    family: 'Shapes',
    fn: F.channelShuffle,
    samples: [
      { inputs: [[2, 4, 3]], args: [2] },
      { inputs: [[1, 6, 2, 2]], args: [3] },
      { inputs: [[1, 3, 2]], args: [1] },
      { inputs: [[0, 4, 2, 2]], args: [2] },
    ],
    large: { inputs: [[2, 16, 50, 50]], args: [4] },
    reference: ([x], groups) => images.channelShuffle(x, groups),
    precision: 'exact',
    gradient: 2,
    errors: [
      {
        name: 'groups that do not divide',
        act: () => F.channelShuffle(q.ones([1, 3, 2]), 2),
        error: q.ShapeError,
      },
      { name: 'too few dimensions', act: () => F.channelShuffle(q.ones([4, 2]), 2), error: q.ShapeError },
      { name: 'no groups', act: () => F.channelShuffle(q.ones([1, 4, 2]), 0), error: q.ArgumentError },
    ],
  }),
};
