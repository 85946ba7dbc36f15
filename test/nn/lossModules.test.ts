// Losses that PyTorch has no module for: each module is its function, with its options, gradient and state.

import { manualSeed, nn, rand, randn, type Tensor, tensor } from 'quern';
import { beforeEach, describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';

const F = nn.functional;

/** The loss and the gradient of its operand. */
function resultsOf(loss: (x: Tensor) => Tensor, x: Tensor): unknown[] {
  const leaf = x.clone();
  leaf.requiresGrad = true;
  const value = loss(leaf);
  value.sum().backward();
  return [value.toArray(), leaf.grad?.toArray()];
}

beforeEach(() => manualSeed(3));

describe.each(BACKENDS)('$name', (engine) => {
  const run = (name: string, test: () => void): void => {
    it(name, () => on(engine, test));
  };

  run('HingeLoss', () => {
    const x = randn([6]);
    const sides = tensor([1, -1, 1, 1, -1, -1]);
    for (const options of [{}, { margin: 0.5 }, { reduction: 'sum' }, { reduction: 'none' }] as const) {
      const module = new nn.HingeLoss(options);
      expect(resultsOf((leaf) => module.forward(leaf, sides), x)).toEqual(
        resultsOf((leaf) => F.hingeLoss(leaf, sides, options), x),
      );
    }
    const written = x.toArray() as number[];
    const losses = written.map((score, i) => Math.max(0, 0.5 - score * sides.toArray()[i]));
    const mean = losses.reduce((a, b) => a + b) / 6;
    expect(new nn.HingeLoss({ margin: 0.5 }).forward(x, sides).item()).toBeCloseTo(mean, 6);
  });

  run('FocalLoss', () => {
    const x = randn([4, 3]);
    const classes = tensor([2, 0, 1, 2], { dtype: 'int32' });
    const weight = tensor([0.2, 0.3, 0.5]);
    for (const options of [{}, { gamma: 0.5 }, { weight, reduction: 'sum' }, { ignoreIndex: 2 }] as const) {
      const module = new nn.FocalLoss(options);
      expect(resultsOf((leaf) => module.forward(leaf, classes), x)).toEqual(
        resultsOf((leaf) => F.focalLoss(leaf, classes, options), x),
      );
    }
    // With γ = 0 it is the cross entropy.
    expect(new nn.FocalLoss({ gamma: 0 }).forward(x, classes).item()).toBeCloseTo(
      F.crossEntropy(x, classes).item() as number,
      6,
    );
    expect(Object.keys(new nn.FocalLoss({ weight }).stateDict())).toEqual(
      Object.keys(new nn.CrossEntropyLoss({ weight }).stateDict()),
    );
  });

  run('DiceLoss', () => {
    const x = rand([2, 5]);
    const regions = tensor([
      [1, 0, 1, 1, 0],
      [0, 0, 1, 0, 1],
    ]);
    for (const options of [{}, { smooth: 0 }, { smooth: 2, reduction: 'none' }] as const) {
      const module = new nn.DiceLoss(options);
      expect(resultsOf((leaf) => module.forward(leaf, regions), x)).toEqual(
        resultsOf((leaf) => F.diceLoss(leaf, regions, options), x),
      );
    }
    expect(new nn.DiceLoss().forward(regions, regions).item()).toBeCloseTo(0, 6);
  });
});
