// Long sums keep their accuracy: float32 over ten million values, against float64 sums computed here.
import { manualSeed, mean, rand, sum, type Tensor, variance } from 'quern';
import { beforeAll, describe, expect, it } from 'vitest';

const COUNT = 10_000_000;
const TOLERANCE = 1e-6;

describe('ten million float32 values, uniform in [0, 1)', () => {
  let x: Tensor;
  let exactMean: number;
  let exactVariance: number;

  beforeAll(() => {
    manualSeed(3);
    x = rand([COUNT]);
    const values = x.dataSync();
    let total = 0;
    for (let i = 0; i < COUNT; i++) total += Number(values[i]);
    exactMean = total / COUNT;
    let squares = 0;
    for (let i = 0; i < COUNT; i++) squares += (Number(values[i]) - exactMean) ** 2;
    exactVariance = squares / (COUNT - 1);
  });

  const relative = (got: Tensor, exact: number) => Math.abs(got.item() / exact - 1);

  it('sum', () => {
    expect(relative(sum(x), exactMean * COUNT)).toBeLessThan(TOLERANCE);
  });

  it('sum of every second one', () => {
    const half = x.reshape([COUNT / 2, 2]);
    const got = sum(half, 0).dataSync();
    expect(Math.abs((Number(got[0]) + Number(got[1])) / (exactMean * COUNT) - 1)).toBeLessThan(TOLERANCE);
  });

  it('mean', () => {
    expect(relative(mean(x), exactMean)).toBeLessThan(TOLERANCE);
  });

  it('variance', () => {
    expect(relative(variance(x), exactVariance)).toBeLessThan(TOLERANCE);
  });
});
