// Activation functions, elementwise, and the kernels of their gradients.

import { active } from '../backend/active.js';
import { type KernelName, kernel } from '../backend/kernels.js';
import { A, B, isGradEnabled, OUT, type Rule } from '../core/graph.js';
import type { Tensor } from '../core/tensor.js';
import { applyBinary, applyUnary, type Binary, Domain, rule, type Unary } from './apply.js';
import { mul, sub } from './binary.js';

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
  rule('softplus', { a: [A, (n, g) => mul(g, sigmoid(n.a as Tensor))] }),
);

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

/**
 * ln(1 + eˣ), a smooth form of relu, elementwise; x itself above 20, as in PyTorch.
 *
 * @example
 * import { softplus, tensor } from 'quern';
 * softplus(tensor([30])).toArray(); // => [30]
 */
export function softplus(x: Tensor): Tensor {
  return applyUnary(SOFTPLUS, x);
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
