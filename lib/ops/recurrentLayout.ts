// Where the values of a recurrent layer lie: by times, or, where sequences are packed, in rows of those that last.

import { isFloatKind } from '../core/dtype.js';
import { DTypeError, ShapeError, showShape } from '../core/errors.js';
import { denseLayout, type Layout } from '../core/layout.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { forRows, lastRows, type Packing } from './packing.js';
import { picked } from './resample.js';
import { reshape } from './shape.js';
import { narrow, select } from './slice.js';

/** The gates of each kind of layer: how many times the hidden size its weights have in rows. @internal */
export const GATES = { rnn: 1, lstm: 4, gru: 3 } as const;

/** The operands of one layer in one direction, checked. @internal */
export interface Sequence {
  readonly op: keyof typeof GATES;
  /** (T, N, in), or (rows, in) where sequences are packed. */
  readonly x: Tensor;
  /** (gates · hidden, in) */
  readonly weightIh: Tensor;
  /** (gates · hidden, hidden) */
  readonly weightHh: Tensor;
  readonly biasIh: Tensor | null;
  readonly biasHh: Tensor | null;
  /** (N, hidden), the state before the first step. */
  readonly h: Tensor;
  /** (N, hidden), the cell before the first step, of an LSTM. */
  readonly c: Tensor | null;
  readonly reverse: boolean;
  /** Of an RNN, whether its nonlinearity is relu. */
  readonly relu: boolean;
  /** How sequences of different lengths are packed. */
  readonly packing: Packing | null;
}

/** Refuses what is no tensor, and operands that are not all of one floating dtype. @internal */
export function demandFloats(op: string, operands: readonly Tensor[]): void {
  for (const one of operands) checkTensor(op, one);
  const { kind } = operands[0];
  if (isFloatKind(kind) && operands.every((one) => one.kind === kind)) return;
  const dtypes = operands.map((one) => one.dtype);
  throw new DTypeError(
    op,
    `operands must have the same floating dtype; got ${dtypes.join(', ')}: cast with to()`,
    dtypes,
  );
}

/** The batch and features of an input; refuses one of another rank, or with other rows than it is packed in. @internal */
export function demandInput(
  op: string,
  x: Tensor,
  packing: Packing | null,
): readonly [batch: number, features: number] {
  if (packing === null) {
    if (x.ndim === 3 && x.shape[0] > 0) return [x.shape[1], x.shape[2]];
    throw new ShapeError(op, `the input is (T, N, in) with at least one time; got ${showShape(x.shape)}`, [
      x.shape,
    ]);
  }
  if (x.ndim === 2) return [packing.sizes[0], x.shape[1]];
  throw new ShapeError(op, `a packed input is (${packing.rows}, in); got ${showShape(x.shape)}`, [x.shape]);
}

/** Refuses an operand of another shape. @internal */
export function demandShape(op: string, name: string, tensor: Tensor, shape: readonly number[]): void {
  if (tensor.ndim === shape.length && tensor.shape.every((dim, i) => dim === shape[i])) return;
  throw new ShapeError(
    op,
    `${name} is ${showShape(shape)} for this input and hidden size; got ${showShape(tensor.shape)}`,
    [tensor.shape],
  );
}

/** How many sequences there are. @internal */
export function batchOf({ h }: Sequence): number {
  return h.shape[0];
}

/** How many steps all sequences take together. @internal */
export function rowCount({ x, packing }: Sequence): number {
  return packing === null ? x.shape[0] * x.shape[1] : packing.rows;
}

/** The layout of values for each step, and for so many times of the whole batch beyond. @internal */
export function timesLayout(layer: Sequence, extra: number, width: number): Layout {
  const { x, packing } = layer;
  const batch = batchOf(layer);
  return denseLayout(
    packing === null ? [x.shape[0] + extra, batch, width] : [packing.rows + extra * batch, width],
  );
}

/** Of the states of all times, those after each step. @internal */
export function outputOf(layer: Sequence, states: Tensor): Tensor {
  if (layer.packing !== null) return narrow(states, 0, batchOf(layer), layer.packing.rows);
  return narrow(states, 0, layer.reverse ? 0 : 1, layer.x.shape[0]);
}

/** Of the states of all times, each sequence's last. @internal */
export function lastOf(layer: Sequence, states: Tensor): Tensor {
  if (layer.packing === null) return select(states, 0, layer.reverse ? 0 : layer.x.shape[0]);
  const batch = batchOf(layer);
  return picked(
    states,
    0,
    lastRows(layer.packing).map((row) => batch + row),
  );
}

/** Of the states of all times, the cells that stand after them. @internal */
export function cellsOf(layer: Sequence, states: Tensor): Tensor {
  const { packing, x } = layer;
  if (packing === null) return select(states, 0, x.shape[0] + 1);
  const batch = batchOf(layer);
  return narrow(states, 0, batch + packing.rows, batch);
}

/** Of the states of all times, the one before each step, as rows. @internal */
export function statesBefore(layer: Sequence, states: Tensor): Tensor {
  const { packing, x } = layer;
  if (packing === null) return rowsOf(narrow(states, 0, layer.reverse ? 1 : 0, x.shape[0]));
  const { starts } = packing;
  const batch = batchOf(layer);
  return picked(
    states,
    0,
    forRows(packing, (time, n) => (time === 0 ? n : batch + starts[time - 1] + n)),
  );
}

/** The rows of a tensor (T, N, …), all times after one another; packed ones lie so already. @internal */
export function rowsOf(x: Tensor): Tensor {
  if (x.ndim === 2) return x;
  return reshape(x, [x.shape[0] * x.shape[1], x.shape[2]]);
}
