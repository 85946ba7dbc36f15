// Containers, and members by name: lists, dictionaries, named rows of modules, freezing, copies.

import { ArgumentError, IndexError, nn, ones, optim, randn, ShapeError, type Tensor } from 'quern';
import { describe, expect, it } from 'vitest';

const names = (module: nn.Module): string[] => Object.keys(module.stateDict());

describe('lists', () => {
  it('hold modules in order', () => {
    const list = new nn.ModuleList([new nn.Linear(2, 2), new nn.ReLU()]);
    list.insert(0, new nn.Linear(3, 2, { bias: false })).extend([new nn.Tanh()]);
    expect(list.length).toBe(4);
    expect(names(list)).toEqual(['0.weight', '1.weight', '1.bias']);
    expect(list.at(-1)).toBeInstanceOf(nn.Tanh);
    list.set(1, new nn.Identity());
    expect(names(list)).toEqual(['0.weight']);
    expect([...list].length).toBe(4);
    expect(() => list.at(4)).toThrow(IndexError);
    expect(() => list.insert(6, new nn.ReLU())).toThrow(IndexError);
    expect(() => list.append(ones([1]) as never)).toThrow(/members are modules/);
    expect(() => list.forward()).toThrow(/computes nothing/);
  });

  it('hold parameters, which casts reach', () => {
    const list = new nn.ParameterList([nn.Parameter(ones([2]))]);
    const dict = new nn.ParameterDict({ a: nn.Parameter(ones([3])) });
    const model = new nn.ModuleList<nn.Module>([list, dict]).to('float64');
    expect(names(model)).toEqual(['0.0', '1.a']);
    expect([list.at(0).dtype, dict.get('a').dtype]).toEqual(['float64', 'float64']);
    expect(() => list.append(ones([2]))).toThrow(/members are parameters/);
  });
});

describe('dictionaries', () => {
  it('hold modules by name', () => {
    const dict = new nn.ModuleDict({ b: new nn.Linear(2, 1), a: new nn.ReLU() });
    expect([dict.keys(), dict.size, dict.has('a'), dict.has('toString')]).toEqual([
      ['b', 'a'],
      2,
      true,
      false,
    ]);
    expect(names(dict)).toEqual(['b.weight', 'b.bias']);
    dict.update({ c: new nn.Tanh() });
    expect([...dict].map(([name]) => name)).toEqual(['b', 'a', 'c']);
    expect(dict.pop('b')).toBeInstanceOf(nn.Linear);
    expect(() => dict.get('b')).toThrow(/no member 'b'; there are a, c/);
    expect(() => dict.set('x.y', new nn.ReLU())).toThrow(ArgumentError);
    expect(() => dict.set('0', new nn.ReLU())).toThrow(ArgumentError);
  });
});

describe('rows of modules', () => {
  it('have names where they are given', () => {
    const model = new nn.Sequential({ first: new nn.Linear(3, 4), act: new nn.ReLU() });
    model.append(new nn.Linear(4, 2)).insert(1, new nn.LayerNorm(4), 'norm');
    expect(names(model)).toEqual([
      'first.weight',
      'first.bias',
      'norm.weight',
      'norm.bias',
      '3.weight',
      '3.bias',
    ]);
    expect(model.forward(ones([5, 3])).shape).toEqual([5, 2]);
    expect(() => model.append(new nn.ReLU(), 'act')).toThrow(/new/);
    expect(() => model.insert(9, new nn.ReLU())).toThrow(IndexError);
    expect(names(new nn.Sequential(new nn.ReLU()).insert(0, new nn.Linear(1, 1)))).toEqual([
      '0.weight',
      '0.bias',
    ]);
  });

  it('divide dimensions', () => {
    const model = new nn.Sequential(new nn.Flatten(), new nn.Unflatten(-1, [2, -1]));
    expect(model.forward(ones([3, 4, 5])).shape).toEqual([3, 2, 10]);
    expect(() => new nn.Unflatten(1, [3, 3]).forward(ones([2, 8]))).toThrow(ShapeError);
  });
});

describe('members', () => {
  const model = (): nn.Sequential =>
    new nn.Sequential({ body: new nn.Sequential(new nn.Linear(2, 3)), head: new nn.BatchNorm1d(3) });

  it('are found by dotted names', () => {
    const net = model();
    expect(net.getParameter('body.0.bias').shape).toEqual([3]);
    expect(net.getBuffer('head.running_mean').shape).toEqual([3]);
    expect(net.getSubmodule('body.0')).toBeInstanceOf(nn.Linear);
    expect(net.getSubmodule('')).toBe(net);
    expect(net.parameterCount()).toBe(9 + 6);
    expect(() => net.getParameter('body.bias')).toThrow(/there are body.0.weight, body.0.bias/);
    expect(() => net.getSubmodule('tail')).toThrow(ArgumentError);
  });

  it('are frozen by pattern, and keep their values then', () => {
    const net = model();
    const optimizer = new optim.SGD(net.parameters(), { lr: 1, momentum: 0.9 });
    const step = (): void => {
      optimizer.zeroGrad();
      net
        .forward(randn([4, 2]))
        .square()
        .sum()
        .backward();
      optimizer.step();
    };
    step();
    net.freeze('body.*');
    const before = net.getParameter('body.0.weight').toArray();
    const head = net.getParameter('head.bias').toArray();
    step();
    expect(net.getParameter('body.0.weight').toArray()).toEqual(before);
    expect(net.getParameter('head.bias').toArray()).not.toEqual(head);
    const trained = (): boolean[] => net.parameters().map((parameter) => parameter.requiresGrad);
    expect(trained()).toEqual([false, false, true, true]);
    net.freeze();
    expect(trained()).toEqual([false, false, false, false]);
    net.unfreeze(/bias$/);
    expect(trained()).toEqual([false, true, false, true]);
    expect(() => net.freeze('bodi.*')).toThrow(/no parameter's name fits bodi/);
    expect(() => net.freeze(3 as never)).toThrow(ArgumentError);
  });

  it('are copied, shared ones together', () => {
    const shared = new nn.Linear(2, 2);
    const dict = new nn.ModuleDict({ a: shared, b: new nn.Sequential(shared, new nn.GRU(2, 2)) });
    const copy = dict.clone();
    expect(copy).toBeInstanceOf(nn.ModuleDict);
    expect(names(copy)).toEqual(names(dict));
    expect((copy.get('b') as nn.Sequential).at(0)).toBe(copy.get('a'));
    for (const [i, parameter] of copy.parameters().entries()) {
      expect(parameter).not.toBe(dict.parameters()[i]);
      expect(parameter.toArray()).toEqual(dict.parameters()[i].toArray());
      expect(parameter.requiresGrad).toBe(true);
    }
    const x = ones([3, 2]);
    expect((copy.get('a') as nn.Linear).forward(x).toArray()).toEqual(
      shared.forward(x).toArray() as Tensor[],
    );
    expect(copy.eval().training).toBe(false);
    expect(dict.training).toBe(true);
  });
});
