// A cursor walks a strided operand in row-major order, with dimensions merged wherever strides allow.

import type { DataArray } from '../../core/dtype.js';
import type { Layout } from '../../core/layout.js';

const spreadStrides: number[] = [];

/**
 * The strides with which a layout is read as one of `dims`: right-aligned, 0 where it is broadcast. Good until the next
 * call, which refills them.
 */
export function spread(layout: Layout, dims: readonly number[]): readonly number[] {
  const lead = dims.length - layout.rank;
  spreadStrides.length = dims.length;
  for (let i = 0; i < dims.length; i++) {
    const repeats = i < lead || (layout.dims[i - lead] === 1 && dims[i] !== 1);
    spreadStrides[i] = repeats ? 0 : layout.strides[i - lead];
  }
  return spreadStrides;
}

export class Cursor {
  readonly #dims: number[] = [];
  readonly #strides: number[] = [];
  readonly #index: number[] = [];
  #outer = 0;
  // The innermost run: where it starts, its length and stride, and how far the walk has come in it.
  #start = 0;
  #length = 1;
  #stride = 0;
  #at = 0;

  /** Sets out at `offset` for a walk over all of dims, outermost first. */
  aim(dims: readonly number[], strides: readonly number[], offset: number): void {
    let last = -1;
    for (let i = 0; i < dims.length; i++) {
      const dim = dims[i];
      const stride = strides[i];
      if (dim === 1) continue;
      if (last >= 0 && this.#strides[last] === stride * dim) {
        this.#dims[last] *= dim;
        this.#strides[last] = stride;
      } else {
        last++;
        this.#dims[last] = dim;
        this.#strides[last] = stride;
      }
    }
    this.#outer = Math.max(last, 0);
    this.#length = last < 0 ? 1 : this.#dims[last];
    this.#stride = last < 0 ? 1 : this.#strides[last];
    this.rewind(offset);
  }

  /** Sets out again from another offset. */
  rewind(offset: number): void {
    for (let i = 0; i < this.#outer; i++) this.#index[i] = 0;
    this.#start = offset;
    this.#at = 0;
  }

  /** Whether the whole walk is one run; its stride is {@link stride}. */
  get straight(): boolean {
    return this.#outer === 0;
  }

  /** Length of the innermost runs. */
  get length(): number {
    return this.#length;
  }

  /** Stride within the innermost runs. */
  get stride(): number {
    return this.#stride;
  }

  #turn(): void {
    this.#at = 0;
    for (let i = this.#outer - 1; i >= 0; i--) {
      this.#start += this.#strides[i];
      if (++this.#index[i] < this.#dims[i]) return;
      this.#start -= this.#strides[i] * this.#dims[i];
      this.#index[i] = 0;
    }
  }

  /** The offset of the element the walk stands on; then steps to the next one. */
  next(): number {
    const offset = this.#start + this.#at * this.#stride;
    if (++this.#at === this.#length) this.#turn();
    return offset;
  }

  /** The offset of the run that the walk stands at the start of; then steps to the next run. */
  nextRun(): number {
    const offset = this.#start;
    this.#turn();
    return offset;
  }

  /** The offsets of the next `count` elements. */
  offsets(to: Float64Array, count: number): void {
    let t = 0;
    while (t < count) {
      const end = Math.min(count, t + this.#length - this.#at);
      let from = this.#start + this.#at * this.#stride;
      this.#at += end - t;
      for (; t < end; t++, from += this.#stride) to[t] = from;
      if (this.#at === this.#length) this.#turn();
    }
  }

  /** Copies the next `count` elements of `from` into consecutive ones of `to`. */
  read(to: DataArray, t: number, from: DataArray, count: number): void {
    const stop = t + count;
    while (t < stop) {
      const run = Math.min(stop - t, this.#length - this.#at);
      copyRun(to, t, 1, from, this.#start + this.#at * this.#stride, this.#stride, run);
      t += run;
      this.#at += run;
      if (this.#at === this.#length) this.#turn();
    }
  }

  /** Copies `count` consecutive elements of `from` to the next ones of `to`. */
  write(from: DataArray, f: number, to: DataArray, count: number): void {
    const stop = f + count;
    while (f < stop) {
      const run = Math.min(stop - f, this.#length - this.#at);
      copyRun(to, this.#start + this.#at * this.#stride, this.#stride, from, f, 1, run);
      f += run;
      this.#at += run;
      if (this.#at === this.#length) this.#turn();
    }
  }
}

function copyRun(
  to: DataArray,
  t: number,
  tStride: number,
  from: DataArray,
  f: number,
  fStride: number,
  count: number,
): void {
  for (let i = 0; i < count; i++, t += tStride, f += fStride) to[t] = from[f];
}
