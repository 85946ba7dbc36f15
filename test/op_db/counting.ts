// Rows of the op database: searching in sorted values, counting, distinct values.

import * as q from 'quern';
import { fromFront, type Plain, sizeOf } from '../support/plain.js';
import * as o from '../support/reference/order.js';
import { ALL, FLOATS, type Input, row } from './row.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const whole = (shape: readonly number[], data: readonly number[]): Input => ({ shape, data, dtype: 'int32' });

/** How many of the sorted values stand before the value; those that equal it too, on the right. */
function placeOf(sorted: readonly number[], value: number, right: boolean): number {
  if (Number.isNaN(value)) return sorted.length;
  return sorted.filter((one) => one < value || (right && one === value)).length;
}

const ROW: Input = { shape: [5], data: [-2, -1, -1, 0, 2] };
const ROWS: Input = { shape: [2, 3], data: [-2, 0, 1, -1, 1, 3] };
const VALUES: Input = { shape: [2, 4], data: [-3, -1, 0, 3, nan, -inf, inf, 1] };

/** One bin for each interval between edges; the last holds its end too. */
function histogramOf(
  values: readonly number[],
  edges: readonly number[],
  weights: readonly number[],
): number[] {
  const last = edges.length - 1;
  const sums = new Array<number>(last).fill(0);
  values.forEach((value, i) => {
    if (!(value >= edges[0] && value <= edges[last])) return;
    const bin = edges.findLastIndex((edge) => edge <= value);
    sums[Math.min(bin, last - 1)] += weights[i];
  });
  return sums;
}

const edgesOf = (low: number, high: number, bins: number): number[] =>
  Array.from({ length: bins + 1 }, (_, i) => low + ((high - low) * i) / bins);

function rangeOf(values: readonly number[]): [number, number] {
  if (values.length === 0) return [0, 1];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

const list = (data: readonly number[]): Plain => ({ shape: [data.length], data });

/** The slices of x along a dimension, one after the other: their elements, and which they were. */
function slicesOf(x: Plain, dim: number | undefined): { rows: number[][]; lead: number[]; axis: number } {
  if (dim === undefined || x.shape.length === 0) return { rows: x.data.map((v) => [v]), lead: [], axis: 0 };
  const axis = fromFront(dim, x.shape.length);
  const inner = sizeOf(x.shape.slice(axis + 1));
  const rows = Array.from({ length: x.shape[axis] }, (_, i) =>
    x.data.filter((_value, at) => Math.floor(at / inner) % x.shape[axis] === i),
  );
  return { rows, lead: x.shape.filter((_, d) => d !== axis), axis };
}

function distinct(x: Plain, options: q.UniqueOptions, sorted: boolean): Plain[] {
  const { rows, lead, axis } = slicesOf(x, options.dim);
  const order = rows.map((_, i) => i);
  const compare = (a: number, b: number): number => {
    const at = rows[a].findIndex((value, i) => o.compare(value, rows[b][i]) !== 0);
    return at < 0 ? a - b : o.compare(rows[a][at], rows[b][at]);
  };
  if (sorted) order.sort(compare);
  const kept: number[][] = [];
  const counts: number[] = [];
  const inverse: number[] = [];
  order.forEach((row, i) => {
    const same = i > 0 && rows[row].every((value, k) => value === rows[order[i - 1]][k]);
    if (!same) {
      kept.push(rows[row]);
      counts.push(0);
    }
    counts[counts.length - 1]++;
    inverse[row] = kept.length - 1;
  });
  const all = options.dim === undefined || x.shape.length === 0;
  const inner = all ? 1 : sizeOf(x.shape.slice(axis + 1));
  const shape = all ? [kept.length] : [...lead.slice(0, axis), kept.length, ...lead.slice(axis)];
  const data = Array.from({ length: sizeOf(shape) }, (_, at) => {
    const row = kept[Math.floor(at / inner) % kept.length];
    return row[Math.floor(at / inner / kept.length) * inner + (at % inner)];
  });
  return [
    { shape, data },
    ...(options.returnInverse ? [{ shape: all ? x.shape : [rows.length], data: inverse }] : []),
    ...(options.returnCounts ? [list(counts)] : []),
  ];
}

const BOTH = { returnInverse: true, returnCounts: true } as const;
const PAIRS: Input = { shape: [4, 2], data: [1, 2, 0, 3, 1, 2, 1, 0] };
const TIES: Input = { shape: [2, 4], data: [2, 2, 1, nan, nan, 0, 0, 2] };

function unique(fn: (x: q.Tensor, options?: q.UniqueOptions) => q.Tensor | q.UniqueValues, sorted: boolean) {
  return row<[options?: q.UniqueOptions]>({
    family: 'Order and counting',
    fn,
    samples: [
      { inputs: [[9]] },
      { inputs: [TIES], kink: true },
      { inputs: [TIES], args: [BOTH], kink: true },
      { inputs: [TIES], args: [{ returnCounts: true }], kink: true },
      { inputs: [PAIRS], args: [{ ...BOTH, dim: 0 }], kink: true },
      { inputs: [PAIRS], args: [{ ...BOTH, dim: -1 }], kink: true },
      {
        inputs: [{ shape: [2, 3, 2], data: [1, 2, 1, 2, 0, 5, 3, 4, 3, 4, 0, 5] }],
        args: [{ ...BOTH, dim: 1 }],
        kink: true,
      },
      { inputs: [[]], args: [BOTH] },
      { inputs: [[0]], args: [BOTH] },
      { inputs: [[0, 2]], args: [{ ...BOTH, dim: 0 }] },
    ],
    large: { inputs: [{ shape: [300, 70], data: Array.from({ length: 21000 }, (_, i) => (i * 7919) % 97) }] },
    reference: ([x], options = {}) => distinct(x, options, sorted),
    dtypes: ALL,
    result: (dtype, output) => (output === 0 ? dtype : 'int32'),
    precision: 'exact',
    gradient: 2,
    kinkAtTies: true,
    errors: [
      { name: 'a dim out of range', act: () => fn(q.ones([2, 2]), { dim: 2 }), error: q.ShapeError },
      {
        name: 'an option that there is not',
        act: () => fn(q.ones([2]), { axis: 0 } as never),
        error: q.ArgumentError,
      },
    ],
  });
}

export const countingRows = {
  searchsorted: row<[options?: q.SearchOptions]>({
    family: 'Order and counting',
    fn: q.searchsorted,
    samples: [
      { inputs: [ROW, VALUES] },
      { inputs: [ROW, VALUES], args: [{ right: true }] },
      { inputs: [ROWS, VALUES] },
      { inputs: [ROWS, VALUES], args: [{ right: true }] },
      { inputs: [ROW, []] },
      { inputs: [[0], [3]] },
      { inputs: [ROW, [0, 2]] },
    ],
    large: {
      inputs: [
        { shape: [1000], data: Array.from({ length: 1000 }, (_, i) => Math.floor(i / 3) - 100) },
        [300, 200],
      ],
    },
    reference: ([sorted, values], { right = false } = {}) => {
      const n = sorted.shape[sorted.shape.length - 1];
      const many = sorted.shape.length > 1 ? values.shape[values.shape.length - 1] : Number.POSITIVE_INFINITY;
      const data = values.data.map((value, i) => {
        const row = Math.floor(i / many);
        return placeOf(sorted.data.slice(row * n, row * n + n), value, right);
      });
      return { shape: values.shape, data };
    },
    dtypes: ['float32', 'float64', 'int32'],
    result: () => 'int32',
    precision: 'exact',
    errors: [
      {
        name: 'rows that differ',
        act: () => q.searchsorted(q.ones([2, 3]), q.ones([3, 3])),
        error: q.ShapeError,
      },
      {
        name: 'rows without values',
        act: () => q.searchsorted(q.ones([2, 3]), q.ones([3])),
        error: q.ShapeError,
      },
      { name: 'no row', act: () => q.searchsorted(q.ones([]), q.ones([])), error: q.ShapeError },
    ],
  }),
  bucketize: row<[options?: q.SearchOptions]>({
    family: 'Order and counting',
    fn: q.bucketize,
    samples: [
      { inputs: [VALUES, ROW] },
      { inputs: [VALUES, ROW], args: [{ right: true }] },
      { inputs: [[], ROW] },
      { inputs: [[0, 3], ROW] },
    ],
    reference: ([values, sorted], { right = false } = {}) => ({
      shape: values.shape,
      data: values.data.map((value) => placeOf(sorted.data, value, right)),
    }),
    dtypes: ['float32', 'float64', 'int32'],
    result: () => 'int32',
    precision: 'exact',
    errors: [
      {
        name: 'rows of boundaries',
        act: () => q.bucketize(q.ones([2]), q.ones([2, 2])),
        error: q.ShapeError,
      },
    ],
  }),
  bincount: row<[options?: q.BincountOptions]>({
    family: 'Order and counting',
    fn: q.bincount,
    // A second operand is the weights.
    positional: ([x, weights], [options]) => [x, { weights, ...(options as q.BincountOptions | undefined) }],
    samples: [
      { inputs: [whole([5], [1, 4, 1, 0, 1]), [5]] },
      { inputs: [whole([2], [1, 1]), [2]], args: [{ minlength: 5 }] },
      { inputs: [whole([0], []), [0]] },
      { inputs: [whole([0], []), [0]], args: [{ minlength: 2 }] },
    ],
    large: {
      inputs: [
        whole(
          [60000],
          Array.from({ length: 60000 }, (_, i) => (i * 7919) % 301),
        ),
        [60000],
      ],
    },
    reference: ([x, weights], { minlength = 0 } = {}) => {
      const counts = new Array<number>(Math.max(minlength, 1 + Math.max(-1, ...x.data))).fill(0);
      x.data.forEach((value, i) => {
        counts[value] += weights.data[i];
      });
      return list(counts);
    },
    dtypes: ['float32', 'float64', 'int32'],
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'a negative number',
        act: () => q.bincount(q.tensor([-1, 2]).to('int32')),
        error: q.IndexError,
      },
      { name: 'floats', act: () => q.bincount(q.ones([2])), error: q.DTypeError },
      {
        name: 'two dimensions',
        act: () => q.bincount(q.ones([2, 2], { dtype: 'int32' })),
        error: q.ShapeError,
      },
      {
        name: 'other weights',
        act: () => q.bincount(q.ones([2], { dtype: 'int32' }), { weights: q.ones([3]) }),
        error: q.ShapeError,
      },
      {
        name: 'a negative minlength',
        act: () => q.bincount(q.ones([2], { dtype: 'int32' }), { minlength: -1 }),
        error: q.ArgumentError,
      },
    ],
  }),
  histc: row<[options?: q.HistcOptions]>({
    family: 'Order and counting',
    fn: q.histc,
    samples: [
      { inputs: [[2, 30]], args: [{ bins: 4 }] },
      { inputs: [[2, 30]], args: [{ bins: 4, min: -1, max: 1 }] },
      {
        inputs: [{ shape: [7], data: [nan, -inf, inf, 0, 1, 0.25, 2] }],
        args: [{ bins: 4, min: 0, max: 1 }],
      },
      { inputs: [{ shape: [2], data: [3, 3] }], args: [{ bins: 5 }] },
      { inputs: [[]], args: [{ bins: 1 }] },
      { inputs: [[0]] },
    ],
    large: { inputs: [[300, 301]], args: [{ bins: 32, min: -2, max: 2 }] },
    reference: ([x], { bins = 100, min = 0, max = 0 } = {}) => {
      const [low, high] = min === max ? rangeOf(x.data) : [min, max];
      return list(
        histogramOf(
          x.data,
          edgesOf(low, high, bins),
          x.data.map(() => 1),
        ),
      );
    },
    dtypes: FLOATS,
    precision: 'exact',
    errors: [
      { name: 'no bins', act: () => q.histc(q.ones([2]), { bins: 0 }), error: q.ArgumentError },
      {
        name: 'ends in the wrong order',
        act: () => q.histc(q.ones([2]), { min: 1, max: 0 }),
        error: q.ArgumentError,
      },
      { name: 'NaN without ends', act: () => q.histc(q.tensor([nan])), error: q.ArgumentError },
      { name: 'integers', act: () => q.histc(q.ones([2], { dtype: 'int32' })), error: q.DTypeError },
    ],
  }),
  histogram: row<[bins: number | null, options?: q.HistogramOptions]>({
    family: 'Order and counting',
    fn: q.histogram,
    // Without a number of bins the second operand is their edges; one more is the weights.
    positional: (operands, [bins, options]) => {
      const edges = bins === null ? operands[1] : bins;
      const weight = operands[bins === null ? 2 : 1] ?? null;
      return [operands[0], edges, { weight, ...(options as q.HistogramOptions | undefined) }];
    },
    samples: [
      { inputs: [[2, 30]], args: [4] },
      {
        inputs: [
          [2, 30],
          [2, 30],
        ],
        args: [4, { range: [-1, 1] }],
      },
      { inputs: [[2, 30]], args: [3, { density: true }] },
      {
        inputs: [
          { shape: [7], data: [nan, -inf, inf, 0, 1, 0.25, 2] },
          { shape: [4], data: [0, 0.25, 1, 2] },
        ],
        args: [null],
      },
      { inputs: [[9], { shape: [3], data: [-1, 0, 3] }, [9]], args: [null] },
      { inputs: [[]], args: [2, { range: [-3, 3] }] },
      { inputs: [[0]], args: [2] },
      { inputs: [{ shape: [2], data: [3, 3] }], args: [5] },
    ],
    large: {
      inputs: [
        [300, 301],
        [300, 301],
      ],
      args: [32, { range: [-2, 2] }],
    },
    reference: ([x, ...others], bins, { range, density = false } = {}) => {
      const edges = bins === null ? others[0].data : edgesOf(...(range ?? rangeOf(x.data)), bins);
      const weights = others[bins === null ? 1 : 0]?.data ?? x.data.map(() => 1);
      const sums = histogramOf(x.data, edges, weights);
      const total = sums.reduce((all, sum) => all + sum, 0);
      const scaled = density ? sums.map((sum, i) => sum / (edges[i + 1] - edges[i]) / total) : sums;
      return [list(scaled), list(edges)];
    },
    dtypes: FLOATS,
    precision: 'summed',
    errors: [
      { name: 'no bins', act: () => q.histogram(q.ones([2]), 0), error: q.ArgumentError },
      { name: 'one edge', act: () => q.histogram(q.ones([2]), q.ones([1])), error: q.ShapeError },
      {
        name: 'other weights',
        act: () => q.histogram(q.ones([2]), 2, { weight: q.ones([3]) }),
        error: q.ShapeError,
      },
      {
        name: 'a range that is none',
        act: () => q.histogram(q.ones([2]), 2, { range: [1, 0] }),
        error: q.ArgumentError,
      },
      { name: 'integers', act: () => q.histogram(q.ones([2], { dtype: 'int32' }), 2), error: q.DTypeError },
    ],
  }),
  unique: unique(q.unique, true),
  uniqueConsecutive: unique(q.uniqueConsecutive, false),
};
