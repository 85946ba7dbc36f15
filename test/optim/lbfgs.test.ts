// L-BFGS beyond golden values: what it converges to, what it refuses, what an error in the closure leaves.

import {
  ArgumentError,
  arange,
  memory,
  optim,
  StateDictError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';

const leaf = (values: number[], dtype: 'float32' | 'float64' = 'float64'): Tensor =>
  tensor(values, { dtype, requiresGrad: true });

function valley(w: Tensor): Tensor {
  const [x, y] = [w.narrow(0, 0, 1), w.narrow(0, 1, 1)];
  return y.sub(x.square()).square().mul(100).add(x.sub(1).square()).sum();
}

/** Calls back with gradients, as optimizers want it. */
const closureOf = (optimizer: optim.LBFGS, loss: () => Tensor) => (): Tensor => {
  optimizer.zeroGrad();
  const result = loss();
  result.backward();
  return result;
};

describe.each(BACKENDS)('$name', (engine) => {
  it('finds the minimum of a curved valley', () => {
    on(engine, () => {
      const w = leaf([-1.2, 1]);
      const optimizer = new optim.LBFGS([w], {
        maxIter: 100,
        toleranceChange: 1e-15,
        lineSearchFn: 'strong_wolfe',
      });
      optimizer.step(closureOf(optimizer, () => valley(w)));
      for (const value of w.toArray()) expect(value).toBeCloseTo(1, 6);
    });
  });

  it('trains both dtypes together and counts parameters without gradients as flat', () => {
    on(engine, () => {
      const [a, b, c] = [leaf([4], 'float32'), leaf([4]), leaf([4])];
      const optimizer = new optim.LBFGS([a, b, c], { lineSearchFn: 'strong_wolfe' });
      optimizer.step(closureOf(optimizer, () => a.sub(1).square().sum().add(b.sub(2).square().sum())));
      expect(a.item()).toBeCloseTo(1, 5);
      expect(b.item()).toBeCloseTo(2, 5);
      expect([a.dtype, c.item()]).toEqual(['float32', 4]);
    });
  });
});

describe('steps', () => {
  it('put the parameters back where a closure fails in the line search', () => {
    const w = leaf([-1.2, 1]);
    const optimizer = new optim.LBFGS([w], { lineSearchFn: 'strong_wolfe' });
    let calls = 0;
    const closure = closureOf(optimizer, () => {
      if (++calls === 2) throw new RangeError('stop');
      return valley(w);
    });
    expect(() => optimizer.step(closure)).toThrow(RangeError);
    expect(w.toArray()).toEqual([-1.2, 1]);
  });

  it('keep no memory but their history', () => {
    // Large enough for every vector to be counted.
    const w = zeros([8192], { dtype: 'float64', requiresGrad: true });
    const target = arange(8192, { dtype: 'float64' }).div(1000).add(1);
    const optimizer = new optim.LBFGS([w], { maxIter: 4, historySize: 3, lineSearchFn: 'strong_wolfe' });
    const loss = (): Tensor => w.sub(target).square().square().sum();
    const step = (): void => scope(() => void optimizer.step(closureOf(optimizer, loss)));
    for (let i = 0; i < 3; i++) step();
    const before = memory().largeAllocations;
    for (let i = 0; i < 4; i++) step();
    expect(memory().largeAllocations).toBe(before);
    expect(optimizer.stateDict().state[0].nIter).toBeGreaterThan(20);
  });

  it('take closures that answer numbers, and refuse others', () => {
    const w = leaf([3]);
    const optimizer = new optim.LBFGS([w]);
    const loss = optimizer.step(() => {
      w.grad = w.detach().mul(2);
      return (w.item() as number) ** 2;
    });
    expect(loss).toBe(9);
    expect(() => optimizer.step()).toThrow(/a closure is a function/);
    expect(() => optimizer.step(() => 'loss')).toThrow(
      /answers the loss, as a tensor or a number; got string/,
    );
  });

  it('of every optimizer take a closure, which runs with gradients', () => {
    const w = leaf([1]);
    const optimizer = new optim.SGD([w], { lr: 0.5 });
    const loss = optimizer.step(() => {
      const result = w.mul(3).sum();
      result.backward();
      return result;
    });
    expect([loss.item(), w.item(), optimizer.step()]).toEqual([3, -0.5, undefined]);
    expect(() => optimizer.step(1 as never)).toThrow(ArgumentError);
  });
});

describe('L-BFGS', () => {
  it('refuses groups and what has no meaning', () => {
    const w = leaf([1]);
    const refused: [() => unknown, RegExp][] = [
      [() => new optim.LBFGS([{ params: [w] }, { params: [leaf([1])] }]), /one group/],
      [() => new optim.LBFGS([w]).addParamGroup({ params: [leaf([1])] }), /one group/],
      [() => new optim.LBFGS([w], { lineSearchFn: 'armijo' as never }), /'strong_wolfe' or null/],
      [() => new optim.LBFGS([w], { maxIter: 0 }), /maxIter is a whole number from 1/],
      [() => new optim.LBFGS([w], { historySize: 1.5 }), /historySize/],
      [() => new optim.LBFGS([w], { lr: -1 }), /lr/],
    ];
    for (const [make, message] of refused) {
      expect(make, String(message)).toThrow(ArgumentError);
      expect(make).toThrow(message);
    }
  });

  it('loads nothing of a state dict that does not fit', () => {
    const [w, v] = [leaf([-1.2, 1]), leaf([1])];
    const optimizer = new optim.LBFGS([w, v], { maxIter: 3 });
    expect(optimizer.stateDict().state).toEqual({});
    optimizer.step(closureOf(optimizer, () => valley(w)));
    const good = optimizer.stateDict();
    const entry = good.state[0];
    expect(Object.keys(entry)).toEqual([
      'funcEvals',
      'nIter',
      't',
      'prevLoss',
      'hDiag',
      'd',
      'prevFlatGrad',
      'oldDirs',
      'oldStps',
      'ro',
    ]);
    const wrong: [unknown, RegExp][] = [
      [{ 1: entry }, /state 1: only the first parameter/],
      [{ 0: { ...entry, t: null } }, /t must be a number/],
      [{ 0: { ...entry, d: zeros([2]) } }, /d has shape \(2,\) and needs \(3,\)/],
      [{ 0: { ...entry, prevFlatGrad: undefined } }, /prevFlatGrad must be a tensor/],
      [{ 0: { ...entry, ro: undefined } }, /oldDirs has shape \(1, 3\) and needs \(0, 3\)/],
    ];
    for (const [state, message] of wrong) {
      expect(() => optimizer.loadStateDict({ ...good, state } as never)).toThrow(StateDictError);
      expect(() => optimizer.loadStateDict({ ...good, state } as never)).toThrow(message);
    }
    optimizer.loadStateDict({ ...good, state: {} });
    expect(optimizer.stateDict().state).toEqual({});
  });
});
