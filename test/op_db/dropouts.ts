// Rows of the op database: dropout of channels, dropout that keeps mean and variance, activations with a part of chance.

import * as q from 'quern';
import { type ErrorCase, FLOATS, type Input, row } from './row.js';

const F = q.nn.functional;

const constant = (shape: readonly number[], value: number): Input => ({
  shape,
  domain: { low: value, high: value },
});

const refusals = (
  fn: (x: q.Tensor, options?: q.nn.functional.DropoutOptions) => q.Tensor,
  shape: readonly number[],
  wrongShape: readonly number[] | null,
): ErrorCase[] => [
  { name: 'a probability over 1', act: () => fn(q.ones(shape), { p: 1.5 }), error: q.ArgumentError },
  { name: 'no probability', act: () => fn(q.ones(shape), { p: Number.NaN }), error: q.ArgumentError },
  { name: 'integers', act: () => fn(q.ones(shape, { dtype: 'int32' })), error: q.DTypeError },
  ...(wrongShape === null
    ? []
    : [
        {
          name: 'another number of dimensions',
          act: () => fn(q.ones(wrongShape), { training: false }),
          error: q.ShapeError,
        },
      ]),
];

type Options = [options?: { p?: number; training?: boolean }];

interface Case {
  readonly fn: (x: q.Tensor, options?: q.nn.functional.DropoutOptions) => q.Tensor;
  readonly shapes: readonly (readonly number[])[];
  /** As many elements as it takes to see the law, each a channel. */
  readonly many: readonly number[];
  readonly large: readonly number[];
  readonly wrong: readonly number[] | null;
  /** What becomes of 1 where it is kept, and where it is dropped, with p = 1/4. */
  readonly kept: number;
  readonly gone: number;
}

function dropping({ fn, shapes, many, large, wrong, kept, gone }: Case) {
  const near = 1e-6;
  return row<Options>({
    family: 'Random',
    fn,
    samples: [
      ...shapes.map((shape, i) => ({ inputs: [shape], args: [{ p: [0.5, 0.2, 0.8][i % 3] }] as Options })),
      { inputs: [shapes[0]], args: [{ p: 0 }] },
      { inputs: [shapes[0]], args: [{ p: 1 }] },
      { inputs: [shapes[0]], args: [{ training: false }] },
    ],
    large: { inputs: [large], args: [{ p: 0.3 }] },
    dtypes: FLOATS,
    gradient: 2,
    distribution: {
      cdf: (value) => (value < gone - near ? 0 : value < kept - near ? 0.25 : 1),
      whole: true,
      sample: { inputs: [constant(many, 1)], args: [{ p: 0.25 }] },
    },
    errors: refusals(fn, shapes[0], wrong),
  });
}

const CHANNELS = { kept: 4 / 3, gone: 0 };
// a x + a α p and a α (p − 1) with α = 1.7581 and a = 1 / √((α² p + 1)(1 − p)).
const ALPHA = 1.7580993408473766;
const SCALE = 1 / Math.sqrt((ALPHA * ALPHA * 0.25 + 1) * 0.75);
const LEVEL = { kept: SCALE * (1 + ALPHA * 0.25), gone: -SCALE * ALPHA * 0.75 };

export const dropoutRows = {
  dropout1d: dropping({
    fn: F.dropout1d,
    shapes: [
      [2, 3, 4],
      [5, 7],
      [0, 3, 2],
      [2, 3, 0],
    ],
    many: [200, 100, 1],
    large: [130, 5, 103],
    wrong: [2, 3, 4, 5],
    ...CHANNELS,
  }),
  dropout2d: dropping({
    fn: F.dropout2d,
    shapes: [
      [2, 3, 4, 2],
      [5, 7, 2],
      [2, 0, 3, 3],
    ],
    many: [200, 100, 1, 1],
    large: [13, 5, 103, 10],
    wrong: [2, 3],
    ...CHANNELS,
  }),
  dropout3d: dropping({
    fn: F.dropout3d,
    shapes: [
      [2, 3, 1, 2, 3],
      [5, 2, 2, 2],
      [0, 1, 2, 2],
    ],
    many: [20_000, 1, 1, 1],
    large: [13, 5, 10, 10, 10],
    wrong: [2, 3, 4],
    ...CHANNELS,
  }),
  alphaDropout: dropping({
    fn: F.alphaDropout,
    shapes: [[2, 3], [5, 33], [], [0]],
    many: [20_000],
    large: [130, 515],
    wrong: null,
    ...LEVEL,
  }),
  featureAlphaDropout: dropping({
    fn: F.featureAlphaDropout,
    shapes: [
      [2, 3],
      [5, 3, 4],
      [2, 2, 2, 1],
      [0, 4],
    ],
    many: [200, 100, 1],
    large: [130, 5, 103],
    wrong: [3],
    ...LEVEL,
  }),
  rrelu: row<[options?: q.nn.functional.RReLUOptions]>({
    family: 'Activations',
    fn: F.rrelu,
    samples: [
      { inputs: [[]], args: [{ training: true }] },
      { inputs: [[7]], args: [{ training: true, lower: -0.5, upper: 0.75 }] },
      { inputs: [[4, 67]], args: [{ training: true }] },
      { inputs: [[3, 0]], args: [{ training: true }] },
      { inputs: [[2, 3, 5]], args: [{ lower: 0.25 }] },
      { inputs: [[4]] },
    ],
    large: { inputs: [[130, 515]], args: [{ training: true }] },
    dtypes: FLOATS,
    gradient: 2,
    smooth: { low: -3, high: 3, only: (x) => Math.abs(x) > 0.05 },
    distribution: {
      // −1 becomes minus a slope between 1/4 and 3/4.
      cdf: (value) => Math.min(1, Math.max(0, (value + 0.75) / 0.5)),
      whole: false,
      sample: {
        inputs: [constant([20_000], -1)],
        args: [{ training: true, lower: 0.25, upper: 0.75 }],
      },
    },
    errors: [
      {
        name: 'slopes in the wrong order',
        act: () => F.rrelu(q.ones([2]), { lower: 0.5, upper: 0.25 }),
        error: q.ArgumentError,
      },
      {
        name: 'an infinite slope',
        act: () => F.rrelu(q.ones([2]), { upper: Number.POSITIVE_INFINITY }),
        error: q.ArgumentError,
      },
      { name: 'integers', act: () => F.rrelu(q.ones([2], { dtype: 'int32' })), error: q.DTypeError },
    ],
  }),
  gumbelSoftmax: row<[dim?: number, options?: q.nn.functional.GumbelSoftmaxOptions]>({
    family: 'Random',
    fn: F.gumbelSoftmax,
    samples: [
      { inputs: [[5]] },
      { inputs: [[2, 3, 4]], args: [1, { tau: 0.7 }] },
      { inputs: [[4, 33]], args: [-2, { tau: 3 }] },
      { inputs: [[]] },
      { inputs: [[2, 0]] },
      { inputs: [[0, 3]] },
    ],
    large: { inputs: [[130, 515]] },
    dtypes: FLOATS,
    gradient: 2,
    distribution: {
      // The difference of two of Gumbel's law is logistic, so that one of two shares is anything between 0 and 1.
      cdf: (value) => Math.min(1, Math.max(0, value)),
      whole: false,
      rounded: true,
      sample: { inputs: [constant([20_000, 2], 0)], args: [1] },
    },
    errors: [
      {
        name: 'a temperature of 0',
        act: () => F.gumbelSoftmax(q.ones([2]), 0, { tau: 0 }),
        error: q.ArgumentError,
      },
      { name: 'a dim out of range', act: () => F.gumbelSoftmax(q.ones([2]), 1), error: q.ShapeError },
      { name: 'integers', act: () => F.gumbelSoftmax(q.ones([2], { dtype: 'int32' })), error: q.DTypeError },
    ],
  }),
};
