// Hooks around the backward of modules: against PyTorch, their order, how they end, and what they refuse.

import {
  ArgumentError,
  checkpoint,
  GradientError,
  gradients,
  nn,
  noGrad,
  ones,
  ShapeError,
  scope,
  type Tensor,
  tensor,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, from, type Nested, readGolden } from '../support/golden.js';

interface Seen {
  readonly module: string;
  readonly gradInput: readonly (Nested | null)[];
  readonly gradOutput: readonly (Nested | null)[];
}

interface Case {
  readonly dtype: Floating;
  readonly change: boolean;
  readonly state: Record<string, Nested>;
  readonly x: Nested;
  readonly b: Nested;
  readonly seen: readonly Seen[];
  readonly hidden: Nested;
  readonly bGradient: Nested;
  readonly gradients: Record<string, Nested>;
}

class Pair extends nn.Module {
  weight = new nn.Parameter(ones([3]));
  forward(a: Tensor, b: Tensor): [Tensor, Tensor] {
    return [a.mul(b).mul(this.weight), a.tanh()];
  }
}

class Net extends nn.Module {
  first = new nn.Linear(2, 3);
  pair = new Pair();
  last = new nn.Linear(3, 2);
  hiddenHook: (gradient: Tensor) => Tensor | undefined = () => undefined;

  forward(x: Tensor, b: Tensor): Tensor {
    const hidden = this.first.forward(x);
    hidden.registerHook(this.hiddenHook);
    return this.last.forward(this.pair.forward(hidden, b)[0]);
  }
}

function demandAll(
  label: string,
  got: nn.ModuleGradients,
  want: readonly (Nested | null)[],
  dtype: Floating,
) {
  expect(got.length).toBe(want.length);
  want.forEach((one, i) => {
    if (one === null) expect(got[i], `${label} ${i}`).toBeNull();
    else demandGolden(`${label} ${i}`, got[i], one, dtype);
  });
}

describe.each(BACKENDS)('$name', (engine) => {
  it.each(readGolden<Case>('hooks.json'))('hooks as PyTorch has them, $dtype, change $change', (one) => {
    on(engine, () => {
      const { dtype, change } = one;
      const net = new Net().to(dtype);
      net.loadStateDict(
        Object.fromEntries(Object.entries(one.state).map(([name, values]) => [name, from(values, dtype)])),
      );
      const seen: { module: string; gradInput: nn.ModuleGradients; gradOutput: nn.ModuleGradients }[] = [];
      for (const [name, module] of net.namedChildren()) {
        module.registerFullBackwardHook((_module, gradInput, gradOutput) => {
          seen.push({ module: name, gradInput, gradOutput });
          const [a, b] = gradInput as [Tensor, Tensor];
          return change && name === 'pair' ? [a.mul(2), b.sub(1)] : undefined;
        });
      }
      if (change)
        net.last.registerFullBackwardPreHook((_module, [gradOutput]) => (gradOutput as Tensor).mul(3));
      const hidden: Tensor[] = [];
      net.hiddenHook = (gradient) => {
        hidden.push(gradient);
        return change ? gradient.clamp({ max: 0.25 }) : undefined;
      };
      const b = from(one.b, dtype, true);
      net.forward(from(one.x, dtype), b).square().sum().backward();
      expect(seen.map(({ module }) => module)).toEqual(one.seen.map(({ module }) => module));
      seen.forEach(({ module, gradInput, gradOutput }, i) => {
        demandAll(`${module} gradInput`, gradInput, one.seen[i].gradInput, dtype);
        demandAll(`${module} gradOutput`, gradOutput, one.seen[i].gradOutput, dtype);
      });
      demandGolden('hidden', hidden[0], one.hidden, dtype);
      demandGolden('b', b.grad, one.bGradient, dtype);
      for (const [name, parameter] of net.namedParameters())
        demandGolden(name, parameter.grad, one.gradients[name], dtype);
    });
  });
});

const variable = (): Tensor => tensor([1, 2], { requiresGrad: true });

class Doubled extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.mul(2);
  }
}

describe('backward hooks', () => {
  it('run in order, and forward is itself again without them', () => {
    const module = new Doubled();
    const seen: string[] = [];
    const note = (name: string) => () => void seen.push(name);
    const handles = [
      module.registerFullBackwardHook(note('b')),
      module.registerFullBackwardHook(note('a'), { prepend: true }),
      module.registerFullBackwardPreHook(note('pre')),
      module.registerForwardHook(note('forward') as never),
      module.registerForwardPreHook(note('before') as never),
    ];
    const x = variable();
    module.forward(x).sum().backward();
    expect(seen).toEqual(['before', 'forward', 'pre', 'a', 'b']);
    for (const handle of handles) handle.remove();
    expect(Object.hasOwn(module, 'forward')).toBe(false);
    module.forward(x).sum().backward();
    expect([seen.length, x.grad?.toArray()]).toEqual([5, [4, 4]]);
  });

  it('see the gradient of this use of an input alone', () => {
    const module = new Doubled();
    const seen: unknown[] = [];
    module.registerFullBackwardHook((_module, [gradInput]) => void seen.push(gradInput?.toArray()));
    const x = variable();
    module.forward(x).add(x.mul(100)).add(module.forward(x)).sum().backward();
    expect(seen).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(x.grad?.toArray()).toEqual([104, 104]);
  });

  it('are called for integers and options among inputs, with null', () => {
    class Scaled extends nn.Module {
      forward(x: Tensor, _index: Tensor, { by }: { by: number }): Tensor {
        return x.mul(by);
      }
    }
    const module = new Scaled();
    let count = 0;
    module.registerFullBackwardHook((_module, gradInput, gradOutput) => {
      count++;
      expect(gradInput.map((one) => one?.toArray() ?? null)).toEqual([[3, 3], null, null]);
      expect(gradOutput.map((one) => one?.toArray())).toEqual([[1, 1]]);
    });
    module
      .forward(variable(), ones([1], { dtype: 'int32' }), { by: 3 })
      .sum()
      .backward();
    expect(count).toBe(1);
  });

  it('see what modules answer in objects and arrays, in order', () => {
    const lstm = new nn.LSTM(2, 3);
    const [x, seen] = [ones([4, 1, 2], { requiresGrad: true }), [] as (readonly number[] | null)[][]];
    const shapes = (gradients: nn.ModuleGradients) => gradients.map((one) => one?.shape ?? null);
    lstm.registerFullBackwardHook((_module, gradInput, gradOutput) => {
      seen.push(shapes(gradInput), shapes(gradOutput));
    });
    const { output, c } = lstm.forward(x);
    output.sum().add(c.sum()).backward();
    expect(seen).toEqual([[[4, 1, 2]], [[4, 1, 3], null, [1, 1, 3]]]);
    const before = x.grad?.toArray();
    x.grad = null;
    const plain = lstm.clone().forward(x);
    plain.output.sum().add(plain.c.sum()).backward();
    expect((x as { grad: Tensor | null }).grad?.toArray()).toEqual(before);
    class Nested extends nn.Module {
      forward(value: Tensor): [Tensor, { twice: Tensor }, null] {
        return [value, { twice: value.mul(2) }, null];
      }
    }
    const nested = new Nested();
    nested.registerFullBackwardPreHook((_module, [a, b]) => [a, (b as Tensor).mul(10)]);
    const y = variable();
    const [, { twice }, none] = nested.forward(y);
    twice.sum().backward();
    expect([y.grad?.toArray(), none]).toEqual([[20, 20], null]);
  });

  it('see each layer of a pair that is otherwise computed at once, and change nothing by looking', () => {
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU(), new nn.Linear(2, 1));
    const x = tensor([[1, 2]]);
    model.forward(x).sum().backward();
    const before = model.parameters().map((one) => one.grad?.toArray());
    model.zeroGrad();
    let calls = 0;
    for (const module of model.modules()) module.registerFullBackwardHook(() => void calls++);
    model.forward(x).sum().backward();
    expect(calls).toBe(4);
    expect(model.parameters().map((one) => one.grad?.toArray())).toEqual(before);
    calls = 0;
    noGrad(() => model.forward(x));
    model.clone().forward(x).sum().backward();
    expect(calls).toBe(0);
  });

  it('pass second derivatives, second walks, checkpoints and scopes', () => {
    const module = new Doubled();
    let calls = 0;
    module.registerFullBackwardHook((_module, [g]) => {
      calls++;
      return (g as Tensor).mul(3);
    });
    const x = variable();
    const grad = (): unknown => x.grad?.toArray();
    const [dx] = gradients(module.forward(x.mul(x)).sum(), [x], { createGraph: true });
    expect(dx.toArray()).toEqual([12, 24]);
    expect(gradients(dx.sum(), [x])[0].toArray()).toEqual([12, 12]);
    calls = 0;
    const loss = module.forward(x).sum();
    loss.backward({ retainGraph: true });
    loss.backward();
    expect([calls, grad()]).toEqual([2, [12, 12]]);
    x.grad = null;
    checkpoint((value: Tensor) => module.forward(value), x)
      .sum()
      .backward();
    expect([calls, grad()]).toEqual([3, [6, 6]]);
    x.grad = null;
    scope(() => module.forward(x).sum().backward());
    expect(grad()).toEqual([6, 6]);
  });

  it('keep what they saw', () => {
    const module = new Doubled();
    const kept: (Tensor | null)[] = [];
    module.registerFullBackwardHook((_module, gradInput, gradOutput) => {
      kept.push(...gradInput, ...gradOutput);
    });
    const x = variable();
    module.forward(x).mul(5).sum().backward();
    for (let i = 0; i < 20; i++) x.mul(i).sum().backward();
    expect(kept.map((one) => one?.toArray())).toEqual([
      [10, 10],
      [5, 5],
    ]);
  });

  it('refuse what is no gradient of the module', () => {
    const answering = (answer: unknown, x: Tensor = variable()) => {
      const module = new Doubled();
      module.registerFullBackwardHook(() => answer as never);
      return () => module.forward(x).mul(variable()).sum().backward();
    };
    expect(answering([ones([2]), ones([2])])).toThrow(/2 gradients in the place of 1/);
    expect(answering([3])).toThrow(GradientError);
    expect(answering(ones([3]))).toThrow(ShapeError);
    expect(answering(ones([2], { dtype: 'float64' }))).toThrow(ShapeError);
    const parameter = new nn.Linear(2, 2, { bias: false });
    parameter.registerFullBackwardHook((_module, gradInput, gradOutput) => {
      expect(gradInput).toEqual([null]);
      return [gradOutput[0]];
    });
    expect(() =>
      parameter
        .forward(ones([2, 2]))
        .sum()
        .backward(),
    ).toThrow(/no input of the module requires/);
    const pre = new Doubled();
    pre.registerFullBackwardPreHook(() => [] as never);
    expect(() => pre.forward(variable()).sum().backward()).toThrow(/0 gradients in the place of 1/);
    class Odd extends nn.Module {
      forward(x: Tensor): object {
        return { size: x.size };
      }
    }
    const odd = new Odd();
    odd.registerFullBackwardHook(() => undefined);
    expect(() => odd.forward(variable())).toThrow(ArgumentError);
    expect(() => odd.registerFullBackwardHook(1 as never)).toThrow(ArgumentError);
  });
});

describe('a module that answers a packed sequence', () => {
  it('shows its gradient to hooks', () => {
    const lstm = new nn.LSTM(2, 3);
    const packed = nn.utils.rnn.packSequence([ones([3, 2]), ones([1, 2])]);
    const shapes: (readonly number[] | null)[] = [];
    lstm.registerFullBackwardHook((_module, _gradInput, gradOutput) => {
      shapes.push(...gradOutput.map((one) => one?.shape ?? null));
    });
    const { output } = lstm.forward(packed);
    output.data.sum().backward();
    expect(shapes[0]).toEqual([4, 3]);
  });
});
