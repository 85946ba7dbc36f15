// Gradients of recurrent layers made of plain operations, step by step: what is differentiated once more.

import { autocast } from '../core/precision.js';
import type { Tensor } from '../core/tensor.js';
import { relu as positive, reluGrad, sigmoid, sigmoidGrad, tanh, tanhGrad } from './activation.js';
import { add, mul, sub } from './binary.js';
import { concat, stack } from './join.js';
import { affine } from './linear.js';
import { matmul } from './matmul.js';
import { rowsOf, type Sequence } from './recurrentLayout.js';
import { narrow, select } from './slice.js';

/** Gradients of a layer's sums of products, as rows (T · N, …), from which those of all operands follow. */
export interface Sums {
  /** Of the sums that come from the input. */
  readonly input: Tensor;
  /** Of those that come from the states, in parts that belong to consecutive rows of the weight. */
  readonly recurrent: readonly Tensor[];
  /** (T · N, hidden), the state before each step. */
  readonly before: Tensor;
  /** Of the initial state. */
  readonly h: Tensor;
  /** Of the initial cell. */
  readonly c: Tensor | null;
}

/** A state and cell, or their gradients. */
interface State {
  readonly h: Tensor;
  readonly c: Tensor | null;
}

/** What a step hands back: gradients of both of its sums, and of what came before it, past the sums. */
interface Flow {
  readonly input: Tensor;
  readonly recurrent: Tensor;
  readonly h: Tensor | null;
  readonly c: Tensor | null;
}

/** A step that was taken, and the way back through it. */
interface Step extends State {
  back(gradient: State): Flow;
}

type TakeStep = (input: Tensor, recurrent: Tensor, before: State) => Step;

function gate(sums: Tensor, index: number, hidden: number): Tensor {
  return narrow(sums, 1, index * hidden, hidden);
}

const rnnStep =
  (relu: boolean): TakeStep =>
  (input, recurrent) => {
    const sums = add(input, recurrent);
    const h = relu ? positive(sums) : tanh(sums);
    return {
      h,
      c: null,
      back(gradient) {
        const flowing = relu ? reluGrad(gradient.h, h) : tanhGrad(gradient.h, h);
        return { input: flowing, recurrent: flowing, h: null, c: null };
      },
    };
  };

const lstmStep: TakeStep = (input, recurrent, before) => {
  const sums = add(input, recurrent);
  const cellBefore = before.c as Tensor;
  const hidden = cellBefore.shape[1];
  const i = sigmoid(gate(sums, 0, hidden));
  const f = sigmoid(gate(sums, 1, hidden));
  const g = tanh(gate(sums, 2, hidden));
  const o = sigmoid(gate(sums, 3, hidden));
  const c = add(mul(f, cellBefore), mul(i, g));
  const y = tanh(c);
  return {
    h: mul(o, y),
    c,
    back(gradient) {
      const cell = add(gradient.c as Tensor, tanhGrad(mul(gradient.h, o), y));
      const flowing = concat(
        [
          sigmoidGrad(mul(cell, g), i),
          sigmoidGrad(mul(cell, cellBefore), f),
          tanhGrad(mul(cell, i), g),
          sigmoidGrad(mul(gradient.h, y), o),
        ],
        1,
      );
      return { input: flowing, recurrent: flowing, h: null, c: mul(cell, f) };
    },
  };
};

const gruStep: TakeStep = (input, recurrent, before) => {
  const hidden = before.h.shape[1];
  const r = sigmoid(add(gate(input, 0, hidden), gate(recurrent, 0, hidden)));
  const z = sigmoid(add(gate(input, 1, hidden), gate(recurrent, 1, hidden)));
  const past = gate(recurrent, 2, hidden);
  const n = tanh(add(gate(input, 2, hidden), mul(r, past)));
  return {
    h: add(n, mul(z, sub(before.h, n))),
    c: null,
    back(gradient) {
      const ofN = tanhGrad(mul(gradient.h, sub(1, z)), n);
      const ofR = sigmoidGrad(mul(ofN, past), r);
      const ofZ = sigmoidGrad(mul(gradient.h, sub(before.h, n)), z);
      return {
        input: concat([ofR, ofZ, ofN], 1),
        recurrent: concat([ofR, ofZ, mul(ofN, r)], 1),
        h: mul(gradient.h, z),
        c: null,
      };
    },
  };
};

/** How a layer's steps lie in tensors that have a time for each, or rows where sequences are packed. */
interface Times {
  readonly steps: number;
  /** How many sequences take a step; none take what comes after the last. */
  size(step: number): number;
  /** The values that belong to a step. */
  sums(of: Tensor, step: number): Tensor;
  /** Those that belong to the state after it, of a tensor that has the initial state too. */
  after(of: Tensor, step: number): Tensor;
  /** Of such a tensor, the cells after the last step. */
  cells(of: Tensor): Tensor;
  /** The values of all steps, by time, as rows. */
  rows(all: readonly Tensor[]): Tensor;
  /** Where the values of a step stand in that list. */
  time(step: number): number;
}

function timesOf({ x, packing, reverse, h }: Sequence): Times {
  const batch = h.shape[0];
  if (packing !== null) {
    const { sizes, starts, rows } = packing;
    return {
      steps: sizes.length,
      size: (step) => sizes[step] ?? 0,
      sums: (of, step) => narrow(of, 0, starts[step], sizes[step]),
      after: (of, step) => narrow(of, 0, batch + starts[step], sizes[step]),
      cells: (of) => narrow(of, 0, batch + rows, batch),
      rows: (all) => concat(all, 0),
      time: (step) => step,
    };
  }
  const steps = x.shape[0];
  const time = (step: number): number => (reverse ? steps - 1 - step : step);
  return {
    steps,
    size: (step) => (step === steps ? 0 : batch),
    sums: (of, step) => select(of, 0, time(step)),
    after: (of, step) => select(of, 0, reverse ? time(step) : step + 1),
    cells: (of) => select(of, 0, steps + 1),
    rows: (all) => rowsOf(stack(all, 0)),
    time,
  };
}

/** The first rows of a state. */
function first(state: State, count: number): State {
  const part = (of: Tensor): Tensor => (of.shape[0] === count ? of : narrow(of, 0, 0, count));
  return { h: part(state.h), c: state.c && part(state.c) };
}

/** What flows back into the states after a step: into those of sequences that end there only from outside. */
function arriving(outer: Tensor, through: Tensor | null): Tensor {
  if (through === null) return outer;
  const [stay, all] = [through.shape[0], outer.shape[0]];
  if (stay === all) return add(outer, through);
  return concat([add(narrow(outer, 0, 0, stay), through), narrow(outer, 0, stay, all - stay)], 0);
}

/** The same for cells, which are results after their sequence's last step alone. */
function arrivingCells(last: Tensor, through: Tensor | null, stay: number, all: number): Tensor {
  if (through !== null && stay === all) return through;
  const ending = narrow(last, 0, stay, all - stay);
  return through === null ? ending : concat([through, ending], 0);
}

/**
 * The gradients of a layer's sums, from the gradient of its states as the operation lays them out; in full precision,
 * as the steps that they go back through. @internal
 */
export function composedSums(layer: Sequence, g: Tensor): Sums {
  return autocast(() => composed(layer, g), { enabled: false });
}

function composed(layer: Sequence, g: Tensor): Sums {
  const { op, x, weightIh, weightHh, biasIh, biasHh } = layer;
  const times = timesOf(layer);
  const { steps } = times;
  const take = op === 'lstm' ? lstmStep : op === 'gru' ? gruStep : rnnStep(layer.relu);
  const projected = affine(x, weightIh, biasIh);

  let state: State = layer;
  const befores: State[] = [];
  const taken: Step[] = [];
  for (let s = 0; s < steps; s++) {
    const before = first(state, times.size(s));
    const step = take(times.sums(projected, s), affine(before.h, weightHh, biasHh), before);
    befores.push(before);
    taken.push(step);
    state = step;
  }

  const input: Tensor[] = [];
  const recurrent: Tensor[] = [];
  const before: Tensor[] = [];
  const lastCells = op === 'lstm' ? times.cells(g) : null;
  let h: Tensor | null = null;
  let c: Tensor | null = null;
  for (let s = steps - 1; s >= 0; s--) {
    if (lastCells !== null) c = arrivingCells(lastCells, c, times.size(s + 1), times.size(s));
    const flow = taken[s].back({ h: arriving(times.after(g, s), h), c });
    const time = times.time(s);
    input[time] = flow.input;
    recurrent[time] = flow.recurrent;
    before[time] = befores[s].h;
    const through = matmul(flow.recurrent, weightHh);
    h = flow.h === null ? through : add(through, flow.h);
    c = flow.c;
  }
  const { rows } = times;
  return { input: rows(input), recurrent: [rows(recurrent)], before: rows(before), h: h as Tensor, c };
}
