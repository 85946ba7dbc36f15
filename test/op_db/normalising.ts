// Rows of the op database: normalisation of groups of channels, of single ones, and by their neighbours.

import * as q from 'quern';
import { at, build, type Plain } from '../support/plain.js';
import { mean, variance } from '../support/reference/reduce.js';
import { FLOATS, row } from './row.js';

const F = q.nn.functional;

interface Normalise {
  readonly eps?: number;
}

/** As many equal parts of x as there are rows, each normalised, then scaled and shifted by channel. */
function normalised([x, weight, bias]: readonly Plain[], rows: number, eps = 1e-5): Plain {
  const length = x.data.length / rows;
  const data: number[] = [];
  for (let start = 0; start < x.data.length; start += length) {
    const values = x.data.slice(start, start + length);
    const [centre, spread] = [mean(values), Math.sqrt(variance(values, 0) + eps)];
    data.push(...values.map((value) => (value - centre) / spread));
  }
  let i = 0;
  return build(x.shape, (index) => {
    return data[i++] * (weight?.data[index[1]] ?? 1) + (bias?.data[index[1]] ?? 0);
  });
}

interface LocalResponse {
  readonly alpha?: number;
  readonly beta?: number;
  readonly k?: number;
}

export const normalisingRows = {
  localResponseNorm: row<[size: number, options?: LocalResponse]>({
    family: 'Normalisation',
    fn: F.localResponseNorm,
    samples: [
      { inputs: [[2, 5, 3]], args: [3, { alpha: 0.5 }] },
      { inputs: [[1, 4, 2, 3]], args: [2, { alpha: 0.3, beta: 0.5, k: 2 }] },
      { inputs: [[1, 3, 2, 1, 2]], args: [4, { alpha: 1, beta: 1 }] },
      { inputs: [[2, 3, 2]], args: [1] },
      { inputs: [[0, 3, 2]], args: [2] },
    ],
    large: { inputs: [[4, 16, 30, 30]], args: [5] },
    reference: ([x], size, { alpha = 1e-4, beta = 0.75, k = 1 } = {}) =>
      build(x.shape, ([n, channel, ...place]) => {
        const first = channel - Math.floor(size / 2);
        let total = 0;
        for (let c = Math.max(0, first); c < Math.min(x.shape[1], first + size); c++)
          total += at(x, [n, c, ...place]) ** 2;
        return at(x, [n, channel, ...place]) / (k + (alpha * total) / size) ** beta;
      }),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      { name: 'two dimensions', act: () => F.localResponseNorm(q.ones([2, 3]), 2), error: q.ShapeError },
      { name: 'a size of 0', act: () => F.localResponseNorm(q.ones([1, 2, 3]), 0), error: q.ArgumentError },
      {
        name: 'integers',
        act: () => F.localResponseNorm(q.ones([1, 2, 3], { dtype: 'int32' }), 2),
        error: q.DTypeError,
      },
      {
        name: 'no number for k',
        act: () => F.localResponseNorm(q.ones([1, 2, 3]), 2, { k: Number.NaN }),
        error: q.ArgumentError,
      },
    ],
  }),
  groupNorm: row<[groups: number, options?: Normalise]>({
    family: 'Normalisation',
    fn: F.groupNorm,
    positional: ([x, weight, bias], [groups, options]) => [
      x,
      groups,
      { weight, bias, ...(options as object) },
    ],
    samples: [
      { inputs: [[2, 6]], args: [2, { eps: 0.1 }] },
      { inputs: [[3, 4, 3], [4], [4]], args: [2, { eps: 0.1 }] },
      { inputs: [[2, 4, 2, 3], [4]], args: [1, { eps: 0.1 }] },
      { inputs: [[1, 3, 2, 2], [3], [3]], args: [3, { eps: 0.1 }] },
      { inputs: [[0, 4, 2], [4], [4]], args: [2] },
    ],
    large: { inputs: [[8, 16, 20, 20], [16], [16]], args: [4] },
    reference: (inputs, groups, options) => normalised(inputs, inputs[0].shape[0] * groups, options?.eps),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'groups that do not divide',
        act: () => F.groupNorm(q.ones([2, 3]), 2),
        error: q.ArgumentError,
      },
      { name: 'too few dimensions', act: () => F.groupNorm(q.ones([4]), 2), error: q.ShapeError },
      {
        name: 'integers',
        act: () => F.groupNorm(q.ones([2, 4], { dtype: 'int32' }), 2),
        error: q.DTypeError,
      },
      {
        name: 'a weight of another size',
        act: () => F.groupNorm(q.ones([2, 4]), 2, { weight: q.ones([3]) }),
        error: q.ShapeError,
      },
      {
        name: 'a bias of another dtype',
        act: () => F.groupNorm(q.ones([2, 4]), 2, { bias: q.ones([4], { dtype: 'float64' }) }),
        error: q.DTypeError,
      },
      {
        name: 'a negative eps',
        act: () => F.groupNorm(q.ones([2, 4]), 2, { eps: -1 }),
        error: q.ArgumentError,
      },
    ],
  }),
  instanceNorm: row<[options: Normalise]>({
    family: 'Normalisation',
    fn: F.instanceNorm,
    positional: ([x, weight, bias], [options]) => [x, { weight, bias, ...(options as object) }],
    samples: [
      { inputs: [[2, 3, 4]], args: [{ eps: 0.1 }] },
      { inputs: [[2, 2, 2, 3], [2], [2]], args: [{ eps: 0.1 }] },
      { inputs: [[1, 2, 2, 2, 2], [2]], args: [{ eps: 0.1 }] },
      { inputs: [[0, 2, 3]], args: [{}] },
    ],
    large: { inputs: [[8, 16, 20, 20], [16], [16]], args: [{}] },
    reference: (inputs, options) => normalised(inputs, inputs[0].shape[0] * inputs[0].shape[1], options?.eps),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      { name: 'one value a channel', act: () => F.instanceNorm(q.ones([2, 3, 1])), error: q.ShapeError },
      { name: 'nothing after the channels', act: () => F.instanceNorm(q.ones([2, 3])), error: q.ShapeError },
      {
        name: 'integers',
        act: () => F.instanceNorm(q.ones([2, 4, 2], { dtype: 'int32' })),
        error: q.DTypeError,
      },
      {
        name: 'no running statistics',
        act: () => F.instanceNorm(q.ones([2, 3, 4]), { useInputStats: false }),
        error: q.ArgumentError,
      },
      {
        name: 'half of the running statistics',
        act: () => F.instanceNorm(q.ones([2, 3, 4]), { runningMean: q.zeros([3]) }),
        error: q.ArgumentError,
      },
      {
        name: 'statistics of another size',
        act: () => F.instanceNorm(q.ones([2, 3, 4]), { runningMean: q.zeros([2]), runningVar: q.ones([2]) }),
        error: q.ShapeError,
      },
      {
        name: 'a negative momentum',
        act: () => F.instanceNorm(q.ones([2, 3, 4]), { momentum: -1 }),
        error: q.ArgumentError,
      },
    ],
  }),
};
