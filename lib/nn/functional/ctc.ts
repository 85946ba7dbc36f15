// The loss of sequences of labels whose places in time are unknown: connectionist temporal classification.

import { INT32, isFloatKind, UINT8 } from '../../core/dtype.js';
import { ArgumentError, DTypeError, describe, IndexError, ShapeError, showShape } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import { Tensor } from '../../core/tensor.js';
import { castTo, checkTensor } from '../../ops/apply.js';
import { div } from '../../ops/binary.js';
import { clamp } from '../../ops/clamp.js';
import { eq, lt } from '../../ops/compare.js';
import { arange, full, tensor } from '../../ops/create.js';
import { ctcNll, type Lattice, latticeOf } from '../../ops/ctc.js';
import { indexSelect } from '../../ops/gather.js';
import { reshape, unsqueeze } from '../../ops/shape.js';
import { where } from '../../ops/where.js';
import { outOfRange } from './crossEntropy.js';
import { type ReductionOptions, reduceLosses, reductionOf } from './reduction.js';

export interface CTCLossOptions extends ReductionOptions {
  /** The class that stands for no label. Default 0. */
  blank?: number;
  /** Whether what no alignment can produce has the loss 0 and no gradient, rather than Infinity. Default false. */
  zeroInfinity?: boolean;
}

export const CTC_OPTIONS = optionNames<CTCLossOptions>({ blank: true, reduction: true, zeroInfinity: true });

/** One length for each sequence of a batch: numbers, or an int32 tensor (N,); for a single sequence a number will do. */
export type Lengths = number | readonly number[] | Tensor;

/**
 * The negative logarithm of the probability of sequences of labels, summed over all alignments with the time steps
 * (Graves et al. 2006), from logarithms of probabilities (T, N, C), such as logSoftmax makes, or (T, C). Targets are
 * int32, (N, S) padded with anything or one after the other in a tensor (Σ lengths,), which needs lengths as numbers; (S,)
 * for a single sequence. The mean is that of the losses divided by their targets' lengths (at least 1).
 *
 * The gradient is that with respect to `logProbs` themselves; through logSoftmax it is PyTorch's.
 *
 * @throws IndexError where a label is not in [0, C); ShapeError, DTypeError, ArgumentError where something does not fit.
 * @example
 * import { nn, tensor, zeros } from 'quern';
 * const logProbs = zeros([2, 1, 3]).sub(Math.LN2);
 * const targets = tensor([[1]], { dtype: 'int32' });
 * nn.functional.ctcLoss(logProbs, targets, [2], [1]).exp().item().toFixed(4); // => '1.3333'
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Lengths,
  targetLengths: Lengths,
  options: CTCLossOptions = NO_OPTIONS,
): Tensor {
  const op = 'ctcLoss';
  checkTensor(op, logProbs);
  checkTensor(op, targets);
  checkOptions(op, options, CTC_OPTIONS);
  const { ndim, shape } = logProbs;
  if (!isFloatKind(logProbs.kind)) {
    throw new DTypeError(op, `logProbs must be floating; got ${logProbs.dtype}: cast with to()`, [
      logProbs.dtype,
    ]);
  }
  if (targets.kind !== INT32 && targets.kind !== UINT8) {
    throw new DTypeError(op, `targets are int32; got ${targets.dtype}: cast them with to('int32')`, [
      targets.dtype,
    ]);
  }
  if (ndim !== 2 && ndim !== 3) {
    throw new ShapeError(op, `logProbs must be (T, N, C) or (T, C); got ${showShape(shape)}`, [shape]);
  }
  const single = ndim === 2;
  const logs = single ? unsqueeze(logProbs, 1) : logProbs;
  const [steps, batch, classes] = logs.shape;
  const { blank = 0 } = options;
  if (!(Number.isInteger(blank) && blank >= 0 && blank < classes)) {
    throw new ArgumentError(
      op,
      'blank',
      blank,
      `blank is one of the ${classes} classes, from 0; got ${describe(blank)}`,
    );
  }
  const reduction = reductionOf(op, options, logProbs);
  const times = lengthsOf(op, 'inputLengths', inputLengths, batch, steps);
  const most = targets.ndim === 2 ? targets.shape[1] : targets.size;
  const lengths = lengthsOf(op, 'targetLengths', targetLengths, batch, most);
  const padded = paddedTargets(op, targets, targetLengths, batch, single);
  const real = lt(arange(padded.shape[1], { dtype: 'int32' }), unsqueeze(lengths, 1));
  const lattice: Lattice = latticeOf(where(real, padded, blank), blank, lengths, times, logs.kind);
  let losses: Tensor;
  try {
    losses = ctcNll(logs, lattice, options.zeroInfinity ?? false);
  } catch (error) {
    throw error instanceof IndexError ? outOfRange(op, error) : error;
  }
  if (options.zeroInfinity) losses = where(eq(losses, Number.POSITIVE_INFINITY), 0, losses);
  if (reduction === 'mean') losses = div(losses, castTo(clamp(lengths, { min: 1 }), logs.kind));
  return single && reduction === 'none' ? reshape(losses, []) : reduceLosses(losses, reduction);
}

/** Lengths as an int32 tensor (N,). Only numbers are checked here, for values of tensors are not read. */
function lengthsOf(op: string, name: string, lengths: Lengths, batch: number, most: number): Tensor {
  if (lengths instanceof Tensor) {
    checkTensor(op, lengths);
    if (lengths.kind !== INT32) {
      throw new DTypeError(op, `${name} are int32; got ${lengths.dtype}: cast them with to('int32')`, [
        lengths.dtype,
      ]);
    }
    const row = lengths.ndim === 0 ? reshape(lengths, [1]) : lengths;
    if (row.ndim === 1 && row.shape[0] === batch) return row;
    throw new ShapeError(op, `${name} must be (${batch},), one a sequence; got ${showShape(lengths.shape)}`, [
      lengths.shape,
    ]);
  }
  const list = typeof lengths === 'number' ? [lengths] : lengths;
  if (!Array.isArray(list) || list.length !== batch) {
    throw new ArgumentError(op, name, lengths, `${name} holds ${batch} numbers, one for each sequence`);
  }
  const wrong = list.find((length) => !(Number.isInteger(length) && length >= 0 && length <= most));
  if (wrong !== undefined) {
    throw new ArgumentError(op, name, wrong, `${name} are whole numbers from 0 to ${most}; got ${wrong}`);
  }
  return tensor(list, { dtype: 'int32' });
}

/** The targets as (N, S); what lies beyond a sequence's length is anything. */
function paddedTargets(
  op: string,
  targets: Tensor,
  lengths: Lengths,
  batch: number,
  single: boolean,
): Tensor {
  const labels = castTo(targets, INT32);
  const { ndim, shape } = targets;
  if (single && ndim === 1) return unsqueeze(labels, 0);
  if (ndim === 2 && shape[0] === batch) return labels;
  if (ndim !== 1) {
    throw new ShapeError(
      op,
      `targets must be (N, S) or one after the other in one dimension, for ${batch} sequences; got ${showShape(shape)}`,
      [shape],
    );
  }
  if (!Array.isArray(lengths)) {
    throw new ArgumentError(
      op,
      'targetLengths',
      lengths,
      'targets that lie one after the other need their lengths as an array of numbers',
    );
  }
  const list: readonly number[] = lengths;
  const sum = list.reduce((total, length) => total + length, 0);
  if (sum !== targets.size) {
    throw new ShapeError(op, `targetLengths add up to ${sum}, and there are ${targets.size} targets`, [
      shape,
    ]);
  }
  const width = Math.max(...list);
  if (width === 0) return full([batch, 0], 0, { dtype: 'int32' });
  let start = 0;
  const places = list.flatMap((length) => {
    const row = Array.from({ length: width }, (_, s) => start + Math.min(s, Math.max(length - 1, 0)));
    start += length;
    // An empty sequence at the end would look beyond the last target.
    return row.map((place) => Math.min(place, sum - 1));
  });
  const chosen = indexSelect(labels, 0, tensor(places, { dtype: 'int32' }));
  return reshape(chosen, [batch, width]);
}
