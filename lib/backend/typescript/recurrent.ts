// Recurrent layers and their gradients: for each step a product, and what turns its sums into states or back.

import type { DataArray, Kind } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { demandDense, demandRank } from './check.js';
import { gemm, Matrix } from './gemm.js';
import type { KernelMany } from './kernel.js';
import { doubles } from './scratch.js';

/** Values of an operand from an offset on. */
interface Values {
  readonly array: DataArray;
  readonly at: number;
}

function valuesOf(operand: Operand): Values {
  return { array: operand.slab.view(operand.kind), at: operand.offset };
}

/**
 * A walk over all steps in one direction. States lie in rows of times, one more than the steps: the row before the
 * first step, or after the last one in reverse, holds the initial state.
 */
interface Walk {
  readonly steps: number;
  readonly batch: number;
  readonly hidden: number;
  readonly reverse: boolean;
}

/** A walk; `states` has so many times beyond the initial one and the steps'. */
function walkOf(op: string, operands: readonly Operand[], states: Operand, extra: number): Walk {
  demandRank(op, states, 3);
  // All but the weights, which are matrices.
  for (const operand of operands) if (operand.layout.rank !== 2) demandDense(op, operand);
  const [times, batch, hidden] = states.layout.dims;
  if (times < 2 + extra) throw new ShapeError(op, 'expects at least one step', [states.layout.dims]);
  return { steps: times - 1 - extra, batch, hidden, reverse: attributes[0] === 1 };
}

/** Where a step's gates and states begin, in units of one time. */
type Visit = (time: number, before: number, after: number) => void;

function visitStep({ steps, reverse }: Walk, s: number, visit: Visit): void {
  if (reverse) visit(steps - 1 - s, steps - s, steps - 1 - s);
  else visit(s, s, s + 1);
}

function forEachStep(walk: Walk, visit: Visit): void {
  for (let s = 0; s < walk.steps; s++) visitStep(walk, s, visit);
}

function forEachStepBack(walk: Walk, visit: Visit): void {
  for (let s = walk.steps - 1; s >= 0; s--) visitStep(walk, s, visit);
}

// A slot of scratch memory that the product itself does not use.
const PRODUCT = 7;

const left = new Matrix();
const right = new Matrix();
const result = new Matrix();

/** The m × n product of rows (m, k), `lda` apart, and of k × n values at any strides. */
function product(
  m: number,
  n: number,
  k: number,
  a: DataArray,
  at: number,
  lda: number,
  b: Values,
  row: number,
  column: number,
): Float64Array {
  const out = doubles(PRODUCT, m * n);
  left.aim(a, at, lda, 1);
  right.aim(b.array, b.at, column, row);
  result.aim(out, 0, 1, n);
  gemm(m, n, k, left, right, result);
  return out;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const sigmoidSlope = (y: number): number => y * (1 - y);
const tanhSlope = (y: number): number => 1 - y * y;

/** The bias of a column; 0 where there is none. */
function biasOf(bias: Operand | undefined): (column: number) => number {
  if (bias === undefined) return () => 0;
  const { array, at } = valuesOf(bias);
  return (column) => array[at + column];
}

const rnn: KernelMany = (_kind: Kind, operands) => {
  const [out, weight, bias] = operands;
  const walk = walkOf('rnn', operands, out, 0);
  const { batch, hidden } = walk;
  const relu = attributes[1] === 1;
  const { array: states, at } = valuesOf(out);
  const [row, column] = weight.layout.strides;
  const added = biasOf(bias);
  forEachStep(walk, (_time, before, after) => {
    const from = at + before * batch * hidden;
    const sums = product(batch, hidden, hidden, states, from, hidden, valuesOf(weight), column, row);
    let to = at + after * batch * hidden;
    for (let i = 0; i < batch; i++) {
      for (let j = 0; j < hidden; j++, to++) {
        const sum = states[to] + sums[i * hidden + j] + added(j);
        states[to] = relu ? Math.max(sum, 0) : Math.tanh(sum);
      }
    }
  });
};

const rnnGrad: KernelMany = (_kind, operands) => {
  const [sums, initial, gradient, states, weight] = operands;
  const walk = walkOf('rnnGrad', operands, states, 0);
  const { batch, hidden } = walk;
  const relu = attributes[1] === 1;
  const { array: out, at } = valuesOf(sums);
  const g = valuesOf(gradient);
  const y = valuesOf(states);
  const carried = valuesOf(initial);
  const [row, column] = weight.layout.strides;
  const state = batch * hidden;
  carried.array.fill(0, carried.at, carried.at + state);
  forEachStepBack(walk, (time, _before, after) => {
    for (let i = 0; i < state; i++) {
      const value = y.array[y.at + after * state + i];
      const flowing = g.array[g.at + after * state + i] + carried.array[carried.at + i];
      out[at + time * state + i] = relu ? (value <= 0 ? 0 : flowing) : flowing * tanhSlope(value);
    }
    const through = product(
      batch,
      hidden,
      hidden,
      out,
      at + time * state,
      hidden,
      valuesOf(weight),
      row,
      column,
    );
    for (let i = 0; i < state; i++) carried.array[carried.at + i] = through[i];
  });
};

const lstm: KernelMany = (_kind, operands) => {
  const [out, gates, cells, weight, bias] = operands;
  const walk = walkOf('lstm', operands, out, 1);
  const { batch, hidden } = walk;
  const y = valuesOf(out);
  const c = valuesOf(cells);
  const { array: gate, at } = valuesOf(gates);
  const [row, column] = weight.layout.strides;
  const state = batch * hidden;
  const width = 4 * hidden;
  const added = biasOf(bias);
  let last = 0;
  forEachStep(walk, (time, before, after) => {
    const from = y.at + before * state;
    const sums = product(batch, width, hidden, y.array, from, hidden, valuesOf(weight), column, row);
    for (let i = 0; i < batch; i++) {
      const base = at + (time * batch + i) * width;
      const sum = (index: number, j: number): number => {
        const k = index * hidden + j;
        return gate[base + k] + sums[i * width + k] + added(k);
      };
      for (let j = 0; j < hidden; j++) {
        const input = sigmoid(sum(0, j));
        const forget = sigmoid(sum(1, j));
        const candidate = Math.tanh(sum(2, j));
        const output = sigmoid(sum(3, j));
        const k = i * hidden + j;
        const cell = forget * c.array[c.at + before * state + k] + input * candidate;
        gate[base + j] = input;
        gate[base + hidden + j] = forget;
        gate[base + 2 * hidden + j] = candidate;
        gate[base + 3 * hidden + j] = output;
        c.array[c.at + after * state + k] = cell;
        y.array[y.at + after * state + k] = output * Math.tanh(cell);
      }
    }
    last = c.at + after * state;
  });
  const to = y.at + (walk.steps + 1) * state;
  for (let i = 0; i < state; i++) y.array[to + i] = c.array[last + i];
};

const lstmGrad: KernelMany = (_kind, operands) => {
  const [sums, initial, gradient, gates, cells, weight] = operands;
  const walk = walkOf('lstmGrad', operands, gradient, 1);
  const { batch, hidden } = walk;
  const { array: out, at } = valuesOf(sums);
  const carried = valuesOf(initial);
  const g = valuesOf(gradient);
  const gate = valuesOf(gates);
  const c = valuesOf(cells);
  const [row, column] = weight.layout.strides;
  const state = batch * hidden;
  const width = 4 * hidden;
  carried.array.fill(0, carried.at, carried.at + state);
  for (let i = 0; i < state; i++) {
    carried.array[carried.at + state + i] = g.array[g.at + (walk.steps + 1) * state + i];
  }
  forEachStepBack(walk, (time, before, after) => {
    for (let i = 0; i < batch; i++) {
      for (let j = 0; j < hidden; j++) {
        const k = i * hidden + j;
        const at0 = (time * batch + i) * width + j;
        const base = gate.at + at0;
        const input = gate.array[base];
        const forget = gate.array[base + hidden];
        const candidate = gate.array[base + 2 * hidden];
        const output = gate.array[base + 3 * hidden];
        const squashed = Math.tanh(c.array[c.at + after * state + k]);
        const dState = g.array[g.at + after * state + k] + carried.array[carried.at + k];
        const cellAt = carried.at + state + k;
        const dCell = carried.array[cellAt] + dState * output * tanhSlope(squashed);
        const cellBefore = c.array[c.at + before * state + k];
        const to = at + at0;
        out[to] = dCell * candidate * sigmoidSlope(input);
        out[to + hidden] = dCell * cellBefore * sigmoidSlope(forget);
        out[to + 2 * hidden] = dCell * input * tanhSlope(candidate);
        out[to + 3 * hidden] = dState * squashed * sigmoidSlope(output);
        carried.array[cellAt] = dCell * forget;
      }
    }
    const from = at + time * batch * width;
    const through = product(batch, hidden, width, out, from, width, valuesOf(weight), row, column);
    for (let i = 0; i < state; i++) carried.array[carried.at + i] = through[i];
  });
};

const gru: KernelMany = (_kind, operands) => {
  const [out, gates, recurrent, weight, bias] = operands;
  const walk = walkOf('gru', operands, out, 0);
  const { batch, hidden } = walk;
  const y = valuesOf(out);
  const past = valuesOf(recurrent);
  const { array: gate, at } = valuesOf(gates);
  const [row, column] = weight.layout.strides;
  const state = batch * hidden;
  const width = 3 * hidden;
  const added = biasOf(bias);
  forEachStep(walk, (time, before, after) => {
    const from = y.at + before * state;
    const sums = product(batch, width, hidden, y.array, from, hidden, valuesOf(weight), column, row);
    for (let i = 0; i < batch; i++) {
      const base = at + (time * batch + i) * width;
      for (let j = 0; j < hidden; j++) {
        const sum = i * width + j;
        const reset = sigmoid(gate[base + j] + sums[sum] + added(j));
        const keep = sigmoid(gate[base + hidden + j] + sums[sum + hidden] + added(hidden + j));
        const ofState = sums[sum + 2 * hidden] + added(2 * hidden + j);
        const candidate = Math.tanh(gate[base + 2 * hidden + j] + reset * ofState);
        const k = i * hidden + j;
        gate[base + j] = reset;
        gate[base + hidden + j] = keep;
        gate[base + 2 * hidden + j] = candidate;
        past.array[past.at + time * state + k] = ofState;
        y.array[y.at + after * state + k] = candidate + keep * (y.array[from + k] - candidate);
      }
    }
  });
};

const gruGrad: KernelMany = (_kind, operands) => {
  const [sums, initial, gradient, gates, recurrent, states, weight] = operands;
  const walk = walkOf('gruGrad', operands, states, 0);
  const { batch, hidden } = walk;
  const { array: out, at } = valuesOf(sums);
  const carried = valuesOf(initial);
  const g = valuesOf(gradient);
  const gate = valuesOf(gates);
  const past = valuesOf(recurrent);
  const y = valuesOf(states);
  const w = valuesOf(weight);
  const [row, column] = weight.layout.strides;
  const ofCandidate = { array: w.array, at: w.at + 2 * hidden * row };
  const state = batch * hidden;
  const width = 4 * hidden;
  const carry = (through: Float64Array): void => {
    for (let i = 0; i < state; i++) carried.array[carried.at + i] += through[i];
  };
  carried.array.fill(0, carried.at, carried.at + state);
  forEachStepBack(walk, (time, before, after) => {
    for (let i = 0; i < batch; i++) {
      for (let j = 0; j < hidden; j++) {
        const k = i * hidden + j;
        const base = gate.at + (time * batch + i) * 3 * hidden + j;
        const reset = gate.array[base];
        const keep = gate.array[base + hidden];
        const candidate = gate.array[base + 2 * hidden];
        const dState = g.array[g.at + after * state + k] + carried.array[carried.at + k];
        const dCandidate = dState * (1 - keep) * tanhSlope(candidate);
        const dKeep = dState * (y.array[y.at + before * state + k] - candidate);
        const to = at + (time * batch + i) * width + j;
        out[to] = dCandidate * reset;
        out[to + hidden] = dCandidate * past.array[past.at + time * state + k] * sigmoidSlope(reset);
        out[to + 2 * hidden] = dKeep * sigmoidSlope(keep);
        out[to + 3 * hidden] = dCandidate;
        carried.array[carried.at + k] = dState * keep;
      }
    }
    const from = at + time * batch * width;
    carry(product(batch, hidden, hidden, out, from, width, ofCandidate, row, column));
    carry(product(batch, hidden, 2 * hidden, out, from + hidden, width, w, row, column));
  });
};

export const recurrentKernels = {
  rnn: { many: rnn },
  rnnGrad: { many: rnnGrad },
  lstm: { many: lstm },
  lstmGrad: { many: lstmGrad },
  gru: { many: gru },
  gruGrad: { many: gruGrad },
};
