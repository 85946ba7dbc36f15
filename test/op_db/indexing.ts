// Rows of the op database: reading and adding by index, joining and splitting.

import * as q from 'quern';
import { at, build, fromFront, indicesOf, type Plain } from '../support/plain.js';
import { ALL, type ErrorCase, type Input, NUMERIC, row, type Spec } from './row.js';

const index = (shape: readonly number[], data: readonly number[]): Input => ({ shape, data, dtype: 'int32' });

/** (x, index, …) as the functions take it: (x, dim, index, …). */
const dimSecond: Spec<[dim: number]>['positional'] = ([x, ...others], [dim]) => [x, dim, ...others];

const list = (data: readonly number[]) => q.tensor([...data], { dtype: 'int32' });
const replaced = (place: readonly number[], axis: number, i: number) =>
  place.map((old, j) => (j === axis ? i : old));

/** A copy of x with f's values added where they belong. */
function added(x: Plain, source: Plain, target: (place: readonly number[]) => readonly number[]): Plain {
  const sums = new Map<string, number>();
  for (const place of indicesOf(source.shape)) {
    const key = String(target(place));
    sums.set(key, (sums.get(key) ?? 0) + at(source, place));
  }
  return build(x.shape, (place) => at(x, place) + (sums.get(String(place)) ?? 0));
}

const outOfRange = (act: (bad: q.Tensor) => unknown): ErrorCase[] => [
  { name: 'an index out of range', act: () => act(list([0, 3])), error: q.IndexError },
  { name: 'a negative index', act: () => act(list([-1, 0])), error: q.IndexError },
  { name: 'an index that is no integer', act: () => act(q.tensor([0, 1])), error: q.DTypeError },
];

const STACKED = [index([2, 3], [0, 1, 1, 1, 1, 0]), index([4, 2], [2, 0, 1, 1, 0, 0, 2, 2])];
const MANY = Array.from({ length: 400 * 101 }, (_, i) => (i * 7919) % 300);

export const indexRows = {
  gather: row<[dim: number]>({
    family: 'Indexing',
    fn: q.gather,
    positional: dimSecond,
    samples: [
      { inputs: [[2, 3], STACKED[0]], args: [0] },
      { inputs: [[4, 3], STACKED[1]], args: [-1] },
      { inputs: [[5], index([3], [4, 0, 4])], args: [0] },
      { inputs: [[], index([], [0])], args: [0] },
      { inputs: [[3, 2], index([0, 2], [])], args: [0] },
    ],
    large: { inputs: [[300, 101], index([400, 101], MANY)], args: [0] },
    reference: ([x, where], dim) => {
      if (x.shape.length === 0) return x;
      const axis = fromFront(dim, x.shape.length);
      return build(where.shape, (place) => at(x, replaced(place, axis, at(where, place))));
    },
    precision: 'exact',
    gradient: 2,
    errors: [
      ...outOfRange((bad) => q.gather(q.ones([3]), 0, bad)),
      {
        name: 'another number of dimensions',
        act: () => q.gather(q.ones([3, 2]), 0, list([0])),
        error: q.ShapeError,
      },
    ],
  }),
  scatterAdd: row<[dim: number]>({
    family: 'Indexing',
    fn: q.scatterAdd,
    positional: dimSecond,
    samples: [
      { inputs: [[2, 3], STACKED[0], [2, 3]], args: [0] },
      { inputs: [[4, 3], STACKED[1], [4, 2]], args: [1] },
      { inputs: [[5], index([3], [4, 0, 4]), [3]], args: [0] },
    ],
    large: { inputs: [[300, 101], index([400, 101], MANY), [400, 101]], args: [0] },
    reference: ([x, where, source], dim) => {
      const axis = fromFront(dim, x.shape.length);
      return added(x, source, (place) => replaced(place, axis, at(where, place)));
    },
    dtypes: ['float32', 'float64', 'int32'],
    precision: 'summed',
    gradient: 2,
    errors: [
      ...outOfRange((bad) => q.scatterAdd(q.ones([3]), 0, bad, q.ones([2]))),
      {
        name: 'a source of another shape',
        act: () => q.scatterAdd(q.ones([3]), 0, list([0]), q.ones([2])),
        error: q.ShapeError,
      },
      {
        name: 'a source of another dtype',
        act: () => q.scatterAdd(q.ones([3]), 0, list([0]), q.ones([1], { dtype: 'float64' })),
        error: q.DTypeError,
      },
    ],
  }),
  indexSelect: row<[dim: number]>({
    family: 'Indexing',
    fn: q.indexSelect,
    positional: dimSecond,
    samples: [
      { inputs: [[3, 4], index([3], [2, 0, 2])], args: [0] },
      { inputs: [[3, 4], index([2], [3, 1])], args: [-1] },
      { inputs: [[2, 3, 2], index([4], [0, 1, 2, 1])], args: [1] },
      { inputs: [[3, 2], index([0], [])], args: [0] },
      { inputs: [[], index([1], [0])], args: [0] },
    ],
    large: { inputs: [[300, 101], index([400], MANY.slice(0, 400))], args: [0] },
    reference: ([x, where], dim) => {
      if (x.shape.length === 0) return x;
      const axis = fromFront(dim, x.shape.length);
      return build(replaced(x.shape, axis, where.data.length), (place) =>
        at(x, replaced(place, axis, where.data[place[axis]])),
      );
    },
    precision: 'exact',
    gradient: 2,
    errors: [
      ...outOfRange((bad) => q.indexSelect(q.ones([3]), 0, bad)),
      {
        name: 'an index of two dimensions',
        act: () => q.indexSelect(q.ones([3]), 0, list([0]).reshape([1, 1])),
        error: q.ShapeError,
      },
    ],
  }),
  indexAdd: row<[dim: number]>({
    family: 'Indexing',
    fn: q.indexAdd,
    positional: dimSecond,
    samples: [
      { inputs: [[3, 4], index([3], [2, 0, 2]), [3, 4]], args: [0] },
      { inputs: [[3, 4], index([2], [3, 3]), [3, 2]], args: [1] },
      { inputs: [[2, 3, 2], index([4], [0, 1, 2, 1]), [2, 4, 2]], args: [1] },
    ],
    large: { inputs: [[300, 101], index([400], MANY.slice(0, 400)), [400, 101]], args: [0] },
    reference: ([x, where, source], dim) => {
      const axis = fromFront(dim, x.shape.length);
      return added(x, source, (place) => replaced(place, axis, where.data[place[axis]]));
    },
    dtypes: ['float32', 'float64', 'int32'],
    precision: 'summed',
    gradient: 2,
    errors: [
      ...outOfRange((bad) => q.indexAdd(q.ones([3]), 0, bad, q.ones([2]))),
      {
        name: 'a source of another shape',
        act: () => q.indexAdd(q.ones([3]), 0, list([0]), q.ones([2])),
        error: q.ShapeError,
      },
    ],
  }),
};

function concatenated(parts: readonly Plain[], dim: number): Plain {
  const axis = fromFront(dim, parts[0].shape.length);
  const total = parts.reduce((sum, part) => sum + part.shape[axis], 0);
  return build(replaced(parts[0].shape, axis, total), (place) => {
    let left = place[axis];
    const holder = parts.find((part) => {
      if (left < part.shape[axis]) return true;
      left -= part.shape[axis];
      return false;
    });
    return at(holder as Plain, replaced(place, axis, left));
  });
}

function stacked(parts: readonly Plain[], dim: number): Plain {
  const axis = fromFront(dim, parts[0].shape.length + 1);
  const wider = parts.map(({ shape, data }) => ({
    shape: [...shape.slice(0, axis), 1, ...shape.slice(axis)],
    data,
  }));
  return concatenated(wider, axis);
}

/** Parts of the given lengths along a dimension. */
function cut(x: Plain, lengths: readonly number[], dim: number): Plain[] {
  const axis = fromFront(dim, x.shape.length);
  let start = 0;
  return lengths.map((length) => {
    const from = start;
    start += length;
    return build(replaced(x.shape, axis, length), (place) =>
      at(x, replaced(place, axis, from + place[axis])),
    );
  });
}

function lengthsOf(size: number, each: number): number[] {
  return Array.from({ length: Math.ceil(size / each) }, (_, i) => Math.min(each, size - i * each));
}

const asList: Spec<[]>['positional'] = (operands, args) => [operands, ...args];

const joining = (fn: typeof q.concat) =>
  row<[dim?: number]>({
    family: 'Joining and splitting',
    fn,
    positional: asList,
    samples: [
      {
        inputs: [
          [2, 3],
          [1, 3],
          [3, 3],
        ],
      },
      {
        inputs: [
          [2, 3],
          [2, 0],
          [2, 2],
        ],
        args: [1],
      },
      {
        inputs: [
          [2, 1, 3],
          [2, 2, 3],
        ],
        args: [-2],
      },
      { inputs: [[4]] },
    ],
    large: {
      inputs: [
        [130, 200],
        [130, 315],
      ],
      args: [1],
    },
    reference: (parts, dim = 0) => concatenated(parts, dim),
    dtypes: ALL,
    precision: 'exact',
    gradient: 2,
    errors: [
      { name: 'nothing', act: () => fn([]), error: q.ArgumentError },
      {
        name: 'other dimensions that differ',
        act: () => fn([q.ones([2, 3]), q.ones([2, 4])]),
        error: q.ShapeError,
      },
      { name: 'scalars', act: () => fn([q.ones([]), q.ones([])]), error: q.ShapeError },
      { name: 'a dim out of range', act: () => fn([q.ones([2])], 1), error: q.ShapeError },
    ],
  });

const splitting = {
  family: 'Joining and splitting',
  dtypes: NUMERIC,
  precision: 'exact',
  gradient: 2,
  view: true,
} as const;

export const joinRows = {
  concat: joining(q.concat),
  cat: joining(q.cat),
  stack: row<[dim?: number]>({
    family: 'Joining and splitting',
    fn: q.stack,
    positional: asList,
    samples: [
      {
        inputs: [
          [2, 3],
          [2, 3],
        ],
      },
      {
        inputs: [
          [2, 3],
          [2, 3],
          [2, 3],
        ],
        args: [-1],
      },
      { inputs: [[], []] },
      { inputs: [[2], [2]], args: [1] },
    ],
    reference: (parts, dim = 0) => stacked(parts, dim),
    precision: 'exact',
    gradient: 2,
    errors: [
      { name: 'nothing', act: () => q.stack([]), error: q.ArgumentError },
      { name: 'shapes that differ', act: () => q.stack([q.ones([2]), q.ones([3])]), error: q.ShapeError },
    ],
  }),
  split: row<[sizes: number | readonly number[], dim?: number]>({
    ...splitting,
    fn: q.split,
    samples: [
      { inputs: [[5, 2]], args: [2] },
      { inputs: [[2, 6]], args: [[1, 0, 5], 1] },
      { inputs: [[4]], args: [9] },
    ],
    reference: ([x], sizes, dim = 0) =>
      cut(x, typeof sizes === 'number' ? lengthsOf(x.shape[dim], sizes) : sizes, dim),
    errors: [
      { name: 'sizes that do not add up', act: () => q.split(q.ones([5]), [2, 2]), error: q.ArgumentError },
      { name: 'size 0', act: () => q.split(q.ones([5]), 0), error: q.ArgumentError },
    ],
  }),
  chunk: row<[chunks: number, dim?: number]>({
    ...splitting,
    fn: q.chunk,
    samples: [
      { inputs: [[5, 2]], args: [2] },
      { inputs: [[2, 6]], args: [4, 1] },
    ],
    reference: ([x], chunks, dim = 0) =>
      cut(x, lengthsOf(x.shape[dim], Math.ceil(x.shape[dim] / chunks)), dim),
    errors: [{ name: 'no chunks', act: () => q.chunk(q.ones([5]), 0), error: q.ArgumentError }],
  }),
  unbind: row<[dim?: number]>({
    ...splitting,
    fn: q.unbind,
    samples: [{ inputs: [[3, 2]] }, { inputs: [[3, 2]], args: [-1] }],
    reference: ([x], dim = 0) => {
      const axis = fromFront(dim, x.shape.length);
      const ones = new Array<number>(x.shape[axis]).fill(1);
      return cut(x, ones, dim).map(({ shape, data }) => ({
        shape: shape.filter((_, i) => i !== axis),
        data,
      }));
    },
    errors: [{ name: 'a dim out of range', act: () => q.unbind(q.ones([2]), 1), error: q.ShapeError }],
  }),
};
