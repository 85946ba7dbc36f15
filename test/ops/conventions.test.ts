// Gradients where mathematics leaves a choice: at kinks, ties, poles and beyond floats. PyTorch's choices.

import * as q from 'quern';
import { describe, expect, it } from 'vitest';
import { logSigmoid } from '../../lib/ops/logSigmoid.js';
import { BACKENDS, on } from '../support/engines.js';

const {
  celu,
  elu,
  hardshrink,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  mish,
  prelu,
  relu6,
  selu,
  softshrink,
  softsign,
  threshold,
} = q.nn.functional;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

function gradientAt(f: (x: q.Tensor) => q.Tensor, at: number[]): number[] {
  const x = q.tensor(at, { dtype: 'float64', requiresGrad: true });
  f(x).sum().backward();
  return x.grad?.toArray() as number[];
}

type Case = [name: string, f: (x: q.Tensor) => q.Tensor, at: number[], gradient: number[]];

const CASES: Case[] = [
  ['abs at 0', q.abs, [0, -0, -2], [0, 0, -1]],
  ['relu at 0', q.relu, [0, 1e-300, -1], [0, 1, 0]],
  ['relu of NaN', q.relu, [nan], [1]],
  ['sign', q.sign, [0, 2], [0, 0]],
  ['floor', q.floor, [0, 1.5], [0, 0]],
  ['clamp at its bounds', (x) => q.clamp(x, { min: -1, max: 1 }), [-1, 1, -1.5, 1.5, 0], [1, 1, 0, 0, 1]],
  ['sqrt at 0', q.sqrt, [0, 4], [inf, 0.25]],
  ['maximum of equals', (x) => q.maximum(x, x.detach()), [3], [0.5]],
  ['minimum of equals', (x) => q.minimum(x, x.detach()), [3], [0.5]],
  ['amax of equals', (x) => q.amax(x), [2, 5, 5, 1], [0, 0.5, 0.5, 0]],
  ['amin of equals', (x) => q.amin(x), [1, 5, 1, 1], [1 / 3, 0, 1 / 3, 1 / 3]],
  ['max along a dim: the one chosen', (x) => q.max(x, 0).values, [2, 5, 5], [0, 1, 0]],
  ['median of equals', (x) => q.median(x), [1, 2, 2, 3], [0, 0.5, 0.5, 0]],
  ['mode: the last of equals', (x) => q.mode(x).values, [2, 1, 2, 3], [0, 0, 1, 0]],
  ['cummax: the last of equals', (x) => q.cummax(x, 0).values, [2, 2, 1], [1, 2, 0]],
  ['sort of equals', (x) => q.sort(x).values.slice(0, { end: 1 }), [1, 1], [1, 0]],
  ['unique: the first of equals', (x) => q.unique(x), [2, 1, 2], [1, 1, 0]],
  ['cumprod with zeros', (x) => q.cumprod(x, 0), [2, 0, 3, 0], [1, 8, 0, 0]],
  ['pow with exponent 0 at 0', (x) => q.pow(x, 0), [0, 3], [0, 0]],
  ['pow with exponent 1 at 0', (x) => q.pow(x, 1), [0], [1]],
  ['pow with exponent 2 at 0', (x) => q.pow(x, 2), [0, -3], [0, -6]],
  ['pow of 0, by its exponent', (x) => q.pow(q.zeros([3], { dtype: 'float64' }), x), [0, 1, 2], [0, 0, 0]],
  ['prod with one 0', (x) => q.prod(x), [2, 0, 5], [0, 10, 0]],
  ['prod with two 0s', (x) => q.prod(x), [0, 0, 5], [0, 0, 0]],
  ['where: not the operand that was not chosen', (x) => q.where(x.gt(0), q.log(x), 0), [1], [1]],
  ['softplus beyond its threshold', q.softplus, [21, 1000], [1, 1]],
  ['sigmoid far out', q.sigmoid, [-1000, 1000], [0, 0]],
  ['logSigmoid at 0 and far out', logSigmoid, [0, -1000], [0.5, 1]],
  ['logsumexp of infinities', (x) => q.logsumexp(x, 0), [1, -inf], [1, 0]],
  ['std of equals', (x) => q.std(x, 0), [1, 1], [0, 0]],
  ['amax of NaN', (x) => q.amax(x), [nan, 1], [nan, nan]],
  ['clamp of NaN', (x) => q.clamp(x, { min: -1 }), [nan], [0]],
  ['norm at 0', (x) => q.norm(x), [0, 0], [0, 0]],
  ['norm of order 1 at 0', (x) => q.norm(x, 0, { p: 1 }), [0, 3], [0, 1]],
  ['norm of order 0.5 with a 0', (x) => q.norm(x, 0, { p: 0.5 }), [0, 4], [0, 1]],
  ['norm of order 3 at 0', (x) => q.norm(x, 0, { p: 3 }), [0, 0], [0, 0]],
  ['norm of order −1 with a 0', (x) => q.norm(x, 0, { p: -1 }), [0, 2], [0, 0]],
  ['largest of equals', (x) => q.norm(x, 0, { p: Number.POSITIVE_INFINITY }), [2, -2, 1], [0.5, -0.5, 0]],
  [
    'cdist of a point from itself',
    (x) => q.cdist(x.reshape([1, 2]), q.tensor([[1, 2]], { dtype: 'float64' })),
    [1, 2],
    [0, 0],
  ],
  ['matrixPower 0', (x) => q.matrixPower(x.reshape([1, 1]), 0).add(x), [3], [1]],
  ['leakyRelu at 0', (x) => leakyRelu(x, { negativeSlope: 0.5 }), [0, -0, nan], [0.5, 0.5, 0.5]],
  ['prelu at 0', (x) => prelu(x, q.tensor(0.25, { dtype: 'float64' })), [0, 1], [0.25, 1]],
  ['elu at 0', (x) => elu(x, { alpha: 2 }), [0, nan], [2, 1]],
  ['celu and selu at 0', (x) => q.add(celu(x), selu(x)), [0], [1 + 1.0507009873554805 * 1.6732632423543772]],
  ['relu6 at its bounds', relu6, [0, 6, 3], [0, 0, 1]],
  ['hardtanh at its bounds', hardtanh, [-1, 1, 0], [0, 0, 1]],
  ['hardsigmoid at its bounds', hardsigmoid, [-3, 3, 0], [0, 0, 1 / 6]],
  ['hardswish at its bounds', hardswish, [-3, 3, 0, nan], [0, 1, 0.5, 1]],
  ['threshold at its bound', (x) => threshold(x, 1, 5), [1, 2], [0, 1]],
  [
    'softshrink and hardshrink at their bounds',
    (x) => q.add(softshrink(x), hardshrink(x)),
    [-0.5, 0.5, 1],
    [0, 0, 2],
  ],
  ['softsign at 0', softsign, [0], [1]],
  ['mish far out', mish, [1000, 20.5], [1, 1]],
  [
    'clamp at bounds that are tensors',
    (x) => q.clamp(x, { min: q.tensor([1, 2], { dtype: 'float64' }) }),
    [1, 1],
    [1, 0],
  ],
  ['nanToNum of what is no number', q.nanToNum, [nan, inf, -inf, 2], [0, 0, 0, 1]],
  ['copysign of 0', (x) => q.copysign(x, -1), [0, 2, -2], [0, -1, 1]],
  ['xlogy of 0 and 0', (x) => q.xlogy(x, 0), [0], [0]],
  ['hypot of 0 and 0', (x) => q.hypot(x, 0), [0], [nan]],
  ['remainder and fmod', (x) => q.add(q.remainder(x, 3), q.fmod(x, 3)), [3, -1], [2, 2]],
  ['floorDivide', (x) => q.floorDivide(x, 2), [3, 4], [0, 0]],
  ['lgamma at a pole', q.lgamma, [0], [-inf]],
  ['norm of zeros', (x) => q.square(q.sqrt(q.sum(q.square(x)))), [1, 0], [2, 0]],
];

describe.each(BACKENDS)('$name', (engine) => {
  it.each(CASES)('%s', (_name, f, at, gradient) => {
    const found = on(engine, () => gradientAt(f, at));
    found.forEach((value, i) => {
      if (Number.isNaN(gradient[i])) expect(value).toBeNaN();
      else if (!Number.isFinite(gradient[i])) expect(value).toBe(gradient[i]);
      else expect(value).toBeCloseTo(gradient[i], 12);
    });
  });
});
