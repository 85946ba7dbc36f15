// Rows of the op database: activation functions beyond those of every net.

import * as q from 'quern';
import { broadcastAt, build, fromFront, mapped } from '../support/plain.js';
import * as f from '../support/reference/functions.js';
import { noTensors } from './refusals.js';
import { type Input, NUMERIC, row, type Sample, type Spec } from './row.js';

const { functional } = q.nn;

const SHAPES = [[], [1], [7], [3, 0], [2, 3, 5], [4, 67]];
const LARGE = [[130, 515]];

type Numbers<Args extends readonly unknown[]> = (x: number, ...args: Args) => number;

function activation<Args extends readonly unknown[]>(
  fn: (x: q.Tensor, ...args: Args) => q.Tensor,
  reference: Numbers<Args>,
  choices: readonly Args[],
  spec: Partial<Spec<Args>> = {},
) {
  const samples: Sample<Args>[] = SHAPES.map((shape, i) => ({
    inputs: [shape],
    args: choices[i % choices.length],
  }));
  return row<Args>({
    family: 'Activations',
    fn,
    samples,
    large: { inputs: LARGE, args: choices[0] },
    reference: ([x], ...args) => mapped([x], (value) => reference(value, ...args)),
    result: 'float',
    specials: true,
    gradient: 2,
    errors: noTensors(fn, ...choices[0]),
    ...spec,
  });
}

const plain = (
  fn: (x: q.Tensor) => q.Tensor,
  reference: (x: number) => number,
  spec: Partial<Spec<[]>> = {},
) => activation<[]>(fn, reference, [[]], spec);

/** Without what lies near one of these points or their negatives. */
const awayFrom = (...points: number[]) => ({
  low: -5,
  high: 5,
  only: (x: number) => points.every((point) => Math.abs(Math.abs(x) - point) > 0.05),
});

const refuses = (name: string, act: () => unknown) => ({
  errors: [{ name, act, error: q.ArgumentError }],
});

const clampTo = (x: number, low: number, high: number): number => f.clamp(x, { min: low, max: high });
const elu = (x: number, alpha: number): number => (x < 0 ? alpha * Math.expm1(x) : x);
const SELU = [1.6732632423543772848170429916717, 1.0507009873554804934193349852946];
const shrunk = (x: number, bound: number): number => (x > bound ? x - bound : x < -bound ? x + bound : x * 0);

function mish(x: number): number {
  return x * Math.tanh(x > 30 ? x : Math.log1p(Math.exp(x)));
}

function softplus(x: number, { beta = 1, threshold = 20 } = {}): number {
  const z = beta * x;
  return z > threshold ? x : (Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))) / beta;
}

const weight = (shape: readonly number[]): Input => ({ shape, domain: { low: -1, high: 2 } });

export const activationRows = {
  leakyRelu: activation<[options?: { negativeSlope?: number }]>(
    functional.leakyRelu,
    (x, { negativeSlope = 0.01 } = {}) => (x > 0 ? x : x * negativeSlope),
    [[], [{ negativeSlope: 0.25 }]],
    {
      smooth: awayFrom(0),
      ...refuses('a slope that is NaN', () =>
        functional.leakyRelu(q.ones([1]), { negativeSlope: Number.NaN }),
      ),
    },
  ),
  prelu: row({
    family: 'Activations',
    fn: functional.prelu,
    samples: [
      { inputs: [[7], weight([1])] },
      { inputs: [[2, 3, 5], weight([3])] },
      { inputs: [[4, 3], weight([3])] },
      { inputs: [[], weight([])] },
      { inputs: [[3, 0], weight([1])] },
      { inputs: [[2, 3, 4, 5], weight([3])] },
    ],
    large: { inputs: [[130, 515], weight([515])] },
    reference: ([x, w]) =>
      build(x.shape, (place) => {
        const value = broadcastAt(x, place);
        return value > 0 ? value : value * w.data[w.data.length === 1 ? 0 : place[1]];
      }),
    result: 'float',
    gradient: 2,
    smooth: awayFrom(0),
    errors: [
      {
        name: 'a weight of another length than the channels',
        act: () => functional.prelu(q.ones([2, 3]), q.ones([2])),
        error: q.ShapeError,
      },
    ],
  }),
  elu: activation<[options?: { alpha?: number }]>(
    functional.elu,
    (x, { alpha = 1 } = {}) => elu(x, alpha),
    [[], [{ alpha: 1.5 }]],
    {
      smooth: awayFrom(0),
      ...refuses('an alpha that is NaN', () => functional.elu(q.ones([1]), { alpha: Number.NaN })),
    },
  ),
  selu: plain(functional.selu, (x) => SELU[1] * elu(x, SELU[0]), { smooth: awayFrom(0) }),
  celu: activation<[options?: { alpha?: number }]>(
    functional.celu,
    (x, { alpha = 1 } = {}) => (x < 0 ? alpha * Math.expm1(x / alpha) : x),
    [[], [{ alpha: 0.5 }]],
    { smooth: awayFrom(0), ...refuses('an alpha of 0', () => functional.celu(q.ones([1]), { alpha: 0 })) },
  ),
  relu6: plain(functional.relu6, (x) => clampTo(x, 0, 6), {
    dtypes: NUMERIC,
    result: 'same',
    precision: 'exact',
    smooth: awayFrom(0, 6),
  }),
  hardtanh: activation<[options?: { minVal?: number; maxVal?: number }]>(
    functional.hardtanh,
    (x, { minVal = -1, maxVal = 1 } = {}) => clampTo(x, minVal, maxVal),
    [[], [{ minVal: 0, maxVal: 2 }]],
    {
      dtypes: NUMERIC,
      result: 'same',
      precision: 'exact',
      smooth: awayFrom(0, 1, 2),
      ...refuses('bounds that cross', () => functional.hardtanh(q.ones([1]), { minVal: 1 })),
    },
  ),
  hardsigmoid: plain(functional.hardsigmoid, (x) => clampTo(x + 3, 0, 6) / 6, { smooth: awayFrom(3) }),
  hardswish: plain(functional.hardswish, (x) => (x * clampTo(x + 3, 0, 6)) / 6, {
    smooth: awayFrom(3),
    // 2.5 times the largest number overflows before it is divided.
    specials: false,
  }),
  mish: plain(functional.mish, mish),
  softsign: plain(functional.softsign, (x) => x / (1 + Math.abs(x)), { smooth: awayFrom(0) }),
  softplus: activation<[options?: { beta?: number; threshold?: number }]>(
    q.softplus,
    softplus,
    [[], [{ beta: 2, threshold: 3 }], [{ beta: -1.5 }]],
    {
      smooth: awayFrom(1.5),
      ...refuses('a beta of 0', () => q.softplus(q.ones([1]), { beta: 0 })),
    },
  ),
  tanhshrink: plain(functional.tanhshrink, (x) => x - Math.tanh(x), { precision: 'summed' }),
  softshrink: activation<[options?: { lambd?: number }]>(
    functional.softshrink,
    (x, { lambd = 0.5 } = {}) => shrunk(x, lambd),
    [[], [{ lambd: 1.5 }]],
    {
      precision: 'summed',
      smooth: awayFrom(0.5, 1.5),
      ...refuses('a negative bound', () => functional.softshrink(q.ones([1]), { lambd: -1 })),
    },
  ),
  hardshrink: activation<[options?: { lambd?: number }]>(
    functional.hardshrink,
    (x, { lambd = 0.5 } = {}) => (Math.abs(x) <= lambd ? 0 : x),
    [[], [{ lambd: 1.5 }]],
    {
      precision: 'exact',
      smooth: awayFrom(0.5, 1.5),
      ...refuses('a negative bound', () => functional.hardshrink(q.ones([1]), { lambd: -1 })),
    },
  ),
  threshold: activation<[threshold: number, value: number]>(
    functional.threshold,
    (x, bound, value) => (x <= bound ? value : x),
    [
      [1, -2],
      [0, 5],
    ],
    {
      dtypes: NUMERIC,
      result: 'same',
      precision: 'exact',
      smooth: awayFrom(0, 1),
      ...refuses('no threshold', () => functional.threshold(q.ones([1]), undefined as never, 0)),
    },
  ),
  glu: row<[dim?: number]>({
    family: 'Activations',
    fn: functional.glu,
    samples: [
      { inputs: [[6]] },
      { inputs: [[2, 4, 5]], args: [1] },
      { inputs: [[4, 66]], args: [-1] },
      { inputs: [[4, 0]], args: [0] },
    ],
    large: { inputs: [[130, 516]] },
    reference: ([x], dim = -1) => {
      const axis = fromFront(dim, x.shape.length);
      const half = x.shape[axis] / 2;
      const shape = x.shape.map((size, i) => (i === axis ? half : size));
      return build(shape, (place) => {
        const gate = place.map((index, i) => (i === axis ? index + half : index));
        return broadcastAt(x, place) * f.sigmoid(broadcastAt(x, gate));
      });
    },
    result: 'float',
    gradient: 2,
    errors: [
      { name: 'an odd size', act: () => functional.glu(q.ones([2, 3])), error: q.ShapeError },
      { name: 'a dim out of range', act: () => functional.glu(q.ones([2]), 1), error: q.ShapeError },
    ],
  }),
};
