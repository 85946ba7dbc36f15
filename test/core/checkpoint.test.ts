// Checkpoints: the gradients of a plain run, less memory, the same random numbers.

import {
  checkpoint,
  checkpointSequential,
  GradientError,
  gradients,
  manualSeed,
  memory,
  nn,
  noGrad,
  ones,
  rand,
  randn,
  scope,
  type Tensor,
  tensor,
} from 'quern';
import { beforeEach, describe, expect, it } from 'vitest';

beforeEach(() => {
  manualSeed(3);
});

const block = (width: number): nn.Sequential =>
  new nn.Sequential(new nn.Linear(width, width), new nn.Tanh(), new nn.Dropout({ p: 0.5 }));

/** The gradients that a loss leaves in tensors. */
function left(by: readonly Tensor[], loss: () => Tensor): unknown[] {
  manualSeed(11);
  for (const one of by) one.grad = null;
  loss().backward();
  return by.map((one) => one.grad?.toArray());
}

describe('checkpoint', () => {
  it('leaves the gradients of a plain run in inputs, parameters and captured tensors, dropout and all', () => {
    const net = block(5);
    const x = randn([4, 5], { requiresGrad: true });
    const scale = rand([5], { requiresGrad: true });
    const all = [x, scale, ...net.parameters()];
    const run = (way: (f: (v: Tensor) => Tensor, v: Tensor) => Tensor) => (): Tensor => {
      const captured = scale.mul(2);
      const out = way((v) => net.forward(v).mul(captured), x.mul(3));
      // What is random after it has its own numbers.
      return out
        .mul(rand([4, 5]))
        .add(captured)
        .sum();
    };
    const plain = left(
      all,
      run((f, v) => f(v)),
    );
    expect(left(all, run(checkpoint))).toEqual(plain);
    // A checkpoint inside a checkpoint.
    expect(
      left(
        all,
        run((f, v) => checkpoint((w: Tensor) => checkpoint(f, w), v)),
      ),
    ).toEqual(plain);
  });

  it('reaches parameters where no input requires gradients, and only those that are asked for', () => {
    const net = block(3);
    const [weight] = net.parameters();
    const [found] = gradients(checkpoint((v: Tensor) => net.forward(v), ones([2, 3])).sum(), [weight]);
    expect(found.shape).toEqual([3, 3]);
    expect(weight.grad).toBe(null);
  });

  it('passes several outputs, outputs that are inputs, and none that are integers', () => {
    const x = tensor([1, 2], { dtype: 'float64', requiresGrad: true });
    const [a, b, c, d] = checkpoint((v: Tensor) => [v.square(), v.sin(), v, v.argmax(0)], x);
    expect([a, b, c, d].map((one) => one.requiresGrad)).toEqual([true, true, true, false]);
    a.sum().add(c.sum()).backward();
    expect(x.grad?.toArray()).toEqual([3, 5]);
  });

  it('has second gradients', () => {
    const x = tensor([1, 2], { dtype: 'float64', requiresGrad: true });
    const y = checkpoint((v: Tensor) => v.pow(3), x.mul(2));
    const [slope] = gradients(y.sum(), [x], { createGraph: true });
    expect(slope.toArray()).toEqual([24, 96]);
    expect(gradients(slope.sum(), [x])[0].toArray()).toEqual([48, 96]);
  });

  it('keeps no intermediate values', () => {
    const x = ones([128, 128], { requiresGrad: true });
    const deep = (v: Tensor): Tensor => {
      let out = v;
      for (let i = 0; i < 10; i++) out = out.sin();
      return out;
    };
    const held = (f: (v: Tensor) => Tensor): number =>
      scope(() => {
        const before = memory().inUse;
        const out = f(x);
        const more = memory().inUse - before;
        out.sum().backward();
        return more;
      });
    const one = 128 * 128 * 4;
    expect(held(deep)).toBeGreaterThanOrEqual(10 * one);
    expect(held((v) => checkpoint(deep, v))).toBeLessThan(2 * one);
    const before = memory().inUse;
    for (let i = 0; i < 20; i++) held((v) => checkpoint(deep, v));
    expect(memory().inUse).toBe(before);
  });

  it('runs plainly inside noGrad, and refuses what it cannot run again', () => {
    const x = tensor([1, 2], { requiresGrad: true });
    expect(noGrad(() => checkpoint((v: Tensor) => v.mul(2), x)).requiresGrad).toBe(false);
    const y = x.mul(2);
    const out = checkpoint((v: Tensor) => v.square(), y);
    noGrad(() => y.add_(1));
    expect(() => out.sum().backward()).toThrow(GradientError);
    let calls = 0;
    const shifty = checkpoint((v: Tensor) => (calls++ === 0 ? v.mul(2) : v.sum()), x);
    expect(() => shifty.sum().backward()).toThrow(/^\[checkpoint\] the function returned other shapes/);
    expect(() => checkpoint((() => 3) as unknown as () => Tensor)).toThrow(/returns a tensor.*got number 3/);
  });
});

describe('checkpointSequential', () => {
  it('leaves the gradients of the model and less in memory', () => {
    const model = new nn.Sequential(...Array.from({ length: 8 }, () => block(32)));
    const x = randn([256, 32]);
    let peak = 0;
    const step = (forward: () => Tensor) => () =>
      scope(() => {
        const before = memory().inUse;
        const out = forward();
        peak = memory().inUse - before;
        return out.sum();
      });
    const plain = left(
      model.parameters(),
      step(() => model.forward(x)),
    );
    const all = peak;
    expect(
      left(
        model.parameters(),
        step(() => checkpointSequential(model, 4, x)),
      ),
    ).toEqual(plain);
    expect(peak).toBeLessThan(all / 2);
    expect(() => checkpointSequential(model, 9, x)).toThrow(/from 1 to the number of stages, 8; got 9/);
  });
});
