// Whether tensors are equal or close: answers that are JavaScript's truth values.

import { allClose, equal, isClose, memory, ShapeError, tensor, zeros } from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe.each(BACKENDS)('$name', (engine) => {
  it('allClose says whether all of isClose are true', () => {
    on(engine, () => {
      const x = tensor([1, 100]);
      expect(allClose(x, tensor([1.000001, 100.0001]))).toBe(true);
      expect(allClose(x, tensor([1, 101]))).toBe(false);
      expect(allClose(x, tensor([1, 101]), { rtol: 0.02 })).toBe(true);
      expect(x.allClose(tensor([1.5, 100.5]), { atol: 0.5, rtol: 0 })).toBe(true);
      expect(allClose(zeros([0]), zeros([0]))).toBe(true);
      expect(allClose(x, tensor(1), { atol: 100 })).toBe(true);
      expect(() => allClose(x, zeros([3]))).toThrow(ShapeError);
    });
  });

  it('isClose of NaN and infinities', () => {
    on(engine, () => {
      const x = tensor([nan, inf, inf, 1]);
      expect(isClose(x, tensor([nan, inf, -inf, inf])).toArray()).toEqual([false, true, false, false]);
      expect(isClose(x, x, { equalNan: true }).toArray()).toEqual([true, true, true, true]);
    });
  });

  it('isClose of integers beyond what float32 holds', () => {
    on(engine, () => {
      const x = tensor([16777216], { dtype: 'int32' });
      const y = tensor([16777217], { dtype: 'int32' });
      expect(isClose(x, y, { rtol: 0, atol: 0.5 }).toArray()).toEqual([false]);
    });
  });

  it('equal wants the same shape and elements, of whatever dtypes', () => {
    on(engine, () => {
      const x = tensor([1, 2]);
      expect(equal(x, tensor([1, 2], { dtype: 'int32' }))).toBe(true);
      expect(x.equal(tensor([1, 3]))).toBe(false);
      expect(equal(x, tensor([[1, 2]]))).toBe(false);
      expect(equal(tensor([nan]), tensor([nan]))).toBe(false);
      expect(equal(zeros([0, 2]), zeros([0, 2]))).toBe(true);
    });
  });

  it('leaves nothing behind', () => {
    on(engine, () => {
      const [x, y] = [zeros([3, 50]), zeros([3, 50])];
      equal(x, y);
      const before = memory().inUse;
      for (let i = 0; i < 5; i++) {
        equal(x, y);
        allClose(x, y);
      }
      expect(memory().inUse).toBeLessThanOrEqual(before);
    });
  });
});
