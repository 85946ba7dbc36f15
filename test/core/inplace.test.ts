// Writing in place under the eyes of autograd: what is recorded, what is refused, and by which name.

import { fill_, GradientError, noGrad, ones, type Tensor, tensor, zeros } from 'quern';
import { describe, expect, it } from 'vitest';

function variable(data: number[]): Tensor {
  return tensor(data, { dtype: 'float64', requiresGrad: true });
}

describe('recorded', () => {
  it('a chain of writes has the gradient of the same chain without', () => {
    const x = variable([1, 2, 3]);
    x.clone().mul_(3).add_(1).div_(2).sub_(x).sum().backward();
    expect(x.grad?.toArray()).toEqual([0.5, 0.5, 0.5]);
  });

  it('a write through which gradients flow to the source', () => {
    const x = variable([1, 2]);
    const y = zeros([2], { dtype: 'float64' });
    y.copy_(x.mul(3)).mul_(x);
    y.sum().backward();
    expect([y.requiresGrad, x.grad?.toArray()]).toEqual([true, [6, 12]]);
  });

  it('an operand that was overwritten is remembered where a gradient needs it', () => {
    const [x, y] = [variable([1, 2]), variable([3, 4])];
    x.clone().mul_(y).sum().backward();
    expect([x.grad?.toArray(), y.grad?.toArray()]).toEqual([
      [3, 4],
      [1, 2],
    ]);
  });

  it('a filled tensor has no gradient from before', () => {
    const x = variable([1, 2]);
    fill_(x.mul(2), 5).mul(x).sum().backward();
    expect(x.grad?.toArray()).toEqual([5, 5]);
  });

  it('a view made before the write shows the new values, and its old graph is refused', () => {
    const x = variable([1, 2]);
    const base = x.mul(1);
    const view = base.select(0, 0);
    base.mul_(2);
    expect(view.item()).toBe(2);
    expect(() => view.backward()).toThrow(GradientError);
  });
});

describe('refused', () => {
  it('on a leaf that requires gradients, outside noGrad', () => {
    const x = variable([1, 2]);
    expect(() => x.add_(1)).toThrow(/\[add_\] a leaf .*noGrad/);
    noGrad(() => x.add_(1));
    expect(x.toArray()).toEqual([2, 3]);
  });

  it('through a view while gradients flow', () => {
    const x = variable([1, 2]);
    expect(() => x.mul(2).select(0, 0).add_(1)).toThrow(GradientError);
    expect(() => x.select(0, 0).add_(1)).toThrow(GradientError);
    expect(() => zeros([2], { dtype: 'float64' }).select(0, 0).copy_(x.sum())).toThrow(GradientError);
  });

  it('leaves the target as it was', () => {
    const x = variable([1, 2]);
    expect(() => x.mul_(5)).toThrow(GradientError);
    const y = ones([2]);
    expect(() => y.add_(ones([3]))).toThrow();
    expect([x.toArray(), y.toArray()]).toEqual([
      [1, 2],
      [1, 1],
    ]);
  });
});

describe('noticed in backward', () => {
  it('a changed operand that a gradient reads, by the names of the operation', () => {
    const x = variable([1, 2]);
    const y = x.mul(2);
    const z = y.mul(y).sum();
    y.add_(1);
    expect(() => z.backward()).toThrow(/\[mul\].*changed in place/);
  });

  it('a changed result that a gradient reads', () => {
    const x = variable([1, 2]);
    const y = x.exp();
    const z = y.add(1);
    y.detach().mul_(2);
    expect(() => z.sum().backward()).toThrow(/\[exp\].*changed in place/);
  });

  it('a change through a view of what was saved', () => {
    const weight = tensor([3, 4], { dtype: 'float64' });
    const x = variable([1, 2]);
    const z = x.mul(weight).sum();
    weight.select(0, 1).fill_(9);
    expect(() => z.backward()).toThrow(GradientError);
  });

  it('a parameter that was stepped between forward and backward', () => {
    const w = variable([1, 2]);
    const loss = w.mul(w).sum();
    noGrad(() => w.sub_(0.1));
    expect(() => loss.backward()).toThrow(GradientError);
  });
});

describe('harmless', () => {
  it('changes of what no gradient reads', () => {
    const x = variable([1, 2]);
    const y = x.add(1);
    const z = y.sum();
    y.detach().mul_(7);
    z.backward();
    expect(x.grad?.toArray()).toEqual([1, 1]);
  });

  it('changes of a constant that only another operand needs', () => {
    const x = variable([1, 2]);
    const constant = tensor([5, 5], { dtype: 'float64' });
    const z = x.add(constant).sum();
    constant.zero_();
    z.backward();
    expect(x.grad?.toArray()).toEqual([1, 1]);
  });
});
