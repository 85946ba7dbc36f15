// Hooks around forward: order, what they replace, how they end, and what they leave alone.

import { ArgumentError, nn, ones, type Tensor, tensor } from 'quern';
import { describe, expect, it } from 'vitest';

class Doubled extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.mul(2);
  }
}

const run = (module: nn.Module): number[] => module.forward(tensor([1, 2])).toArray();

describe('hooks', () => {
  it('run in order around forward, and replace inputs and outputs', () => {
    const module = new Doubled();
    const seen: string[] = [];
    const note = (name: string) => () => void seen.push(name);
    module.registerForwardHook(note('b'));
    module.registerForwardHook(note('c'));
    module.registerForwardHook(note('a'), { prepend: true });
    module.registerForwardPreHook(note('2') as never);
    module.registerForwardPreHook(note('1') as never, { prepend: true });
    module.registerForwardPreHook((_module, [x]) => [(x as Tensor).add(1)]);
    module.registerForwardHook((owner, [x], output) => {
      expect(owner).toBe(module);
      expect((x as Tensor).toArray()).toEqual([2, 3]);
      return (output as Tensor).neg();
    });
    expect(run(module)).toEqual([-4, -6]);
    expect(seen).toEqual(['1', '2', 'a', 'b', 'c']);
  });

  it('end with their handles, the last of which gives forward back', () => {
    const module = new Doubled();
    const first = module.registerForwardHook((_module, _inputs, output) => (output as Tensor).add(1));
    const second = module.registerForwardPreHook((_module, [x]) => [(x as Tensor).mul(10)]);
    expect(run(module)).toEqual([21, 41]);
    first.remove();
    first.remove();
    expect(run(module)).toEqual([20, 40]);
    second[Symbol.dispose]();
    expect(run(module)).toEqual([2, 4]);
    expect(Object.hasOwn(module, 'forward')).toBe(false);
    const once = module.registerForwardHook(() => once.remove());
    expect(run(module)).toEqual([2, 4]);
    expect(Object.hasOwn(module, 'forward')).toBe(false);
  });

  it('give back a forward that was a field', () => {
    const module = new Doubled();
    const own = (x: Tensor): Tensor => x.mul(3);
    module.forward = own;
    const handle = module.registerForwardHook(() => undefined);
    expect(run(module)).toEqual([3, 6]);
    handle.remove();
    expect(module.forward).toBe(own);
  });

  it('see each layer of a pair that is otherwise computed at once', () => {
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU());
    const before = model.forward(ones([3, 2])).toArray();
    const seen: Tensor[] = [];
    model.at(0).registerForwardHook((_module, _inputs, output) => void seen.push(output as Tensor));
    expect(model.forward(ones([3, 2])).toArray()).toEqual(before);
    expect(seen[0].relu().toArray()).toEqual(before);
    const handle = model.at(1).registerForwardHook((_module, _inputs, output) => (output as Tensor).add(1));
    expect(
      model
        .forward(ones([3, 2]))
        .sub(1)
        .amin()
        .item(),
    ).toBeCloseTo(seen[0].relu().amin().item(), 6);
    handle.remove();
  });

  it('leave state dicts, casts, copies and summaries alone', () => {
    const model = new nn.Sequential(new nn.Linear(2, 2));
    const [names, summary] = [Object.keys(model.stateDict()), model.summary([1, 2])];
    let calls = 0;
    model.at(0).registerForwardHook(() => void calls++);
    expect(Object.keys(model.stateDict())).toEqual(names);
    expect(model.summary([1, 2])).toBe(summary);
    expect(calls).toBe(1);
    model.forward(ones([1, 2]));
    expect(calls).toBe(2);
    model.clone().forward(ones([1, 2]));
    expect(calls).toBe(2);
    model.to('float64').forward(ones([1, 2], { dtype: 'float64' }));
    expect(calls).toBe(3);
  });

  it('are functions, and answer inputs in an array', () => {
    const module = new Doubled();
    expect(() => module.registerForwardHook(3 as never)).toThrow(ArgumentError);
    expect(Object.hasOwn(module, 'forward')).toBe(false);
    module.registerForwardPreHook(() => ones([2]) as never);
    expect(() => run(module)).toThrow(/array of inputs/);
  });
});
