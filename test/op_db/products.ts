// Rows of the op database: matrix products, convolutions and pooling.

import * as q from 'quern';
import { bilinear } from '../../lib/ops/bilinear.js';
import { type Conv2dOptions, conv2d } from '../../lib/ops/conv.js';
import type { Pair } from '../../lib/ops/convShape.js';
import { linear } from '../../lib/ops/linear.js';
import { logSigmoid } from '../../lib/ops/logSigmoid.js';
import { type AvgPoolOptions, avgPool2d } from '../../lib/ops/pool.js';
import { at, build, mapped, type Plain } from '../support/plain.js';
import { sigmoid } from '../support/reference/functions.js';
import { matmul } from '../support/reference/matmul.js';
import * as spatial from '../support/reference/spatial.js';
import { noTensors } from './refusals.js';
import { FLOATS, NUMERIC, row } from './row.js';

const integers = (shape: readonly number[]) => q.ones(shape, { dtype: 'int32' });

const turned = (weight: Plain): Plain => {
  const [rows, columns] = weight.shape;
  return build([columns, rows], ([i, j]) => at(weight, [j, i]));
};

export const productRows = {
  matmul: row({
    family: 'Products and convolutions',
    fn: q.matmul,
    samples: [
      { inputs: [[3], [3]] },
      { inputs: [[4], [4, 2]] },
      { inputs: [[2, 4], [4]] },
      {
        inputs: [
          [3, 4],
          [4, 5],
        ],
      },
      {
        inputs: [
          [1, 1],
          [1, 1],
        ],
      },
      {
        inputs: [
          [17, 33],
          [33, 19],
        ],
      },
      {
        inputs: [
          [2, 3, 4],
          [4, 2],
        ],
      },
      {
        inputs: [
          [2, 1, 3, 4],
          [3, 4, 2],
        ],
      },
      {
        inputs: [
          [3, 4],
          [5, 4, 2],
        ],
      },
      { inputs: [[2, 3, 4], [4]] },
      {
        inputs: [
          [2, 0],
          [0, 3],
        ],
      },
      {
        inputs: [
          [0, 2],
          [2, 3],
        ],
      },
      {
        inputs: [
          [2, 0, 3, 4],
          [4, 2],
        ],
      },
    ],
    large: {
      inputs: [
        [150, 130],
        [130, 140],
      ],
    },
    reference: ([a, b]) => matmul(a, b),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'inner dimensions that differ',
        act: () => q.matmul(q.ones([2, 3]), q.ones([2, 3])),
        error: q.ShapeError,
      },
      {
        name: 'inner dimensions that differ in a batch',
        act: () => q.matmul(q.ones([5, 2, 3]), q.ones([2, 3])),
        error: q.ShapeError,
      },
      {
        name: 'batches that do not broadcast',
        act: () => q.matmul(q.ones([2, 1, 1]), q.ones([3, 1, 1])),
        error: q.ShapeError,
      },
      { name: 'a scalar', act: () => q.matmul(q.ones([]), q.ones([2])), error: q.ShapeError },
      { name: 'integers', act: () => q.matmul(integers([2, 2]), integers([2, 2])), error: q.DTypeError },
      {
        name: 'two floating dtypes',
        act: () => q.matmul(q.ones([2, 2]), q.ones([2, 2], { dtype: 'float64' })),
        error: q.DTypeError,
      },
    ],
  }),
  bilinear: row({
    family: 'Products and convolutions',
    fn: bilinear,
    positional: ([x, y, weight, bias]) => [x, y, weight, { bias }],
    samples: [
      { inputs: [[3, 2], [3, 4], [5, 2, 4], [5]] },
      {
        inputs: [
          [2, 3, 2],
          [2, 3, 3],
          [1, 2, 3],
        ],
      },
      { inputs: [[2], [3], [4, 2, 3], [4]] },
      { inputs: [[0, 2], [0, 3], [4, 2, 3], [4]] },
      { inputs: [[2, 0], [2, 3], [4, 0, 3], [4]] },
    ],
    large: { inputs: [[70, 20], [70, 30], [40, 20, 30], [40]] },
    reference: ([x, y, weight, bias]) => {
      const [out, first, second] = weight.shape;
      return build([...x.shape.slice(0, -1), out], (place) => {
        const [lead, o] = [place.slice(0, -1), place[place.length - 1]];
        let total = bias === undefined ? 0 : bias.data[o];
        for (let i = 0; i < first; i++) {
          for (let j = 0; j < second; j++)
            total += at(x, [...lead, i]) * at(weight, [o, i, j]) * at(y, [...lead, j]);
        }
        return total;
      });
    },
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'other features',
        act: () => bilinear(q.ones([2, 2]), q.ones([2, 2]), q.ones([1, 2, 3])),
        error: q.ShapeError,
      },
      {
        name: 'another number of rows',
        act: () => bilinear(q.ones([2, 2]), q.ones([1, 3]), q.ones([1, 2, 3])),
        error: q.ShapeError,
      },
      {
        name: 'a weight of two dimensions',
        act: () => bilinear(q.ones([2, 2]), q.ones([2, 3]), q.ones([2, 3])),
        error: q.ShapeError,
      },
      {
        name: 'a bias of another size',
        act: () => bilinear(q.ones([2, 2]), q.ones([2, 3]), q.ones([1, 2, 3]), { bias: q.ones([2]) }),
        error: q.ShapeError,
      },
      {
        name: 'two dtypes',
        act: () => bilinear(q.ones([2, 2]), q.ones([2, 3]).to('float64'), q.ones([1, 2, 3])),
        error: q.DTypeError,
      },
      {
        name: 'integers',
        act: () => bilinear(integers([2, 2]), integers([2, 3]), integers([1, 2, 3])),
        error: q.DTypeError,
      },
    ],
  }),
  linear: row({
    family: 'Products and convolutions',
    fn: linear,
    // A third operand is the bias.
    positional: ([x, weight, bias]) => [x, weight, { bias }],
    samples: [
      { inputs: [[3, 4], [2, 4], [2]] },
      {
        inputs: [
          [3, 4],
          [2, 4],
        ],
      },
      { inputs: [[4], [2, 4], [2]] },
      { inputs: [[2, 3, 4], [5, 4], [5]] },
      { inputs: [[0, 4], [2, 4], [2]] },
    ],
    large: { inputs: [[150, 130], [140, 130], [140]] },
    reference: ([x, weight, bias]) => {
      const product = matmul(x, turned(weight));
      return bias === undefined ? product : mapped([product, bias], (a, b) => a + b);
    },
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'features that differ',
        act: () => linear(q.ones([2, 3]), q.ones([4, 2])),
        error: q.ShapeError,
      },
      {
        name: 'a bias of another size',
        act: () => linear(q.ones([2, 3]), q.ones([4, 3]), { bias: q.ones([3]) }),
        error: q.ShapeError,
      },
      { name: 'integers', act: () => linear(integers([2, 3]), integers([4, 3])), error: q.DTypeError },
    ],
  }),
  logSigmoid: row({
    family: 'Activations',
    fn: logSigmoid,
    samples: [
      { inputs: [[]] },
      { inputs: [[2, 3]] },
      { inputs: [{ shape: [2], data: [-100, 90] }] },
      { inputs: [[0]] },
    ],
    reference: ([x]) => mapped([x], (value) => (value < -30 ? value : Math.log(sigmoid(value)))),
    dtypes: NUMERIC,
    result: 'float',
    precision: 'summed',
    gradient: 2,
    errors: noTensors(logSigmoid),
  }),
  conv2d: row<[options?: Conv2dOptions]>({
    family: 'Products and convolutions',
    fn: conv2d,
    // A third operand is the bias.
    positional: ([x, weight, bias], [options]) => [
      x,
      weight,
      { bias, ...(options as Conv2dOptions | undefined) },
    ],
    samples: [
      {
        inputs: [
          [1, 1, 3, 3],
          [1, 1, 2, 2],
        ],
      },
      { inputs: [[2, 3, 5, 6], [4, 3, 3, 3], [4]], args: [{ padding: 1 }] },
      { inputs: [[2, 2, 7, 6], [4, 2, 3, 2], [4]], args: [{ stride: [2, 1], padding: [1, 0] }] },
      {
        inputs: [
          [1, 4, 5, 5],
          [4, 2, 3, 3],
        ],
        args: [{ groups: 2, padding: 'same' }],
      },
      { inputs: [[1, 3, 6, 6], [6, 1, 3, 3], [6]], args: [{ groups: 3, stride: 2, padding: 1 }] },
      { inputs: [[2, 2, 4, 5], [3, 2, 2, 3], [3]], args: [{ padding: 'same', dilation: [3, 1] }] },
      { inputs: [[2, 4, 5], [3, 2, 2, 4], [3]], args: [{ padding: 'same' }] },
      {
        inputs: [
          [1, 2, 8, 7],
          [3, 2, 3, 2],
        ],
        args: [{ dilation: [2, 3] }],
      },
      { inputs: [[3, 4, 4], [2, 3, 1, 1], [2]] },
      {
        inputs: [
          [1, 2, 4, 4],
          [2, 2, 4, 4],
        ],
        args: [{ padding: 'valid' }],
      },
      {
        inputs: [
          [0, 2, 4, 4],
          [3, 2, 3, 3],
        ],
      },
    ],
    large: { inputs: [[3, 8, 20, 20], [16, 8, 3, 3], [16]], args: [{ padding: 1 }] },
    reference: ([x, weight, bias], options) => spatial.conv(2, x, weight, options, bias ?? null),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'channels that differ',
        act: () => conv2d(q.ones([1, 3, 4, 4]), q.ones([2, 2, 3, 3])),
        error: q.ShapeError,
      },
      {
        name: 'a kernel larger than the input',
        act: () => conv2d(q.ones([1, 1, 2, 2]), q.ones([1, 1, 3, 3])),
        error: q.ShapeError,
      },
      {
        name: 'too few dimensions',
        act: () => conv2d(q.ones([4, 4]), q.ones([1, 1, 3, 3])),
        error: q.ShapeError,
      },
      {
        name: 'stride 0',
        act: () => conv2d(q.ones([1, 1, 4, 4]), q.ones([1, 1, 3, 3]), { stride: 0 }),
        error: q.ArgumentError,
      },
      {
        name: 'negative padding',
        act: () => conv2d(q.ones([1, 1, 4, 4]), q.ones([1, 1, 3, 3]), { padding: -1 }),
        error: q.ArgumentError,
      },
      {
        name: 'groups that do not divide the channels',
        act: () => conv2d(q.ones([1, 4, 4, 4]), q.ones([3, 2, 3, 3]), { groups: 2 }),
        error: q.ArgumentError,
      },
      {
        name: 'a bias of another size',
        act: () => conv2d(q.ones([1, 1, 4, 4]), q.ones([2, 1, 3, 3]), { bias: q.ones([3]) }),
        error: q.ShapeError,
      },
      {
        name: 'integers',
        act: () => conv2d(integers([1, 1, 4, 4]), integers([1, 1, 3, 3])),
        error: q.DTypeError,
      },
      {
        name: "padding 'same' with a stride",
        act: () => conv2d(q.ones([1, 1, 4, 4]), q.ones([1, 1, 3, 3]), { padding: 'same', stride: 2 }),
        error: q.ArgumentError,
      },
    ],
  }),
  avgPool2d: row<[kernelSize: Pair, options?: AvgPoolOptions]>({
    family: 'Pooling',
    fn: avgPool2d,
    samples: [
      { inputs: [[1, 1, 4, 4]], args: [2] },
      { inputs: [[2, 3, 5, 7]], args: [[2, 3], { stride: [1, 2] }] },
      { inputs: [[2, 2, 6, 5]], args: [3, { stride: 2, padding: 1 }] },
      { inputs: [[2, 2, 6, 5]], args: [3, { stride: 2, padding: 1, countIncludePad: false }] },
      { inputs: [[1, 2, 6, 5]], args: [3, { stride: 2, padding: 1, ceilMode: true }] },
      {
        inputs: [[1, 2, 6, 5]],
        args: [3, { stride: 2, padding: 1, ceilMode: true, countIncludePad: false }],
      },
      { inputs: [[1, 2, 5, 5]], args: [2, { divisorOverride: 3 }] },
      { inputs: [[3, 4, 4]], args: [2] },
      { inputs: [[0, 2, 4, 4]], args: [2] },
    ],
    large: { inputs: [[4, 8, 40, 40]], args: [2] },
    reference: ([x], kernelSize, options) => spatial.avgPool(2, x, kernelSize, options),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'a window larger than the input',
        act: () => avgPool2d(q.ones([1, 1, 2, 2]), 3),
        error: q.ShapeError,
      },
      {
        name: 'padding over half the window',
        act: () => avgPool2d(q.ones([1, 1, 4, 4]), 2, { padding: 2 }),
        error: q.ArgumentError,
      },
      {
        name: 'a divisor of 0',
        act: () => avgPool2d(q.ones([1, 1, 4, 4]), 2, { divisorOverride: 0 }),
        error: q.ArgumentError,
      },
      { name: 'integers', act: () => avgPool2d(integers([1, 1, 4, 4]), 2), error: q.DTypeError },
    ],
  }),
};
