// Recurrent layers and their gradients: for each step a product, and what turns its sums into states or back.

import { type DataArray, INT32, type Kind } from '../../core/dtype.js';
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

/** A step: how many sequences take it, and the first rows of its sums and of the states before and after it. */
interface Step {
  readonly alive: number;
  readonly time: number;
  readonly before: number;
  readonly after: number;
}

/**
 * A walk over all steps in one direction. Rows belong to a time and a sequence: each time has as many of them as the
 * batch, or, of packed sequences, one for each of the first sequences that last so long. States have one time more, the
 * batch's initial state, which comes before all others, or after them in reverse.
 */
interface Walk {
  readonly steps: readonly Step[];
  readonly batch: number;
  readonly hidden: number;
  /** Where the row lies that comes after those of all states. */
  readonly end: number;
}

/** A walk; `states` has so many times of the whole batch beyond the steps', and the last operand may be sizes. */
function walkOf(
  op: string,
  operands: readonly Operand[],
  weight: Operand,
  states: Operand,
  extra: number,
): Walk {
  for (const operand of operands) if (operand !== weight) demandDense(op, operand);
  const last = operands[operands.length - 1];
  if (last.kind === INT32) return packedWalk(op, last, states, extra);
  demandRank(op, states, 3);
  const [times, batch, hidden] = states.layout.dims;
  const count = times - extra;
  if (count < 1) throw new ShapeError(op, 'expects at least one step', [states.layout.dims]);
  const reverse = attributes[0] === 1;
  const steps = Array.from({ length: count }, (_, s): Step => {
    const [time, before, after] = reverse ? [count - 1 - s, count - s, count - 1 - s] : [s, s, s + 1];
    return { alive: batch, time: time * batch, before: before * batch, after: after * batch };
  });
  return { steps, batch, hidden, end: (count + 1) * batch };
}

function packedWalk(op: string, sizes: Operand, states: Operand, extra: number): Walk {
  demandRank(op, states, 2);
  const { array, at } = valuesOf(sizes);
  const batch = array[at];
  const steps: Step[] = [];
  let before = 0;
  let time = 0;
  for (let s = 0; s < sizes.layout.size; s++) {
    const alive = array[at + s];
    steps.push({ alive, time, before, after: batch + time });
    before = batch + time;
    time += alive;
  }
  const [rows, hidden] = states.layout.dims;
  if (rows !== time + extra * batch)
    throw new ShapeError(op, `expects ${time + extra * batch} rows`, [states.layout.dims]);
  return { steps, batch, hidden, end: batch + time };
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
  const walk = walkOf('rnn', operands, weight, out, 1);
  const { hidden } = walk;
  const relu = attributes[1] === 1;
  const { array: states, at } = valuesOf(out);
  const [row, column] = weight.layout.strides;
  const added = biasOf(bias);
  for (const { alive, before, after } of walk.steps) {
    const from = at + before * hidden;
    const sums = product(alive, hidden, hidden, states, from, hidden, valuesOf(weight), column, row);
    let to = at + after * hidden;
    for (let i = 0; i < alive; i++) {
      for (let j = 0; j < hidden; j++, to++) {
        const sum = states[to] + sums[i * hidden + j] + added(j);
        states[to] = relu ? Math.max(sum, 0) : Math.tanh(sum);
      }
    }
  }
};

const rnnGrad: KernelMany = (_kind, operands) => {
  const [sums, initial, gradient, states, weight] = operands;
  const walk = walkOf('rnnGrad', operands, weight, states, 1);
  const { batch, hidden } = walk;
  const relu = attributes[1] === 1;
  const { array: out, at } = valuesOf(sums);
  const g = valuesOf(gradient);
  const y = valuesOf(states);
  const carried = valuesOf(initial);
  const [row, column] = weight.layout.strides;
  const state = batch * hidden;
  carried.array.fill(0, carried.at, carried.at + state);
  for (const { alive, time, after } of [...walk.steps].reverse()) {
    for (let i = 0; i < alive * hidden; i++) {
      const value = y.array[y.at + after * hidden + i];
      const flowing = g.array[g.at + after * hidden + i] + carried.array[carried.at + i];
      out[at + time * hidden + i] = relu ? (value <= 0 ? 0 : flowing) : flowing * tanhSlope(value);
    }
    const through = product(
      alive,
      hidden,
      hidden,
      out,
      at + time * hidden,
      hidden,
      valuesOf(weight),
      row,
      column,
    );
    for (let i = 0; i < alive * hidden; i++) carried.array[carried.at + i] = through[i];
  }
};

const lstm: KernelMany = (_kind, operands) => {
  const [out, gates, cells, weight, bias] = operands;
  const walk = walkOf('lstm', operands, weight, out, 2);
  const { hidden } = walk;
  const y = valuesOf(out);
  const c = valuesOf(cells);
  const { array: gate, at } = valuesOf(gates);
  const [row, column] = weight.layout.strides;
  const width = 4 * hidden;
  const added = biasOf(bias);
  const last = y.at + walk.end * hidden;
  for (const { alive, time, before, after } of walk.steps) {
    const from = y.at + before * hidden;
    const sums = product(alive, width, hidden, y.array, from, hidden, valuesOf(weight), column, row);
    for (let i = 0; i < alive; i++) {
      const base = at + (time + i) * width;
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
        const cell = forget * c.array[c.at + before * hidden + k] + input * candidate;
        gate[base + j] = input;
        gate[base + hidden + j] = forget;
        gate[base + 2 * hidden + j] = candidate;
        gate[base + 3 * hidden + j] = output;
        c.array[c.at + after * hidden + k] = cell;
        y.array[y.at + after * hidden + k] = output * Math.tanh(cell);
      }
    }
    // Sequences that go on overwrite it.
    for (let i = 0; i < alive * hidden; i++) y.array[last + i] = c.array[c.at + after * hidden + i];
  }
};

const lstmGrad: KernelMany = (_kind, operands) => {
  const [sums, initial, gradient, gates, cells, weight] = operands;
  const walk = walkOf('lstmGrad', operands, weight, gradient, 2);
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
    carried.array[carried.at + state + i] = g.array[g.at + walk.end * hidden + i];
  }
  for (const { alive, time, before, after } of [...walk.steps].reverse()) {
    for (let i = 0; i < alive; i++) {
      for (let j = 0; j < hidden; j++) {
        const k = i * hidden + j;
        const at0 = (time + i) * width + j;
        const base = gate.at + at0;
        const input = gate.array[base];
        const forget = gate.array[base + hidden];
        const candidate = gate.array[base + 2 * hidden];
        const output = gate.array[base + 3 * hidden];
        const squashed = Math.tanh(c.array[c.at + after * hidden + k]);
        const dState = g.array[g.at + after * hidden + k] + carried.array[carried.at + k];
        const cellAt = carried.at + state + k;
        const dCell = carried.array[cellAt] + dState * output * tanhSlope(squashed);
        const cellBefore = c.array[c.at + before * hidden + k];
        const to = at + at0;
        out[to] = dCell * candidate * sigmoidSlope(input);
        out[to + hidden] = dCell * cellBefore * sigmoidSlope(forget);
        out[to + 2 * hidden] = dCell * input * tanhSlope(candidate);
        out[to + 3 * hidden] = dState * squashed * sigmoidSlope(output);
        carried.array[cellAt] = dCell * forget;
      }
    }
    const from = at + time * width;
    const through = product(alive, hidden, width, out, from, width, valuesOf(weight), row, column);
    for (let i = 0; i < alive * hidden; i++) carried.array[carried.at + i] = through[i];
  }
};

const gru: KernelMany = (_kind, operands) => {
  const [out, gates, recurrent, weight, bias] = operands;
  const walk = walkOf('gru', operands, weight, out, 1);
  const { hidden } = walk;
  const y = valuesOf(out);
  const past = valuesOf(recurrent);
  const { array: gate, at } = valuesOf(gates);
  const [row, column] = weight.layout.strides;
  const width = 3 * hidden;
  const added = biasOf(bias);
  for (const { alive, time, before, after } of walk.steps) {
    const from = y.at + before * hidden;
    const sums = product(alive, width, hidden, y.array, from, hidden, valuesOf(weight), column, row);
    for (let i = 0; i < alive; i++) {
      const base = at + (time + i) * width;
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
        past.array[past.at + time * hidden + k] = ofState;
        y.array[y.at + after * hidden + k] = candidate + keep * (y.array[from + k] - candidate);
      }
    }
  }
};

const gruGrad: KernelMany = (_kind, operands) => {
  const [sums, initial, gradient, gates, recurrent, states, weight] = operands;
  const walk = walkOf('gruGrad', operands, weight, states, 1);
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
  const carry = (rows: number, through: Float64Array): void => {
    for (let i = 0; i < rows * hidden; i++) carried.array[carried.at + i] += through[i];
  };
  carried.array.fill(0, carried.at, carried.at + state);
  for (const { alive, time, before, after } of [...walk.steps].reverse()) {
    for (let i = 0; i < alive; i++) {
      for (let j = 0; j < hidden; j++) {
        const k = i * hidden + j;
        const base = gate.at + (time + i) * 3 * hidden + j;
        const reset = gate.array[base];
        const keep = gate.array[base + hidden];
        const candidate = gate.array[base + 2 * hidden];
        const dState = g.array[g.at + after * hidden + k] + carried.array[carried.at + k];
        const dCandidate = dState * (1 - keep) * tanhSlope(candidate);
        const dKeep = dState * (y.array[y.at + before * hidden + k] - candidate);
        const to = at + (time + i) * width + j;
        out[to] = dCandidate * reset;
        out[to + hidden] = dCandidate * past.array[past.at + time * hidden + k] * sigmoidSlope(reset);
        out[to + 2 * hidden] = dKeep * sigmoidSlope(keep);
        out[to + 3 * hidden] = dCandidate;
        carried.array[carried.at + k] = dState * keep;
      }
    }
    const from = at + time * width;
    carry(alive, product(alive, hidden, hidden, out, from, width, ofCandidate, row, column));
    carry(alive, product(alive, hidden, 2 * hidden, out, from + hidden, width, w, row, column));
  }
};

export const recurrentKernels = {
  rnn: { many: rnn },
  rnnGrad: { many: rnnGrad },
  lstm: { many: lstm },
  lstmGrad: { many: lstmGrad },
  gru: { many: gru },
  gruGrad: { many: gruGrad },
};
