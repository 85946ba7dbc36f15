// Giving memory back by hand: once, never under somebody's hands, and to be used again.

import { DisposedError, emptyCache, memory, ones, type Tensor, tensor, zeros } from 'quern';
import { describe, expect, it } from 'vitest';

describe('dispose', () => {
  it('can be done twice', () => {
    const x = ones([2]);
    x.dispose();
    x.dispose();
    x[Symbol.dispose]();
    expect(x.disposed).toBe(true);
  });

  it('leaves shape and dtype readable', () => {
    const x = ones([2, 3]);
    x.dispose();
    expect([x.shape, x.dtype, x.size]).toEqual([[2, 3], 'float32', 6]);
  });

  it('never leaves a view of nothing beyond its buffer', () => {
    // Slots of 8 bytes fill a slab to its end, where a part of an empty row would begin past it.
    const held = Array.from({ length: 5000 }, () => zeros([0, 400]));
    for (const base of held) expect(base.narrow(1, 300, 100).clone().shape).toEqual([0, 100]);
  });

  it('of a base leaves its views whole', () => {
    const base = tensor([1, 2, 3, 4]);
    const view = base.slice(0, { start: 2 });
    base.dispose();
    expect(view.toArray()).toEqual([3, 4]);
    expect(() => base.add(1)).toThrow(DisposedError);
    expect(view.reshape([2, 1]).toArray()).toEqual([[3], [4]]);
  });

  it('of views leaves the base and other views whole', () => {
    const base = tensor([1, 2, 3, 4]);
    const [first, second] = base.split(2);
    first.dispose();
    expect([base.toArray(), second.toArray()]).toEqual([
      [1, 2, 3, 4],
      [3, 4],
    ]);
    second.dispose();
    expect(base.toArray()).toEqual([1, 2, 3, 4]);
  });

  it('gives memory back only when the last window on it is gone', () => {
    emptyCache();
    const base = zeros([50_000]);
    const view = base.select(0, 0);
    const pooled = memory().pooled;
    base.dispose();
    expect(memory().pooled).toBe(pooled);
    view.dispose();
    expect(memory().pooled).toBeGreaterThanOrEqual(pooled + 200_000);
    emptyCache();
  });

  it('of what a graph has saved is named in backward', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = x.exp();
    const loss = y.mul(y).sum();
    y.dispose();
    expect(() => loss.backward()).toThrow(DisposedError);
    expect(() => loss.backward()).toThrow(/\[\w+\]/);
  });

  it('of what no gradient reads does no harm', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    const y = x.add(1);
    const loss = y.sum();
    y.dispose();
    loss.backward();
    expect(x.grad?.toArray()).toEqual([1, 1]);
  });

  it('of a gradient lets the next backward make a new one', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    x.mul(2).sum().backward();
    x.grad?.dispose();
    x.grad = null;
    x.mul(3).sum().backward();
    expect((x as { readonly grad: Tensor | null }).grad?.toArray()).toEqual([3, 3]);
  });
});

describe('memory that was given back', () => {
  it('is used again', () => {
    const sizes = [1, 100, 5000, 100_000];
    const rounds = (): void => {
      for (const size of sizes) zeros([size]).dispose();
    };
    rounds();
    const { slabs, largeAllocations } = memory();
    for (let i = 0; i < 100; i++) rounds();
    expect([memory().slabs, memory().largeAllocations]).toEqual([slabs, largeAllocations]);
  });

  it('is not that of a living tensor', () => {
    const living: Tensor[] = [];
    for (let i = 0; i < 300; i++) {
      const size = (i * 37) % 900;
      living.push(zeros([size]).add(i));
      if (i % 3 === 0) living.splice((i * 7) % living.length, 1)[0].dispose();
    }
    for (const one of living) {
      const values = one.dataSync();
      expect(new Set(values).size).toBeLessThanOrEqual(1);
    }
  });
});
