// The dropout family and the samples of categories: what they make of values, of whole channels, and of gradients.

import { full, gradients, manualSeed, nn, ones, randn, ShapeError, type Tensor, tensor, zeros } from 'quern';
import { describe, expect, it } from 'vitest';
import { bits } from '../support/compare.js';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, type Nested, readGolden } from '../support/golden.js';

const F = nn.functional;

const CHANNELLED = ['dropout1d', 'dropout2d', 'dropout3d', 'featureAlphaDropout'] as const;
type Name = (typeof CHANNELLED)[number] | 'alphaDropout';

interface Spread {
  readonly dtype: Floating;
  readonly dropout: Name;
  readonly shape: readonly number[];
  readonly p: number;
  readonly value: number;
  readonly values: Nested;
  readonly slopes: Nested;
}

const spreads = readGolden<Spread>('modules.json').filter((one) => 'dropout' in one);

describe.each(BACKENDS)('dropout, $name', (engine) => {
  it.each(spreads)('$dropout makes what PyTorch makes of $value, p $p, $dtype', (one) => {
    on(engine, () => {
      manualSeed(1);
      const x = full(one.shape, one.value, { dtype: one.dtype, requiresGrad: true });
      const y = F[one.dropout](x, { p: one.p });
      y.sum().backward();
      demandGolden('values', y.detach().unique() as Tensor, one.values, one.dtype);
      demandGolden('slopes', x.grad?.unique() as Tensor, one.slopes, one.dtype);
    });
  });

  it('drops channels whole, of each sample its own', () => {
    on(engine, () => {
      const shapes = { dropout1d: [4, 50, 3], dropout2d: [4, 50, 3, 2], dropout3d: [4, 50, 3, 1, 2] };
      for (const [name, shape] of Object.entries({ ...shapes, featureAlphaDropout: [4, 50, 6] })) {
        manualSeed(9);
        const y = F[name as Name](ones(shape)).flatten({ startDim: 2 });
        expect(y.amax(2).equal(y.amin(2)), name).toBe(true);
        const kept = y.select(2, 0).gt(0).to('float32');
        expect(Math.abs((kept.mean().item() as number) - 0.5)).toBeLessThan(0.15);
        expect(kept.select(0, 0).equal(kept.select(0, 1)), name).toBe(false);
      }
      // One sample alone; three dimensions of dropout2d are a batch, as in PyTorch.
      expect(
        F.dropout1d(ones([200, 3]))
          .amax(1)
          .mean()
          .item(),
      ).toBeGreaterThan(0.7);
      const image = F.dropout3d(ones([200, 1, 3, 2])).flatten({ startDim: 1 });
      expect(image.amax(1).equal(image.amin(1))).toBe(true);
      const batch = F.dropout2d(ones([2, 100, 3]));
      expect(batch.amax(2).equal(batch.amin(2))).toBe(true);
      expect(batch.select(2, 0).unique()).toHaveProperty('size', 2);
    });
  });
});

describe('dropout', () => {
  it('of the alpha kind keeps mean 0 and variance 1', () => {
    manualSeed(3);
    for (const p of [0.1, 0.5, 0.8]) {
      const y = F.alphaDropout(randn([200_000]), { p });
      expect(Math.abs(y.mean().item() as number)).toBeLessThan(0.015);
      expect(Math.abs((y.variance().item() as number) - 1)).toBeLessThan(0.03);
      const z = F.featureAlphaDropout(randn([2000, 100, 1]), { p });
      expect(Math.abs((z.variance().item() as number) - 1)).toBeLessThan(0.03);
    }
  });

  it('as a layer drops in training alone, from the same seed the same', () => {
    const layers = [
      [new nn.Dropout(), [3, 40]],
      [new nn.Dropout1d({ p: 0.3 }), [2, 40, 3]],
      [new nn.Dropout2d({ p: 0.3 }), [2, 40, 3, 2]],
      [new nn.Dropout3d({ p: 0.3 }), [2, 40, 3, 2, 1]],
      [new nn.AlphaDropout({ p: 0.3 }), [3, 40]],
      [new nn.FeatureAlphaDropout({ p: 0.3 }), [2, 40, 3]],
      [new nn.RReLU(), [3, 40]],
    ] as const;
    for (const [layer, shape] of layers) {
      const x = full(shape, -1);
      const run = (): string => {
        manualSeed(6);
        return bits(layer.forward(x));
      };
      const first = run();
      expect(run()).toBe(first);
      expect(bits(layer.forward(x)), layer.constructor.name).not.toBe(first);
      expect(layer.eval().forward(x).unique()).toHaveProperty('size', 1);
    }
    expect(() => new nn.Softmax2d().forward(ones([2, 2]))).toThrow(ShapeError);
  });

  it('of rectifiers draws a slope for each element below 0, which its gradient has too', () => {
    manualSeed(2);
    const x = randn([1000], { requiresGrad: true });
    const y = new nn.RReLU({ lower: 0.2, upper: 0.4 }).forward(x);
    const [slope] = gradients(y.sum(), [x]);
    expect(slope.mul(x).sub(y).abs().amax().item()).toBeLessThan(1e-6);
    const below = slope.maskedSelect(x.lt(0));
    expect(below.amin().item()).toBeGreaterThanOrEqual(Math.fround(0.2));
    expect(below.amax().item()).toBeLessThan(0.4);
    expect(below.unique()).toHaveProperty('size', below.size);
    expect(slope.maskedSelect(x.gt(0)).unique().toArray()).toEqual([1]);
  });
});

describe('gumbelSoftmax', () => {
  it('samples categories with their probabilities, whatever the temperature', () => {
    manualSeed(4);
    const probabilities = tensor([0.1, 0.2, 0.7]);
    for (const tau of [0.3, 5]) {
      const drawn = F.gumbelSoftmax(probabilities.log().expand([30_000, 3]), 1, { tau, hard: true });
      expect(drawn.sum(1).eq(1).all().item()).toBe(true);
      expect(drawn.unique().toArray()).toEqual([0, 1]);
      expect(drawn.mean(0).sub(probabilities).abs().amax().item()).toBeLessThan(0.01);
    }
  });

  it('is closer to one category the lower the temperature', () => {
    const peak = (tau: number): number => {
      manualSeed(8);
      return F.gumbelSoftmax(zeros([1000, 4]), -1, { tau })
        .amax(1)
        .mean()
        .item() as number;
    };
    expect(peak(0.1)).toBeGreaterThan(0.9);
    expect(peak(10)).toBeLessThan(0.32);
  });

  it('has the gradient of the soft sample where it is hard', () => {
    const direction = randn([5, 4]);
    const slopeOf = (hard: boolean): Tensor => {
      manualSeed(5);
      const logits = randn([5, 4], { requiresGrad: true });
      const y = F.gumbelSoftmax(logits, 1, { hard, tau: 0.5 });
      return gradients(y.mul(direction).sum(), [logits])[0];
    };
    expect(slopeOf(true).equal(slopeOf(false))).toBe(true);
    expect(slopeOf(true).abs().sum().item()).toBeGreaterThan(0);
  });
});
