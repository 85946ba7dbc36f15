// What losses share: checks of their operands, and the reduction at the end.

import { isFloatKind } from '../../core/dtype.js';
import { ArgumentError, DTypeError, describe, ShapeError, showShape } from '../../core/errors.js';
import { broadcastLayouts, sameDims } from '../../core/layout.js';
import { optionNames } from '../../core/options.js';
import { Tensor } from '../../core/tensor.js';
import { castTo, checkTensor } from '../../ops/apply.js';
import { div } from '../../ops/binary.js';
import { mean, sum } from '../../ops/reduce.js';

/** What becomes of the losses of the elements: their mean, their sum, or nothing. */
export type Reduction = 'mean' | 'sum' | 'none';

export interface ReductionOptions {
  /** Default 'mean'. */
  reduction?: Reduction;
}

export const REDUCTION_OPTIONS = optionNames<ReductionOptions>({ reduction: true });

/** The reduction that options ask for. A mean over an `input` without elements is refused: it would be NaN. */
export function reductionOf(op: string, options: ReductionOptions, input?: Tensor): Reduction {
  const reduction = options.reduction ?? 'mean';
  if (reduction === 'mean' && input instanceof Tensor && input.size === 0) {
    throw new ShapeError(
      op,
      `the input ${showShape(input.shape)} has no elements to average over; skip empty batches, or pass { reduction: 'sum' }`,
      [input.shape],
    );
  }
  if (reduction === 'mean' || reduction === 'sum' || reduction === 'none') return reduction;
  throw new ArgumentError(
    op,
    'reduction',
    reduction,
    `reduction is 'mean', 'sum' or 'none'; got ${String(reduction)}`,
  );
}

export function reduceLosses(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === 'none') return losses;
  return reduction === 'mean' ? mean(losses) : sum(losses);
}

/** Refuses operands of an elementwise loss that differ in shape, which would broadcast, or in dtype. */
export function checkPairOf(op: string, input: Tensor, target: Tensor): void {
  checkTensor(op, input);
  checkTensor(op, target);
  if (!sameDims(input.layout, target.layout)) {
    throw new ShapeError(
      op,
      `the input ${showShape(input.shape)} and the target ${showShape(target.shape)} must have the same shape; ` +
        'reshape one of them (a loss does not broadcast)',
      [input.shape, target.shape],
    );
  }
  if (input.kind !== target.kind || !isFloatKind(input.kind)) {
    throw new DTypeError(
      op,
      `input and target must have the same floating dtype; got ${input.dtype} and ${target.dtype}: cast with to()`,
      [input.dtype, target.dtype],
    );
  }
}

/** Refuses a weight of an elementwise loss that is of another dtype or would enlarge the losses. */
export function checkWeight(op: string, name: string, weight: Tensor | null, input: Tensor): void {
  if (weight === null) return;
  checkTensor(op, weight);
  if (weight.kind !== input.kind) {
    throw new DTypeError(op, `the input is ${input.dtype} and ${name} ${weight.dtype}; cast it with to()`, [
      input.dtype,
      weight.dtype,
    ]);
  }
  if (!sameDims(broadcastLayouts(op, input.layout, weight.layout), input.layout)) {
    throw new ShapeError(
      op,
      `${name} ${showShape(weight.shape)} must broadcast to the input ${showShape(input.shape)}`,
      [input.shape, weight.shape],
    );
  }
}

/** A gradient of reduced losses as that of each: spread by broadcasting, and for a mean divided by their number. */
export function gradientOfEach(g: Tensor, reduction: Reduction, size: number): Tensor {
  return reduction === 'mean' ? div(g, size) : g;
}

/**
 * Labels of the input's shape as its dtype: floating ones have that dtype already, whole ones are cast.
 *
 * @throws ShapeError where they would broadcast; DTypeError where the input is not floating, or they are of another float.
 */
export function labelsFor(op: string, input: Tensor, target: Tensor): Tensor {
  checkTensor(op, input);
  checkTensor(op, target);
  const labels = isFloatKind(target.kind) || !isFloatKind(input.kind) ? target : castTo(target, input.kind);
  checkPairOf(op, input, labels);
  return labels;
}

/** A number among the options, from `least` on; Infinity is one, NaN is none. */
export function numberOption(
  op: string,
  name: string,
  value: number | undefined,
  otherwise: number,
  least = Number.NEGATIVE_INFINITY,
): number {
  const given = value ?? otherwise;
  if (typeof given === 'number' && given >= least) return given;
  const range = least === Number.NEGATIVE_INFINITY ? 'a number' : `a number from ${least}`;
  throw new ArgumentError(op, name, given, `${name} is ${range}; got ${describe(given)}`);
}
