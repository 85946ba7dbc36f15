// Real calls, recorded while programs run, each with buffers of its own that end where its operands end: whatever
// reaches beyond them touches memory that the address sanitizer watches.

import { KERNELS } from '../../lib/backend/kernels.js';
import { ATTRIBUTES, COUNT, KERNEL, KIND, OPERANDS, ROWS, record } from '../../lib/backend/record.js';
import { ITEM_SIZE } from '../../lib/core/dtype.js';
import { itemSize, listWidth } from './signatures.js';
import { buffers, type Dims, layoutAt, layouts, listen, registerBuffer } from './tap.js';

/** Memory of a recorded call, and what it held. */
export interface Memory {
  readonly id: number;
  readonly bytes: Uint8Array;
  readonly before: Uint8Array;
}

export interface Recorded {
  readonly name: string;
  readonly fields: Float64Array;
  /** What the call reads and writes: an operand each, or the list and then its arrays. */
  readonly memory: readonly Memory[];
}

// Enough of each kind; more of the same would only make the others rarer.
const MOST_ALIKE = 40;
const LARGEST = 1024 * 1024;

export function extentOf({ dims, strides }: Dims): number {
  if (dims.includes(0)) return 0;
  return dims.reduce((last, dim, i) => last + (dim - 1) * strides[i], 1);
}

/** A copy of a part of a buffer, in memory of its own after `lead` bytes of something else. */
function copyOf(source: Uint8Array, from: number, length: number, lead: number): Memory {
  const bytes = new Uint8Array(new ArrayBuffer(lead + length));
  bytes.set(source.subarray(from, from + length), lead);
  return { id: registerBuffer(bytes, false), bytes, before: bytes.slice() };
}

class Recorder {
  readonly recorded: Recorded[] = [];
  readonly #seen = new Set<string>();
  readonly #alike = new Map<string, number>();

  onCall = (): void => {
    const fields = record.slice();
    const layout = Array.from({ length: fields[COUNT] }, (_, i) => this.#layoutOf(fields, i));
    const shape = `${fields[KERNEL]} ${fields[KIND]} ${JSON.stringify(layout)}`;
    const key = `${shape} ${fields.subarray(ATTRIBUTES, ATTRIBUTES + 16)}`;
    const kind = `${fields[KERNEL]} ${fields[KIND]} ${fields[COUNT]}`;
    const alike = this.#alike.get(kind) ?? 0;
    if (this.#seen.has(key) || alike >= MOST_ALIKE) return;
    this.#seen.add(key);
    const memory = listWidth(fields[KERNEL]) > 0 ? this.#moveList(fields) : this.#moveViews(fields, layout);
    if (memory === null) return;
    this.#alike.set(kind, alike + 1);
    this.recorded.push({ name: KERNELS[fields[KERNEL]], fields, memory });
  };

  #layoutOf(fields: Float64Array, operand: number): Dims {
    const id = fields[OPERANDS + 3 * operand + 2];
    return id < 0 ? layoutAt(fields, -id) : (layouts.get(id) ?? { dims: [], strides: [] });
  }

  #bufferOf(id: number): Uint8Array {
    return buffers.get(id) as Uint8Array;
  }

  #moveViews(fields: Float64Array, layout: readonly Dims[]): Memory[] | null {
    const sizes = layout.map((_, i) => itemSize(fields[KERNEL], i, fields[KIND], fields[ATTRIBUTES]));
    if (layout.some((one, i) => extentOf(one) * sizes[i] > LARGEST)) return null;
    return layout.map((one, i) => {
      const at = OPERANDS + 3 * i;
      // Operand i starts at element i of its buffer, so that offsets and alignments differ.
      const memory = copyOf(
        this.#bufferOf(fields[at]),
        fields[at + 1] * sizes[i],
        extentOf(one) * sizes[i],
        i * sizes[i],
      );
      fields[at] = memory.id;
      fields[at + 1] = i;
      return memory;
    });
  }

  #moveList(fields: Float64Array): Memory[] {
    const width = listWidth(fields[KERNEL]);
    const row = 2 * width + 1;
    const rows = fields[ATTRIBUTES + ROWS];
    const list = copyOf(this.#bufferOf(fields[OPERANDS]), 8 * fields[OPERANDS + 1], 8 * rows * row, 0);
    const entries = new Float64Array(list.bytes.buffer);
    const size = ITEM_SIZE[fields[KIND]];
    const arrays: Memory[] = [];
    for (let at = 0; at < entries.length; at += row) {
      for (let column = 0; column < width; column++) {
        const place = at + 2 * column;
        const moved = copyOf(
          this.#bufferOf(entries[place]),
          entries[place + 1] * size,
          entries[at + row - 1] * size,
          0,
        );
        entries[place] = moved.id;
        entries[place + 1] = 0;
        arrays.push(moved);
      }
    }
    list.before.set(list.bytes);
    fields[OPERANDS] = list.id;
    fields[OPERANDS + 1] = 0;
    return [list, ...arrays];
  }
}

/** Runs programs and answers the calls that they made, those that resemble one another left out. */
export function recordCalls(run: () => void): readonly Recorded[] {
  const recorder = new Recorder();
  listen(recorder.onCall);
  try {
    run();
  } finally {
    listen(null);
  }
  return recorder.recorded;
}
