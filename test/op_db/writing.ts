// Rows of the op database: writing in place, changing dtypes, and reading.

import * as q from 'quern';
import { broadcastAt, build, filled, mapped, type Plain } from '../support/plain.js';
import { stored } from '../support/values.js';
import { noTensors } from './refusals.js';
import { ALL, type ErrorCase, FLOATS, NUMERIC, row, type Sample, type Spec } from './row.js';

const SAMPLES: readonly Sample<[]>[] = [
  { inputs: [[5], [5]] },
  {
    inputs: [
      [2, 3, 4],
      [3, 1],
    ],
  },
  { inputs: [[], []] },
  { inputs: [[3, 65], 2] },
  {
    inputs: [
      [2, 0],
      [2, 1],
    ],
  },
];

/** The function, on a copy of its first operand: what gradients flow through. */
const outOfShape = (fn: (x: q.Tensor, y: q.Tensor) => unknown) => [
  { name: 'an operand that does not fit', act: () => fn(q.ones([2]), q.ones([3, 2])), error: q.ShapeError },
  {
    name: 'a leaf that requires gradients',
    act: () => fn(q.ones([2], { requiresGrad: true }), q.ones([2])),
    error: q.GradientError,
  },
];

function writing(
  fn: (x: q.Tensor, y: q.Operand) => q.Tensor,
  reference: (a: number, b: number) => number,
  spec: Partial<Spec<[]>> = {},
) {
  return row({
    family: 'In place',
    fn,
    samples: SAMPLES,
    large: { inputs: [[130, 515], [515]] },
    reference: ([a, b]) => mapped([a, b], reference),
    dtypes: NUMERIC,
    precision: 'exact',
    gradient: 2,
    inPlace: true,
    errors: [
      ...outOfShape(fn),
      {
        name: 'a fraction into integers',
        act: () => fn(q.ones([2], { dtype: 'int32' }), 0.5),
        error: q.DTypeError,
      },
    ],
    ...spec,
  });
}

export const inPlaceRows = {
  add_: writing(q.add_, (a, b) => a + b),
  sub_: writing(q.sub_, (a, b) => a - b),
  mul_: writing(q.mul_, (a, b) => a * b),
  div_: writing(q.div_, (a, b) => a / b, {
    dtypes: FLOATS,
    smooth: { low: -3, high: 3, only: (x) => Math.abs(x) > 0.2 },
  }),
  copy_: row({
    family: 'In place',
    fn: q.copy_,
    samples: SAMPLES.filter(({ inputs }) => inputs.every((input) => typeof input !== 'number')),
    large: { inputs: [[130, 515], [515]] },
    reference: ([x, source]) => build(x.shape, (place) => broadcastAt(source, place)),
    precision: 'exact',
    gradient: 2,
    inPlace: true,
    errors: outOfShape(q.copy_),
  }),
  fill_: row<[value: number]>({
    family: 'In place',
    fn: q.fill_,
    samples: [
      { inputs: [[2, 3]], args: [2] },
      { inputs: [[]], args: [1] },
      { inputs: [[0]], args: [1] },
    ],
    reference: ([x], value) => filled(x.shape, value),
    precision: 'exact',
    gradient: 2,
    inPlace: true,
    errors: [
      {
        name: 'a leaf that requires gradients',
        act: () => q.fill_(q.ones([2], { requiresGrad: true }), 1),
        error: q.GradientError,
      },
      {
        name: 'a value that is no number',
        act: () => q.fill_(q.ones([2]), null as never),
        error: q.ArgumentError,
      },
    ],
  }),
  zero_: row({
    family: 'In place',
    fn: q.zero_,
    samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0]] }],
    reference: ([x]) => filled(x.shape, 0),
    precision: 'exact',
    gradient: 2,
    inPlace: true,
    errors: [
      {
        name: 'a leaf that requires gradients',
        act: () => q.zero_(q.ones([2], { requiresGrad: true })),
        error: q.GradientError,
      },
    ],
  }),
};

/** A conversion as C and PyTorch have it, but that it saturates where theirs is undefined. */
function converted(value: number, dtype: q.DType): number {
  if (dtype === 'float32' || dtype === 'float64') return value;
  if (dtype === 'bool') return Number(value !== 0);
  const whole = Number.isNaN(value) ? 0 : Math.trunc(value);
  return stored(Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), whole)), dtype);
}

const reading = (fn: unknown, errors: readonly ErrorCase[] = noTensors(fn)) =>
  row({ family: 'Dtypes and reading', fn, samples: [], covered: 'test/ops/reading.test.ts', errors });

/** A shared tensor with some of its facts changed. */
const sharedWith = (facts: object) => () => q.fromShared({ ...q.toShared(q.ones([2])), ...facts });

/** One row for each target dtype would be many; the tests of conversions go through all pairs. */
const UNCHANGED: Sample<[q.DType]>[] = [
  { inputs: [[2, 3]], args: ['float64'] },
  { inputs: [[]], args: ['float64'] },
  { inputs: [[0, 2]], args: ['float64'] },
];

export const readingRows = {
  to: row<[dtype: q.DType]>({
    family: 'Dtypes and reading',
    fn: q.to,
    samples: UNCHANGED,
    large: { inputs: [[130, 515]], args: ['float64'] },
    reference: ([x], dtype): Plain => mapped([x], (value) => converted(value, dtype)),
    dtypes: ALL,
    result: () => 'float64',
    precision: 'exact',
    gradient: 2,
    errors: [
      {
        name: 'a dtype that there is not',
        act: () => q.to(q.ones([2]), 'int64' as never),
        error: q.DTypeError,
      },
    ],
  }),
  item: reading(q.item, [
    ...noTensors(q.item),
    { name: 'several elements', act: () => q.item(q.ones([2])), error: q.ShapeError },
    { name: 'no element', act: () => q.item(q.ones([0])), error: q.ShapeError },
  ]),
  dataSync: reading(q.dataSync),
  toArray: reading(q.toArray),
  toShared: reading(q.toShared),
  fromShared: reading(q.fromShared, [
    { name: 'a tensor', act: () => q.fromShared(q.ones([2]) as never), error: q.ArgumentError },
    { name: 'null', act: () => q.fromShared(null as never), error: q.ArgumentError },
    {
      name: 'memory that is not shared',
      act: sharedWith({ buffer: new ArrayBuffer(8) }),
      error: q.ArgumentError,
    },
    { name: 'a dtype that there is not', act: sharedWith({ dtype: 'int64' }), error: q.ArgumentError },
    {
      name: 'a shape that the memory does not hold',
      act: sharedWith({ shape: [3] }),
      error: q.ArgumentError,
    },
    { name: 'a negative size', act: sharedWith({ shape: [-2] }), error: q.ShapeError },
  ]),
};
