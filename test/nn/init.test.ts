// Orthogonal initialisation: what it promises of the matrices that it writes.

import { ArgumentError, DTypeError, eye, manualSeed, nn, ShapeError, type Tensor, zeros } from 'quern';
import { describe, expect, it } from 'vitest';

const apart = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax().item() as number;

describe('orthogonal_', () => {
  it.each([
    [[3, 5], 1],
    [[6, 2], 2],
    [[4, 4], 0.5],
    [[4, 3, 2], 1],
    [[1, 1], 1],
  ])('writes orthonormal rows or columns over %j, gain %d', (shape, gain) => {
    manualSeed(4);
    const w = nn.init.orthogonal_(zeros(shape, { dtype: 'float64' }), { gain }).flatten({ startDim: 1 });
    const [rows, columns] = w.shape;
    const product = rows <= columns ? w.matmul(w.t()) : w.t().matmul(w);
    const identity = eye(Math.min(rows, columns), undefined, { dtype: 'float64' });
    expect(apart(product, identity.mul(gain * gain))).toBeLessThan(1e-13);
  });

  it('draws evenly: no entry has a sign of its own', () => {
    manualSeed(2);
    let total = zeros([2, 2], { dtype: 'float64' });
    for (let i = 0; i < 400; i++) total = total.add(nn.init.orthogonal_(zeros([2, 2], { dtype: 'float64' })));
    expect(total.div(400).abs().amax().item()).toBeLessThan(0.15);
  });

  it('writes parameters and refuses what it cannot fill', () => {
    const layer = new nn.Linear(3, 3);
    expect(nn.init.orthogonal_(layer.weight)).toBe(layer.weight);
    expect(layer.weight.requiresGrad).toBe(true);
    expect(apart(layer.weight.matmul(layer.weight.t()), eye(3))).toBeLessThan(1e-5);
    expect(() => nn.init.orthogonal_(zeros([3]))).toThrow(ShapeError);
    expect(() => nn.init.orthogonal_(zeros([2, 2], { dtype: 'int32' }))).toThrow(DTypeError);
    expect(() => nn.init.orthogonal_(zeros([2, 2]), { gain: Number.NaN })).toThrow(ArgumentError);
  });
});
