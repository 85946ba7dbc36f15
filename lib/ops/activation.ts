// Activation functions, elementwise, and the kernels of their gradients.

import { active } from '../backend/active.js';
import { type KernelName, kernel } from '../backend/kernels.js';
import { FLOAT32, isFloatKind } from '../core/dtype.js';
import { ArgumentError, describe } from '../core/errors.js';
import { A, B, isGradEnabled, OUT, type Rule, record1 } from '../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import {
  applyBinary,
  applyUnary,
  type Binary,
  castTo,
  checkTensor,
  Domain,
  rule,
  type Unary,
} from './apply.js';
import { add, mul, sub } from './binary.js';
import { gt } from './compare.js';
import { composed } from './composed.js';
import { logSigmoid } from './logSigmoid.js';
import { exp, neg, square } from './unary.js';
import { where } from './where.js';

function define(name: KernelName, domain: Domain, gradients: Rule): Unary {
  return { name, kernel: kernel[name], domain, predicate: false, rule: gradients };
}

const RELU = define(
  'relu',
  Domain.Numeric,
  rule('relu', { a: [OUT, (n, g) => backThroughRelu(g, n.out as Tensor)] }),
);
const TANH = define(
  'tanh',
  Domain.Floats,
  rule('tanh', { a: [OUT, (n, g) => backThroughTanh(g, n.out as Tensor)] }),
);
const SIGMOID = define(
  'sigmoid',
  Domain.Floats,
  rule('sigmoid', { a: [OUT, (n, g) => backThroughSigmoid(g, n.out as Tensor)] }),
);
const SOFTPLUS = define(
  'softplus',
  Domain.Floats,
  rule('softplus', {
    a: [
      A,
      (n, g) => {
        const x = n.a as Tensor;
        const slope = mul(g, sigmoid(x));
        // Above the threshold it is x itself; in float32 the sigmoid is 1 there.
        return x.kind === FLOAT32 ? slope : where(gt(x, 20), g, slope);
      },
    ],
  }),
);

const GELU = define('gelu', Domain.Floats, rule('gelu', { a: [A, (n, g) => geluGrad(g, n.a as Tensor)] }));
const GELU_TANH = define(
  'geluTanh',
  Domain.Floats,
  rule('gelu', { a: [A, (n, g) => geluTanhGrad(g, n.a as Tensor)] }),
);
const SILU = define('silu', Domain.Floats, rule('silu', { a: [A, (n, g) => siluGrad(g, n.a as Tensor)] }));

/** Those that can be written over their operand. @internal */
export const ACTIVATIONS = { relu: RELU, tanh: TANH, sigmoid: SIGMOID } as const;

/**
 * The rectified linear unit max(x, 0), elementwise; its gradient at 0 is 0.
 *
 * @example
 * import { relu, tensor } from 'quern';
 * relu(tensor([-1, 2])).toArray(); // => [0, 2]
 */
export function relu(x: Tensor): Tensor {
  return applyUnary(RELU, x);
}

/**
 * The hyperbolic tangent (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ), elementwise.
 *
 * @example
 * import { tanh, tensor } from 'quern';
 * tanh(tensor([0])).toArray(); // => [0]
 */
export function tanh(x: Tensor): Tensor {
  return applyUnary(TANH, x);
}

/**
 * The logistic function 1 / (1 + e⁻ˣ), elementwise.
 *
 * @example
 * import { sigmoid, tensor } from 'quern';
 * sigmoid(tensor([0])).toArray(); // => [0.5]
 */
export function sigmoid(x: Tensor): Tensor {
  return applyUnary(SIGMOID, x);
}

export interface SoftplusOptions {
  /** How sharp the bend is. Default 1. */
  beta?: number;
  /** From which beta · x on the result is x itself. Default 20. */
  threshold?: number;
}

/** @internal */
export const SOFTPLUS_OPTIONS = optionNames<SoftplusOptions>({ beta: true, threshold: true });

// Of other options than the default ones.
const SOFTPLUS_SCALED = rule('softplus', {
  a: [
    A,
    (n, g) => {
      const { beta, threshold } = n.saved as Required<SoftplusOptions>;
      const z = mul(n.a as Tensor, beta);
      return where(gt(z, threshold), g, mul(g, sigmoid(z)));
    },
  ],
});

/**
 * ln(1 + e^(beta x)) / beta, a smooth form of relu, elementwise; x itself where beta x is above a threshold, as in
 * PyTorch.
 *
 * @throws ArgumentError where beta is 0.
 * @example
 * import { softplus, tensor } from 'quern';
 * softplus(tensor([30])).toArray(); // => [30]
 */
export function softplus(x: Tensor, options: SoftplusOptions = NO_OPTIONS): Tensor {
  if (options === NO_OPTIONS) return applyUnary(SOFTPLUS, x);
  checkTensor('softplus', x);
  const chosen = checkSoftplus('softplus', options);
  const { beta, threshold } = chosen;
  if (beta === 1 && threshold === 20) return applyUnary(SOFTPLUS, x);
  const a = isFloatKind(x.kind) ? x : castTo(x, FLOAT32);
  const out = composed(() => {
    const z = mul(a, beta);
    return where(gt(z, threshold), a, mul(logSigmoid(neg(z)), -1 / beta));
  });
  record1(SOFTPLUS_SCALED, out, a, chosen);
  return out;
}

/** @internal */
export function checkSoftplus(op: string, options: SoftplusOptions): Required<SoftplusOptions> {
  checkOptions(op, options, SOFTPLUS_OPTIONS);
  const { beta = 1, threshold = 20 } = options;
  if (beta !== 0) return { beta, threshold };
  throw new ArgumentError(op, 'beta', beta, 'beta divides, so it is not 0');
}

export interface GeluOptions {
  /** 'tanh' for a formula with tanh in the place of the error function. Default 'none'. */
  approximate?: 'none' | 'tanh';
}

/** @internal */
export const GELU_OPTIONS = optionNames<GeluOptions>({ approximate: true });

/** @internal */
export function checkApproximate(op: string, options: GeluOptions): 'none' | 'tanh' {
  checkOptions(op, options, GELU_OPTIONS);
  const { approximate = 'none' } = options;
  if (approximate === 'none' || approximate === 'tanh') return approximate;
  throw new ArgumentError(
    op,
    'approximate',
    approximate,
    `approximate is 'none' or 'tanh'; got ${describe(approximate)}`,
  );
}

/**
 * The Gaussian error linear unit x Φ(x), with Φ(x) = (1 + erf(x/√2)) / 2, elementwise; approximated by tanh,
 * x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2 (Hendrycks and Gimpel 2016).
 *
 * @throws ArgumentError for an approximation that there is not.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.gelu(tensor([0, 10]), { approximate: 'tanh' }).toArray(); // => [0, 10]
 */
export function gelu(x: Tensor, options: GeluOptions = NO_OPTIONS): Tensor {
  return applyUnary(checkApproximate('gelu', options) === 'tanh' ? GELU_TANH : GELU, x);
}

/**
 * The sigmoid linear unit x / (1 + e⁻ˣ), also called swish, elementwise (Elfwing, Uchibe and Doya 2017).
 *
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.silu(tensor([0, 50])).toArray(); // => [0, 50]
 */
export function silu(x: Tensor): Tensor {
  return applyUnary(SILU, x);
}

// Gradients of activations from the incoming gradient and the output, each with a gradient of its own.
const RELU_GRAD = define(
  'reluGrad',
  Domain.Floats,
  rule('reluGrad', { a: [B, (n, g) => reluGrad(g, n.b as Tensor)], b: [0, () => null] }),
);
const TANH_GRAD = define(
  'tanhGrad',
  Domain.Floats,
  rule('tanhGrad', {
    a: [B, (n, g) => tanhGrad(g, n.b as Tensor)],
    b: [A | B, (n, g) => mul(mul(g, n.a as Tensor), mul(n.b as Tensor, -2))],
  }),
);
const SIGMOID_GRAD = define(
  'sigmoidGrad',
  Domain.Floats,
  rule('sigmoidGrad', {
    a: [B, (n, g) => sigmoidGrad(g, n.b as Tensor)],
    b: [A | B, (n, g) => mul(mul(g, n.a as Tensor), sub(1, mul(n.b as Tensor, 2)))],
  }),
);

/** g where y > 0. @internal */
export function reluGrad(g: Tensor, y: Tensor): Tensor {
  return applyBinary(RELU_GRAD, g, y);
}

/** g (1 − y²). @internal */
export function tanhGrad(g: Tensor, y: Tensor): Tensor {
  return applyBinary(TANH_GRAD, g, y);
}

/** g y (1 − y). @internal */
export function sigmoidGrad(g: Tensor, y: Tensor): Tensor {
  return applyBinary(SIGMOID_GRAD, g, y);
}

/**
 * Passes a gradient back through an activation, for the rules of operations with one way back: in an unrecorded walk
 * the result takes the place of a gradient that the walk alone holds, which saves memory and its way through the caches.
 */
function passBack(op: Binary, g: Tensor, y: Tensor): Tensor {
  const alone = g.root === g && g.holders === 1 && g.layout === y.layout && g.layout.dense === g.layout;
  if (!alone || isGradEnabled()) return applyBinary(op, g, y);
  active.run3(op.kernel, g.kind, g, g, y);
  return g;
}

/** @internal */
export function backThroughRelu(g: Tensor, y: Tensor): Tensor {
  return passBack(RELU_GRAD, g, y);
}

/** @internal */
export function backThroughTanh(g: Tensor, y: Tensor): Tensor {
  return passBack(TANH_GRAD, g, y);
}

/** @internal */
export function backThroughSigmoid(g: Tensor, y: Tensor): Tensor {
  return passBack(SIGMOID_GRAD, g, y);
}

// The same from the incoming gradient and the input.
const GELU_GRAD = define(
  'geluGrad',
  Domain.Floats,
  rule('geluGrad', {
    a: [B, (n, h) => geluGrad(h, n.b as Tensor)],
    // The slope Φ + x φ has the slope φ (2 − x²).
    b: [
      A | B,
      (n, h) => {
        const squared = square(n.b as Tensor);
        const density = mul(exp(mul(squared, -0.5)), 1 / Math.sqrt(2 * Math.PI));
        return mul(mul(h, n.a as Tensor), mul(density, sub(2, squared)));
      },
    ],
  }),
);
const GELU_TANH_GRAD = define(
  'geluTanhGrad',
  Domain.Floats,
  rule('geluTanhGrad', {
    a: [B, (n, h) => geluTanhGrad(h, n.b as Tensor)],
    b: [A | B, (n, h) => mul(mul(h, n.a as Tensor), geluTanhCurve(n.b as Tensor))],
  }),
);
const SILU_GRAD = define(
  'siluGrad',
  Domain.Floats,
  rule('siluGrad', {
    a: [B, (n, h) => siluGrad(h, n.b as Tensor)],
    // The slope σ + x σ (1 − σ) has the slope σ (1 − σ) (2 + x (1 − 2σ)).
    b: [
      A | B,
      (n, h) => {
        const x = n.b as Tensor;
        const s = sigmoid(x);
        const curve = mul(mul(s, sub(1, s)), add(mul(x, sub(1, mul(s, 2))), 2));
        return mul(mul(h, n.a as Tensor), curve);
      },
    ],
  }),
);

/** The second derivative of x (1 + tanh u) / 2, u = c (x + k x³): (1 − t²) (u′ + x u″ / 2 − x t u′²). */
function geluTanhCurve(x: Tensor): Tensor {
  const c = Math.sqrt(2 / Math.PI);
  const k = 0.044715;
  const squared = square(x);
  const t = tanh(mul(mul(x, c), add(mul(squared, k), 1)));
  const slope = mul(add(mul(squared, 3 * k), 1), c);
  const bend = mul(squared, 3 * k * c);
  return mul(sub(1, square(t)), sub(add(slope, bend), mul(mul(x, t), square(slope))));
}

/** g times the slope of gelu at x. @internal */
export function geluGrad(g: Tensor, x: Tensor): Tensor {
  return applyBinary(GELU_GRAD, g, x);
}

/** The same of its approximation. @internal */
export function geluTanhGrad(g: Tensor, x: Tensor): Tensor {
  return applyBinary(GELU_TANH_GRAD, g, x);
}

/** g times the slope of silu at x. @internal */
export function siluGrad(g: Tensor, x: Tensor): Tensor {
  return applyBinary(SILU_GRAD, g, x);
}
