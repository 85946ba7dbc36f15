// The convolutional layer for images.

import type { DType } from '../../core/dtype.js';
import { ArgumentError } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { type Conv2dOptions, conv2d } from '../../ops/conv.js';
import { checkPair, type Pair } from '../../ops/convShape.js';
import { initAffine } from '../init.js';
import { Module } from '../module.js';
import { emptyParameter } from '../parameter.js';
import { showPair } from './pooling.js';

export interface Conv2dLayerOptions extends Omit<Conv2dOptions, 'bias'> {
  /** Whether a bias is added. Default true. */
  bias?: boolean;
  /** Default float32. */
  dtype?: DType;
}

const CONV_OPTIONS = optionNames<Conv2dLayerOptions>({
  stride: true,
  padding: true,
  dilation: true,
  groups: true,
  bias: true,
  dtype: true,
});

/**
 * Convolves images (N, inChannels, H, W), or one image without N, with a weight (outChannels, inChannels / groups, KH,
 * KW) and adds a bias (outChannels,), which begin spread evenly over ±1/√(inChannels / groups · KH · KW).
 *
 * @throws ArgumentError where a size or option has no meaning.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.Conv2d(3, 8, 3, { padding: 1, stride: 2 }).forward(ones([1, 3, 6, 6])).shape; // => [1, 8, 3, 3]
 */
export class Conv2d extends Module {
  weight: Tensor;
  bias: Tensor | null;
  readonly kernelSize: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number] | 'same' | 'valid';
  readonly dilation: readonly [number, number];
  readonly groups: number;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Pair,
    options: Conv2dLayerOptions = NO_OPTIONS,
  ) {
    super();
    checkOptions('Conv2d', options, CONV_OPTIONS);
    const groups = options.groups ?? 1;
    checkChannels('inChannels', inChannels, groups);
    checkChannels('outChannels', outChannels, groups);
    this.kernelSize = checkPair('Conv2d', 'kernelSize', kernelSize, 1);
    this.stride = checkPair('Conv2d', 'stride', options.stride ?? 1, 1);
    this.padding = checkPadding(options.padding ?? 0);
    this.dilation = checkPair('Conv2d', 'dilation', options.dilation ?? 1, 1);
    this.groups = groups;
    const dtype = options.dtype ?? 'float32';
    this.weight = emptyParameter('Conv2d', [outChannels, inChannels / groups, ...this.kernelSize], dtype);
    this.bias = (options.bias ?? true) ? emptyParameter('Conv2d', [outChannels], dtype) : null;
    this.resetParameters();
  }

  /** Draws weight and bias anew. */
  resetParameters(): void {
    initAffine(this.weight, this.bias);
  }

  forward(x: Tensor): Tensor {
    const { bias, stride, padding, dilation, groups } = this;
    return conv2d(x, this.weight, { bias, stride, padding, dilation, groups });
  }

  override extraRepr(): string {
    const parts = [
      `${this.inChannels}, ${this.outChannels}`,
      `kernelSize=${showPair(this.kernelSize)}`,
      `stride=${showPair(this.stride)}`,
    ];
    const { padding, dilation, groups } = this;
    if (typeof padding === 'string') parts.push(`padding=${padding}`);
    else if (padding[0] !== 0 || padding[1] !== 0) parts.push(`padding=${showPair(padding)}`);
    if (dilation[0] !== 1 || dilation[1] !== 1) parts.push(`dilation=${showPair(dilation)}`);
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (this.bias === null) parts.push('bias=false');
    return parts.join(', ');
  }
}

function checkChannels(name: string, channels: number, groups: number): void {
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ArgumentError('Conv2d', 'groups', groups, `groups is a whole number from 1; got ${groups}`);
  }
  if (Number.isInteger(channels) && channels >= 1 && channels % groups === 0) return;
  throw new ArgumentError(
    'Conv2d',
    name,
    channels,
    `${name} is a whole number from 1 that groups (${groups}) divides; got ${channels}`,
  );
}

function checkPadding(padding: Pair | 'same' | 'valid'): readonly [number, number] | 'same' | 'valid' {
  return padding === 'same' || padding === 'valid' ? padding : checkPair('Conv2d', 'padding', padding, 0);
}
