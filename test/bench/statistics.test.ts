// The benchmarks' summaries, and what they refuse.

import { expect, test } from 'vitest';
import { disagreement } from '../../bench/steps/losses.js';
import { barTable } from '../../bench/support/bars.js';
import { digits, markdownTable, time } from '../../bench/support/format.js';
import { geometricMean, median, spread } from '../../bench/support/statistics.js';

test('median, spread and geometric mean', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(spread([1, 2, 4])).toBe(0.75);
  expect(geometricMean([1, 4])).toBeCloseTo(2, 12);
});

test('figures have three digits and a unit', () => {
  expect([3e-8, 1.2345e-6, 0.0021, 12.34].map(time)).toEqual(['30 ns', '1.23 µs', '2.10 ms', '12340 ms']);
  expect(digits(1234.5)).toBe('1235');
});

test('tables are aligned', () => {
  expect(
    markdownTable([
      ['a', 'bb'],
      ['ccc', '1'],
    ]),
  ).toBe('| a   | bb |\n|-----|---:|\n| ccc |  1 |');
});

test('bars that are missed stand out', () => {
  const table = barTable([
    { what: 'a', bar: 'b', measured: '1', met: false },
    { what: 'c', bar: 'd', measured: '–', met: null },
  ]);
  expect(table).toContain('**missed**');
  expect(table).toContain('not measured');
});

test('losses must agree: the first by rounding alone, the later ones nearly, and never by NaN', () => {
  const reference = [2.3, 2.1, 1.9];
  expect(disagreement([2.3001, 2.105, 1.905], reference)).toBeNull();
  expect(disagreement([2.301, 2.1, 1.9], reference)).toContain('loss 1 is 2.301');
  expect(disagreement([2.3, 2.1, 1.92], reference)).toContain('loss 3');
  expect(disagreement([2.3, Number.NaN, 1.9], reference)).toContain('loss 2');
  expect(disagreement([2.3], reference)).toContain('loss 2');
});
