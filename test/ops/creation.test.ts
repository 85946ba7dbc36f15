// What creation promises besides values: default dtypes, options, copies.

import {
  arange,
  empty,
  emptyLike,
  eye,
  full,
  fullLike,
  linspace,
  ones,
  onesLike,
  rand,
  randint,
  randperm,
  tensor,
  zeros,
  zerosLike,
} from 'quern';
import { describe, expect, it } from 'vitest';

describe('default dtypes', () => {
  it.each([
    ['tensor of numbers', tensor([1, 2]), 'float32'],
    ['tensor of booleans', tensor([[true], [false]]), 'bool'],
    ['tensor of a Float64Array', tensor(Float64Array.of(1)), 'float64'],
    ['tensor of an Int32Array', tensor(Int32Array.of(1)), 'int32'],
    ['tensor of a Uint8Array', tensor(Uint8Array.of(1)), 'uint8'],
    ['zeros', zeros([1]), 'float32'],
    ['full of a number', full([1], 1), 'float32'],
    ['full of a boolean', full([1], true), 'bool'],
    ['empty', empty([1]), 'float32'],
    ['arange', arange(3), 'float32'],
    ['linspace', linspace(0, 1, 3), 'float32'],
    ['eye', eye(2), 'float32'],
    ['zerosLike', zerosLike(ones([1], { dtype: 'uint8' })), 'uint8'],
    ['rand', rand([1]), 'float32'],
    ['randint', randint(0, 3, [1]), 'int32'],
    ['randperm', randperm(3), 'int32'],
  ])('%s', (_name, made, dtype) => {
    expect(made.dtype).toBe(dtype);
    expect(made.requiresGrad).toBe(false);
    expect(made.isContiguous).toBe(true);
  });
});

describe('options', () => {
  it('require gradients', () => {
    for (const made of [
      tensor([1], { requiresGrad: true }),
      zeros([1], { requiresGrad: true }),
      rand([1], { requiresGrad: true }),
    ]) {
      expect(made.requiresGrad).toBe(true);
      expect(made.isLeaf).toBe(true);
    }
  });

  it('give the like of a tensor another dtype', () => {
    const x = ones([2, 3]);
    expect(onesLike(x, { dtype: 'int32' }).dtype).toBe('int32');
    expect(fullLike(x, 0.5, { dtype: 'float64' }).toArray()).toEqual([
      [0.5, 0.5, 0.5],
      [0.5, 0.5, 0.5],
    ]);
  });
});

describe('tensor', () => {
  it('copies a typed array', () => {
    const source = Float32Array.of(1, 2);
    const made = tensor(source);
    source[0] = 9;
    expect(made.toArray()).toEqual([1, 2]);
  });

  it('converts as each dtype does', () => {
    expect(tensor([0, 2, -1, Number.NaN], { dtype: 'bool' }).toArray()).toEqual([false, true, true, true]);
    expect(tensor([1.7, -1.7], { dtype: 'int32' }).toArray()).toEqual([1, -1]);
    expect(tensor([0.1], { dtype: 'float64' }).item()).toBe(0.1);
    expect(tensor([0.1]).item()).toBe(Math.fround(0.1));
    expect(tensor([true, false], { dtype: 'float32' }).toArray()).toEqual([1, 0]);
  });

  it('takes typed arrays inside arrays', () => {
    expect(tensor([Float32Array.of(1, 2), Float32Array.of(3, 4)]).shape).toEqual([2, 2]);
  });
});

describe('empty', () => {
  it('has a shape, a dtype and memory of its own', () => {
    const [a, b] = [empty([2, 3], { dtype: 'int32' }), empty([2, 3], { dtype: 'int32' })];
    a.fill_(1);
    b.fill_(2);
    expect(a.sum().item()).toBe(6);
    expect(a.shape).toEqual([2, 3]);
  });
});

describe('emptyLike', () => {
  it('has the shape and dtype of another tensor, unless it is given one', () => {
    const x = ones([2, 3], { dtype: 'int32' }).t();
    const made = emptyLike(x);
    expect([made.shape, made.dtype, made.isContiguous]).toEqual([[3, 2], 'int32', true]);
    made.fill_(2);
    expect(x.sum().item()).toBe(6);
    expect(emptyLike(x, { dtype: 'float64' }).dtype).toBe('float64');
  });
});

describe('arange', () => {
  it('takes an end alone, and options in either place', () => {
    expect(arange(3).toArray()).toEqual([0, 1, 2]);
    expect(arange(3, { dtype: 'int32' }).dtype).toBe('int32');
    expect(arange(0.5, 2).toArray()).toEqual([0.5, 1.5]);
    expect(arange(0, 1, 0.25, { dtype: 'float64' }).toArray()).toEqual([0, 0.25, 0.5, 0.75]);
  });
});
