// Penalties on weights: their values, gradients, and what they refuse.

import { ArgumentError, DisposedError, gradients, nn, optim, type Tensor, tensor } from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';

const leaf = (values: number[], dtype: 'float32' | 'float64' = 'float64'): Tensor =>
  tensor(values, { dtype, requiresGrad: true });

describe.each(BACKENDS)('$name', (engine) => {
  it('sums over all tensors, and has gradients', () => {
    on(engine, () => {
      const [a, b] = [leaf([1, -2, 0]), leaf([3])];
      const lasso = optim.l1Penalty([a, b], 0.5);
      const ridge = optim.l2Penalty([a, b], 0.5);
      const both = optim.elasticNetPenalty([a, b], 2, 0.5);
      expect([lasso.item(), ridge.item(), both.item()]).toEqual([3, 7, 19]);
      const of = (penalty: Tensor): number[][] =>
        gradients(penalty, [a, b]).map((one) => (one as Tensor).toArray());
      expect(of(lasso)).toEqual([[0.5, -0.5, 0], [0.5]]);
      expect(of(ridge)).toEqual([[1, -2, 0], [3]]);
      expect(of(both)).toEqual([[3, -4, 0], [5]]);
    });
  });

  it('is weight decay by half as much again', () => {
    on(engine, () => {
      const [penalized, decayed] = [leaf([1, -2]), leaf([1, -2])];
      optim.l2Penalty(penalized, 0.05).backward();
      decayed.mul(0).sum().backward();
      new optim.SGD([penalized], { lr: 0.5 }).step();
      new optim.SGD([decayed], { lr: 0.5, weightDecay: 0.1 }).step();
      expect(penalized.toArray()).toEqual(decayed.toArray());
    });
  });
});

describe('penalties', () => {
  it('have second gradients', () => {
    const w = leaf([3]);
    const [first] = gradients(optim.l2Penalty([w], 2), [w], { createGraph: true });
    expect(gradients((first as Tensor).sum(), [w]).map((one) => (one as Tensor).toArray())).toEqual([[4]]);
  });

  it('take models and mixed dtypes, and answer the widest', () => {
    const model = new nn.Linear(2, 1);
    expect(optim.l2Penalty(model.parameters(), 1).dtype).toBe('float32');
    expect(optim.l1Penalty([leaf([1], 'float32'), leaf([1])], 1).dtype).toBe('float64');
  });

  it('refuse what has no meaning', () => {
    const w = leaf([1]);
    for (const wrong of [-1, Number.NaN, '1' as never, undefined as never]) {
      expect(() => optim.l1Penalty([w], wrong)).toThrow(/\[l1Penalty\] weight is a finite number from 0/);
      expect(() => optim.l2Penalty([w], wrong)).toThrow(ArgumentError);
      expect(() => optim.elasticNetPenalty([w], 1, wrong)).toThrow(/l2/);
    }
    expect(() => optim.l1Penalty([], 1)).toThrow(/got none/);
    expect(() => optim.l1Penalty(3 as never, 1)).toThrow(/got number 3/);
    expect(() => optim.l1Penalty([3 as never], 1)).toThrow(ArgumentError);
    w.dispose();
    expect(() => optim.l2Penalty([w], 1)).toThrow(DisposedError);
  });
});
