// Functions of one example over a batch.

import { ArgumentError, grad, manualSeed, ones, rand, ShapeError, type Tensor, tensor, vmap } from 'quern';
import { describe, expect, it } from 'vitest';

describe('vmap', () => {
  it('maps over any dimension, and puts the batch where it is wanted', () => {
    const x = tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    expect(vmap((row: Tensor) => row.sum())(x).toArray()).toEqual([6, 15]);
    expect(vmap((column: Tensor) => column.sum(), { inDims: 1 })(x).toArray()).toEqual([5, 7, 9]);
    expect(vmap((row: Tensor) => row.mul(2), { outDims: 1 })(x).toArray()).toEqual(x.mul(2).t().toArray());
    const both = vmap((row: Tensor, w: { b: Tensor }) => ({ a: row.add(w.b) }), { inDims: [0, null] });
    expect(both(x, { b: tensor([1, 0, 0]) }).a.toArray()).toEqual([
      [2, 2, 3],
      [5, 5, 6],
    ]);
  });

  it('passes gradients, and gives those of each example', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    vmap((one: Tensor) => one.square())(x)
      .sum()
      .backward();
    expect(x.grad?.toArray()).toEqual([2, 4]);
    expect(vmap(grad((one: Tensor) => one.pow(3)))(tensor([1, 2])).toArray()).toEqual([3, 12]);
  });

  it('does with chance what it is told', () => {
    manualSeed(1);
    const noisy = (x: Tensor): Tensor => x.add(rand([]));
    expect(() => vmap(noisy)(ones([2]))).toThrow(/^\[vmap\] the function is random; pass/);
    const [a, b] = vmap(noisy, { randomness: 'different' })(ones([2])).dataSync();
    expect(a).not.toBe(b);
    const [c, d] = vmap(noisy, { randomness: 'same' })(ones([2])).dataSync();
    expect(c).toBe(d);
    expect(() => vmap(noisy, { randomness: 'no' as 'same' })).toThrow(ArgumentError);
  });

  it('refuses batches that do not fit', () => {
    const add = vmap((a: Tensor, b: Tensor) => a.add(b));
    expect(() => add(ones([2]), ones([3]))).toThrow('[vmap] the batched dimensions differ in length: 2, 3');
    expect(() => add(ones([]), ones([3]))).toThrow(/argument 0 has no dimension 0 to map over/);
    expect(() => add(ones([0]), ones([0]))).toThrow(ShapeError);
    expect(() => vmap((a: Tensor) => a, { inDims: [0, 0] })(ones([2]))).toThrow(/2 entries for 1 arguments/);
    expect(() => vmap((a: Tensor) => a, { inDims: [null] })(ones([2]))).toThrow(/no argument holds a tensor/);
  });
});
