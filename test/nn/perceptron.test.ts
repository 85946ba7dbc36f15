// The perceptron: its rule, its convergence theorem, what it cannot learn, and what it refuses.

import {
  ArgumentError,
  cat,
  type DType,
  DTypeError,
  manualSeed,
  nn,
  ones,
  randn,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';

const labels = (values: readonly number[]): Tensor => tensor(values, { dtype: 'int32' });
const CORNERS = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);

describe('the perceptron', () => {
  it('moves by lr (y − ŷ) x at each mistake, in order', () => {
    const unit = new nn.Perceptron(2);
    const x = tensor([
      [1, 2],
      [3, -1],
      [-2, 1],
    ]);
    // 0 answers 0: wrong for the first. Then (1, 2) + 1 answers 1 for (3, −1): wrong. Then (−2, 3) + 0 answers 1: right.
    expect(unit.step(x, labels([1, 0, 1]), { lr: 0.5 })).toBe(2);
    expect(unit.weight.toArray()).toEqual([[-1, 1.5]]);
    expect(unit.bias?.toArray()).toEqual([0]);
    expect(unit.scores(x).toArray()).toEqual([[2], [-4.5], [3.5]]);
    expect(unit.forward(x).toArray()).toEqual([1, 0, 1]);
    expect(unit.forward(tensor([1, 2])).item()).toBe(1);
    expect(unit.step(x, labels([1, 0, 1]))).toBe(0);
  });

  it.each<DType>(['float32', 'float64'])('makes no more mistakes than Novikoff allows, %s', (dtype) => {
    for (let seed = 0; seed < 8; seed++) {
      manualSeed(seed);
      const direction = randn([5], { dtype: 'float64' });
      const u = direction.div(direction.norm());
      const drawn = cat([randn([300, 4], { dtype: 'float64' }), ones([300, 1], { dtype: 'float64' })], 1);
      // Those too close to the hyperplane leave.
      const distance = drawn.matmul(u);
      const far = distance.abs().gt(0.1).nonzero().flatten();
      const x = drawn.indexSelect(0, far);
      const y = distance.indexSelect(0, far).gt(0).to('int32');
      const margin = distance.indexSelect(0, far).abs().amin().item() as number;
      const radius = x.norm(1).amax().item() as number;
      const unit = new nn.Perceptron(4, { dtype });
      const samples = x.narrow(1, 0, 4);
      const { converged, mistakes, epochs } = unit.fit(samples, y, { epochs: 10_000, lr: 0.5 });
      expect(converged).toBe(true);
      expect(mistakes).toBeGreaterThan(0);
      expect(mistakes).toBeLessThanOrEqual((radius / margin) ** 2);
      expect(epochs).toBeLessThanOrEqual(mistakes + 1);
      expect(unit.forward(samples).eq(y).all().item()).toBe(true);
    }
  });

  it('never learns XOR, and OR and AND at once', () => {
    const xor = new nn.Perceptron(2).fit(CORNERS, labels([0, 1, 1, 0]), { epochs: 1000 });
    expect([xor.converged, xor.epochs]).toEqual([false, 1000]);
    expect(xor.mistakes).toBeGreaterThanOrEqual(1000);
    for (const y of [
      [0, 1, 1, 1],
      [0, 0, 0, 1],
    ])
      expect(new nn.Perceptron(2).fit(CORNERS, labels(y)).converged).toBe(true);
  });

  it('needs its bias for a threshold', () => {
    const y = labels([1, 1, 1, 0]);
    expect(new nn.Perceptron(2, { bias: false }).fit(CORNERS, y).converged).toBe(false);
    expect(new nn.Perceptron(2).fit(CORNERS, y).converged).toBe(true);
  });

  it('tells several classes apart', () => {
    manualSeed(5);
    const centres = tensor([
      [0, 6],
      [6, 0],
      [-6, -6],
    ]);
    const y = labels(Array.from({ length: 90 }, (_, i) => i % 3));
    const x = centres.indexSelect(0, y).add(randn([90, 2]));
    const unit = new nn.Perceptron(2, { numClasses: 3 });
    expect(unit.weight.shape).toEqual([3, 2]);
    expect(unit.fit(x, y).converged).toBe(true);
    expect(unit.forward(x).equal(y)).toBe(true);
    expect(unit.forward(x.select(0, 4)).item()).toBe(1);
    // One mistake moves the right unit towards the sample and the other away.
    const fresh = new nn.Perceptron(2, { numClasses: 3 });
    expect(fresh.step(tensor([[1, 2]]), labels([2]))).toBe(1);
    expect(fresh.weight.toArray()).toEqual([
      [-1, -2],
      [0, 0],
      [1, 2],
    ]);
  });

  it('is a module: state, no gradients, casts', () => {
    const unit = new nn.Perceptron(2);
    unit.fit(CORNERS, labels([0, 1, 1, 1]));
    const other = new nn.Perceptron(2);
    other.loadStateDict(unit.stateDict());
    expect(other.forward(CORNERS).toArray()).toEqual([0, 1, 1, 1]);
    expect(unit.parameters().map((one) => one.requiresGrad)).toEqual([false, false]);
    expect(unit.to('float64').forward(CORNERS).toArray()).toEqual([0, 1, 1, 1]);
    expect(String(unit)).toBe('Perceptron(2, numClasses=2, bias=true)');
    expect(unit.step(zeros([0, 2]), zeros([0], { dtype: 'int32' }))).toBe(0);
  });

  it('refuses what does not fit, and learns nothing from it', () => {
    const unit = new nn.Perceptron(2);
    expect(() => new nn.Perceptron(0)).toThrow(ArgumentError);
    expect(() => new nn.Perceptron(2, { numClasses: 1 })).toThrow(ArgumentError);
    expect(() => new nn.Perceptron(2, { dtype: 'int32' })).toThrow(DTypeError);
    expect(() => unit.forward(ones([2, 3]))).toThrow(ShapeError);
    expect(() => unit.step(CORNERS, labels([0, 1]))).toThrow(ShapeError);
    expect(() => unit.step(CORNERS, labels([0, 1, 2, 0]))).toThrow(/from 0 to 1; got 2/);
    expect(() => unit.step(CORNERS, zeros([4]))).toThrow(DTypeError);
    expect(() => unit.fit(CORNERS, labels([0, 1, 1, 1]), { lr: 0 })).toThrow(ArgumentError);
    expect(() => unit.fit(CORNERS, labels([0, 1, 1, 1]), { epochs: 0 })).toThrow(ArgumentError);
    expect(unit.weight.toArray()).toEqual([[0, 0]]);
  });
});

it('samples that are no finite numbers are refused', () => {
  const perceptron = new nn.Perceptron(1);
  const classes = tensor([0, 1], { dtype: 'int32' });
  expect(() => perceptron.fit(tensor([[Number.NaN], [1]]), classes)).toThrow(/samples are finite numbers/);
});
