// Rows of the op database: making tensors, by value and by chance.

import * as q from 'quern';
import { dropout } from '../../lib/ops/random.js';
import { build, filled, type Plain } from '../support/plain.js';
import { erf } from '../support/reference/functions.js';
import { noTensors } from './refusals.js';
import { FLOATS, row, type Sample, type Spec } from './row.js';

/** A function that makes a tensor from arguments and { dtype }. */
function making<Args extends readonly unknown[]>(
  fn: unknown,
  args: readonly Args[],
  reference: (...args: Args) => Plain,
  spec: Partial<Spec<Args>> = {},
) {
  return row<Args>({
    family: 'Creation',
    fn,
    samples: args.map((one) => ({ inputs: [], args: one })),
    reference: (_inputs, ...all) => reference(...all),
    precision: 'exact',
    dtypeOption: true,
    ...spec,
  });
}

type Shape = readonly number[];

const SHAPES: [Shape][] = [[[]], [[3]], [[2, 3, 4]], [[2, 0]], [[70, 70]]];

const shapeErrors = (fn: (shape: Shape) => unknown) => [
  { name: 'a negative dimension', act: () => fn([-1]), error: q.ShapeError },
  { name: 'a fraction', act: () => fn([0.5]), error: q.ShapeError },
  { name: 'seventeen dimensions', act: () => fn(new Array<number>(17).fill(1)), error: q.ShapeError },
  { name: 'a number for a shape', act: () => fn(3 as never), error: q.ArgumentError },
];

const noSuchDType = (fn: (options: q.TensorOptions) => unknown) => ({
  name: 'a dtype that there is not',
  act: () => fn({ dtype: 'float16' as never }),
  error: q.DTypeError,
});

const fill = (fn: (shape: Shape, options?: q.TensorOptions) => q.Tensor, value: number) =>
  making<[Shape]>(fn, SHAPES, (shape) => filled(shape, value), {
    errors: [...shapeErrors(fn), noSuchDType((options) => fn([2], options))],
  });

/** A function that fills the shape of another tensor. */
const fillLike = (
  fn: (x: q.Tensor, ...args: never[]) => q.Tensor,
  value: number,
  args: readonly unknown[] = [],
) =>
  row<readonly unknown[]>({
    family: 'Creation',
    fn,
    samples: [
      { inputs: [[2, 3]], args },
      { inputs: [[]], args },
      { inputs: [[0, 2]], args },
    ],
    reference: ([x]) => filled(x.shape, value),
    precision: 'exact',
    errors: [
      ...noTensors(fn, ...args),
      {
        name: 'a dtype that there is not',
        act: () => fn(q.ones([2]), ...(args as never[]), { dtype: 'int64' } as never),
        error: q.DTypeError,
      },
    ],
  });

type Nested = q.TensorData;

export const createRows = {
  tensor: making<[Nested]>(
    q.tensor,
    [
      [
        [
          [1, 2, 3],
          [0, 1, 2],
        ],
      ],
      [5],
      [[]],
      [[[], []]],
      [[[true, false]]],
      [[Float32Array.of(1, 2), [3, 4]]],
      [Int32Array.of(7, 0)],
    ],
    (data) => {
      const shape: number[] = [];
      for (let at: unknown = data; typeof at === 'object'; at = (at as unknown[])[0])
        shape.push((at as unknown[]).length);
      const flat = (value: unknown): number[] =>
        typeof value === 'object' ? Array.from(value as unknown[]).flatMap(flat) : [Number(value)];
      return { shape, data: flat(data) };
    },
    {
      errors: [
        { name: 'ragged arrays', act: () => q.tensor([[1, 2], [3]]), error: q.ShapeError },
        { name: 'depths that differ', act: () => q.tensor([[1], 2] as never), error: q.ShapeError },
        { name: 'text', act: () => q.tensor(['1'] as never), error: q.ArgumentError },
        { name: 'nothing', act: () => q.tensor(undefined as never), error: q.ArgumentError },
        { name: 'an object', act: () => q.tensor({} as never), error: q.ArgumentError },
        noSuchDType((options) => q.tensor([1], options)),
        {
          name: 'gradients of integers',
          act: () => q.tensor([1], { dtype: 'int32', requiresGrad: true }),
          error: q.GradientError,
        },
      ],
    },
  ),
  zeros: fill(q.zeros, 0),
  ones: fill(q.ones, 1),
  full: making<[Shape, number | boolean]>(
    q.full,
    SHAPES.map(([shape]) => [shape, 3]),
    (shape, value) => filled(shape, Number(value)),
    {
      errors: [
        ...shapeErrors((shape) => q.full(shape, 1)),
        noSuchDType((options) => q.full([2], 1, options)),
        { name: 'a value that is no number', act: () => q.full([2], '1' as never), error: q.ArgumentError },
        {
          name: 'a number that does not fit',
          act: () => q.full([2], 3e9, { dtype: 'int32' }),
          error: q.ArgumentError,
        },
      ],
    },
  ),
  empty: row<[Shape]>({
    family: 'Creation',
    fn: q.empty,
    samples: SHAPES.map((args) => ({ inputs: [], args })),
    dtypeOption: true,
    errors: shapeErrors(q.empty),
    covered: 'test/ops/creation.test.ts',
  }),
  arange: making<[number, number, number]>(
    q.arange,
    [
      [0, 5, 1],
      [1, 6, 2],
      [5, 0, -2],
      [3, 3, 1],
    ],
    (start, end, step) => {
      const data: number[] = [];
      for (let i = 0; step > 0 ? start + i * step < end : start + i * step > end; i++)
        data.push(start + i * step);
      return { shape: [data.length], data };
    },
    {
      // Counting in bool would end at true.
      dtypes: ['float32', 'float64', 'int32', 'uint8'],
      errors: [
        { name: 'step 0', act: () => q.arange(0, 1, 0), error: q.ArgumentError },
        { name: 'a step that leads away', act: () => q.arange(0, 1, -1), error: q.ArgumentError },
        { name: 'NaN', act: () => q.arange(Number.NaN), error: q.ArgumentError },
        { name: 'null', act: () => q.arange(null as never), error: q.ArgumentError },
        { name: 'a step that is no number', act: () => q.arange(0, 1, '1' as never), error: q.ArgumentError },
      ],
    },
  ),
  linspace: making<[number, number, number]>(
    q.linspace,
    [
      [0, 1, 3],
      [-1, 1, 9],
      [2, 5, 1],
      [0, 1, 0],
      [3, -3, 7],
    ],
    (start, end, steps) => ({
      shape: [steps],
      data: Array.from({ length: steps }, (_, i) =>
        steps === 1 ? start : start + ((end - start) * i) / (steps - 1),
      ),
    }),
    {
      dtypes: FLOATS,
      precision: 'summed',
      errors: [
        { name: 'a fraction of steps', act: () => q.linspace(0, 1, 1.5), error: q.ArgumentError },
        {
          name: 'an end that is no number',
          act: () => q.linspace(0, '1' as never, 2),
          error: q.ArgumentError,
        },
      ],
    },
  ),
  eye: making<[number, number]>(
    q.eye,
    [
      [3, 3],
      [2, 4],
      [4, 2],
      [0, 0],
    ],
    (n, m) => build([n, m], ([i, j]) => Number(i === j)),
    { errors: [{ name: 'a negative size', act: () => q.eye(-1), error: q.ShapeError }] },
  ),
  zerosLike: fillLike(q.zerosLike, 0),
  onesLike: fillLike(q.onesLike, 1),
  fullLike: fillLike(q.fullLike as never, 2, [2]),
};

/** A function that draws a tensor of a shape. */
function drawing<Args extends readonly unknown[]>(
  fn: unknown,
  args: (shape: Shape) => Args,
  cdf: (value: number, ...args: Args) => number,
  spec: Partial<Spec<Args>> & { whole?: boolean } = {},
) {
  const { whole = false, ...rest } = spec;
  const sample = (shape: Shape): Sample<Args> => ({ inputs: [], args: args(shape) });
  return row<Args>({
    family: 'Random',
    fn,
    samples: [[], [1], [7], [2, 3, 5], [0, 2]].map(sample),
    large: sample([130, 515]),
    dtypes: FLOATS,
    dtypeOption: true,
    distribution: { cdf, whole, sample: sample([20_000]) },
    ...rest,
  });
}

const between = (value: number, low: number, high: number): number =>
  Math.min(1, Math.max(0, (value - low) / (high - low)));
const phi = (value: number): number => (1 + erf(value / Math.SQRT2)) / 2;

export const randomRows = {
  rand: drawing<[Shape]>(
    q.rand,
    (shape) => [shape],
    (value) => between(value, 0, 1),
    { errors: shapeErrors(q.rand) },
  ),
  uniform: drawing<[Shape, number, number]>(
    q.uniform,
    (shape) => [shape, -2, 3],
    (value, _shape, low, high) => between(value, low, high),
    {
      errors: [
        { name: 'bounds in the wrong order', act: () => q.uniform([2], 1, 0), error: q.ArgumentError },
        {
          name: 'an infinite bound',
          act: () => q.uniform([2], 0, Number.POSITIVE_INFINITY),
          error: q.ArgumentError,
        },
        { name: 'integers', act: () => q.uniform([2], 0, 1, { dtype: 'int32' }), error: q.DTypeError },
      ],
    },
  ),
  randn: drawing<[Shape]>(q.randn, (shape) => [shape], phi, { errors: shapeErrors(q.randn) }),
  normal: drawing<[Shape, number, number]>(
    q.normal,
    (shape) => [shape, 1, 2],
    (value, _shape, mean, std) => phi((value - mean) / std),
    {
      errors: [
        { name: 'a negative deviation', act: () => q.normal([2], 0, -1), error: q.ArgumentError },
        { name: 'integers', act: () => q.normal([2], 0, 1, { dtype: 'int32' }), error: q.DTypeError },
      ],
    },
  ),
  randint: drawing<[number, number, Shape]>(
    q.randint,
    (shape) => [0, 7, shape],
    (value, low, high) => between(value + 1, low, high),
    {
      whole: true,
      dtypes: ['float32', 'float64', 'int32', 'uint8'],
      errors: [
        { name: 'an empty range', act: () => q.randint(3, 3, [2]), error: q.ArgumentError },
        { name: 'a fraction', act: () => q.randint(0, 1.5, [2]), error: q.ArgumentError },
        { name: 'more than 32 bits', act: () => q.randint(0, 2 ** 33, [2]), error: q.ArgumentError },
      ],
    },
  ),
  randperm: row<[number]>({
    family: 'Random',
    fn: q.randperm,
    samples: [
      { inputs: [], args: [0] },
      { inputs: [], args: [1] },
      { inputs: [], args: [50] },
    ],
    dtypes: ['float32', 'float64', 'int32'],
    dtypeOption: true,
    distribution: {
      cdf: (value, n) => between(value + 1, 0, n),
      whole: true,
      sample: { inputs: [], args: [5000] },
    },
    errors: [{ name: 'a negative count', act: () => q.randperm(-1), error: q.ArgumentError }],
  }),
  bernoulli: row({
    family: 'Random',
    fn: q.bernoulli,
    samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0]] }, { inputs: [[5, 33]] }],
    large: { inputs: [[130, 515]] },
    domain: { low: 0, high: 1 },
    dtypes: FLOATS,
    distribution: {
      cdf: (value) => (value < 0 ? 0 : value < 1 ? 0.7 : 1),
      whole: true,
      sample: { inputs: [{ shape: [20_000], domain: { low: 0.3, high: 0.3 } }] },
    },
    errors: [
      { name: 'a probability over 1', act: () => q.bernoulli(q.tensor([1.5])), error: q.ArgumentError },
      { name: 'NaN', act: () => q.bernoulli(q.tensor([Number.NaN])), error: q.ArgumentError },
      { name: 'integers', act: () => q.bernoulli(q.ones([2], { dtype: 'int32' })), error: q.DTypeError },
    ],
  }),
  dropout: row<[options: { p: number }]>({
    family: 'Random',
    fn: dropout,
    samples: [
      { inputs: [[2, 3]], args: [{ p: 0.5 }] },
      { inputs: [[5, 33]], args: [{ p: 0.2 }] },
      { inputs: [[]], args: [{ p: 0.5 }] },
      { inputs: [[0]], args: [{ p: 0.5 }] },
      { inputs: [[4]], args: [{ p: 0 }] },
    ],
    large: { inputs: [[130, 515]], args: [{ p: 0.3 }] },
    dtypes: FLOATS,
    gradient: 2,
    distribution: {
      cdf: (value, { p }) => (value < 0 ? 0 : value < 1 ? p : 1),
      whole: true,
      // Ones become 1 / (1 - p) or 0.
      sample: { inputs: [{ shape: [20_000], domain: { low: 1, high: 1 } }], args: [{ p: 0.25 }] },
    },
    errors: [
      { name: 'a probability over 1', act: () => dropout(q.ones([2]), { p: 1.5 }), error: q.ArgumentError },
      { name: 'integers', act: () => dropout(q.ones([2], { dtype: 'int32' })), error: q.DTypeError },
    ],
  }),
};
