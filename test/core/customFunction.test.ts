// Functions with gradients of their own: several outputs, what is saved, second derivatives, what is refused.

import {
  customFunction,
  DisposedError,
  type FunctionContext,
  GradientError,
  grad,
  gradients,
  memory,
  noGrad,
  ones,
  ShapeError,
  scope,
  type Tensor,
  tensor,
} from 'quern';
import { describe, expect, it } from 'vitest';

const variable = (data: number | number[]): Tensor => tensor(data, { dtype: 'float64', requiresGrad: true });

const exponential = customFunction({
  name: 'exponential',
  forward(ctx: FunctionContext, x: Tensor) {
    const y = x.exp();
    ctx.saveForBackward(y);
    return y;
  },
  backward(ctx, gradient: Tensor) {
    return gradient.mul(ctx.savedTensors[0]);
  },
});

/** Sum and product at once. */
const both = customFunction({
  name: 'both',
  forward(ctx: FunctionContext, a: Tensor, b: Tensor, scale: number) {
    ctx.saveForBackward(a, b);
    ctx.scale = scale;
    return [a.add(b).mul(scale), a.mul(b)];
  },
  backward(ctx, ofSum: Tensor, ofProduct: Tensor) {
    const [a, b] = ctx.savedTensors;
    const shared = ofSum.mul(ctx.scale as number);
    return [shared.add(ofProduct.mul(b)), shared.add(ofProduct.mul(a)), null];
  },
});

/** A function of two tensors whose backward answers what it is told to. */
const answering = (answer: unknown) =>
  customFunction({
    name: 'answering',
    forward: (_ctx: FunctionContext, a: Tensor, b: Tensor) => a.add(b),
    backward: () => answer as Tensor,
  })(variable([1, 2]), variable([3, 4]))
    .sum()
    .backward();

describe('customFunction', () => {
  it('has its own first and, through a saved output, second and third gradient', () => {
    const x = variable(0.5);
    const slope = grad(grad(grad((v: Tensor) => exponential(v))))(x);
    expect(slope.item()).toBeCloseTo(Math.exp(0.5), 14);
  });

  it('gathers the gradients of several outputs, zeros for one without', () => {
    const [a, b] = [variable([1, 2]), variable([3, 5])];
    const [total, product] = both(a, b, 10);
    total.sum().add(product.square().sum()).backward();
    expect(a.grad?.toArray()).toEqual([10 + 2 * 3 * 3, 10 + 2 * 10 * 5]);
    const [, alone] = both(a, b, 10);
    expect(gradients(alone.sum(), [a, b]).map((one) => one.toArray())).toEqual([
      [3, 5],
      [1, 2],
    ]);
    const [db] = gradients(both(a, b, 1)[1].sum(), [b], { createGraph: true });
    expect(gradients(db.square().sum(), [a])[0].toArray()).toEqual([2, 4]);
  });

  it('leaves null where zeros are not wanted, and no gradient on flat outputs', () => {
    const seen: unknown[] = [];
    const parts = customFunction({
      forward(ctx: FunctionContext, x: Tensor) {
        ctx.setMaterializeGrads(false);
        const flat = x.mul(2);
        ctx.markNonDifferentiable(flat);
        return [x.mul(3), flat, x.argmax(0)];
      },
      backward(ctx, ...given: (Tensor | null)[]) {
        seen.push(...given.map((one) => one?.toArray() ?? null), ctx.needsInputGrad);
        return given[0]?.mul(3);
      },
    });
    const x = variable([1, 2]);
    const outputs = parts(x);
    expect(outputs.map((one) => one.requiresGrad)).toEqual([true, false, false]);
    outputs[0].sum().backward();
    expect(seen).toEqual([[1, 1], null, null, [true]]);
    expect(x.grad?.toArray()).toEqual([3, 3]);
  });

  it('hands out an input as an alias, and records nothing inside noGrad', () => {
    const identity = customFunction({
      forward: (_ctx: FunctionContext, x: Tensor) => x,
      backward: (_ctx, gradient: Tensor) => gradient,
    });
    const x = variable([1, 2]);
    const y = identity(x);
    expect([y === x, x.isLeaf]).toEqual([false, true]);
    y.mul(2).sum().backward();
    expect(x.grad?.toArray()).toEqual([2, 2]);
    expect(noGrad(() => identity(x))).toBe(x);
  });

  it('keeps what it saved as long as its graph, through scopes', () => {
    const middle = customFunction({
      forward(ctx: FunctionContext, x: Tensor) {
        const cosine = x.cos();
        ctx.saveForBackward(cosine);
        return x.sin();
      },
      backward: (ctx, gradient: Tensor) => gradient.mul(ctx.savedTensors[0]),
    });
    const x = variable([0, 1]);
    const y = scope(() => middle(x));
    y.sum().backward();
    expect(x.grad?.toArray()).toEqual([1, Math.cos(1)]);
    const lost = exponential(x);
    lost.dispose();
    expect(() => lost.sum()).toThrow(DisposedError);
  });

  it('holds no memory after many steps in a scope', () => {
    const x = ones([100], { requiresGrad: true });
    const step = (): void => scope(() => both(x, x, 2)[1].sum().backward());
    step();
    const before = memory().inUse;
    for (let i = 0; i < 200; i++) step();
    expect(memory().inUse).toBe(before);
  });

  it('refuses gradients that do not fit, by its name', () => {
    expect(() => answering(ones([2], { dtype: 'float64' }))).toThrow(
      '[answering] backward returned 1 gradient for 2 arguments of forward; return one for each',
    );
    expect(() => answering([ones([3]), null])).toThrow(ShapeError);
    expect(() => answering([ones([3]), null])).toThrow(/shape \(3,\) for argument 0 of shape \(2,\)/);
    expect(() => answering([null, 1])).toThrow(/returned number 1 for argument 1/);
  });

  it('refuses changes in place, of inputs and of what was saved', () => {
    const writes = customFunction({
      name: 'writes',
      forward: (_ctx: FunctionContext, x: Tensor) => x.add_(1).mul(2),
      backward: (_ctx, gradient: Tensor) => gradient,
    });
    expect(() => writes(variable([1]))).toThrow(GradientError);
    const y = exponential(variable([1]));
    const z = y.sum();
    noGrad(() => y.add_(1));
    expect(() => z.backward()).toThrow(/^\[exponential\] saved tensor 0 of exponential was changed in place/);
  });
});
