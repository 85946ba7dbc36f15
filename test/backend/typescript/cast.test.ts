// Casts, copies and fills of the TypeScript backend.

import { describe, expect, it } from 'vitest';
import { BOOL, FLOAT32, FLOAT64, INT32, type Kind, UINT8 } from '../../../lib/core/dtype.js';
import { arrangements, at, dense, empty, indicesOf, onlyOwnTouched, read, run, samples } from './operands.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const KINDS = [FLOAT32, FLOAT64, INT32, UINT8, BOOL];

function cast(to: Kind, from: Kind, values: number[]): number[] {
  const out = empty(to, [values.length]);
  run('cast', to, { 0: from }, out, dense(from, [values.length], values));
  return read(out);
}

describe('cast', () => {
  it('truncates floats towards zero, saturates, and takes NaN for zero', () => {
    const values = [1.9, -1.9, nan, inf, -inf, 3e9, -3e9, -0.5];
    const most = 2 ** 31 - 1;
    for (const from of [FLOAT32, FLOAT64]) {
      expect(cast(INT32, from, values)).toEqual([1, -1, 0, most, -(2 ** 31), most, -(2 ** 31), 0]);
    }
  });

  it('keeps the low byte of the int32 for uint8', () => {
    expect(cast(UINT8, FLOAT32, [300.7, -1.5, nan, inf])).toEqual([44, 255, 0, 255]);
    expect(cast(UINT8, INT32, [300, -1])).toEqual([44, 255]);
  });

  it('makes truth of whatever is not zero', () => {
    expect(cast(BOOL, FLOAT64, [0, -0, 0.1, nan])).toEqual([0, 0, 1, 1]);
    expect(cast(BOOL, UINT8, [0, 1, 200])).toEqual([0, 1, 1]);
    expect(cast(BOOL, INT32, [0, -7])).toEqual([0, 1]);
  });

  it('rounds to float32', () => {
    expect(cast(FLOAT32, FLOAT64, [0.1, 1e300])).toEqual([Math.fround(0.1), inf]);
    expect(cast(FLOAT32, INT32, [16777217])).toEqual([16777216]);
    expect(cast(FLOAT64, BOOL, [0, 1])).toEqual([0, 1]);
  });

  it('copies and broadcasts any arrangement', () => {
    for (const kind of KINDS) {
      for (const [dims, xDims] of [
        [
          [5, 30, 11],
          [30, 11],
        ],
        [
          [4, 6],
          [4, 6],
        ],
        [[4, 6], []],
        [[0, 3], [3]],
      ]) {
        for (const x of arrangements(kind, xDims, samples(kind, 330))) {
          for (const out of arrangements(kind, dims, new Float64Array(1650))) {
            run('cast', kind, { 0: kind }, out, x);
            expect(read(out)).toEqual(indicesOf(dims).map((index) => at(x, index)));
            expect(onlyOwnTouched(out)).toBe(true);
          }
        }
      }
    }
  });
});

describe('fill', () => {
  it('fills any arrangement, and nothing else', () => {
    for (const kind of KINDS) {
      for (const dims of [[], [3], [50, 60], [2, 0]]) {
        for (const out of arrangements(kind, dims, new Float64Array(3000))) {
          run('fill', kind, { 0: 1 }, out);
          expect(read(out).every((value) => value === 1)).toBe(true);
          expect(onlyOwnTouched(out)).toBe(true);
        }
      }
    }
  });

  it('converts the value as a cast would', () => {
    const filled = (kind: Kind, value: number) => {
      const out = empty(kind, [1]);
      run('fill', kind, { 0: value }, out);
      return read(out)[0];
    };
    expect(filled(INT32, 1e12)).toBe(2 ** 31 - 1);
    expect(filled(INT32, -2.7)).toBe(-2);
    expect(filled(UINT8, 258)).toBe(2);
    expect(filled(BOOL, 0.5)).toBe(1);
    expect(filled(FLOAT32, nan)).toBe(nan);
  });
});
