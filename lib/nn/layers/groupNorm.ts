// Normalisation of each sample by itself: of groups of channels, or of each channel.

import type { DType } from '../../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { type Axes, inputForm } from '../../ops/convShape.js';
import { groupNorm } from '../../ops/groupNorm.js';
import { checkEps } from '../../ops/rowNorm.js';
import { reshape } from '../../ops/shape.js';
import { instanceNorm } from '../functional/instanceNorm.js';
import { ones_, zeros_ } from '../init.js';
import { Module } from '../module.js';
import { emptyParameter } from '../parameter.js';
import { BatchNorm, type BatchNormLayerOptions, LAYER_OPTIONS } from './batchNorm.js';

export interface GroupNormLayerOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Whether there is a weight and a bias to train. Default true. */
  affine?: boolean;
  /** Default float32. */
  dtype?: DType;
}

const GROUP_OPTIONS = optionNames<GroupNormLayerOptions>({ eps: true, affine: true, dtype: true });

/**
 * Normalises groups of the channels of x (N, numChannels, …), each sample by itself, then scales and shifts each channel
 * by a trained weight and bias (Wu and He 2018).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.GroupNorm(2, 4, { eps: 0 }).forward(tensor([[1, 3, 5, 9]])).toArray(); // => [[-1, 1, -1, 1]]
 */
export class GroupNorm extends Module {
  readonly eps: number;
  weight: Tensor | null;
  bias: Tensor | null;

  constructor(
    readonly numGroups: number,
    readonly numChannels: number,
    options: GroupNormLayerOptions = NO_OPTIONS,
  ) {
    super();
    checkOptions('GroupNorm', options, GROUP_OPTIONS);
    if (!Number.isInteger(numChannels) || numChannels < 1) {
      throw new ArgumentError(
        'GroupNorm',
        'numChannels',
        numChannels,
        `numChannels is a whole number from 1; got ${String(numChannels)}`,
      );
    }
    if (!Number.isInteger(numGroups) || numGroups < 1 || numChannels % numGroups !== 0) {
      throw new ArgumentError(
        'GroupNorm',
        'numGroups',
        numGroups,
        `numGroups is a whole number that divides the ${numChannels} channels; got ${String(numGroups)}`,
      );
    }
    const { eps = 1e-5, affine = true, dtype = 'float32' } = options;
    checkEps('GroupNorm', eps);
    this.eps = eps;
    this.weight = affine ? ones_(emptyParameter('GroupNorm', [numChannels], dtype)) : null;
    this.bias = affine ? zeros_(emptyParameter('GroupNorm', [numChannels], dtype)) : null;
  }

  forward(x: Tensor): Tensor {
    const { bias, eps, numChannels, numGroups, weight } = this;
    if (x.shape[1] !== numChannels) {
      throw new ShapeError('GroupNorm', `the input is (N, ${numChannels}, …); got ${showShape(x.shape)}`, [
        x.shape,
      ]);
    }
    return groupNorm(x, numGroups, { weight, bias, eps });
  }

  override extraRepr(): string {
    return `${this.numGroups}, ${this.numChannels}, eps=${this.eps}, affine=${this.weight !== null}`;
  }
}

export interface InstanceNormLayerOptions
  extends Omit<BatchNormLayerOptions, 'affine' | 'trackRunningStats'> {
  /** Whether there is a weight and a bias to train. Default false. */
  affine?: boolean;
  /** Whether running statistics are kept, which evaluation uses. Default false. */
  trackRunningStats?: boolean;
}

/** What batch normalisation takes, with the other defaults. */
function layerOptions(name: string, options: InstanceNormLayerOptions): BatchNormLayerOptions {
  checkOptions(name, options, LAYER_OPTIONS);
  const { affine = false, trackRunningStats = false } = options;
  return { ...options, affine, trackRunningStats };
}

abstract class InstanceNorm extends BatchNorm {
  constructor(
    name: string,
    private readonly axes: Axes,
    numFeatures: number,
    options: InstanceNormLayerOptions,
  ) {
    super(numFeatures, layerOptions(name, options));
  }

  protected checkInput(x: Tensor): void {
    const { axes, numFeatures } = this;
    const single = x.ndim === axes + 1;
    if ((single || x.ndim === axes + 2) && x.shape[single ? 0 : 1] === numFeatures) return;
    const form = inputForm(axes).replace('C', String(numFeatures));
    throw new ShapeError(
      this.constructor.name,
      `the input is ${form} or ${form.replace('N, ', '')}; got ${showShape(x.shape)}`,
      [x.shape],
    );
  }

  override forward(x: Tensor): Tensor {
    this.checkInput(x);
    if (x.ndim === this.axes + 1) {
      const out = this.forward(reshape(x, [1, ...x.shape]));
      return reshape(out, x.shape);
    }
    const { bias, eps, momentum, runningMean, runningVar, training, weight } = this;
    return instanceNorm(x, {
      runningMean,
      runningVar,
      weight,
      bias,
      eps,
      useInputStats: training || runningMean === null,
      momentum: momentum ?? 0,
    });
  }
}

/**
 * Normalises each channel of each of the signals (N, C, L), or of one without N (Ulyanov, Vedaldi and Lempitsky 2016).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.InstanceNorm1d(2, { eps: 0 }).forward(tensor([[[1, 3], [5, 9]]])).toArray(); // => [[[-1, 1], [-1, 1]]]
 */
export class InstanceNorm1d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormLayerOptions = NO_OPTIONS) {
    super('InstanceNorm1d', 1, numFeatures, options);
  }
}

/**
 * Normalises each channel of each of the images (N, C, H, W), or of one without N (Ulyanov, Vedaldi and Lempitsky 2016).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.InstanceNorm2d(1, { eps: 0 }).forward(tensor([[[[3, 5]]]])).toArray(); // => [[[[-1, 1]]]]
 */
export class InstanceNorm2d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormLayerOptions = NO_OPTIONS) {
    super('InstanceNorm2d', 2, numFeatures, options);
  }
}

/**
 * Normalises each channel of each of the volumes (N, C, D, H, W), or of one without N (Ulyanov, Vedaldi and Lempitsky
 * 2016).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.InstanceNorm3d(1, { eps: 0 }).forward(tensor([[[[[3]], [[5]]]]])).toArray(); // => [[[[[-1]], [[1]]]]]
 */
export class InstanceNorm3d extends InstanceNorm {
  constructor(numFeatures: number, options: InstanceNormLayerOptions = NO_OPTIONS) {
    super('InstanceNorm3d', 3, numFeatures, options);
  }
}
