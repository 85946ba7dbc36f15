// Batch normalisation over all dimensions but the channels'.

import { ArgumentError, DTypeError, describe, ShapeError, showShape } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { checkFloating, checkTensor } from '../../ops/apply.js';
import { normalizeBatch } from '../../ops/batchNorm.js';

export interface BatchNormOptions {
  /** (C,), multiplied with each normalised channel. */
  weight?: Tensor | null;
  /** (C,), added to each channel. */
  bias?: Tensor | null;
  /** Whether the batch's own statistics are used, and the running ones moved towards them. Default false. */
  training?: boolean;
  /** How far the running statistics move towards the batch's. Default 0.1. */
  momentum?: number;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

const BATCH_NORM_OPTIONS = optionNames<BatchNormOptions>({
  weight: true,
  bias: true,
  training: true,
  momentum: true,
  eps: true,
});

/**
 * (x − mean) / √(variance + eps) · weight + bias for each channel of x (N, C, …). In training the mean and variance
 * are the batch's, over all dimensions but C, and the running ones (C,), where given, are moved in place: mean ←
 * (1 − momentum) · mean + momentum · the batch's, and the same for the variance, estimated with n − 1. Otherwise they
 * are the running ones (Ioffe and Szegedy 2015).
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const x = tensor([[-1], [1]]);
 * nn.functional.batchNorm(x, null, null, { training: true, eps: 0 }).toArray(); // => [[-1], [1]]
 */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options: BatchNormOptions = NO_OPTIONS,
): Tensor {
  checkTensor('batchNorm', x);
  checkOptions('batchNorm', options, BATCH_NORM_OPTIONS);
  checkFloating('batchNorm', x);
  if (x.ndim < 2)
    throw new ShapeError('batchNorm', `the input is (N, C, …); got ${showShape(x.shape)}`, [x.shape]);
  const { weight = null, bias = null, training = false, momentum = 0.1, eps = 1e-5 } = options;
  checkNumber('momentum', momentum);
  checkNumber('eps', eps);
  if ((runningMean === null) !== (runningVar === null)) {
    throw new ArgumentError(
      'batchNorm',
      'runningVar',
      runningVar,
      'give both runningMean and runningVar, or neither',
    );
  }
  checkChannels(x, 'runningMean', runningMean);
  checkChannels(x, 'runningVar', runningVar);
  checkChannels(x, 'weight', weight);
  checkChannels(x, 'bias', bias);
  if (typeof training !== 'boolean') {
    throw new ArgumentError(
      'batchNorm',
      'training',
      training,
      `training is true or false; got ${describe(training)}`,
    );
  }
  if (!training && runningMean === null) {
    throw new ArgumentError(
      'batchNorm',
      'runningMean',
      null,
      'outside training the running statistics are needed',
    );
  }
  if (training && x.size > 0 && x.size === x.shape[1]) {
    throw new ShapeError(
      'batchNorm',
      `one value a channel has no variance to train on: ${showShape(x.shape)}; use a larger batch or eval()`,
      [x.shape],
    );
  }
  return normalizeBatch(x, weight, bias, { runningMean, runningVar, training, momentum, eps });
}

function checkNumber(name: string, value: number): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new ArgumentError('batchNorm', name, value, `${name} is a finite number from 0; got ${value}`);
}

function checkChannels(x: Tensor, name: string, values: Tensor | null): void {
  if (values === null) return;
  checkTensor('batchNorm', values);
  if (values.ndim !== 1 || values.shape[0] !== x.shape[1]) {
    throw new ShapeError(
      'batchNorm',
      `the input ${showShape(x.shape)} has ${x.shape[1]} channels, so ${name} is (${x.shape[1]},); got ${showShape(values.shape)}`,
      [x.shape, values.shape],
    );
  }
  if (values.kind !== x.kind) {
    throw new DTypeError(
      'batchNorm',
      `the input is ${x.dtype} and ${name} ${values.dtype}; cast one of them with to()`,
      [x.dtype, values.dtype],
    );
  }
}
