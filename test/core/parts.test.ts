// Gradients of several parts of one tensor: each is added to its place in that of the whole.

import { arange, gradients, stack, type Tensor, tensor } from 'quern';
import { describe, expect, it } from 'vitest';

/** (2, 3, 4), with a history of its own. */
function whole(): { leaf: Tensor; x: Tensor } {
  const leaf = arange(24, { dtype: 'float64' }).reshape([2, 3, 4]).clone();
  leaf.requiresGrad = true;
  return { leaf, x: leaf.mul(2) };
}

/** What a loss of parts of `x` must leave in its leaf: twice the weight with which each element was taken. */
function expected(weight: (i: number, j: number, k: number) => number): number[][][] {
  const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
  return range(2).map((i) => range(3).map((j) => range(4).map((k) => 2 * weight(i, j, k))));
}

describe('the gradient of a tensor whose parts are used', () => {
  it('holds each in its place, and zeros elsewhere', () => {
    const { leaf, x } = whole();
    x.select(1, 0).sum().add(x.select(1, 2).mul(3).sum()).backward();
    expect(leaf.grad?.toArray()).toEqual(expected((_, j) => [1, 0, 3][j]));
  });

  it('adds up where parts overlap, with other uses too', () => {
    const { leaf, x } = whole();
    const parts = x
      .narrow(2, 0, 3)
      .sum()
      .add(x.narrow(2, 2, 2).mul(5).sum())
      .add(x.select(0, 1).sum());
    parts.add(x.mul(7).sum()).backward();
    expect(leaf.grad?.toArray()).toEqual(
      expected((i, _, k) => 7 + Number(k < 3) + 5 * Number(k >= 2) + Number(i === 1)),
    );
  });

  it('is that of steps of a slice', () => {
    const { leaf, x } = whole();
    x.slice(2, { step: 2 })
      .sum()
      .add(x.slice(2, { start: 1, step: 2 }).mul(4).sum())
      .backward();
    expect(leaf.grad?.toArray()).toEqual(expected((_i, _j, k) => (k % 2 === 0 ? 1 : 4)));
  });

  it('lies as the tensor does: the parts of a projection go back as a view', () => {
    const { leaf, x } = whole();
    const turned = x.permute([2, 0, 1]);
    turned.retainGrad();
    turned.select(0, 1).mul(3).sum().add(turned.select(0, 3).sum()).backward();
    expect(turned.grad?.toArray()).toEqual(
      [0, 3, 0, 1].map((weight) => [0, 0].map(() => [weight, weight, weight])),
    );
    expect(leaf.grad?.toArray()).toEqual(expected((_i, _j, k) => [0, 3, 0, 1][k]));
  });

  it('does not write over a gradient that others hold', () => {
    const { leaf, x } = whole();
    const seed = tensor([[1, 1, 1, 1]], { dtype: 'float64' }).expand([2, 3, 4]);
    const [rest, part] = [x.mul(1), x.select(0, 0)];
    rest.add(stack([part, part])).backward({ gradient: seed });
    expect(leaf.grad?.toArray()).toEqual(expected((i) => 1 + 2 * Number(i === 0)));
    expect(seed.toArray()).toEqual(expected(() => 0.5));
  });

  it('has a gradient', () => {
    const { leaf, x } = whole();
    const [first, second] = [x.select(1, 0), x.select(1, 1)];
    const [slope] = gradients(first.mul(first).mul(second).sum(), [leaf], { createGraph: true });
    const [curve] = gradients((slope as Tensor).sum(), [leaf]);
    // Of f = 8 a² b: the sum of 16 a b and 8 a² has the slopes 16 b + 16 a, and 16 a.
    const at = (i: number, j: number, k: number): number => 12 * i + 4 * j + k;
    expect((curve as Tensor).toArray()).toEqual(
      expected((i, j, k) => [8 * (at(i, 0, k) + at(i, 1, k)), 8 * at(i, 0, k), 0][j]),
    );
  });
});
