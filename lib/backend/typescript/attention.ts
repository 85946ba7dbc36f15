// Attention and its gradient: blocks of queries, each with the scores of all keys, as matrix products.

import { BOOL, type DataArray, type Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { gemm, Matrix, type Sink } from './gemm.js';
import { doubles } from './scratch.js';

// Queries whose scores are held at a time.
const QUERIES = 64;

// Slots of scratch memory; those before are the matrix product's.
const SCORES = 5;
const SLOPES = 6;
const KEY_SUMS = 7;
const VALUE_SUMS = 8;

/** The matrices of an operand's last two dimensions: where one lies, by its number. */
class Heads {
  readonly array: DataArray;
  readonly row: number;
  readonly column: number;
  readonly #dims: readonly number[];
  readonly #strides: readonly number[];
  readonly #offset: number;

  constructor(operand: Operand) {
    const { dims, strides, rank } = operand.layout;
    this.array = operand.slab.view(operand.kind);
    this.row = strides[rank - 2];
    this.column = strides[rank - 1];
    this.#dims = dims.slice(0, -2);
    this.#strides = strides;
    this.#offset = operand.offset;
  }

  at(head: number): number {
    let place = this.#offset;
    let rest = head;
    for (let axis = this.#dims.length - 1; axis >= 0; axis--) {
      place += (rest % this.#dims[axis]) * this.#strides[axis];
      rest = Math.floor(rest / this.#dims[axis]);
    }
    return place;
  }

  /** The rows from `first` on as a factor of a product, by row and column or the other way round. */
  rows(matrix: Matrix, head: number, first: number): Matrix {
    return matrix.aim(this.array, this.at(head) + first * this.row, this.row, this.column);
  }

  columns(matrix: Matrix, head: number, first: number): Matrix {
    return matrix.aim(this.array, this.at(head) + first * this.row, this.column, this.row);
  }
}

/** Adds products into rows of doubles. */
class Sums implements Sink {
  array: Float64Array = new Float64Array(0);
  width = 0;

  store(block: Float64Array, width: number, i0: number, rows: number, j0: number, columns: number): void {
    for (let i = 0; i < rows; i++) {
      const to = (i0 + i) * this.width + j0;
      for (let j = 0; j < columns; j++) this.array[to + j] += block[i * width + j];
    }
  }

  /** Sets out from zeros. */
  clear(array: Float64Array, width: number, rows: number): this {
    array.fill(0, 0, rows * width);
    this.array = array;
    this.width = width;
    return this;
  }
}

const left = new Matrix();
const right = new Matrix();
const product = new Matrix();
const keySums = new Sums();
const valueSums = new Sums();

/** What both kernels know of a call: its operands from q on, and the attributes. */
class Attention {
  readonly q: Heads;
  readonly k: Heads;
  readonly v: Heads;
  readonly mask: Heads | null;
  readonly truths: boolean;
  readonly heads: number;
  readonly queries: number;
  readonly keys: number;
  readonly features: number;
  readonly values: number;
  readonly scale = attributes[1];
  readonly causal = attributes[2] !== 0;

  constructor(q: Operand, k: Operand, v: Operand, mask: Operand | undefined) {
    const { dims, rank } = q.layout;
    this.q = new Heads(q);
    this.k = new Heads(k);
    this.v = new Heads(v);
    this.mask = mask === undefined ? null : new Heads(mask);
    this.truths = mask?.kind === BOOL;
    this.heads = dims.slice(0, -2).reduce((all, dim) => all * dim, 1);
    this.queries = dims[rank - 2];
    this.features = dims[rank - 1];
    this.keys = k.layout.dims[rank - 2];
    this.values = v.layout.dims[rank - 1];
  }

  /** Keys that a query sees. */
  seen(query: number): number {
    return this.causal ? Math.min(this.keys, query + 1) : this.keys;
  }

  /** The scores of `count` queries from `first` on, −∞ where a key isn't seen. */
  score(scores: Float64Array, head: number, first: number, count: number): void {
    const { keys, scale } = this;
    product.aim(scores, 0, 1, keys);
    gemm(count, keys, this.features, this.q.rows(left, head, first), this.k.rows(right, head, 0), product);
    for (let i = 0; i < count; i++) {
      const row = i * keys;
      const seen = this.seen(first + i);
      for (let j = 0; j < seen; j++) scores[row + j] *= scale;
      scores.fill(Number.NEGATIVE_INFINITY, row + seen, row + keys);
      if (this.mask !== null) this.#addMask(this.mask, scores, row, head, first + i);
    }
  }

  #addMask(mask: Heads, scores: Float64Array, row: number, head: number, query: number): void {
    let at = mask.at(head) + query * mask.row;
    for (let j = 0; j < this.keys; j++, at += mask.column) {
      const value = mask.array[at];
      scores[row + j] += this.truths ? (value !== 0 ? 0 : Number.NEGATIVE_INFINITY) : value;
    }
  }
}

/** The powers of a row of scores in place of them, not yet divided by their sum; ln Σ e^score, +∞ for no score at all. */
function powers(scores: Float64Array, row: number, keys: number): { sum: number; logSum: number } {
  let top = Number.NEGATIVE_INFINITY;
  for (let j = row; j < row + keys; j++) if (scores[j] > top) top = scores[j];
  const shift = top === Number.NEGATIVE_INFINITY ? 0 : top;
  let sum = 0;
  for (let j = row; j < row + keys; j++) {
    scores[j] = Math.exp(scores[j] - shift);
    sum += scores[j];
  }
  return { sum, logSum: sum === 0 ? Number.POSITIVE_INFINITY : shift + Math.log(sum) };
}

export function attention(_kind: Kind, operands: readonly Operand[]): void {
  const [out, logSum, q, k, v, mask] = operands;
  const call = new Attention(q, k, v, mask);
  const { keys, values } = call;
  const outputs = new Heads(out);
  const logSums = logSum.slab.view(logSum.kind);
  const scores = doubles(SCORES, QUERIES * keys);
  for (let head = 0; head < call.heads; head++) {
    for (let first = 0; first < call.queries; first += QUERIES) {
      const count = Math.min(QUERIES, call.queries - first);
      call.score(scores, head, first, count);
      for (let i = 0; i < count; i++) {
        const row = powers(scores, i * keys, keys);
        logSums[logSum.offset + head * call.queries + first + i] = row.logSum;
        const factor = row.sum === 0 ? 0 : 1 / row.sum;
        for (let j = i * keys; j < (i + 1) * keys; j++) scores[j] *= factor;
      }
      outputs.columns(product, head, first);
      gemm(count, values, keys, left.aim(scores, 0, keys, 1), call.v.columns(right, head, 0), product);
    }
  }
}

export function attentionGrad(_kind: Kind, operands: readonly Operand[]): void {
  const [dq, dk, dv, g, out, logSum, q, k, v, mask] = operands;
  const call = new Attention(q, k, v, mask);
  const { keys, features, values, scale } = call;
  const [queryGradients, incoming, outputs] = [new Heads(dq), new Heads(g), new Heads(out)];
  const logSums = logSum.slab.view(logSum.kind);
  const scores = doubles(SCORES, QUERIES * keys);
  const slopes = doubles(SLOPES, QUERIES * keys);
  for (let head = 0; head < call.heads; head++) {
    keySums.clear(doubles(KEY_SUMS, keys * features), features, keys);
    valueSums.clear(doubles(VALUE_SUMS, keys * values), values, keys);
    for (let first = 0; first < call.queries; first += QUERIES) {
      const count = Math.min(QUERIES, call.queries - first);
      call.score(scores, head, first, count);
      product.aim(slopes, 0, 1, keys);
      gemm(count, keys, values, incoming.rows(left, head, first), call.v.rows(right, head, 0), product);
      for (let i = 0; i < count; i++) {
        const dot = rowDot(incoming, outputs, head, first + i, values);
        const shift = logSums[logSum.offset + head * call.queries + first + i];
        for (let j = i * keys; j < (i + 1) * keys; j++) {
          // What isn't seen has no slope, whatever the product made of it.
          const hidden = scores[j] === Number.NEGATIVE_INFINITY;
          scores[j] = Math.exp(scores[j] - shift);
          slopes[j] = hidden ? 0 : scores[j] * (slopes[j] - dot) * scale;
        }
      }
      // dv += pᵀ · g, dk += dsᵀ · q, dq = ds · k
      gemm(
        keys,
        values,
        count,
        left.aim(scores, 0, 1, keys),
        incoming.columns(right, head, first),
        valueSums,
      );
      gemm(keys, features, count, left.aim(slopes, 0, 1, keys), call.q.columns(right, head, first), keySums);
      queryGradients.columns(product, head, first);
      gemm(count, features, keys, left.aim(slopes, 0, keys, 1), call.k.columns(right, head, 0), product);
    }
    writeRows(new Heads(dk), head, keySums, keys);
    writeRows(new Heads(dv), head, valueSums, keys);
  }
}

function rowDot(a: Heads, b: Heads, head: number, row: number, count: number): number {
  let i = a.at(head) + row * a.row;
  let j = b.at(head) + row * b.row;
  let dot = 0;
  for (let left = count; left > 0; left--, i += a.column, j += b.column) dot += a.array[i] * b.array[j];
  return dot;
}

function writeRows(to: Heads, head: number, sums: Sums, rows: number): void {
  for (let i = 0; i < rows; i++) {
    let at = to.at(head) + i * to.row;
    for (let j = i * sums.width; j < (i + 1) * sums.width; j++, at += to.column) to.array[at] = sums.array[j];
  }
}
