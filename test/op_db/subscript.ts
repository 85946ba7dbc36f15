// Rows of the op database: x[…], masks, places, and writing there.

import * as q from 'quern';
import {
  at,
  broadcastAt,
  broadcastShape,
  build,
  fromFront,
  indicesOf,
  type Plain,
} from '../support/plain.js';
import { type SubscriptPart, subscript } from '../support/reference/subscript.js';
import { stored } from '../support/values.js';
import { type Input, row, type Sample } from './row.js';

const list = (data: readonly number[], shape: readonly number[] = [data.length]): Input => ({
  shape,
  data,
  dtype: 'int32',
});
const mask = (data: readonly number[], shape: readonly number[] = [data.length]): Input => ({
  shape,
  data,
  dtype: 'bool',
});
const int = (data: readonly number[]) => q.tensor([...data], { dtype: 'int32' });

/** Parts of an index as the samples have them: '@' stands for the next tensor among the operands. */
type Parts = readonly (Exclude<q.IndexPart, q.Tensor> | '@')[];

/** Text and '@' as the reference takes them; numbers of a list and of tensors alike. */
function plainParts(parts: Parts, tensors: readonly Plain[], masks: readonly boolean[]): SubscriptPart[] {
  let next = 0;
  return parts.map((part): SubscriptPart => {
    if (part === '@') {
      const tensor = tensors[next];
      return masks[next++] ? { mask: tensor } : { list: tensor };
    }
    if (Array.isArray(part)) return { list: { shape: [part.length], data: part as number[] } };
    if (typeof part !== 'string' || part === '...') return part as SubscriptPart;
    const [start, end, step] = part.split(':').map((text) => (text === '' ? undefined : Number(text)));
    return { start, end, step };
  });
}

const MASK = mask([1, 0, 1, 0, 0, 1], [2, 3]);

/** What is indexed, the parts, and their tensors. */
const CASES: readonly [shape: readonly number[], parts: Parts, ...tensors: Input[]][] = [
  [[3, 4], [1]],
  [
    [3, 4],
    [-1, 2],
  ],
  [
    [5, 4],
    ['1:', ':-1'],
  ],
  [
    [5, 4],
    ['::2', { start: -3, step: 2 }],
  ],
  [
    [2, 3, 4],
    ['...', 0],
  ],
  [
    [2, 3],
    [null, '...', null],
  ],
  [[], []],
  [[], [null]],
  [
    [0, 3],
    [':', 1],
  ],
  [[3, 4], [[2, 0, 2]]],
  [
    [3, 4],
    [':', [0, -1]],
  ],
  [[3, 4], ['@'], list([2, 0, 1, -3], [2, 2])],
  [[3, 4], ['@', '@'], list([2, 0]), list([1, 3])],
  [[3, 4], ['@', '@'], list([0, 2], [2, 1]), list([1, 3, 0])],
  [[2, 3, 4], ['@', ':', '@'], list([1, 0, 1]), list([3, 0, 0])],
  [[2, 3, 4], [':', '@', '@'], list([2, 0]), list([3, -1])],
  [[2, 3, 4], [1, '@', '1:3'], list([2, 2])],
  [[2, 3, 4], ['@', 0, '@'], list([1, 0]), list([3, 0])],
  [[2, 3, 4], ['@', null, '@'], list([1, 0]), list([2, 0])],
  [[2, 3], ['@'], MASK],
  [[2, 3, 2], ['@'], MASK],
  [[2, 2, 3], [':', '@'], MASK],
  [[4, 3], [':', '@'], mask([0, 1, 1])],
  [[2, 3, 2], ['@', '@'], MASK, list([1, 0, 1])],
  [[2, 3], ['@'], mask([0, 0, 0, 0, 0, 0], [2, 3])],
  [[3, 2], ['@'], list([1], [])],
  [[3, 2], ['@'], list([])],
  [[0, 2], ['@'], list([], [0, 3])],
];

const written = (parts: Parts, tensors: readonly unknown[]): unknown[] => {
  let next = 0;
  return parts.map((part) => (part === '@' ? tensors[next++] : part));
};

/** Which of the tensors of a sample are masks, by its parts: samples and reference meet by them alone. */
const masksOf = new Map<Parts, readonly boolean[]>(
  CASES.map(([, parts, ...tensors]) => [parts, tensors.map(({ dtype }) => dtype === 'bool')]),
);

function pickedBy(x: Plain, parts: Parts, tensors: readonly Plain[]) {
  return subscript(x.shape, plainParts(parts, tensors, masksOf.get(parts) ?? []));
}

const notAnIndex = (act: (parts: readonly q.IndexPart[]) => unknown) => [
  { name: 'an index out of range', act: () => act([3]), error: q.IndexError },
  { name: 'an index out of range in a list', act: () => act([[0, 3]]), error: q.IndexError },
  { name: 'an index far below in a list', act: () => act([':', [-5]]), error: q.IndexError },
  { name: 'too many indices', act: () => act([0, 0, 0]), error: q.IndexError },
  { name: 'a fraction in a list', act: () => act([[0.5]]), error: q.ArgumentError },
  { name: 'a negative step', act: () => act(['::-1']), error: q.ArgumentError },
  { name: 'text that is no slice', act: () => act(['a:b']), error: q.ArgumentError },
  { name: 'two ellipses', act: () => act(['...', '...']), error: q.ArgumentError },
  { name: 'no array', act: () => act(0 as never), error: q.ArgumentError },
  { name: 'a truth value', act: () => act([true as never]), error: q.ArgumentError },
  { name: 'a mask of another shape', act: () => act([q.tensor([true, false])]), error: q.ShapeError },
  {
    name: 'lists that do not broadcast',
    act: () =>
      act([
        [0, 1],
        [0, 1, 2],
      ]),
    error: q.ShapeError,
  },
  { name: 'a floating index', act: () => act([q.ones([2])]), error: q.DTypeError },
];

interface Put {
  readonly accumulate?: boolean;
}

/** x with values where the parts pick, in row-major order of the places. */
function put(
  x: Plain,
  parts: Parts,
  values: Plain,
  tensors: readonly Plain[],
  { accumulate }: Put = {},
): Plain {
  const { shape, from } = pickedBy(x, parts, tensors);
  const data = [...x.data];
  const place = (index: readonly number[]) => x.shape.reduce((sum, dim, i) => sum * dim + index[i], 0);
  for (const to of indicesOf(shape)) {
    const target = place(from(to));
    data[target] = (accumulate ? data[target] : 0) + broadcastAt(values, to);
  }
  return { shape: x.shape, data };
}

/** The cases with values of the whole result's shape, and with fewer dimensions. */
const PUTS: readonly Sample<[Parts, Put?]>[] = CASES.flatMap(([shape, parts, ...tensors]) => {
  const plains = tensors.map((one) => ({ shape: one.shape, data: one.data ?? [] }));
  // An expanded mask is another one, of which more or less is true: one value fits any.
  const masked = tensors.some(({ dtype }) => dtype === 'bool');
  const result = masked ? [] : pickedBy({ shape, data: [] }, parts, plains).shape;
  return [
    { inputs: [shape, result, ...tensors], args: [parts] as [Parts] },
    { inputs: [shape, result.slice(1), ...tensors], args: [parts, { accumulate: true }] as [Parts, Put] },
  ];
});

const putting = (fn: typeof q.indexPut, inPlace: boolean) =>
  row<[Parts, Put?]>({
    family: inPlace ? 'In place' : 'Indexing',
    fn,
    positional: ([x, values, ...tensors], [parts, ...options]) => [
      x,
      written(parts as Parts, tensors),
      values,
      ...options,
    ],
    // Tests in place begin with two dimensions of other sizes.
    samples: [{ inputs: [[2, 3], [3]], args: [[0]] as [Parts] }, ...PUTS],
    large: {
      inputs: [
        [130, 515],
        [],
        mask(
          Array.from({ length: 130 * 515 }, (_, i) => Number(i % 3 === 0)),
          [130, 515],
        ),
      ],
      args: [LARGE],
    },
    reference: ([x, values, ...tensors], parts, options) => put(x, parts, values, tensors, options),
    dtypes: ['float32', 'float64', 'int32'],
    precision: 'summed',
    gradient: 2,
    inPlace,
    errors: [
      ...notAnIndex((parts) => fn(q.ones([3, 4]), parts, 1)),
      {
        name: 'values that do not broadcast',
        act: () => fn(q.ones([3, 4]), [0], q.ones([3])),
        error: q.ShapeError,
      },
      {
        name: 'values of another dtype',
        act: () => fn(q.ones([3, 4]), [0], q.ones([4], { dtype: 'int32' })),
        error: q.DTypeError,
      },
    ],
  });

const LARGE: Parts = ['@'];
masksOf.set(LARGE, [true]);

function nonzeroRows(x: Plain): number[][] {
  const found: number[][] = [];
  let i = 0;
  for (const place of indicesOf(x.shape)) if (x.data[i++] !== 0) found.push([...place]);
  return found;
}

const tabled = (x: Plain): Plain => {
  const found = nonzeroRows(x);
  return { shape: [found.length, x.shape.length], data: found.flat() };
};

const SPARSE = [0, 2, 0, 1, 0, 3];
const finding = {
  family: 'Indexing',
  result: (): q.DType => 'int32',
  precision: 'exact',
} as const;

function selected(x: Plain, where: Plain): Plain {
  const shape = broadcastShape(x.shape, where.shape);
  const data: number[] = [];
  for (const place of indicesOf(shape)) if (broadcastAt(where, place) !== 0) data.push(broadcastAt(x, place));
  return { shape: [data.length], data };
}

function maskedIn(x: Plain, where: Plain, source: Plain): Plain {
  let next = 0;
  return build(broadcastShape(x.shape, where.shape), (place) =>
    broadcastAt(where, place) !== 0 ? source.data[next++] : broadcastAt(x, place),
  );
}

const maskErrors = (fn: (x: q.Tensor, by: q.Tensor) => unknown) => [
  {
    name: 'a mask that does not fit',
    act: () => fn(q.ones([2]), q.ones([3], { dtype: 'bool' })),
    error: q.ShapeError,
  },
  { name: 'a mask that is not bool', act: () => fn(q.ones([2]), q.ones([2])), error: q.DTypeError },
];

const maskedWriting = (fn: typeof q.maskedScatter, inPlace: boolean) =>
  row({
    family: inPlace ? 'In place' : 'Indexing',
    fn,
    samples: [
      // Sources that are long enough for an expanded mask too, which may be true everywhere.
      { inputs: [[2, 3], MASK, [6]] },
      { inputs: [[2, 3], mask([1, 0, 1]), [2, 4]] },
      { inputs: [[2, 3], mask([0, 0, 0]), [1]] },
      { inputs: [[], mask([1], []), [1]] },
      { inputs: [[0, 3], mask([1, 0, 1]), [1]] },
    ],
    reference: ([x, where, source]) => maskedIn(x, where, source),
    precision: 'exact',
    gradient: 2,
    inPlace,
    errors: [
      ...maskErrors((x, by) => fn(x, by, q.ones([3]))),
      {
        name: 'a source that is too short',
        act: () => fn(q.ones([2]), q.ones([2], { dtype: 'bool' }), q.ones([1])),
        error: q.ArgumentError,
      },
      {
        name: 'a source of another dtype',
        act: () => fn(q.ones([1]), q.ones([1], { dtype: 'bool' }), q.ones([1], { dtype: 'int32' })),
        error: q.DTypeError,
      },
    ],
  });

const place = (i: number, size: number) => (i < 0 ? i + size : i);

export const subscriptRows = {
  index: row<[Parts]>({
    family: 'Indexing',
    fn: q.index,
    positional: ([x, ...tensors], [parts]) => [x, written(parts as Parts, tensors)],
    samples: CASES.map(([shape, parts, ...tensors]) => ({ inputs: [shape, ...tensors], args: [parts] })),
    large: {
      inputs: [
        [130, 515],
        mask(
          Array.from({ length: 130 * 515 }, (_, i) => Number(i % 3 === 0)),
          [130, 515],
        ),
      ],
      args: [LARGE],
    },
    reference: ([x, ...tensors], parts) => {
      const { shape, from } = pickedBy(x, parts, tensors);
      return build(shape, (to) => at(x, from(to)));
    },
    precision: 'exact',
    gradient: 2,
    errors: notAnIndex((parts) => q.index(q.ones([3, 4]), parts)),
  }),
  indexPut: putting(q.indexPut, false),
  indexPut_: putting(q.indexPut_, true),
  nonzero: row<[options?: q.NonzeroOptions]>({
    ...finding,
    fn: q.nonzero,
    samples: [
      { inputs: [{ shape: [2, 3], data: SPARSE }] },
      { inputs: [{ shape: [2, 3], data: SPARSE }], args: [{ asTuple: true }] },
      { inputs: [{ shape: [], data: [1] }] },
      { inputs: [{ shape: [], data: [1] }], args: [{ asTuple: true }] },
      { inputs: [[0, 2]] },
      { inputs: [[0, 2]], args: [{ asTuple: true }] },
    ],
    reference: ([x], { asTuple = false } = {}) => {
      if (!asTuple) return tabled(x);
      const found = nonzeroRows(x.shape.length === 0 ? { shape: [1], data: x.data } : x);
      return Array.from({ length: Math.max(1, x.shape.length) }, (_, axis) => ({
        shape: [found.length],
        data: found.map((one) => one[axis]),
      }));
    },
    errors: [{ name: 'a number', act: () => q.nonzero(3 as never), error: q.ArgumentError }],
  }),
  argwhere: row({
    ...finding,
    fn: q.argwhere,
    samples: [
      { inputs: [{ shape: [3, 2], data: SPARSE }] },
      { inputs: [{ shape: [], data: [0] }] },
      { inputs: [[0]] },
    ],
    reference: ([x]) => tabled(x),
    errors: [{ name: 'a number', act: () => q.argwhere(3 as never), error: q.ArgumentError }],
  }),
  maskedSelect: row({
    family: 'Indexing',
    fn: q.maskedSelect,
    samples: [
      { inputs: [[2, 3], MASK] },
      { inputs: [[2, 1], mask([1, 0, 1])] },
      { inputs: [[3], mask([0, 0, 0])] },
      { inputs: [[], mask([1], [])] },
      { inputs: [[0, 3], mask([1, 0, 1])] },
    ],
    reference: ([x, where]) => selected(x, where),
    precision: 'exact',
    gradient: 2,
    errors: maskErrors(q.maskedSelect),
  }),
  maskedScatter: maskedWriting(q.maskedScatter, false),
  maskedScatter_: maskedWriting(q.maskedScatter_, true),
  take: row({
    family: 'Indexing',
    fn: q.take,
    samples: [
      { inputs: [[2, 3], list([5, 0, -1, 5], [2, 2])] },
      { inputs: [[4], list([], [0, 2])] },
      { inputs: [[], list([0])] },
      { inputs: [[3], list([2], [])] },
    ],
    reference: ([x, where]) => build(where.shape, (to) => x.data[place(at(where, to), x.data.length)]),
    precision: 'exact',
    gradient: 2,
    errors: [
      { name: 'a place out of range', act: () => q.take(q.ones([3]), int([3])), error: q.IndexError },
      { name: 'a floating index', act: () => q.take(q.ones([3]), q.ones([1])), error: q.DTypeError },
    ],
  }),
  takeAlongDim: row<[dim?: number]>({
    family: 'Indexing',
    fn: q.takeAlongDim,
    samples: [
      { inputs: [[2, 3], list([2, 0], [2, 1])], args: [1] },
      { inputs: [[2, 3], list([1, 0, 1, 1], [4, 1])], args: [0] },
      { inputs: [[1, 3], list([2, 0, 0, 1], [2, 2])], args: [-1] },
      { inputs: [[2, 3], list([5, 0, 3], [3, 1])] },
      { inputs: [[0, 2], list([], [0, 1])], args: [1] },
    ],
    reference: ([x, where], dim) => {
      if (dim === undefined) return { shape: [where.data.length], data: where.data.map((i) => x.data[i]) };
      const axis = fromFront(dim, x.shape.length);
      const shape = broadcastShape(
        x.shape.map((size, i) => (i === axis ? 1 : size)),
        where.shape.map((size, i) => (i === axis ? 1 : size)),
      ).map((size, i) => (i === axis ? where.shape[axis] : size));
      return build(shape, (to) => {
        // The index along its own axis is never broadcast.
        const chosen = at(
          where,
          to.map((i, j) => (where.shape[j] === 1 && j !== axis ? 0 : i)),
        );
        return at(
          x,
          to.map((i, j) => (j === axis ? chosen : x.shape[j] === 1 ? 0 : i)),
        );
      });
    },
    precision: 'exact',
    gradient: 2,
    errors: [
      {
        name: 'another number of dimensions',
        act: () => q.takeAlongDim(q.ones([2, 2]), int([0]), 0),
        error: q.ShapeError,
      },
      {
        name: 'shapes that do not broadcast',
        act: () => q.takeAlongDim(q.ones([2, 2]), int([0, 0, 0]).reshape([3, 1]), 1),
        error: q.ShapeError,
      },
      {
        name: 'an index out of range',
        act: () => q.takeAlongDim(q.ones([2]), int([2]), 0),
        error: q.IndexError,
      },
    ],
  }),
  put_: row<[options?: Put]>({
    family: 'In place',
    fn: q.put_,
    samples: [
      { inputs: [[2, 3], list([5, 0, -2, 0], [2, 2]), [2, 2]] },
      { inputs: [[2, 3], list([5, 0, -2, 0], [2, 2]), [2, 2]], args: [{ accumulate: true }] },
      { inputs: [[], list([0]), [1]] },
      { inputs: [[0], list([]), [0]] },
    ],
    reference: ([x, where, source], { accumulate = false } = {}) => {
      const data = [...x.data];
      where.data.forEach((i, j) => {
        const to = place(i, data.length);
        data[to] = (accumulate ? data[to] : 0) + source.data[j];
      });
      return { shape: x.shape, data: data.map((value) => stored(value, 'float64')) };
    },
    dtypes: ['float32', 'float64', 'int32'],
    precision: 'summed',
    gradient: 2,
    inPlace: true,
    errors: [
      {
        name: 'a place out of range',
        act: () => q.put_(q.ones([3]), int([3]), q.ones([1])),
        error: q.IndexError,
      },
      {
        name: 'a source of another shape',
        act: () => q.put_(q.ones([3]), int([1]), q.ones([2])),
        error: q.ShapeError,
      },
      {
        name: 'a leaf that requires gradients',
        act: () => q.put_(q.ones([2], { requiresGrad: true }), int([1]), q.ones([1])),
        error: q.GradientError,
      },
    ],
  }),
};
