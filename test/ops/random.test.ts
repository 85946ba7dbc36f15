// Random operations: their distributions, their seeds, and their place in the stream.

import {
  ArgumentError,
  bernoulli,
  full,
  getRandomState,
  manualSeed,
  multinomial,
  nn,
  noGrad,
  normal,
  poisson,
  rand,
  randn,
  randperm,
  setRandomState,
  standardGamma,
  type Tensor,
  tensor,
  uniform,
} from 'quern';
import { describe, expect, it } from 'vitest';
import type { Row } from '../op_db/row.js';
import { rows } from '../op_db.js';
import { bits } from '../support/compare.js';
import { BACKENDS, on } from '../support/engines.js';
import { call, operandsOf, plainInputs } from '../support/harness.js';
import { erf } from '../support/reference/functions.js';

const random = rows.filter(([, row]) => row.distribution !== undefined);

type Distribution = NonNullable<Row['distribution']>;

/** The largest distance between the distribution function and that of the sample (Kolmogorov and Smirnov). */
function largestDistance(values: readonly number[], { cdf, whole, sample }: Distribution): number {
  const sorted = [...values].sort((a, b) => a - b);
  const count = sorted.length;
  const expected = (value: number): number => cdf(value, ...((sample.args ?? []) as never[]));
  let most = 0;
  for (let i = 0; i < count; i++) {
    const last = i + 1 === count || sorted[i + 1] !== sorted[i];
    if (last) most = Math.max(most, Math.abs((i + 1) / count - expected(sorted[i])));
    if (!whole) most = Math.max(most, Math.abs(i / count - expected(sorted[i])));
  }
  return most;
}

describe.each(BACKENDS)('distributions, $name', (engine) => {
  for (const [name, row] of random) {
    const distribution = row.distribution as Distribution;
    it.each(row.dtypes)(`${name} in %s`, (dtype) => {
      const { sample } = distribution;
      const { values } = operandsOf(sample, plainInputs(row, sample, dtype), dtype, 'dense');
      const [drawn] = on(engine, () => call(row, sample, values, dtype));
      const numbers = Array.from(drawn.dataSync());
      // Passed by all but one in ten thousand right generators; the seed is fixed.
      expect(largestDistance(numbers, distribution)).toBeLessThan(2.2 / Math.sqrt(numbers.length));
    });
  }
});

describe('the stream', () => {
  it('starts again with its seed, and goes on otherwise', () => {
    manualSeed(3);
    const [first, second] = [bits(rand([5])), bits(rand([5]))];
    manualSeed(3);
    expect(bits(rand([5]))).toBe(first);
    expect(bits(rand([5]))).toBe(second);
    manualSeed(4);
    expect(bits(rand([5]))).not.toBe(first);
    expect(first).not.toBe(second);
  });

  it('can be kept and set back', () => {
    const state = getRandomState();
    const before = bits(randn([7]));
    setRandomState(state);
    expect(bits(randn([7]))).toBe(before);
  });

  it('takes seeds of 64 bits', () => {
    manualSeed(2n ** 40n + 1n);
    const wide = bits(rand([4]));
    manualSeed(1);
    expect(bits(rand([4]))).not.toBe(wide);
    expect(() => manualSeed(0.5)).toThrow(/whole/);
  });

  it('is independent of the shape in which numbers are drawn', () => {
    manualSeed(5);
    const flat = rand([12]).toArray();
    manualSeed(5);
    expect(rand([3, 4]).flatten().toArray()).toEqual(flat);
  });
});

describe('bounds', () => {
  it('hold, the upper one outside', () => {
    manualSeed(1);
    const x = uniform([50_000], 2, 2.0000002);
    expect(x.amin().item()).toBeGreaterThanOrEqual(2);
    expect(x.amax().item()).toBeLessThan(Math.fround(2.0000002));
  });

  it('of probabilities 0 and 1 are certain', () => {
    expect(
      bernoulli(full([1000], 0))
        .sum()
        .item(),
    ).toBe(0);
    expect(
      bernoulli(full([1000], 1))
        .sum()
        .item(),
    ).toBe(1000);
  });
});

/** How many of many draws lie at or below a value. */
const share = (x: Tensor, value: number): number => x.le(value).to('float64').mean().item() as number;

describe.each(BACKENDS)('laws whose shape depends on their parameter, $name', (engine) => {
  it('standardGamma below 1 and far above', () => {
    on(engine, () => {
      manualSeed(11);
      // The half-normal squared and halved; and nearly a normal distribution.
      const small = standardGamma(full([40_000], 0.5, { dtype: 'float64' }));
      for (const value of [0.01, 0.2, 1, 2])
        expect(share(small, value)).toBeCloseTo(erf(Math.sqrt(value)), 1.9);
      const large = standardGamma(full([40_000], 1e6, { dtype: 'float64' }));
      expect(Math.abs((large.mean().item() as number) - 1e6)).toBeLessThan(30);
      expect(large.std().item() as number).toBeCloseTo(1000, -1.6);
    });
  });

  it('poisson of large rates', () => {
    on(engine, () => {
      manualSeed(12);
      const x = poisson(full([40_000], 50, { dtype: 'float64' }));
      let [term, sum] = [Math.exp(-50), Math.exp(-50)];
      for (let k = 1; k <= 70; k++) {
        term *= 50 / k;
        sum += term;
        if (k % 5 === 0) expect(Math.abs(share(x, k) - sum)).toBeLessThan(0.011);
      }
      expect(x.floor().eq(x).all().item()).toBe(true);
    });
  });

  it('normal of tensors', () => {
    on(engine, () => {
      manualSeed(13);
      const mean = full([2, 1], 3).mul(tensor([[1], [-1]]));
      const x = normal(mean, full([20_000], 2));
      expect(x.shape).toEqual([2, 20_000]);
      expect(Math.abs((x.select(0, 0).mean().item() as number) - 3)).toBeLessThan(0.05);
      expect(Math.abs((x.select(0, 1).std().item() as number) - 2)).toBeLessThan(0.04);
      expect(normal(1, full([2], 0)).toArray()).toEqual([1, 1]);
      expect(() => normal(1, full([2], -1))).toThrow(ArgumentError);
    });
  });

  it('multinomial without replacement draws each once, by weight', () => {
    on(engine, () => {
      manualSeed(14);
      const weights = tensor([1, 2, 3, 0, 4]).expand([20_000, 5]);
      const drawn = multinomial(weights, 2).to('float64');
      const [first, second] = drawn.unbind(1);
      expect(first.eq(second).any().item()).toBe(false);
      expect(drawn.eq(3).any().item()).toBe(false);
      expect(Math.abs(share(first, 1) - 0.3)).toBeLessThan(0.015);
      // Of those that drew 4 first, the second is among the others by their weights.
      const after = second.maskedSelect(first.eq(4));
      expect(Math.abs(share(after, 1) - 0.5)).toBeLessThan(0.025);
    });
  });
});

describe('in place', () => {
  it('random_ without bounds fills what the dtype holds', () => {
    manualSeed(15);
    for (const [dtype, limit] of [
      ['float32', 2 ** 24],
      ['float64', 2 ** 53],
      ['int32', 2 ** 31],
      ['uint8', 256],
      ['bool', 2],
    ] as const) {
      const x = full([4000], 0).to(dtype).random_().to('float64');
      const most = x.amax().item() as number;
      expect(most).toBeLessThan(limit);
      expect(most).toBeGreaterThanOrEqual(limit === 2 ? 1 : limit * 0.99);
      expect(x.floor().eq(x).all().item()).toBe(true);
    }
  });

  it('writes what was drawn into views, and stops gradients', () => {
    const x = full([2, 3], 0);
    x.t().select(0, 1).bernoulli_({ p: 1 });
    expect(x.toArray()).toEqual([
      [0, 1, 0],
      [0, 1, 0],
    ]);
    const w = full([2], 1, { requiresGrad: true });
    const y = w.mul(2);
    y.normal_({ std: 0 });
    y.add(w).sum().backward();
    expect(w.grad?.toArray()).toEqual([1, 1]);
  });

  it('leaves alone what a wrong probability was meant for', () => {
    const x = full([2], 5);
    expect(() => x.bernoulli_({ p: tensor([0.5, 2]) })).toThrow(ArgumentError);
    expect(x.toArray()).toEqual([5, 5]);
  });
});

describe('randperm', () => {
  it('has every number once', () => {
    const order = randperm(1000).toArray() as number[];
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  });
});

describe('dropout', () => {
  it('drops or scales, and its gradient does the same', () => {
    manualSeed(2);
    const x = full([400], 3, { requiresGrad: true });
    const y = nn.functional.dropout(x, { p: 0.25 });
    y.sum().backward();
    const kept = noGrad(() => y.div(3)).toArray() as number[];
    expect(x.grad?.toArray()).toEqual(kept);
    expect(new Set(kept)).toEqual(new Set([0, Math.fround(4 / 3)]));
  });

  it('does nothing outside training, and everything at p = 1', () => {
    const x = full([4], 3);
    expect(nn.functional.dropout(x, { p: 0.5, training: false }).toArray()).toEqual([3, 3, 3, 3]);
    expect(nn.functional.dropout(x, { p: 1 }).toArray()).toEqual([0, 0, 0, 0]);
  });
});
