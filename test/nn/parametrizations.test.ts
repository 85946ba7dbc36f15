// Parametrizations: weight and spectral normalisation against PyTorch, and the machinery below them.

import {
  ArgumentError,
  DTypeError,
  diag,
  gradients,
  manualSeed,
  nn,
  noGrad,
  ones,
  optim,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, from, type Nested, readGolden } from '../support/golden.js';

const { parametrizations, parametrize } = nn.utils;
const { weightNorm, spectralNorm } = parametrizations;
const { isParametrized, registerParametrization, removeParametrizations } = parametrize;

type Named = Record<string, Nested>;

interface Case {
  readonly dtype: Floating;
  readonly norm: 'weightNorm' | 'spectralNorm';
  readonly options: { readonly name?: string };
  readonly layer: string;
  readonly sizes: readonly number[];
  readonly state: Named;
  readonly x: Nested;
  readonly steps: readonly {
    readonly output: Nested;
    readonly inputGradient: Nested;
    readonly gradients: Named;
    readonly state: Named;
  }[];
  readonly evaluated: Nested;
  readonly second: Nested;
  readonly stateEvaluated: Named;
  readonly computed: Nested;
}

function demandState(module: nn.Module, want: Named, dtype: Floating): void {
  const state = module.stateDict();
  expect(Object.keys(state)).toEqual(Object.keys(want));
  for (const [name, values] of Object.entries(want)) demandGolden(name, state[name], values, dtype);
}

function check({ dtype, norm, options, layer, sizes, ...want }: Case): void {
  const make = (nn as unknown as Record<string, new (...sizes: unknown[]) => nn.Module>)[layer];
  const module = parametrizations[norm](new make(...sizes).to(dtype), options as never);
  module.loadStateDict(
    Object.fromEntries(Object.entries(want.state).map(([name, values]) => [name, from(values, dtype)])),
  );
  const optimizer = new optim.SGD(module.parameters(), { lr: 0.1 });
  for (const step of want.steps) {
    const x = from(want.x, dtype, true);
    const output = module.forward(x);
    optimizer.zeroGrad();
    output.square().mean().backward();
    demandGolden('output', output, step.output, dtype);
    demandGolden('input gradient', x.grad, step.inputGradient, dtype);
    expect(module.namedParameters().map(([name]) => name)).toEqual(Object.keys(step.gradients));
    for (const [name, parameter] of module.namedParameters())
      demandGolden(`gradient of ${name}`, parameter.grad, step.gradients[name], dtype);
    optimizer.step();
    demandState(module, step.state, dtype);
  }
  module.eval();
  const x = from(want.x, dtype, true);
  demandGolden('evaluated', module.forward(x), want.evaluated, dtype);
  const [first] = gradients(module.forward(x).square().sum(), [x], { createGraph: true });
  const original = module.namedParameters().find(([name]) => name.includes('original')) as [string, Tensor];
  // Of a normalised bias the input's gradient knows nothing but through the output.
  demandGolden('second gradient', gradients(first.square().sum(), [original[1]])[0], want.second, dtype);
  demandState(module, want.stateEvaluated, dtype);
  const { name = 'weight' } = options;
  removeParametrizations(module, name);
  expect(isParametrized(module)).toBe(false);
  demandGolden('computed', module.getParameter(name), want.computed, dtype);
  demandGolden('removed', module.forward(x), want.evaluated, dtype);
}

describe.each(BACKENDS)('$name', (engine) => {
  it.each(readGolden<Case>('parametrizations.json').map((one, i) => ({ ...one, i })))(
    '$i: $norm($options) of $layer($sizes), $dtype',
    (one) => {
      on(engine, () => check(one));
    },
  );
});

class Exponential extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.exp();
  }
  rightInverse(x: Tensor): Tensor {
    return x.log();
  }
}

class Doubled extends nn.Module {
  forward(x: Tensor): Tensor {
    return x.mul(2);
  }
  rightInverse(x: Tensor): Tensor {
    return x.div(2);
  }
}

describe('parametrizations', () => {
  const values = (x: Tensor): number[] => Array.from(x.dataSync());

  it('follow one another, forwards and back', () => {
    const layer = new nn.Linear(1, 2, { bias: false });
    noGrad(() => layer.weight.fill_(1));
    const parameter = layer.weight;
    registerParametrization(layer, 'weight', new Exponential());
    expect(values(layer.weight)).toEqual([1, 1]);
    registerParametrization(layer, 'weight', new Doubled());
    expect(values(layer.weight)).toEqual([2, 2]);
    layer.weight = ones([2, 1]).mul(6);
    const [original] = layer.parameters();
    expect(values(original)[0]).toBeCloseTo(Math.log(3), 6);
    expect(values(layer.weight)[0]).toBeCloseTo(6, 5);
    expect(original).not.toBe(parameter);
    expect([isParametrized(layer, 'weight'), isParametrized(layer, 'bias')]).toEqual([true, false]);
    removeParametrizations(layer, 'weight', { leaveParametrized: false });
    expect(layer.weight).toBe(original);
    expect(Object.keys(layer.stateDict())).toEqual(['weight']);
  });

  it('compute anew at each use, and let gradients through', () => {
    const layer = weightNorm(new nn.Linear(2, 2));
    expect(layer.weight).not.toBe(layer.weight);
    const [length] = layer.parameters().filter((one) => one.shape.join() === '2,1');
    const before = values(layer.weight);
    noGrad(() => length.mul_(3));
    expect(values(layer.weight).map((value, i) => Math.round((value / before[i]) * 1e5) / 1e5)).toEqual([
      3, 3, 3, 3,
    ]);
    layer
      .forward(ones([1, 2]))
      .sum()
      .backward();
    expect(layer.parameters().every((one) => one.grad !== null)).toBe(true);
  });

  it('are copied, cast, frozen, printed, summarised and hooked like all else', () => {
    const model = new nn.Sequential(weightNorm(new nn.Linear(2, 2)), new nn.ReLU());
    const x = ones([1, 2]);
    const copy = model.clone();
    expect(values(copy.forward(x))).toEqual(values(model.forward(x)));
    noGrad(() => copy.getParameter('0.parametrizations.weight.original0').zero_());
    noGrad(() => copy.getParameter('0.bias').zero_());
    expect(values(copy.forward(x))).toEqual([0, 0]);
    expect(values(model.forward(x)).every(Number.isFinite)).toBe(true);
    expect(values((copy.at(0) as nn.Linear).weight).map(Math.abs)).toEqual([0, 0, 0, 0]);
    expect(values((model.at(0) as nn.Linear).weight)).not.toEqual([0, 0, 0, 0]);
    expect(model.to('float64').forward(ones([1, 2], { dtype: 'float64' })).dtype).toBe('float64');
    model.freeze('*.original1');
    expect(model.parameters().filter((one) => one.requiresGrad)).toHaveLength(2);
    expect(String(model)).toMatch(/\(weight\): ParametrizationList\(\s+\(0\): WeightNorm\(\)/);
    expect(model.summary([1, 2])).toMatch(/Total params: 8/);
    let calls = 0;
    model.at(0).registerForwardHook(() => void calls++);
    model.forward(ones([1, 2], { dtype: 'float64' }));
    expect(calls).toBe(1);
  });

  it('learn while the fused pair of a layer and its activation runs', () => {
    manualSeed(1);
    const model = new nn.Sequential(
      spectralNorm(new nn.Linear(2, 8)),
      new nn.Tanh(),
      weightNorm(new nn.Linear(8, 1)),
    );
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
    const x = ones([4, 2]);
    const losses = Array.from({ length: 60 }, () => {
      const loss = model.forward(x).sub(3).square().mean();
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.item() as number;
    });
    expect(losses[59]).toBeLessThan(losses[0] * 0.05);
  });

  it('estimate the largest singular value', () => {
    manualSeed(2);
    const layer = new nn.Linear(6, 4, { dtype: 'float64' });
    const weight = layer.weight.clone();
    spectralNorm(layer, { nPowerIterations: 200 });
    // The largest eigenvalue of W Wᵀ, by powers of its own.
    let power = weight.matmul(weight.t());
    for (let i = 0; i < 12; i++) power = power.matmul(power).div(power.norm().square());
    const direction = power.select(1, 0);
    const sigma = weight.t().matmul(direction.div(direction.norm())).norm();
    expect(layer.weight.mul(sigma).sub(weight).abs().amax().item()).toBeLessThan(1e-10);
    const before = layer.eval().weight;
    expect(values(layer.weight)).toEqual(values(before));
  });

  it('change nothing where they do not fit', () => {
    const layer = new nn.Linear(2, 3);
    const keys = Object.keys(layer.stateDict());
    class Wider extends nn.Module {
      forward(x: Tensor): Tensor {
        return x.sum(0);
      }
    }
    class Cast extends nn.Module {
      forward(x: Tensor): Tensor {
        return x.to('float64');
      }
    }
    expect(() => registerParametrization(layer, 'weight', new Wider())).toThrow(ShapeError);
    expect(() => registerParametrization(layer, 'weight', new Cast())).toThrow(DTypeError);
    expect(() => registerParametrization(layer, 'wait', new Doubled())).toThrow(/it has weight, bias/);
    expect(() => registerParametrization(layer, 'weight', {} as never)).toThrow(ArgumentError);
    expect(() => registerParametrization({} as never, 'weight', new Doubled())).toThrow(ArgumentError);
    expect(() => weightNorm(layer, { dim: 2 })).toThrow(ShapeError);
    expect(() => weightNorm(layer, { dim: -1 })).toThrow(/null for one length/);
    expect(() => spectralNorm(layer, { dim: 2 })).toThrow(ShapeError);
    expect(() => spectralNorm(layer, { nPowerIterations: 0 })).toThrow(ArgumentError);
    expect(() => spectralNorm(layer, { eps: Number.NaN })).toThrow(ArgumentError);
    expect(() => spectralNorm(new nn.ReLU())).toThrow(ArgumentError);
    expect(() => weightNorm(new nn.LSTM(2, 2), { name: 'weightIh' })).toThrow(ArgumentError);
    expect(() => removeParametrizations(layer, 'weight')).toThrow(/no parametrization/);
    expect(Object.keys(layer.stateDict())).toEqual(keys);
    expect(isParametrized(layer)).toBe(false);
    weightNorm(layer);
    expect(() => weightNorm(layer)).toThrow(/comes first/);
    expect(() => removeParametrizations(layer, 'weight', { leaveParametrized: false })).toThrow(/2 tensors/);
    expect(() => {
      layer.weight = zeros([2, 2]);
    }).toThrow(ShapeError);
    class Listing extends nn.Module {
      weight = new nn.Parameter(ones([2]));
      forward(x: Tensor): Tensor {
        return x.mul(this.weight);
      }
      protected override *members(): Generator<[name: string, value: unknown]> {
        yield ['weight', this.weight];
      }
    }
    const listing = new Listing();
    expect(() => weightNorm(listing)).toThrow(/super\.members/);
    expect(Object.keys(listing.stateDict())).toEqual(['weight']);
    expect(values(listing.forward(ones([2])))).toEqual([1, 1]);
  });
});

describe('parametrizations that show their operand in another way', () => {
  class Turned extends nn.Module {
    override forward(x: Tensor): Tensor {
      return x.t();
    }
    rightInverse(x: Tensor): Tensor {
      return x.t();
    }
  }

  const square = () => {
    const layer = new nn.Linear(2, 2, { bias: false });
    noGrad(() =>
      layer.weight.copy_(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
    );
    return layer;
  };

  it('keep every value when they are assigned to and removed', () => {
    const layer = nn.utils.parametrize.registerParametrization(square(), 'weight', new Turned());
    expect(layer.weight.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    layer.weight = layer.weight.t() as typeof layer.weight;
    expect(layer.weight.toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
    nn.utils.parametrize.removeParametrizations(layer, 'weight');
    expect(layer.weight.toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });

  it('may have an original of another shape, and be removed', () => {
    class Diagonal extends nn.Module {
      override forward(x: Tensor): Tensor {
        return diag(x);
      }
      rightInverse(x: Tensor): Tensor {
        return diag(x).clone();
      }
    }
    const layer = nn.utils.parametrize.registerParametrization(square(), 'weight', new Diagonal());
    nn.utils.parametrize.removeParametrizations(layer, 'weight');
    expect(layer.weight.toArray()).toEqual([
      [1, 0],
      [0, 4],
    ]);
    expect(layer.forward(ones([1, 2])).toArray()).toEqual([[1, 4]]);
  });

  it('refuse a way back that answers no tensors, or others than are trained', () => {
    class Ways extends nn.Module {
      back: unknown = 3;
      override forward(x: Tensor): Tensor {
        return x;
      }
      rightInverse(): Tensor {
        return this.back as Tensor;
      }
    }
    const ways = new Ways();
    const layer = square();
    const register = () => registerParametrization(layer, 'weight', ways);
    expect(register).toThrow(
      /^\[parametrize\] rightInverse of Ways must answer a tensor or a list of them; got number 3/,
    );
    ways.back = [];
    expect(register).toThrow(ArgumentError);
    ways.back = ones([2, 2]);
    register();
    ways.back = [ones([2, 2]), ones([2])];
    const assign = () => {
      layer.weight = zeros([2, 2]);
    };
    expect(assign).toThrow(/made tensors of shapes \(2, 2\), \(2,\) where \(2, 2\) are trained/);
    ways.back = ones([1, 2]);
    expect(assign).toThrow(ShapeError);
    expect(layer.weight.toArray()).toEqual(ones([2, 2]).toArray());
  });
});
