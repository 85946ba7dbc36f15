// Sequences of different lengths in one tensor without padding, as recurrent layers take and answer them.

import type { DType } from '../core/dtype.js';
import { ArgumentError, describe } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { Tensor } from '../core/tensor.js';
import { checkTensor } from '../ops/apply.js';
import { to } from '../ops/cast.js';
import { checkIndexList } from '../ops/gather.js';
import { type Packing, packingOf } from '../ops/packing.js';
import { listOf } from '../ops/resample.js';
import { MAP_TENSORS } from '../ops/trees.js';

export interface PackedSequenceOptions {
  /** (N,), which of the user's sequences each packed one is. Default: they stand in the user's order. */
  sortedIndices?: Tensor | null;
  /** (N,), the packed place of each of the user's sequences. Default: the inverse of `sortedIndices`. */
  unsortedIndices?: Tensor | null;
}

const PACKED_OPTIONS = optionNames<PackedSequenceOptions>({ sortedIndices: true, unsortedIndices: true });

/** The values of an index tensor (N,), in doubles. @internal */
export function indicesOf(index: Tensor): number[] {
  return index.toArray() as number[];
}

/** For each number where a permutation has it. @internal */
export function inverted(order: readonly number[]): number[] {
  const places = new Array<number>(order.length);
  order.forEach((at, i) => {
    places[at] = i;
  });
  return places;
}

/**
 * Sequences of different lengths in one tensor, `data` (Σ lengths, …): the first times of all sequences, then the second
 * ones, and so on, the longest sequence first. `batchSizes` (longest,) says how many sequences there are at each time.
 * `nn.utils.rnn.packPaddedSequence` and `packSequence` make them, `nn.RNN`, `nn.LSTM` and `nn.GRU` take and answer them,
 * `padPackedSequence` and `unpackSequence` take them apart. What treats every time alike works on `data`, and a new
 * PackedSequence of its result has the same lengths and order.
 *
 * @throws ArgumentError, ShapeError, DTypeError where sizes, rows or indices do not fit each other.
 * @example
 * import { nn, tensor } from 'quern';
 * const { rnn } = nn.utils;
 * const packed = rnn.packSequence([tensor([1]), tensor([2, 3])], { enforceSorted: false });
 * packed.data.toArray(); // => [2, 1, 3]
 * packed.batchSizes.toArray(); // => [2, 1]
 * const { sortedIndices, unsortedIndices } = packed;
 * const doubled = new rnn.PackedSequence(packed.data.mul(2), packed.batchSizes, { sortedIndices, unsortedIndices });
 * rnn.unpackSequence(doubled).map((one) => one.toArray()); // => [[2], [4, 6]]
 */
export class PackedSequence {
  /** The rows of all sequences, (Σ lengths, …). */
  readonly data: Tensor;
  /** How many sequences there are at each time, (longest,) of int32. */
  readonly batchSizes: Tensor;
  /** Which of the user's sequences each packed one is, (N,) of int32; null where they stand in the user's order. */
  readonly sortedIndices: Tensor | null;
  /** The packed place of each of the user's sequences, (N,) of int32; null where they stand in the user's order. */
  readonly unsortedIndices: Tensor | null;

  constructor(data: Tensor, batchSizes: Tensor, options: PackedSequenceOptions = NO_OPTIONS) {
    const op = 'PackedSequence';
    checkOptions(op, options, PACKED_OPTIONS);
    checkTensor(op, data);
    const sizes = checkIndexList(op, batchSizes);
    const packing = packingOf(op, data, indicesOf(sizes));
    const { sortedIndices = null, unsortedIndices = null } = options;
    const batch = packing.lengths.length;
    const sorted = sortedIndices && orderOf(op, 'sortedIndices', sortedIndices, batch);
    const unsorted = unsortedIndices && orderOf(op, 'unsortedIndices', unsortedIndices, batch);
    if (unsorted !== null && (sorted === null || unsorted.some((place, i) => sorted[place] !== i))) {
      throw new ArgumentError(
        op,
        'unsortedIndices',
        unsorted,
        'unsortedIndices is the inverse of sortedIndices: leave it out, and it is made',
      );
    }
    this.data = data;
    this.batchSizes = sizes;
    this.sortedIndices = sortedIndices;
    this.unsortedIndices = unsortedIndices ?? (sorted && listOf(inverted(sorted)));
  }

  /**
   * The same sequences in another dtype; itself where it has that one.
   *
   * @throws DTypeError for what is no dtype.
   * @example
   * import { nn, tensor } from 'quern';
   * nn.utils.rnn.packSequence([tensor([1.5])]).to('float64').data.dtype; // => 'float64'
   */
  to(dtype: DType): PackedSequence {
    const data = to(this.data, dtype);
    return data === this.data ? this : withData(this, data);
  }

  /** @internal */
  [MAP_TENSORS](replace: (tensor: Tensor) => unknown): PackedSequence {
    const data = replace(this.data);
    return data instanceof Tensor && data !== this.data ? withData(this, data) : this;
  }
}

/** Sequences of the same lengths and order with other values. @internal */
export function withData(sequence: PackedSequence, data: Tensor): PackedSequence {
  const { batchSizes, sortedIndices, unsortedIndices } = sequence;
  return new PackedSequence(data, batchSizes, { sortedIndices, unsortedIndices });
}

/** How a packed sequence lies. @internal */
export function packingIn(op: string, sequence: PackedSequence): Packing {
  if (!(sequence instanceof PackedSequence)) {
    throw new ArgumentError(
      op,
      'sequence',
      sequence,
      `sequence is a PackedSequence, as nn.utils.rnn.packPaddedSequence makes it; got ${describe(sequence)}`,
    );
  }
  return packingOf(op, sequence.data, indicesOf(sequence.batchSizes));
}

/** The values of indices that name each of so many sequences once. @internal */
export function orderOf(op: string, name: string, index: Tensor, batch: number): number[] {
  const order = indicesOf(checkIndexList(op, index));
  const known = new Set(order.filter((at) => at >= 0 && at < batch));
  if (order.length === batch && known.size === batch) return order;
  throw new ArgumentError(
    op,
    name,
    order,
    `${name} must hold each number from 0 to ${batch - 1} once; got ${order.join(', ')}`,
  );
}
