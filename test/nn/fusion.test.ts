// Layers that Sequential computes in pairs: the same values and gradients as one by one.

import { manualSeed, nn, randn, type Tensor } from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { gradcheck, gradgradcheck } from '../support/gradcheck.js';
import { draw } from '../support/values.js';

const DOUBLE = { dtype: 'float64' } as const;
const ACTIVATIONS = { ReLU: nn.ReLU, Tanh: nn.Tanh, Sigmoid: nn.Sigmoid };

/** The sum of a pair's squared outputs, and the gradients of x, weight and bias. */
function pass(forward: (x: Tensor) => Tensor, x: Tensor, layer: nn.Linear): readonly (readonly number[])[] {
  for (const leaf of [x, layer.weight, layer.bias as Tensor]) leaf.grad = null;
  const out = forward(x);
  out.square().sum().backward();
  return [out, ...[x, layer.weight, layer.bias as Tensor].map((leaf) => leaf.grad as Tensor)].map((one) => [
    ...(one.dataSync() as Float64Array),
  ]);
}

describe.each(BACKENDS)('$name', (engine) => {
  it.each(Object.keys(ACTIVATIONS) as (keyof typeof ACTIVATIONS)[])('a linear layer and %s', (name) => {
    on(engine, () => {
      manualSeed(3);
      const layer = new nn.Linear(5, 7, DOUBLE);
      const activation = new ACTIVATIONS[name]();
      const pair = new nn.Sequential(layer, activation);
      for (const shape of [[5], [4, 5], [2, 3, 5]]) {
        const x = randn(shape, { ...DOUBLE, requiresGrad: true });
        const want = pass((input) => activation.forward(layer.forward(input)), x, layer);
        const got = pass((input) => pair.forward(input), x, layer);
        got.forEach((values, i) => {
          expect(values.length).toBe(want[i].length);
          values.forEach((value, k) => void expect(value).toBeCloseTo(want[i][k], 12));
        });
      }
      const apply = ([x]: readonly Tensor[]): readonly Tensor[] => [pair.forward(x)];
      const x = draw([4, 5], 'float64', { low: -1, high: 1 }, 1);
      gradcheck(name, apply, [x]);
      gradgradcheck(name, apply, [x]);
    });
  });
});

it('runs a forward that somebody has replaced', () => {
  const seen: string[] = [];
  const layer = new nn.Linear(2, 2);
  const activation = new nn.ReLU();
  const pair = new nn.Sequential(layer, activation);
  for (const [name, one] of [
    ['activation', activation],
    ['layer', layer],
  ] as const) {
    const forward = one.forward.bind(one);
    one.forward = (x: Tensor) => {
      seen.push(name);
      return forward(x);
    };
    pair.forward(randn([1, 2]));
  }
  expect(seen).toEqual(['activation', 'layer', 'activation']);
});

it('leaves the gradient of a leaf where it was, and adds to one that is there', () => {
  const layer = new nn.Linear(3, 2);
  const x = randn([4, 3]);
  const loss = (): Tensor => layer.forward(x).square().sum();
  loss().backward();
  const buffer = layer.weight.grad as Tensor;
  const once = [...(buffer.dataSync() as Float32Array)];
  loss().backward();
  expect([...(buffer.dataSync() as Float32Array)]).toEqual(once.map((value) => 2 * value));
  layer.weight.grad = null;
  loss().backward();
  expect(layer.weight.grad).toBe(buffer);
  expect([...(buffer.dataSync() as Float32Array)]).toEqual(once);
});

it('reads a gradient that the new one is about to replace', () => {
  const layer = new nn.Linear(3, 3, { bias: false, dtype: 'float64' });
  layer
    .forward(randn([3, 3], DOUBLE))
    .sum()
    .backward();
  const old = layer.weight.grad as Tensor;
  const values = old.clone();
  layer.weight.grad = null;
  // d(Σ old · Wᵀ)/dW = 1ᵀ · old: written over `old` while it is read, this would come out wrong.
  layer.forward(old).sum().backward();
  const want = values.sum(0).expand([3, 3]).clone();
  expect((layer.weight.grad as Tensor | null)?.toArray()).toEqual(want.toArray());
});
