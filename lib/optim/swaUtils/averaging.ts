// Rules by which averages of weights follow the weights: exponentially forgetting, or all alike.

import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import { finishInPlace, noGrad } from '../../core/graph.js';
import { sameDims } from '../../core/layout.js';
import { scope } from '../../core/scope.js';
import type { Tensor } from '../../core/tensor.js';
import { castTo, checkFloating, checkTensor } from '../../ops/apply.js';
import { add, div, mul, sub } from '../../ops/binary.js';
import { copy_ } from '../../ops/inplace.js';
import { averageStep, StepList } from '../../ops/optimizer.js';
import { contiguous } from '../../ops/shape.js';
import { share as shareCheck } from '../options.js';

/** The next average of one tensor, from the average so far, the tensor now, and how many were averaged before. */
export type AvgFn = (averaged: Tensor, current: Tensor, numAveraged: number) => Tensor;

/** The same for lists of tensors of one dtype, written over the averages. */
export type MultiAvgFn = (
  averaged: readonly Tensor[],
  current: readonly Tensor[],
  numAveraged: number,
) => void;

function checkLists(op: string, averaged: readonly Tensor[], current: readonly Tensor[]): void {
  if (averaged.length !== current.length) {
    throw new ArgumentError(
      op,
      'current',
      current,
      `there are ${averaged.length} averages and ${current.length} tensors; each has one`,
    );
  }
  averaged.forEach((one, i) => {
    checkTensor(op, one);
    checkTensor(op, current[i]);
    checkFloating(op, one);
    if (!one.isContiguous)
      throw new ArgumentError(op, 'averaged', one, 'an average is a view out of order; use clone()');
    if (!sameDims(one.layout, current[i].layout)) {
      throw new ShapeError(
        op,
        `an average has shape ${showShape(one.shape)} and its tensor ${showShape(current[i].shape)}`,
        [one.shape, current[i].shape],
      );
    }
  });
}

/** Moves averages by a share of the way to the tensors, in one kernel call for each dtype. */
function follow(op: string, averaged: readonly Tensor[], current: readonly Tensor[], share: number): void {
  checkLists(op, averaged, current);
  scope(() =>
    noGrad(() => {
      for (const kind of new Set(averaged.map((one) => one.kind))) {
        const rows = averaged.flatMap((one, i) =>
          one.kind === kind ? [[one, contiguous(castTo(current[i], kind))]] : [],
        );
        const list = new StepList(rows);
        averageStep(list, share);
        list.encoded.dispose();
      }
      averaged.forEach(finishInPlace);
    }),
  );
}

/**
 * The exponential moving average as a rule for lists: a ← decay · a + (1 − decay) · w (Polyak and Juditsky 1992).
 *
 * @throws ArgumentError where decay is not a number from 0 to 1.
 * @example
 * import { optim, tensor } from 'quern';
 * const average = tensor([0]);
 * optim.swaUtils.getEmaMultiAvgFn(0.75)([average], [tensor([4])], 1);
 * average.toArray(); // => [1]
 */
export function getEmaMultiAvgFn(decay = 0.999): MultiAvgFn {
  const op = 'getEmaMultiAvgFn';
  const share = 1 - shareCheck(op, 'decay', decay);
  return (averaged, current) => follow(op, averaged, current, share);
}

/**
 * The mean of all as a rule for lists: a ← a + (w − a) / (n + 1), n of them having been averaged (Izmailov et al. 2018).
 *
 * @example
 * import { optim, tensor } from 'quern';
 * const average = tensor([1]);
 * optim.swaUtils.getSwaMultiAvgFn()([average], [tensor([4])], 2);
 * average.toArray(); // => [2]
 */
export function getSwaMultiAvgFn(): MultiAvgFn {
  return (averaged, current, numAveraged) =>
    follow('getSwaMultiAvgFn', averaged, current, 1 / (numAveraged + 1));
}

/**
 * The exponential moving average as a rule for one tensor: decay · a + (1 − decay) · w (Polyak and Juditsky 1992).
 *
 * @throws ArgumentError where decay is not a number from 0 to 1.
 * @example
 * import { optim, tensor } from 'quern';
 * optim.swaUtils.getEmaAvgFn(0.75)(tensor([0]), tensor([4]), 1).toArray(); // => [1]
 */
export function getEmaAvgFn(decay = 0.999): AvgFn {
  shareCheck('getEmaAvgFn', 'decay', decay);
  return (averaged, current) => add(mul(averaged, decay), mul(current, 1 - decay));
}

/**
 * The mean of all as a rule for one tensor: a + (w − a) / (n + 1), n of them having been averaged (Izmailov et al. 2018).
 *
 * @example
 * import { optim, tensor } from 'quern';
 * optim.swaUtils.getSwaAvgFn()(tensor([1]), tensor([4]), 2).toArray(); // => [2]
 */
export function getSwaAvgFn(): AvgFn {
  return (averaged, current, numAveraged) => add(averaged, div(sub(current, averaged), numAveraged + 1));
}

/** A rule for one tensor as one for lists. */
export function eachBy(avgFn: AvgFn): MultiAvgFn {
  return (averaged, current, numAveraged) =>
    scope(() =>
      noGrad(() => {
        averaged.forEach((one, i) => {
          copy_(one, avgFn(one, current[i], numAveraged));
        });
      }),
    );
}
