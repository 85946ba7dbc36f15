// Rows of the op database: the largest values of windows, where they lie, and how they are put back; norms of windows.

import * as q from 'quern';
import type {
  AdaptiveMaxPoolOptions,
  TargetPair,
  TargetSingle,
  TargetTriple,
} from '../../lib/ops/adaptivePool.js';
import type { Pair, Single, Triple } from '../../lib/ops/convShape.js';
import { mapped } from '../support/plain.js';
import * as spatial from '../support/reference/spatial.js';
import { errorsOf, image, type Pooling, windowErrorsOf } from './pooling.js';
import { FLOATS, row, type Sample } from './row.js';

const F = q.nn.functional;

function maxRow<Size extends number | readonly number[], Options extends spatial.PoolOptions>(
  fn: Pooling<Size, Options>,
  axes: number,
  samples: readonly Sample<[size: Size, options?: Options]>[],
  large: Sample<[size: Size, options?: Options]>,
) {
  return row<[size: Size, options?: Options]>({
    family: 'Pooling',
    fn,
    samples,
    large,
    reference: ([x], size, options) => {
      const values = spatial.maxPool(axes, x, size, options);
      return options?.returnIndices === true ? [values, spatial.maxPlaces(axes, x, size, options)] : values;
    },
    dtypes: FLOATS,
    result: (dtype, output) => (output === 1 ? 'int32' : dtype),
    precision: 'exact',
    gradient: 2,
    kinkAtTies: true,
    errors: windowErrorsOf(fn as unknown as Pooling<number, { padding: number }>, axes),
  });
}

function adaptiveMaxRow<Size extends number | readonly (number | null)[]>(
  fn: Pooling<Size, AdaptiveMaxPoolOptions>,
  axes: number,
  samples: readonly Sample<[size: Size, options?: AdaptiveMaxPoolOptions]>[],
  large: Sample<[size: Size, options?: AdaptiveMaxPoolOptions]>,
) {
  return row<[size: Size, options?: AdaptiveMaxPoolOptions]>({
    family: 'Pooling',
    fn,
    samples,
    large,
    reference: ([x], size, options) => {
      const values = spatial.adaptiveMaxPool(axes, x, size);
      return options?.returnIndices === true ? [values, spatial.adaptiveMaxPlaces(axes, x, size)] : values;
    },
    dtypes: FLOATS,
    result: (dtype, output) => (output === 1 ? 'int32' : dtype),
    precision: 'exact',
    gradient: 2,
    kinkAtTies: true,
    errors: [
      ...errorsOf(fn as unknown as Pooling<number, never>, axes),
      { name: 'an empty side', act: () => fn(image(axes, 0), 1 as Size), error: q.ShapeError },
    ],
  });
}

interface UnpoolOptions {
  stride?: number;
  padding?: number;
  outputSize?: readonly number[];
}

type Unpooling = (x: q.Tensor, indices: q.Tensor, size: never, options?: never) => q.Tensor;

/** Samples hold the sizes that the values are put back to, which the function finds out by itself. */
function unpoolRow(
  fn: Unpooling,
  axes: number,
  samples: readonly Sample<[to: readonly number[], size: number, options?: UnpoolOptions]>[],
) {
  const unpool = fn as unknown as (
    x: q.Tensor,
    indices: q.Tensor,
    size: unknown,
    options?: UnpoolOptions,
  ) => q.Tensor;
  const places = (values: number, dtype: q.DType = 'int32') =>
    q.full([1, 1, ...new Array<number>(axes).fill(2)], values, { dtype });
  return row<[to: readonly number[], size: number, options?: UnpoolOptions]>({
    family: 'Pooling',
    fn,
    positional: (operands, [, size, options]) => [...operands, size, options],
    samples,
    reference: ([x, indices], to) => spatial.maxUnpool(axes, x, indices, to),
    dtypes: FLOATS,
    precision: 'exact',
    gradient: 2,
    errors: [
      {
        name: 'indices of another shape',
        act: () => unpool(image(axes, 3), places(0), 2),
        error: q.ShapeError,
      },
      {
        name: 'floats for indices',
        act: () => unpool(image(axes, 2), places(0, 'float32'), 2),
        error: q.DTypeError,
      },
      {
        name: 'a place behind the last',
        act: () => unpool(image(axes, 2), places(4 ** axes), 2),
        error: q.IndexError,
      },
      {
        name: 'a place before the first',
        act: () => unpool(image(axes, 2), places(-1), 2),
        error: q.IndexError,
      },
      { name: 'a window of 0', act: () => unpool(image(axes, 2), places(0), 0), error: q.ArgumentError },
      {
        name: 'a size too far away',
        act: () => unpool(image(axes, 2), places(0), 2, { outputSize: new Array(axes).fill(6) }),
        error: q.ArgumentError,
      },
      {
        name: 'sizes for other axes',
        act: () => unpool(image(axes, 2), places(0), 2, { outputSize: [1, 1, 1, 4, 4, 4] }),
        error: q.ArgumentError,
      },
      { name: 'integers', act: () => unpool(image(axes, 2, 'int32'), places(0), 2), error: q.DTypeError },
      { name: 'too few dimensions', act: () => unpool(q.ones([2]), places(0), 2), error: q.ShapeError },
      {
        name: 'padding that leaves nothing',
        act: () => unpool(image(axes, 2), places(0), 2, { padding: 2 }),
        error: q.ShapeError,
      },
    ],
  });
}

const indices = (shape: readonly number[], data: readonly number[]) => ({
  shape,
  data,
  dtype: 'int32' as const,
});

interface LpOptions {
  stride?: number | readonly number[];
  ceilMode?: boolean;
}

function lpRow<Size extends number | readonly number[], Options extends LpOptions>(
  fn: (x: q.Tensor, normType: number, size: Size, options?: Options) => q.Tensor,
  axes: number,
  samples: readonly Sample<[normType: number, size: Size, options?: Options]>[],
  large: Sample<[normType: number, size: Size, options?: Options]>,
) {
  const two = 2 as Size;
  return row<[normType: number, size: Size, options?: Options]>({
    family: 'Pooling',
    fn,
    samples,
    large,
    reference: ([x], p, size, options) => {
      const window = typeof size === 'number' ? new Array<number>(axes).fill(size) : size;
      const powers = mapped([x], (v) => v ** p);
      const means = spatial.avgPool(axes, powers, size, options);
      const count = (window as readonly number[]).reduce((product, one) => product * one, 1);
      return mapped([means], (v) => (v * count) ** (1 / p));
    },
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    domain: { low: 0.5, high: 3 },
    errors: [
      { name: 'a norm of 0', act: () => fn(image(axes, 4), 0, two), error: q.ArgumentError },
      { name: 'too few dimensions', act: () => fn(q.ones([4]), 2, two), error: q.ShapeError },
      {
        name: 'a window larger than the input',
        act: () => fn(image(axes, 2), 2, 3 as Size),
        error: q.ShapeError,
      },
      { name: 'integers', act: () => fn(image(axes, 4, 'int32'), 2, two), error: q.DTypeError },
    ],
  });
}

export const maxPoolingRows = {
  maxPool1d: maxRow<Single, q.nn.functional.MaxPool1dOptions>(
    F.maxPool1d,
    1,
    [
      { inputs: [[1, 1, 4]], args: [2] },
      { inputs: [[2, 3, 8]], args: [[3], { stride: 2, padding: 1 }] },
      { inputs: [[1, 2, 7]], args: [2, { dilation: 3, stride: 1 }] },
      { inputs: [[2, 6]], args: [[3], { stride: [2], ceilMode: true }] },
      { inputs: [[2, 3, 8]], args: [[3], { stride: 2, padding: 1, returnIndices: true }] },
      { inputs: [[2, 7]], args: [2, { dilation: 3, stride: 1, returnIndices: true }] },
      { inputs: [[0, 2, 4]], args: [2] },
      { inputs: [[0, 2, 4]], args: [2, { returnIndices: true }] },
    ],
    { inputs: [[4, 8, 1500]], args: [2] },
  ),
  maxPool2d: maxRow<Pair, q.nn.functional.MaxPoolOptions>(
    F.maxPool2d,
    2,
    [
      { inputs: [[1, 1, 4, 4]], args: [2] },
      { inputs: [[2, 3, 5, 7]], args: [[2, 3], { stride: [1, 2] }] },
      { inputs: [[2, 2, 6, 5]], args: [3, { stride: 2, padding: 1 }] },
      { inputs: [[1, 2, 7, 7]], args: [2, { dilation: 2, stride: 1 }] },
      { inputs: [[1, 2, 6, 5]], args: [3, { stride: 2, ceilMode: true }] },
      { inputs: [[1, 1, 5, 5]], args: [2, { padding: 1, ceilMode: true }] },
      { inputs: [[3, 4, 4]], args: [2] },
      { inputs: [[0, 2, 4, 4]], args: [2] },
      { inputs: [[2, 3, 5, 4]], args: [[3, 2], { stride: [2, 1], padding: 1, returnIndices: true }] },
      { inputs: [[2, 6, 5]], args: [2, { dilation: [1, 3], ceilMode: true, returnIndices: true }] },
    ],
    { inputs: [[4, 8, 40, 40]], args: [2] },
  ),
  maxPool3d: maxRow<Triple, q.nn.functional.MaxPool3dOptions>(
    F.maxPool3d,
    3,
    [
      { inputs: [[1, 1, 2, 4, 4]], args: [2] },
      { inputs: [[2, 2, 3, 4, 5]], args: [[2, 3, 2], { stride: [1, 1, 2], padding: [0, 1, 1] }] },
      { inputs: [[1, 2, 5, 5, 4]], args: [2, { dilation: [2, 1, 3], stride: 1 }] },
      { inputs: [[2, 3, 4, 5]], args: [2, { padding: 1, ceilMode: true }] },
      {
        inputs: [[2, 2, 3, 4, 5]],
        args: [[2, 3, 2], { stride: [1, 1, 2], padding: [0, 1, 1], returnIndices: true }],
      },
      { inputs: [[2, 5, 5, 4]], args: [2, { dilation: [2, 1, 3], stride: 1, returnIndices: true }] },
      { inputs: [[0, 2, 4, 4, 4]], args: [2] },
      { inputs: [[0, 2, 4, 4, 4]], args: [2, { returnIndices: true }] },
    ],
    { inputs: [[2, 8, 12, 20, 20]], args: [2] },
  ),
  adaptiveMaxPool1d: adaptiveMaxRow<TargetSingle>(
    F.adaptiveMaxPool1d,
    1,
    [
      { inputs: [[2, 3, 7]], args: [3] },
      { inputs: [[2, 5]], args: [[null]] },
      { inputs: [[1, 2, 3]], args: [5] },
      { inputs: [[2, 3, 7]], args: [[3], { returnIndices: true }] },
      { inputs: [[2, 7]], args: [2, { returnIndices: true }] },
      { inputs: [[0, 2, 4]], args: [3] },
    ],
    { inputs: [[4, 8, 1500]], args: [70] },
  ),
  adaptiveMaxPool2d: adaptiveMaxRow<TargetPair>(
    F.adaptiveMaxPool2d,
    2,
    [
      { inputs: [[2, 3, 5, 7]], args: [[3, 2]] },
      { inputs: [[2, 3, 4, 6]], args: [1] },
      { inputs: [[1, 2, 3, 2]], args: [[5, 4]] },
      { inputs: [[3, 4, 4]], args: [[null, 3]] },
      { inputs: [[2, 2, 5, 4]], args: [3, { returnIndices: true }] },
      { inputs: [[2, 5, 4]], args: [[2, null], { returnIndices: true }] },
      { inputs: [[0, 2, 4, 4]], args: [2] },
    ],
    { inputs: [[4, 8, 40, 40]], args: [7] },
  ),
  adaptiveMaxPool3d: adaptiveMaxRow<TargetTriple>(
    F.adaptiveMaxPool3d,
    3,
    [
      { inputs: [[2, 2, 3, 5, 4]], args: [[2, 3, 2]] },
      { inputs: [[2, 3, 2, 3, 2]], args: [1] },
      { inputs: [[2, 3, 4, 3]], args: [[4, null, 2]] },
      { inputs: [[1, 2, 3, 5, 4]], args: [[2, 3, 2], { returnIndices: true }] },
      { inputs: [[2, 3, 4, 3]], args: [[4, null, 2], { returnIndices: true }] },
      { inputs: [[0, 2, 4, 4, 4]], args: [2] },
    ],
    { inputs: [[2, 8, 12, 20, 20]], args: [5] },
  ),
  maxUnpool1d: unpoolRow(F.maxUnpool1d, 1, [
    { inputs: [[1, 2, 2], indices([1, 2, 2], [1, 2, 0, 3])], args: [[4], 2] },
    { inputs: [[2, 3], indices([2, 3], [4, 1, 2, 0, 3, 4])], args: [[5], 3, { stride: 1 }] },
    { inputs: [[2, 2], indices([2, 2], [0, 4, 1, 3])], args: [[5], 2, { outputSize: [5] }] },
    { inputs: [[0, 2, 2], indices([0, 2, 2], [])], args: [[4], 2] },
  ]),
  maxUnpool2d: unpoolRow(F.maxUnpool2d, 2, [
    { inputs: [[1, 2, 1, 2], indices([1, 2, 1, 2], [1, 7, 0, 6])], args: [[2, 4], 2] },
    {
      inputs: [[1, 2, 2], indices([1, 2, 2], [0, 3, 5, 8])],
      args: [[3, 3], 3, { stride: 2, padding: 1 }],
    },
    {
      inputs: [[2, 1, 2, 2], indices([2, 1, 2, 2], [0, 3, 24, 9, 4, 1, 12, 20])],
      args: [[5, 5], 2, { outputSize: [2, 1, 5, 5] }],
    },
    { inputs: [[0, 2, 1, 1], indices([0, 2, 1, 1], [])], args: [[2, 2], 2] },
  ]),
  maxUnpool3d: unpoolRow(F.maxUnpool3d, 3, [
    { inputs: [[1, 2, 1, 1, 2], indices([1, 2, 1, 1, 2], [1, 15, 8, 2])], args: [[2, 2, 4], 2] },
    {
      inputs: [[1, 1, 1, 2], indices([1, 1, 1, 2], [3, 14])],
      args: [[2, 3, 4], 2, { outputSize: [1, 2, 3, 4] }],
    },
    { inputs: [[0, 2, 1, 1, 1], indices([0, 2, 1, 1, 1], [])], args: [[2, 2, 2], 2] },
  ]),
  lpPool1d: lpRow<Single, q.nn.functional.LpPool1dOptions>(
    F.lpPool1d,
    1,
    [
      { inputs: [[1, 1, 4]], args: [2, 2] },
      { inputs: [[2, 3, 7]], args: [3, [2], { stride: [1] }] },
      { inputs: [[3, 6]], args: [1.5, 3, { stride: 2, ceilMode: true }] },
      { inputs: [[0, 2, 4]], args: [2, 2] },
    ],
    { inputs: [[4, 8, 1500]], args: [2, 3] },
  ),
  lpPool2d: lpRow<Pair, q.nn.functional.LpPoolOptions>(
    F.lpPool2d,
    2,
    [
      { inputs: [[1, 1, 4, 4]], args: [2, 2] },
      { inputs: [[2, 3, 5, 7]], args: [3, [2, 3], { stride: [1, 2] }] },
      { inputs: [[3, 6, 5]], args: [1.5, 3, { stride: 2, ceilMode: true }] },
      { inputs: [[0, 2, 4, 4]], args: [2, 2] },
    ],
    { inputs: [[4, 8, 40, 40]], args: [2, 2] },
  ),
  lpPool3d: lpRow<Triple, q.nn.functional.LpPool3dOptions>(
    F.lpPool3d,
    3,
    [
      { inputs: [[1, 1, 2, 4, 4]], args: [2, 2] },
      { inputs: [[2, 2, 3, 5, 4]], args: [3, [2, 3, 1], { stride: [1, 2, 1] }] },
      { inputs: [[2, 4, 3, 4]], args: [1.5, 3, { stride: 2, ceilMode: true }] },
      { inputs: [[0, 2, 4, 4, 4]], args: [2, 2] },
    ],
    { inputs: [[2, 8, 12, 20, 20]], args: [2, 2] },
  ),
};
