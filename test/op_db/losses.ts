// Rows of the op database: losses of regression, of distributions, of sequences, and of unequal classes.

import * as q from 'quern';
import { mapped, type Plain, scalar } from '../support/plain.js';
import { sigmoid } from '../support/reference/functions.js';
import { total } from '../support/reference/reduce.js';
import {
  type CtcArgs,
  classErrors,
  ctc,
  elementwise,
  type Focal,
  focal,
  ints,
  type Loss,
  many,
  ofRows,
  option,
  pairErrors,
  positive,
  type Reduction,
  reduceLosses,
  reductions,
  refusals,
  two,
  unit,
  xlogy,
} from './lossReferences.js';
import { FLOATS, row } from './row.js';

const { functional } = q.nn;

export const lossRows = {
  ctcLoss: row<CtcArgs>({
    family: 'Losses',
    fn: functional.ctcLoss,
    samples: [
      {
        inputs: [[4, 2, 3], ints([2, 2], [1, 2, 1, 1])],
        args: [
          [4, 3],
          [2, 2],
        ],
      },
      {
        inputs: [[4, 3, 3], ints([3], [2, 0, 0])],
        args: [[4, 2, 3], [1, 0, 2], { reduction: 'none', blank: 1 }],
      },
      { inputs: [[5, 3], ints([2], [2, 1])], args: [5, 2, { reduction: 'sum' }] },
    ],
    reference: ctc,
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'a label out of range',
        act: () => functional.ctcLoss(q.ones([2, 1, 3]), q.tensor([[3]], { dtype: 'int32' }), [2], [1]),
        error: q.IndexError,
      },
      {
        name: 'more steps than there are',
        act: () => functional.ctcLoss(q.ones([2, 1, 3]), q.tensor([[1]], { dtype: 'int32' }), [3], [1]),
        error: q.ArgumentError,
      },
      {
        name: 'lengths that do not add up',
        act: () => functional.ctcLoss(q.ones([2, 1, 3]), q.tensor([1, 1], { dtype: 'int32' }), [2], [1]),
        error: q.ShapeError,
      },
    ],
  }),
  smoothL1Loss: elementwise<Loss & { beta?: number }>(
    functional.smoothL1Loss,
    reductions(
      [
        [2, 3],
        [2, 3],
      ],
      { inputs: many, args: [{ beta: 0.5 }] },
      { inputs: [[5], [5]], args: [{ beta: 0 }] },
    ),
    ([x, y], { beta = 1 }) => {
      const d = Math.abs(x - y);
      return d < beta ? (d * d) / (2 * beta) : d - beta / 2;
    },
    {
      errors: [...pairErrors(functional.smoothL1Loss), option(functional.smoothL1Loss, 'beta', -1, two, two)],
    },
  ),
  huberLoss: elementwise<Loss & { delta?: number }>(
    functional.huberLoss,
    reductions(
      [
        [2, 3],
        [2, 3],
      ],
      { inputs: many, args: [{ delta: 0.5 }] },
      { inputs: [[0], [0]], args: [{ reduction: 'sum' }] },
    ),
    ([x, y], { delta = 1 }) => {
      const d = Math.abs(x - y);
      return d < delta ? (d * d) / 2 : delta * (d - delta / 2);
    },
    { errors: [...pairErrors(functional.huberLoss), option(functional.huberLoss, 'delta', 0, two, two)] },
  ),
  klDivLoss: row<[options?: { reduction?: Reduction | 'batchmean'; logTarget?: boolean }]>({
    family: 'Losses',
    fn: functional.klDivLoss,
    samples: [
      {
        inputs: [
          [2, 3],
          [2, 3],
        ],
      },
      {
        inputs: [
          [4, 3],
          [4, 3],
        ],
        args: [{ reduction: 'batchmean' }],
      },
      {
        inputs: [
          [2, 3],
          [2, 3],
        ],
        args: [{ reduction: 'none', logTarget: true }],
      },
      { inputs: [[5], [5]], args: [{ reduction: 'sum' }] },
    ],
    reference: ([x, y], { reduction = 'mean', logTarget = false } = {}) => {
      const losses = mapped([x, y], (log, p) =>
        logTarget ? Math.exp(p) * (p - log) : xlogy(p, p) - p * log,
      );
      if (reduction !== 'batchmean') return reduceLosses(losses, reduction);
      return scalar(total(losses.data) / x.shape[0]);
    },
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    domain: positive,
    errors: [
      ...pairErrors(functional.klDivLoss),
      {
        name: 'no batch for its mean',
        act: () => functional.klDivLoss(q.ones([]), q.ones([]), { reduction: 'batchmean' }),
        error: q.ShapeError,
      },
    ],
  }),
  poissonNllLoss: elementwise<Loss & { logInput?: boolean; full?: boolean; eps?: number }>(
    functional.poissonNllLoss,
    reductions(
      [
        [2, 3],
        [2, 3],
      ],
      { inputs: many, args: [{ logInput: false, eps: 0.01 }] },
      { inputs: many, args: [{ full: true }] },
    ),
    ([x, y], { logInput = true, full = false, eps = 1e-8 }) => {
      const stirling = y > 1 ? y * Math.log(y) - y + Math.log(2 * Math.PI * y) / 2 : 0;
      return (logInput ? Math.exp(x) - y * x : x - y * Math.log(x + eps)) + (full ? stirling : 0);
    },
    { domain: positive, smooth: { ...positive, only: (y) => Math.abs(y - 1) > 0.05 } },
  ),
  gaussianNllLoss: elementwise<Loss & { full?: boolean; eps?: number }>(
    functional.gaussianNllLoss,
    reductions(
      [
        [2, 3],
        [2, 3],
        [2, 3],
      ],
      {
        inputs: [
          [3, 4],
          [3, 4],
          [3, 1],
        ],
        args: [{ full: true }],
      },
      { inputs: [[5], [5], 0.5] },
    ),
    ([x, y, variance], { full = false, eps = 1e-6 }) => {
      const v = Math.max(variance, eps);
      return (Math.log(v) + (x - y) ** 2 / v + (full ? Math.log(2 * Math.PI) : 0)) / 2;
    },
    {
      domain: positive,
      errors: [
        ...refusals(
          functional.gaussianNllLoss,
          () => [q.ones([2, 3]), q.ones([2, 3]), q.ones([2, 3])],
          () => q.ones([3]),
        ),
        {
          name: 'a negative variance',
          act: () => functional.gaussianNllLoss(two(), two(), -1),
          error: q.ArgumentError,
        },
        {
          name: 'a variance of another dtype',
          act: () => functional.gaussianNllLoss(two(), two(), q.ones([2], { dtype: 'float64' })),
          error: q.DTypeError,
        },
      ],
    },
  ),
  sigmoidFocalLoss: elementwise<Loss & { alpha?: number; gamma?: number }>(
    (x: q.Tensor, y: q.Tensor, options?: Loss) =>
      functional.sigmoidFocalLoss(x, y, { reduction: 'mean', ...options }),
    reductions(
      [
        [2, 3],
        [2, 3],
      ],
      { inputs: many, args: [{ alpha: -1, gamma: 1.5 }] },
      { inputs: [[5], ints([5], [0, 1, 1, 0, 1])], args: [{ gamma: 0 }] },
    ),
    ([x, y], { alpha = 0.25, gamma = 2 }) => {
      const p = sigmoid(x);
      const miss = p * (1 - y) + (1 - p) * y;
      const entropy = -(y * Math.log(p) + (1 - y) * Math.log(1 - p));
      return entropy * miss ** gamma * (alpha < 0 ? 1 : alpha * y + (1 - alpha) * (1 - y));
    },
    { domain: unit, errors: pairErrors(functional.sigmoidFocalLoss) },
  ),
  focalLoss: row<[options?: Focal]>({
    family: 'Losses',
    fn: functional.focalLoss,
    samples: [
      { inputs: [[3, 4], ints([3], [0, 3, 1])] },
      { inputs: [[3, 4], ints([3], [0, -100, 1])], args: [{ gamma: 0.5 }] },
      { inputs: [[3, 4], ints([3], [2, 0, 2]), [4]], args: [{ ignoreIndex: 0, gamma: 1 }] },
      { inputs: [[2, 3, 2], ints([2, 2], [0, 2, 1, 1])], args: [{ reduction: 'none' }] },
      { inputs: [[5], ints([], [3])], args: [{ reduction: 'sum', gamma: 0 }] },
    ],
    positional: ([x, target, weight], [options]) => [
      x,
      target,
      weight === undefined
        ? options
        : { ...(options as object), weight: (weight as q.Tensor).detach().abs().add(0.5) },
    ],
    reference: ([x, target, weight], options) =>
      focal(weight ? [x, target, mapped([weight], (w) => Math.abs(w) + 0.5)] : [x, target], options),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      ...classErrors(functional.focalLoss),
      {
        name: 'a negative gamma',
        act: () => functional.focalLoss(q.ones([3]), q.zeros([], { dtype: 'int32' }), { gamma: -1 }),
        error: q.ArgumentError,
      },
    ],
  }),
  diceLoss: row<[options?: Loss & { smooth?: number }]>({
    family: 'Losses',
    fn: functional.diceLoss,
    samples: [
      {
        inputs: [
          [2, 3],
          [2, 3],
        ],
      },
      {
        inputs: [
          [3, 2, 4],
          ints(
            [3, 2, 4],
            Array.from({ length: 24 }, (_, i) => i % 2),
          ),
        ],
        args: [{ reduction: 'none' }],
      },
      {
        inputs: [
          [4, 5],
          [4, 5],
        ],
        args: [{ reduction: 'sum', smooth: 0 }],
      },
    ],
    reference: ([x, y], { smooth = 1, reduction } = {}) => {
      const flat = (one: Plain): Plain => ({ ...one, shape: [one.shape[0], one.data.length / one.shape[0]] });
      const losses = ofRows([flat(x), flat(y)], ([p, labels]) => {
        const squares = total([...p, ...labels].map((value) => value * value));
        return 1 - (2 * total(p.map((value, i) => value * labels[i])) + smooth) / (squares + smooth);
      });
      return reduceLosses(losses, reduction);
    },
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    domain: unit,
    errors: [...pairErrors(functional.diceLoss), option(functional.diceLoss, 'smooth', -1, two, two)],
  }),
};
