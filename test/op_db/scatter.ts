// Rows of the op database: writing and reducing along a dimension by index.

import * as q from 'quern';
import { at, fromFront, indicesOf, type Plain } from '../support/plain.js';
import { ALL, type ErrorCase, FLOATS, type Input, row, type Spec } from './row.js';

const index = (shape: readonly number[], data: readonly number[]): Input => ({ shape, data, dtype: 'int32' });
const list = (data: readonly number[]) => q.tensor([...data], { dtype: 'int32' });

/** (x, index, source, …) as the functions take it: (x, dim, index, source, …). */
const dimSecond: Spec<[dim: number, ...rest: never[]]>['positional'] = ([x, ...others], [dim, ...rest]) => [
  x,
  dim,
  ...others,
  ...rest,
];

/** Every element of a source with the place of x where it is written, in row-major order. */
function* writes(x: Plain, where: Plain, source: Plain, dim: number): Generator<[to: number, value: number]> {
  const axis = fromFront(dim, x.shape.length);
  const whole = source.shape.length === where.shape.length && where.shape.length === x.shape.length;
  const slices = where.shape.length === 1 && !whole;
  for (const place of indicesOf(source.shape)) {
    const along = slices || x.shape.length === 1 ? where.data[place[axis] ?? 0] : at(where, place);
    const to = x.shape.reduce((sum, size, i) => sum * size + (i === axis ? along : place[i]), 0);
    yield [to, at(source, place)];
  }
}

function reduced(
  x: Plain,
  where: Plain,
  source: Plain,
  dim: number,
  reduce: (old: number, value: number) => number,
): Plain {
  const data = [...x.data];
  for (const [to, value] of writes(x, where, source, dim)) data[to] = reduce(data[to], value);
  return { shape: x.shape, data };
}

const last = (_old: number, value: number): number => value;
const sum = (old: number, value: number): number => old + value;
const product = (old: number, value: number): number => old * value;

/** A number repeated in the shape of an index. */
const repeated = (value: number, shape: readonly number[]): Plain => ({
  shape,
  data: new Array<number>(shape.reduce((size, dim) => size * dim, 1)).fill(value),
});

type Call = (index: q.Tensor, source: q.Tensor) => unknown;

const badIndices = (act: Call): ErrorCase[] => [
  { name: 'an index out of range', act: () => act(list([0, 3]), q.ones([2])), error: q.IndexError },
  { name: 'a negative index', act: () => act(list([-1, 0]), q.ones([2])), error: q.IndexError },
  { name: 'a floating index', act: () => act(q.ones([2]), q.ones([2])), error: q.DTypeError },
];

const badSources = (act: Call): ErrorCase[] => [
  { name: 'a source of another shape', act: () => act(list([0]), q.ones([2])), error: q.ShapeError },
  {
    name: 'a source of another dtype',
    act: () => act(list([0]), q.ones([1], { dtype: 'float64' })),
    error: q.DTypeError,
  },
];

const leaf = (act: (x: q.Tensor) => unknown): ErrorCase => ({
  name: 'a leaf that requires gradients',
  act: () => act(q.ones([3], { requiresGrad: true })),
  error: q.GradientError,
});

const STACKED = [index([2, 3], [0, 1, 1, 1, 1, 0]), index([4, 2], [2, 0, 1, 1, 0, 0, 2, 2])];
const MANY = Array.from({ length: 400 * 101 }, (_, i) => (i * 7919) % 300);

/** Elements along a dimension, each with an index of its own. */
const ELEMENTS = [
  { inputs: [[2, 3], STACKED[0], [2, 3]], args: [0] as [number] },
  { inputs: [[4, 3], STACKED[1], [4, 2]], args: [1] as [number] },
  { inputs: [[5], index([3], [4, 0, 4]), [3]], args: [0] as [number] },
  { inputs: [[], index([], [0]), []], args: [0] as [number] },
  { inputs: [[3, 2], index([0, 2], []), [0, 2]], args: [0] as [number] },
  { inputs: [[0, 2], index([0, 2], []), [0, 2]], args: [1] as [number] },
];
const MANY_ELEMENTS = { inputs: [[300, 101], index([400, 101], MANY), [400, 101]], args: [0] as [number] };

/** Slices along a dimension. */
const SLICES = [
  { inputs: [[2, 3], index([2], [1, 0]), [2, 3]], args: [0] as [number] },
  { inputs: [[3, 4], index([3], [2, 0, 2]), [3, 4]], args: [0] as [number] },
  { inputs: [[3, 4], index([2], [3, 3]), [3, 2]], args: [-1] as [number] },
  { inputs: [[2, 3, 2], index([4], [0, 1, 2, 1]), [2, 4, 2]], args: [1] as [number] },
  { inputs: [[3, 2], index([0], []), [0, 2]], args: [0] as [number] },
  { inputs: [[0, 2], index([1], [1]), [0, 1]], args: [1] as [number] },
];
const MANY_SLICES = {
  inputs: [[300, 101], index([400], MANY.slice(0, 400)), [400, 101]],
  args: [0] as [number],
};

type ByDim = (x: q.Tensor, dim: number, at: q.Tensor, source: q.Tensor) => q.Tensor;

function writing(
  fn: ByDim,
  samples: Spec<[number]>['samples'],
  large: Spec<[number]>['large'],
  reduce: (old: number, value: number) => number,
  spec: Partial<Spec<[number]>> = {},
) {
  const refused = (at: q.Tensor, source: q.Tensor) => fn(q.ones([3]), 0, at, source);
  return row<[dim: number]>({
    family: spec.inPlace ? 'In place' : 'Indexing',
    fn,
    positional: dimSecond as Spec<[number]>['positional'],
    samples,
    large,
    reference: ([x, where, source], dim) => reduced(x, where, source, dim, reduce),
    dtypes: reduce === last ? ALL : ['float32', 'float64', 'int32', 'uint8'],
    precision: reduce === last ? 'exact' : 'summed',
    gradient: 2,
    errors: [
      ...badIndices(refused),
      ...badSources(refused),
      ...(spec.inPlace ? [leaf((x) => fn(x, 0, list([0]), q.ones([1])))] : []),
    ],
    ...spec,
  });
}

const filling = (fn: (x: q.Tensor, dim: number, at: q.Tensor, value: number) => q.Tensor, inPlace: boolean) =>
  row<[dim: number, value: number]>({
    family: inPlace ? 'In place' : 'Indexing',
    fn,
    positional: dimSecond as Spec<[number, number]>['positional'],
    samples: [
      { inputs: [[2, 3], index([1], [1])], args: [0, 7] },
      { inputs: [[3, 4], index([3], [2, 0, 2])], args: [-1, 1] },
      { inputs: [[3], index([0], [])], args: [0, 1] },
      { inputs: [[], index([1], [0])], args: [0, 1] },
      { inputs: [[0, 2], index([1], [1])], args: [1, 1] },
    ],
    reference: ([x, where], dim, value) => {
      const axis = fromFront(dim, x.shape.length);
      if (x.shape.length === 0) return { shape: [], data: [value] };
      const shape = x.shape.map((size, i) => (i === axis ? where.data.length : size));
      return reduced(x, where, repeated(value, shape), dim, last);
    },
    precision: 'exact',
    gradient: 2,
    inPlace,
    // bool holds no 7.
    dtypes: ['float32', 'float64', 'int32', 'uint8'],
    errors: [
      ...badIndices((at) => fn(q.ones([3]), 0, at, 1)),
      {
        name: 'an index of two dimensions',
        act: () => fn(q.ones([3]), 0, list([0]).reshape([1, 1]), 1),
        error: q.ShapeError,
      },
      ...(inPlace ? [leaf((x) => fn(x, 0, list([0]), 1))] : []),
    ],
  });

const notReduce = (fn: typeof q.scatter): ErrorCase => ({
  name: 'a reduction that there is not',
  act: () => fn(q.ones([3]), 0, list([0]), q.ones([1]), { reduce: 'amax' as never }),
  error: q.ArgumentError,
});

const scattering = (fn: typeof q.scatter, inPlace: boolean) =>
  row<[dim: number, options?: q.ScatterOptions]>({
    family: inPlace ? 'In place' : 'Indexing',
    fn,
    positional: dimSecond as Spec<[number, q.ScatterOptions?]>['positional'],
    samples: [
      ...ELEMENTS,
      { inputs: [[4, 3], STACKED[1], 2], args: [1] },
      { inputs: [[2, 3], STACKED[0], [2, 3]], args: [0, { reduce: 'add' }] },
      { inputs: [[2, 3], STACKED[0], [2, 3]], args: [0, { reduce: 'multiply' }] },
      { inputs: [[5], index([3], [4, 0, 4]), 3], args: [0, { reduce: 'multiply' }] },
    ],
    large: MANY_ELEMENTS,
    reference: ([x, where, source], dim, { reduce } = {}) => {
      const values =
        source.shape.length === 0 && where.shape.length > 0 ? repeated(source.data[0], where.shape) : source;
      const how = reduce === 'add' ? sum : reduce === 'multiply' ? product : last;
      return reduced(x, where, values, dim, how);
    },
    dtypes: ['float32', 'float64', 'int32', 'uint8'],
    precision: 'summed',
    gradient: 2,
    inPlace,
    errors: [
      ...badIndices((at, source) => fn(q.ones([3]), 0, at, source)),
      ...badSources((at, source) => fn(q.ones([3]), 0, at, source)),
      ...(inPlace ? [leaf((x) => fn(x, 0, list([0]), q.ones([1])))] : []),
      notReduce(fn),
    ],
  });

const REDUCES: Readonly<Record<q.ScatterReduction, (old: number, value: number) => number>> = {
  sum,
  mean: sum,
  prod: product,
  amax: Math.max,
  amin: Math.min,
};

type Reduce = [dim: number, reduce: q.ScatterReduction, options?: q.ScatterReduceOptions];

export const scatterRows = {
  scatter: scattering(q.scatter, false),
  scatter_: scattering(q.scatter_, true),
  scatterAdd_: writing(q.scatterAdd_, ELEMENTS, MANY_ELEMENTS, sum, { inPlace: true }),
  scatterReduce: row<Reduce>({
    family: 'Indexing',
    fn: q.scatterReduce,
    positional: dimSecond as Spec<Reduce>['positional'],
    samples: ELEMENTS.flatMap(({ inputs, args: [dim] }) =>
      (['sum', 'mean', 'prod', 'amax', 'amin'] as const).flatMap((reduce) => [
        { inputs, args: [dim, reduce] as Reduce },
        { inputs, args: [dim, reduce, { includeSelf: false }] as Reduce },
      ]),
    ),
    large: { inputs: MANY_ELEMENTS.inputs, args: [0, 'amax'] },
    reference: ([x, where, source], dim, reduce, { includeSelf = true } = {}) => {
      const data = [...x.data];
      const counts = data.map(() => 1);
      const fresh = new Set<number>();
      for (const [to, value] of writes(x, where, source, dim)) {
        const first = !includeSelf && !fresh.has(to);
        data[to] = first ? value : REDUCES[reduce](data[to], value);
        counts[to] = first ? 1 : counts[to] + 1;
        fresh.add(to);
      }
      return { shape: x.shape, data: reduce === 'mean' ? data.map((value, i) => value / counts[i]) : data };
    },
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    smooth: { low: -3, high: 3, only: (value) => Math.abs(value) > 0.2 },
    kinkAtTies: true,
    errors: [
      ...badIndices((at, source) => q.scatterReduce(q.ones([3]), 0, at, source, 'sum')),
      ...badSources((at, source) => q.scatterReduce(q.ones([3]), 0, at, source, 'prod')),
      {
        name: 'a reduction that there is not',
        act: () => q.scatterReduce(q.ones([3]), 0, list([0]), q.ones([1]), 'median' as never),
        error: q.ArgumentError,
      },
      {
        name: 'the mean of integers',
        act: () => q.scatterReduce(list([1]), 0, list([0]), list([1]), 'mean'),
        error: q.DTypeError,
      },
    ],
  }),
  indexCopy: writing(q.indexCopy, SLICES, MANY_SLICES, last),
  indexCopy_: writing(q.indexCopy_, SLICES, MANY_SLICES, last, { inPlace: true }),
  indexAdd_: writing(q.indexAdd_, SLICES, MANY_SLICES, sum, { inPlace: true }),
  indexFill: filling(q.indexFill, false),
  indexFill_: filling(q.indexFill_, true),
};
