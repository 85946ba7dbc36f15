// Initialisation: values written over tensors in place, unrecorded, parameters included.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { finishInPlace, noGrad } from '../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor, copyValues } from '../ops/apply.js';
import { fill_ } from '../ops/inplace.js';
import { fillNormal, fillUniform } from '../ops/random.js';
import { checkFillable } from './initHost.js';

/** The functions whose gain is known. */
export type Nonlinearity =
  | 'linear'
  | `conv${1 | 2 | 3}d`
  | `convTranspose${1 | 2 | 3}d`
  | 'sigmoid'
  | 'tanh'
  | 'relu'
  | 'leakyRelu'
  | 'selu';

/** Random values over a floating tensor; kernels draw into contiguous ones. */
function draw(op: string, x: Tensor, fill: (target: Tensor) => void): Tensor {
  checkFillable(op, x);
  if (x.isContiguous) {
    fill(x);
  } else {
    const dense = makeTensor(x.layout.dense, x.kind);
    fill(dense);
    copyValues(x, dense);
    dense.dispose();
  }
  finishInPlace(x);
  return x;
}

interface UniformOptions {
  /** The lower bound. Default 0. */
  a?: number;
  /** The upper bound. Default 1. */
  b?: number;
}

const UNIFORM_OPTIONS = optionNames<UniformOptions>({ a: true, b: true });

/**
 * Numbers spread evenly over [a, b), written over x.
 *
 * @throws ArgumentError where the bounds are not finite or a > b; DTypeError on integers.
 * @example
 * import { nn, zeros } from 'quern';
 * nn.init.uniform_(zeros([100]), { a: 2, b: 3 }).amin().item() >= 2; // => true
 */
export function uniform_(x: Tensor, options: UniformOptions = NO_OPTIONS): Tensor {
  checkOptions('uniform_', options, UNIFORM_OPTIONS);
  return draw('uniform_', x, (target) => fillUniform(target, options.a ?? 0, options.b ?? 1));
}

interface NormalOptions {
  /** Default 0. */
  mean?: number;
  /** Default 1. */
  std?: number;
}

const NORMAL_OPTIONS = optionNames<NormalOptions>({ mean: true, std: true });

/**
 * Normal numbers with a mean and a standard deviation, written over x.
 *
 * @throws ArgumentError where they are not finite or std < 0; DTypeError on integers.
 * @example
 * import { nn, zeros } from 'quern';
 * nn.init.normal_(zeros([2]), { mean: 3, std: 0 }).toArray(); // => [3, 3]
 */
export function normal_(x: Tensor, options: NormalOptions = NO_OPTIONS): Tensor {
  checkOptions('normal_', options, NORMAL_OPTIONS);
  return draw('normal_', x, (target) => fillNormal(target, options.mean ?? 0, options.std ?? 1));
}

/**
 * One number, written over every element of x.
 *
 * @example
 * import { nn, zeros } from 'quern';
 * nn.init.constant_(zeros([2]), 0.5).toArray(); // => [0.5, 0.5]
 */
export function constant_(x: Tensor, value: number): Tensor {
  return noGrad(() => fill_(x, value));
}

/**
 * 0, written over every element of x.
 *
 * @example
 * import { nn, ones } from 'quern';
 * nn.init.zeros_(ones([2])).toArray(); // => [0, 0]
 */
export function zeros_(x: Tensor): Tensor {
  return constant_(x, 0);
}

/**
 * 1, written over every element of x.
 *
 * @example
 * import { nn, zeros } from 'quern';
 * nn.init.ones_(zeros([2])).toArray(); // => [1, 1]
 */
export function ones_(x: Tensor): Tensor {
  return constant_(x, 1);
}

interface GainOptions {
  /** The slope of a leaky rectifier below 0. Default 0.01. */
  param?: number;
}

const GAIN_OPTIONS = optionNames<GainOptions>({ param: true });

/**
 * The factor by which weights grow so that a nonlinearity keeps the variance of what passes: 1 for 'linear',
 * convolutions and 'sigmoid', 5/3 for 'tanh', √2 for 'relu', √(2 / (1 + slope²)) for 'leakyRelu' with the slope as
 * `param` (default 0.01), 3/4 for 'selu'.
 *
 * @throws ArgumentError where the nonlinearity is unknown or the slope not finite.
 * @example
 * import { nn } from 'quern';
 * nn.init.calculateGain('leakyRelu', { param: 1 }); // => 1
 */
export function calculateGain(nonlinearity: Nonlinearity, options: GainOptions = NO_OPTIONS): number {
  checkOptions('calculateGain', options, GAIN_OPTIONS);
  switch (nonlinearity) {
    case 'linear':
    case 'conv1d':
    case 'conv2d':
    case 'conv3d':
    case 'convTranspose1d':
    case 'convTranspose2d':
    case 'convTranspose3d':
    case 'sigmoid':
      return 1;
    case 'tanh':
      return 5 / 3;
    case 'relu':
      return Math.SQRT2;
    case 'leakyRelu': {
      const slope = options.param ?? 0.01;
      if (!Number.isFinite(slope)) {
        throw new ArgumentError(
          'calculateGain',
          'param',
          slope,
          `the slope is a finite number; got ${slope}`,
        );
      }
      return Math.sqrt(2 / (1 + slope * slope));
    }
    case 'selu':
      return 3 / 4;
    default:
      throw new ArgumentError(
        'calculateGain',
        'nonlinearity',
        nonlinearity,
        `there is no gain for '${String(nonlinearity)}'; there are linear, conv1d to conv3d, convTranspose1d to convTranspose3d, sigmoid, tanh, relu, leakyRelu and selu`,
      );
  }
}

/** How many inputs feed one output of a weight (out, in, …), and the reverse. @internal */
export function fans(op: string, weight: Tensor): { fanIn: number; fanOut: number } {
  checkTensor(op, weight);
  if (weight.ndim < 2) {
    throw new ShapeError(
      op,
      `a weight has at least two dimensions, (out, in, …); got ${showShape(weight.shape)}`,
      [weight.shape],
    );
  }
  const field = weight.shape.slice(2).reduce((product, dim) => product * dim, 1);
  return { fanIn: weight.shape[1] * field, fanOut: weight.shape[0] * field };
}

export interface KaimingOptions {
  /** The slope of a leaky rectifier below 0. Default 0. */
  a?: number;
  /** Whether the variance is kept on the way forward ('fanIn', the default) or back ('fanOut'). */
  mode?: 'fanIn' | 'fanOut';
  /** Default 'leakyRelu'. */
  nonlinearity?: Nonlinearity;
}

const KAIMING_OPTIONS = optionNames<KaimingOptions>({ a: true, mode: true, nonlinearity: true });

/** gain / √fan; 0 where there is no fan, for there is nothing to fill then. */
function kaimingStd(op: string, weight: Tensor, options: KaimingOptions): number {
  checkOptions(op, options, KAIMING_OPTIONS);
  const mode = options.mode ?? 'fanIn';
  if (mode !== 'fanIn' && mode !== 'fanOut') {
    throw new ArgumentError(op, 'mode', mode, `mode is 'fanIn' or 'fanOut'; got ${String(mode)}`);
  }
  const fan = fans(op, weight)[mode];
  const gain = calculateGain(options.nonlinearity ?? 'leakyRelu', { param: options.a ?? 0 });
  return fan === 0 ? 0 : gain / Math.sqrt(fan);
}

/**
 * Numbers spread evenly over (−√3·s, √3·s) with s = gain / √fan, written over a weight (He et al. 2015).
 *
 * @throws ShapeError below two dimensions; ArgumentError where an option has no meaning.
 * @example
 * import { nn, zeros } from 'quern';
 * nn.init.kaimingUniform_(zeros([8, 6]), { nonlinearity: 'relu' }).abs().amax().item() <= 1; // => true
 */
export function kaimingUniform_(weight: Tensor, options: KaimingOptions = NO_OPTIONS): Tensor {
  const bound = Math.sqrt(3) * kaimingStd('kaimingUniform_', weight, options);
  return draw('kaimingUniform_', weight, (target) => fillUniform(target, -bound, bound));
}

/**
 * Normal numbers with standard deviation gain / √fan, written over a weight (He et al. 2015).
 *
 * @throws ShapeError below two dimensions; ArgumentError where an option has no meaning.
 * @example
 * import { nn, zeros } from 'quern';
 * nn.init.kaimingNormal_(zeros([8, 6]), { mode: 'fanOut' }).shape; // => [8, 6]
 */
export function kaimingNormal_(weight: Tensor, options: KaimingOptions = NO_OPTIONS): Tensor {
  const std = kaimingStd('kaimingNormal_', weight, options);
  return draw('kaimingNormal_', weight, (target) => fillNormal(target, 0, std));
}

interface XavierOptions {
  /** The factor that {@link calculateGain} gives. Default 1. */
  gain?: number;
}

const XAVIER_OPTIONS = optionNames<XavierOptions>({ gain: true });

function xavierStd(op: string, weight: Tensor, options: XavierOptions): number {
  checkOptions(op, options, XAVIER_OPTIONS);
  const gain = options.gain ?? 1;
  if (!Number.isFinite(gain))
    throw new ArgumentError(op, 'gain', gain, `gain is a finite number; got ${gain}`);
  const { fanIn, fanOut } = fans(op, weight);
  return fanIn + fanOut === 0 ? 0 : gain * Math.sqrt(2 / (fanIn + fanOut));
}

/**
 * Numbers spread evenly over (−√3·s, √3·s) with s = gain · √(2 / (fanIn + fanOut)), written over a weight
 * (Glorot and Bengio 2010).
 *
 * @throws ShapeError below two dimensions; ArgumentError where the gain is not finite.
 * @example
 * import { nn, zeros } from 'quern';
 * nn.init.xavierUniform_(zeros([3, 3])).abs().amax().item() <= 1; // => true
 */
export function xavierUniform_(weight: Tensor, options: XavierOptions = NO_OPTIONS): Tensor {
  const bound = Math.abs(Math.sqrt(3) * xavierStd('xavierUniform_', weight, options));
  return draw('xavierUniform_', weight, (target) => fillUniform(target, -bound, bound));
}

/**
 * Normal numbers with standard deviation gain · √(2 / (fanIn + fanOut)), written over a weight (Glorot and Bengio
 * 2010).
 *
 * @throws ShapeError below two dimensions; ArgumentError where the gain is not finite.
 * @example
 * import { nn, zeros } from 'quern';
 * nn.init.xavierNormal_(zeros([3, 3])).shape; // => [3, 3]
 */
export function xavierNormal_(weight: Tensor, options: XavierOptions = NO_OPTIONS): Tensor {
  const std = Math.abs(xavierStd('xavierNormal_', weight, options));
  return draw('xavierNormal_', weight, (target) => fillNormal(target, 0, std));
}

/**
 * PyTorch's default for linear and convolutional layers: weight and bias both spread evenly over ±1/√fanIn, which for
 * the weight is kaimingUniform_ with a = √5. @internal
 */
export function initAffine(weight: Tensor, bias: Tensor | null): void {
  kaimingUniform_(weight, { a: Math.sqrt(5) });
  if (bias === null) return;
  const { fanIn } = fans('initAffine', weight);
  const bound = fanIn === 0 ? 0 : 1 / Math.sqrt(fanIn);
  uniform_(bias, { a: -bound, b: bound });
}

export { orthogonal_ } from './initOrthogonal.js';
export { dirac_, eye_, sparse_ } from './initPatterns.js';
export { truncNormal_ } from './initTruncated.js';
