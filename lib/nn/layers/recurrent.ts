// Recurrent layers: several layers, in one direction or both, over whole sequences.

import type { DType } from '../../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { checkTensor } from '../../ops/apply.js';
import { concat, stack } from '../../ops/join.js';
import { dropout } from '../../ops/random.js';
import {
  gru,
  isRelu,
  lstm,
  type Nonlinearity,
  rnn,
  type States,
  type StatesAndCells,
} from '../../ops/recurrent.js';
import { select } from '../../ops/slice.js';
import { uniform_ } from '../init.js';
import { Module } from '../module.js';
import type { PackedSequence } from '../packedSequence.js';
import { emptyParameter } from '../parameter.js';
import { demandOwnDType, type RecurrentInput, recurrentInput } from './recurrentInput.js';

export interface RecurrentOptions {
  /** Layers, each fed with the states of the one below. Default 1. */
  numLayers?: number;
  /** Whether the sums have biases. Default true. */
  bias?: boolean;
  /** Whether sequences are (N, T, …) instead of (T, N, …). States are (…, N, hidden) all the same. Default false. */
  batchFirst?: boolean;
  /** In training, the probability with which the states between layers are dropped. Default 0. */
  dropout?: number;
  /** Whether a second set of layers runs from the last time to the first. Default false. */
  bidirectional?: boolean;
  /** Default float32. */
  dtype?: DType;
}

export interface LSTMLayerOptions extends RecurrentOptions {
  /** To how many features states are projected before they go on, fewer than hiddenSize; 0: not at all. Default 0. */
  projSize?: number;
}

export interface RNNLayerOptions extends RecurrentOptions {
  /** Default 'tanh'. */
  nonlinearity?: Nonlinearity;
}

const RECURRENT_NAMES = {
  numLayers: true,
  bias: true,
  batchFirst: true,
  dropout: true,
  bidirectional: true,
  dtype: true,
} as const;
const RECURRENT_OPTIONS = optionNames<RecurrentOptions>(RECURRENT_NAMES);
const LSTM_OPTIONS = optionNames<LSTMLayerOptions>({ ...RECURRENT_NAMES, projSize: true });
const RNN_OPTIONS = optionNames<RNNLayerOptions>({ ...RECURRENT_NAMES, nonlinearity: true });

/** The state that a layer begins with. */
export interface InitialState {
  /** (layers · directions, N, hidden), without N where the input has no batch. Default: zeros. */
  h?: Tensor | null;
}

/** The state and cell that an LSTM begins with. */
export interface InitialStateAndCell extends InitialState {
  /** (layers · directions, N, hidden), without N where the input has no batch. Default: zeros. */
  c?: Tensor | null;
}

const STATE_OPTIONS = optionNames<InitialState>({ h: true });
const CELL_OPTIONS = optionNames<InitialStateAndCell>({ h: true, c: true });

/** What an {@link RNN} or {@link GRU} answers to a packed input. */
export interface PackedStates {
  /** The states of the last layer after each step, packed as the input. */
  readonly output: PackedSequence;
  /** Each sequence's state after its last step, (layers · directions, N, hidden). */
  readonly h: Tensor;
}

/** What an {@link LSTM} answers to a packed input. */
export interface PackedStatesAndCells extends PackedStates {
  /** Each sequence's cell after its last step, (layers · directions, N, hidden). */
  readonly c: Tensor;
}

/** The parameters of one layer in one direction, as options of the functions. */
interface Biases {
  readonly biasIh: Tensor | null;
  readonly biasHh: Tensor | null;
}

/** One layer in one direction: x, weights, biases and whether in reverse, the state and cell to begin with. */
type RunLayer<Result extends States> = (
  x: Tensor,
  weightIh: Tensor,
  weightHh: Tensor,
  options: Biases & { reverse: boolean; h: Tensor | null; batchSizes: readonly number[] | null },
  c: Tensor | null,
  weightHr: Tensor | null,
) => Result;

/** What the layers share: parameters by layer and direction, and the walk through them. */
abstract class Recurrent extends Module {
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  /** One for each layer and direction, the directions of a layer side by side. */
  weightIh: Tensor[] = [];
  weightHh: Tensor[] = [];
  /** Empty without biases. */
  biasIh: Tensor[] = [];
  biasHh: Tensor[] = [];
  /** The projections of an LSTM's states; empty without. */
  weightHr: Tensor[] = [];

  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    gates: number,
    options: RecurrentOptions,
    readonly projSize = 0,
  ) {
    super();
    const op = this.constructor.name;
    const { numLayers = 1, bias = true, batchFirst = false, bidirectional = false } = options;
    checkCount(op, 'inputSize', inputSize);
    checkCount(op, 'hiddenSize', hiddenSize);
    checkCount(op, 'numLayers', numLayers);
    if (!(Number.isInteger(projSize) && projSize >= 0 && projSize < hiddenSize)) {
      throw new ArgumentError(
        op,
        'projSize',
        projSize,
        `projSize is a whole number less than hiddenSize, ${hiddenSize}, or 0; got ${projSize}`,
      );
    }
    const p = options.dropout ?? 0;
    if (!(typeof p === 'number' && p >= 0 && p <= 1))
      throw new ArgumentError(op, 'dropout', p, `dropout is a probability in [0, 1]; got ${p}`);
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.dropout = p;
    this.bidirectional = bidirectional;
    const dtype = options.dtype ?? 'float32';
    const rows = gates * hiddenSize;
    const directions = bidirectional ? 2 : 1;
    for (let i = 0; i < numLayers * directions; i++) {
      const features = i < directions ? inputSize : directions * this.stateSize;
      this.weightIh.push(emptyParameter(op, [rows, features], dtype));
      this.weightHh.push(emptyParameter(op, [rows, this.stateSize], dtype));
      if (projSize > 0) this.weightHr.push(emptyParameter(op, [projSize, hiddenSize], dtype));
      if (!bias) continue;
      this.biasIh.push(emptyParameter(op, [rows], dtype));
      this.biasHh.push(emptyParameter(op, [rows], dtype));
    }
    this.resetParameters();
  }

  /** How many features a state has. */
  private get stateSize(): number {
    return this.projSize || this.hiddenSize;
  }

  /** Draws all parameters anew, spread evenly over ±1/√hiddenSize. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) uniform_(parameter, { a: -bound, b: bound });
  }

  /** PyTorch's names, so that its weights load: weight_ih_l0, weight_hh_l0, …, weight_ih_l0_reverse, …. */
  protected override *members(): Generator<[name: string, value: unknown]> {
    const directions = this.bidirectional ? 2 : 1;
    for (let i = 0; i < this.weightIh.length; i++) {
      const suffix = `_l${Math.floor(i / directions)}${i % directions === 1 ? '_reverse' : ''}`;
      yield [`weight_ih${suffix}`, this.weightIh[i]];
      yield [`weight_hh${suffix}`, this.weightHh[i]];
      yield [`bias_ih${suffix}`, this.biasIh[i]];
      yield [`bias_hh${suffix}`, this.biasHh[i]];
      yield [`weight_hr${suffix}`, this.weightHr[i]];
    }
  }

  /** Runs all layers; `results` holds what each direction of each layer answered, `given` hands states back. */
  protected run<Result extends States>(
    sequences: Tensor | PackedSequence,
    h: Tensor | null,
    c: Tensor | null,
    layer: RunLayer<Result>,
  ): { output: Tensor | PackedSequence; results: Result[]; given: (states: Tensor) => Tensor } {
    const input = recurrentInput(this.constructor.name, sequences, this.inputSize, this.batchFirst);
    demandOwnDType(this.constructor.name, 'the input', input.x, this.weightIh[0]);
    const { batchSizes } = input;
    const initialH = this.initial('h', h, this.stateSize, input);
    const initialC = this.initial('c', c, this.hiddenSize, input);
    const directions = this.bidirectional ? 2 : 1;
    const results: Result[] = [];
    let flowing = input.x;
    for (let i = 0; i < this.weightIh.length; i += directions) {
      if (i > 0) flowing = dropout(flowing, { p: this.dropout, training: this.training });
      const outputs: Tensor[] = [];
      for (let d = 0; d < directions; d++) {
        const at = i + d;
        const options = {
          biasIh: this.biasIh[at] ?? null,
          biasHh: this.biasHh[at] ?? null,
          reverse: d === 1,
          h: initialH === null ? null : select(initialH, 0, at),
          batchSizes,
        };
        const cell = initialC === null ? null : select(initialC, 0, at);
        const weightHr = this.weightHr[at] ?? null;
        const result = layer(flowing, this.weightIh[at], this.weightHh[at], options, cell, weightHr);
        results.push(result);
        outputs.push(result.output);
      }
      flowing = directions === 1 ? outputs[0] : concat(outputs, flowing.ndim - 1);
    }
    return { output: input.output(flowing), results, given: input.given };
  }

  /** An initial state in the order of the sequences, with a batch; those of sequences without one have none either. */
  private initial(name: string, state: Tensor | null, size: number, input: RecurrentInput): Tensor | null {
    if (state === null) return null;
    const op = this.constructor.name;
    checkTensor(op, state);
    const wanted = [this.weightIh.length, ...input.batch, size];
    if (state.ndim !== wanted.length || state.shape.some((dim, axis) => dim !== wanted[axis])) {
      throw new ShapeError(
        op,
        `${name} is ${showShape(wanted)} for this input; got ${showShape(state.shape)}`,
        [state.shape],
      );
    }
    demandOwnDType(op, name, state, this.weightIh[0]);
    return input.states(state);
  }

  override extraRepr(): string {
    const parts = [`${this.inputSize}, ${this.hiddenSize}`];
    if (this.projSize !== 0) parts.push(`projSize=${this.projSize}`);
    if (this.numLayers !== 1) parts.push(`numLayers=${this.numLayers}`);
    if (this.biasIh.length === 0) parts.push('bias=false');
    if (this.batchFirst) parts.push('batchFirst=true');
    if (this.dropout !== 0) parts.push(`dropout=${this.dropout}`);
    if (this.bidirectional) parts.push('bidirectional=true');
    return parts.join(', ');
  }
}

/** Refuses what is no whole number from 1. @internal */
export function checkCount(op: string, name: string, value: number): void {
  if (Number.isInteger(value) && value >= 1) return;
  throw new ArgumentError(op, name, value, `${name} is a whole number from 1; got ${value}`);
}

/**
 * An Elman network: for each time, h ← tanh(x · weightIhᵀ + biasIh + h · weightHhᵀ + biasHh), or relu. From sequences
 * (T, N, inputSize), (N, T, inputSize) with `batchFirst`, or (T, inputSize), to `output`, the states of the last layer
 * after each step, both directions side by side, and `h`, the last states (layers · directions, N, hiddenSize), which
 * can be handed to the next forward. From sequences of different lengths, as a `nn.utils.rnn.PackedSequence`, `output`
 * is one too, and each sequence's last state is its own (Elman 1990).
 *
 * @throws ArgumentError, ShapeError, DTypeError where a size, option or input does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const { output, h } = new nn.RNN(3, 4, { numLayers: 2 }).forward(ones([5, 2, 3]));
 * [output.shape, h.shape]; // => [[5, 2, 4], [2, 2, 4]]
 */
export class RNN extends Recurrent {
  readonly nonlinearity: Nonlinearity;

  constructor(inputSize: number, hiddenSize: number, options: RNNLayerOptions = NO_OPTIONS) {
    checkOptions('RNN', options, RNN_OPTIONS);
    super(inputSize, hiddenSize, 1, options);
    this.nonlinearity = options.nonlinearity ?? 'tanh';
    isRelu('RNN', this.nonlinearity);
  }

  forward(x: Tensor, state?: InitialState): States;
  forward(x: PackedSequence, state?: InitialState): PackedStates;
  forward(x: Tensor | PackedSequence, state: InitialState = NO_OPTIONS): States | PackedStates {
    checkOptions('RNN', state, STATE_OPTIONS);
    const { nonlinearity } = this;
    const { output, results, given } = this.run(
      x,
      state.h ?? null,
      null,
      (flowing, weightIh, weightHh, options) =>
        rnn(flowing, weightIh, weightHh, { ...options, nonlinearity }),
    );
    return { output, h: given(stack(results.map(({ h }) => h))) } as States | PackedStates;
  }

  override extraRepr(): string {
    return super.extraRepr() + (this.nonlinearity === 'tanh' ? '' : `, nonlinearity=${this.nonlinearity}`);
  }
}

/**
 * A long short-term memory; the formulas are those of `nn.functional.lstm`. From sequences (T, N, inputSize),
 * (N, T, inputSize) with `batchFirst`, or (T, inputSize), to `output`, the states of the last layer after each step,
 * both directions side by side, and `h` and `c`, the last states and cells (layers · directions, N, hiddenSize), which
 * can be handed to the next forward. From sequences of different lengths, as a `nn.utils.rnn.PackedSequence`, `output`
 * is one too, and each sequence's last state and cell are its own (Hochreiter and Schmidhuber 1997; Gers et al. 2000).
 * With `projSize`, states are projected to so many features before they go on, and `output` and `h` have as many (Sak et
 * al. 2014).
 *
 * @throws ArgumentError, ShapeError, DTypeError where a size, option or input does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const { output, h, c } = new nn.LSTM(3, 4, { bidirectional: true }).forward(ones([5, 2, 3]));
 * [output.shape, h.shape, c.shape]; // => [[5, 2, 8], [2, 2, 4], [2, 2, 4]]
 * const packed = nn.utils.rnn.packSequence([ones([5, 3]), ones([2, 3])]);
 * const { output: states } = new nn.LSTM(3, 4).forward(packed);
 * nn.utils.rnn.padPackedSequence(states).output.shape; // => [5, 2, 4]
 */
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: LSTMLayerOptions = NO_OPTIONS) {
    checkOptions('LSTM', options, LSTM_OPTIONS);
    super(inputSize, hiddenSize, 4, options, options.projSize ?? 0);
  }

  forward(x: Tensor, state?: InitialStateAndCell): StatesAndCells;
  forward(x: PackedSequence, state?: InitialStateAndCell): PackedStatesAndCells;
  forward(
    x: Tensor | PackedSequence,
    state: InitialStateAndCell = NO_OPTIONS,
  ): StatesAndCells | PackedStatesAndCells {
    checkOptions('LSTM', state, CELL_OPTIONS);
    const { output, results, given } = this.run(
      x,
      state.h ?? null,
      state.c ?? null,
      (flowing, weightIh, weightHh, options, c, weightHr) =>
        lstm(flowing, weightIh, weightHh, { ...options, c, weightHr }),
    );
    const h = given(stack(results.map(({ h }) => h)));
    const c = given(stack(results.map(({ c }) => c)));
    return { output, h, c } as StatesAndCells | PackedStatesAndCells;
  }
}

/**
 * Gated recurrent units; the formulas are those of `nn.functional.gru`. From sequences (T, N, inputSize),
 * (N, T, inputSize) with `batchFirst`, or (T, inputSize), to `output`, the states of the last layer after each step,
 * both directions side by side, and `h`, the last states (layers · directions, N, hiddenSize), which can be handed to
 * the next forward. From sequences of different lengths, as a `nn.utils.rnn.PackedSequence`, `output` is one too, and
 * each sequence's last state is its own (Cho et al. 2014).
 *
 * @throws ArgumentError, ShapeError, DTypeError where a size, option or input does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const { output, h } = new nn.GRU(3, 4, { batchFirst: true }).forward(ones([2, 5, 3]));
 * [output.shape, h.shape]; // => [[2, 5, 4], [1, 2, 4]]
 */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentOptions = NO_OPTIONS) {
    checkOptions('GRU', options, RECURRENT_OPTIONS);
    super(inputSize, hiddenSize, 3, options);
  }

  forward(x: Tensor, state?: InitialState): States;
  forward(x: PackedSequence, state?: InitialState): PackedStates;
  forward(x: Tensor | PackedSequence, state: InitialState = NO_OPTIONS): States | PackedStates {
    checkOptions('GRU', state, STATE_OPTIONS);
    const { output, results, given } = this.run(x, state.h ?? null, null, gru);
    return { output, h: given(stack(results.map(({ h }) => h))) } as States | PackedStates;
  }
}
