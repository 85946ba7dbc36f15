// Indexing beyond the op database: views, values by masks, ties, zeros and special values, histories in place.

import * as q from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';

const { NaN: nan } = Number;
const int = (data: number[]): q.Tensor => q.tensor(data, { dtype: 'int32' });
const leaf = (data: number[]): q.Tensor => q.tensor(data, { dtype: 'float64', requiresGrad: true });

describe.each(BACKENDS)('$name', (engine) => {
  it('index gives views of numbers and slices, and copies by tensors', () => {
    on(engine, () => {
      const x = q.arange(12).reshape([3, 4]);
      x.index(['1:', '::2']).fill_(0);
      expect(x.toArray()).toEqual([
        [0, 1, 2, 3],
        [0, 5, 0, 7],
        [0, 9, 0, 11],
      ]);
      expect(x.index([]).root).toBe(x.root);
      expect(x.index([[0]]).root).not.toBe(x.root);
    });
  });

  it('indexPut_ writes a list of values where a mask is true', () => {
    on(engine, () => {
      const x = q.zeros([2, 3]);
      const mask = q.tensor([
        [true, false, true],
        [false, true, false],
      ]);
      x.indexPut_([mask], q.tensor([5, 6, 7]));
      expect(x.toArray()).toEqual([
        [5, 0, 6],
        [0, 7, 0],
      ]);
      expect(() => x.indexPut_([mask], q.tensor([5, 6]))).toThrow(q.ShapeError);
    });
  });

  it('of values that meet, the last is written and has the gradient', () => {
    on(engine, () => {
      const source = leaf([1, 2, 3]);
      const out = q.scatter(q.zeros([2], { dtype: 'float64' }), 0, int([1, 1, 0]), source);
      expect(out.toArray()).toEqual([3, 2]);
      out
        .mul(q.tensor([10, 20], { dtype: 'float64' }))
        .sum()
        .backward();
      expect(source.grad?.toArray()).toEqual([0, 20, 10]);
    });
  });

  it('scatterReduce multiplies zeros away with their gradients', () => {
    on(engine, () => {
      const x = leaf([2, 3, 1]);
      const source = leaf([0, 5, 0, 0]);
      const out = q.scatterReduce(x, 0, int([0, 1, 2, 2]), source, 'prod');
      expect(out.toArray()).toEqual([0, 15, 0]);
      out.sum().backward();
      expect(x.grad?.toArray()).toEqual([0, 5, 0]);
      expect(source.grad?.toArray()).toEqual([2, 3, 0, 0]);
    });
  });

  it('scatterReduce shares the gradient among equals', () => {
    on(engine, () => {
      const x = leaf([4, 0]);
      const source = leaf([4, 4, 1]);
      q.scatterReduce(x, 0, int([0, 0, 1]), source, 'amax')
        .mul(6)
        .sum()
        .backward();
      expect([x.grad?.toArray(), source.grad?.toArray()]).toEqual([
        [2, 0],
        [2, 2, 6],
      ]);
    });
  });

  it('scatterReduce lets NaN win, and takes integers', () => {
    on(engine, () => {
      for (const reduce of ['amax', 'amin'] as const) {
        const source = q.tensor([nan, 1, 2]);
        const base = q.tensor([0, nan]);
        expect(q.scatterReduce(base, 0, int([0, 0, 1]), source, reduce).toArray()).toEqual([nan, nan]);
      }
      const bytes = q.tensor([200, 3], { dtype: 'uint8' });
      const factors = q.tensor([2, 2], { dtype: 'uint8' });
      const made = q.scatterReduce(bytes, 0, int([0, 1]), factors, 'prod');
      expect([made.dtype, made.toArray()]).toEqual(['uint8', [144, 6]]);
      const low = q.scatterReduce(int([7]), 0, int([0, 0]), int([-9, -5]), 'amax', { includeSelf: false });
      expect(low.toArray()).toEqual([-5]);
      expect(q.scatter(int([65536]), 0, int([0]), 65537, { reduce: 'multiply' }).toArray()).toEqual([65536]);
      expect(q.scatterReduce(q.tensor(3), 0, int([0]).reshape([]), q.tensor(4), 'prod').item()).toBe(12);
    });
  });

  it('bytes and truth values are added in place', () => {
    on(engine, () => {
      const bytes = q.tensor([250, 1], { dtype: 'uint8' });
      bytes.indexAdd_(0, int([0, 0]), q.tensor([3, 4], { dtype: 'uint8' }));
      bytes.scatter_(0, int([1]), 5, { reduce: 'add' });
      bytes.put_(int([1]), q.tensor([2], { dtype: 'uint8' }), { accumulate: true });
      expect([bytes.dtype, bytes.toArray()]).toEqual(['uint8', [1, 8]]);
    });
  });

  it('writing in place goes on with the history, and keeps what others saved apart', () => {
    on(engine, () => {
      const w = leaf([1, 2, 3]);
      const v = leaf([10]);
      const x = w.mul(2);
      x.indexPut_([1], v.reshape([]));
      x.mul(x).sum().backward();
      expect([w.grad?.toArray(), v.grad?.toArray()]).toEqual([[8, 0, 24], [20]]);
      const y = w.mul(2);
      const saved = y.mul(y);
      y.scatter_(0, int([0]), 5);
      expect(() => saved.sum().backward()).toThrow(q.GradientError);
    });
  });

  it('reads its indices before it writes over them', () => {
    on(engine, () => {
      const x = int([2, 0, 1]);
      x.scatter_(0, x, int([7, 8, 9]));
      expect(x.toArray()).toEqual([8, 9, 7]);
      const y = q.arange(4);
      y.indexCopy_(0, int([1, 2, 3]), y.narrow(0, 0, 3));
      expect(y.toArray()).toEqual([0, 0, 1, 2]);
    });
  });

  it('writes into views without a copy of their own', () => {
    on(engine, () => {
      const x = q.zeros([3, 2]);
      x.t().indexPut_([1, [0, 2]], q.tensor([4, 5]));
      x.t().scatterAdd_(1, int([1]).reshape([1, 1]), q.tensor([[9]]));
      expect(x.toArray()).toEqual([
        [0, 4],
        [9, 0],
        [0, 5],
      ]);
    });
  });
});

describe('indexing', () => {
  it('names the dimension of an index out of range', () => {
    const x = q.zeros([3, 4]);
    expect(() => x.index([':', [0, 4]])).toThrow(/\[index\] index 4 is out of range for dim 1 of size 4/);
    expect(() => x.index([[0], [-5]])).toThrow(/\[index\] index -5 is out of range for dim 1 of size 4/);
  });

  it('finds NaN, and not -0, where it looks for what is not zero', () => {
    expect(q.nonzero(q.tensor([nan, -0, 0, 1])).toArray()).toEqual([[0], [3]]);
    expect(q.where(q.tensor([[false, true]])).map((along) => along.toArray())).toEqual([[0], [1]]);
  });
});
