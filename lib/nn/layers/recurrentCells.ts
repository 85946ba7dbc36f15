// Single steps of recurrent layers, for loops of one's own.

import type { DType } from '../../core/dtype.js';
import { ShapeError, showShape } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { checkTensor } from '../../ops/apply.js';
import { gru, isRelu, lstm, type Nonlinearity, rnn } from '../../ops/recurrent.js';
import { squeeze, unsqueeze } from '../../ops/shape.js';
import { uniform_ } from '../init.js';
import { Module } from '../module.js';
import { emptyParameter } from '../parameter.js';
import { checkCount } from './recurrent.js';
import { demandOwnDType } from './recurrentInput.js';

export interface CellOptions {
  /** Whether the sums have biases. Default true. */
  bias?: boolean;
  /** Default float32. */
  dtype?: DType;
}

export interface RNNCellOptions extends CellOptions {
  /** Default 'tanh'. */
  nonlinearity?: Nonlinearity;
}

const CELL_OPTIONS = optionNames<CellOptions>({ bias: true, dtype: true });
const RNN_CELL_OPTIONS = optionNames<RNNCellOptions>({ bias: true, nonlinearity: true, dtype: true });

/** The state before a step. */
export interface CellState {
  /** (N, hidden), or (hidden,) without a batch. Default: zeros. */
  h?: Tensor | null;
}

/** The state and cell before a step of an {@link LSTMCell}. */
export interface LSTMCellState extends CellState {
  /** (N, hidden), or (hidden,) without a batch. Default: zeros. */
  c?: Tensor | null;
}

const STATE_OPTIONS = optionNames<CellState>({ h: true });
const LSTM_STATE_OPTIONS = optionNames<LSTMCellState>({ h: true, c: true });

// The names that parameters have in PyTorch's state dicts, so that its weights load.
const STATE_NAMES: Readonly<Record<string, string>> = {
  weightIh: 'weight_ih',
  weightHh: 'weight_hh',
  biasIh: 'bias_ih',
  biasHh: 'bias_hh',
};

/** What the cells share. */
abstract class RecurrentCell extends Module {
  weightIh: Tensor;
  weightHh: Tensor;
  biasIh: Tensor | null;
  biasHh: Tensor | null;

  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    gates: number,
    { bias = true, dtype = 'float32' }: CellOptions,
  ) {
    super();
    const op = this.constructor.name;
    checkCount(op, 'inputSize', inputSize);
    checkCount(op, 'hiddenSize', hiddenSize);
    const rows = gates * hiddenSize;
    this.weightIh = emptyParameter(op, [rows, inputSize], dtype);
    this.weightHh = emptyParameter(op, [rows, hiddenSize], dtype);
    this.biasIh = bias ? emptyParameter(op, [rows], dtype) : null;
    this.biasHh = bias ? emptyParameter(op, [rows], dtype) : null;
    this.resetParameters();
  }

  /** Draws all parameters anew, spread evenly over ±1/√hiddenSize. */
  resetParameters(): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    for (const parameter of this.parameters()) uniform_(parameter, { a: -bound, b: bound });
  }

  protected override *members(): Generator<[name: string, value: unknown]> {
    for (const [name, value] of super.members()) yield [STATE_NAMES[name] ?? name, value];
  }

  /** An input as a sequence of one time. */
  protected sequence(x: Tensor): Tensor {
    const op = this.constructor.name;
    checkTensor(op, x);
    if ((x.ndim === 1 || x.ndim === 2) && x.shape[x.ndim - 1] === this.inputSize) {
      demandOwnDType(op, 'the input', x, this.weightIh);
      return unsqueeze(x.ndim === 1 ? unsqueeze(x, 0) : x, 0);
    }
    throw new ShapeError(
      this.constructor.name,
      `the input is (N, ${this.inputSize}) or (${this.inputSize},); got ${showShape(x.shape)}`,
      [x.shape],
    );
  }

  /** A state, with a batch of one where the input has none. */
  protected initial(name: string, x: Tensor, state: Tensor | null | undefined): Tensor | null {
    if (state === undefined || state === null) return null;
    checkTensor(this.constructor.name, state);
    const wanted = [...x.shape.slice(0, -1), this.hiddenSize];
    if (state.ndim === wanted.length && state.shape.every((dim, axis) => dim === wanted[axis])) {
      demandOwnDType(this.constructor.name, name, state, this.weightIh);
      return x.ndim === 1 ? unsqueeze(state, 0) : state;
    }
    throw new ShapeError(
      this.constructor.name,
      `${name} is ${showShape(wanted)} for this input; got ${showShape(state.shape)}`,
      [state.shape],
    );
  }

  override extraRepr(): string {
    return `${this.inputSize}, ${this.hiddenSize}${this.biasIh === null ? ', bias=false' : ''}`;
  }
}

/** A state (N, hidden) as the input has it: without a batch where that has none. */
function like(x: Tensor, state: Tensor): Tensor {
  return x.ndim === 1 ? squeeze(state, 0) : state;
}

/**
 * One step of an Elman network: from x (N, inputSize) and the state h (N, hiddenSize) to the next state
 * tanh(x · weightIhᵀ + biasIh + h · weightHhᵀ + biasHh), or relu (Elman 1990).
 *
 * @throws ArgumentError, ShapeError, DTypeError where a size, option or input does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const cell = new nn.RNNCell(3, 4);
 * const h = cell.forward(ones([2, 3]));
 * cell.forward(ones([2, 3]), { h }).shape; // => [2, 4]
 */
export class RNNCell extends RecurrentCell {
  readonly nonlinearity: Nonlinearity;

  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = NO_OPTIONS) {
    checkOptions('RNNCell', options, RNN_CELL_OPTIONS);
    super(inputSize, hiddenSize, 1, options);
    this.nonlinearity = options.nonlinearity ?? 'tanh';
    isRelu('RNNCell', this.nonlinearity);
  }

  forward(x: Tensor, state: CellState = NO_OPTIONS): Tensor {
    checkOptions('RNNCell', state, STATE_OPTIONS);
    const { biasIh, biasHh, nonlinearity } = this;
    const sequence = this.sequence(x);
    const h = this.initial('h', x, state.h);
    return like(x, rnn(sequence, this.weightIh, this.weightHh, { biasIh, biasHh, h, nonlinearity }).h);
  }

  override extraRepr(): string {
    return super.extraRepr() + (this.nonlinearity === 'tanh' ? '' : `, nonlinearity=${this.nonlinearity}`);
  }
}

/**
 * One step of a long short-term memory: from x (N, inputSize), the state h and the cell c (N, hiddenSize) to the next
 * two, by the formulas of `nn.functional.lstm` (Hochreiter and Schmidhuber 1997; Gers et al. 2000).
 *
 * @throws ArgumentError, ShapeError, DTypeError where a size, option or input does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const cell = new nn.LSTMCell(3, 4);
 * const state = cell.forward(ones([2, 3]));
 * cell.forward(ones([2, 3]), state).c.shape; // => [2, 4]
 */
export class LSTMCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = NO_OPTIONS) {
    checkOptions('LSTMCell', options, CELL_OPTIONS);
    super(inputSize, hiddenSize, 4, options);
  }

  forward(x: Tensor, state: LSTMCellState = NO_OPTIONS): { h: Tensor; c: Tensor } {
    checkOptions('LSTMCell', state, LSTM_STATE_OPTIONS);
    const { biasIh, biasHh } = this;
    const sequence = this.sequence(x);
    const before = { h: this.initial('h', x, state.h), c: this.initial('c', x, state.c) };
    const { h, c } = lstm(sequence, this.weightIh, this.weightHh, { biasIh, biasHh, ...before });
    return { h: like(x, h), c: like(x, c) };
  }
}

/**
 * One step of gated recurrent units: from x (N, inputSize) and the state h (N, hiddenSize) to the next state, by the
 * formulas of `nn.functional.gru` (Cho et al. 2014).
 *
 * @throws ArgumentError, ShapeError, DTypeError where a size, option or input does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const cell = new nn.GRUCell(3, 4);
 * const h = cell.forward(ones([2, 3]));
 * cell.forward(ones([2, 3]), { h }).shape; // => [2, 4]
 */
export class GRUCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: CellOptions = NO_OPTIONS) {
    checkOptions('GRUCell', options, CELL_OPTIONS);
    super(inputSize, hiddenSize, 3, options);
  }

  forward(x: Tensor, state: CellState = NO_OPTIONS): Tensor {
    checkOptions('GRUCell', state, STATE_OPTIONS);
    const { biasIh, biasHh } = this;
    const sequence = this.sequence(x);
    const h = this.initial('h', x, state.h);
    return like(x, gru(sequence, this.weightIh, this.weightHh, { biasIh, biasHh, h }).h);
  }
}
