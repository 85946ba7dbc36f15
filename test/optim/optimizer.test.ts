// Optimizers beyond golden values: groups, options, state dicts, memory, what they refuse.

import {
  ArgumentError,
  DisposedError,
  DTypeError,
  nn,
  noGrad,
  ones,
  optim,
  ShapeError,
  StateDictError,
  scope,
  type Tensor,
  tensor,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';

const leaf = (values: number[], dtype: 'float32' | 'float64' = 'float32'): Tensor =>
  tensor(values, { dtype, requiresGrad: true });

function push(...parameters: Tensor[]): void {
  for (const parameter of parameters) parameter.sum().backward();
}

describe.each(BACKENDS)('$name', (engine) => {
  const run = (name: string, test: () => void): void => {
    it(name, () => on(engine, test));
  };

  run('steps parameters of both dtypes and leaves those without a gradient', () => {
    const [a, b, c] = [leaf([1, 1]), leaf([1], 'float64'), leaf([1])];
    const optimizer = new optim.SGD([a, b, c], { lr: 0.5 });
    optimizer.step();
    push(a, b);
    optimizer.step();
    expect([a.toArray(), b.toArray(), c.toArray()]).toEqual([[0.5, 0.5], [0.5], [1]]);
    optimizer.zeroGrad();
    expect([a.grad, b.grad]).toEqual([null, null]);
    optimizer.step();
    expect(a.toArray()).toEqual([0.5, 0.5]);
  });

  run('reads gradients that do not lie in order, in each step anew', () => {
    const w = zeros([2, 3], { requiresGrad: true });
    const base = tensor([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    w.grad = base.t();
    const optimizer = new optim.SGD([w], { lr: 1 });
    scope(() => optimizer.step());
    expect(w.toArray()).toEqual([
      [-1, -3, -5],
      [-2, -4, -6],
    ]);
    base.fill_(1);
    optimizer.step();
    expect(w.toArray()).toEqual([
      [-2, -4, -6],
      [-3, -5, -7],
    ]);
  });

  run('follows gradients to wherever they move', () => {
    const w = leaf([0]);
    const optimizer = new optim.SGD([w], { lr: 1 });
    for (let i = 1; i <= 5; i++) {
      w.grad = tensor([i]);
      optimizer.step();
    }
    expect(w.toArray()).toEqual([-15]);
  });

  run('keeps its state through scopes and never writes to memory that was given back', () => {
    const model = new nn.Linear(2, 2);
    const optimizer = new optim.Adam(model.parameters());
    for (let i = 0; i < 3; i++) {
      scope(() => {
        model
          .forward(ones([1, 2]))
          .sum()
          .backward();
        optimizer.step();
        zeros([50]);
      });
    }
    expect(
      Object.values(optimizer.stateDict().state[0]).some((one) => typeof one !== 'number' && one.disposed),
    ).toBe(false);
    model.weight.dispose();
    expect(() => optimizer.step()).toThrow(DisposedError);
    const w = leaf([1]);
    push(w);
    const other = new optim.SGD([w]);
    other.step();
    w.grad?.dispose();
    expect(() => other.step()).toThrow(DisposedError);
  });

  run('makes a graph that saved the old values refuse to run', () => {
    const w = leaf([2]);
    const loss = w.mul(w).sum();
    w.grad = tensor([1]);
    new optim.SGD([w]).step();
    expect(() => loss.backward()).toThrow(/changed in place/);
  });

  run('checks every gradient before anything moves', () => {
    const [a, b] = [leaf([1]), leaf([1, 2])];
    push(a);
    const optimizer = new optim.SGD([{ params: [a] }, { params: [b] }], { lr: 1 });
    b.grad = ones([3]);
    expect(() => optimizer.step()).toThrow(ShapeError);
    b.grad = ones([2], { dtype: 'float64' });
    expect(() => optimizer.step()).toThrow(DTypeError);
    expect(a.toArray()).toEqual([1]);
  });

  run('steps empty and frozen parameters', () => {
    const [none, frozen, w] = [zeros([0], { requiresGrad: true }), zeros([1]), leaf([1])];
    push(none, w);
    new optim.Adam([none, frozen, w], { lr: 0.5, eps: 0 }).step();
    expect(w.item()).toBeCloseTo(0.5, 6);
  });
});

describe('groups', () => {
  it('have options of their own, which can be set and are checked', () => {
    const [a, b] = [leaf([1]), leaf([1])];
    const optimizer = new optim.SGD([{ params: [a], lr: 0.25 }, { params: [b] }], { lr: 0.5 });
    expect(optimizer.paramGroups.map((group) => group.lr)).toEqual([0.25, 0.5]);
    const [group] = optimizer.paramGroups;
    for (const wrong of [Number.NaN, -1, Number.POSITIVE_INFINITY, '0.1' as never, null as never]) {
      expect(() => {
        group.lr = wrong;
      }).toThrow(ArgumentError);
    }
    expect(() => {
      group.nesterov = true;
    }).toThrow(/nesterov needs momentum/);
    expect([group.lr, group.nesterov]).toEqual([0.25, false]);
    group.lr = 0;
    push(a);
    optimizer.step();
    expect(a.toArray()).toEqual([1]);
    optimizer.addParamGroup({ params: [leaf([1])], momentum: 0.5 });
    expect(optimizer.paramGroups[2]).toMatchObject({ lr: 0.5, momentum: 0.5 });
  });

  it('refuse what has no meaning', () => {
    const w = leaf([1]);
    const refused: [unknown, object, RegExp][] = [
      [[], {}, /list is empty/],
      [w, {}, /list of tensors/],
      [[w, w], {}, /given twice/],
      [[{ params: [w] }, { params: [w] }], {}, /given twice/],
      [[w, { params: [leaf([1])] }], {}, /either tensors or groups/],
      [[w.mul(2)], {}, /only leaves/],
      [[noGrad(() => ones([2, 3]).t())], {}, /clone/],
      [[1], {}, /number 1/],
      [[w], { lr: -1 }, /lr is a finite number from 0/],
      [[w], { lr: Number.NaN }, /lr/],
      [[w], { momentum: -0.1 }, /momentum/],
      [[w], { weightDecay: Number.POSITIVE_INFINITY }, /weightDecay/],
      [[w], { nesterov: 1 }, /true or false/],
      [[w], { nesterov: true }, /nesterov needs momentum/],
      [[w], { nesterov: true, momentum: 0.9, dampening: 0.1 }, /nesterov/],
      [[w], { learningRate: 1 }, /there is no option 'learningRate'; there are lr, momentum/],
    ];
    for (const [params, options, message] of refused) {
      const make = (): unknown => new optim.SGD(params as never, options);
      expect(make, String(message)).toThrow(ArgumentError);
      expect(make).toThrow(message);
    }
    for (const wrong of [[0.9], [0.9, 1], [-0.1, 0.9], [Number.NaN, 0.9], 0.9]) {
      expect(() => new optim.Adam([w], { betas: wrong as never })).toThrow(/betas/);
    }
    expect(() => new optim.AdamW([w], { eps: -1 })).toThrow(/\[AdamW\] eps/);
    const { betas } = new optim.Adam([w]).paramGroups[0];
    expect(Object.isFrozen(betas)).toBe(true);
  });
});

describe('state dicts', () => {
  function trained(): { w: Tensor; optimizer: optim.Adam } {
    const w = leaf([1, 2]);
    const optimizer = new optim.Adam([w], { lr: 0.1 });
    push(w);
    optimizer.step();
    return { w, optimizer };
  }

  it('hold options, steps and tensors', () => {
    const { optimizer } = trained();
    const { state, paramGroups } = optimizer.stateDict();
    expect(paramGroups).toEqual([
      {
        lr: 0.1,
        betas: [0.9, 0.999],
        eps: 1e-8,
        weightDecay: 0,
        amsgrad: false,
        maximize: false,
        params: [0],
      },
    ]);
    expect(Object.keys(state[0])).toEqual(['step', 'expAvg', 'expAvgSq']);
    expect(state[0].step).toBe(1);
    expect((state[0].expAvg as Tensor).shape).toEqual([2]);
  });

  it('change nothing where they do not fit, and say all that is wrong', () => {
    const { w, optimizer } = trained();
    const good = optimizer.stateDict();
    const before = w.toArray();
    const entry = good.state[0];
    const wrong: [unknown, RegExp][] = [
      [null, /no \{ state, paramGroups \}/],
      [{ ...good, paramGroups: [] }, /0 groups, and the optimizer 1/],
      [
        { ...good, paramGroups: [{ ...good.paramGroups[0], params: [0, 1], lr: -1 }] },
        /must have 1 parameters; group 0: .*lr/,
      ],
      [
        { ...good, state: { 0: { ...entry, step: -1, expAvg: zeros([3]) } } },
        /step must be .*; state 0: expAvg has shape \(3,\)/,
      ],
      [{ ...good, state: { 0: { step: 1 } } }, /expAvg must be a tensor/],
      [{ ...good, state: { 3: entry } }, /state 3: there is no such parameter/],
    ];
    for (const [dict, message] of wrong) {
      expect(() => optimizer.loadStateDict(dict as never)).toThrow(StateDictError);
      expect(() => optimizer.loadStateDict(dict as never)).toThrow(message);
    }
    expect(optimizer.stateDict().state[0].step).toBe(1);
    expect(optimizer.paramGroups[0].lr).toBe(0.1);
    expect(w.toArray()).toEqual(before);
  });

  it('load into groups that somebody holds', () => {
    const { optimizer } = trained();
    const other = new optim.Adam([leaf([1, 2])]);
    const [group] = other.paramGroups;
    other.loadStateDict(optimizer.stateDict());
    expect(group.lr).toBe(0.1);
    expect(other.stateDict().state[0].step).toBe(1);
    optimizer.loadStateDict(optimizer.stateDict());
    expect((optimizer.stateDict().state[0].expAvg as Tensor).toArray()[0]).toBeCloseTo(0.1, 6);
  });
});

describe('clipping', () => {
  it('does nothing without gradients, and refuses what has no meaning', () => {
    const w = leaf([1]);
    expect(optim.clipGradNorm_([w], 1).item()).toBe(0);
    optim.clipGradValue_(w, 1);
    w.grad = tensor([Number.POSITIVE_INFINITY]);
    expect(() => optim.clipGradNorm_(w, 1, { errorIfNonfinite: true })).toThrow(
      /norm of the gradients is Infinity/,
    );
    expect(w.grad.toArray()).toEqual([Number.POSITIVE_INFINITY]);
    for (const wrong of [-1, Number.NaN]) {
      expect(() => optim.clipGradNorm_(w, wrong)).toThrow(ArgumentError);
      expect(() => optim.clipGradValue_(w, wrong)).toThrow(ArgumentError);
    }
    expect(() => optim.clipGradNorm_(w, 1, { normType: 0 })).toThrow(ArgumentError);
    expect(() => optim.clipGradNorm_([1 as never], 1)).toThrow(ArgumentError);
  });

  it('scales gradients of both dtypes by one factor', () => {
    const [a, b] = [leaf([0]), leaf([0], 'float64')];
    a.grad = tensor([3]);
    b.grad = tensor([4], { dtype: 'float64' });
    const norm = optim.clipGradNorm_([a, b], 1);
    expect([norm.dtype, norm.item()]).toEqual(['float64', 5]);
    expect(a.grad.item()).toBeCloseTo(0.6, 5);
    expect(b.grad.item()).toBeCloseTo(0.8, 5);
  });
});
