// Rows of the op database: losses and normalisation.

import * as q from 'quern';
import { at, build, mapped, type Plain, scalar } from '../support/plain.js';
import { sigmoid } from '../support/reference/functions.js';
import { alongRows, logsumexp, mean, reduced, total, variance } from '../support/reference/reduce.js';
import { FLOATS, type Input, row, type Sample, type Spec } from './row.js';

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

type ClassLoss = Loss & { ignoreIndex?: number; labelSmoothing?: number };

const classes = (shape: readonly number[], data: readonly number[]): Input => ({
  shape,
  data,
  dtype: 'int32',
});

/** −logs[class], mixed with the mean over all classes, and the mean over those that count. */
function negativeLogLikelihood(
  logs: Plain,
  target: Plain,
  weight: Plain | undefined,
  options: ClassLoss = {},
): Plain {
  const { ignoreIndex: ignored = -100, labelSmoothing: smoothing = 0 } = options;
  const axis = logs.shape.length === 1 ? 0 : 1;
  const weightOf = (label: number): number => weight?.data[label] ?? 1;
  const losses = build(target.shape, (place) => {
    const label = at(target, place);
    if (label === ignored) return 0;
    const loss = (one: number): number =>
      -weightOf(one) * at(logs, axis === 0 ? [one] : [place[0], one, ...place.slice(1)]);
    const every = Array.from({ length: logs.shape[axis] }, (_, one) => loss(one));
    return (1 - smoothing) * loss(label) + smoothing * (total(every) / every.length);
  });
  const counted = target.data.filter((label) => label !== ignored).map(weightOf);
  return reduceLosses(losses, options, total(counted));
}

const logSoftmax = (x: Plain): Plain =>
  alongRows(x, x.shape.length === 1 ? 0 : 1, (values) => values.map((value) => value - logsumexp(values)));

function ofClasses(
  fn: (input: q.Tensor, target: q.Tensor, options?: ClassLoss) => q.Tensor,
  logs: (x: Plain) => Plain,
  samples: readonly Sample<[options?: ClassLoss]>[] = [],
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
      { inputs: [[3, 40], classes([3], [39, 0, 17])] },
      {
        inputs: [
          [2, 3, 2, 20],
          classes(
            [2, 2, 20],
            Array.from({ length: 80 }, (_, i) => i % 3),
          ),
        ],
      },
      ...samples,
    ],
    positional: ([x, target, weight], [options]) => [
      x,
      target,
      weight === undefined ? options : { ...(options as object), weight: (weight as q.Tensor).detach() },
    ],
    large: {
      inputs: [
        [700, 120],
        classes(
          [700],
          Array.from({ length: 700 }, (_, i) => (i * 7) % 120),
        ),
      ],
    },
    reference: ([x, target, weight], options) => negativeLogLikelihood(logs(x), target, weight, options),
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

/** The last dimensions of x, normalised together by a function, scaled and shifted. */
function rowNorm(
  x: Plain,
  shape: number | readonly number[],
  weight: Plain | undefined,
  bias: Plain | undefined,
  normalise: (values: readonly number[]) => readonly number[],
): Plain {
  const n = [shape].flat().reduce((product, dim) => product * dim, 1);
  const data: number[] = [];
  for (let start = 0; start < x.data.length; start += n) {
    normalise(x.data.slice(start, start + n)).forEach((value, i) => {
      data.push(value * (weight?.data[i] ?? 1) + (bias?.data[i] ?? 0));
    });
  }
  return { shape: x.shape, data };
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
  crossEntropy: ofClasses(functional.crossEntropy, logSoftmax, [
    { inputs: [[3, 4], classes([3], [0, 3, -100])], args: [{ labelSmoothing: 0.2 }] },
    {
      inputs: [[2, 3, 5], classes([2, 5], [0, 1, 2, 1, 1, 0, 0, 2, 1, 2])],
      args: [{ labelSmoothing: 0.1, reduction: 'none' }],
    },
  ]),
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
      { inputs: [[2, 3, 2, 2, 3], [3], [3]], args: [{ training: true }] },
      { inputs: [[4, 70], [70], [70]], args: [{ training: true }] },
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
  layerNorm: row<[shape: number | readonly number[], options?: { eps?: number }]>({
    family: 'Normalisation',
    fn: functional.layerNorm,
    positional: ([x, weight, bias], [shape, options]) => [x, shape, { weight, bias, ...(options as object) }],
    samples: [
      { inputs: [[5]], args: [5] },
      { inputs: [[3, 4], [4], [4]], args: [4] },
      {
        inputs: [
          [2, 3, 2, 5],
          [2, 5],
        ],
        args: [[2, 5], { eps: 1e-3 }],
      },
      // Equal values, as expanded operands have, are told apart by rounding alone: it is divided by √eps.
      { inputs: [[2, 70], [70], [70]], args: [70, { eps: 0.1 }] },
      { inputs: [[0, 3], [3], [3]], args: [3] },
    ],
    large: { inputs: [[300, 515], [515], [515]], args: [515] },
    reference: ([x, weight, bias], shape, { eps = 1e-5 } = {}) =>
      rowNorm(x, shape, weight, bias, (values) => {
        const centre = mean(values);
        const scale = 1 / Math.sqrt(variance(values, 0) + eps);
        return values.map((value) => (value - centre) * scale);
      }),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'other last dimensions',
        act: () => functional.layerNorm(q.ones([2, 3]), 2),
        error: q.ShapeError,
      },
      {
        name: 'a weight of another size',
        act: () => functional.layerNorm(q.ones([2, 3]), 3, { weight: q.ones([2]) }),
        error: q.ShapeError,
      },
      {
        name: 'integers',
        act: () => functional.layerNorm(q.ones([3], { dtype: 'int32' }), 3),
        error: q.DTypeError,
      },
      {
        name: 'a bias of another dtype',
        act: () => functional.layerNorm(q.ones([3]), 3, { bias: q.ones([3], { dtype: 'float64' }) }),
        error: q.DTypeError,
      },
      {
        name: 'a negative eps',
        act: () => functional.layerNorm(q.ones([3]), 3, { eps: -1 }),
        error: q.ArgumentError,
      },
      { name: 'no dimensions', act: () => functional.layerNorm(q.ones([3]), []), error: q.ArgumentError },
    ],
  }),
  rmsNorm: row<[shape: number | readonly number[], options?: { eps?: number }]>({
    family: 'Normalisation',
    fn: functional.rmsNorm,
    positional: ([x, weight], [shape, options]) => [x, shape, { weight, ...(options as object) }],
    samples: [
      { inputs: [[5]], args: [5] },
      { inputs: [[3, 4], [4]], args: [4] },
      {
        inputs: [
          [2, 3, 2, 5],
          [2, 5],
        ],
        args: [[2, 5], { eps: 1e-3 }],
      },
      { inputs: [[0, 3], [3]], args: [3] },
    ],
    large: { inputs: [[300, 515], [515]], args: [515] },
    reference: ([x, weight], shape, { eps = 0 } = {}) =>
      rowNorm(x, shape, weight, undefined, (values) => {
        const scale = 1 / Math.sqrt(mean(values.map((value) => value * value)) + eps);
        return values.map((value) => value * scale);
      }),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'other last dimensions',
        act: () => functional.rmsNorm(q.ones([2, 3]), 2),
        error: q.ShapeError,
      },
      {
        name: 'a weight of another size',
        act: () => functional.rmsNorm(q.ones([2, 3]), 3, { weight: q.ones([2]) }),
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
