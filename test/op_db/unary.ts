// Rows of the op database: functions of one operand, and activations.

import * as q from 'quern';
import { mapped } from '../support/plain.js';
import * as f from '../support/reference/functions.js';
import { noTensors } from './refusals.js';
import { NUMERIC, row, type Spec } from './row.js';

const SAMPLES = [
  { inputs: [[]] },
  { inputs: [[1]] },
  { inputs: [[7]] },
  { inputs: [[3, 0]] },
  { inputs: [[2, 3, 5]] },
  { inputs: [[4, 67]] },
];
const LARGE = { inputs: [[130, 515]] };

type Numbers = (x: number) => number;

function unary(fn: (x: q.Tensor) => q.Tensor, reference: Numbers, spec: Partial<Spec<[]>>) {
  return row({
    family: 'Mathematical functions',
    fn,
    samples: SAMPLES,
    large: LARGE,
    reference: ([x]) => mapped([x], reference),
    specials: true,
    gradient: 2,
    errors: noTensors(fn),
    ...spec,
  });
}

/** A function that computes in floating dtypes. */
const floating = (fn: (x: q.Tensor) => q.Tensor, reference: Numbers, spec: Partial<Spec<[]>> = {}) =>
  unary(fn, reference, { result: 'float', ...spec });

/** A function that whole numbers keep their dtype under. */
const numeric = (fn: (x: q.Tensor) => q.Tensor, reference: Numbers, spec: Partial<Spec<[]>> = {}) =>
  unary(fn, reference, { dtypes: NUMERIC, precision: 'exact', ...spec });

const awayFromZero = { low: -3, high: 3, only: (x: number) => Math.abs(x) > 0.1 };
const awayFromWhole = {
  low: -3,
  high: 3,
  only: (x: number) => Math.abs(x - Math.round(x)) > 0.05 && Math.abs(x % 1) !== 0.5,
};
const awayFromHalves = { low: -3, high: 3, only: (x: number) => Math.abs(Math.abs(x % 1) - 0.5) > 0.05 };
const positive = { low: 0.1, high: 4 };

export const unaryRows = {
  neg: numeric(q.neg, (x) => -x, {
    errors: [...noTensors(q.neg), { name: 'bool', act: () => q.neg(q.tensor([true])), error: q.DTypeError }],
  }),
  abs: numeric(q.abs, Math.abs, { smooth: awayFromZero }),
  sign: numeric(q.sign, f.sign, { smooth: awayFromZero }),
  square: numeric(q.square, (x) => x * x),
  sqrt: floating(q.sqrt, Math.sqrt, { domain: positive, precision: 'exact' }),
  rsqrt: floating(q.rsqrt, (x) => 1 / Math.sqrt(x), { domain: positive }),
  reciprocal: floating(q.reciprocal, (x) => 1 / x, { smooth: awayFromZero, precision: 'exact' }),
  exp: floating(q.exp, Math.exp),
  expm1: floating(q.expm1, Math.expm1),
  log: floating(q.log, Math.log, { domain: positive }),
  log1p: floating(q.log1p, Math.log1p, { domain: { low: -0.9, high: 3 } }),
  log2: floating(q.log2, Math.log2, { domain: positive }),
  log10: floating(q.log10, Math.log10, { domain: positive }),
  sin: floating(q.sin, Math.sin),
  cos: floating(q.cos, Math.cos),
  tan: floating(q.tan, Math.tan, { domain: { low: -1.4, high: 1.4 } }),
  erf: floating(q.erf, f.erf),
  floor: numeric(q.floor, Math.floor, { smooth: awayFromWhole }),
  ceil: numeric(q.ceil, Math.ceil, { smooth: awayFromWhole }),
  round: numeric(q.round, f.roundHalfEven, { smooth: awayFromHalves }),
  trunc: numeric(q.trunc, Math.trunc, { smooth: awayFromWhole }),
  clamp: row<[options: { min?: number; max?: number }]>({
    family: 'Mathematical functions',
    fn: q.clamp,
    samples: [
      { inputs: [[7]], args: [{ min: -1, max: 2 }] },
      { inputs: [[]], args: [{ min: 1 }] },
      { inputs: [[2, 3, 5]], args: [{ max: 0 }] },
      { inputs: [[3, 0]], args: [{ min: 0 }] },
      { inputs: [[4, 67]], args: [{ min: -2, max: 1 }] },
      // Bounds that are tensors come after x; they also cross.
      { inputs: [[2, 3, 5], [3, 1], [5]] },
      { inputs: [[4, 67], -1, [4, 1]] },
      { inputs: [[6], [2, 6], 2] },
    ],
    large: { inputs: [[130, 515]], args: [{ min: -1, max: 1 }] },
    positional: ([x, min, max], args) => (args.length > 0 ? [x, ...args] : [x, { min, max }]),
    reference: ([x, low, high], options) =>
      low === undefined
        ? mapped([x], (value) => f.clamp(value, options))
        : mapped([x, low, high], (value, min, max) => Math.min(Math.max(value, min), max)),
    dtypes: NUMERIC,
    precision: 'exact',
    specials: true,
    gradient: 2,
    smooth: awayFromWhole,
    kinkAtTies: true,
    errors: [
      { name: 'no bound', act: () => q.clamp(q.ones([2]), {}), error: q.ArgumentError },
      {
        name: 'a bound that is NaN',
        act: () => q.clamp(q.ones([2]), { min: Number.NaN }),
        error: q.ArgumentError,
      },
      {
        name: 'a bound that does not broadcast',
        act: () => q.clamp(q.ones([2]), { min: q.ones([3]) }),
        error: q.ShapeError,
      },
    ],
  }),
  relu: numeric(q.relu, (x) => f.larger(x, 0), { family: 'Activations', smooth: awayFromZero }),
  tanh: floating(q.tanh, Math.tanh, { family: 'Activations' }),
  sigmoid: floating(q.sigmoid, f.sigmoid, { family: 'Activations' }),
  gelu: row<[options?: { approximate?: 'none' | 'tanh' }]>({
    family: 'Activations',
    fn: q.nn.functional.gelu,
    samples: [
      ...SAMPLES,
      { inputs: [[2, 3, 5]], args: [{ approximate: 'tanh' }] },
      { inputs: [[4, 67]], args: [{ approximate: 'tanh' }] },
    ],
    large: LARGE,
    reference: ([x], options) => mapped([x], options?.approximate === 'tanh' ? f.geluTanh : f.gelu),
    result: 'float',
    domain: { low: -6, high: 3 },
    specials: true,
    gradient: 2,
    errors: [
      {
        name: 'an approximation that there is not',
        act: () => q.nn.functional.gelu(q.ones([2]), { approximate: 'sigmoid' as never }),
        error: q.ArgumentError,
      },
    ],
  }),
  silu: floating(q.nn.functional.silu, (x) => x * f.sigmoid(x), { family: 'Activations' }),
};
