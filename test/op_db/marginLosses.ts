// Rows of the op database: losses of margins.

import * as q from 'quern';
import { mean } from '../support/reference/reduce.js';
import {
  classErrors,
  cosine,
  elementwise,
  ints,
  type Loss,
  type MultiMargin,
  many,
  multilabelMargin,
  multiMargin,
  ofRows,
  pairErrors,
  reduceLosses,
  reductions,
  refusals,
  signs,
  type Triplet,
  triplet,
  tripletErrors,
  triplets,
  two,
  unit,
} from './lossReferences.js';
import { FLOATS, row } from './row.js';

const { functional } = q.nn;

export const marginLossRows = {
  hingeLoss: elementwise<Loss & { margin?: number }>(
    functional.hingeLoss,
    reductions([[2, 3], signs(2, 3)], { inputs: [[3, 40], signs(3, 40)], args: [{ margin: 0.5 }] }),
    ([x, y], { margin = 1 }) => Math.max(0, margin - x * y),
  ),
  hingeEmbeddingLoss: elementwise<Loss & { margin?: number }>(
    functional.hingeEmbeddingLoss,
    reductions([[2, 3], signs(2, 3)], { inputs: [[3, 40], signs(3, 40)], args: [{ margin: 0.5 }] }),
    ([x, y], { margin = 1 }) => (y === 1 ? x : Math.max(0, margin - x)),
  ),
  softMarginLoss: elementwise(
    functional.softMarginLoss,
    reductions([[2, 3], signs(2, 3)], { inputs: many }),
    ([x, y]) => Math.log1p(Math.exp(-x * y)),
  ),
  marginRankingLoss: elementwise<Loss & { margin?: number }>(
    functional.marginRankingLoss,
    reductions([[5], [5], signs(5)], { inputs: [[3, 40], [3, 40], signs(3, 40)], args: [{ margin: 0.5 }] }),
    ([a, b, y], { margin = 0 }) => Math.max(0, -y * (a - b) + margin),
    {
      kinkAtTies: true,
      errors: refusals(
        functional.marginRankingLoss,
        () => [q.ones([2]), q.ones([2]), q.ones([2])],
        () => q.ones([2, 1]),
      ),
    },
  ),
  cosineEmbeddingLoss: row<[options?: Loss & { margin?: number }]>({
    family: 'Losses',
    fn: functional.cosineEmbeddingLoss,
    samples: [
      { inputs: [[4, 3], [4, 3], signs(4)] },
      { inputs: [[4, 3], [4, 3], signs(4)], args: [{ reduction: 'sum', margin: 0.2 }] },
      { inputs: [[4, 3], [4, 3], signs(4)], args: [{ reduction: 'none' }] },
      { inputs: [[5], [5], ints([], [-1])] },
    ],
    reference: ([a, b, y], options = {}) =>
      reduceLosses(
        ofRows([a, b], ([x1, x2], i) => {
          const angle = cosine(x1, x2);
          return y.data[i] === 1 ? 1 - angle : Math.max(0, angle - (options.margin ?? 0));
        }),
        options.reduction,
      ),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: refusals(
      functional.cosineEmbeddingLoss,
      () => [q.ones([2, 3]), q.ones([2, 3]), q.ones([2])],
      () => q.ones([1]),
    ),
  }),
  tripletMarginLoss: row<[options?: Triplet]>({
    family: 'Losses',
    fn: functional.tripletMarginLoss,
    samples: [
      { inputs: triplets },
      { inputs: triplets, args: [{ reduction: 'none', swap: true }] },
      { inputs: triplets, args: [{ reduction: 'sum', p: 3, eps: 0.1, margin: 0.5 }] },
      { inputs: [[5], [5], [5]] },
    ],
    reference: (operands, options = {}) =>
      reduceLosses(
        ofRows(operands, ([a, b, c]) => triplet(a, b, c, options)),
        options.reduction,
      ),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    kinkAtTies: true,
    errors: tripletErrors(functional.tripletMarginLoss),
  }),
  tripletMarginWithDistanceLoss: row<
    [options?: Triplet & { distanceFunction?: (a: q.Tensor, b: q.Tensor) => q.Tensor }]
  >({
    family: 'Losses',
    fn: functional.tripletMarginWithDistanceLoss,
    samples: [
      { inputs: triplets },
      { inputs: triplets, args: [{ reduction: 'none', swap: true }] },
      {
        inputs: [
          [2, 2, 3],
          [2, 2, 3],
          [2, 2, 3],
        ],
        args: [{ margin: 0.5 }],
      },
    ],
    reference: (operands, options = {}) =>
      reduceLosses(
        ofRows(operands, ([a, b, c]) => triplet(a, b, c, options)),
        options.reduction,
      ),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    kinkAtTies: true,
    errors: [
      ...tripletErrors(functional.tripletMarginWithDistanceLoss),
      {
        name: 'a distance that is no function',
        act: () =>
          functional.tripletMarginWithDistanceLoss(two(), two(), two(), { distanceFunction: 2 as never }),
        error: q.ArgumentError,
      },
    ],
  }),
  multiMarginLoss: row<[options?: MultiMargin]>({
    family: 'Losses',
    fn: functional.multiMarginLoss,
    samples: [
      { inputs: [[3, 4], ints([3], [0, 3, 1])] },
      { inputs: [[3, 4], ints([3], [2, 2, 1])], args: [{ reduction: 'sum', p: 2 }] },
      { inputs: [[3, 4], ints([3], [2, 2, 1]), [4]], args: [{ reduction: 'none', margin: 0.5 }] },
      { inputs: [[5], ints([], [3])] },
      { inputs: [[0, 4], ints([0], [])], args: [{ reduction: 'sum' }] },
    ],
    positional: ([x, target, weight], [options]) => [
      x,
      target,
      weight === undefined ? options : { ...(options as object), weight },
    ],
    reference: multiMargin,
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    kinkAtTies: true,
    errors: [
      ...classErrors(functional.multiMarginLoss),
      {
        name: 'p: 3',
        act: () => functional.multiMarginLoss(q.ones([3]), q.zeros([], { dtype: 'int32' }), { p: 3 }),
        error: q.ArgumentError,
      },
    ],
  }),
  multilabelMarginLoss: row<[options?: Loss]>({
    family: 'Losses',
    fn: functional.multilabelMarginLoss,
    samples: [
      { inputs: [[2, 4], ints([2, 4], [3, 0, -1, 1, -1, 0, 1, 2])] },
      { inputs: [[2, 3], ints([2, 3], [0, 1, 2, 2, 2, -1])], args: [{ reduction: 'none' }] },
      { inputs: [[4], ints([4], [1, -1, -1, -1])], args: [{ reduction: 'sum' }] },
    ],
    reference: multilabelMargin,
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'a class out of range',
        act: () => functional.multilabelMarginLoss(q.ones([2]), q.tensor([2, -1], { dtype: 'int32' })),
        error: q.IndexError,
      },
      {
        name: 'another shape of targets',
        act: () => functional.multilabelMarginLoss(q.ones([2, 3]), q.zeros([3], { dtype: 'int32' })),
        error: q.ShapeError,
      },
      {
        name: 'floating classes',
        act: () => functional.multilabelMarginLoss(two(), two()),
        error: q.DTypeError,
      },
    ],
  }),
  multilabelSoftMarginLoss: row<[options?: Loss]>({
    family: 'Losses',
    fn: functional.multilabelSoftMarginLoss,
    samples: [
      {
        inputs: [
          [2, 3],
          [2, 3],
        ],
      },
      { inputs: [[2, 3], [2, 3], [3]], args: [{ reduction: 'none' }] },
      { inputs: [[5], ints([5], [0, 1, 1, 0, 1])], args: [{ reduction: 'sum' }] },
    ],
    positional: ([x, target, weight], [options]) => [
      x,
      target,
      weight === undefined ? options : { ...(options as object), weight },
    ],
    reference: ([x, target, weight], options = {}) =>
      reduceLosses(
        ofRows([x, target], ([logits, labels]) =>
          mean(
            logits.map((logit, i) => {
              const entropy =
                labels[i] * Math.log1p(Math.exp(-logit)) + (1 - labels[i]) * Math.log1p(Math.exp(logit));
              return entropy * (weight?.data[i] ?? 1);
            }),
          ),
        ),
        options.reduction,
      ),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    domain: unit,
    errors: pairErrors(functional.multilabelSoftMarginLoss),
  }),
};
