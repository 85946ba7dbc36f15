// Rows of the op database: losses and normalisation, which are composed of other operations.

import * as q from 'quern';
import { at, build, mapped, type Plain, scalar } from '../support/plain.js';
import { sigmoid } from '../support/reference/functions.js';
import { alongRows, logsumexp, mean, reduced, total, variance } from '../support/reference/reduce.js';
import { FLOATS, type Input, row, type Spec } from './row.js';

const { functional } = q.nn;

type Loss = { reduction?: 'mean' | 'sum' | 'none' };

/** The losses, or their mean (of a given weight) or sum. */
function reduceLosses(losses: Plain, { reduction = 'mean' }: Loss = {}, weight = losses.data.length): Plain {
  if (reduction === 'none') return losses;
  return scalar(total(losses.data) / (reduction === 'mean' ? weight : 1));
}

type Pairwise = (input: q.Tensor, target: q.Tensor, options?: Loss) => q.Tensor;

const lossErrors = (fn: Pairwise) => [
  { name: 'shapes that would broadcast', act: () => fn(q.ones([2, 1]), q.ones([2])), error: q.ShapeError },
  {
    name: 'integers',
    act: () => fn(q.ones([2], { dtype: 'int32' }), q.ones([2], { dtype: 'int32' })),
    error: q.DTypeError,
  },
  {
    name: 'a reduction that there is not',
    act: () => fn(q.ones([2]), q.ones([2]), { reduction: 'avg' as never }),
    error: q.ArgumentError,
  },
];

/** A loss of two tensors of one shape. */
function elementwise(
  fn: Pairwise,
  loss: (x: number, y: number) => number,
  spec: Partial<Spec<[options?: Loss]>> = {},
) {
  return row<[options?: Loss]>({
    family: 'Losses',
    fn,
    samples: [
      { inputs: [[5], [5]] },
      {
        inputs: [
          [2, 3],
          [2, 3],
        ],
        args: [{ reduction: 'sum' }],
      },
      {
        inputs: [
          [2, 3],
          [2, 3],
        ],
        args: [{ reduction: 'none' }],
      },
      { inputs: [[], []] },
      {
        inputs: [
          [0, 2],
          [0, 2],
        ],
        args: [{ reduction: 'sum' }],
      },
    ],
    reference: ([x, y], options) => reduceLosses(mapped([x, y], loss), options),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: lossErrors(fn),
    ...spec,
  });
}

const probabilities = { low: 0.05, high: 0.95 };

function crossEntropyOf(x: number, y: number): number {
  const log = (value: number): number => Math.max(-100, Math.log(value));
  return -(y * log(x) + (1 - y) * log(1 - x));
}

const notInUnit = (fn: (input: q.Tensor, target: q.Tensor) => q.Tensor) => ({
  name: 'targets outside [0, 1]',
  act: () => fn(q.full([2], 0.5), q.full([2], 2)),
  error: q.ArgumentError,
});

type ClassLoss = Loss & { ignoreIndex?: number };

const classes = (shape: readonly number[], data: readonly number[]): Input => ({
  shape,
  data,
  dtype: 'int32',
});

/** −logs[class], with the mean over those that count. */
function negativeLogLikelihood(logs: Plain, target: Plain, options: ClassLoss = {}): Plain {
  const ignored = options.ignoreIndex ?? -100;
  const losses = build(target.shape, (place) => {
    const label = at(target, place);
    if (label === ignored) return 0;
    return -at(logs, logs.shape.length === 1 ? [label] : [place[0], label, ...place.slice(1)]);
  });
  return reduceLosses(losses, options, target.data.filter((label) => label !== ignored).length);
}

const logSoftmax = (x: Plain): Plain =>
  alongRows(x, x.shape.length === 1 ? 0 : 1, (values) => values.map((value) => value - logsumexp(values)));

function ofClasses(
  fn: (input: q.Tensor, target: q.Tensor, options?: ClassLoss) => q.Tensor,
  logs: (x: Plain) => Plain,
) {
  return row<[options?: ClassLoss]>({
    family: 'Losses',
    fn,
    samples: [
      { inputs: [[3, 4], classes([3], [0, 3, 1])] },
      { inputs: [[3, 4], classes([3], [2, 2, 1])], args: [{ reduction: 'sum' }] },
      { inputs: [[3, 4], classes([3], [2, -100, 1])] },
      { inputs: [[3, 4], classes([3], [1, 0, 1])], args: [{ ignoreIndex: 1, reduction: 'none' }] },
      { inputs: [[2, 3, 2], classes([2, 2], [0, 2, 1, 1])] },
      { inputs: [[5], classes([], [3])] },
      { inputs: [[0, 4], classes([0], [])], args: [{ reduction: 'sum' }] },
    ],
    reference: ([x, target], options) => negativeLogLikelihood(logs(x), target, options),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'a class out of range',
        act: () => fn(q.ones([1, 3]), q.tensor([3], { dtype: 'int32' })),
        error: q.IndexError,
      },
      {
        name: 'another number of targets',
        act: () => fn(q.ones([2, 3]), q.tensor([1], { dtype: 'int32' })),
        error: q.ShapeError,
      },
      {
        name: 'integers for logits',
        act: () => fn(q.ones([1, 3], { dtype: 'int32' }), q.tensor([1], { dtype: 'int32' })),
        error: q.DTypeError,
      },
    ],
  });
}

type Normalise = { training?: boolean; eps?: number };

/** Each channel of x, normalised by its own mean and variance, scaled and shifted. */
function batchNorm([x, weight, bias]: readonly Plain[], { eps = 1e-5 }: Normalise): Plain {
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const keep = { keepdim: true };
  const centre = reduced(x, axes, keep, mean);
  const spread = reduced(x, axes, keep, (values) => variance(values, 0));
  return build(x.shape, (place) => {
    const channel = place[1];
    const normal = (at(x, place) - centre.data[channel]) / Math.sqrt(spread.data[channel] + eps);
    return normal * (weight?.data[channel] ?? 1) + (bias?.data[channel] ?? 0);
  });
}

export const functionalRows = {
  mseLoss: elementwise(functional.mseLoss, (x, y) => (x - y) ** 2),
  l1Loss: elementwise(functional.l1Loss, (x, y) => Math.abs(x - y)),
  binaryCrossEntropy: elementwise(functional.binaryCrossEntropy, crossEntropyOf, {
    domain: probabilities,
    errors: [...lossErrors(functional.binaryCrossEntropy), notInUnit(functional.binaryCrossEntropy)],
  }),
  binaryCrossEntropyWithLogits: elementwise(
    functional.binaryCrossEntropyWithLogits,
    (x, y) => crossEntropyOf(sigmoid(x), y),
    {
      domain: probabilities,
      errors: [
        ...lossErrors(functional.binaryCrossEntropyWithLogits),
        notInUnit(functional.binaryCrossEntropyWithLogits),
      ],
    },
  ),
  crossEntropy: ofClasses(functional.crossEntropy, logSoftmax),
  nllLoss: ofClasses(functional.nllLoss, (x) => x),
  batchNorm: row<[options: Normalise]>({
    family: 'Normalisation',
    fn: functional.batchNorm,
    positional: ([x, weight, bias], [options]) => [
      x,
      null,
      null,
      { weight, bias, ...(options as Normalise) },
    ],
    samples: [
      { inputs: [[6, 2]], args: [{ training: true }] },
      { inputs: [[3, 2, 2, 2], [2], [2]], args: [{ training: true, eps: 1e-3 }] },
      { inputs: [[3, 2, 4], [2]], args: [{ training: true }] },
    ],
    large: { inputs: [[16, 8, 20, 20], [8], [8]], args: [{ training: true }] },
    reference: batchNorm,
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'one value a channel',
        act: () => functional.batchNorm(q.ones([1, 2]), null, null, { training: true }),
        error: q.ShapeError,
      },
      {
        name: 'no running statistics',
        act: () => functional.batchNorm(q.ones([2, 2]), null, null),
        error: q.ArgumentError,
      },
      {
        name: 'a weight of another size',
        act: () => functional.batchNorm(q.ones([2, 2]), null, null, { training: true, weight: q.ones([3]) }),
        error: q.ShapeError,
      },
    ],
  }),
  oneHot: row<[options?: { numClasses?: number }]>({
    family: 'Indexing',
    fn: functional.oneHot,
    samples: [
      { inputs: [classes([3], [0, 2, 1])] },
      { inputs: [classes([2, 2], [0, 1, 1, 0])], args: [{ numClasses: 3 }] },
      { inputs: [classes([], [1])], args: [{ numClasses: 2 }] },
      { inputs: [classes([0], [])], args: [{ numClasses: 2 }] },
    ],
    reference: ([labels], options) => {
      const width = options?.numClasses ?? Math.max(...labels.data) + 1;
      return build([...labels.shape, width], (place) =>
        Number(at(labels, place.slice(0, -1)) === place[place.length - 1]),
      );
    },
    dtypes: ['int32'],
    precision: 'exact',
    errors: [
      {
        name: 'a class out of range',
        act: () => functional.oneHot(q.tensor([2], { dtype: 'int32' }), { numClasses: 2 }),
        error: q.IndexError,
      },
      { name: 'floats', act: () => functional.oneHot(q.ones([2])), error: q.DTypeError },
    ],
  }),
};
