// Instance normalisation: of each channel of each sample.

import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import { noGrad } from '../../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { add, mul } from '../../ops/binary.js';
import { checkChannelled, checkOfChannels, normalizeRows } from '../../ops/groupNorm.js';
import { copy_ } from '../../ops/inplace.js';
import { mean } from '../../ops/reduce.js';
import { checkEps } from '../../ops/rowNorm.js';
import { flatten } from '../../ops/shape.js';
import { variance } from '../../ops/spread.js';
import { batchNorm } from './batchNorm.js';

export interface InstanceNormOptions {
  /** (C,), moved towards the statistics of the input, or used instead of them. */
  runningMean?: Tensor | null;
  /** (C,), the same for the variance. */
  runningVar?: Tensor | null;
  /** (C,), multiplied with each normalised channel. */
  weight?: Tensor | null;
  /** (C,), added to each channel. */
  bias?: Tensor | null;
  /** Whether each instance's own statistics are used; otherwise the running ones are. Default true. */
  useInputStats?: boolean;
  /** How far the running statistics move. Default 0.1. */
  momentum?: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

const INSTANCE_NORM_OPTIONS = optionNames<InstanceNormOptions>({
  runningMean: true,
  runningVar: true,
  weight: true,
  bias: true,
  useInputStats: true,
  momentum: true,
  eps: true,
});

/** Moves running statistics towards the means over the samples of those of the instances. */
function moveStatistics(x: Tensor, runningMean: Tensor, runningVar: Tensor, momentum: number): void {
  noGrad(() => {
    const instances = flatten(x, { startDim: 2 });
    const move = (running: Tensor, found: Tensor): void => {
      copy_(running, add(mul(running, 1 - momentum), mul(mean(found, 0), momentum)));
    };
    move(runningMean, mean(instances, 2));
    move(runningVar, variance(instances, 2));
  });
}

/**
 * (x − mean) / √(variance + eps) · weight + bias for x (N, C, …), where mean and variance are those of each channel of
 * each sample (Ulyanov, Vedaldi and Lempitsky 2016). Running statistics, where given, are moved in place towards the
 * means over the samples: mean ← (1 − momentum) · mean + momentum · the mean found, and the same for the variance,
 * estimated with n − 1; without `useInputStats` they take the instances' place.
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.instanceNorm(tensor([[[1, 3], [5, 9]]]), { eps: 0 }).toArray(); // => [[[-1, 1], [-1, 1]]]
 */
export function instanceNorm(x: Tensor, options: InstanceNormOptions = NO_OPTIONS): Tensor {
  checkChannelled('instanceNorm', x);
  checkOptions('instanceNorm', options, INSTANCE_NORM_OPTIONS);
  const { runningMean = null, runningVar = null, weight = null, bias = null } = options;
  const { useInputStats = true, momentum = 0.1, eps = 1e-5 } = options;
  checkEps('instanceNorm', eps);
  if (!(Number.isFinite(momentum) && momentum >= 0)) {
    throw new ArgumentError(
      'instanceNorm',
      'momentum',
      momentum,
      `momentum is a finite number from 0; got ${momentum}`,
    );
  }
  for (const [name, values] of Object.entries({ runningMean, runningVar, weight, bias }))
    checkOfChannels('instanceNorm', x, name, values);
  if ((runningMean === null) !== (runningVar === null)) {
    throw new ArgumentError(
      'instanceNorm',
      'runningVar',
      runningVar,
      'give both runningMean and runningVar, or neither',
    );
  }
  if (!useInputStats) {
    if (runningMean === null) {
      throw new ArgumentError(
        'instanceNorm',
        'runningMean',
        null,
        'without useInputStats the running statistics are needed',
      );
    }
    return batchNorm(x, runningMean, runningVar, { weight, bias, eps });
  }
  const [samples, channels] = x.shape;
  // Of no samples there is nothing to refuse.
  if (x.ndim < 3 || (x.size > 0 && x.size === samples * channels)) {
    throw new ShapeError(
      'instanceNorm',
      `one value a channel has no variance: the input is (N, C, …) with more than one value after C; got ${showShape(x.shape)}`,
      [x.shape],
    );
  }
  if (runningMean !== null && runningVar !== null && x.size > 0)
    moveStatistics(x, runningMean, runningVar, momentum);
  return normalizeRows(x, samples * channels, { weight, bias, eps });
}
