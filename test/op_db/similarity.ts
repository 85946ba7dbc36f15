// Rows of the op database: vectors scaled to length one, the angles between them, and their distances.

import * as q from 'quern';
import { at, build, fromFront, mapped, type Plain } from '../support/plain.js';
import { reduced } from '../support/reference/reduce.js';
import { FLOATS, row } from './row.js';

const F = q.nn.functional;
const whole = () => q.ones([2, 2], { dtype: 'int32' });

function unit(x: Plain, dim: number, p: number, eps: number): Plain {
  const length = (values: readonly number[]): number =>
    values.reduce((total, value) => total + Math.abs(value) ** p, 0) ** (1 / p);
  const lengths = reduced(x, [fromFront(dim, x.shape.length)], { keepdim: true }, length);
  return mapped([x, lengths], (value, l) => value / Math.max(l, eps));
}

export const similarityRows = {
  normalize: row<[dim: number, options?: { p?: number; eps?: number }]>({
    family: 'Normalisation',
    fn: F.normalize,
    samples: [
      { inputs: [[3, 4]], args: [1] },
      { inputs: [[2, 3, 2]], args: [-1, { p: 3 }] },
      { inputs: [[2, 3]], args: [0, { eps: 0.1 }] },
    ],
    large: { inputs: [[300, 70]], args: [1] },
    reference: ([x], dim, { p = 2, eps = 1e-12 } = {}) => unit(x, dim, p, eps),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    domain: { low: 0.5, high: 3 },
    errors: [
      { name: 'integers', act: () => F.normalize(whole()), error: q.DTypeError },
      { name: 'a dimension that there is not', act: () => F.normalize(q.ones([2])), error: q.ShapeError },
      {
        name: 'a negative eps',
        act: () => F.normalize(q.ones([2, 2]), 1, { eps: -1 }),
        error: q.ArgumentError,
      },
    ],
  }),
  cosineSimilarity: row<[dim: number, options?: { eps?: number }]>({
    family: 'Normalisation',
    fn: F.cosineSimilarity,
    samples: [
      {
        inputs: [
          [3, 4],
          [3, 4],
        ],
        args: [1],
      },
      {
        inputs: [
          [2, 3, 2],
          [3, 2],
        ],
        args: [-1],
      },
      {
        inputs: [
          [2, 3],
          [2, 3],
        ],
        args: [0, { eps: 0.1 }],
      },
    ],
    large: {
      inputs: [
        [300, 70],
        [300, 70],
      ],
      args: [1],
    },
    reference: ([x, y], dim, { eps = 1e-8 } = {}) => {
      const products = mapped([unit(x, dim, 2, eps), unit(y, dim, 2, eps)], (a, b) => a * b);
      const axis = fromFront(dim, products.shape.length);
      const shape = products.shape.filter((_, i) => i !== axis);
      return build(shape, (index) => {
        let total = 0;
        for (let k = 0; k < products.shape[axis]; k++)
          total += at(products, [...index.slice(0, axis), k, ...index.slice(axis)]);
        return total;
      });
    },
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    domain: { low: 0.5, high: 3 },
    errors: [
      { name: 'integers', act: () => F.cosineSimilarity(whole(), whole()), error: q.DTypeError },
      {
        name: 'shapes that do not fit',
        act: () => F.cosineSimilarity(q.ones([2, 3]), q.ones([2, 2])),
        error: q.ShapeError,
      },
      {
        name: 'a negative eps',
        act: () => F.cosineSimilarity(q.ones([2, 2]), q.ones([2, 2]), 1, { eps: -1 }),
        error: q.ArgumentError,
      },
    ],
  }),
  pairwiseDistance: row<[options?: { p?: number; eps?: number; keepdim?: boolean }]>({
    family: 'Normalisation',
    fn: F.pairwiseDistance,
    samples: [
      {
        inputs: [
          [3, 4],
          [3, 4],
        ],
      },
      { inputs: [[2, 3, 2], [2]], args: [{ p: 3, eps: 0.1, keepdim: true }] },
      { inputs: [[4], [4]], args: [{ p: 1 }] },
      { inputs: [[2, 3], [3]], args: [{ p: Number.POSITIVE_INFINITY }] },
      {
        inputs: [
          [0, 3],
          [0, 3],
        ],
      },
    ],
    large: {
      inputs: [
        [300, 70],
        [300, 70],
      ],
    },
    reference: ([x, y], { p = 2, eps = 1e-6, keepdim = false } = {}) => {
      const differences = mapped([x, y], (a, b) => Math.abs(a - b + eps));
      const length = (values: readonly number[]): number =>
        Number.isFinite(p)
          ? values.reduce((total, value) => total + value ** p, 0) ** (1 / p)
          : Math.max(...values);
      return reduced(differences, [differences.shape.length - 1], { keepdim }, length);
    },
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    kinkAtTies: true,
    errors: [
      { name: 'integers', act: () => F.pairwiseDistance(whole(), whole()), error: q.DTypeError },
      {
        name: 'shapes that do not fit',
        act: () => F.pairwiseDistance(q.ones([2, 3]), q.ones([2, 2])),
        error: q.ShapeError,
      },
      { name: 'numbers', act: () => F.pairwiseDistance(q.ones([]), q.ones([])), error: q.ShapeError },
      {
        name: 'a negative eps',
        act: () => F.pairwiseDistance(q.ones([2, 2]), q.ones([2, 2]), { eps: -1 }),
        error: q.ArgumentError,
      },
      {
        name: 'no order',
        act: () => F.pairwiseDistance(q.ones([2]), q.ones([2]), { p: 'fro' as never }),
        error: q.ArgumentError,
      },
    ],
  }),
};
