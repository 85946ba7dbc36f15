// gradcheck and gradgradcheck: what they pass, what they find, and how they say it.

import * as q from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';

const leaf = (data: q.TensorData): q.Tensor => q.tensor(data, { dtype: 'float64', requiresGrad: true });

/** x³ times y, whose gradient with respect to x is multiplied by `factor` and is right for 3. */
const cubes = (factor: number) =>
  q.customFunction({
    name: 'cubes',
    forward(ctx, x: q.Tensor, y: q.Tensor) {
      ctx.saveForBackward(x, y);
      return [x.pow(3).mul(y), y.mul(2)];
    },
    backward(ctx, first: q.Tensor, second: q.Tensor) {
      const [x, y] = ctx.savedTensors;
      return [first.mul(x.square()).mul(y).mul(factor), first.mul(x.pow(3)).add(second.mul(2))];
    },
  });

function errorOf(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

describe.each(BACKENDS)('$name', (engine) => {
  it('passes right gradients of several inputs and outputs, second ones too', () => {
    on(engine, () => {
      const inputs = [
        leaf([
          [1, -2],
          [0.5, 3],
        ]),
        leaf([2, -1]),
      ];
      expect(q.gradcheck((x: q.Tensor, y: q.Tensor) => [x.mul(y).sin(), y.exp(), x.matmul(y)], inputs)).toBe(
        true,
      );
      expect(q.gradgradcheck((x: q.Tensor, y: q.Tensor) => [x.mul(y).sin(), y.exp()], inputs)).toBe(true);
    });
  });

  it('names the input, the output, the elements and the difference of a wrong gradient', () => {
    on(engine, () => {
      const x = leaf([1, 2]);
      const y = leaf([1, 5]);
      expect(q.gradcheck(cubes(3), [x, y])).toBe(true);
      const error = errorOf(() => q.gradcheck(cubes(2), [x, y]));
      expect(error).toBeInstanceOf(q.GradcheckError);
      expect(error).toBeInstanceOf(q.GradientError);
      expect(error).toMatchObject({
        op: 'gradcheck',
        input: 0,
        output: 0,
        elements: [[1], [1]],
        analytical: 40,
      });
      expect((error as q.GradcheckError).numerical).toBeCloseTo(60, 4);
      expect(error.message).toMatch(
        /^\[gradcheck\] the gradient of output 0 with respect to input 0 is wrong in 2 of 4 derivatives; the worst, of element \[1\] by element \[1\], is 40 by backward and (59\.99|60\.00)\d* by central differences, a difference of (19\.99|20\.00)/,
      );
      expect(q.gradcheck(cubes(2), [x, y], { raiseException: false })).toBe(false);
      expect(q.gradcheck(cubes(2), [x, y], { atol: 50 })).toBe(true);
      expect(q.gradcheck(cubes(2), [x, y], { rtol: 0.5 })).toBe(true);
      // What is constant is not looked at.
      expect(q.gradcheck(cubes(2), [x.detach(), y])).toBe(true);
    });
  });

  it('finds second gradients that are wrong where the first are right', () => {
    on(engine, () => {
      const squared = q.customFunction({
        forward(ctx, x: q.Tensor) {
          ctx.saveForBackward(x);
          return x.square();
        },
        backward: (ctx, g: q.Tensor) => g.mul(ctx.savedTensors[0].detach()).mul(2),
      });
      const x = leaf([0.5, -1]);
      expect(q.gradcheck(squared, [x])).toBe(true);
      const error = errorOf(() => q.gradgradcheck(squared, [x]));
      expect(error).toBeInstanceOf(q.GradcheckError);
      expect(error).toMatchObject({ op: 'gradgradcheck', input: 0, output: 0, analytical: 0 });
      expect(q.gradgradcheck(squared, [x], { raiseException: false })).toBe(false);
    });
  });
});

describe('gradcheck', () => {
  it('moves strided inputs, numbers without dimensions and parameters that the function closes over', () => {
    const base = leaf([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const layer = new q.nn.Linear(3, 2).to('float64');
    const turned = base.detach().t();
    turned.requiresGrad = true;
    expect(q.gradcheck((x: q.Tensor) => x.square(), [turned])).toBe(true);
    expect(q.gradcheck((x: q.Tensor) => x.exp(), leaf(0.5))).toBe(true);
    const before = layer.weight.toArray();
    expect(q.gradcheck(() => layer.forward(base).tanh(), layer.parameters())).toBe(true);
    expect(layer.weight.toArray()).toEqual(before);
    expect(layer.weight.grad).toBeNull();
  });

  it('hands inputs that are no tensors on', () => {
    const f = (x: q.Tensor, power: number, { shift }: { shift: number }): q.Tensor => x.pow(power).add(shift);
    expect(q.gradcheck(f, [leaf([1, 2]), 3, { shift: 1 }])).toBe(true);
    expect(q.gradgradcheck(f, [leaf([1, 2]), 3, { shift: 1 }])).toBe(true);
  });

  it('looks past outputs that are not floating, and takes constants for the given ones', () => {
    expect(
      q.gradcheck((x: q.Tensor) => [x.argmax(), x.mul(2), q.ones([2], { dtype: 'float64' })], [leaf([1, 2])]),
    ).toBe(true);
  });

  it('finds gradients of infinity and NaN', () => {
    expect(q.gradcheck((x: q.Tensor) => x.sqrt(), [leaf([0, 1])], { raiseException: false })).toBe(false);
  });

  it('finds a backward that answers something else each time', () => {
    let calls = 0;
    const drifting = q.customFunction({
      forward: (_ctx, x: q.Tensor) => x.mul(1),
      backward: (_ctx, g: q.Tensor) => g.mul(1 + 1e-9 * calls++),
    });
    expect(errorOf(() => q.gradcheck(drifting, [leaf([1])])).message).toMatch(
      /backward is not deterministic/,
    );
    expect(q.gradcheck(drifting, [leaf([1])], { nondetTol: 1e-6 })).toBe(true);
  });

  it('refuses what it cannot check', () => {
    const x = leaf([1, 2]);
    const double = (a: q.Tensor): q.Tensor => a.mul(2);
    const single = q.ones([2], { requiresGrad: true });
    expect(errorOf(() => q.gradcheck(double, [single]))).toMatchObject({
      name: 'DTypeError',
      dtypes: ['float32'],
    });
    expect(errorOf(() => q.gradcheck(double, [x.detach()])).message).toMatch(/no input requires gradients/);
    expect(() => q.gradcheck(double, [leaf([1]).expand([2])])).toThrow(q.ShapeError);
    expect(() => q.gradcheck((a: q.Tensor) => a.to('float32'), [x])).toThrow(q.DTypeError);
    expect(() => q.gradcheck((a: q.Tensor) => a.detach(), [x])).toThrow(/no output depends on an input/);
    expect(() => q.gradcheck((() => 3) as never, [x])).toThrow(q.ArgumentError);
    expect(() => q.gradcheck((async () => x) as never, [x])).toThrow(/gradcheck is synchronous/);
    expect(() => q.gradcheck(3 as never, [x])).toThrow(q.ArgumentError);
    for (const bad of [
      { eps: 0 },
      { atol: -1 },
      { rtol: Number.NaN },
      { nondetTol: 'x' as never },
      { raiseException: 1 as never },
    ])
      expect(() => q.gradcheck(double, [x], bad)).toThrow(q.ArgumentError);
    expect(() => q.gradgradcheck(double, [x], { gradOutputs: [] })).toThrow(q.ArgumentError);
    expect(() => q.gradgradcheck(double, [x], { gradOutputs: leaf([1]) })).toThrow(q.ShapeError);
  });

  it('takes second derivatives at given gradients of the outputs', () => {
    const x = leaf([0.5, 2]);
    expect(q.gradgradcheck((a: q.Tensor) => a.sin(), [x], { gradOutputs: leaf([3, -1]) })).toBe(true);
  });

  it('leaves the random state as it was', () => {
    q.manualSeed(3);
    const before = q.getRandomState();
    q.gradgradcheck((a: q.Tensor) => a.sin(), [leaf([1])]);
    expect(q.getRandomState()).toEqual(before);
  });
});
