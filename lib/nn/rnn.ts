// Sequences of different lengths: padded to one length, packed without padding, and back.

import { INT32 } from '../core/dtype.js';
import { ArgumentError, describe, ShapeError, showShape } from '../core/errors.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, Tensor } from '../core/tensor.js';
import { checkTensor } from '../ops/apply.js';
import { filledOf } from '../ops/create.js';
import { checkIndexList, indexSelect } from '../ops/gather.js';
import { checkList, concat } from '../ops/join.js';
import { forRows } from '../ops/packing.js';
import { listOf, picked } from '../ops/resample.js';
import { reshape } from '../ops/shape.js';
import { narrow, select } from '../ops/slice.js';
import { fitting } from '../ops/whole.js';
import { indicesOf, inverted, orderOf, PackedSequence, packingIn } from './packedSequence.js';

export { PackedSequence, type PackedSequenceOptions } from './packedSequence.js';

/** The length of each sequence. */
export type SequenceLengths = readonly number[] | Tensor;

export interface PackOptions {
  /** Whether the longest sequence must come first, none longer than the one before. False: they are sorted. Default true. */
  enforceSorted?: boolean;
}

export interface PackPaddedOptions extends PackOptions {
  /** Whether the input is (N, T, …) instead of (T, N, …). Default false. */
  batchFirst?: boolean;
}

export interface UnpadOptions {
  /** Whether sequences are (N, T, …) instead of (T, N, …). Default false. */
  batchFirst?: boolean;
}

export interface PadOptions extends UnpadOptions {
  /** What stands where a sequence has no values. Default 0. */
  paddingValue?: number;
}

export interface PadPackedOptions extends PadOptions {
  /** How long the padded sequences are, at least the longest. Default: as long as the longest. */
  totalLength?: number | null;
}

export interface PadSequenceOptions extends PadOptions {
  /** Where the padding stands, after the sequence or before it. Default 'right'. */
  paddingSide?: 'left' | 'right';
}

const PACK = optionNames<PackOptions>({ enforceSorted: true });
const PACK_PADDED = optionNames<PackPaddedOptions>({ batchFirst: true, enforceSorted: true });
const UNPAD = optionNames<UnpadOptions>({ batchFirst: true });
const PAD_PACKED = optionNames<PadPackedOptions>({ batchFirst: true, paddingValue: true, totalLength: true });
const PAD_SEQUENCE = optionNames<PadSequenceOptions>({
  batchFirst: true,
  paddingValue: true,
  paddingSide: true,
});

/**
 * Padded sequences (T, N, …), or (N, T, …) with `batchFirst`, packed: what lies beyond a sequence's length is left out.
 * With `enforceSorted` false the lengths may come in any order; `padPackedSequence` and the recurrent layers' last states
 * have the user's order again.
 *
 * @throws ArgumentError where a length is not in [1, T], or lengths grow though they must not; ShapeError where their
 *   number is not N.
 * @example
 * import { nn, tensor } from 'quern';
 * const padded = tensor([[1, 2, 0], [3, 0, 0], [4, 5, 6]]);
 * const packed = nn.utils.rnn.packPaddedSequence(padded, [2, 1, 3], { batchFirst: true, enforceSorted: false });
 * packed.data.toArray(); // => [4, 1, 3, 5, 2, 6]
 * packed.batchSizes.toArray(); // => [3, 2, 1]
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: SequenceLengths,
  options: PackPaddedOptions = NO_OPTIONS,
): PackedSequence {
  const op = 'packPaddedSequence';
  checkOptions(op, options, PACK_PADDED);
  const { batchFirst = false, enforceSorted = true } = options;
  const [times, batch] = paddedDims(op, input, batchFirst);
  const list = lengthsOf(op, lengths, batch, times, 1);
  const rows = reshape(input, [times * batch, ...input.shape.slice(2)]);
  return packed(op, rows, list, enforceSorted, (time, n) =>
    batchFirst ? n * times + time : time * batch + n,
  );
}

/**
 * Sequences (L, …) of different lengths, packed.
 *
 * @throws ArgumentError where there is none, one is empty, or lengths grow though they must not; ShapeError where other
 *   dimensions differ.
 * @example
 * import { nn, tensor } from 'quern';
 * const packed = nn.utils.rnn.packSequence([tensor([1, 2, 3]), tensor([4, 5]), tensor([6])]);
 * packed.data.toArray(); // => [1, 4, 6, 2, 5, 3]
 */
export function packSequence(
  sequences: readonly Tensor[],
  options: PackOptions = NO_OPTIONS,
): PackedSequence {
  const op = 'packSequence';
  checkOptions(op, options, PACK);
  const lengths = sequenceLengths(op, sequences);
  lengthsOf(op, lengths, lengths.length, Number.MAX_SAFE_INTEGER, 1);
  const starts = startsOf(lengths);
  const rows = concat(sequences, 0);
  return packed(op, rows, lengths, options.enforceSorted ?? true, (time, n) => starts[n] + time);
}

/** Rows in the order of packed sequences; `place` says where those of the user's sequences are. */
function packed(
  op: string,
  rows: Tensor,
  lengths: readonly number[],
  enforceSorted: boolean,
  place: (time: number, sequence: number) => number,
): PackedSequence {
  const order = lengths.map((_, n) => n);
  if (!enforceSorted) order.sort((a, b) => lengths[b] - lengths[a] || a - b);
  else if (lengths.some((length, n) => n > 0 && length > lengths[n - 1])) {
    throw new ArgumentError(
      op,
      'lengths',
      lengths,
      `lengths must not grow, the longest sequence comes first; got ${lengths.join(', ')}: pass { enforceSorted: false } to have them sorted`,
    );
  }
  const sizes = new Array<number>(lengths[order[0]]).fill(0);
  for (const length of lengths) for (let time = 0; time < length; time++) sizes[time]++;
  const places = sizes.flatMap((size, time) => order.slice(0, size).map((n) => place(time, n)));
  const sortedIndices = enforceSorted ? null : listOf(order);
  return new PackedSequence(picked(rows, 0, places), listOf(sizes), { sortedIndices });
}

/**
 * Packed sequences padded to one length, (T, N, …), or (N, T, …) with `batchFirst`, in the user's order, and their
 * lengths (N,).
 *
 * @throws ArgumentError where `totalLength` is less than the longest sequence's.
 * @example
 * import { nn, tensor } from 'quern';
 * const packed = nn.utils.rnn.packSequence([tensor([1, 2, 3]), tensor([4])]);
 * const { output, lengths } = nn.utils.rnn.padPackedSequence(packed, { batchFirst: true, paddingValue: -1 });
 * output.toArray(); // => [[1, 2, 3], [4, -1, -1]]
 * lengths.toArray(); // => [3, 1]
 */
export function padPackedSequence(
  sequence: PackedSequence,
  options: PadPackedOptions = NO_OPTIONS,
): { output: Tensor; lengths: Tensor } {
  const op = 'padPackedSequence';
  checkOptions(op, options, PAD_PACKED);
  const packing = packingIn(op, sequence);
  const { batchFirst = false, paddingValue = 0, totalLength = null } = options;
  const longest = packing.sizes.length;
  const times = totalLength ?? longest;
  if (!(Number.isInteger(times) && times >= longest)) {
    throw new ArgumentError(
      op,
      'totalLength',
      totalLength,
      `totalLength is a whole number from ${longest}, the length of the longest sequence; got ${describe(totalLength)}`,
    );
  }
  const unsorted = sequence.unsortedIndices && indicesOf(sequence.unsortedIndices);
  const order = packing.lengths.map((_, n) => unsorted?.[n] ?? n);
  const lengths = order.map((n) => packing.lengths[n]);
  const output = padded(op, sequence.data, lengths, times, batchFirst, paddingValue, (time, n) =>
    time < lengths[n] ? packing.starts[time] + order[n] : null,
  );
  return { output, lengths: listOf(lengths) };
}

/**
 * Sequences (L, …) of different lengths, padded to that of the longest: (T, N, …), or (N, T, …) with `batchFirst`.
 *
 * @throws ArgumentError where there is none; ShapeError where other dimensions differ.
 * @example
 * import { nn, tensor } from 'quern';
 * const sequences = [tensor([1, 2, 3]), tensor([4])];
 * nn.utils.rnn.padSequence(sequences, { batchFirst: true }).toArray(); // => [[1, 2, 3], [4, 0, 0]]
 * nn.utils.rnn.padSequence(sequences, { batchFirst: true, paddingSide: 'left' }).toArray(); // => [[1, 2, 3], [0, 0, 4]]
 */
export function padSequence(sequences: readonly Tensor[], options: PadSequenceOptions = NO_OPTIONS): Tensor {
  const op = 'padSequence';
  checkOptions(op, options, PAD_SEQUENCE);
  const { batchFirst = false, paddingValue = 0, paddingSide = 'right' } = options;
  if (paddingSide !== 'left' && paddingSide !== 'right') {
    throw new ArgumentError(
      op,
      'paddingSide',
      paddingSide,
      `paddingSide is 'left' or 'right'; got ${describe(paddingSide)}`,
    );
  }
  const lengths = sequenceLengths(op, sequences);
  const starts = startsOf(lengths);
  const times = lengths.reduce((longest, length) => Math.max(longest, length), 0);
  return padded(op, concat(sequences, 0), lengths, times, batchFirst, paddingValue, (time, n) => {
    const at = paddingSide === 'right' ? time : time - (times - lengths[n]);
    return at >= 0 && at < lengths[n] ? starts[n] + at : null;
  });
}

/** Rows laid out as sequences of so many times; where `place` has none stands the padding. */
function padded(
  op: string,
  rows: Tensor,
  lengths: readonly number[],
  times: number,
  batchFirst: boolean,
  value: number,
  place: (time: number, sequence: number) => number | null,
): Tensor {
  const batch = lengths.length;
  const [count, ...rest] = rows.shape;
  const full = lengths.every((length) => length === times);
  // One row more, which every padding shows.
  const padding = filledOf(denseLayout([1, ...rest]), rows.kind, fitting(op, value, rows.kind));
  const source = full ? rows : concat([rows, padding], 0);
  const places = makeTensor(denseLayout([times * batch]), INT32);
  const list = places.slab.view(INT32);
  for (let i = 0; i < places.size; i++) {
    const [time, n] = batchFirst ? [i % times, Math.floor(i / times)] : [Math.floor(i / batch), i % batch];
    list[places.offset + i] = place(time, n) ?? count;
  }
  const dims = batchFirst ? [batch, times] : [times, batch];
  return reshape(indexSelect(source, 0, places), [...dims, ...rest]);
}

/**
 * The sequences of a packed one, (L, …) each, in the user's order.
 *
 * @throws ArgumentError for what is no PackedSequence.
 * @example
 * import { nn, tensor } from 'quern';
 * const packed = nn.utils.rnn.packSequence([tensor([4]), tensor([1, 2])], { enforceSorted: false });
 * nn.utils.rnn.unpackSequence(packed).map((one) => one.toArray()); // => [[4], [1, 2]]
 */
export function unpackSequence(sequence: PackedSequence): Tensor[] {
  const packing = packingIn('unpackSequence', sequence);
  const starts = startsOf(packing.lengths);
  const places = new Array<number>(packing.rows);
  let row = 0;
  forRows(packing, (time, n) => {
    places[starts[n] + time] = row;
    return row++;
  });
  const rows = picked(sequence.data, 0, places);
  const unsorted = sequence.unsortedIndices && indicesOf(sequence.unsortedIndices);
  return packing.lengths.map((_, i) => {
    const n = unsorted?.[i] ?? i;
    return narrow(rows, 0, starts[n], packing.lengths[n]);
  });
}

/**
 * Padded sequences (T, N, …), or (N, T, …) with `batchFirst`, as N views (L, …) of the given lengths.
 *
 * @throws ArgumentError where a length is not in [0, T]; ShapeError where their number is not N.
 * @example
 * import { nn, tensor } from 'quern';
 * const parts = nn.utils.rnn.unpadSequence(tensor([[1, 2], [3, 0]]), [2, 1], { batchFirst: true });
 * parts.map((part) => part.toArray()); // => [[1, 2], [3]]
 */
export function unpadSequence(
  padded: Tensor,
  lengths: SequenceLengths,
  options: UnpadOptions = NO_OPTIONS,
): Tensor[] {
  const op = 'unpadSequence';
  checkOptions(op, options, UNPAD);
  const { batchFirst = false } = options;
  const [times, batch] = paddedDims(op, padded, batchFirst);
  return lengthsOf(op, lengths, batch, times, 0).map((length, n) =>
    narrow(select(padded, batchFirst ? 0 : 1, n), 0, 0, length),
  );
}

/**
 * The inverse of a permutation (N,) of 0 to N − 1, int32: where it has each number. From the sorted indices of packed
 * sequences to the unsorted ones.
 *
 * @throws ArgumentError where a number is missing; DTypeError, ShapeError where it is no list of indices.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.utils.rnn.invertPermutation(tensor([2, 0, 1], { dtype: 'int32' })).toArray(); // => [1, 2, 0]
 */
export function invertPermutation(permutation: Tensor): Tensor {
  const op = 'invertPermutation';
  checkTensor(op, permutation);
  return listOf(inverted(orderOf(op, 'permutation', permutation, permutation.size)));
}

/** How many times and sequences a padded tensor has. */
function paddedDims(op: string, padded: Tensor, batchFirst: boolean): [times: number, batch: number] {
  checkTensor(op, padded);
  const [first, second] = padded.shape;
  if (padded.ndim >= 2 && first > 0 && second > 0) return batchFirst ? [second, first] : [first, second];
  const wanted = batchFirst ? '(N, T, …)' : '(T, N, …)';
  throw new ShapeError(
    op,
    `padded sequences are ${wanted}, at least one of at least one time; got ${showShape(padded.shape)}`,
    [padded.shape],
  );
}

/** Lengths as numbers, one for each sequence. */
function lengthsOf(
  op: string,
  lengths: SequenceLengths,
  batch: number,
  most: number,
  least: number,
): number[] {
  const list = lengths instanceof Tensor ? indicesOf(checkIndexList(op, lengths)) : lengths;
  if (!Array.isArray(list)) {
    throw new ArgumentError(
      op,
      'lengths',
      lengths,
      `lengths are an array of numbers or an int32 tensor (N,); got ${describe(lengths)}`,
    );
  }
  if (list.length !== batch) {
    throw new ShapeError(op, `there are ${batch} sequences, and lengths for ${list.length}`, [[list.length]]);
  }
  const wrong = list.findIndex((length) => !(Number.isInteger(length) && length >= least && length <= most));
  if (wrong === -1) return [...list];
  const range = most === Number.MAX_SAFE_INTEGER ? `at least ${least}` : `in [${least}, ${most}]`;
  throw new ArgumentError(
    op,
    'lengths',
    list[wrong],
    `the length of a sequence is a whole number ${range}; that of sequence ${wrong} is ${list[wrong]}`,
  );
}

/** The lengths of sequences that agree in all else. */
function sequenceLengths(op: string, sequences: readonly Tensor[]): number[] {
  checkList(op, sequences);
  const [first] = sequences;
  for (const one of sequences) {
    const rest = one.shape.slice(1);
    if (one.ndim > 0 && one.ndim === first.ndim && rest.every((dim, i) => dim === first.shape[i + 1]))
      continue;
    throw new ShapeError(
      op,
      `sequences are (L, …) and differ in L alone; got ${showShape(first.shape)} and ${showShape(one.shape)}`,
      [first.shape, one.shape],
    );
  }
  return sequences.map((one) => one.shape[0]);
}

/** Where each sequence begins, of sequences one after the other. */
function startsOf(lengths: readonly number[]): number[] {
  let row = 0;
  return lengths.map((length) => {
    const start = row;
    row += length;
    return start;
  });
}
