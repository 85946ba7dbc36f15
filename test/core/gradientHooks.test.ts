// Hooks on the gradients of tensors: when they are called, what they change, what they refuse, what stays as it was.

import {
  ArgumentError,
  checkpoint,
  DTypeError,
  GradientError,
  gradients,
  nn,
  noGrad,
  ones,
  ShapeError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';

const variable = (data: number | number[]): Tensor => tensor(data, { requiresGrad: true });

describe.each(BACKENDS)('gradient hooks, $name', (engine) => {
  it('see the whole gradient once, of leaves and of others, and replace it', () => {
    on(engine, () => {
      const x = variable([1, 2]);
      const seen: unknown[] = [];
      const y = x.mul(2);
      y.registerHook((g) => {
        seen.push(['y', g.toArray()]);
        return g.mul(10);
      });
      y.registerHook((g) => void seen.push(['y again', g.toArray()]));
      x.registerHook((g) => {
        seen.push(['x', g.toArray()]);
        return g.neg();
      });
      // Used twice, y and x alike.
      y.mul(3).add(y).add(x).sum().backward();
      expect(seen).toEqual([
        ['y', [4, 4]],
        ['y again', [40, 40]],
        ['x', [81, 81]],
      ]);
      expect(x.grad?.toArray()).toEqual([-81, -81]);
    });
  });
});

describe('gradient hooks', () => {
  it('are called again with every backward, and add to what the leaf holds', () => {
    const w = new nn.Parameter(ones([2, 2]));
    const x = ones([3, 2]);
    let calls = 0;
    const handle = w.registerHook((g) => {
      calls++;
      return g.mul(2);
    });
    for (let i = 1; i <= 3; i++) {
      x.matmul(w).sum().backward();
      expect(w.grad?.toArray()).toEqual([
        [6 * i, 6 * i],
        [6 * i, 6 * i],
      ]);
    }
    handle.remove();
    handle.remove();
    x.matmul(w).sum().backward();
    expect([calls, w.grad?.dataSync()[0]]).toEqual([3, 21]);
    expect(w.listeners).toBeNull();
  });

  it('reach what was computed before they were registered, and end themselves', () => {
    const x = variable(3);
    const y = x.mul(x);
    const z = y.mul(5);
    const handle = y.registerHook((g) => {
      handle.remove();
      return g.add(1);
    });
    z.backward({ retainGraph: true });
    z.backward();
    expect(x.grad?.item()).toBe(6 * 6 + 5 * 6);
  });

  it('come before what retainGrad keeps and gradients answers', () => {
    const x = variable(1);
    const y = x.mul(2);
    y.retainGrad();
    y.registerHook((g) => g.mul(10));
    x.registerHook((g) => g.add(1));
    const [dy, dx] = gradients(y.mul(3), [y, x], { retainGraph: true });
    expect([dy.item(), dx.item(), x.grad]).toEqual([30, 61, null]);
    y.grad = null;
    const again = y.mul(3);
    again.backward();
    expect([y.grad, x.grad].map((g) => (g as unknown as Tensor).item())).toEqual([30, 61]);
  });

  it('stay with the values that a write in place replaced', () => {
    const x = variable(1);
    const y = x.mul(1);
    const seen: unknown[] = [];
    y.registerHook((g) => void seen.push(['before', g.item()]));
    y.mul_(2);
    y.registerHook((g) => void seen.push(['after', g.item()]));
    y.retainGrad();
    y.mul(3).backward();
    expect(seen).toEqual([
      ['after', 3],
      ['before', 6],
    ]);
    expect(y.grad?.item()).toBe(3);
  });

  it('take part in a recorded walk', () => {
    const x = variable(3);
    const y = x.mul(x);
    y.registerHook((g) => g.mul(x));
    const [dx] = gradients(y, [x], { createGraph: true });
    // 2 x · x, and 4 x.
    expect(dx.item()).toBe(18);
    expect(gradients(dx, [x])[0].item()).toBe(12);
  });

  it('are called once where a checkpoint computes again', () => {
    const [x, w] = [variable(2), variable(5)];
    const seen: number[] = [];
    w.registerHook((g) => {
      seen.push(g.item() as number);
      return g.mul(10);
    });
    checkpoint((value: Tensor) => value.mul(w), x).backward();
    expect([seen, w.grad?.item(), x.grad?.item()]).toEqual([[2], 20, 5]);
  });

  it('give gradients that may be kept, and that nothing writes into later', () => {
    const x = variable([1, 2]);
    const kept: Tensor[] = [];
    const y = x.mul(2);
    y.registerHook((g) => void kept.push(g));
    y.mul(3).sum().backward();
    for (let i = 0; i < 20; i++) x.mul(i).sum().backward();
    expect(kept[0].toArray()).toEqual([3, 3]);
    scope(() => {
      const z = x.mul(2);
      z.registerHook((g) => void kept.push(g));
      z.sum().backward();
      expect(kept[1].toArray()).toEqual([1, 1]);
    });
    expect(kept[1].disposed).toBe(true);
  });

  it('serve a leaf that is differentiated itself', () => {
    const x = variable(4);
    x.registerHook((g) => g.mul(7));
    x.backward();
    expect(x.grad?.item()).toBe(7);
  });

  it('leave the walk as it was when they fail', () => {
    const x = variable([1, 2]);
    const y = x.mul(2);
    const handle = y.registerHook((g) => g.mul(2));
    const failing = y.registerHook(() => {
      throw new Error('a hook of mine');
    });
    const loss = y.sum();
    expect(() => loss.backward({ retainGraph: true })).toThrow('a hook of mine');
    expect(x.grad).toBeNull();
    failing.remove();
    handle.remove();
    loss.backward();
    expect(x.grad?.toArray()).toEqual([2, 2]);
  });

  it('are refused where no gradient comes, and when they answer none', () => {
    expect(() => ones([1]).registerHook(() => undefined)).toThrow(GradientError);
    expect(() => variable(1).registerHook(3 as never)).toThrow(ArgumentError);
    expect(() => noGrad(() => variable(1).mul(2)).registerHook(() => undefined)).toThrow(/requiresGrad/);
    const answering = (answer: unknown) => () => {
      const x = variable([1, 2]);
      x.registerHook(() => answer as Tensor);
      x.sum().backward();
    };
    expect(answering(3)).toThrow(ArgumentError);
    expect(answering(zeros([3]))).toThrow(ShapeError);
    expect(answering(zeros([2], { dtype: 'float64' }))).toThrow(DTypeError);
    expect(answering(Promise.resolve(zeros([2])))).toThrow(/promise/);
  });
});
