// Random operations: their distributions, their seeds, and their place in the stream.

import {
  bernoulli,
  full,
  getRandomState,
  manualSeed,
  nn,
  noGrad,
  rand,
  randn,
  randperm,
  setRandomState,
  uniform,
} from 'quern';
import { describe, expect, it } from 'vitest';
import type { Row } from '../op_db/row.js';
import { rows } from '../op_db.js';
import { bits } from '../support/compare.js';
import { BACKENDS, on } from '../support/engines.js';
import { call, operandsOf, plainInputs } from '../support/harness.js';

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
