// Batch normalisation as layers, with running statistics.

import type { DType } from '../../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import { noGrad } from '../../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { add_ } from '../../ops/binary.js';
import { ones, zeros } from '../../ops/create.js';
import { item } from '../../ops/read.js';
import { batchNorm } from '../functional/batchNorm.js';
import { ones_, zeros_ } from '../init.js';
import { Module } from '../module.js';
import { buffer, emptyParameter } from '../parameter.js';

export interface BatchNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** How far the running statistics move with each batch; null for their mean over all batches. Default 0.1. */
  momentum?: number | null;
  /** Whether there is a weight and a bias to train. Default true. */
  affine?: boolean;
  /** Whether running statistics are kept; without them evaluation too uses the batch's. Default true. */
  trackRunningStats?: boolean;
  /** Default float32. */
  dtype?: DType;
}

/** @internal */
export const LAYER_OPTIONS = optionNames<BatchNormLayerOptions>({
  eps: true,
  momentum: true,
  affine: true,
  trackRunningStats: true,
  dtype: true,
});

// The names that buffers have in PyTorch's state dicts, so that its weights load.
const STATE_NAMES: Readonly<Record<string, string>> = {
  runningMean: 'running_mean',
  runningVar: 'running_var',
  numBatchesTracked: 'num_batches_tracked',
};

/** What the layers share; they differ in the shapes that they take. */
export abstract class BatchNorm extends Module {
  readonly eps: number;
  readonly momentum: number | null;
  weight: Tensor | null;
  bias: Tensor | null;
  runningMean: Tensor | null;
  runningVar: Tensor | null;
  numBatchesTracked: Tensor | null;

  constructor(
    readonly numFeatures: number,
    options: BatchNormLayerOptions = NO_OPTIONS,
  ) {
    super();
    const op = this.constructor.name;
    checkOptions(op, options, LAYER_OPTIONS);
    if (!Number.isInteger(numFeatures) || numFeatures < 1) {
      throw new ArgumentError(
        op,
        'numFeatures',
        numFeatures,
        `numFeatures is a whole number from 1; got ${numFeatures}`,
      );
    }
    const {
      eps = 1e-5,
      momentum = 0.1,
      affine = true,
      trackRunningStats = true,
      dtype = 'float32',
    } = options;
    if (!Number.isFinite(eps) || eps < 0)
      throw new ArgumentError(op, 'eps', eps, `eps is a finite number from 0; got ${eps}`);
    if (momentum !== null && !(momentum >= 0 && momentum <= 1)) {
      throw new ArgumentError(
        op,
        'momentum',
        momentum,
        `momentum lies in [0, 1], or is null; got ${momentum}`,
      );
    }
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? ones_(emptyParameter(op, [numFeatures], dtype)) : null;
    this.bias = affine ? zeros_(emptyParameter(op, [numFeatures], dtype)) : null;
    this.runningMean = trackRunningStats ? buffer(zeros([numFeatures], { dtype })) : null;
    this.runningVar = trackRunningStats ? buffer(ones([numFeatures], { dtype })) : null;
    this.numBatchesTracked = trackRunningStats ? buffer(zeros([], { dtype: 'int32' })) : null;
  }

  protected abstract checkInput(x: Tensor): void;

  forward(x: Tensor): Tensor {
    this.checkInput(x);
    const training = this.training || this.runningMean === null;
    return batchNorm(x, this.runningMean, this.runningVar, {
      weight: this.weight,
      bias: this.bias,
      training,
      momentum: this.training ? this.countBatch() : 0,
      eps: this.eps,
    });
  }

  /** Counts a batch of training; answers how far the running statistics move towards it. */
  private countBatch(): number {
    const counter = this.numBatchesTracked;
    if (counter === null) return 0;
    noGrad(() => add_(counter, 1));
    return this.momentum ?? 1 / item(counter);
  }

  protected override *members(): Generator<[name: string, value: unknown]> {
    for (const [name, value] of super.members()) yield [STATE_NAMES[name] ?? name, value];
  }

  override extraRepr(): string {
    return (
      `${this.numFeatures}, eps=${this.eps}, momentum=${this.momentum}, affine=${this.weight !== null}, ` +
      `trackRunningStats=${this.runningMean !== null}`
    );
  }
}

/**
 * Normalises the features of x (N, C) or (N, C, L) over the batch (and L), then scales and shifts each by a trained
 * weight and bias. Evaluation uses running statistics (Ioffe and Szegedy 2015).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.BatchNorm1d(1, { eps: 0 }).forward(tensor([[3], [5]])).toArray(); // => [[-1], [1]]
 */
export class BatchNorm1d extends BatchNorm {
  protected checkInput(x: Tensor): void {
    if (x.ndim === 2 || x.ndim === 3) return;
    throw new ShapeError('BatchNorm1d', `the input is (N, C) or (N, C, L); got ${showShape(x.shape)}`, [
      x.shape,
    ]);
  }
}

/**
 * Normalises the channels of images (N, C, H, W) over N, H and W, then scales and shifts each by a trained weight and
 * bias. Evaluation uses running statistics (Ioffe and Szegedy 2015).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.BatchNorm2d(1, { eps: 0 }).forward(tensor([[[[3, 5]]]])).toArray(); // => [[[[-1, 1]]]]
 */
export class BatchNorm2d extends BatchNorm {
  protected checkInput(x: Tensor): void {
    if (x.ndim === 4) return;
    throw new ShapeError('BatchNorm2d', `the input is (N, C, H, W); got ${showShape(x.shape)}`, [x.shape]);
  }
}

/**
 * Normalises the channels of volumes (N, C, D, H, W) over N, D, H and W, then scales and shifts each by a trained weight
 * and bias. Evaluation uses running statistics (Ioffe and Szegedy 2015).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.BatchNorm3d(1, { eps: 0 }).forward(tensor([[[[[3]], [[5]]]]])).toArray(); // => [[[[[-1]], [[1]]]]]
 */
export class BatchNorm3d extends BatchNorm {
  protected checkInput(x: Tensor): void {
    if (x.ndim === 5) return;
    throw new ShapeError('BatchNorm3d', `the input is (N, C, D, H, W); got ${showShape(x.shape)}`, [x.shape]);
  }
}
