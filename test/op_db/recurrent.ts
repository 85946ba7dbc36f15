// Rows of the op database: one layer of a recurrent network in one direction.

import * as q from 'quern';
import {
  type GRUOptions,
  gru,
  type LSTMOptions,
  lstm,
  type RNNOptions,
  rnn,
} from '../../lib/ops/recurrent.js';
import { at, type Plain } from '../support/plain.js';
import { type Cell, gruCell, lstmCell, rnnCell, walk, walkPacked } from '../support/reference/recurrent.js';
import { FLOATS, type Input, type Row, row, type Sample } from './row.js';

// Sums stay where the nonlinearities have a slope.
const DOMAIN = { low: -1, high: 1 };

/** Operands after the three that are needed, by their names. */
const NAMES = ['biasIh', 'biasHh', 'h', 'c', 'weightHr'];

type Options = { reverse?: boolean; batchSizes?: readonly number[] | null };

function named(operands: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(operands.map((operand, i) => [NAMES[i], operand]));
}

/** Operands of a layer: x, the weights, and so many of the others. */
function operands(
  gates: number,
  others: number,
  [steps, batch, features, hidden]: readonly [number, number, number, number],
): readonly (readonly number[])[] {
  const rows = gates * hidden;
  const all = [
    [steps, batch, features],
    [rows, features],
    [rows, hidden],
    [rows],
    [rows],
    [batch, hidden],
    [batch, hidden],
  ];
  return all.slice(0, 3 + others);
}

/** The same of packed sequences, so many at each time. */
function packedOperands(
  gates: number,
  others: number,
  batchSizes: readonly number[],
  [features, hidden]: readonly [number, number],
): readonly (readonly number[])[] {
  const rows = batchSizes.reduce((sum, size) => sum + size, 0);
  const [, ...rest] = operands(gates, others, [0, batchSizes[0], features, hidden]);
  return [[rows, features], ...rest];
}

/** Operands of an LSTM whose states are projected from three features to two. */
function projectedOperands(x: readonly number[], batch: number): readonly (readonly number[])[] {
  const features = x[x.length - 1];
  return [x, [12, features], [12, 2], [12], [12], [batch, 2], [batch, 3], [2, 3]];
}

/** The same with weights so small that rounding does not grow from step to step. */
function calm(shapes: readonly (readonly number[])[]): readonly Input[] {
  return shapes.map((shape) => ({ shape, domain: { low: -0.1, high: 0.1 } }));
}

function samplesFor<Args extends Options>(gates: number, states: number): Sample<[options?: Args]>[] {
  const reverse = { reverse: true } as Args;
  const packed = (batchSizes: readonly number[]): Args => ({ batchSizes }) as Args;
  return [
    { inputs: operands(gates, 2 + states, [3, 2, 3, 2]) },
    { inputs: operands(gates, 2 + states, [3, 2, 2, 3]), args: [reverse] },
    { inputs: operands(gates, 0, [2, 1, 1, 1]) },
    { inputs: operands(gates, 2, [1, 3, 2, 2]) },
    { inputs: operands(gates, 2 + states, [1, 1, 2, 2]), args: [reverse] },
    { inputs: operands(gates, 2 + states, [2, 0, 2, 3]) },
    { inputs: operands(gates, 2, [2, 2, 0, 3]) },
    { inputs: packedOperands(gates, 2 + states, [3, 2, 2, 1], [2, 3]), args: [packed([3, 2, 2, 1])] },
    { inputs: packedOperands(gates, 0, [2, 1], [3, 2]), args: [{ ...packed([2, 1]), ...reverse }] },
    {
      inputs: packedOperands(gates, 2 + states, [2, 2, 1], [2, 1]),
      args: [{ ...packed([2, 2, 1]), ...reverse }],
    },
  ];
}

/** Refusals that all kinds of layers share. */
function refusals(
  gates: number,
  layer: (x: q.Tensor, weightIh: q.Tensor, weightHh: q.Tensor, options?: Options) => unknown,
): Row['errors'] {
  const [weightIh, weightHh] = [q.ones([2 * gates, 3]), q.ones([2 * gates, 2])];
  const x = q.ones([4, 5, 3]);
  const integers = q.ones([4, 5, 3], { dtype: 'int32' });
  const [square, wide] = [q.ones([2 * gates, 3]), q.ones([2 * gates, 4])];
  return [
    {
      name: 'an input without a batch',
      act: () => layer(q.ones([4, 3]), weightIh, weightHh),
      error: q.ShapeError,
    },
    { name: 'no times', act: () => layer(q.ones([0, 5, 3]), weightIh, weightHh), error: q.ShapeError },
    { name: 'features that differ', act: () => layer(x, wide, weightHh), error: q.ShapeError },
    { name: 'a weight of no whole gates', act: () => layer(x, weightIh, square), error: q.ShapeError },
    {
      name: 'rows that are not the sum of sizes',
      act: () => layer(q.ones([4, 3]), weightIh, weightHh, { batchSizes: [2, 1] }),
      error: q.ShapeError,
    },
    {
      name: 'packed rows without features',
      act: () => layer(q.ones([3]), weightIh, weightHh, { batchSizes: [2, 1] }),
      error: q.ShapeError,
    },
    ...[[], [1, 2], [3, 0], [1.5, 1.5]].map((batchSizes) => ({
      name: `sizes ${batchSizes}`,
      act: () => layer(q.ones([3, 3]), weightIh, weightHh, { batchSizes }),
      error: q.ArgumentError,
    })),
    { name: 'integers', act: () => layer(integers, weightIh, weightHh), error: q.DTypeError },
    {
      name: 'two floating dtypes',
      act: () => layer(x, weightIh, q.ones([2 * gates, 2], { dtype: 'float64' })),
      error: q.DTypeError,
    },
  ];
}

/** The states of a reference walk, as the function answers them. */
function reference(gates: number, cell: Cell, withCells: boolean) {
  return (inputs: readonly Plain[], options?: Options): readonly Plain[] => {
    const [x, weightIh, weightHh, biasIh, biasHh, h, c, weightHr] = inputs;
    const bias = (one: Plain | undefined) => (i: number) => (one === undefined ? 0 : at(one, [i]));
    const layer = { x, weightIh, weightHh, biasIh: bias(biasIh), biasHh: bias(biasHh), h, c, weightHr };
    const { reverse = false, batchSizes } = options ?? {};
    const states = batchSizes
      ? walkPacked(layer, gates, cell, reverse, batchSizes)
      : walk(layer, gates, cell, reverse);
    return withCells ? [states.output, states.h, states.c] : [states.output, states.h];
  };
}

const shared = {
  family: 'Recurrent layers',
  dtypes: FLOATS,
  precision: 'summed',
  gradient: 2,
  domain: DOMAIN,
} as const;

export const recurrentRows = {
  rnn: row<[options?: RNNOptions]>({
    ...shared,
    fn: (x: q.Tensor, weightIh: q.Tensor, weightHh: q.Tensor, options: RNNOptions) => {
      const { output, h } = rnn(x, weightIh, weightHh, options);
      return [output, h];
    },
    positional: ([x, weightIh, weightHh, ...others], [options]) => [
      x,
      weightIh,
      weightHh,
      { ...named(others), ...(options as RNNOptions | undefined) },
    ],
    samples: [
      ...samplesFor<RNNOptions>(1, 1),
      { inputs: operands(1, 3, [3, 2, 3, 3]), args: [{ nonlinearity: 'relu' }] },
    ],
    large: { inputs: calm(operands(1, 3, [5, 37, 20, 130])) },
    reference: (inputs, options) =>
      reference(1, rnnCell(options?.nonlinearity === 'relu'), false)(inputs, options),
    errors: [
      ...refusals(1, rnn),
      {
        name: 'an unknown nonlinearity',
        act: () => rnn(q.ones([1, 1, 1]), q.ones([1, 1]), q.ones([1, 1]), { nonlinearity: 'sin' as 'relu' }),
        error: q.ArgumentError,
      },
    ],
  }),
  lstm: row<[options?: LSTMOptions]>({
    ...shared,
    fn: (x: q.Tensor, weightIh: q.Tensor, weightHh: q.Tensor, options: LSTMOptions) => {
      const { output, h, c } = lstm(x, weightIh, weightHh, options);
      return [output, h, c];
    },
    positional: ([x, weightIh, weightHh, ...others], [options]) => [
      x,
      weightIh,
      weightHh,
      { ...named(others), ...(options as LSTMOptions | undefined) },
    ],
    samples: [
      ...samplesFor<LSTMOptions>(4, 2),
      { inputs: projectedOperands([3, 2, 2], 2) },
      { inputs: projectedOperands([2, 1, 1], 1), args: [{ reverse: true }] },
      { inputs: projectedOperands([1, 2, 3], 2) },
      { inputs: projectedOperands([6, 2], 3), args: [{ batchSizes: [3, 2, 1] }] },
      { inputs: projectedOperands([5, 1], 2), args: [{ batchSizes: [2, 2, 1], reverse: true }] },
    ],
    large: { inputs: calm(operands(4, 4, [5, 37, 20, 65])) },
    reference: reference(4, lstmCell, true),
    errors: [
      ...refusals(4, lstm),
      {
        name: 'a cell of another size',
        act: () => lstm(q.ones([1, 2, 1]), q.ones([4, 1]), q.ones([4, 1]), { c: q.ones([1, 1]) }),
        error: q.ShapeError,
      },
      ...[
        { weightHr: q.ones([1, 2]) },
        { weightHr: q.ones([1]) },
        { weightHr: q.ones([1, 1]), h: q.ones([2, 2]) },
      ].map((options) => ({
        name: `operands that do not fit the projection (${options.weightHr.shape})`,
        act: () => lstm(q.ones([1, 2, 1]), q.ones([4, 1]), q.ones([4, 1]), options),
        error: q.ShapeError,
      })),
      {
        name: 'a projection of another dtype',
        act: () =>
          lstm(q.ones([1, 2, 1]), q.ones([4, 1]), q.ones([4, 1]), {
            weightHr: q.ones([1, 1], { dtype: 'float64' }),
          }),
        error: q.DTypeError,
      },
    ],
  }),
  gru: row<[options?: GRUOptions]>({
    ...shared,
    fn: (x: q.Tensor, weightIh: q.Tensor, weightHh: q.Tensor, options: GRUOptions) => {
      const { output, h } = gru(x, weightIh, weightHh, options);
      return [output, h];
    },
    positional: ([x, weightIh, weightHh, ...others], [options]) => [
      x,
      weightIh,
      weightHh,
      { ...named(others), ...(options as GRUOptions | undefined) },
    ],
    samples: samplesFor<GRUOptions>(3, 1),
    large: { inputs: calm(operands(3, 3, [5, 37, 20, 65])) },
    reference: reference(3, gruCell, false),
    errors: [
      ...refusals(3, gru),
      {
        name: 'a bias of another size',
        act: () => gru(q.ones([1, 2, 1]), q.ones([3, 1]), q.ones([3, 1]), { biasHh: q.ones([1]) }),
        error: q.ShapeError,
      },
    ],
  }),
};
