// Rows of the op database: reductions, and functions of whole rows.

import * as q from 'quern';
import type { Plain } from '../support/plain.js';
import * as r from '../support/reference/reduce.js';
import { ALL, FLOATS, NUMERIC, row, type Sample, type Spec } from './row.js';

type Args = [dim?: q.Dim, options?: q.ReduceOptions];

const KEEP = { keepdim: true };
const SAMPLES: readonly Sample<Args>[] = [
  { inputs: [[]] },
  { inputs: [[]], args: [0] },
  { inputs: [[1]] },
  { inputs: [[9]], args: [-1] },
  { inputs: [[2, 3, 4]] },
  { inputs: [[2, 3, 4]], args: [0] },
  { inputs: [[2, 3, 4]], args: [1, KEEP] },
  { inputs: [[2, 3, 4]], args: [[0, 2]] },
  { inputs: [[2, 3, 4]], args: [[-1, 1], KEEP] },
  { inputs: [[3, 70]], args: [1] },
  { inputs: [[70, 3]], args: [0] },
  { inputs: [[2, 0, 3]], args: [0] },
];
// Nothing to reduce: a sum is 0, but there is no largest of nothing.
const EMPTY: readonly Sample<Args>[] = [{ inputs: [[2, 0, 3]], args: [1] }, { inputs: [[0]] }];
const LARGE: Sample<Args> = { inputs: [[130, 515]], args: [0] };

type Reduce = (x: q.Tensor, dim?: q.Dim, options?: q.ReduceOptions) => q.Tensor;
type Fold = (values: readonly number[]) => number;

const dimErrors = (fn: Reduce) => [
  { name: 'a dim out of range', act: () => fn(q.ones([2, 3]), 2), error: q.ShapeError },
  { name: 'a dim named twice', act: () => fn(q.ones([2, 3]), [0, -2]), error: q.ShapeError },
  { name: 'a dim that is none', act: () => fn(q.ones([2, 3]), 0.5), error: q.ShapeError },
];

function reduction(fn: Reduce, fold: Fold, spec: Partial<Spec<Args>> = {}) {
  return row<Args>({
    family: 'Reductions',
    fn,
    samples: [...SAMPLES, ...EMPTY],
    large: LARGE,
    reference: ([x], dim, options) => r.reduced(x, dim, options, fold),
    errors: dimErrors(fn),
    ...spec,
  });
}

const integersRefused = (fn: Reduce) => ({
  name: 'integers',
  act: () => fn(q.ones([2], { dtype: 'int32' })),
  error: q.DTypeError,
});

const floatReduction = (fn: Reduce, fold: Fold, spec: Partial<Spec<Args>> = {}) =>
  reduction(fn, fold, {
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [...dimErrors(fn), integersRefused(fn)],
    ...spec,
  });

const nothingToChoose = (fn: (x: q.Tensor) => unknown) => ({
  name: 'nothing to choose from',
  act: () => fn(q.ones([0])),
  error: q.ShapeError,
});

const extremum = (fn: Reduce, fold: Fold) =>
  reduction(fn, fold, {
    samples: SAMPLES,
    dtypes: ALL,
    precision: 'exact',
    gradient: 2,
    kinkAtTies: true,
    errors: [...dimErrors(fn), nothingToChoose(fn)],
  });

const largest: Fold = (values) => values[r.firstExtreme(values, (a, b) => a > b)];
const smallest: Fold = (values) => values[r.firstExtreme(values, (a, b) => a < b)];
const firstLargest: Fold = (values) => r.firstExtreme(values, (a, b) => a > b);
const firstSmallest: Fold = (values) => r.firstExtreme(values, (a, b) => a < b);

type ArgArgs = [dim?: number, options?: q.ReduceOptions];

const ONE_DIM: readonly Sample<ArgArgs>[] = [
  { inputs: [[9]], args: [0] },
  { inputs: [[2, 3, 4]], args: [1] },
  { inputs: [[2, 3, 4]], args: [-1, KEEP] },
  { inputs: [[3, 70]], args: [0] },
  { inputs: [[]], args: [0] },
  { inputs: [[2, 0, 3]], args: [0] },
];

function position(fn: (x: q.Tensor, dim?: number, options?: q.ReduceOptions) => q.Tensor, fold: Fold) {
  return row<ArgArgs>({
    family: 'Reductions',
    fn,
    samples: [...ONE_DIM, { inputs: [[2, 3, 4]] }, { inputs: [[1]] }],
    large: { inputs: [[130, 515]], args: [1] },
    reference: ([x], dim, options) => r.reduced(x, dim, options, fold),
    result: () => 'int32',
    precision: 'exact',
    errors: [
      { name: 'a dim out of range', act: () => fn(q.ones([2]), 1), error: q.ShapeError },
      nothingToChoose(fn),
    ],
  });
}

/** The largest or smallest: of all, or along a dimension with where they stand. */
function extremeWithIndices(fn: typeof q.max, value: Fold, index: Fold) {
  return row<[dim?: number, options?: q.ReduceOptions]>({
    family: 'Reductions',
    fn,
    samples: [...ONE_DIM, { inputs: [[2, 3, 4]] }],
    large: { inputs: [[130, 515]], args: [1] },
    reference: ([x], dim, options): Plain | Plain[] => {
      const values = r.reduced(x, dim, options, value);
      return dim === undefined ? values : [values, r.reduced(x, dim, options, index)];
    },
    result: (dtype, output) => (output === 0 ? dtype : 'int32'),
    precision: 'exact',
    gradient: 2,
    kinkAtTies: true,
    errors: [
      { name: 'a dim out of range', act: () => fn(q.ones([2]), 1), error: q.ShapeError },
      nothingToChoose(fn),
    ],
  });
}

type SpreadArgs = [dim?: q.Dim, options?: { keepdim?: boolean; correction?: number }];

function spread(fn: Reduce, root: boolean) {
  return row<SpreadArgs>({
    family: 'Reductions',
    fn,
    samples: [
      { inputs: [[9]] },
      { inputs: [[2, 3, 4]], args: [1] },
      { inputs: [[2, 3, 4]], args: [[0, 2], { keepdim: true, correction: 0 }] },
      { inputs: [[3, 70]], args: [-1, { correction: 2 }] },
    ],
    large: { inputs: [[130, 515]], args: [0] },
    reference: ([x], dim, options) =>
      r.reduced(x, dim, options, (values) => {
        const variance = r.variance(values, options?.correction ?? 1);
        return root ? Math.sqrt(variance) : variance;
      }),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    kinkAtTies: root,
    errors: [
      ...dimErrors(fn),
      integersRefused(fn),
      {
        name: 'a correction that is no number',
        act: () => fn(q.ones([2]), 0, { correction: 'x' } as never),
        error: q.ArgumentError,
      },
    ],
  });
}

const softmaxOf: (values: readonly number[]) => number[] = (values) => {
  const total = r.logsumexp(values);
  return values.map((value) => Math.exp(value - total));
};

const logSoftmaxOf: (values: readonly number[]) => number[] = (values) => {
  const total = r.logsumexp(values);
  return values.map((value) => value - total);
};

function rows(
  fn: (x: q.Tensor, dim: number) => q.Tensor,
  reference: (values: readonly number[]) => readonly number[],
) {
  return row<[dim: number]>({
    family: 'Activations',
    fn,
    samples: [
      { inputs: [[5]], args: [0] },
      { inputs: [[2, 3, 4]], args: [1] },
      { inputs: [[2, 3, 4]], args: [0] },
      { inputs: [[3, 70]], args: [-1] },
      { inputs: [[]], args: [0] },
      { inputs: [[4, 1]], args: [1] },
      { inputs: [[2, 0]], args: [0] },
      { inputs: [{ shape: [4], data: [1000, 1000, 0, -1000] }], args: [0] },
    ],
    large: { inputs: [[130, 515]], args: [1] },
    reference: ([x], dim) => r.alongRows(x, dim, reference),
    dtypes: NUMERIC,
    result: 'float',
    precision: 'summed',
    gradient: 2,
    errors: [{ name: 'a dim out of range', act: () => fn(q.ones([2]), 1), error: q.ShapeError }],
  });
}

export const reduceRows = {
  sum: reduction(q.sum, r.total, { result: 'sum', precision: 'summed', gradient: 2 }),
  prod: reduction(q.prod, (values) => values.reduce((product, value) => product * value, 1), {
    result: 'sum',
    precision: 'relative',
    gradient: 2,
    // In integers products of at most 70 numbers that stay exact in doubles.
    domain: { low: -1.4, high: 1.4 },
  }),
  mean: floatReduction(q.mean, r.mean),
  amax: extremum(q.amax, largest),
  amin: extremum(q.amin, smallest),
  max: extremeWithIndices(q.max, largest, firstLargest),
  min: extremeWithIndices(q.min, smallest, firstSmallest),
  argmax: position(q.argmax, firstLargest),
  argmin: position(q.argmin, firstSmallest),
  any: reduction(q.any, (values) => Number(values.some((value) => value !== 0)), {
    result: 'bool',
    precision: 'exact',
  }),
  all: reduction(q.all, (values) => Number(values.every((value) => value !== 0)), {
    result: 'bool',
    precision: 'exact',
  }),
  variance: spread(q.variance, false),
  std: spread(q.std, true),
  logsumexp: floatReduction(q.logsumexp, r.logsumexp, { samples: SAMPLES }),
  softmax: rows(q.softmax, softmaxOf),
  softmin: rows(q.nn.functional.softmin, (values) => softmaxOf(values.map((value) => -value))),
  logSoftmax: rows(q.logSoftmax, logSoftmaxOf),
};
