// What tells a model where in a sequence a value stands.

import type { DType } from '../../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import { keep } from '../../core/scope.js';
import type { Tensor } from '../../core/tensor.js';
import { checkTensor } from '../../ops/apply.js';
import { add } from '../../ops/binary.js';
import {
  checkBase,
  checkFrom,
  checkRotary,
  rotaryTable,
  rotate,
  sinusoidalPositions,
} from '../../ops/position.js';
import { dropout } from '../../ops/random.js';
import { unsqueeze } from '../../ops/shape.js';
import { narrow } from '../../ops/slice.js';
import { normal_ } from '../init.js';
import { Module } from '../module.js';
import { emptyParameter } from '../parameter.js';

export interface PositionalEncodingOptions {
  /** The probability with which a value of the sum is dropped in training. Default 0. */
  dropout?: number;
  /** Whether sequences are (N, T, E) instead of (T, N, E). Default true. */
  batchFirst?: boolean;
}

export interface SinusoidalEncodingOptions extends PositionalEncodingOptions {
  /** The longest wave is 2π · base. Default 10000. */
  base?: number;
}

export interface LearnedEncodingOptions extends PositionalEncodingOptions {
  /** Default float32. */
  dtype?: DType;
}

const SINUSOIDAL_OPTIONS = optionNames<SinusoidalEncodingOptions>({
  dropout: true,
  batchFirst: true,
  base: true,
});
const LEARNED_OPTIONS = optionNames<LearnedEncodingOptions>({ dropout: true, batchFirst: true, dtype: true });

/** What adds a row for each position. */
abstract class PositionalEncoding extends Module {
  readonly dropout: number;
  readonly batchFirst: boolean;

  constructor(
    readonly dModel: number,
    { dropout: p = 0, batchFirst = true }: PositionalEncodingOptions,
  ) {
    super();
    const op = this.constructor.name;
    checkFrom(op, 'dModel', dModel, 1);
    if (!(p >= 0 && p <= 1))
      throw new ArgumentError(op, 'dropout', p, `dropout is a probability in [0, 1]; got ${String(p)}`);
    this.dropout = p;
    this.batchFirst = batchFirst;
  }

  /** The rows of the first positions, (length, dModel). */
  protected abstract rows(length: number, like: Tensor): Tensor;

  forward(x: Tensor): Tensor {
    const op = this.constructor.name;
    checkTensor(op, x);
    if ((x.ndim !== 3 && x.ndim !== 2) || x.shape[x.ndim - 1] !== this.dModel) {
      throw new ShapeError(
        op,
        `the input is ${this.batchFirst ? '(N, T' : '(T, N'}, ${this.dModel}), or (T, ${this.dModel}) without a batch; got ${showShape(x.shape)}`,
        [x.shape],
      );
    }
    const last = this.batchFirst || x.ndim === 2;
    const length = x.shape[last ? x.ndim - 2 : 0];
    const rows = this.rows(length, x);
    return dropout(add(x, last ? rows : unsqueeze(rows, 1)), { p: this.dropout, training: this.training });
  }

  override extraRepr(): string {
    const parts = [`${this.dModel}`];
    if (this.dropout !== 0) parts.push(`dropout=${this.dropout}`);
    if (!this.batchFirst) parts.push('batchFirst=false');
    return parts.join(', ');
  }
}

/**
 * Adds a fixed code of sines and cosines to each position of a sequence (N, T, dModel), or (T, dModel), however long:
 * the rows of `nn.functional.sinusoidalPositions`. It has no parameters (Vaswani et al. 2017).
 *
 * @throws ArgumentError where a size or option has no meaning; ShapeError where an input does not fit.
 * @example
 * import { nn, zeros } from 'quern';
 * new nn.SinusoidalPositionalEncoding(4).forward(zeros([1, 4])).toArray(); // => [[0, 1, 0, 1]]
 */
export class SinusoidalPositionalEncoding extends PositionalEncoding {
  readonly base: number;
  private table: Tensor | null = null;

  constructor(dModel: number, options: SinusoidalEncodingOptions = NO_OPTIONS) {
    checkOptions('SinusoidalPositionalEncoding', options, SINUSOIDAL_OPTIONS);
    super(dModel, options);
    this.base = options.base ?? 10000;
    checkBase('SinusoidalPositionalEncoding', this.base);
  }

  protected rows(length: number, like: Tensor): Tensor {
    const dtype = like.dtype === 'float64' ? 'float64' : 'float32';
    if (this.table === null || this.table.shape[0] < length || this.table.dtype !== dtype) {
      // Twice as long as needed, so that sequences that grow do not make it anew each time.
      const rows = Math.max(2 * length, 1);
      this.table = keep(sinusoidalPositions(rows, this.dModel, { base: this.base, dtype }));
    }
    return narrow(this.table, 0, 0, length);
  }
}

/**
 * Adds a trained row to each of at most `maxLength` positions of a sequence (N, T, dModel), or (T, dModel). The rows
 * begin normal with standard deviation 0.02 (Gehring et al. 2017, Devlin et al. 2019).
 *
 * @throws ArgumentError where a size or option has no meaning; ShapeError where an input does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const positions = new nn.LearnedPositionalEncoding(16, 4);
 * positions.forward(ones([2, 5, 4])).shape; // => [2, 5, 4]
 * positions.weight.shape; // => [16, 4]
 */
export class LearnedPositionalEncoding extends PositionalEncoding {
  weight: Tensor;

  constructor(
    readonly maxLength: number,
    dModel: number,
    options: LearnedEncodingOptions = NO_OPTIONS,
  ) {
    const op = 'LearnedPositionalEncoding';
    checkOptions(op, options, LEARNED_OPTIONS);
    super(dModel, options);
    checkFrom(op, 'maxLength', maxLength, 1);
    this.weight = emptyParameter(op, [maxLength, dModel], options.dtype ?? 'float32');
    this.resetParameters();
  }

  /** Draws the rows anew. */
  resetParameters(): void {
    normal_(this.weight, { std: 0.02 });
  }

  protected rows(length: number, like: Tensor): Tensor {
    if (length <= this.maxLength) return narrow(this.weight, 0, 0, length);
    throw new ShapeError(
      'LearnedPositionalEncoding',
      `there are rows for ${this.maxLength} positions; ${showShape(like.shape)} has ${length}`,
      [like.shape],
    );
  }

  override extraRepr(): string {
    return `${this.maxLength}, ${super.extraRepr()}`;
  }
}

export interface RotaryEmbeddingOptions {
  /** The slowest turn has a period near 2π · base. Default 10000. */
  base?: number;
  /** Whether features 2i and 2i + 1 turn together; otherwise i and i + dim / 2 do. Default true. */
  interleaved?: boolean;
}

const ROTARY_OPTIONS = optionNames<RotaryEmbeddingOptions>({ base: true, interleaved: true });

/** Where a call begins. */
export interface RotaryCallOptions {
  /** The position of the first row, such as the number of keys in a cache. Default 0. */
  offset?: number;
}

const ROTARY_CALL = optionNames<RotaryCallOptions>({ offset: true });

/**
 * Turns pairs of features of queries or keys (…, T, dim) by angles that grow with the position, as
 * `nn.functional.rotaryEmbedding`, whose sines and cosines it keeps from call to call (Su et al. 2021).
 *
 * @throws ArgumentError where a size or option has no meaning; ShapeError, DTypeError where an input does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const rotary = new nn.RotaryPositionalEmbedding(8);
 * rotary.forward(ones([2, 4, 5, 8]), { offset: 3 }).shape; // => [2, 4, 5, 8]
 */
export class RotaryPositionalEmbedding extends Module {
  readonly base: number;
  readonly interleaved: boolean;
  private table: readonly [cos: Tensor, sin: Tensor] | null = null;

  constructor(
    readonly dim: number,
    options: RotaryEmbeddingOptions = NO_OPTIONS,
  ) {
    super();
    const op = 'RotaryPositionalEmbedding';
    checkOptions(op, options, ROTARY_OPTIONS);
    checkFrom(op, 'dim', dim, 2);
    if (dim % 2 !== 0)
      throw new ArgumentError(op, 'dim', dim, `the features turn in pairs, so dim is even; got ${dim}`);
    this.base = options.base ?? 10000;
    checkBase(op, this.base);
    this.interleaved = options.interleaved ?? true;
  }

  forward(x: Tensor, options: RotaryCallOptions = NO_OPTIONS): Tensor {
    const op = 'RotaryPositionalEmbedding';
    checkOptions(`${op}.forward`, options, ROTARY_CALL);
    const { offset = 0 } = options;
    checkFrom(op, 'offset', offset, 0);
    checkRotary(op, x);
    if (x.shape[x.ndim - 1] !== this.dim)
      throw new ShapeError(op, `the input is (…, T, ${this.dim}); got ${showShape(x.shape)}`, [x.shape]);
    const length = x.shape[x.ndim - 2];
    const end = offset + length;
    if (this.table === null || this.table[0].shape[0] < end || this.table[0].dtype !== x.dtype)
      this.table = keep(rotaryTable(0, 2 * end, this.dim, this.base, x.dtype));
    const [cos, sin] = this.table.map((one) => narrow(one, 0, offset, length));
    return rotate(x, cos, sin, this.interleaved);
  }

  override extraRepr(): string {
    return `${this.dim}, base=${this.base}, interleaved=${this.interleaved}`;
  }
}
