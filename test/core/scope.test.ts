// Scopes: what they give back, and what survives them.

import {
  ArgumentError,
  gradients,
  keep,
  memory,
  nn,
  openScope,
  optim,
  QuernError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';

/** The tensors that a function makes and shows by this array. */
function made(): { all: Tensor[]; make: (size?: number) => Tensor } {
  const all: Tensor[] = [];
  return {
    all,
    make: (size = 2) => {
      const one = zeros([size]);
      all.push(one);
      return one;
    },
  };
}

describe('scope', () => {
  it('gives back what does not survive', () => {
    const { all, make } = made();
    const kept = scope(() => {
      make();
      make().add(1);
      return make();
    });
    expect(all.map((one) => one.disposed)).toEqual([true, true, false]);
    expect(kept.toArray()).toEqual([0, 0]);
  });

  it('leaves alone what was made before', () => {
    const before = zeros([2]);
    scope(() => before.add(1));
    expect(before.disposed).toBe(false);
  });

  it('lets survive what is returned in arrays, objects, maps and sets, however deep', () => {
    const { all, make } = made();
    const shared = { tensors: [] as unknown[] };
    shared.tensors.push(shared);
    const result = scope(() => ({
      list: [make(), [make()]],
      map: new Map([['a', make()]]),
      set: new Set([make()]),
      number: 5,
      nothing: null,
      bytes: new Uint8Array(3),
      shared,
    }));
    expect(result.number).toBe(5);
    expect(all.map((one) => one.disposed)).toEqual([false, false, false, false]);
  });

  it('lets survive what the graph of a survivor needs', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    let inner: Tensor | undefined;
    const loss = scope(() => {
      inner = x.exp();
      inner.mul(7);
      return inner.mul(inner).sum();
    });
    expect(inner?.disposed).toBe(false);
    loss.backward();
    const slope = x.grad?.toArray() as number[];
    expect(slope[0]).toBeCloseTo(2 * Math.exp(2), 4);
  });

  it('lets survive the gradients of leaves', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    scope(() => x.mul(3).sum().backward());
    expect(x.grad?.toArray()).toEqual([3, 3]);
    scope(() => x.mul(3).sum().backward());
    expect(x.grad?.toArray()).toEqual([6, 6]);
  });

  it('lets survive the gradient of a leaf that survives itself', () => {
    const x = scope(() => {
      const leaf = tensor([1, 2], { requiresGrad: true });
      leaf.mul(2).sum().backward();
      return leaf;
    });
    expect(x.grad?.toArray()).toEqual([2, 2]);
  });

  it('lets survive gradients that are returned', () => {
    const x = tensor([3], { requiresGrad: true });
    const [slope] = scope(() => gradients(x.mul(x).sum(), [x]));
    expect(slope.toArray()).toEqual([6]);
  });

  it('lets survive views, whose base goes', () => {
    let base: Tensor | undefined;
    const view = scope(() => {
      base = tensor([
        [1, 2],
        [3, 4],
      ]);
      return base.select(0, 1);
    });
    expect(base?.disposed).toBe(true);
    expect(view.toArray()).toEqual([3, 4]);
  });

  it('lets survive parameters, buffers and optimizer state', () => {
    const x = zeros([4, 3]);
    const { model, optimizer } = scope(() => {
      const layers = new nn.Sequential(new nn.Linear(3, 2), new nn.ReLU());
      return { model: layers, optimizer: new optim.Adam(layers.parameters(), { lr: 0.1 }) };
    });
    for (let i = 0; i < 3; i++) {
      scope(() => {
        optimizer.zeroGrad();
        model.forward(x.add(1)).sum().backward();
        optimizer.step();
      });
    }
    expect(model.parameters().some((one) => one.disposed)).toBe(false);
    expect(model.forward(x).shape).toEqual([4, 2]);
  });

  it('nests: survivors of the inner fall to the outer', () => {
    let passed: Tensor | undefined;
    let inside: Tensor | undefined;
    const result = scope(() => {
      passed = scope(() => {
        inside = zeros([2]);
        return zeros([2]);
      });
      expect([inside?.disposed, passed.disposed]).toEqual([true, false]);
      return 1;
    });
    expect([result, passed?.disposed]).toEqual([1, true]);
  });

  it('gives back when the function throws', () => {
    let inside: Tensor | undefined;
    expect(() =>
      scope(() => {
        inside = zeros([2]);
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(inside?.disposed).toBe(true);
  });

  it('refuses a promise, names openScope, and gives back', async () => {
    let inside: Tensor | undefined;
    const act = (): unknown =>
      scope(async () => {
        inside = zeros([2]);
        return inside;
      });
    expect(act).toThrow(ArgumentError);
    expect(act).toThrow(/openScope\(\)/);
    expect(inside?.disposed).toBe(true);
  });

  it('uses the same large buffers in every round', () => {
    const round = (): void => {
      scope(() => zeros([300, 300]).add(1).mul(2).sum().item());
    };
    round();
    const before = memory().largeAllocations;
    for (let i = 0; i < 20; i++) round();
    expect(memory().largeAllocations).toBe(before);
  });
});

describe('keep', () => {
  it('lets survive all scopes', () => {
    const { all, make } = made();
    scope(() => {
      scope(() => {
        keep({ deep: [make()] });
        make();
      });
    });
    expect(all.map((one) => one.disposed)).toEqual([false, true]);
    all[0].dispose();
    expect(all[0].disposed).toBe(true);
  });

  it('answers its argument', () => {
    const one = zeros([1]);
    expect(keep(one)).toBe(one);
    expect(keep(5)).toBe(5);
  });
});

describe('openScope', () => {
  it('ends when it is disposed of, and keeps what it was told', async () => {
    const { all, make } = made();
    const open = openScope();
    make();
    await Promise.resolve();
    open.keep([make()]);
    open.dispose();
    open.dispose();
    expect(all.map((one) => one.disposed)).toEqual([true, false]);
  });

  it('has the method that `using` calls', () => {
    const open = openScope();
    const inside = zeros([2]);
    open[Symbol.dispose]();
    expect(inside.disposed).toBe(true);
  });

  it('must nest', () => {
    const outer = openScope();
    const inner = openScope();
    expect(() => outer.dispose()).toThrow(QuernError);
    inner.dispose();
    outer.dispose();
  });

  it('left open inside a scope ends with it', () => {
    let inside: Tensor | undefined;
    scope(() => {
      openScope();
      inside = zeros([2]);
    });
    expect(inside?.disposed).toBe(true);
    const after = zeros([2]);
    scope(() => undefined);
    expect(after.disposed).toBe(false);
  });
});
