// Rows of the op database: division to whole numbers, angles, logarithms, bits, functions of three operands, closeness.

import * as q from 'quern';
import { mapped } from '../support/plain.js';
import { type Domain, stored } from '../support/values.js';
import { noTensors } from './refusals.js';
import { type ErrorCase, FLOATS, INTEGERS, type Input, NUMERIC, row, type Sample, type Spec } from './row.js';

type Operands = (a: q.Operand, b: q.Operand) => q.Tensor;
type Numbers = (a: number, b: number) => number;

/** Samples whose second operand is drawn from a domain of its own. */
function samplesOf(b?: Domain): Sample<[]>[] {
  const of = (...shape: number[]): Input => (b === undefined ? { shape } : { shape, domain: b });
  return [
    { inputs: [[], of()] },
    { inputs: [[5], of(5)] },
    { inputs: [[2, 3, 4], of(3, 1)] },
    { inputs: [[4, 1], of(1, 33)] },
    { inputs: [[], of(2, 3)] },
    { inputs: [[2, 1, 0], of(3, 1)] },
  ];
}
const withNumbers = (b?: Domain): Sample<[]>[] => [
  ...samplesOf(b),
  { inputs: [[3, 65], 2] },
  { inputs: [2, b === undefined ? [6] : { shape: [6], domain: b }] },
];
const largeOf = (b?: Domain): Sample<[]> => ({
  inputs: [[130, 515], b === undefined ? [515] : { shape: [515], domain: b }],
});

const refusals = (fn: Operands) => [
  {
    name: 'shapes that do not broadcast',
    act: () => fn(q.ones([2, 3], { dtype: 'int32' }), q.ones([2], { dtype: 'int32' })),
    error: q.ShapeError,
  },
  { name: 'two numbers', act: () => fn(1, 2), error: q.ArgumentError },
];

function pair(fn: Operands, reference: Numbers, spec: Partial<Spec<[]>> = {}) {
  return row({
    family: 'Arithmetic',
    fn,
    samples: withNumbers(),
    large: largeOf(),
    reference: ([a, b]) => mapped([a, b], reference),
    specials: true,
    gradient: 2,
    result: 'float',
    errors: refusals(fn),
    ...spec,
  });
}

const DIVISORS: Domain = { low: 1, high: 7 };

const quotient = (fn: Operands, reference: Numbers, spec: Partial<Spec<[]>> = {}) =>
  pair(fn, reference, {
    dtypes: NUMERIC,
    result: 'same',
    domain: { low: -9, high: 9 },
    samples: withNumbers(DIVISORS),
    large: largeOf(DIVISORS),
    ...spec,
    errors: [
      ...refusals(fn),
      {
        name: 'integers divided by 0',
        act: () => fn(q.ones([3], { dtype: 'int32' }), q.tensor([1, 0, 2], { dtype: 'int32' })),
        error: q.ArgumentError,
      },
      {
        name: 'integers divided by the number 0',
        act: () => fn(q.ones([3], { dtype: 'uint8' }), 0),
        error: q.ArgumentError,
      },
    ],
  });

/** Python's %. */
function modulo(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** Python's //, with C's quotient by 0. */
function floorQuotient(a: number, b: number): number {
  if (b === 0) return a / b;
  const rest = a % b;
  const quotient = (a - rest) / b - Number(rest !== 0 && rest < 0 !== b < 0);
  if (quotient === 0) return Math.sign(a / b) < 0 || Object.is(a / b, -0) ? -0 : 0;
  return Math.round(quotient);
}

const isNegative = (x: number): boolean => x < 0 || Object.is(x, -0);

/** Of bits: integers and truth values alone. */
function bits(fn: Operands, reference: Numbers, spec: Partial<Spec<[]>> = {}) {
  return row({
    family: 'Comparison and logic',
    fn,
    samples: samplesOf(),
    large: largeOf(),
    reference: ([a, b]) => mapped([a, b], reference),
    dtypes: [...INTEGERS, 'bool'],
    domain: { low: -100, high: 100 },
    precision: 'exact',
    errors: [
      ...refusals(fn),
      { name: 'floats', act: () => fn(q.ones([2]), 1), error: q.DTypeError },
      { name: 'a fraction', act: () => fn(q.ones([2], { dtype: 'int32' }), 0.5), error: q.DTypeError },
    ],
    ...spec,
  });
}

const PLACES: Domain = { low: 0, high: 7 };
const shift = (fn: Operands, reference: Numbers) =>
  bits(fn, reference, {
    dtypes: INTEGERS,
    samples: withNumbers(PLACES),
    large: largeOf(PLACES),
    errors: [
      ...refusals(fn),
      { name: 'floats', act: () => fn(q.ones([2]), 1), error: q.DTypeError },
      { name: 'truth values', act: () => fn(q.tensor([true]), 1), error: q.DTypeError },
    ],
  });

const awayFromZero: Domain = { low: -3, high: 3, only: (x) => Math.abs(x) > 0.2 };
const apart: Input = { shape: [3, 1], domain: awayFromZero };

type Factor = [options?: { value?: number }];

function withFactor(
  fn: (x: q.Tensor, a: q.Tensor, b: q.Tensor, options?: { value?: number }) => q.Tensor,
  reference: (x: number, a: number, b: number, value: number) => number,
  spec: Partial<Spec<Factor>>,
) {
  return row<Factor>({
    family: 'Arithmetic',
    fn,
    samples: [
      { inputs: [[5], [5], { shape: [5], domain: spec.domain }] },
      { inputs: [[2, 3, 4], [4], apart], args: [{ value: -2 }] },
      { inputs: [[], [2, 33], { shape: [], domain: spec.domain }], args: [{ value: 3 }] },
      { inputs: [[3, 0], [1], apart] },
      { inputs: [[3, 70], [3, 70], { shape: [3, 70], domain: spec.domain }] },
    ],
    large: { inputs: [[130, 515], [515], { shape: [130, 1], domain: spec.domain }], args: [{ value: 2 }] },
    reference: ([x, a, b], { value = 1 } = {}) => mapped([x, a, b], (u, v, w) => reference(u, v, w, value)),
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'shapes that do not broadcast',
        act: () => fn(q.ones([2]), q.ones([3]), q.ones([2])),
        error: q.ShapeError,
      },
      {
        name: 'a factor that is no number',
        act: () => fn(q.ones([2]), q.ones([2]), q.ones([2]), { value: 'x' as never }),
        error: q.ArgumentError,
      },
    ],
    ...spec,
  });
}

const covered = (fn: unknown, errors: readonly ErrorCase[] = []) =>
  row({
    family: 'Comparison and logic',
    fn,
    samples: [],
    covered: 'test/ops/close.test.ts',
    errors: [...noTensors(fn, q.ones([2])), ...errors],
  });

export const pairRows = {
  floorDivide: quotient(q.floorDivide, floorQuotient),
  remainder: quotient(q.remainder, modulo),
  fmod: quotient(q.fmod, (a, b) => a % b),
  atan2: pair(q.atan2, Math.atan2, { smooth: awayFromZero }),
  hypot: pair(q.hypot, Math.hypot, { smooth: awayFromZero }),
  copysign: pair(q.copysign, (a, b) => (isNegative(b) ? -Math.abs(a) : Math.abs(a)), {
    precision: 'exact',
    smooth: awayFromZero,
  }),
  xlogy: pair(q.xlogy, (a, b) => (a === 0 && !Number.isNaN(b) ? 0 : a * Math.log(b)), {
    domain: { low: 0.2, high: 4 },
  }),
  logaddexp: pair(
    q.logaddexp,
    (a, b) => {
      if (a === b) return a + Math.LN2;
      return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
    },
    { precision: 'summed' },
  ),
  bitwiseAnd: bits(q.bitwiseAnd, (a, b) => a & b),
  bitwiseOr: bits(q.bitwiseOr, (a, b) => a | b),
  bitwiseXor: bits(q.bitwiseXor, (a, b) => a ^ b),
  bitwiseNot: row({
    family: 'Comparison and logic',
    fn: q.bitwiseNot,
    samples: [{ inputs: [[]] }, { inputs: [[7]] }, { inputs: [[2, 3, 5]] }, { inputs: [[3, 0]] }],
    large: { inputs: [[130, 515]] },
    // Of a truth value the last bit alone counts.
    reference: ([x]) => mapped([x], (value) => ~value),
    dtypes: INTEGERS,
    precision: 'exact',
    errors: [{ name: 'floats', act: () => q.bitwiseNot(q.ones([2])), error: q.DTypeError }],
  }),
  bitwiseLeftShift: shift(q.bitwiseLeftShift, (a, b) => stored(a * 2 ** b, 'int32')),
  bitwiseRightShift: shift(q.bitwiseRightShift, (a, b) => Math.floor(a / 2 ** b)),
  lerp: row({
    family: 'Arithmetic',
    fn: q.lerp,
    samples: [
      { inputs: [[5], [5], 0.25] },
      { inputs: [[2, 3, 4], [4], [3, 1]] },
      { inputs: [[], [2, 33], 0.75] },
      { inputs: [[3, 0], [1], [3, 1]] },
      {
        inputs: [
          [3, 70],
          [3, 70],
          [3, 70],
        ],
      },
    ],
    large: { inputs: [[130, 515], [515], [130, 1]] },
    reference: ([a, b, w]) => mapped([a, b, w], (x, y, z) => x + z * (y - x)),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'integers',
        act: () => q.lerp(q.ones([2], { dtype: 'int32' }), q.ones([2], { dtype: 'int32' }), 1),
        error: q.DTypeError,
      },
      {
        name: 'shapes that do not broadcast',
        act: () => q.lerp(q.ones([2]), q.ones([3]), 0.5),
        error: q.ShapeError,
      },
    ],
  }),
  addcmul: withFactor(q.addcmul, (x, a, b, value) => x + value * a * b, {
    dtypes: NUMERIC,
    domain: { low: -3, high: 3 },
  }),
  addcdiv: withFactor(q.addcdiv, (x, a, b, value) => x + (value * a) / b, {
    dtypes: FLOATS,
    domain: awayFromZero,
  }),
  isClose: row<[options?: { rtol?: number; atol?: number; equalNan?: boolean }]>({
    family: 'Comparison and logic',
    fn: q.isClose,
    samples: [
      { inputs: [[], []] },
      {
        inputs: [
          [2, 3, 4],
          [3, 1],
        ],
        args: [{ atol: 1 }],
      },
      { inputs: [[5], [5]], args: [{ rtol: 0.5 }] },
      {
        inputs: [
          [3, 0],
          [3, 1],
        ],
      },
    ],
    large: { inputs: [[130, 515], [515]], args: [{ atol: 2 }] },
    reference: ([a, b], { rtol = 1e-5, atol = 1e-8 } = {}) =>
      mapped([a, b], (x, y) =>
        Number(x === y || (Number.isFinite(x - y) && Math.abs(x - y) <= atol + rtol * Math.abs(y))),
      ),
    result: 'bool',
    precision: 'exact',
    specials: true,
    errors: [
      {
        name: 'shapes that do not broadcast',
        act: () => q.isClose(q.ones([2]), q.ones([3])),
        error: q.ShapeError,
      },
    ],
  }),
  allClose: covered(q.allClose, [
    {
      name: 'shapes that do not broadcast',
      act: () => q.allClose(q.ones([2]), q.ones([3])),
      error: q.ShapeError,
    },
    {
      name: 'a negative tolerance',
      act: () => q.allClose(q.ones([2]), q.ones([2]), { atol: -1 }),
      error: q.ArgumentError,
    },
  ]),
  equal: covered(q.equal),
};
