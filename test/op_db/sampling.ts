// Rows of the op database: grids of points, and images and volumes read at them.

import * as q from 'quern';
import * as sampling from '../support/reference/sampling.js';
import { FLOATS, row, type Sample } from './row.js';

const F = q.nn.functional;

type Options = q.nn.functional.GridSampleOptions;

/** Points far from the kinks between values, inside the image and outside, for an image of the sides given. */
function points(shape: readonly number[], sides: readonly number[], corners = false) {
  const axes = sides.length;
  let count = 0;
  const total = shape.reduce((product, size) => product * size, 1);
  const data = Array.from({ length: total }, (_, i) => {
    const size = sides[axes - 1 - (i % axes)];
    // Whole places from −2 to size + 1, and a share between 0.2 and 0.4, or 0.6 and 0.8 of the way to the next.
    const place =
      ((count++ * 7) % (size + 4)) - 2 + (count % 2 === 0 ? 0.2 : 0.6) + 0.2 * ((count * 0.37) % 1);
    return corners ? (2 * place) / Math.max(size - 1, 1) - 1 : (2 * place + 1) / size - 1;
  });
  return { shape, data };
}

const samples: Sample<[options?: Options]>[] = [];
for (const mode of ['bilinear', 'nearest', 'bicubic'] as const) {
  for (const paddingMode of ['zeros', 'border', 'reflection'] as const) {
    for (const alignCorners of [false, true]) {
      samples.push({
        inputs: [[2, 2, 3, 4], points([2, 2, 3, 2], [3, 4], alignCorners)],
        args: [{ mode, paddingMode, alignCorners }],
      });
      if (mode === 'bicubic') continue;
      samples.push({
        inputs: [[1, 2, 2, 3, 4], points([1, 2, 1, 3, 3], [2, 3, 4], alignCorners)],
        args: [{ mode, paddingMode, alignCorners }],
      });
    }
  }
}

const outside = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30, 0, 0.3, 5, -5];

const image = () => q.ones([1, 1, 2, 2]);
const grid = () => q.zeros([1, 2, 2, 2]);
const theta = () => q.ones([1, 2, 3]);

export const samplingRows = {
  affineGrid: row<[size: readonly number[], options?: q.nn.functional.AffineGridOptions]>({
    family: 'Shapes',
    fn: F.affineGrid,
    samples: [
      { inputs: [[1, 2, 3]], args: [[1, 3, 2, 3]] },
      { inputs: [[2, 2, 3]], args: [[2, 1, 3, 4], { alignCorners: true }] },
      { inputs: [[2, 2, 3]], args: [[2, 1, 1, 1], { alignCorners: true }] },
      { inputs: [[2, 3, 4]], args: [[2, 1, 2, 3, 4]] },
      { inputs: [[1, 3, 4]], args: [[1, 1, 2, 1, 3], { alignCorners: true }] },
      { inputs: [[0, 2, 3]], args: [[0, 1, 2, 2]] },
    ],
    large: { inputs: [[4, 2, 3]], args: [[4, 1, 90, 70]] },
    reference: ([x], size, options) => sampling.affineGrid(x, size, options),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      { name: 'another N', act: () => F.affineGrid(theta(), [2, 1, 2, 2]), error: q.ShapeError },
      {
        name: 'maps of the plane for volumes',
        act: () => F.affineGrid(theta(), [1, 1, 2, 2, 2]),
        error: q.ShapeError,
      },
      { name: 'two dimensions', act: () => F.affineGrid(q.ones([2, 3]), [1, 1, 2, 2]), error: q.ShapeError },
      {
        name: 'a size of three numbers',
        act: () => F.affineGrid(theta(), [1, 1, 2]),
        error: q.ArgumentError,
      },
      { name: 'an empty side', act: () => F.affineGrid(theta(), [1, 1, 0, 2]), error: q.ArgumentError },
      {
        name: 'integers',
        act: () => F.affineGrid(q.ones([1, 2, 3], { dtype: 'int32' }), [1, 1, 2, 2]),
        error: q.DTypeError,
      },
    ],
  }),
  gridSample: row<[options?: Options]>({
    family: 'Shapes',
    fn: F.gridSample,
    samples: [
      ...samples,
      { inputs: [[2, 3, 1, 5], points([2, 2, 2, 2], [1, 5], true)], args: [{ alignCorners: true }] },
      {
        inputs: [[1, 2, 1, 4], points([1, 2, 3, 2], [1, 4], true)],
        args: [{ alignCorners: true, paddingMode: 'reflection' }],
      },
      { inputs: [[1, 2, 3, 3], { shape: [1, 2, 2, 2], data: outside }], kink: true },
      { inputs: [[0, 2, 3, 3], points([0, 2, 2, 2], [3, 3])] },
      { inputs: [[1, 2, 3, 3], points([1, 0, 2, 2], [3, 3])], args: [{ paddingMode: 'border' }] },
    ],
    large: { inputs: [[2, 8, 30, 40], points([2, 50, 40, 2], [30, 40])] },
    reference: ([x, where], options) => sampling.gridSample(x, where, options),
    dtypes: FLOATS,
    precision: 'summed',
    // Points lie a rounding of (x + 1) · size apart from those of the reference.
    tolerance: { float32: 1e-4, float64: 1e-10 },
    gradient: 2,
    kinkAtTies: true,
    errors: [
      { name: 'another N', act: () => F.gridSample(image(), q.zeros([2, 2, 2, 2])), error: q.ShapeError },
      {
        name: 'points of space for images',
        act: () => F.gridSample(image(), q.zeros([1, 2, 2, 3])),
        error: q.ShapeError,
      },
      {
        name: 'a signal',
        act: () => F.gridSample(q.ones([1, 1, 2]), q.zeros([1, 2, 1])),
        error: q.ShapeError,
      },
      { name: 'an empty side', act: () => F.gridSample(q.ones([1, 1, 0, 2]), grid()), error: q.ShapeError },
      {
        name: 'cubes of volumes',
        act: () => F.gridSample(q.ones([1, 1, 2, 2, 2]), q.zeros([1, 1, 1, 1, 3]), { mode: 'bicubic' }),
        error: q.ShapeError,
      },
      { name: 'two dtypes', act: () => F.gridSample(image(), grid().to('float64')), error: q.DTypeError },
      {
        name: 'integers',
        act: () => F.gridSample(image().to('int32'), grid().to('int32')),
        error: q.DTypeError,
      },
      {
        name: 'a mode that there is not',
        act: () => F.gridSample(image(), grid(), { mode: 'linear' as never }),
        error: q.ArgumentError,
      },
      {
        name: 'a padding that there is not',
        act: () => F.gridSample(image(), grid(), { paddingMode: 'circular' as never }),
        error: q.ArgumentError,
      },
    ],
  }),
};
