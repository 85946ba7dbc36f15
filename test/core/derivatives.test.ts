// Derivatives of functions: several arguments, nested ones, what is captured, products with vectors, whole Jacobians.

import {
  GradientError,
  grad,
  hessian,
  jacobian,
  jvp,
  nn,
  noGrad,
  ones,
  ShapeError,
  type Tensor,
  tensor,
  valueAndGrad,
  vjp,
} from 'quern';
import { describe, expect, it } from 'vitest';

const doubles = (data: number | number[] | number[][]): Tensor => tensor(data, { dtype: 'float64' });

describe('grad', () => {
  it('differentiates by other arguments, and by several', () => {
    const f = (x: Tensor, y: Tensor): Tensor => x.mul(y.square());
    const [x, y] = [doubles(2), doubles(3)];
    expect(grad(f, { argnums: 1 })(x, y).item()).toBe(12);
    expect(grad(f, { argnums: [1, 0] })(x, y).map((one) => one.item())).toEqual([12, 9]);
    expect(() => grad(f, { argnums: 2 })(x, y)).toThrow(/argnums is the index of an argument.*there are 2/);
    expect(() => grad(f, { argnums: [0, 0] })(x, y)).toThrow(/array of different ones/);
  });

  it('hands an auxiliary result on, without its history', () => {
    const f = (x: Tensor): [Tensor, { twice: Tensor }] => [x.square(), { twice: x.mul(2) }];
    const [slope, aux] = grad(f, { hasAux: true })(doubles(3));
    expect([slope.item(), aux.twice.item(), aux.twice.requiresGrad]).toEqual([6, 6, false]);
    const [[value], again] = valueAndGrad(f, { hasAux: true })(doubles(3));
    expect([value.item(), again.item()]).toEqual([9, 6]);
    expect(() => grad((x: Tensor) => x, { hasAux: true })(doubles(3))).toThrow(/answers \[value, aux\]/);
  });

  it('takes nested arguments, and answers zeros where nothing depends on them', () => {
    const p = { w: [doubles(2), doubles(5)], unused: doubles([1, 2]), name: 'p' };
    const slopes = grad((q: typeof p) => q.w[0].mul(q.w[1]))(p);
    expect([slopes.w.map((one) => one.item()), slopes.unused.toArray(), slopes.name]).toEqual([
      [5, 2],
      [0, 0],
      'p',
    ]);
    expect(grad((_x: Tensor) => doubles(1))(doubles([4, 4])).toArray()).toEqual([0, 0]);
  });

  it('stays linked to what an outer function differentiates by, captured or not', () => {
    // d/dx of d/dy (x y²) at y = 3 is 2y.
    const mixed = grad((x: Tensor) => grad((y: Tensor) => x.mul(y.square()))(doubles(3)));
    expect(mixed(doubles(2)).item()).toBe(6);
    const w = tensor(2, { dtype: 'float64', requiresGrad: true });
    grad((x: Tensor) => w.mul(x.square()))(doubles(5)).backward();
    expect(w.grad?.item()).toBe(10);
  });

  it('names what it cannot differentiate', () => {
    expect(() => grad((x: Tensor) => x)(ones([2]))).toThrow(GradientError);
    expect(() => grad((x: Tensor) => x)(ones([2]))).toThrow(/^\[grad\] .*shape \(2,\).*vjp or jacobian/);
    expect(() => grad((x: Tensor) => x.sum())(tensor([1], { dtype: 'int32' }))).toThrow(/^\[grad\] .*int32/);
    expect(() => grad((x: number) => ones([x]))(1)).toThrow(/argument 0 .* holds no tensor; got number 1/);
  });
});

describe('vjp', () => {
  it('pulls back through several outputs and primals, again and again', () => {
    const [outputs, pull] = vjp(
      (x: Tensor, y: Tensor) => [x.mul(y), x.sin()] as Tensor[],
      doubles([1, 2]),
      doubles([3, 4]),
    );
    expect(outputs[0].requiresGrad).toBe(false);
    const zero = doubles([0, 0]);
    expect(pull([doubles([1, 1]), zero]).map((one) => one.toArray())).toEqual([
      [3, 4],
      [1, 2],
    ]);
    expect(pull([zero, doubles([1, 0])])[0].toArray()).toEqual([Math.cos(1), 0]);
    expect(() => pull([zero])).toThrow(ShapeError);
    expect(() => pull([zero, doubles([1])])).toThrow(/cotangents: number 1 has shape \(1,\)/);
    expect(() => pull([zero, ones([2])])).toThrow(/float32, and its tensor float64/);
  });

  it('is linked to primals that require gradients', () => {
    const x = tensor(3, { dtype: 'float64', requiresGrad: true });
    const [, pull] = vjp((v: Tensor) => v.pow(3), x);
    pull(doubles(1))[0].backward();
    expect(x.grad?.item()).toBe(18);
  });
});

describe('jvp', () => {
  it('pushes tangents forward through matrices and softmax', () => {
    const x = doubles([[0.1, 0.7, -0.3]]);
    const t = doubles([[1, -2, 0.5]]);
    const f = (v: Tensor): Tensor => v.softmax(1).square();
    const [, change] = jvp(f, [x], [t]);
    const whole = jacobian(f)(x)
      .reshape([3, 3])
      .matmul(t.reshape([3, 1]))
      .reshape([3])
      .dataSync();
    change.dataSync().forEach((one, i) => {
      expect(one).toBeCloseTo(whole[i], 12);
    });
  });

  it('is zero where nothing depends on the primals, and nests', () => {
    expect(jvp((_x: Tensor) => ones([2]), [ones([1])], [ones([1])])[1].toArray()).toEqual([0, 0]);
    const second = jvp(
      (x: Tensor) => jvp((v: Tensor) => v.pow(3), [x], [doubles(1)])[1],
      [doubles(2)],
      [doubles(1)],
    );
    expect(second[1].item()).toBe(12);
    const slope = grad((x: Tensor) => jvp((v: Tensor) => v.pow(3), [x], [doubles(1)])[1])(doubles(2));
    expect(slope.item()).toBe(12);
  });
});

describe('jacobian and hessian', () => {
  it('have the shapes of the output and the argument', () => {
    const w = ones([4, 3]);
    const matrix = jacobian((x: Tensor) => w.matmul(x))(ones([3, 2]));
    expect(matrix.shape).toEqual([4, 2, 3, 2]);
    expect(jacobian((x: Tensor) => x.reshape([0]))(ones([0])).shape).toEqual([0, 0]);
  });

  it('take several arguments and answer several outputs', () => {
    const f = (x: Tensor, y: Tensor): Tensor[] => [x.mul(y), y];
    const found = jacobian(f, { argnums: [0, 1] })(doubles([1, 2]), doubles([3, 4]));
    expect(found.map((one) => one.map((each) => each.toArray()))).toEqual([
      [
        [
          [3, 0],
          [0, 4],
        ],
        [
          [1, 0],
          [0, 2],
        ],
      ],
      [
        [
          [0, 0],
          [0, 0],
        ],
        [
          [1, 0],
          [0, 1],
        ],
      ],
    ]);
    const blocks = hessian((x: Tensor, y: Tensor) => x.square().mul(y).sum(), { argnums: [0, 1] })(
      doubles([1]),
      doubles([5]),
    );
    expect(blocks.map((row) => (row as unknown as Tensor[]).map((one) => one.item()))).toEqual([
      [10, 2],
      [2, 0],
    ]);
  });

  it('gives a symmetric hessian of a network, inside noGrad too', () => {
    const net = new nn.Sequential(new nn.Linear(3, 4), new nn.Tanh(), new nn.Linear(4, 1));
    const h = noGrad(() => hessian((x: Tensor) => net.forward(x).sum())(ones([3])));
    expect(h.requiresGrad).toBe(false);
    const [a, b] = [h.dataSync(), h.t().contiguous().dataSync()];
    a.forEach((one, i) => {
      expect(one).toBeCloseTo(b[i], 5);
    });
    expect(Math.max(...a.map(Math.abs))).toBeGreaterThan(0);
  });
});
