// Rows of the op database: losses of regression, of distributions, of margins, and of unequal classes.

import * as q from 'quern';
import { at, build, mapped, type Plain, scalar } from '../support/plain.js';
import { sigmoid } from '../support/reference/functions.js';
import { logsumexp, mean, total } from '../support/reference/reduce.js';
import { type ErrorCase, FLOATS, type Input, type InputLike, row, type Sample, type Spec } from './row.js';

const { functional } = q.nn;

type Reduction = 'mean' | 'sum' | 'none';
type Loss = { reduction?: Reduction };

/** The losses, or their mean or sum. */
function reduceLosses(losses: Plain, reduction: Reduction = 'mean'): Plain {
  if (reduction === 'none') return losses;
  return scalar(reduction === 'mean' ? mean(losses.data) : total(losses.data));
}

const ints = (shape: readonly number[], data: readonly number[]): Input => ({ shape, data, dtype: 'int32' });

/** Labels 1 and −1, whole, as a function of their place. */
const signs = (...shape: number[]): Input =>
  ints(
    shape,
    Array.from({ length: shape.reduce((product, dim) => product * dim, 1) }, (_, i) =>
      i % 3 === 1 ? -1 : 1,
    ),
  );

// biome-ignore lint/suspicious/noExplicitAny: losses take their operands and their options
type Any = (...values: any[]) => q.Tensor;

/** What every loss refuses, given operands of two elements with one in a shape that would broadcast. */
function refusals(
  fn: Any,
  operands: () => readonly (q.Tensor | number)[],
  wrong: () => q.Tensor,
): ErrorCase[] {
  const rest = (): readonly (q.Tensor | number)[] => operands().slice(1);
  const last = (): readonly (q.Tensor | number)[] => operands().slice(0, -1);
  return [
    { name: 'shapes that would broadcast', act: () => fn(...last(), wrong()), error: q.ShapeError },
    {
      name: 'integers',
      act: () => fn((operands()[0] as q.Tensor).to('int32'), ...rest()),
      error: q.DTypeError,
    },
    {
      name: 'a reduction that there is not',
      act: () => fn(...operands(), { reduction: 'avg' }),
      error: q.ArgumentError,
    },
  ];
}

const pairErrors = (fn: Any): ErrorCase[] =>
  refusals(
    fn,
    () => [q.ones([2]), q.ones([2])],
    () => q.ones([2, 1]),
  );

/** The same operands with each reduction, then other samples. */
function reductions(
  inputs: readonly InputLike[],
  ...more: { readonly inputs: readonly InputLike[]; readonly args?: readonly object[] }[]
): Sample<[options?: object]>[] {
  const each = (['mean', 'sum', 'none'] as const).map((reduction) => ({ inputs, args: [{ reduction }] }));
  return [...each, ...more] as Sample<[options?: object]>[];
}

/** A loss of the elements of operands of one shape. */
function elementwise<O extends Loss>(
  fn: Any,
  samples: readonly Sample<[options?: O]>[],
  loss: (values: readonly number[], options: Partial<O>) => number,
  spec: Partial<Spec<[options?: O]>> = {},
) {
  return row<[options?: O]>({
    family: 'Losses',
    fn,
    samples,
    reference: (operands, options) =>
      reduceLosses(
        mapped(operands, (...values) => loss(values, options ?? {})),
        options?.reduction,
      ),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: pairErrors(fn),
    ...spec,
  });
}

const option = (fn: Any, name: string, value: unknown, ...operands: (() => q.Tensor)[]): ErrorCase => ({
  name: `${name}: ${String(value)}`,
  act: () => fn(...operands.map((make) => make()), { [name]: value }),
  error: q.ArgumentError,
});
const two = (): q.Tensor => q.ones([2]);

const xlogy = (x: number, y: number): number => (x === 0 ? 0 : x * Math.log(y));
const positive = { low: 0.1, high: 3 };
const unit = { low: 0.05, high: 0.95 };
const many = [
  [3, 40],
  [3, 40],
];

/** A loss of the rows of the last dimension of operands of one shape. */
function ofRows(
  operands: readonly Plain[],
  loss: (rows: readonly number[][], place: number) => number,
): Plain {
  const { shape } = operands[0];
  const width = shape[shape.length - 1];
  const rowsOf = (i: number): number[][] =>
    operands.map(({ data }) => [...data.slice(i * width, (i + 1) * width)]);
  const outer = shape.slice(0, -1);
  const count = outer.reduce((product, dim) => product * dim, 1);
  return { shape: outer, data: Array.from({ length: count }, (_, i) => loss(rowsOf(i), i)) };
}

type Triplet = Loss & { p?: number; eps?: number; margin?: number; swap?: boolean };

function triplet(a: readonly number[], b: readonly number[], c: readonly number[], options: Triplet): number {
  const { p = 2, eps = 1e-6, margin = 1, swap = false } = options;
  const distance = (x: readonly number[], y: readonly number[]): number =>
    total(x.map((value, i) => Math.abs(value - y[i] + eps) ** p)) ** (1 / p);
  const far = swap ? Math.min(distance(a, c), distance(b, c)) : distance(a, c);
  return Math.max(0, distance(a, b) - far + margin);
}

const triplets = [
  [4, 3],
  [4, 3],
  [4, 3],
];
const tripletErrors = (fn: Any): ErrorCase[] => [
  ...refusals(
    fn,
    () => [q.ones([2, 3]), q.ones([2, 3]), q.ones([2, 3])],
    () => q.ones([1, 3]),
  ),
  { name: 'no margin', act: () => fn(two(), two(), two(), { margin: 0 }), error: q.ArgumentError },
];

const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    total(x.map((value, i) => value * y[i]));
  return dot(a, b) / Math.sqrt((dot(a, a) + 1e-12) * (dot(b, b) + 1e-12));
};

const classErrors = (fn: Any): ErrorCase[] => [
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
  { name: 'floating classes', act: () => fn(q.ones([2, 3]), q.ones([2])), error: q.DTypeError },
];

type MultiMargin = Loss & { p?: number; margin?: number };

function multiMargin([x, target, weight]: readonly Plain[], options: MultiMargin = {}): Plain {
  const { p = 1, margin = 1 } = options;
  const losses = ofRows([x], ([scores], i) => {
    const y = target.data[i];
    const parts = scores.map((score, j) => (j === y ? 0 : Math.max(0, margin - scores[y] + score) ** p));
    return ((weight?.data[y] ?? 1) * total(parts)) / scores.length;
  });
  return reduceLosses(losses, options.reduction);
}

function multilabelMargin([x, target]: readonly Plain[], options: Loss = {}): Plain {
  const losses = ofRows([x, target], ([scores, listed]) => {
    const end = listed.findIndex((label) => label < 0);
    const right = end < 0 ? listed : listed.slice(0, end);
    const others = scores.filter((_, i) => !right.includes(i));
    const parts = right.flatMap((y) => others.map((score) => Math.max(0, 1 - (scores[y] - score))));
    return total(parts) / scores.length;
  });
  return reduceLosses(losses, options.reduction);
}

type Focal = Loss & { gamma?: number; ignoreIndex?: number };

function focal([x, target, weight]: readonly Plain[], options: Focal = {}): Plain {
  const { gamma = 2, ignoreIndex = -100, reduction = 'mean' } = options;
  const weightOf = (label: number): number => (label === ignoreIndex ? 0 : (weight?.data[label] ?? 1));
  const losses = build(target.shape, (place) => {
    const label = at(target, place);
    if (label === ignoreIndex) return 0;
    const [sample, ...rest] = place;
    const logit = (one: number): number => at(x, target.shape.length === 0 ? [one] : [sample, one, ...rest]);
    const classCount = x.shape[x.shape.length === 1 ? 0 : 1];
    const log = logit(label) - logsumexp(Array.from({ length: classCount }, (_, one) => logit(one)));
    return -weightOf(label) * (1 - Math.exp(log)) ** gamma * log;
  });
  if (reduction !== 'mean') return reduceLosses(losses, reduction);
  return scalar(total(losses.data) / total(target.data.map(weightOf)));
}

type Ctc = Loss & { blank?: number };
type CtcArgs = [
  inputLengths: number | readonly number[],
  targetLengths: number | readonly number[],
  options?: Ctc,
];

/** Over all paths through the classes, those that read as the labels once repeats and blanks are gone. */
function ctc(
  [x, targets]: readonly Plain[],
  times: CtcArgs[0],
  lengths: CtcArgs[1],
  options: Ctc = {},
): Plain {
  const { blank = 0, reduction = 'mean' } = options;
  const single = x.shape.length === 2;
  const classCount = x.shape[x.shape.length - 1];
  const sizes = [lengths].flat();
  let start = 0;
  const losses = sizes.map((size, n) => {
    const steps = [times].flat()[n];
    if (targets.shape.length === 2) start = n * targets.shape[1];
    const labels = targets.data.slice(start, start + size).join();
    start += size;
    let likelihood = 0;
    for (let path = 0; path < classCount ** steps; path++) {
      const read = Array.from({ length: steps }, (_, t) => Math.floor(path / classCount ** t) % classCount);
      const kept = read.filter((label, t) => label !== blank && label !== read[t - 1]);
      if (kept.join() !== labels) continue;
      likelihood += Math.exp(total(read.map((label, t) => at(x, single ? [t, label] : [t, n, label]))));
    }
    return -Math.log(likelihood) / (reduction === 'mean' ? Math.max(size, 1) : 1);
  });
  return reduceLosses({ shape: single ? [] : [losses.length], data: losses }, reduction);
}

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
