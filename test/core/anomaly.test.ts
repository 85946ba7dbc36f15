// Anomaly detection: what it finds, what it says of it, and what it leaves alone.

import * as q from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';

const { nn } = q;

function errorOf(act: () => unknown): q.AnomalyError {
  try {
    act();
  } catch (error) {
    return error as q.AnomalyError;
  }
  throw new Error('nothing was thrown');
}

const found = (act: () => unknown, options?: q.AnomalyOptions): q.AnomalyError =>
  errorOf(() => q.detectAnomaly(act, options));

/** Divides by the sum of its inputs, which may be nought. */
class Ratio extends nn.Module {
  forward(x: q.Tensor): q.Tensor {
    return x.div(x.sum());
  }
}

class Net extends nn.Module {
  layers = [new nn.Linear(2, 2), new Ratio()];
  forward(x: q.Tensor): q.Tensor {
    return this.layers.reduce((value, layer) => layer.forward(value), x);
  }
}

/** A net whose first layer answers noughts. */
function net(): Net {
  const made = new Net();
  for (const parameter of made.parameters()) q.noGrad(() => parameter.zero_());
  return made;
}

const HERE = /anomaly\.test\.ts:\d+:\d+$/;

describe.each(BACKENDS)('$name', (engine) => {
  it('finds the first NaN of forward, and names the operation and the line', () => {
    on(engine, () => {
      const error = found(() => q.tensor([1, -1]).log().mul(2).exp());
      expect(error).toBeInstanceOf(q.AnomalyError);
      expect(error).toMatchObject({ op: 'log', value: 'NaN', phase: 'forward', kernel: 'log', module: null });
      expect(error.calledAt).toMatch(HERE);
      expect(error.message).toMatch(
        /^\[log\] NaN arose in log, called at .*anomaly\.test\.ts:\d+:\d+, first as element 1 of what log wrote$/,
      );
    });
  });

  it('names operations that are made of others, free functions and what writes in place', () => {
    on(engine, () => {
      expect(found(() => q.std(q.ones([1]))).op).toBe('std');
      expect(found(() => q.tensor([-1]).sqrt_()).op).toBe('sqrt_');
      expect(found(() => q.tensor([Infinity]).sub_(Infinity)).op).toBe('sub_');
      expect(found(() => nn.functional.mseLoss(q.tensor([Infinity]), q.tensor([Infinity]))).op).toBe(
        'mseLoss',
      );
      expect(found(() => q.zeros([0]).mean()).op).toBe('mean');
    });
  });

  it('names the forward operation and its line for a NaN that arises in backward', () => {
    on(engine, () => {
      const x = q.tensor([4, 0], { requiresGrad: true });
      const error = found(() => x.sqrt().mul(0).sum().backward());
      expect(error).toMatchObject({ op: 'sqrt', value: 'NaN', phase: 'backward', module: null });
      expect(error.calledAt).toMatch(HERE);
      expect(error.message).toMatch(
        /^\[sqrt\] NaN arose in the gradient of sqrt, called at .*; it was written by \w+, first as element 1$/,
      );
      // The walk can be repeated, and the graph of another loss is whole.
      expect(x.grad).toBeNull();
      x.square().sum().backward();
      expect(x.grad?.toArray()).toEqual([8, 0]);
    });
  });

  it('names the path of the module where a model is given, and the classes where none is', () => {
    on(engine, () => {
      const model = net();
      const x = q.ones([1, 2]);
      expect(found(() => model.forward(x), { model })).toMatchObject({
        op: 'div',
        module: 'layers.1 (Ratio)',
      });
      expect(found(() => model.forward(x))).toMatchObject({ op: 'div', module: 'Net > Ratio' });
      const root = new Ratio();
      expect(found(() => root.forward(q.zeros([2])), { model: root }).module).toBe('Ratio');
    });
  });

  it('names the module whose forward recorded what goes wrong in backward', () => {
    on(engine, () => {
      class Root extends nn.Module {
        forward(x: q.Tensor): q.Tensor {
          return x.sqrt();
        }
      }
      const model = new nn.Sequential(new nn.Identity(), new Root());
      const x = q.zeros([2], { requiresGrad: true });
      const run = (): void => model.forward(x).mul(0).sum().backward();
      expect(found(run, { model })).toMatchObject({ op: 'sqrt', phase: 'backward', module: '1 (Root)' });
      expect(found(run).module).toBe('Sequential > Root');
    });
  });

  it('says so where the NaN came in with the data', () => {
    on(engine, () => {
      const error = found(() => q.tensor([1, Number.NaN]).exp());
      expect(error.message).toMatch(
        /^\[exp\] exp, called at .* was given NaN, and no operation was seen to make it/,
      );
      const target = q.tensor([1, Number.NaN]);
      expect(found(() => target.mul_(2)).message).toMatch(/was given NaN/);
      const x = q.ones([2], { requiresGrad: true });
      expect(found(() => x.mul(2).backward({ gradient: q.tensor([1, Number.NaN]) }))).toMatchObject({
        op: 'mul',
        phase: 'backward',
      });
      // What sorts it out is left alone.
      expect(q.detectAnomaly(() => q.tensor([1, Number.NaN]).nanToNum().sum().item())).toBe(1);
      expect(q.detectAnomaly(() => q.nanmean(q.tensor([1, Number.NaN])).item())).toBe(1);
      const infinite = q.tensor([1, Infinity, Infinity]);
      expect(q.detectAnomaly(() => q.quantile(infinite, 1).item())).toBe(Infinity);
      expect(q.detectAnomaly(() => q.isClose(infinite, infinite).all().item())).toBe(true);
    });
  });

  it('finds infinities where it is asked to, but for those that were there before', () => {
    on(engine, () => {
      const scores = q.tensor([1, 2, 3]);
      expect(q.detectAnomaly(() => q.tensor([0]).log().item())).toBe(-Infinity);
      expect(found(() => q.tensor([0]).log(), { checkInf: true })).toMatchObject({
        op: 'log',
        value: 'infinity',
      });
      const masked = (): number =>
        scores
          .maskedFill(q.tensor([true, false, false]), -Infinity)
          .softmax(0)
          .select(0, 0)
          .item();
      expect(q.detectAnomaly(masked, { checkInf: true })).toBe(0);
      const x = q.tensor([0], { requiresGrad: true });
      expect(found(() => x.sqrt().sum().backward(), { checkInf: true })).toMatchObject({
        op: 'sqrt',
        phase: 'backward',
        value: 'infinity',
      });
    });
  });

  it('finds what an optimizer writes', () => {
    on(engine, () => {
      const w = q.tensor([1, 2], { requiresGrad: true });
      const optimizer = new q.optim.SGD([w], { lr: 1e30 });
      w.grad = q.tensor([1e30, Number.NaN]);
      expect(found(() => optimizer.step())).toMatchObject({ op: 'sgd', kernel: 'sgd' });
    });
  });

  it('changes nothing of what is right, gradients of gradients and checkpoints included', () => {
    on(engine, () => {
      const x = q.tensor(
        [
          [1, 2],
          [3, 4],
        ],
        { requiresGrad: true },
      );
      const run = (): unknown => {
        const y = q.checkpoint((a: q.Tensor) => a.sin().matmul(a), x);
        const [first] = q.gradients(y.sum(), [x], { createGraph: true });
        const [second] = q.gradients(first.square().sum(), [x]);
        return [y.toArray(), first.toArray(), second.toArray()];
      };
      expect(q.detectAnomaly(run)).toEqual(run());
    });
  });
});

describe('anomaly detection', () => {
  it('is on inside its function alone, also where that throws', () => {
    const nan = (): number => q.tensor([-1]).log().item();
    expect(q.isAnomalyEnabled()).toBe(false);
    expect(q.detectAnomaly(() => q.isAnomalyEnabled())).toBe(true);
    expect(() => q.detectAnomaly(nan)).toThrow(q.AnomalyError);
    expect(q.isAnomalyEnabled()).toBe(false);
    expect(nan()).toBeNaN();
    expect(q.detectAnomaly(nan, { checkNan: false })).toBeNaN();
    const nested = (): void => {
      expect(q.detectAnomaly(nan, { checkNan: false })).toBeNaN();
      nan();
    };
    expect(() => q.detectAnomaly(nested)).toThrow(q.AnomalyError);
  });

  it('can be turned on until it is turned off, with names of modules too', () => {
    const model = net();
    const other = net();
    q.setDetectAnomaly(true, { model: other });
    q.setDetectAnomaly(true, { model });
    try {
      expect(Object.hasOwn(other, 'forward')).toBe(false);
      expect(q.isAnomalyEnabled()).toBe(true);
      expect(errorOf(() => model.forward(q.ones([1, 2]))).module).toBe('layers.1 (Ratio)');
    } finally {
      q.setDetectAnomaly(false);
    }
    expect(q.isAnomalyEnabled()).toBe(false);
    expect(Object.hasOwn(model, 'forward')).toBe(false);
  });

  it('goes along when the backend is switched', () => {
    const before = q.backendName();
    try {
      q.detectAnomaly(() => {
        for (const name of ['typescript', before] as const) {
          q.useBackend(name);
          expect(q.backendName()).toBe(name);
          expect(() => q.tensor([-1]).log()).toThrow(q.AnomalyError);
        }
      });
    } finally {
      q.useBackend(before);
    }
    expect(q.tensor([-1]).log().item()).toBeNaN();
  });

  it('leaves forward as it was, with hooks of before and of meanwhile', () => {
    const layer = new nn.Linear(2, 2);
    const seen: string[] = [];
    const first = layer.registerForwardHook(() => void seen.push('before'));
    let second: { remove(): void } = first;
    q.detectAnomaly(
      () => {
        second = layer.registerForwardHook(() => void seen.push('meanwhile'));
        layer.forward(q.ones([1, 2]));
      },
      { model: layer },
    );
    layer.forward(q.ones([1, 2]));
    expect(seen).toEqual(['before', 'meanwhile', 'before', 'meanwhile']);
    first.remove();
    second.remove();
    layer.forward(q.ones([1, 2]));
    expect(seen.length).toBe(4);
  });

  it('tells other errors in backward where the operation was called', () => {
    const x = q.ones([2], { requiresGrad: true });
    const run = (): void => {
      const y = x.mul(2);
      const z = y.square();
      y.add_(1);
      z.sum().backward();
    };
    const error = errorOf(() => q.detectAnomaly(run, { checkNan: false }));
    expect(error).toBeInstanceOf(q.GradientError);
    expect(error.message).toMatch(
      /was changed in place.*; square ran, called at .*anomaly\.test\.ts:\d+:\d+$/,
    );
    expect(errorOf(run).message).not.toMatch(/called at/);
  });

  it('refuses what it cannot take', () => {
    expect(() => q.detectAnomaly(3 as never)).toThrow(q.ArgumentError);
    expect(() => q.detectAnomaly(async () => 1)).toThrow(/detectAnomaly is synchronous/);
    expect(() => q.detectAnomaly(() => 1, { model: {} as never })).toThrow(q.ArgumentError);
    expect(() => q.detectAnomaly(() => 1, { checkNan: 1 as never })).toThrow(q.ArgumentError);
    expect(() => q.setDetectAnomaly('on' as never)).toThrow(q.ArgumentError);
    expect(q.isAnomalyEnabled()).toBe(false);
  });
});

describe.each(BACKENDS)('what is no anomaly, on $name', (engine) => {
  it('leaves powers of 0 alone, whose gradients are finite', () => {
    on(engine, () => {
      const x = q.tensor([0, 2], { requiresGrad: true });
      q.detectAnomaly(() => x.pow(0).sum().backward());
      expect(x.grad?.toArray()).toEqual([0, 0]);
      const exponent = q.tensor([0, 2], { requiresGrad: true });
      q.detectAnomaly(() => q.tensor([0, 0]).pow(exponent).sum().backward());
      expect(exponent.grad?.toArray()).toEqual([0, 0]);
    });
  });
});

// The TypeScript backend computes these in doubles, where nothing overflows.
describe.each(BACKENDS.filter(({ backend }) => backend === 'native'))(
  'NaN of its own, on $name',
  (engine) => {
    it.each(['lstm', 'gru'] as const)('names %s, whose helpers are no inputs', (op) => {
      on(engine, () => {
        const gates = op === 'lstm' ? 4 : 3;
        const [x, h] = [q.full([1, 1, 1], 10), q.full([1, 1], 10)];
        const [weightIh, weightHh] = [q.full([gates, 1], 3e38), q.full([gates, 1], -3e38)];
        const run = () => q.nn.functional[op](x, weightIh, weightHh, { h });
        expect(() => q.detectAnomaly(run)).toThrow(new RegExp(`NaN arose in ${op}`));
      });
    });

    it('names attention that made its own NaN', () => {
      on(engine, () => {
        const [query, key] = [q.tensor([[[3e38, -3e38]]]), q.tensor([[[3e38, 3e38]]])];
        const run = () => q.nn.functional.scaledDotProductAttention(query, key, q.ones([1, 1, 2]));
        expect(() => q.detectAnomaly(run)).toThrow(/NaN arose in scaledDotProductAttention/);
      });
    });
  },
);
