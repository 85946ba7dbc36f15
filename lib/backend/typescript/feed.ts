// Chunks of consecutive elements for the inner loops: taken where they lie if they do, else gathered or scattered.

import type { DataArray } from '../../core/dtype.js';
import type { Layout } from '../../core/layout.js';
import type { Operand } from '../backend.js';
import { Cursor, spread } from './cursor.js';
import { CHUNK, chunkOf } from './scratch.js';

const NOTHING: DataArray = new Float64Array(0);

/** An input, read in the row-major order of the output's dims. */
export class Feed {
  /** Where the chunk lies that was taken last. */
  array: DataArray = NOTHING;
  readonly #slot: number;
  readonly #cursor = new Cursor();
  #source: DataArray = NOTHING;
  // The next element, where the operand's elements are consecutive; else -1.
  #direct = -1;
  // How many elements of the chunk hold the one value of an operand that is broadcast whole; else -1.
  #filled = -1;

  constructor(slot: number) {
    this.#slot = slot;
  }

  aim(operand: Operand, over: Layout): void {
    const cursor = this.#cursor;
    cursor.aim(over.dims, spread(operand.layout, over.dims), operand.offset);
    this.#source = operand.slab.view(operand.kind);
    const direct = cursor.straight && cursor.stride === 1;
    this.#direct = direct ? operand.offset : -1;
    this.#filled = cursor.straight && cursor.stride === 0 ? 0 : -1;
    this.array = direct ? this.#source : chunkOf(this.#slot, operand.kind);
  }

  /** Makes the next `count` elements (at most {@link CHUNK} of them) consecutive in `array` and says where. */
  take(count: number): number {
    if (this.#direct >= 0) {
      const at = this.#direct;
      this.#direct += count;
      return at;
    }
    if (this.#filled < 0) {
      this.#cursor.read(this.array, 0, this.#source, count);
    } else if (this.#filled < count) {
      this.array.fill(this.#source[this.#cursor.next()], 0, count);
      this.#filled = count;
    }
    return 0;
  }
}

/** An output, written in row-major order: `array` from `at` on takes a chunk, then {@link put} moves on. */
export class Sink {
  array: DataArray = NOTHING;
  at = 0;
  readonly #slot: number;
  readonly #cursor = new Cursor();
  #target: DataArray = NOTHING;
  #direct = false;

  constructor(slot: number) {
    this.#slot = slot;
  }

  aim(operand: Operand): void {
    const cursor = this.#cursor;
    cursor.aim(operand.layout.dims, operand.layout.strides, operand.offset);
    this.#target = operand.slab.view(operand.kind);
    this.#direct = cursor.straight && cursor.stride === 1;
    this.array = this.#direct ? this.#target : chunkOf(this.#slot, operand.kind);
    this.at = this.#direct ? operand.offset : 0;
  }

  put(count: number): void {
    if (this.#direct) this.at += count;
    else this.#cursor.write(this.array, 0, this.#target, count);
  }
}

/** The one output and the inputs of the call under way; kernels don't nest. */
export const sink = new Sink(0);
export const feeds: readonly [Feed, Feed, Feed] = [new Feed(1), new Feed(2), new Feed(3)];

/** Elements of the next chunk when `done` of `total` are behind. */
export function chunkAfter(done: number, total: number): number {
  return Math.min(CHUNK, total - done);
}
