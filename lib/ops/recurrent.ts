// Recurrent layers, one layer in one direction at a time: all steps are one operation with a gradient of its own.

import { active } from '../backend/active.js';
import type { Operand } from '../backend/backend.js';
import { kernel } from '../backend/kernels.js';
import { attributes, PRECISION } from '../backend/record.js';
import { ArgumentError } from '../core/errors.js';
import { isGradEnabled, type Node, recordTogether } from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { copyOf, rule } from './apply.js';
import { zerosOf } from './create.js';
import { concat } from './join.js';
import { matmul } from './matmul.js';
import { type Packing, packingOf, turnedRows } from './packing.js';
import {
  batchOf,
  cellsOf,
  demandFloats,
  demandInput,
  demandShape,
  GATES,
  lastOf,
  outputOf,
  rowCount,
  rowsOf,
  type Sequence,
  statesBefore,
  timesLayout,
} from './recurrentLayout.js';
import { projected } from './recurrentProjection.js';
import { composedSums, type Sums } from './recurrentSteps.js';
import { sum } from './reduce.js';
import { listOf, picked } from './resample.js';
import { clone, contiguous, matrixTranspose, reshape } from './shape.js';
import { narrow, select } from './slice.js';

/** The nonlinearities of {@link rnn}. */
export type Nonlinearity = 'tanh' | 'relu';

export interface GRUOptions {
  /** (gates · hidden,), added to x · weightIhᵀ. Default: none. */
  biasIh?: Tensor | null;
  /** (gates · hidden,), added to h · weightHhᵀ. Default: none. */
  biasHh?: Tensor | null;
  /** (N, hidden), the state before the first step. Default: zeros. */
  h?: Tensor | null;
  /** Whether to begin with the last time. Default false. */
  reverse?: boolean;
  /**
   * How many sequences there are at each time, where x is packed, (Σ batchSizes, in): all first times, then all second
   * ones, the longest sequences first. `output` is then packed alike, and the last states are each sequence's own.
   * Default: none, all of T times.
   */
  batchSizes?: readonly number[] | null;
}

export interface LSTMOptions extends GRUOptions {
  /** (N, hidden), the cell before the first step. Default: zeros. */
  c?: Tensor | null;
  /**
   * (proj, hidden), by which each state is projected before it goes on: weightHh is then (4 · hidden, proj), and `h` and
   * `output` have proj features (Sak et al. 2014). Default: none.
   */
  weightHr?: Tensor | null;
}

export interface RNNOptions extends GRUOptions {
  /** Default 'tanh'. */
  nonlinearity?: Nonlinearity;
}

const GRU_OPTIONS = optionNames<GRUOptions>({
  biasIh: true,
  biasHh: true,
  h: true,
  reverse: true,
  batchSizes: true,
});
const LSTM_OPTIONS = optionNames<LSTMOptions>({
  biasIh: true,
  biasHh: true,
  h: true,
  c: true,
  reverse: true,
  batchSizes: true,
  weightHr: true,
});
const RNN_OPTIONS = optionNames<RNNOptions>({
  biasIh: true,
  biasHh: true,
  h: true,
  nonlinearity: true,
  reverse: true,
  batchSizes: true,
});

/** The states of an {@link rnn} or {@link gru}. */
export interface States {
  /** The state after each step. */
  readonly output: Tensor;
  /** The state after the last step. */
  readonly h: Tensor;
}

/** The states of an {@link lstm}. */
export interface StatesAndCells extends States {
  /** The cell after the last step. */
  readonly c: Tensor;
}

/**
 * One layer of an Elman network in one direction: h ← tanh(x · weightIhᵀ + biasIh + h · weightHhᵀ + biasHh), or relu,
 * for each time of x (T, N, in). weightIh is (hidden, in), weightHh (hidden, hidden); `output` is (T, N, hidden), `h`
 * the last state (N, hidden) (Elman 1990).
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const one = tensor([[1]]);
 * const { output } = nn.functional.rnn(tensor([[[1]], [[2]]]), one, one, { nonlinearity: 'relu' });
 * output.toArray(); // => [[[1]], [[3]]]
 */
export function rnn(x: Tensor, weightIh: Tensor, weightHh: Tensor, options: RNNOptions = NO_OPTIONS): States {
  checkOptions('rnn', options, RNN_OPTIONS);
  const relu = isRelu('rnn', options.nonlinearity ?? 'tanh');
  return statesOf(checked('rnn', x, weightIh, weightHh, options, null, relu));
}

/**
 * One layer of a long short-term memory in one direction. With sums s = x · weightIhᵀ + biasIh + h · weightHhᵀ +
 * biasHh, cut into four: i, f, o = σ(s₁), σ(s₂), σ(s₄), g = tanh(s₃), c ← f · c + i · g, h ← o · tanh(c), for each time
 * of x (T, N, in). weightIh is (4 · hidden, in), weightHh (4 · hidden, hidden); `output` is (T, N, hidden), `h` and `c`
 * are the last state and cell (N, hidden) (Hochreiter and Schmidhuber 1997; Gers et al. 2000).
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, ones, zeros } from 'quern';
 * const { c } = nn.functional.lstm(ones([2, 1, 1]), zeros([4, 1]), zeros([4, 1]), { c: ones([1, 1]) });
 * c.toArray(); // => [[0.25]]
 */
export function lstm(
  x: Tensor,
  weightIh: Tensor,
  weightHh: Tensor,
  options: LSTMOptions = NO_OPTIONS,
): StatesAndCells {
  checkOptions('lstm', options, LSTM_OPTIONS);
  const { weightHr = null, c = null } = options;
  if (weightHr === null) return statesAndCellsOf(checked('lstm', x, weightIh, weightHh, options, c, false));
  const given = { x, weightIh, weightHh, weightHr, h: options.h ?? null };
  const { batchSizes = null, reverse = false } = options;
  return projected(given, batchSizes, reverse, (input, ih, hh) =>
    statesAndCellsOf(checked('lstm', input, ih, hh, { ...options, h: null }, c, false)),
  );
}

/**
 * One layer of gated recurrent units in one direction. With a = x · weightIhᵀ + biasIh and b = h · weightHhᵀ + biasHh,
 * each cut into three: r = σ(a₁ + b₁), z = σ(a₂ + b₂), n = tanh(a₃ + r · b₃), h ← (1 − z) · n + z · h, for each time of x
 * (T, N, in). weightIh is (3 · hidden, in), weightHh (3 · hidden, hidden); `output` is (T, N, hidden), `h` the last
 * state (N, hidden) (Cho et al. 2014; the reset as in cuDNN and PyTorch).
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, ones, zeros } from 'quern';
 * const { h } = nn.functional.gru(ones([2, 1, 1]), zeros([3, 1]), zeros([3, 1]), { h: ones([1, 1]) });
 * h.toArray(); // => [[0.25]]
 */
export function gru(x: Tensor, weightIh: Tensor, weightHh: Tensor, options: GRUOptions = NO_OPTIONS): States {
  checkOptions('gru', options, GRU_OPTIONS);
  return statesOf(checked('gru', x, weightIh, weightHh, options, null, false));
}

/** Whether a nonlinearity is relu; refuses what is none. @internal */
export function isRelu(op: string, nonlinearity: Nonlinearity): boolean {
  if (nonlinearity === 'relu' || nonlinearity === 'tanh') return nonlinearity === 'relu';
  throw new ArgumentError(
    op,
    'nonlinearity',
    nonlinearity,
    `nonlinearity is 'tanh' or 'relu'; got ${String(nonlinearity)}`,
  );
}

function checked(
  op: Sequence['op'],
  x: Tensor,
  weightIh: Tensor,
  weightHh: Tensor,
  options: GRUOptions,
  cell: Tensor | null,
  relu: boolean,
): Sequence {
  const { biasIh = null, biasHh = null, h = null, reverse = false } = options;
  const packing = options.batchSizes ? packingOf(op, x, options.batchSizes) : null;
  const optional = [biasIh, biasHh, h, cell].filter((one) => one !== null);
  const all = [x, weightIh, weightHh, ...optional];
  demandFloats(op, all);
  const [batch, features] = demandInput(op, x, packing);
  const hidden = weightHh.shape[1] ?? 0;
  const rows = GATES[op] * hidden;
  demandShape(op, 'weightHh', weightHh, [rows, hidden]);
  demandShape(op, 'weightIh', weightIh, [rows, features]);
  if (biasIh !== null) demandShape(op, 'biasIh', biasIh, [rows]);
  if (biasHh !== null) demandShape(op, 'biasHh', biasHh, [rows]);
  if (h !== null) demandShape(op, 'h', h, [batch, hidden]);
  if (cell !== null) demandShape(op, 'c', cell, [batch, hidden]);
  const zeros = (): Tensor => zerosOf(denseLayout([batch, hidden]), x.kind);
  const c = op === 'lstm' ? (cell ?? zeros()) : null;
  return { op, x, weightIh, weightHh, biasIh, biasHh, h: h ?? zeros(), c, reverse, relu, packing };
}

function statesOf(layer: Sequence): States {
  const { packing } = layer;
  if (packing !== null && layer.reverse) return turned(layer, packing, statesOf);
  const [states, recorded] = forward(layer);
  const output = outputOf(layer, states);
  const h = lastOf(layer, states);
  // Views keep the memory; without a graph nothing else needs the whole.
  if (!recorded) states.dispose();
  return { output, h };
}

function statesAndCellsOf(layer: Sequence): StatesAndCells {
  const { packing } = layer;
  if (packing !== null && layer.reverse) return turned(layer, packing, statesAndCellsOf);
  const [states, recorded] = forward(layer);
  const output = outputOf(layer, states);
  const h = lastOf(layer, states);
  const c = cellsOf(layer, states);
  if (!recorded) states.dispose();
  return { output, h, c };
}

/** Packed sequences in reverse: each is turned round, and so are its states. */
function turned<Result extends States>(
  layer: Sequence,
  packing: Packing,
  run: (layer: Sequence) => Result,
): Result {
  const rows = turnedRows(packing);
  const x = picked(layer.x, 0, rows);
  const result = run({ ...layer, x, reverse: false });
  const output = picked(result.output, 0, rows);
  if (result.output.node === null) {
    x.dispose();
    result.output.dispose();
  }
  return { ...result, output };
}

/** The operands of a layer that there are, in a fixed order. */
function operandsOf({ x, weightIh, weightHh, h, c, biasIh, biasHh }: Sequence): Tensor[] {
  return [x, weightIh, weightHh, h, c, biasIh, biasHh].filter((one) => one !== null);
}

const RULES = {
  rnn: rule('rnn', { together: gradients }),
  lstm: rule('lstm', { together: gradients }),
  gru: rule('gru', { together: gradients }),
};

/** Part of a tensor's memory as an operand of a kernel, from an element on. */
function piece(of: Tensor, at: number, dims: readonly number[]): Operand {
  return { slab: of.slab, offset: of.offset + at, layout: denseLayout(dims), kind: of.kind };
}

function copyInto(target: Operand, source: Tensor): void {
  attributes[0] = source.kind;
  active.run2(kernel.cast, target.kind, target, source);
}

/**
 * The state after each step, (T + 1, N, hidden), with the initial state before the first one, which in reverse is the
 * last; an LSTM's last cell comes after. And whether they were recorded. Where sequences are packed, each time has but
 * the rows of those that last so long.
 */
function forward(layer: Sequence): [states: Tensor, recorded: boolean] {
  const { op, x, weightHh, h, c, biasHh, reverse } = layer;
  const [batch, hidden] = h.shape;
  const rows = rowCount(layer);
  const states = makeTensor(timesLayout(layer, op === 'lstm' ? 2 : 1, hidden), x.kind);
  const first = reverse ? rows * hidden : 0;
  copyInto(piece(states, first, [batch, hidden]), h);
  const last = lastOperands(layer);
  let trace: Tensor | null = null;
  if (op === 'rnn') {
    project(layer, piece(states, reverse ? 0 : batch * hidden, [rows, hidden]));
    setAttributes(layer);
    active.runMany(kernel.rnn, x.kind, [states, weightHh, ...last]);
  } else {
    trace = makeTensor(denseLayout([traceSize(layer)]), x.kind);
    const [gates, others] = tracePieces(layer, trace);
    project(layer, piece(trace, 0, [rows, GATES[op] * hidden]));
    if (c !== null) copyInto(piece(trace, gates.layout.size + first, [batch, hidden]), c);
    setAttributes(layer);
    active.runMany(kernel[op], x.kind, [states, gates, others, weightHh, ...last]);
  }
  for (const operand of last) if (operand !== biasHh) operand.dispose();
  const recorded = recordTogether(RULES[op], states, operandsOf(layer), layer, trace);
  if (!recorded) trace?.dispose();
  return [states, recorded];
}

/** The kernels' operands after the weight: the bias, then how many sequences take each step where they are packed. */
function lastOperands(layer: Sequence): Tensor[] {
  const { op, biasHh, h, packing } = layer;
  const dense = biasHh === null || biasHh.isContiguous ? biasHh : copyOf(biasHh);
  if (packing === null) return dense === null ? [] : [dense];
  const bias = dense ?? zerosOf(denseLayout([GATES[op] * h.shape[1]]), h.kind);
  return [bias, listOf(packing.sizes)];
}

function setAttributes({ reverse, relu }: Sequence): void {
  attributes[0] = Number(reverse);
  attributes[1] = Number(relu);
}

/** x · weightIhᵀ + biasIh for all times in one product. */
function project({ x, weightIh, biasIh }: Sequence, sums: Operand): void {
  const dense = x.isContiguous ? x : copyOf(x);
  const rows = piece(dense, 0, [sums.layout.dims[0], x.shape[x.ndim - 1]]);
  attributes[0] = 0; // no activation
  attributes[PRECISION] = 0; // autocast leaves recurrent layers in full precision
  if (biasIh === null) active.run3(kernel.linear, x.kind, sums, rows, weightIh);
  else active.run4(kernel.linear, x.kind, sums, rows, weightIh, biasIh);
  if (dense !== x) dense.dispose();
}

/** What the gradient needs besides the states, in one tensor: the gates, then an LSTM's cells or a GRU's b₃. */
function traceSize(layer: Sequence): number {
  const rows = rowCount(layer);
  const others = layer.op === 'lstm' ? rows + batchOf(layer) : rows;
  return (GATES[layer.op] * rows + others) * layer.h.shape[1];
}

function tracePieces(layer: Sequence, trace: Tensor): [gates: Operand, others: Operand] {
  const { op, h } = layer;
  const hidden = h.shape[1];
  const gates = piece(trace, 0, timesLayout(layer, 0, GATES[op] * hidden).dims);
  const others = timesLayout(layer, op === 'lstm' ? 1 : 0, hidden).dims;
  return [gates, piece(trace, gates.layout.size, others)];
}

/** Gradients in the order of {@link operandsOf}: those of the sums step by step, then one product for each operand. */
function gradients(node: Node, g: Tensor): (Tensor | null)[] {
  const layer = node.saved as Sequence;
  const { x, weightIh, weightHh, h, c, biasIh, biasHh } = layer;
  const sums = isGradEnabled() ? composedSums(layer, g) : fusedSums(layer, node, g);
  const { input, recurrent, before } = sums;
  const only = (operand: Tensor | null, gradient: () => Tensor | null): (Tensor | null)[] =>
    operand === null ? [] : [operand.tracked ? gradient() : null];
  return [
    ...only(x, () => reshape(matmul(input, weightIh), x.shape)),
    ...only(weightIh, () => matmul(matrixTranspose(input), rowsOf(x))),
    ...only(weightHh, () => joined(recurrent.map((part) => matmul(matrixTranspose(part), before)))),
    ...only(h, () => sums.h),
    ...only(c, () => sums.c),
    ...biasGradients(sums, biasIh, biasHh, only),
  ];
}

function biasGradients(
  { input, recurrent }: Sums,
  biasIh: Tensor | null,
  biasHh: Tensor | null,
  only: (operand: Tensor | null, gradient: () => Tensor) => (Tensor | null)[],
): (Tensor | null)[] {
  const first = only(biasIh, () => sum(input, 0));
  // Where the same sums came from both sides, adding them up again would read them all again.
  const same = recurrent[0] === input ? first[0] : null;
  return [
    ...first,
    ...only(biasHh, () => (same ? clone(same) : joined(recurrent.map((part) => sum(part, 0))))),
  ];
}

function joined(parts: readonly Tensor[]): Tensor {
  return parts.length === 1 ? parts[0] : concat(parts, 0);
}

/** The gradients of the sums, by one kernel for all steps. */
function fusedSums(layer: Sequence, node: Node, g: Tensor): Sums {
  const { op, x, weightHh, h } = layer;
  const states = node.out as Tensor;
  const [batch, hidden] = h.shape;
  // A GRU's r and z add both sides up, and only b₃ has a gradient of its own: it stands before the others.
  const width = op === 'rnn' ? hidden : 4 * hidden;
  const sums = makeTensor(timesLayout(layer, 0, width), x.kind);
  const initial = makeTensor(denseLayout([op === 'lstm' ? 2 : 1, batch, hidden]), x.kind);
  const gradient = contiguous(g);
  const before = statesBefore(layer, states);
  const rows = rowsOf(sums);
  const sizes = layer.packing === null ? [] : [listOf(layer.packing.sizes)];
  const run = (name: keyof typeof kernel, operands: readonly Operand[]): void => {
    setAttributes(layer);
    active.runMany(kernel[name], x.kind, [sums, initial, gradient, ...operands, weightHh, ...sizes]);
    for (const made of sizes) made.dispose();
  };
  if (op === 'rnn') {
    run('rnnGrad', [states]);
    return { input: rows, recurrent: [rows], before, h: select(initial, 0, 0), c: null };
  }
  const [gates, others] = tracePieces(layer, node.helper as Tensor);
  if (op === 'lstm') {
    run('lstmGrad', [gates, others]);
    return { input: rows, recurrent: [rows], before, h: select(initial, 0, 0), c: select(initial, 0, 1) };
  }
  run('gruGrad', [gates, others, states]);
  const part = (from: number, count: number): Tensor => narrow(rows, 1, from * hidden, count * hidden);
  return {
    input: part(1, 3),
    recurrent: [part(1, 2), part(0, 1)],
    before,
    h: select(initial, 0, 0),
    c: null,
  };
}
