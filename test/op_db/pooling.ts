// Rows of the op database: means of windows, adaptive ones too, and what all pooling refuses.

import * as q from 'quern';
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  type TargetPair,
  type TargetSingle,
  type TargetTriple,
} from '../../lib/ops/adaptivePool.js';
import type { Single, Triple } from '../../lib/ops/convShape.js';
import { type AvgPool1dOptions, type AvgPool3dOptions, avgPool1d, avgPool3d } from '../../lib/ops/pool.js';
import * as spatial from '../support/reference/spatial.js';
import { type ErrorCase, FLOATS, row, type Sample } from './row.js';

export type Pooling<Size, Options> = (x: q.Tensor, size: Size, options?: Options) => unknown;

export const image = (axes: number, size: number, dtype: q.DType = 'float32') =>
  q.ones([1, 1, ...new Array<number>(axes).fill(size)], { dtype });

/** What every pooling refuses. */
export function errorsOf(fn: Pooling<number, never>, axes: number): ErrorCase[] {
  return [
    { name: 'too few dimensions', act: () => fn(q.ones([4]), 2), error: q.ShapeError },
    { name: 'integers', act: () => fn(image(axes, 4, 'int32'), 2), error: q.DTypeError },
    { name: 'a size of 0', act: () => fn(image(axes, 4), 0), error: q.ArgumentError },
    {
      name: 'sizes for too many axes',
      act: () => fn(image(axes, 4), [2, 2, 2, 2] as never),
      error: q.ArgumentError,
    },
  ];
}

export function windowErrorsOf(fn: Pooling<number, { padding: number }>, axes: number): ErrorCase[] {
  return [
    ...errorsOf(fn as Pooling<number, never>, axes),
    { name: 'a window larger than the input', act: () => fn(image(axes, 2), 3), error: q.ShapeError },
    {
      name: 'padding over half the window',
      act: () => fn(image(axes, 4), 2, { padding: 2 }),
      error: q.ArgumentError,
    },
  ];
}

function avgRow<Size extends number | readonly number[], Options extends spatial.PoolOptions>(
  fn: Pooling<Size, Options>,
  axes: number,
  samples: readonly Sample<[size: Size, options?: Options]>[],
  large: Sample<[size: Size, options?: Options]>,
  errors: readonly ErrorCase[] = [],
) {
  return row<[size: Size, options?: Options]>({
    family: 'Pooling',
    fn,
    samples,
    large,
    reference: ([x], size, options) => spatial.avgPool(axes, x, size, options),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [...windowErrorsOf(fn as unknown as Pooling<number, { padding: number }>, axes), ...errors],
  });
}

function adaptiveRow<Size extends number | readonly (number | null)[]>(
  fn: Pooling<Size, never>,
  axes: number,
  samples: readonly Sample<[size: Size]>[],
  large: Sample<[size: Size]>,
) {
  return row<[size: Size]>({
    family: 'Pooling',
    fn,
    samples,
    large,
    reference: ([x], size) => spatial.adaptiveAvgPool(axes, x, size),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      ...errorsOf(fn as unknown as Pooling<number, never>, axes),
      { name: 'an empty side', act: () => fn(image(axes, 0), 1 as Size), error: q.ShapeError },
    ],
  });
}

export const poolingRows = {
  avgPool1d: avgRow<Single, AvgPool1dOptions>(
    avgPool1d,
    1,
    [
      { inputs: [[1, 1, 4]], args: [2] },
      { inputs: [[2, 3, 8]], args: [[3], { stride: 2, padding: 1 }] },
      { inputs: [[2, 3, 8]], args: [3, { stride: [2], padding: 1, countIncludePad: false }] },
      { inputs: [[1, 2, 6]], args: [3, { stride: 2, padding: 1, ceilMode: true }] },
      { inputs: [[2, 5]], args: [5] },
      { inputs: [[0, 2, 4]], args: [2] },
    ],
    { inputs: [[4, 8, 1500]], args: [3] },
    [
      {
        name: 'a divisor, which one axis does not take',
        act: () => avgPool1d(image(1, 4), 2, { divisorOverride: 2 } as never),
        error: q.ArgumentError,
      },
    ],
  ),
  avgPool3d: avgRow<Triple, AvgPool3dOptions>(
    avgPool3d,
    3,
    [
      { inputs: [[1, 1, 2, 4, 4]], args: [2] },
      { inputs: [[2, 2, 3, 4, 5]], args: [[2, 3, 2], { stride: [1, 1, 2], padding: [0, 1, 1] }] },
      {
        inputs: [[1, 2, 4, 5, 3]],
        args: [3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }],
      },
      { inputs: [[1, 2, 4, 6, 5]], args: [3, { stride: 2, padding: 1, ceilMode: true }] },
      { inputs: [[1, 1, 4, 4, 4]], args: [2, { divisorOverride: 3 }] },
      { inputs: [[2, 3, 2, 4]], args: [[3, 2, 4]] },
      { inputs: [[0, 2, 4, 4, 4]], args: [2] },
    ],
    { inputs: [[2, 8, 12, 20, 20]], args: [2] },
    [
      {
        name: 'a divisor of 0',
        act: () => avgPool3d(image(3, 4), 2, { divisorOverride: 0 }),
        error: q.ArgumentError,
      },
    ],
  ),
  adaptiveAvgPool1d: adaptiveRow<TargetSingle>(
    adaptiveAvgPool1d,
    1,
    [
      { inputs: [[2, 3, 7]], args: [3] },
      { inputs: [[2, 5]], args: [[null]] },
      { inputs: [[1, 2, 6]], args: [[1]] },
      { inputs: [[1, 2, 3]], args: [5] },
      { inputs: [[0, 2, 4]], args: [3] },
    ],
    { inputs: [[4, 8, 1500]], args: [70] },
  ),
  adaptiveAvgPool2d: adaptiveRow<TargetPair>(
    adaptiveAvgPool2d,
    2,
    [
      { inputs: [[2, 3, 5, 7]], args: [[3, 2]] },
      { inputs: [[2, 3, 4, 6]], args: [1] },
      { inputs: [[1, 2, 3, 2]], args: [[5, 4]] },
      { inputs: [[3, 4, 4]], args: [[null, 3]] },
      { inputs: [[0, 2, 4, 4]], args: [2] },
    ],
    { inputs: [[4, 8, 40, 40]], args: [7] },
  ),
  adaptiveAvgPool3d: adaptiveRow<TargetTriple>(
    adaptiveAvgPool3d,
    3,
    [
      { inputs: [[2, 2, 3, 5, 4]], args: [[2, 3, 2]] },
      { inputs: [[2, 3, 2, 3, 2]], args: [1] },
      { inputs: [[2, 3, 4, 3]], args: [[4, null, 2]] },
      { inputs: [[0, 2, 4, 4, 4]], args: [2] },
    ],
    { inputs: [[2, 8, 12, 20, 20]], args: [5] },
  ),
};
