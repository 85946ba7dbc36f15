// Rows of the op database: reductions made of others, norms and distances.

import * as q from 'quern';
import { broadcastShape, build, mapped, type Plain } from '../support/plain.js';
import * as r from '../support/reference/reduce.js';
import { FLOATS, type Input, row, type Sample, type Spec } from './row.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const KEEP = { keepdim: true };

type Args = [dim?: q.Dim, options?: q.ReduceOptions];

const HOLES: Input = { shape: [2, 3], data: [1, nan, 2, nan, nan, nan] };

const SAMPLES: readonly Sample<Args>[] = [
  { inputs: [[]] },
  { inputs: [[1]] },
  { inputs: [[2, 3, 4]] },
  { inputs: [[2, 3, 4]], args: [1, KEEP] },
  { inputs: [[2, 3, 4]], args: [[0, -1]] },
  { inputs: [[2, 0, 3]], args: [1] },
  { inputs: [[0]] },
  { inputs: [HOLES], args: [1] },
  { inputs: [HOLES] },
];
const LARGE: Sample<Args> = { inputs: [[130, 515]], args: [0] };

type Reduce = (x: q.Tensor, dim?: q.Dim, options?: q.ReduceOptions) => q.Tensor;

const badDims = (fn: (x: q.Tensor, dim: number) => unknown) => [
  { name: 'a dim out of range', act: () => fn(q.ones([2, 3]), 2), error: q.ShapeError },
];
const integers = (fn: (x: q.Tensor) => unknown) => ({
  name: 'integers',
  act: () => fn(q.ones([2], { dtype: 'int32' })),
  error: q.DTypeError,
});

const numbers = (values: readonly number[]) => values.filter((value) => !Number.isNaN(value));

function reduction(fn: Reduce, fold: (values: readonly number[]) => number, spec: Partial<Spec<Args>>) {
  return row<Args>({
    family: 'Reductions',
    fn,
    samples: SAMPLES,
    large: LARGE,
    reference: ([x], dim, options) => r.reduced(x, dim, options, fold),
    precision: 'summed',
    errors: badDims(fn),
    ...spec,
  });
}

type SpreadArgs = [dim?: q.Dim, options?: q.ReduceOptions & { correction?: number }];

function withMean(fn: (...args: never) => unknown, root: boolean) {
  return row<SpreadArgs>({
    family: 'Reductions',
    fn,
    samples: [
      { inputs: [[9]] },
      { inputs: [[2, 3, 4]], args: [1] },
      { inputs: [[2, 3, 4]], args: [[0, 2], { keepdim: true, correction: 0 }] },
    ],
    large: { inputs: [[130, 515]], args: [0] },
    reference: ([x], dim, options) => {
      const spread = r.reduced(x, dim, options, (values) => {
        const variance = r.variance(values, options?.correction ?? 1);
        return root ? Math.sqrt(variance) : variance;
      });
      return [spread, r.reduced(x, dim, options, r.mean)];
    },
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    kinkAtTies: root,
    errors: [...badDims(fn as never), integers(fn as never)],
  });
}

function normOf(values: readonly number[], p: number): number {
  const sizes = values.map(Math.abs);
  if (p === 0) return sizes.filter((size) => size !== 0).length;
  const extreme = (pick: (a: number, b: number) => number): number => sizes.reduce((a, b) => pick(a, b));
  if (p === inf) return extreme(Math.max);
  if (p === -inf) return extreme(Math.min);
  return r.total(sizes.map((size) => size ** p)) ** (1 / p);
}

type NormArgs = [dim?: q.Dim, options?: q.NormOptions];

const ORDERS = [0, 0.5, 1, 1.5, 2, 3, 4, inf, -inf, -1];
/** Away from 0, where norms of other orders than 2 have kinks. */
const AWAY = { low: -3, high: 3, only: (value: number) => Math.abs(value) > 0.3 };

/** The distances of rows by their differences, batches broadcast. */
function distances(a: Plain, b: Plain, p: number): Plain {
  const lead = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [rowsA, length] = a.shape.slice(-2);
  const rowsB = b.shape[b.shape.length - 2];
  const place = (x: Plain, index: readonly number[], row: number, i: number): number => {
    const own = x.shape
      .slice(0, -2)
      .map((dim, d) => (dim === 1 ? 0 : index[lead.length - x.shape.length + 2 + d]));
    return x.data[[...own, row, i].reduce((at, value, d) => at * x.shape[d] + value, 0)];
  };
  return build([...lead, rowsA, rowsB], (index) => {
    const [i, j] = index.slice(-2);
    return normOf(
      Array.from({ length }, (_, k) => place(a, index, i, k) - place(b, index, j, k)),
      p,
    );
  });
}

export const aggregateRows = {
  nansum: reduction(q.nansum, (values) => r.total(numbers(values)), { result: 'sum', gradient: 2 }),
  nanmean: reduction(q.nanmean, (values) => r.mean(numbers(values)), {
    dtypes: FLOATS,
    gradient: 2,
    errors: [...badDims(q.nanmean), integers(q.nanmean)],
  }),
  countNonzero: reduction(q.countNonzero, (values) => values.filter((value) => value !== 0).length, {
    samples: SAMPLES.filter(({ args }) => args?.[1] === undefined),
    result: () => 'int32',
  }),
  aminmax: row<[dim?: number, options?: q.ReduceOptions]>({
    family: 'Reductions',
    fn: q.aminmax,
    samples: [
      { inputs: [[9]] },
      { inputs: [[2, 3, 4]], args: [1] },
      { inputs: [[2, 3, 4]], args: [-1, KEEP] },
      { inputs: [[]], args: [0] },
      { inputs: [HOLES] },
    ],
    large: { inputs: [[130, 515]], args: [1] },
    reference: ([x], dim, options) => [
      r.reduced(x, dim, options, (values) => values.reduce((a, b) => Math.min(a, b))),
      r.reduced(x, dim, options, (values) => values.reduce((a, b) => Math.max(a, b))),
    ],
    precision: 'exact',
    gradient: 2,
    kinkAtTies: true,
    errors: [
      ...badDims(q.aminmax),
      { name: 'nothing to choose from', act: () => q.aminmax(q.ones([0])), error: q.ShapeError },
    ],
  }),
  varMean: withMean(q.varMean, false),
  stdMean: withMean(q.stdMean, true),
  norm: row<NormArgs>({
    family: 'Reductions',
    fn: q.norm,
    samples: [
      { inputs: [[]] },
      { inputs: [[7]] },
      { inputs: [[2, 3, 4]], args: [[0, 2], { keepdim: true, p: 'fro' }] },
      ...ORDERS.map((p): Sample<NormArgs> => ({ inputs: [[3, 4]], args: [1, { p }] })),
      { inputs: [[2, 0, 3]], args: [1] },
      { inputs: [[0]], args: [undefined, { p: 1 }] },
      { inputs: [{ shape: [2, 2], data: [nan, 1, inf, 2] }], args: [1] },
    ],
    large: { inputs: [[130, 515]], args: [0] },
    reference: ([x], dim, options) =>
      r.reduced(x, dim, options, (values) => normOf(values, options?.p === 'fro' ? 2 : (options?.p ?? 2))),
    dtypes: FLOATS,
    precision: 'summed',
    domain: AWAY,
    gradient: 2,
    kinkAtTies: true,
    errors: [
      ...badDims(q.norm),
      integers(q.norm),
      { name: 'the largest of nothing', act: () => q.norm(q.ones([0]), 0, { p: inf }), error: q.ShapeError },
      {
        name: 'the nuclear norm',
        act: () => q.norm(q.ones([2, 2]), [0, 1], { p: 'nuc' as never }),
        error: q.ArgumentError,
      },
    ],
  }),
  dist: row<[options?: q.DistanceOptions]>({
    family: 'Reductions',
    fn: q.dist,
    samples: [
      { inputs: [[7], [7]] },
      {
        inputs: [
          [2, 3],
          [2, 1],
        ],
        args: [{ p: 3 }],
      },
      { inputs: [[], []], args: [{ p: 1 }] },
      { inputs: [[0], [1]] },
    ],
    reference: ([a, b], { p = 2 } = {}) => ({
      shape: [],
      data: [normOf(mapped([a, b], (x, y) => x - y).data, p)],
    }),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'shapes that do not broadcast',
        act: () => q.dist(q.ones([2]), q.ones([3])),
        error: q.ShapeError,
      },
    ],
  }),
  cdist: row<[options?: q.DistanceOptions]>({
    family: 'Reductions',
    fn: q.cdist,
    samples: [
      {
        inputs: [
          [3, 4],
          [2, 4],
        ],
      },
      {
        inputs: [
          [2, 1, 3, 4],
          [2, 2, 4],
        ],
      },
      // Long enough to go by way of a product, and far apart: squares that cancel would leave differences nothing to see.
      {
        inputs: [
          { shape: [30, 3], domain: { low: 1, high: 3 } },
          { shape: [4, 3], domain: { low: -3, high: -1 } },
        ],
      },
      {
        inputs: [
          [3, 4],
          [2, 4],
        ],
        args: [{ p: 1 }],
      },
      {
        inputs: [
          [3, 4],
          [2, 4],
        ],
        args: [{ p: 3 }],
      },
      {
        inputs: [
          [0, 4],
          [2, 4],
        ],
      },
      {
        inputs: [
          [2, 0],
          [3, 0],
        ],
      },
    ],
    large: {
      inputs: [
        [150, 60],
        [140, 60],
      ],
    },
    reference: ([a, b], { p = 2 } = {}) => distances(a, b, p),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'a negative order',
        act: () => q.cdist(q.ones([2, 2]), q.ones([2, 2]), { p: -1 }),
        error: q.ArgumentError,
      },
      {
        name: 'rows of other lengths',
        act: () => q.cdist(q.ones([2, 3]), q.ones([2, 4])),
        error: q.ShapeError,
      },
      { name: 'vectors', act: () => q.cdist(q.ones([3]), q.ones([3])), error: q.ShapeError },
      {
        name: 'batches that do not broadcast',
        act: () => q.cdist(q.ones([2, 1, 1]), q.ones([3, 1, 1])),
        error: q.ShapeError,
      },
      {
        name: 'two dtypes',
        act: () => q.cdist(q.ones([2, 3]), q.ones([2, 3], { dtype: 'float64' })),
        error: q.DTypeError,
      },
    ],
  }),
};
