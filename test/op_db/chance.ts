// Rows of the op database: random numbers by other tensors, by further laws, and over tensors in place.

import * as q from 'quern';
import { erf } from '../support/reference/functions.js';
import { type ErrorCase, FLOATS, type Input, NUMERIC, row, type Spec } from './row.js';

const between = (value: number, low: number, high: number): number =>
  Math.min(1, Math.max(0, (value - low) / (high - low)));
const phi = (value: number): number => (1 + erf(value / Math.SQRT2)) / 2;
const ofShape = (shape: readonly number[], value: number): Input => ({
  shape,
  domain: { low: value, high: value },
});

interface Law<Args extends readonly unknown[]> {
  readonly cdf: (value: number, ...args: Args) => number;
  readonly args: Args;
  readonly whole?: boolean;
  readonly spec?: Partial<Spec<Args>>;
}

const COUNT = 20_000;

/** A function of a tensor, which gives the shape, or the parameter of each element. */
function chance<Args extends readonly unknown[]>(fn: unknown, parameter: number, law: Law<Args>) {
  const { cdf, args, whole = false, spec = {} } = law;
  return row<Args>({
    family: 'Random',
    fn,
    samples: [[2, 3], [], [0, 2], [5, 33]].map((shape) => ({ inputs: [ofShape(shape, parameter)], args })),
    large: { inputs: [ofShape([130, 515], parameter)], args },
    dtypes: FLOATS,
    distribution: { cdf, whole, sample: { inputs: [ofShape([COUNT], parameter)], args } },
    ...spec,
  });
}

const written = <Args extends readonly unknown[]>(fn: unknown, law: Law<Args>) =>
  chance<Args>(fn, 0, { ...law, spec: { family: 'In place', inPlace: true, gradient: 2, ...law.spec } });

const leaf = (act: (x: q.Tensor) => unknown): ErrorCase => ({
  name: 'a leaf that requires gradients',
  act: () => act(q.ones([2], { requiresGrad: true })),
  error: q.GradientError,
});
const integers = (act: (x: q.Tensor) => unknown): ErrorCase => ({
  name: 'integers',
  act: () => act(q.ones([2], { dtype: 'int32' })),
  error: q.DTypeError,
});
const refused = (name: string, act: () => unknown): ErrorCase => ({ name, act, error: q.ArgumentError });

/** The distribution function of counts, from their probabilities. */
const summed =
  (probability: (k: number) => number) =>
  (value: number): number => {
    let sum = 0;
    for (let k = 0; k <= value; k++) sum += probability(k);
    return sum;
  };

function poissonOf(rate: number) {
  return summed((k) => {
    let p = Math.exp(-rate);
    for (let i = 1; i <= k; i++) p *= rate / i;
    return p;
  });
}

export const chanceRows = {
  randLike: chance<[]>(q.randLike, 0, {
    cdf: (value) => between(value, 0, 1),
    args: [],
    spec: { errors: [integers(q.randLike)] },
  }),
  randnLike: chance<[]>(q.randnLike, 0, { cdf: phi, args: [], spec: { errors: [integers(q.randnLike)] } }),
  randintLike: chance<[number, number]>(q.randintLike, 0, {
    cdf: (value, low, high) => between(value + 1, low, high),
    args: [2, 9],
    whole: true,
    spec: {
      dtypes: NUMERIC,
      errors: [refused('an empty range', () => q.randintLike(q.ones([2]), 3, 3))],
    },
  }),
  exponential: row<[readonly number[], number]>({
    family: 'Random',
    fn: q.exponential,
    samples: [[], [7], [2, 3, 5], [0, 2]].map((shape) => ({ inputs: [], args: [shape, 2] })),
    large: { inputs: [], args: [[130, 515], 0.5] },
    dtypes: FLOATS,
    dtypeOption: true,
    distribution: {
      cdf: (value, _shape, rate) => 1 - Math.exp(-rate * value),
      whole: false,
      sample: { inputs: [], args: [[COUNT], 2] },
    },
    errors: [
      refused('rate 0', () => q.exponential([2], 0)),
      { name: 'a negative dimension', act: () => q.exponential([-1], 1), error: q.ShapeError },
      { name: 'an integer dtype', act: () => q.exponential([1], 1, { dtype: 'int32' }), error: q.DTypeError },
    ],
  }),
  standardGamma: chance<[]>(q.standardGamma, 3, {
    cdf: (value) => 1 - Math.exp(-value) * (1 + value + (value * value) / 2),
    args: [],
    spec: {
      errors: [
        integers(q.standardGamma),
        refused('concentration 0', () => q.standardGamma(q.tensor([1, 0]))),
        refused('an infinite concentration', () => q.standardGamma(q.tensor([Number.POSITIVE_INFINITY]))),
      ],
    },
  }),
  poisson: chance<[]>(q.poisson, 4, {
    cdf: poissonOf(4),
    args: [],
    whole: true,
    spec: {
      errors: [
        integers(q.poisson),
        refused('a negative rate', () => q.poisson(q.tensor([-1]))),
        refused('NaN', () => q.poisson(q.tensor([Number.NaN]))),
      ],
    },
  }),
  multinomial: row<[number, q.MultinomialOptions?]>({
    family: 'Random',
    fn: q.multinomial,
    samples: [
      { inputs: [{ shape: [4], data: [1, 2, 3, 4] }], args: [3] },
      { inputs: [{ shape: [2, 3], data: [1, 2, 0, 3, 0, 4] }], args: [2] },
      { inputs: [{ shape: [2, 3], data: [1, 2, 0, 3, 0, 4] }], args: [7, { replacement: true }] },
      { inputs: [[0, 3]], args: [2] },
    ],
    dtypes: FLOATS,
    result: () => 'int32',
    distribution: {
      cdf: (value) => [0.1, 0.3, 0.6, 1][value],
      whole: true,
      sample: { inputs: [{ shape: [4], data: [1, 2, 3, 4] }], args: [COUNT, { replacement: true }] },
    },
    errors: [
      integers((x) => q.multinomial(x, 1)),
      refused('a negative weight', () => q.multinomial(q.tensor([1, -1]), 1)),
      refused('an infinite weight', () => q.multinomial(q.tensor([Number.POSITIVE_INFINITY]), 1)),
      refused('weights of 0', () => q.multinomial(q.zeros([2]), 1)),
      refused('more samples than categories', () => q.multinomial(q.tensor([1, 0, 1]), 3)),
      refused('no samples', () => q.multinomial(q.ones([2]), 0)),
      { name: 'three dimensions', act: () => q.multinomial(q.ones([1, 1, 2]), 1), error: q.ShapeError },
    ],
  }),
  uniform_: written<[q.RangeOptions]>(q.uniform_, {
    cdf: (value) => between(value, -2, 3),
    args: [{ from: -2, to: 3 }],
    spec: {
      errors: [
        integers(q.uniform_),
        leaf(q.uniform_),
        refused('bounds in the wrong order', () => q.uniform_(q.ones([2]), { from: 1, to: 0 })),
      ],
    },
  }),
  normal_: written<[q.NormalOptions]>(q.normal_, {
    cdf: (value) => phi((value - 1) / 2),
    args: [{ mean: 1, std: 2 }],
    spec: {
      errors: [
        integers(q.normal_),
        leaf(q.normal_),
        refused('a negative deviation', () => q.normal_(q.ones([2]), { std: -1 })),
      ],
    },
  }),
  logNormal_: written<[q.NormalOptions]>(q.logNormal_, {
    cdf: (value) => phi((Math.log(value) - 0.5) / 0.75),
    args: [{ mean: 0.5, std: 0.75 }],
    spec: {
      errors: [
        integers(q.logNormal_),
        leaf(q.logNormal_),
        refused('a negative deviation', () => q.logNormal_(q.ones([2]), { std: -1 })),
      ],
    },
  }),
  exponential_: written<[q.ExponentialOptions]>(q.exponential_, {
    cdf: (value) => 1 - Math.exp(-3 * value),
    args: [{ lambd: 3 }],
    spec: {
      errors: [
        integers(q.exponential_),
        leaf(q.exponential_),
        refused('rate 0', () => q.exponential_(q.ones([2]), { lambd: 0 })),
      ],
    },
  }),
  cauchy_: written<[q.CauchyOptions]>(q.cauchy_, {
    cdf: (value) => 0.5 + Math.atan((value - 1) / 2) / Math.PI,
    args: [{ median: 1, sigma: 2 }],
    spec: {
      errors: [
        integers(q.cauchy_),
        leaf(q.cauchy_),
        refused('sigma 0', () => q.cauchy_(q.ones([2]), { sigma: 0 })),
        refused('an infinite median', () => q.cauchy_(q.ones([2]), { median: Number.POSITIVE_INFINITY })),
      ],
    },
  }),
  geometric_: written<[number]>(q.geometric_, {
    cdf: (value, p) => 1 - (1 - p) ** value,
    args: [0.3],
    whole: true,
    spec: {
      dtypes: NUMERIC,
      errors: [
        leaf((x) => q.geometric_(x, 0.5)),
        refused('probability 0', () => q.geometric_(q.ones([2]), 0)),
        refused('probability 1', () => q.geometric_(q.ones([2]), 1)),
      ],
    },
  }),
  bernoulli_: written<[q.BernoulliOptions]>(q.bernoulli_, {
    cdf: (value) => (value < 1 ? 0.7 : 1),
    args: [{ p: 0.3 }],
    whole: true,
    spec: {
      dtypes: NUMERIC,
      errors: [
        leaf(q.bernoulli_),
        refused('a probability over 1', () => q.bernoulli_(q.ones([2]), { p: 1.5 })),
      ],
    },
  }),
  random_: written<[q.RangeOptions]>(q.random_, {
    cdf: (value) => between(value + 1, 3, 10),
    args: [{ from: 3, to: 10 }],
    whole: true,
    spec: {
      dtypes: NUMERIC,
      errors: [
        leaf(q.random_),
        refused('an empty range', () => q.random_(q.ones([2]), { from: 3, to: 3 })),
        refused('a fraction', () => q.random_(q.ones([2]), { from: 0.5 })),
      ],
    },
  }),
};
