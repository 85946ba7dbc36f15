// What recurrent layers are given: sequences with a batch, without one, or packed; and results as those have them.

import { DTypeError, ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { checkTensor } from '../../ops/apply.js';
import { indexSelect } from '../../ops/gather.js';
import { squeeze, transpose, unsqueeze } from '../../ops/shape.js';
import { PackedSequence, packingIn, withData } from '../packedSequence.js';

/** Sequences as the functions take them, and the way back to how the user has them. */
export interface RecurrentInput {
  /** (T, N, in), or (rows, in) where they are packed. */
  readonly x: Tensor;
  /** How many sequences there are at each time, where they are packed. */
  readonly batchSizes: readonly number[] | null;
  /** The batch of the user's states: nothing where there is none. */
  readonly batch: readonly number[];
  /** States (layers · directions, N, hidden) from the user's. */
  states(given: Tensor): Tensor;
  /** The user's states from those. */
  given(states: Tensor): Tensor;
  /** The output as the input was. */
  output(x: Tensor): Tensor | PackedSequence;
}

/** Refuses an input or state of another dtype than the layer's. @internal */
export function demandOwnDType(op: string, name: string, x: Tensor, parameter: Tensor): void {
  if (x.kind === parameter.kind) return;
  throw new DTypeError(
    op,
    `${name} is ${x.dtype} and the layer ${parameter.dtype}: cast ${name} with to('${parameter.dtype}'), or make the layer with { dtype }`,
    [x.dtype, parameter.dtype],
  );
}

/** @internal */
export function recurrentInput(
  op: string,
  x: Tensor | PackedSequence,
  inputSize: number,
  batchFirst: boolean,
): RecurrentInput {
  if (x instanceof PackedSequence) return packedInput(op, x, inputSize);
  checkTensor(op, x);
  const wanted = batchFirst ? '(N, T' : '(T, N';
  if ((x.ndim !== 3 && x.ndim !== 2) || x.shape[x.ndim - 1] !== inputSize) {
    throw new ShapeError(
      op,
      `the input is ${wanted}, ${inputSize}), or (T, ${inputSize}) without a batch; got ${showShape(x.shape)}`,
      [x.shape],
    );
  }
  if (x.shape[batchFirst && x.ndim === 3 ? 1 : 0] === 0) {
    throw new ShapeError(
      op,
      `the input is ${wanted}, ${inputSize}) with at least one time T; got ${showShape(x.shape)}`,
      [x.shape],
    );
  }
  const same = (one: Tensor): Tensor => one;
  if (x.ndim === 2) {
    const single = (one: Tensor): Tensor => squeeze(one, 1);
    const states = (one: Tensor): Tensor => unsqueeze(one, 1);
    return { x: states(x), batchSizes: null, batch: [], states, given: single, output: single };
  }
  const crossed = (one: Tensor): Tensor => (batchFirst ? transpose(one, 0, 1) : one);
  const sequences = crossed(x);
  return {
    x: sequences,
    batchSizes: null,
    batch: [sequences.shape[1]],
    states: same,
    given: same,
    output: crossed,
  };
}

function packedInput(op: string, sequence: PackedSequence, inputSize: number): RecurrentInput {
  const { data, sortedIndices, unsortedIndices } = sequence;
  if (data.ndim !== 2 || data.shape[1] !== inputSize) {
    throw new ShapeError(
      op,
      `the data of a packed input is (Σ lengths, ${inputSize}); got ${showShape(data.shape)}`,
      [data.shape],
    );
  }
  const { sizes } = packingIn(op, sequence);
  const ordered = (states: Tensor, order: Tensor | null): Tensor =>
    order === null ? states : indexSelect(states, 1, order);
  return {
    x: data,
    batchSizes: sizes,
    batch: [sizes[0]],
    states: (given) => ordered(given, sortedIndices),
    given: (states) => ordered(states, unsortedIndices),
    output: (x) => withData(sequence, x),
  };
}
