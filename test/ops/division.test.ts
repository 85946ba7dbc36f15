// Rounded division and shifts where languages differ: signs, extremes, divisors of 0.

import {
  ArgumentError,
  bitwiseLeftShift,
  bitwiseNot,
  bitwiseRightShift,
  div,
  floorDivide,
  fmod,
  remainder,
  tensor,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';

const LEAST = -2147483648;
const int = (values: number[]) => tensor(values, { dtype: 'int32' });

describe.each(BACKENDS)('$name', (engine) => {
  it('div rounds as it is told', () => {
    on(engine, () => {
      const [a, b] = [tensor([7, -7, 7, -7]), tensor([2, 2, -2, -2])];
      expect(div(a, b, { roundingMode: 'trunc' }).toArray()).toEqual([3, -3, -3, 3]);
      expect(div(a, b, { roundingMode: 'floor' }).toArray()).toEqual([3, -4, -4, 3]);
      expect(a.div(b, {}).toArray()).toEqual([3.5, -3.5, -3.5, 3.5]);
      expect(a.div_(2, { roundingMode: 'floor' }).toArray()).toEqual([3, -4, 3, -4]);
      expect(() => div(a, b, { roundingMode: 'round' as never })).toThrow(ArgumentError);
    });
  });

  it('integers keep their dtype, and the signs of C and of Python', () => {
    on(engine, () => {
      const [a, b] = [int([7, -7, 7, -7, 6]), int([3, 3, -3, -3, -3])];
      const trunc = div(a, b, { roundingMode: 'trunc' });
      expect([trunc.dtype, trunc.toArray()]).toEqual(['int32', [2, -2, -2, 2, -2]]);
      expect(floorDivide(a, b).toArray()).toEqual([2, -3, -3, 2, -2]);
      expect(fmod(a, b).toArray()).toEqual([1, -1, 1, -1, 0]);
      expect(remainder(a, b).toArray()).toEqual([1, 2, -2, -1, 0]);
      expect(a.floorDivide_(2).toArray()).toEqual([3, -4, 3, -4, 3]);
    });
  });

  it('the least integer by −1 wraps and does not trap', () => {
    on(engine, () => {
      const [a, b] = [int([LEAST]), int([-1])];
      expect(div(a, b, { roundingMode: 'trunc' }).toArray()).toEqual([LEAST]);
      expect(floorDivide(a, b).toArray()).toEqual([LEAST]);
      expect(fmod(a, b).toArray()).toEqual([0]);
      expect(remainder(a, b).toArray()).toEqual([0]);
    });
  });

  it('a divisor of 0 is refused before anything is written', () => {
    on(engine, () => {
      const a = int([4, 5, 6]);
      expect(() => a.remainder_(int([1, 2, 0]))).toThrow(/\[remainder\].*0.*to\(\)/);
      expect(() => a.fmod_(0)).toThrow(ArgumentError);
      expect(a.toArray()).toEqual([4, 5, 6]);
      const strided = int([1, 0, 2, 0]).reshape([2, 2]).select(1, 0);
      expect(floorDivide(int([4, 4]), strided).toArray()).toEqual([4, 2]);
      expect(int([]).fmod(int([0])).shape).toEqual([0]);
    });
  });

  it('large quotients leave exact remainders', () => {
    on(engine, () => {
      const a = [1e30, 16777217 * 3, 123456.75, 5e-40, 1e38];
      const b = [3, 3, 0.1, 3e-42, 1e-38];
      for (const dtype of ['float32', 'float64'] as const) {
        const [x, y] = [tensor(a, { dtype }), tensor(b, { dtype })];
        const [p, q] = [x.toArray() as number[], y.toArray() as number[]];
        expect(fmod(x, y).toArray()).toEqual(p.map((value, i) => value % q[i]));
      }
    });
  });

  it('shifts by less than none or by all bits', () => {
    on(engine, () => {
      const places = int([-1, 31, 32, 40]);
      expect(bitwiseLeftShift(int([1, 1, 1, 1]), places).toArray()).toEqual([0, LEAST, 0, 0]);
      expect(bitwiseRightShift(int([-9, -9, -9, 9]), places).toArray()).toEqual([-1, -1, -1, 0]);
      const bytes = tensor([200, 200], { dtype: 'uint8' });
      expect(bitwiseLeftShift(bytes, 1).toArray()).toEqual([144, 144]);
      expect(bytes.bitwiseRightShift(tensor([3, 9], { dtype: 'uint8' })).toArray()).toEqual([25, 0]);
    });
  });

  it('bits of truth values stay truth values', () => {
    on(engine, () => {
      const flags = tensor([true, false]);
      expect(bitwiseNot(flags).toArray()).toEqual([false, true]);
      expect(flags.bitwiseXor(tensor([true, true])).toArray()).toEqual([false, true]);
    });
  });
});
