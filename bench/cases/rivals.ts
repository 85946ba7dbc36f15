// What PyTorch does best: convolutions forward and backward, and functions of what lies in the second cache.

import type * as Quern from 'quern';
import type { Case } from './case.js';

type Q = typeof Quern;

/** A convolution of images N × C × size × size and the gradients of both operands, or of the weight alone. */
function convolution(
  name: string,
  [batch, channels, size]: readonly [number, number, number],
  [outputs, kernel, groups = 1]: readonly [number, number, number?],
  { stride = 1, first = false }: { stride?: number; first?: boolean } = {},
): Case {
  return {
    name,
    group: 'convolutions',
    prepare(q) {
      const x = q.randn([batch, channels, size, size], { requiresGrad: !first });
      const weight = q.randn([outputs, channels / groups, kernel, kernel], { requiresGrad: true });
      const padding = (kernel - 1) / 2;
      const forward = () => q.nn.functional.conv2d(x, weight, { stride, padding, groups });
      const gradient = q.noGrad(() => q.randn(forward().shape));
      return () =>
        q.scope(() => {
          x.grad = null;
          weight.grad = null;
          forward().backward({ gradient });
        });
    },
  };
}

/** A function of 128 × 512 numbers, forward, or with the gradient too. */
function rows(name: string, call: (q: Q, x: Quern.Tensor) => Quern.Tensor, backward = false): Case {
  return {
    name,
    group: 'in L2',
    prepare(q) {
      const x = q.randn([128, 512], { requiresGrad: backward });
      if (!backward) return () => call(q, x).dispose();
      const gradient = q.randn([128, 512]);
      return () =>
        q.scope(() => {
          x.grad = null;
          call(q, x).backward({ gradient });
        });
    },
  };
}

const functions: readonly (readonly [string, (q: Q, x: Quern.Tensor) => Quern.Tensor])[] = [
  ['exp', (q, x) => q.exp(x)],
  ['gelu', (q, x) => q.nn.functional.gelu(x)],
  ['softmax', (q, x) => q.softmax(x, 1)],
  ['layerNorm', (q, x) => q.nn.functional.layerNorm(x, [512])],
];

export const rivals: readonly Case[] = [
  convolution('conv 3x3, 16x64x32x32 to 64', [16, 64, 32], [64, 3]),
  convolution('conv 3x3, 64x32x14x14 to 64', [64, 32, 14], [64, 3]),
  convolution('conv 1x1, 16x64x32x32 to 64', [16, 64, 32], [64, 1]),
  convolution('conv 1x1, 32x128x14x14 to 256', [32, 128, 14], [256, 1]),
  convolution('conv 3x3, first layer, 64x1x28x28 to 32', [64, 1, 28], [32, 3], { first: true }),
  convolution('conv 7x7, first layer, stride 2, 4x3x224x224 to 64', [4, 3, 224], [64, 7], {
    stride: 2,
    first: true,
  }),
  convolution('conv 3x3, stride 2, 32x32x32x32 to 64', [32, 32, 32], [64, 3], { stride: 2 }),
  convolution('conv 3x3, depthwise, 16x64x32x32', [16, 64, 32], [64, 3, 64]),
  ...functions.flatMap(([name, call]) => [
    rows(`${name}, 128x512`, call),
    rows(`${name} with gradient, 128x512`, call, true),
  ]),
];
