// The driver of automatic differentiation: leaves, graphs, what backward leaves behind and what it refuses.

import {
  add,
  enableGrad,
  GradientError,
  grad,
  gradients,
  isGradEnabled,
  matmul,
  mul,
  noGrad,
  ones,
  ShapeError,
  sum,
  type Tensor,
  tensor,
  valueAndGrad,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';

function variable(data: number | number[]): Tensor {
  return tensor(data, { dtype: 'float64', requiresGrad: true });
}

// TypeScript believes that a property is what it was last set to.
const gradOf = (x: Tensor): Tensor | null => x.grad;

describe('leaves', () => {
  it('are what nothing made', () => {
    const x = variable([1, 2]);
    const y = x.mul(2);
    expect([x.isLeaf, y.isLeaf, y.requiresGrad]).toEqual([true, false, true]);
    expect(ones([2]).add(1).isLeaf).toBe(true);
  });

  it('add up the gradients of several backwards', () => {
    const x = variable([1, 2]);
    x.mul(3).sum().backward();
    x.mul(4).sum().backward();
    expect(x.grad?.toArray()).toEqual([7, 7]);
  });

  it('have one gradient buffer for life: set to null it reads as null, and the next backward overwrites it', () => {
    const x = variable([1, 2]);
    x.mul(3).sum().backward();
    const buffer = x.grad;
    x.grad = null;
    expect(gradOf(x)).toBe(null);
    x.mul(5).sum().backward();
    expect(gradOf(x)).toBe(buffer);
    expect(gradOf(x)?.toArray()).toEqual([5, 5]);
  });

  it('get dense gradients of their own dtype and shape', () => {
    const x = tensor([[1, 2, 3]], { requiresGrad: true });
    x.expand([4, 3]).t().to('float64').sum().backward();
    expect([x.grad?.dtype, x.grad?.shape, x.grad?.isContiguous, x.grad?.toArray()]).toEqual([
      'float32',
      [1, 3],
      true,
      [[4, 4, 4]],
    ]);
  });

  it('alone can change their mind', () => {
    const x = variable([1]);
    const y = x.mul(2);
    expect(() => {
      y.requiresGrad = false;
    }).toThrow(GradientError);
    x.requiresGrad = false;
    expect(x.mul(2).requiresGrad).toBe(false);
    expect(() => {
      ones([1], { dtype: 'int32' }).requiresGrad = true;
    }).toThrow(GradientError);
  });

  it('that are the loss get a gradient of one', () => {
    const x = variable(3);
    x.backward();
    expect(x.grad?.item()).toBe(1);
  });
});

describe('graphs', () => {
  it('add up gradients where paths meet', () => {
    const x = variable(3);
    const y = x.mul(x);
    y.mul(y).add(y).add(x).backward();
    // x⁴ + x² + x
    expect(x.grad?.item()).toBe(4 * 27 + 6 + 1);
  });

  it('serve an operand that stands on both sides', () => {
    const x = variable([1, 2]);
    add(x, x).sum().backward();
    expect(x.grad?.toArray()).toEqual([2, 2]);
    const m = variable([1, 2]).reshape([2, 1]);
    m.retainGrad();
    matmul(m.t(), m).sum().backward();
    expect(m.grad?.toArray()).toEqual([[2], [4]]);
  });

  it('do not lose gradients that are views of one another', () => {
    const [x, y] = [variable([1, 2]), variable([3, 4])];
    const z = x.add(y);
    z.add(x).add(z).sum().backward();
    expect(x.grad?.toArray()).toEqual([3, 3]);
    expect(y.grad?.toArray()).toEqual([2, 2]);
  });

  it('may be deep', () => {
    const x = variable(1);
    let y = x;
    for (let i = 0; i < 50_000; i++) y = y.add(0);
    y.backward();
    expect(x.grad?.item()).toBe(1);
  });

  it('stop at detach and at integers', () => {
    const x = variable([1, 2]);
    expect(x.detach().mul(x).sum().requiresGrad).toBe(true);
    x.detach().mul(x).sum().backward();
    expect(x.grad?.toArray()).toEqual([1, 2]);
    expect(x.to('int32').requiresGrad).toBe(false);
  });
});

describe('backward', () => {
  it('needs one element, or a gradient of the same shape and dtype', () => {
    const x = variable([1, 2]);
    expect(() => x.mul(2).backward()).toThrow(/only a tensor with one element/);
    expect(() => x.mul(2).backward({ gradient: ones([3], { dtype: 'float64' }) })).toThrow(ShapeError);
    expect(() => x.mul(2).backward({ gradient: ones([2]) })).toThrow(GradientError);
    x.mul(2).backward({ gradient: tensor([1, 10], { dtype: 'float64' }) });
    expect(x.grad?.toArray()).toEqual([2, 20]);
  });

  it('leaves the gradient that it was given as it was', () => {
    const [x, gradient] = [variable([1, 2]), ones([2], { dtype: 'float64' })];
    const y = x.mul(1);
    y.add(y).add(y).backward({ gradient });
    expect(gradient.toArray()).toEqual([1, 1]);
    expect(gradient.disposed).toBe(false);
  });

  it('uses the graph up, unless it is retained', () => {
    const x = variable(3);
    const y = x.mul(x);
    y.backward({ retainGraph: true });
    y.backward();
    expect(x.grad?.item()).toBe(12);
    expect(() => y.backward()).toThrow(/already used.*retainGraph: true/);
    expect(() => y.mul(2).backward()).toThrow(GradientError);
  });

  it('of what needs no gradient is refused', () => {
    expect(() => ones([]).backward()).toThrow(GradientError);
    const x = variable(1);
    expect(() => noGrad(() => x.mul(2)).backward()).toThrow(/noGrad/);
  });

  it('with createGraph leaves gradients that have gradients', () => {
    const x = variable(2);
    x.pow(3).backward({ createGraph: true });
    const first = x.grad as Tensor;
    expect(first.item()).toBe(12);
    x.grad = null;
    first.backward();
    expect(gradOf(x)?.item()).toBe(12);
  });
});

describe('retainGrad', () => {
  it('keeps the gradient of what is no leaf', () => {
    const x = variable([1, 2]);
    const y = x.mul(3);
    const z = y.mul(y).sum();
    y.retainGrad();
    z.backward();
    expect(y.grad?.toArray()).toEqual([6, 12]);
    expect(x.grad?.toArray()).toEqual([18, 36]);
  });
});

describe('gradients', () => {
  it('answers gradients and leaves grad alone', () => {
    const [x, y] = [variable(2), variable(3)];
    const [dx, dy] = gradients(x.mul(y), [x, y]);
    expect([dx.item(), dy.item(), x.grad, y.grad]).toEqual([3, 2, null, null]);
  });

  it('with respect to what is no leaf', () => {
    const x = variable(2);
    const y = x.mul(x);
    const [dy, dx] = gradients(y.mul(y), [y, x]);
    expect([dy.item(), dx.item()]).toEqual([8, 32]);
  });

  it('refuses inputs that do not take part, unless told', () => {
    const [x, y] = [variable(2), variable(3)];
    expect(() => gradients(x.mul(2), [x, y])).toThrow(/allowUnused/);
    expect(gradients(x.mul(2), [x, y], { allowUnused: true })[1]).toBe(null);
    expect(() => gradients(x.mul(2), [ones([])])).toThrow(GradientError);
  });
});

describe('grad and valueAndGrad', () => {
  it('nest', () => {
    const cube = (x: Tensor): Tensor => x.pow(3);
    const at = tensor(2, { dtype: 'float64' });
    expect(grad(cube)(at).item()).toBe(12);
    expect(grad(grad(cube))(at).item()).toBe(12);
    expect(grad(grad(grad(cube)))(at).item()).toBe(6);
    const [value, slope] = valueAndGrad((x: Tensor, y: Tensor) => sum(mul(x, y)))(
      tensor([1, 2]),
      tensor([3, 4]),
    );
    expect([value.item(), slope.toArray()]).toEqual([11, [3, 4]]);
  });

  it('leave the argument as it was, inside noGrad too', () => {
    const x = tensor([1, 2]);
    expect(noGrad(() => grad((v: Tensor) => v.square().sum())(x)).toArray()).toEqual([2, 4]);
    expect([x.requiresGrad, x.grad]).toEqual([false, null]);
  });
});

describe('noGrad and enableGrad', () => {
  it('nest, and are set back when something throws', () => {
    expect(isGradEnabled()).toBe(true);
    noGrad(() => {
      expect(isGradEnabled()).toBe(false);
      enableGrad(() => expect(isGradEnabled()).toBe(true));
      expect(isGradEnabled()).toBe(false);
    });
    expect(() =>
      noGrad(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(isGradEnabled()).toBe(true);
  });

  it('refuse a promise', async () => {
    expect(() => noGrad(async () => 1)).toThrow(/promise/);
    expect(() => enableGrad(async () => Promise.reject(new Error('unseen')))).toThrow(/promise/);
    expect(isGradEnabled()).toBe(true);
  });
});

describe('a walk that fails', () => {
  it('leaves no gradients half done on the next one', () => {
    const x = variable([1, 2]);
    const middle = x.mul(x);
    const bad = middle.mul(middle);
    middle.detach().add_(1);
    expect(() => bad.sum().backward()).toThrow(GradientError);
    expect(isGradEnabled()).toBe(true);
    x.grad = null;
    x.mul(2).sum().backward();
    expect(gradOf(x)?.toArray()).toEqual([2, 2]);
  });
});

describe('zeros that never were', () => {
  it('an operand that has no influence gets no gradient or zeros', () => {
    const x = variable([1, 2]);
    const y = zeros([2], { dtype: 'float64' }).mul(x).sum();
    y.backward();
    expect(x.grad?.toArray()).toEqual([0, 0]);
  });
});
