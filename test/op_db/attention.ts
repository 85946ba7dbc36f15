// Rows of the op database: embeddings and attention.

import * as q from 'quern';
import { at, broadcastAt, broadcastShape, build, indicesOf, type Plain } from '../support/plain.js';
import { FLOATS, type Input, row } from './row.js';

const { embedding, scaledDotProductAttention } = q.nn.functional;

const indices = (shape: readonly number[], data: readonly number[]): Input => ({
  shape,
  data,
  dtype: 'int32',
});

const truths = (shape: readonly number[], data: readonly number[]): Input => ({ shape, data, dtype: 'bool' });

type Settings = { isCausal?: boolean; scale?: number };

/** softmax(scale · q · kᵀ + mask) · v from its definition; a mask of ones and zeros alone is one of truths. */
function attention(
  [query, key, value, mask]: readonly Plain[],
  { isCausal = false, scale }: Settings = {},
  isTruth = false,
): Plain {
  const rank = (x: Plain, back: number): number => x.shape[x.shape.length - back];
  const [queries, features, keys, values] = [rank(query, 2), rank(query, 1), rank(key, 2), rank(value, 1)];
  const lead = broadcastShape(...[query, key, value].map(({ shape }) => shape.slice(0, -2)));
  const dot = (place: readonly number[], j: number): number => {
    let total = 0;
    for (let f = 0; f < features; f++)
      total += broadcastAt(query, [...place, f]) * broadcastAt(key, [...place.slice(0, -1), j, f]);
    return total;
  };
  const data: number[] = [];
  for (const place of indicesOf([...lead, queries])) {
    const i = place[place.length - 1];
    const scores = Array.from({ length: keys }, (_, j) => {
      const term = mask === undefined ? 0 : broadcastAt(mask, [...place, j]);
      if ((isCausal && j > i) || (isTruth && term === 0)) return -Infinity;
      return dot(place, j) * (scale ?? 1 / Math.sqrt(Math.max(1, features))) + (isTruth ? 0 : term);
    });
    const top = Math.max(...scores);
    const powers = scores.map((score) => (top === -Infinity ? 0 : Math.exp(score - top)));
    const total = powers.reduce((sum, power) => sum + power, 0);
    for (let column = 0; column < values; column++) {
      const sum = powers.reduce(
        (all, p, j) => all + p * broadcastAt(value, [...place.slice(0, -1), j, column]),
        0,
      );
      data.push(total === 0 ? 0 : sum / total);
    }
  }
  return { shape: [...lead, queries, values], data };
}

/** The settings of a call, and whether its mask is one of truths. */
type Call = readonly [settings?: Settings, isTruth?: boolean];

export const attentionRows = {
  embedding: row<[options?: { paddingIdx?: number }]>({
    family: 'Indexing',
    fn: embedding,
    positional: ([weight, index], args) => [index, weight, ...args],
    samples: [
      { inputs: [[4, 3], indices([5], [1, 0, 3, 1, 1])] },
      { inputs: [[3, 2], indices([2, 2], [2, 2, 0, 1])] },
      // Padding that no index names: a row that one does has values and no gradient, as differences would give it.
      { inputs: [[3, 2], indices([], [1])], args: [{ paddingIdx: -3 }] },
      { inputs: [[3, 2], indices([0], [])] },
      { inputs: [[3, 0], indices([2], [2, 1])] },
    ],
    large: {
      inputs: [
        [97, 200],
        indices(
          [6, 70],
          Array.from({ length: 420 }, (_, i) => (i * i) % 97),
        ),
      ],
    },
    reference: ([weight, index]) =>
      build([...index.shape, weight.shape[1]], (place) =>
        at(weight, [at(index, place.slice(0, -1)), place[place.length - 1]]),
      ),
    dtypes: FLOATS,
    precision: 'exact',
    gradient: 2,
    errors: [
      {
        name: 'an index out of range',
        act: () => embedding(q.tensor([3], { dtype: 'int32' }), q.ones([3, 2])),
        error: q.IndexError,
      },
      { name: 'floats for indices', act: () => embedding(q.ones([2]), q.ones([3, 2])), error: q.DTypeError },
      {
        name: 'a table of integers',
        act: () => embedding(q.tensor([0], { dtype: 'int32' }), q.ones([3, 2], { dtype: 'int32' })),
        error: q.DTypeError,
      },
      {
        name: 'a table of one dimension',
        act: () => embedding(q.tensor([0], { dtype: 'int32' }), q.ones([3])),
        error: q.ShapeError,
      },
      {
        name: 'padding out of range',
        act: () => embedding(q.tensor([0], { dtype: 'int32' }), q.ones([3, 2]), { paddingIdx: 3 }),
        error: q.ArgumentError,
      },
    ],
  }),
  scaledDotProductAttention: row<Call>({
    family: 'Products and convolutions',
    fn: scaledDotProductAttention,
    positional: ([query, key, value, attnMask], args) => [
      query,
      key,
      value,
      { attnMask, ...(args[0] as Settings | undefined) },
    ],
    samples: [
      {
        inputs: [
          [3, 2],
          [3, 2],
          [3, 2],
        ],
      },
      {
        inputs: [
          [2, 2, 5, 3],
          [2, 2, 7, 3],
          [2, 2, 7, 4],
        ],
      },
      {
        inputs: [
          [2, 5, 3],
          [2, 5, 3],
          [2, 5, 2],
        ],
        args: [{ isCausal: true }],
      },
      {
        inputs: [
          [1, 2, 4, 3],
          [2, 1, 2, 3],
          [1, 1, 2, 1],
        ],
        args: [{ isCausal: true, scale: 0.4 }],
      },
      {
        inputs: [[2, 3, 2], [2, 4, 2], [2, 4, 3], truths([3, 4], [1, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0])],
        args: [{}, true],
      },
      {
        inputs: [
          [2, 3, 2],
          [2, 4, 2],
          [2, 4, 3],
          [2, 1, 4],
        ],
        args: [{ isCausal: true }],
      },
      {
        inputs: [
          [2, 0],
          [3, 0],
          [3, 2],
        ],
      },
      {
        inputs: [
          [2, 3],
          [0, 3],
          [0, 2],
        ],
      },
      {
        inputs: [
          [0, 2, 3],
          [0, 4, 3],
          [0, 4, 2],
        ],
      },
    ],
    large: {
      inputs: [
        [2, 3, 150, 20],
        [2, 3, 170, 20],
        [2, 3, 170, 24],
      ],
      args: [{ isCausal: true }],
    },
    reference: attention,
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'features that differ',
        act: () => scaledDotProductAttention(q.ones([2, 3]), q.ones([2, 4]), q.ones([2, 3])),
        error: q.ShapeError,
      },
      {
        name: 'keys without values',
        act: () => scaledDotProductAttention(q.ones([2, 3]), q.ones([4, 3]), q.ones([2, 3])),
        error: q.ShapeError,
      },
      {
        name: 'batches that do not broadcast',
        act: () => scaledDotProductAttention(q.ones([2, 1, 3]), q.ones([3, 1, 3]), q.ones([3, 1, 3])),
        error: q.ShapeError,
      },
      {
        name: 'vectors',
        act: () => scaledDotProductAttention(q.ones([3]), q.ones([2, 3]), q.ones([2, 3])),
        error: q.ShapeError,
      },
      {
        name: 'integers',
        act: () => {
          const x = q.ones([2, 3], { dtype: 'int32' });
          return scaledDotProductAttention(x, x, x);
        },
        error: q.DTypeError,
      },
      {
        name: 'a mask of another shape',
        act: () => {
          const x = q.ones([2, 3]);
          return scaledDotProductAttention(x, x, x, { attnMask: q.ones([2, 3]) });
        },
        error: q.ShapeError,
      },
      {
        name: 'a mask of integers',
        act: () => {
          const x = q.ones([2, 3]);
          return scaledDotProductAttention(x, x, x, { attnMask: q.ones([2, 2], { dtype: 'int32' }) });
        },
        error: q.DTypeError,
      },
      {
        name: 'a probability above 1',
        act: () => scaledDotProductAttention(q.ones([2, 3]), q.ones([2, 3]), q.ones([2, 3]), { dropoutP: 2 }),
        error: q.ArgumentError,
      },
      {
        name: 'a scale that is not a number',
        act: () =>
          scaledDotProductAttention(q.ones([2, 3]), q.ones([2, 3]), q.ones([2, 3]), { scale: Number.NaN }),
        error: q.ArgumentError,
      },
    ],
  }),
};
