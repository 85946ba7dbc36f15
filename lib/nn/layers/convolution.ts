// What the convolutional layers share, transposed or not: sizes, weight and bias.

import type { DType } from '../../core/dtype.js';
import { ArgumentError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { type Axes, checkSizes, type Sizes } from '../../ops/convShape.js';
import { initAffine } from '../init.js';
import { Module } from '../module.js';
import { emptyParameter } from '../parameter.js';

/** What a layer adds to its function's options; its bias is its own. */
export interface AffineOptions {
  /** Whether a bias is added. Default true. */
  bias?: boolean;
  /** Default float32. */
  dtype?: DType;
}

interface CommonOptions extends AffineOptions {
  stride?: Sizes;
  dilation?: Sizes;
  groups?: number;
}

/** Sizes as layers print them: 2, or (2, 3). */
export function showSizes(sizes: Sizes): string {
  if (typeof sizes === 'number') return String(sizes);
  return sizes.every((size) => size === sizes[0]) ? String(sizes[0]) : `(${sizes.join(', ')})`;
}

/** `Numbers` is a list of as many numbers as there are axes. */
export abstract class Convolution<Numbers extends readonly number[]> extends Module {
  weight: Tensor;
  bias: Tensor | null;
  readonly kernelSize: Numbers;
  readonly stride: Numbers;
  readonly dilation: Numbers;
  readonly groups: number;

  constructor(
    name: string,
    axes: Axes,
    transposed: boolean,
    readonly inChannels: number,
    readonly outChannels: number,
    kernelSize: Sizes,
    options: CommonOptions,
  ) {
    super();
    const groups = options.groups ?? 1;
    checkChannels(name, 'inChannels', inChannels, groups);
    checkChannels(name, 'outChannels', outChannels, groups);
    const sizes = (option: string, value: Sizes): Numbers =>
      [...checkSizes(name, option, value, 1, axes)] as unknown as Numbers;
    this.kernelSize = sizes('kernelSize', kernelSize);
    this.stride = sizes('stride', options.stride ?? 1);
    this.dilation = sizes('dilation', options.dilation ?? 1);
    this.groups = groups;
    const dtype = options.dtype ?? 'float32';
    const [first, second] = transposed ? [inChannels, outChannels] : [outChannels, inChannels];
    this.weight = emptyParameter(name, [first, second / groups, ...this.kernelSize], dtype);
    this.bias = (options.bias ?? true) ? emptyParameter(name, [outChannels], dtype) : null;
    this.resetParameters();
  }

  /** Draws weight and bias anew. */
  resetParameters(): void {
    initAffine(this.weight, this.bias);
  }

  /** What is printed between stride and dilation. */
  protected abstract showPadding(): string[];

  /** What is printed between dilation and groups. */
  protected showOutputPadding(): string[] {
    return [];
  }

  override extraRepr(): string {
    const { kernelSize, stride, dilation, groups } = this;
    const parts = [
      `${this.inChannels}, ${this.outChannels}`,
      `kernelSize=${showSizes(kernelSize)}`,
      `stride=${showSizes(stride)}`,
      ...this.showPadding(),
    ];
    if (dilation.some((size) => size !== 1)) parts.push(`dilation=${showSizes(dilation)}`);
    parts.push(...this.showOutputPadding());
    if (groups !== 1) parts.push(`groups=${groups}`);
    if (this.bias === null) parts.push('bias=false');
    return parts.join(', ');
  }
}

/** An option of sizes from 0, for layers to print where it is not 0. */
export function showUnlessZero(name: string, sizes: readonly number[]): string[] {
  return sizes.some((size) => size !== 0) ? [`${name}=${showSizes(sizes)}`] : [];
}

function checkChannels(op: string, name: string, channels: number, groups: number): void {
  if (!Number.isInteger(groups) || groups < 1) {
    throw new ArgumentError(op, 'groups', groups, `groups is a whole number from 1; got ${groups}`);
  }
  if (Number.isInteger(channels) && channels >= 1 && channels % groups === 0) return;
  throw new ArgumentError(
    op,
    name,
    channels,
    `${name} is a whole number from 1 that groups (${groups}) divides; got ${channels}`,
  );
}
