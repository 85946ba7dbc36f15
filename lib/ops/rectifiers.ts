// Activations made of pieces, elementwise, and the kernels of their gradients.

import { type KernelName, kernel } from '../backend/kernels.js';
import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { A, B, type Rule } from '../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import {
  applyBinary,
  applyBinaryWith,
  applyUnary,
  applyUnaryWith,
  type Binary,
  checkTensor,
  Domain,
  type Parameters,
  rule,
  type Unary,
} from './apply.js';
import { minimum, mul } from './binary.js';
import { gt, le } from './compare.js';
import { reshape } from './shape.js';
import { exp } from './unary.js';
import { where } from './where.js';

function define(name: string, kernelName: KernelName, gradients: Rule): Unary {
  const domain = kernelName === 'clamp' || kernelName === 'threshold' ? Domain.Numeric : Domain.Floats;
  return { name, kernel: kernel[kernelName], domain, predicate: false, rule: gradients };
}

const parameters = (saved: unknown): Parameters => saved as Parameters;

/** Gradients that pass between two bounds alone, times a factor. */
const gated = (name: string, bounds: (saved: unknown) => Parameters): Rule =>
  rule(name, { a: [A, (n, g) => gateGrad(g, n.a as Tensor, bounds(n.saved))] });

const LEAKY_RELU = define(
  'leakyRelu',
  'leakyRelu',
  rule('leakyRelu', { a: [A, (n, g) => leakyReluGrad(g, n.a as Tensor, parameters(n.saved))] }),
);
const PRELU: Binary = define(
  'prelu',
  'prelu',
  rule('prelu', {
    a: [A | B, (n, g) => where(gt(n.a as Tensor, 0), g, mul(g, n.b as Tensor))],
    b: [A, (n, g) => mul(g, minimum(n.a as Tensor, 0))],
  }),
);
const elus = (name: string): Unary =>
  define(name, 'elu', rule(name, { a: [A, (n, g) => eluGrad(g, n.a as Tensor, parameters(n.saved))] }));
const ELU = elus('elu');
const SELU = elus('selu');
const CELU = elus('celu');
const hardtanhs = (name: string): Unary =>
  define(
    name,
    'clamp',
    gated(name, (saved) => [...parameters(saved), 1]),
  );
const HARDTANH = hardtanhs('hardtanh');
const RELU6 = hardtanhs('relu6');
const HARDSIGMOID = define(
  'hardsigmoid',
  'hardsigmoid',
  gated('hardsigmoid', () => [-3, 3, 1 / 6]),
);
const HARDSWISH = define(
  'hardswish',
  'hardswish',
  rule('hardswish', { a: [A, (n, g) => applyBinary(HARDSWISH_GRAD, g, n.a as Tensor)] }),
);
const THRESHOLD = define(
  'threshold',
  'threshold',
  rule('threshold', { a: [A, (n, g) => where(le(n.a as Tensor, parameters(n.saved)[0]), 0, g)] }),
);

// Gradients of the above from the incoming gradient and the input, each with a gradient of its own.
const LEAKY_RELU_GRAD: Binary = define(
  'leakyReluGrad',
  'leakyReluGrad',
  rule('leakyReluGrad', {
    a: [B, (n, h) => leakyReluGrad(h, n.b as Tensor, parameters(n.saved))],
    b: [0, () => null],
  }),
);
const ELU_GRAD: Binary = define(
  'eluGrad',
  'eluGrad',
  rule('eluGrad', {
    a: [B, (n, h) => eluGrad(h, n.b as Tensor, parameters(n.saved))],
    // Below 0 the slope a k e^(k x) has the slope a k² e^(k x).
    b: [
      A | B,
      (n, h) => {
        const [a, , k] = parameters(n.saved);
        const x = n.b as Tensor;
        const bend = where(le(x, 0), mul(exp(mul(minimum(x, 0), k)), a * k * k), 0);
        return mul(mul(h, n.a as Tensor), bend);
      },
    ],
  }),
);
const GATE_GRAD: Binary = define(
  'gateGrad',
  'gateGrad',
  rule('gateGrad', {
    a: [B, (n, h) => gateGrad(h, n.b as Tensor, parameters(n.saved))],
    b: [0, () => null],
  }),
);
const HARDSWISH_GRAD: Binary = define(
  'hardswishGrad',
  'hardswishGrad',
  rule('hardswishGrad', {
    a: [B, (n, h) => applyBinary(HARDSWISH_GRAD, h, n.b as Tensor)],
    b: [A | B, (n, h) => gateGrad(mul(h, n.a as Tensor), n.b as Tensor, [-3, 3, 1 / 3])],
  }),
);

function leakyReluGrad(g: Tensor, x: Tensor, slope: Parameters): Tensor {
  return applyBinaryWith(LEAKY_RELU_GRAD, g, x, slope);
}

function eluGrad(g: Tensor, x: Tensor, shape: Parameters): Tensor {
  return applyBinaryWith(ELU_GRAD, g, x, shape);
}

function gateGrad(g: Tensor, x: Tensor, gate: Parameters): Tensor {
  return applyBinaryWith(GATE_GRAD, g, x, gate);
}

function demandNumber(op: string, name: string, value: number): void {
  if (typeof value === 'number' && !Number.isNaN(value)) return;
  throw new ArgumentError(op, name, value, `${name} is a number; got ${String(value)}`);
}

export interface LeakyReluOptions {
  /** The slope below 0. Default 0.01. */
  negativeSlope?: number;
}

/** @internal */
export const LEAKY_RELU_OPTIONS = optionNames<LeakyReluOptions>({ negativeSlope: true });

/**
 * x above 0 and negativeSlope · x below, elementwise (Maas, Hannun and Ng 2013).
 *
 * @throws ArgumentError where the slope is no number.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.leakyRelu(tensor([-2, 3]), { negativeSlope: 0.5 }).toArray(); // => [-1, 3]
 */
export function leakyRelu(x: Tensor, options: LeakyReluOptions = NO_OPTIONS): Tensor {
  checkOptions('leakyRelu', options, LEAKY_RELU_OPTIONS);
  const { negativeSlope = 0.01 } = options;
  demandNumber('leakyRelu', 'negativeSlope', negativeSlope);
  return applyUnaryWith(LEAKY_RELU, x, [negativeSlope]);
}

/**
 * x above 0 and weight · x below, elementwise, where the weight is one number for all or one for each channel, which
 * dimension 1 of x counts (He et al. 2015).
 *
 * @throws ShapeError where the weight holds neither one number nor one for each channel.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.prelu(tensor([[-2, -3]]), tensor([0.5, 1])).toArray(); // => [[-1, -3]]
 */
export function prelu(x: Tensor, weight: Tensor): Tensor {
  checkTensor('prelu', x);
  checkTensor('prelu', weight);
  const channels = x.ndim > 1 ? x.shape[1] : 1;
  if (weight.ndim > 1 || (weight.size !== 1 && weight.size !== channels)) {
    throw new ShapeError(
      'prelu',
      `a weight of shape ${showShape(weight.shape)} holds neither one number nor one for each of ${channels} channels ` +
        `of ${showShape(x.shape)}`,
      [x.shape, weight.shape],
    );
  }
  const slopes = reshape(weight, weight.size === 1 ? [] : [channels, ...x.shape.slice(2).map(() => 1)]);
  return applyBinary(PRELU, x, slopes);
}

export interface AlphaOptions {
  /** How far the values below 0 reach. Default 1. */
  alpha?: number;
}

/** @internal */
export const ALPHA_OPTIONS = optionNames<AlphaOptions>({ alpha: true });

/** @internal */
export function checkAlpha(op: string, options: AlphaOptions): number {
  checkOptions(op, options, ALPHA_OPTIONS);
  const { alpha = 1 } = options;
  demandNumber(op, 'alpha', alpha);
  if (alpha === 0 && op.toLowerCase() === 'celu') {
    throw new ArgumentError(op, 'alpha', alpha, 'alpha divides, so it is not 0; use relu for a limit of 0');
  }
  return alpha;
}

/**
 * The exponential linear unit: x above 0 and alpha (eˣ − 1) below, elementwise (Clevert, Unterthiner and Hochreiter
 * 2015).
 *
 * @throws ArgumentError where alpha is no number.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.elu(tensor([-100, 2]), { alpha: 3 }).toArray(); // => [-3, 2]
 */
export function elu(x: Tensor, options: AlphaOptions = NO_OPTIONS): Tensor {
  return applyUnaryWith(ELU, x, [checkAlpha('elu', options), 1, 1]);
}

const SELU_ALPHA = 1.6732632423543772848170429916717;
const SELU_SCALE = 1.0507009873554804934193349852946;

/**
 * The scaled exponential linear unit s (max(x, 0) + min(a (eˣ − 1), 0)) with s ≈ 1.0507 and a ≈ 1.6733, under which
 * activations keep mean 0 and variance 1, elementwise (Klambauer et al. 2017).
 *
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.selu(tensor([0, 1])).toArray(); // => [0, 1.0507010221481323]
 */
export function selu(x: Tensor): Tensor {
  return applyUnaryWith(SELU, x, [SELU_ALPHA * SELU_SCALE, SELU_SCALE, 1]);
}

/**
 * The continuously differentiable exponential linear unit: x above 0 and alpha (e^(x/alpha) − 1) below, elementwise
 * (Barron 2017).
 *
 * @throws ArgumentError where alpha is 0 or no number.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.celu(tensor([-1000, 2]), { alpha: 3 }).toArray(); // => [-3, 2]
 */
export function celu(x: Tensor, options: AlphaOptions = NO_OPTIONS): Tensor {
  const alpha = checkAlpha('celu', options);
  return applyUnaryWith(CELU, x, [alpha, 1, 1 / alpha]);
}

export interface HardtanhOptions {
  /** The least value. Default −1. */
  minVal?: number;
  /** The largest value. Default 1. */
  maxVal?: number;
}

/** @internal */
export const HARDTANH_OPTIONS = optionNames<HardtanhOptions>({ minVal: true, maxVal: true });

/** @internal */
export function checkHardtanh(op: string, options: HardtanhOptions): readonly [number, number] {
  checkOptions(op, options, HARDTANH_OPTIONS);
  const { minVal = -1, maxVal = 1 } = options;
  if (minVal < maxVal) return [minVal, maxVal];
  throw new ArgumentError(op, 'minVal', minVal, `minVal is below maxVal; got ${minVal} and ${maxVal}`);
}

/**
 * x held between minVal and maxVal, elementwise; unlike that of clamp, its gradient is 0 at the bounds too.
 *
 * @throws ArgumentError where minVal is not below maxVal.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.hardtanh(tensor([-2, 0.5, 3])).toArray(); // => [-1, 0.5, 1]
 */
export function hardtanh(x: Tensor, options: HardtanhOptions = NO_OPTIONS): Tensor {
  return applyUnaryWith(HARDTANH, x, checkHardtanh('hardtanh', options));
}

/**
 * min(max(x, 0), 6), elementwise (Krizhevsky 2010).
 *
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.relu6(tensor([-1, 5, 7])).toArray(); // => [0, 5, 6]
 */
export function relu6(x: Tensor): Tensor {
  return applyUnaryWith(RELU6, x, [0, 6]);
}

/**
 * min(max(x + 3, 0), 6) / 6, elementwise: a sigmoid of straight lines (Courbariaux, Bengio and David 2015).
 *
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.hardsigmoid(tensor([-4, 0, 4])).toArray(); // => [0, 0.5, 1]
 */
export function hardsigmoid(x: Tensor): Tensor {
  return applyUnary(HARDSIGMOID, x);
}

/**
 * x · min(max(x + 3, 0), 6) / 6, elementwise (Howard et al. 2019).
 *
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.hardswish(tensor([-4, 0, 4])).toArray(); // => [-0, 0, 4]
 */
export function hardswish(x: Tensor): Tensor {
  return applyUnary(HARDSWISH, x);
}

/** @internal */
export function checkThreshold(op: string, threshold: number, value: number): void {
  demandNumber(op, 'threshold', threshold);
  if (typeof value !== 'number') {
    throw new ArgumentError(op, 'value', value, `value is a number; got ${String(value)}`);
  }
}

/**
 * x above a threshold and `value` elsewhere, elementwise.
 *
 * @throws ArgumentError where the threshold or the value is no number.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.threshold(tensor([1, 2, 3]), 2, -1).toArray(); // => [-1, -1, 3]
 */
export function threshold(x: Tensor, threshold: number, value: number): Tensor {
  checkThreshold('threshold', threshold, value);
  return applyUnaryWith(THRESHOLD, x, [threshold, value]);
}
