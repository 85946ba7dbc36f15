// Rows of the op database: scans, sorting, and values chosen by their order.

import * as q from 'quern';
import { fromFront, type Plain } from '../support/plain.js';
import * as o from '../support/reference/order.js';
import * as r from '../support/reference/reduce.js';
import { noTensors } from './refusals.js';
import { FLOATS, type Input, row, type Sample, type Spec } from './row.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const KEEP = { keepdim: true };

/** Ties, both zeros, NaN and infinities; what integers make of them in integers. */
const SPECIAL: Input = { shape: [2, 7], data: [0, -0, nan, -inf, inf, nan, -1, 2, 2, 1, 2, 1, 0, 0] };

const DIM_SAMPLES: readonly Sample<[dim: number]>[] = [
  { inputs: [[9]], args: [0] },
  { inputs: [[2, 3, 4]], args: [1] },
  { inputs: [[2, 3, 4]], args: [0] },
  { inputs: [[3, 70]], args: [-1] },
  { inputs: [[70, 3]], args: [0] },
  { inputs: [[40, 20]], args: [0] },
  { inputs: [[]], args: [0] },
  { inputs: [[1]], args: [0] },
  { inputs: [[2, 0, 3]], args: [1] },
  { inputs: [[0, 3]], args: [1] },
  { inputs: [SPECIAL], args: [1], kink: true },
  { inputs: [SPECIAL], args: [0], kink: true },
];
const LARGE = { inputs: [[300, 515]] };

type Fold = (values: readonly number[]) => number[];

const running =
  (next: (carry: number, value: number) => number, first: number): Fold =>
  (values) => {
    let carry = first;
    return values.map((value) => {
      carry = next(carry, value);
      return carry;
    });
  };

function scan(
  fn: (x: q.Tensor, dim: number) => q.Tensor,
  fold: Fold,
  spec: Partial<Spec<[dim: number]>> = {},
) {
  return row<[dim: number]>({
    family: 'Scans',
    fn,
    samples: DIM_SAMPLES,
    large: { ...LARGE, args: [1] },
    reference: ([x], dim) => o.alongDim(x, dim, o.lengthAlong(x, dim), fold),
    result: 'sum',
    precision: 'summed',
    gradient: 2,
    errors: [{ name: 'a dim out of range', act: () => fn(q.ones([2]), 1), error: q.ShapeError }],
    ...spec,
  });
}

/** The extreme so far, or the last index at which it stood. */
function extremes(beats: (a: number, b: number) => boolean, index: boolean): Fold {
  return (values) => {
    let best = 0;
    return values.map((value, i) => {
      if (Number.isNaN(value) || (!Number.isNaN(values[best]) && !beats(values[best], value))) best = i;
      return index ? best : values[best];
    });
  };
}

function scanExtreme(fn: typeof q.cummax, beats: (a: number, b: number) => boolean) {
  return scan(fn as never, (values) => [...values], {
    reference: ([x], dim) =>
      [false, true].map((index) => o.alongDim(x, dim, o.lengthAlong(x, dim), extremes(beats, index))),
    result: (dtype, output) => (output === 0 ? dtype : 'int32'),
    precision: 'exact',
    kinkAtTies: true,
  });
}

export const scanRows = {
  cumsum: scan(
    q.cumsum,
    running((sum, value) => sum + value, 0),
  ),
  cumprod: scan(
    q.cumprod,
    running((product, value) => product * value, 1),
    { domain: { low: -1.4, high: 1.4 } },
  ),
  logcumsumexp: scan(q.logcumsumexp, (values) => values.map((_, i) => r.logsumexp(values.slice(0, i + 1))), {
    samples: [
      ...DIM_SAMPLES,
      { inputs: [{ shape: [4], data: [1000, -1000, 1000, 0] }], args: [0] },
      { inputs: [{ shape: [4], data: [-inf, -inf, 1, inf] }], args: [0] },
    ],
    dtypes: FLOATS,
    result: 'same',
    errors: [
      { name: 'a dim out of range', act: () => q.logcumsumexp(q.ones([2]), 1), error: q.ShapeError },
      {
        name: 'integers',
        act: () => q.logcumsumexp(q.ones([2], { dtype: 'int32' }), 0),
        error: q.DTypeError,
      },
    ],
  }),
  cummax: scanExtreme(q.cummax, (a, b) => a > b),
  cummin: scanExtreme(q.cummin, (a, b) => a < b),
};

type SortArgs = [dim?: number, options?: q.SortOptions];

const SORT_SAMPLES: readonly Sample<SortArgs>[] = [
  { inputs: [[9]] },
  ...DIM_SAMPLES,
  { inputs: [SPECIAL], args: [-1, { descending: true }], kink: true },
  { inputs: [[3, 70]], args: [1, { descending: true, stable: true }] },
  { inputs: [[2, 300]], args: [1] },
];

const valuesAndIndices = (dtype: q.DType, output: number): q.DType => (output === 0 ? dtype : 'int32');

/** Of each row the values at some indices, and these. */
function picked(x: Plain, dim: number, length: number, indices: Fold): Plain[] {
  return [
    o.alongDim(x, dim, length, (values) => indices(values).map((i) => values[i])),
    o.alongDim(x, dim, length, indices),
  ];
}

/** One of each row, without its dimension unless that is kept. */
function pickedOne(
  x: Plain,
  dim: number,
  options: q.ReduceOptions | undefined,
  index: (values: readonly number[]) => number,
): Plain[] {
  const axis = fromFront(dim, x.shape.length);
  return picked(x, dim, 1, (values) => [index(values)]).map(({ shape, data }) => ({
    shape: options?.keepdim ? shape : shape.filter((_, i) => i !== axis),
    data,
  }));
}

const badDim = (act: (dim: number) => unknown) => ({
  name: 'a dim out of range',
  act: () => act(1),
  error: q.ShapeError,
});

const nothing = (act: (x: q.Tensor) => unknown) => ({
  name: 'nothing to choose from',
  act: () => act(q.ones([2, 0])),
  error: q.ShapeError,
});

type OneArgs = [dim?: number, options?: q.ReduceOptions];

const ONE_SAMPLES: readonly Sample<[dim: number, options?: q.ReduceOptions]>[] = [
  { inputs: [[9]], args: [0] },
  { inputs: [[2, 3, 4]], args: [1] },
  { inputs: [[2, 3, 4]], args: [0, KEEP] },
  { inputs: [[3, 70]], args: [-1] },
  { inputs: [[1]], args: [0] },
  { inputs: [[]], args: [0] },
  { inputs: [[2, 0, 3]], args: [0] },
  { inputs: [SPECIAL], args: [1], kink: true },
  { inputs: [SPECIAL], args: [0], kink: true },
  { inputs: [{ shape: [3], data: [nan, nan, nan] }], args: [0] },
];

function median(fn: typeof q.median, skipNaN: boolean) {
  return row<OneArgs>({
    family: 'Order and counting',
    fn,
    samples: [...ONE_SAMPLES, { inputs: [[3, 4]] }, { inputs: [[]] }],
    large: { ...LARGE, args: [1] },
    reference: ([x], dim, options) => {
      const index = (values: readonly number[]) => o.medianIndex(values, skipNaN);
      return dim === undefined
        ? r.reduced(x, dim, options, (all) => all[index(all)])
        : pickedOne(x, dim, options, index);
    },
    result: valuesAndIndices,
    precision: 'exact',
    gradient: 2,
    kinkAtTies: true,
    errors: [badDim((dim) => fn(q.ones([2]), dim)), nothing((x) => fn(x, 1))],
  });
}

type QuantileArgs = [q: number | readonly number[], dim?: number, options?: q.QuantileOptions];

function quantile(fn: typeof q.quantile, skipNaN: boolean) {
  const some = [0, 0.3, 0.5, 1];
  return row<QuantileArgs>({
    family: 'Order and counting',
    fn,
    samples: [
      { inputs: [[9]], args: [0.3] },
      { inputs: [[2, 3, 4]], args: [0.5, 1] },
      { inputs: [[2, 3, 4]], args: [some] },
      { inputs: [[2, 3, 4]], args: [some, -1, KEEP] },
      { inputs: [[2, 3, 4]], args: [some, undefined, KEEP] },
      { inputs: [[4, 3]], args: [some, 0, { interpolation: 'lower' }] },
      { inputs: [[4, 3]], args: [some, 0, { interpolation: 'higher' }] },
      { inputs: [[4, 3]], args: [some, 0, { interpolation: 'nearest' }] },
      { inputs: [[4, 3]], args: [some, 0, { interpolation: 'midpoint' }] },
      { inputs: [[]], args: [some] },
      { inputs: [[]], args: [0.5, 0] },
      { inputs: [[1]], args: [[]] },
      { inputs: [[2, 0]], args: [0.5, 0] },
      { inputs: [{ shape: [2, 4], data: [1, nan, 2, 5, 3, 4, 0, inf] }], args: [[0.25, 1], 1] },
      { inputs: [{ shape: [2], data: [nan, nan] }], args: [0.5] },
    ],
    large: { inputs: [[30, 515]], args: [some, 1] },
    reference: ([x], shares, dim, options) => {
      const list = typeof shares === 'number' ? [shares] : shares;
      const found = list.map((share) =>
        r.reduced(x, dim, options, (values) =>
          o.quantileOf(values, share, options?.interpolation ?? 'linear', skipNaN),
        ),
      );
      if (typeof shares === 'number') return found[0];
      const { shape } = r.reduced(x, dim, options, () => 0);
      return { shape: [list.length, ...shape], data: found.flatMap(({ data }) => data) };
    },
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    kinkAtTies: true,
    errors: [
      badDim((dim) => fn(q.ones([2]), 0.5, dim)),
      nothing((x) => fn(x, 0.5, 1)),
      { name: 'q outside [0, 1]', act: () => fn(q.ones([2]), [0.5, 1.5]), error: q.ArgumentError },
      { name: 'q that is none', act: () => fn(q.ones([2]), '0.5' as never), error: q.ArgumentError },
      {
        name: 'an interpolation that there is not',
        act: () => fn(q.ones([2]), 0.5, 0, { interpolation: 'cubic' as never }),
        error: q.ArgumentError,
      },
      { name: 'integers', act: () => fn(q.ones([2], { dtype: 'int32' }), 0.5), error: q.DTypeError },
    ],
  });
}

export const orderRows = {
  sort: row<SortArgs>({
    family: 'Order and counting',
    fn: q.sort,
    samples: SORT_SAMPLES,
    large: { ...LARGE, args: [1] },
    reference: ([x], dim = -1, options = {}) =>
      picked(x, dim, o.lengthAlong(x, dim), (values) => o.sortedIndices(values, options.descending)),
    result: valuesAndIndices,
    precision: 'exact',
    gradient: 2,
    kinkAtTies: true,
    specials: true,
    errors: [badDim((dim) => q.sort(q.ones([2]), dim))],
  }),
  argsort: row<SortArgs>({
    family: 'Order and counting',
    fn: q.argsort,
    samples: SORT_SAMPLES,
    large: { ...LARGE, args: [0] },
    reference: ([x], dim = -1, options = {}) =>
      o.alongDim(x, dim, o.lengthAlong(x, dim), (values) => o.sortedIndices(values, options.descending)),
    result: () => 'int32',
    precision: 'exact',
    errors: [badDim((dim) => q.argsort(q.ones([2]), dim))],
  }),
  msort: row({
    family: 'Order and counting',
    fn: q.msort,
    samples: [
      { inputs: [[9]] },
      { inputs: [[5, 3]] },
      { inputs: [[]] },
      { inputs: [[0, 2]] },
      { inputs: [SPECIAL], kink: true },
    ],
    reference: ([x]) =>
      o.alongDim(x, 0, o.lengthAlong(x, 0), (values) => o.sortedIndices(values).map((i) => values[i])),
    precision: 'exact',
    gradient: 2,
    kinkAtTies: true,
    errors: noTensors(q.msort),
  }),
  topk: row<[k: number, dim?: number, options?: q.TopkOptions]>({
    family: 'Order and counting',
    fn: q.topk,
    samples: [
      { inputs: [[9]], args: [3] },
      { inputs: [[9]], args: [9, 0] },
      { inputs: [[2, 3, 4]], args: [2, 1] },
      { inputs: [[2, 3, 4]], args: [1, 0, { largest: false }] },
      { inputs: [[3, 70]], args: [5, -1, { sorted: true }] },
      { inputs: [[3, 4]], args: [0] },
      { inputs: [[]], args: [1] },
      { inputs: [[0, 4]], args: [2] },
      { inputs: [SPECIAL], args: [4], kink: true },
      { inputs: [SPECIAL], args: [4, 1, { largest: false }], kink: true },
      { inputs: [[1, 5000]], args: [7, 1] },
    ],
    large: { inputs: [[40, 3000]], args: [50, 1] },
    reference: ([x], k, dim = -1, { largest = true } = {}) =>
      picked(x, dim, k, (values) => o.sortedIndices(values, largest).slice(0, k)),
    result: valuesAndIndices,
    precision: 'exact',
    gradient: 2,
    kinkAtTies: true,
    errors: [
      badDim((dim) => q.topk(q.ones([2]), 1, dim)),
      { name: 'more than there are', act: () => q.topk(q.ones([2, 3]), 3, 0), error: q.ArgumentError },
      { name: 'a k that is not whole', act: () => q.topk(q.ones([3]), 1.5), error: q.ArgumentError },
    ],
  }),
  kthvalue: row<[k: number, dim?: number, options?: q.ReduceOptions]>({
    family: 'Order and counting',
    fn: q.kthvalue,
    samples: [
      { inputs: [[9]], args: [3] },
      { inputs: [[2, 3, 4]], args: [2, 1] },
      { inputs: [[2, 3, 4]], args: [1, 0, KEEP] },
      { inputs: [[3, 70]], args: [70, -1] },
      { inputs: [[]], args: [1] },
      { inputs: [[0, 4]], args: [2] },
      ...[1, 2, 3, 4, 5, 6, 7].map((k) => ({ inputs: [SPECIAL], args: [k] as [number], kink: true })),
    ],
    large: { ...LARGE, args: [200, 1] },
    reference: ([x], k, dim = -1, options = {}) =>
      pickedOne(x, dim, options, (values) => o.sortedIndices(values)[k - 1]),
    result: valuesAndIndices,
    precision: 'exact',
    gradient: 2,
    kinkAtTies: true,
    errors: [
      badDim((dim) => q.kthvalue(q.ones([2]), 1, dim)),
      { name: 'less than the first', act: () => q.kthvalue(q.ones([2]), 0), error: q.ArgumentError },
      { name: 'more than there are', act: () => q.kthvalue(q.ones([2]), 3), error: q.ArgumentError },
    ],
  }),
  mode: row<OneArgs>({
    family: 'Order and counting',
    fn: q.mode,
    samples: ONE_SAMPLES,
    large: { ...LARGE, args: [1] },
    reference: ([x], dim = -1, options = {}) => pickedOne(x, dim, options, o.modeIndex),
    result: valuesAndIndices,
    precision: 'exact',
    gradient: 2,
    kinkAtTies: true,
    errors: [badDim((dim) => q.mode(q.ones([2]), dim)), nothing((x) => q.mode(x, 1))],
  }),
  median: median(q.median, false),
  nanmedian: median(q.nanmedian, true),
  quantile: quantile(q.quantile, false),
  nanquantile: quantile(q.nanquantile, true),
};
