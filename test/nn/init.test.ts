// Initialisation: orthogonal matrices, truncated laws, patterns; what they promise and what they refuse.

import { ArgumentError, DTypeError, eye, manualSeed, nn, ShapeError, type Tensor, zeros } from 'quern';
import { describe, expect, it } from 'vitest';
import { bits } from '../support/compare.js';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, type Nested, readGolden } from '../support/golden.js';
import { erf } from '../support/reference/functions.js';

const apart = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax().item() as number;

describe('orthogonal_', () => {
  it.each([
    [[3, 5], 1],
    [[6, 2], 2],
    [[4, 4], 0.5],
    [[4, 3, 2], 1],
    [[1, 1], 1],
  ])('writes orthonormal rows or columns over %j, gain %d', (shape, gain) => {
    manualSeed(4);
    const w = nn.init.orthogonal_(zeros(shape, { dtype: 'float64' }), { gain }).flatten({ startDim: 1 });
    const [rows, columns] = w.shape;
    const product = rows <= columns ? w.matmul(w.t()) : w.t().matmul(w);
    const identity = eye(Math.min(rows, columns), undefined, { dtype: 'float64' });
    expect(apart(product, identity.mul(gain * gain))).toBeLessThan(1e-13);
  });

  it('draws evenly: no entry has a sign of its own', () => {
    manualSeed(2);
    let total = zeros([2, 2], { dtype: 'float64' });
    for (let i = 0; i < 400; i++) total = total.add(nn.init.orthogonal_(zeros([2, 2], { dtype: 'float64' })));
    expect(total.div(400).abs().amax().item()).toBeLessThan(0.15);
  });

  it('writes parameters and refuses what it cannot fill', () => {
    const layer = new nn.Linear(3, 3);
    expect(nn.init.orthogonal_(layer.weight)).toBe(layer.weight);
    expect(layer.weight.requiresGrad).toBe(true);
    expect(apart(layer.weight.matmul(layer.weight.t()), eye(3))).toBeLessThan(1e-5);
    expect(() => nn.init.orthogonal_(zeros([3]))).toThrow(ShapeError);
    expect(() => nn.init.orthogonal_(zeros([2, 2], { dtype: 'int32' }))).toThrow(DTypeError);
    expect(() => nn.init.orthogonal_(zeros([2, 2]), { gain: Number.NaN })).toThrow(ArgumentError);
  });
});

describe('truncNormal_', () => {
  const phi = (z: number): number => (1 + erf(z / Math.SQRT2)) / 2;

  /** The largest distance between the distribution function and that of the sample (Kolmogorov and Smirnov). */
  function distance(values: Float64Array | Float32Array, cdf: (value: number) => number): number {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted.reduce(
      (most, value, i) =>
        Math.max(
          most,
          Math.abs((i + 1) / sorted.length - cdf(value)),
          Math.abs(i / sorted.length - cdf(value)),
        ),
      0,
    );
  }

  const CASES = [
    {},
    { std: 0.02, a: -0.04, b: 0.01 },
    { mean: 3, std: 2, a: 4, b: 20 },
    { mean: -1, std: 0.5, a: -1.1, b: -0.9 },
  ];

  describe.each(BACKENDS)('$name', (engine) => {
    it.each(CASES)('has the law that it promises, %j', (options) => {
      on(engine, () => {
        const {
          mean = 0,
          std = 1,
          a = -2,
          b = 2,
        } = options as { mean?: number; std?: number; a?: number; b?: number };
        const [low, high] = [phi((a - mean) / std), phi((b - mean) / std)];
        for (const dtype of ['float32', 'float64'] as const) {
          manualSeed(5);
          const x = nn.init.truncNormal_(zeros([200, 100], { dtype }), options);
          expect(x.amin().item()).toBeGreaterThanOrEqual(dtype === 'float32' ? Math.fround(a) : a);
          expect(x.amax().item()).toBeLessThanOrEqual(dtype === 'float32' ? Math.fround(b) : b);
          const off = distance(
            x.dataSync() as Float64Array,
            (value) => (phi((value - mean) / std) - low) / (high - low),
          );
          expect(off).toBeLessThan(2.2 / Math.sqrt(20_000));
        }
      });
    });
  });

  it('is exact far out, on either side, and where all of the law lies inside', () => {
    // Beyond 8 deviations the law is nearly exponential: its mean is 8 + 1/8 − 2/8³ + 10/8⁵.
    for (const side of [1, -1]) {
      manualSeed(3);
      const bounds = side === 1 ? { a: 8, b: 30 } : { a: -30, b: -8 };
      const x = nn.init.truncNormal_(zeros([50_000], { dtype: 'float64' }), bounds);
      expect((x.mean().item() as number) * side).toBeCloseTo(8 + 1 / 8 - 2 / 512 + 10 / 32_768, 2);
      expect(x.unique().size).toBe(50_000);
    }
    const wide = nn.init.truncNormal_(zeros([50_000]), { a: -100, b: 100 });
    expect(wide.std().item()).toBeCloseTo(1, 1);
    expect(wide.isFinite().all().item()).toBe(true);
  });

  it('draws the same on both backends, over views and parameters too', () => {
    const drawn = BACKENDS.map((engine) =>
      on(engine, () => {
        manualSeed(7);
        return bits(nn.init.truncNormal_(zeros([40, 3])));
      }),
    );
    expect(new Set(drawn).size).toBe(1);
    const base = zeros([3, 2]);
    manualSeed(7);
    nn.init.truncNormal_(base.t());
    manualSeed(7);
    expect(base.t().equal(nn.init.truncNormal_(zeros([2, 3])))).toBe(true);
    const { weight } = new nn.Linear(3, 3);
    expect(nn.init.truncNormal_(weight)).toBe(weight);
    expect(weight.requiresGrad).toBe(true);
  });

  it('refuses what is no law', () => {
    const x = zeros([2]);
    expect(() => nn.init.truncNormal_(x, { a: 2, b: 2 })).toThrow(ArgumentError);
    expect(() => nn.init.truncNormal_(x, { std: 0 })).toThrow(/constant_/);
    expect(() => nn.init.truncNormal_(x, { a: Number.NEGATIVE_INFINITY })).toThrow(ArgumentError);
    expect(() => nn.init.truncNormal_(x, { a: 50, b: 60 })).toThrow(/next to nothing/);
    expect(() => nn.init.truncNormal_(zeros([2], { dtype: 'int32' }))).toThrow(DTypeError);
    expect(x.toArray()).toEqual([0, 0]);
  });
});

interface Pattern {
  readonly dtype: Floating;
  readonly init: 'eye_' | 'dirac_';
  readonly options: { groups?: number };
  readonly shape: readonly number[];
  readonly values: Nested;
}

describe('patterns', () => {
  const patterns = readGolden<Pattern>('modules.json').filter((one) => 'init' in one);

  it.each(patterns)(
    "$init is PyTorch's, $shape $options, $dtype",
    ({ init, options, shape, values, dtype }) => {
      const x = zeros(shape, { dtype }).add(7);
      const got = init === 'eye_' ? nn.init.eye_(x) : nn.init.dirac_(x, options);
      expect(got).toBe(x);
      demandGolden(init, got, values, dtype);
    },
  );

  it('pass inputs on', () => {
    manualSeed(2);
    const x = zeros([2, 3, 5, 4]).normal_();
    const convolution = new nn.Conv2d(3, 3, 3, { padding: 1, bias: false });
    nn.init.dirac_(convolution.weight);
    expect(convolution.forward(x).equal(x)).toBe(true);
    const layer = new nn.Linear(4, 4, { bias: false });
    nn.init.eye_(layer.weight);
    expect(layer.forward(x).equal(x)).toBe(true);
  });

  it('are refused where they have no meaning', () => {
    expect(() => nn.init.eye_(zeros([2]))).toThrow(ShapeError);
    expect(() => nn.init.dirac_(zeros([2, 2]))).toThrow(ShapeError);
    expect(() => nn.init.dirac_(zeros([3, 2, 1]), { groups: 2 })).toThrow(ArgumentError);
    expect(nn.init.dirac_(zeros([3, 2, 0])).size).toBe(0);
  });
});

describe('sparse_', () => {
  it('leaves its share of each column 0, in places of chance, and the rest normal', () => {
    manualSeed(6);
    const x = nn.init.sparse_(zeros([100, 400]), 0.253, { std: 2 });
    const zero = x.eq(0).to('float32');
    expect(zero.sum(0).unique().toArray()).toEqual([26]);
    // Each row has about its share too.
    expect(zero.mean(1).sub(0.26).abs().amax().item()).toBeLessThan(0.1);
    const rest = x.maskedSelect(x.ne(0));
    expect(rest.std().item() as number).toBeCloseTo(2, 1);
    expect(Math.abs(rest.mean().item() as number)).toBeLessThan(0.05);
    expect(
      nn.init
        .sparse_(zeros([4, 2]), 1)
        .toArray()
        .flat(),
    ).toEqual(Array(8).fill(0));
    expect(
      nn.init
        .sparse_(zeros([4, 2]), 0)
        .eq(0)
        .any()
        .item(),
    ).toBe(false);
  });

  it('refuses what is no share', () => {
    expect(() => nn.init.sparse_(zeros([2, 2]), 1.5)).toThrow(ArgumentError);
    expect(() => nn.init.sparse_(zeros([2, 2]), 0.5, { std: -1 })).toThrow(ArgumentError);
    expect(() => nn.init.sparse_(zeros([2]), 0.5)).toThrow(ShapeError);
    expect(() => nn.init.sparse_(zeros([2, 2], { dtype: 'int32' }), 0.5)).toThrow(DTypeError);
  });
});
