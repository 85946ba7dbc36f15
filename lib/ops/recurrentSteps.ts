// Gradients of recurrent layers made of plain operations, step by step: what is differentiated once more.

import type { Tensor } from '../core/tensor.js';
import { relu as positive, reluGrad, sigmoid, sigmoidGrad, tanh, tanhGrad } from './activation.js';
import { add, mul, sub } from './binary.js';
import { concat, stack } from './join.js';
import { affine } from './linear.js';
import { matmul } from './matmul.js';
import type { Sequence } from './recurrent.js';
import { reshape } from './shape.js';
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

/** The rows of a tensor (T, N, …), all times after one another. @internal */
export function rowsOf(x: Tensor): Tensor {
  return reshape(x, [x.shape[0] * x.shape[1], x.shape[2]]);
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

/** The gradients of a layer's sums, from the gradient of its states as the operation lays them out. @internal */
export function composedSums(layer: Sequence, g: Tensor): Sums {
  const { op, x, weightIh, weightHh, biasIh, biasHh, reverse } = layer;
  const steps = x.shape[0];
  const take = op === 'lstm' ? lstmStep : op === 'gru' ? gruStep : rnnStep(layer.relu);
  const projected = affine(x, weightIh, biasIh);
  const timeOf = (step: number): number => (reverse ? steps - 1 - step : step);

  const states: State[] = [layer];
  const taken: Step[] = [];
  for (let s = 0; s < steps; s++) {
    const before = states[s];
    const step = take(select(projected, 0, timeOf(s)), affine(before.h, weightHh, biasHh), before);
    taken.push(step);
    states.push(step);
  }

  const input: Tensor[] = [];
  const recurrent: Tensor[] = [];
  const before: Tensor[] = [];
  let h: Tensor | null = null;
  let c = op === 'lstm' ? select(g, 0, steps + 1) : null;
  for (let s = steps - 1; s >= 0; s--) {
    const time = timeOf(s);
    const outer = select(g, 0, reverse ? time : time + 1);
    const flow = taken[s].back({ h: h === null ? outer : add(outer, h), c });
    input[time] = flow.input;
    recurrent[time] = flow.recurrent;
    before[time] = states[s].h;
    const through = matmul(flow.recurrent, weightHh);
    h = flow.h === null ? through : add(through, flow.h);
    c = flow.c;
  }
  const rows = (all: readonly Tensor[]): Tensor => rowsOf(stack(all, 0));
  return { input: rows(input), recurrent: [rows(recurrent)], before: rows(before), h: h as Tensor, c };
}
