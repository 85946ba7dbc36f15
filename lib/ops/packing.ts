// How packed sequences lie: the first times of all sequences, then the second ones, the longest sequences first.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';

/** The rows of packed sequences. */
export interface Packing {
  /** How many sequences last so long, for each time. */
  readonly sizes: readonly number[];
  /** The first row of each time. */
  readonly starts: readonly number[];
  /** The length of each sequence. */
  readonly lengths: readonly number[];
  /** How many rows there are. */
  readonly rows: number;
}

/** How the rows of a tensor are packed, by how many sequences there are at each time. @internal */
export function packingOf(op: string, rows: Tensor, sizes: readonly number[]): Packing {
  checkTensor(op, rows);
  const fits =
    Array.isArray(sizes) &&
    sizes.length > 0 &&
    sizes.every(
      (size, time) => Number.isInteger(size) && size >= 1 && (time === 0 || size <= sizes[time - 1]),
    );
  if (!fits) {
    throw new ArgumentError(
      op,
      'batchSizes',
      sizes,
      'batchSizes are whole numbers from 1, one for each time, none larger than the one before: pack sequences with nn.utils.rnn',
    );
  }
  // Before anything is made of that length, for it may be any number.
  const sum = sizes.reduce((total, size) => total + size, 0);
  if (rows.ndim === 0 || rows.shape[0] !== sum) {
    throw new ShapeError(
      op,
      `packed sequences have as many rows as the sum of batchSizes, ${sum}; got ${showShape(rows.shape)}`,
      [rows.shape],
    );
  }
  const starts: number[] = [];
  const lengths = new Array<number>(sizes[0]).fill(0);
  let start = 0;
  for (const size of sizes) {
    starts.push(start);
    start += size;
    for (let n = 0; n < size; n++) lengths[n]++;
  }
  return { sizes: [...sizes], starts, lengths, rows: sum };
}

/** For each row what `place` says of its time and sequence. @internal */
export function forRows(packing: Packing, place: (time: number, sequence: number) => number): number[] {
  const places: number[] = [];
  packing.sizes.forEach((size, time) => {
    for (let n = 0; n < size; n++) places.push(place(time, n));
  });
  return places;
}

/** The row of each sequence's last time. @internal */
export function lastRows({ starts, lengths }: Packing): number[] {
  return lengths.map((length, n) => starts[length - 1] + n);
}

/** For each row the one with which it changes places where every sequence is turned round. @internal */
export function turnedRows(packing: Packing): number[] {
  const { starts, lengths } = packing;
  return forRows(packing, (time, n) => starts[lengths[n] - 1 - time] + n);
}
