// Layers that Sequential computes in pairs: the same values and gradients as one by one.

import { manualSeed, nn, randn, type Tensor } from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { gradcheck, gradgradcheck } from '../support/gradcheck.js';
import { draw } from '../support/values.js';

const DOUBLE = { dtype: 'float64' } as const;
const ACTIVATIONS = { ReLU: nn.ReLU, Tanh: nn.Tanh, Sigmoid: nn.Sigmoid };

type Layer = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d;

/** A layer of each kind, and shapes of its input. */
const LAYERS: Readonly<Record<string, () => readonly [layer: Layer, shapes: readonly number[][]]>> = {
  Linear: () => [new nn.Linear(5, 7, DOUBLE), [[4, 5], [5], [2, 3, 5]]],
  Conv1d: () => [
    new nn.Conv1d(2, 6, 3, { ...DOUBLE, padding: 'same' }),
    [
      [2, 2, 7],
      [2, 5],
    ],
  ],
  Conv2d: () => [
    new nn.Conv2d(3, 6, 3, { ...DOUBLE, padding: 1 }),
    [
      [2, 3, 4, 5],
      [3, 5, 4],
    ],
  ],
  'Conv2d of few filters': () => [new nn.Conv2d(2, 3, [2, 1], { ...DOUBLE, stride: 2 }), [[3, 2, 5, 4]]],
  'Conv2d, depthwise': () => [new nn.Conv2d(4, 4, 3, { ...DOUBLE, groups: 4, padding: 1 }), [[2, 4, 3, 5]]],
  'Conv2d, padded by itself': () => [
    new nn.Conv2d(2, 3, 3, { ...DOUBLE, padding: 1, paddingMode: 'reflect' }),
    [[2, 2, 3, 4]],
  ],
  'Conv2d, pointwise': () => [new nn.Conv2d(4, 5, 1, DOUBLE), [[2, 4, 3, 3]]],
  Conv3d: () => [new nn.Conv3d(2, 4, 2, DOUBLE), [[2, 2, 3, 2, 3]]],
};

/** The sum of a pair's squared outputs, and the gradients of x, weight and bias. */
function pass(forward: (x: Tensor) => Tensor, x: Tensor, layer: Layer): readonly (readonly number[])[] {
  for (const leaf of [x, layer.weight, layer.bias as Tensor]) leaf.grad = null;
  const out = forward(x);
  out.square().sum().backward();
  return [out, ...[x, layer.weight, layer.bias as Tensor].map((leaf) => leaf.grad as Tensor)].map((one) => [
    ...(one.dataSync() as Float64Array),
  ]);
}

describe.each(BACKENDS)('$name', (engine) => {
  const pairs = Object.keys(LAYERS).flatMap((layer) => Object.keys(ACTIVATIONS).map((name) => [layer, name]));
  it.each(pairs as [string, keyof typeof ACTIVATIONS][])('%s and %s', (which, name) => {
    on(engine, () => {
      manualSeed(3);
      const [layer, shapes] = LAYERS[which]();
      const activation = new ACTIVATIONS[name]();
      const pair = new nn.Sequential(layer, activation);
      for (const shape of shapes) {
        const x = randn(shape, { ...DOUBLE, requiresGrad: true });
        const want = pass((input) => activation.forward(layer.forward(input)), x, layer);
        const got = pass((input) => pair.forward(input), x, layer);
        got.forEach((values, i) => {
          expect(values.length).toBe(want[i].length);
          values.forEach((value, k) => void expect(value).toBeCloseTo(want[i][k], 12));
        });
      }
      const apply = ([x]: readonly Tensor[]): readonly Tensor[] => [pair.forward(x)];
      const x = draw(shapes[0], 'float64', { low: -1, high: 1 }, 1);
      gradcheck(name, apply, [x]);
      gradgradcheck(name, apply, [x]);
    });
  });
});

it.each(Object.keys(LAYERS))('computes %s and the activation at once', (which) => {
  const [layer, shapes] = LAYERS[which]();
  const apart = randn(shapes[0], { ...DOUBLE, requiresGrad: true });
  const output = new nn.Sequential(layer, new nn.ReLU()).forward(apart);
  const names: string[] = [];
  for (let { node } = output; node?.a; node = node.a.node) names.push(node.rule?.name ?? '');
  expect(names).not.toContain('relu');
});

it.each([
  ['Linear', () => new nn.Linear(2, 2), [1, 2]],
  ['Conv2d', () => new nn.Conv2d(2, 2, 1), [1, 2, 3, 3]],
] as const)('runs a forward of %s that somebody has replaced', (_, make, shape) => {
  const seen: string[] = [];
  const layer = make();
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
    pair.forward(randn([...shape]));
  }
  expect(seen).toEqual(['activation', 'layer', 'activation']);
});

it.each([
  ['Linear', () => new nn.Linear(3, 2), [4, 3]],
  ['Conv2d', () => new nn.Conv2d(3, 2, 3), [2, 3, 5, 4]],
  ['ConvTranspose2d', () => new nn.ConvTranspose2d(3, 2, 3), [2, 3, 3, 4]],
] as const)(
  '%s leaves the gradient of a leaf where it was, and adds to one that is there',
  (_, make, shape) => {
    const layer = make();
    const x = randn([...shape]);
    const loss = (): Tensor => layer.forward(x).square().sum();
    for (const name of ['weight', 'bias'] as const) {
      layer.weight.grad = null;
      const leaf = layer[name] as Tensor;
      leaf.grad = null;
      loss().backward();
      const buffer = leaf.grad as unknown as Tensor;
      const once = [...(buffer.dataSync() as Float32Array)];
      loss().backward();
      expect([...(buffer.dataSync() as Float32Array)]).toEqual(once.map((value) => 2 * value));
      leaf.grad = null;
      loss().backward();
      expect(leaf.grad).toBe(buffer);
      expect([...(buffer.dataSync() as Float32Array)]).toEqual(once);
    }
  },
);

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
