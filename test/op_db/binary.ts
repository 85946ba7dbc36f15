// Rows of the op database: functions of two operands, comparisons, logic and choice.

import * as q from 'quern';
import { mapped } from '../support/plain.js';
import * as f from '../support/reference/functions.js';
import { noTensors } from './refusals.js';
import { ALL, FLOATS, type InputLike, NUMERIC, row, type Sample, type Spec } from './row.js';

const SAMPLES: readonly Sample<[]>[] = [
  { inputs: [[], []] },
  { inputs: [[5], [5]] },
  {
    inputs: [
      [2, 3, 4],
      [3, 1],
    ],
  },
  {
    inputs: [
      [4, 1],
      [1, 33],
    ],
  },
  { inputs: [[], [2, 3]] },
  {
    inputs: [
      [2, 1, 0],
      [3, 1],
    ],
  },
  { inputs: [[3, 65], 2] },
  { inputs: [2, [6]] },
];
const LARGE: Sample<[]> = { inputs: [[130, 515], [515]] };

type Operands = (a: q.Operand, b: q.Operand) => q.Tensor;
type Numbers = (a: number, b: number) => number;

function binary(fn: Operands, reference: Numbers, spec: Partial<Spec<[]>> = {}) {
  return row({
    family: 'Arithmetic',
    fn,
    samples: SAMPLES,
    large: LARGE,
    reference: ([a, b]) => mapped([a, b], reference),
    precision: 'exact',
    specials: true,
    gradient: 2,
    errors: [
      {
        name: 'shapes that do not broadcast',
        act: () => fn(q.ones([2, 3]), q.ones([2])),
        error: q.ShapeError,
      },
      { name: 'two numbers', act: () => fn(1, 2), error: q.ArgumentError },
    ],
    ...spec,
  });
}

/** A comparison or a logical function. */
const predicate = (
  fn: Operands,
  reference: (a: number, b: number) => boolean,
  spec: Partial<Spec<[]>> = {},
) =>
  binary(fn, (a, b) => Number(reference(a, b)), {
    family: 'Comparison and logic',
    dtypes: ALL,
    result: 'bool',
    gradient: 0,
    ...spec,
  });

/** A function that is true or false of each element. */
const test = (fn: (x: q.Tensor) => q.Tensor, reference: (x: number) => boolean) =>
  row({
    family: 'Comparison and logic',
    fn,
    samples: [{ inputs: [[]] }, { inputs: [[7]] }, { inputs: [[2, 3, 5]] }, { inputs: [[0, 2]] }],
    large: { inputs: [[130, 515]] },
    reference: ([x]) => mapped([x], (value) => Number(reference(value))),
    result: 'bool',
    precision: 'exact',
    specials: true,
    errors: noTensors(fn),
  });

const sizes = { low: 0.2, high: 3, only: (x: number) => Math.abs(x - 1) > 0.05 };
const logic = {
  errors: [
    {
      name: 'shapes that do not broadcast',
      act: () => q.logicalAnd(q.ones([2, 3]), q.ones([2])),
      error: q.ShapeError,
    },
  ],
};
const awayFromZero = { low: -3, high: 3, only: (x: number) => Math.abs(x) > 0.2 };
const condition = (shape: readonly number[]): InputLike => ({ shape, dtype: 'bool' });

export const binaryRows = {
  add: binary(q.add, (a, b) => a + b, { dtypes: NUMERIC }),
  sub: binary(q.sub, (a, b) => a - b, {
    dtypes: NUMERIC,
    errors: [
      { name: 'two bool tensors', act: () => q.sub(q.tensor([true]), q.tensor([true])), error: q.DTypeError },
      {
        name: 'shapes that do not broadcast',
        act: () => q.sub(q.ones([2]), q.ones([3])),
        error: q.ShapeError,
      },
    ],
  }),
  mul: binary(q.mul, (a, b) => a * b, { dtypes: NUMERIC }),
  div: binary(q.div, (a, b) => a / b, { dtypes: NUMERIC, result: 'float', smooth: awayFromZero }),
  pow: binary(q.pow, f.pow, {
    dtypes: FLOATS,
    precision: 'relative',
    domain: { low: 0, high: 3 },
    smooth: sizes,
  }),
  maximum: binary(q.maximum, f.larger, { dtypes: NUMERIC, specials: false }),
  minimum: binary(q.minimum, f.smaller, { dtypes: NUMERIC, specials: false }),
  eq: predicate(q.eq, (a, b) => a === b),
  ne: predicate(q.ne, (a, b) => a !== b),
  lt: predicate(q.lt, (a, b) => a < b),
  le: predicate(q.le, (a, b) => a <= b),
  gt: predicate(q.gt, (a, b) => a > b),
  ge: predicate(q.ge, (a, b) => a >= b),
  logicalAnd: predicate(q.logicalAnd, (a, b) => a !== 0 && b !== 0, logic),
  logicalOr: predicate(q.logicalOr, (a, b) => a !== 0 || b !== 0, logic),
  logicalXor: predicate(q.logicalXor, (a, b) => (a !== 0) !== (b !== 0), logic),
  logicalNot: test(q.logicalNot, (x) => x === 0),
  isNaN: test(q.isNaN, Number.isNaN),
  isFinite: test(q.isFinite, Number.isFinite),
  isInf: test(q.isInf, (x) => Math.abs(x) === Number.POSITIVE_INFINITY),
  where: row({
    family: 'Choice',
    fn: q.where,
    samples: [
      { inputs: [condition([]), [], []] },
      { inputs: [condition([5]), [5], [5]] },
      { inputs: [condition([3, 1]), [2, 3, 4], [4]] },
      { inputs: [condition([2, 33]), [2, 33], 1] },
      { inputs: [condition([4]), 2, [3, 4]] },
      { inputs: [condition([0, 2]), [2], [1, 2]] },
      { inputs: [[4], [4], [4]] },
    ],
    large: { inputs: [condition([130, 515]), [130, 515], [515]] },
    reference: ([c, a, b]) => mapped([c, a, b], (chosen, x, y) => (chosen !== 0 ? x : y)),
    dtypes: NUMERIC,
    precision: 'exact',
    gradient: 2,
    errors: [
      {
        name: 'shapes that do not broadcast',
        act: () => q.where(q.ones([2]), q.ones([3]), 0),
        error: q.ShapeError,
      },
    ],
  }),
  maskedFill: row<[value?: number]>({
    family: 'Choice',
    fn: q.maskedFill,
    samples: [
      { inputs: [[5], condition([5])], args: [2] },
      { inputs: [[2, 3, 4], condition([3, 1])], args: [0] },
      { inputs: [[], condition([])], args: [1] },
      { inputs: [[3, 0], condition([3, 1])], args: [1] },
      { inputs: [[2, 3, 4], condition([4]), []] },
    ],
    reference: ([x, mask, replaced], value) =>
      mapped([x, mask], (old, hit) => (hit !== 0 ? (value ?? replaced.data[0]) : old)),
    precision: 'exact',
    gradient: 2,
    errors: [
      {
        name: 'a mask that does not broadcast',
        act: () => q.maskedFill(q.ones([2]), q.ones([3]), 0),
        error: q.ShapeError,
      },
      {
        name: 'a value with dimensions',
        act: () => q.maskedFill(q.ones([2]), q.ones([2]), q.ones([2])),
        error: q.ShapeError,
      },
    ],
  }),
};
