// Losses beyond golden values: what they refuse, and the edges of their domains.

import {
  ArgumentError,
  DTypeError,
  gradients,
  IndexError,
  nn,
  ones,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';

const F = nn.functional;
const ints = (values: readonly number[]): Tensor => tensor(values, { dtype: 'int32' });

describe.each(BACKENDS)('$name', (engine) => {
  const run = (name: string, test: () => void): void => {
    it(name, () => on(engine, test));
  };

  run('classes out of range are named, and ignored ones are not out of range', () => {
    const logits = zeros([2, 3], { requiresGrad: true });
    for (const wrong of [3, -1]) {
      for (const options of [{}, { ignoreIndex: 1 }, { ignoreIndex: 0, weight: ones([3]) }]) {
        expect(() => F.crossEntropy(logits, ints([1, wrong]), options)).toThrow(IndexError);
        expect(() => F.crossEntropy(logits, ints([1, wrong]), options)).toThrow(
          `class ${wrong} is out of range: there are 3`,
        );
      }
      expect(() => F.nllLoss(logits, ints([-100, wrong]))).toThrow(IndexError);
    }
    expect(F.crossEntropy(logits, ints([1, -100])).item()).toBeCloseTo(Math.log(3), 6);
    expect(F.crossEntropy(logits, ints([1, 7]), { ignoreIndex: 7 }).item()).toBeCloseTo(Math.log(3), 6);
    expect(F.crossEntropy(logits, ints([-100, -100])).item()).toBeNaN();
    expect(F.crossEntropy(logits, tensor([1, 2], { dtype: 'uint8' })).item()).toBeCloseTo(Math.log(3), 6);
  });

  run('an ignored sample has no gradient, even where its logits are infinite', () => {
    const logits = tensor(
      [
        [0, 0],
        [Number.NEGATIVE_INFINITY, 5],
      ],
      { requiresGrad: true },
    );
    const loss = F.crossEntropy(logits, ints([0, -100]));
    expect(loss.item()).toBeCloseTo(Math.log(2), 6);
    loss.backward();
    expect(logits.grad?.toArray()).toEqual([
      [-0.5, 0.5],
      [0, 0],
    ]);
  });

  run('class weights have no gradient, as in PyTorch, and the error says so', () => {
    const weight = ones([3], { requiresGrad: true });
    const loss = F.crossEntropy(zeros([2, 3], { requiresGrad: true }), ints([1, 2]), { weight });
    expect(() => loss.backward()).toThrow(/\[crossEntropy\].*no gradient.*detach/);
  });

  run('an empty batch has no mean, and the sum 0', () => {
    const [logits, classes] = [zeros([0, 3]), zeros([0], { dtype: 'int32' })];
    expect(() => F.crossEntropy(logits, classes)).toThrow(ShapeError);
    expect(F.crossEntropy(logits, classes, { reduction: 'sum' }).item()).toBeCloseTo(0);
    expect(() => F.mseLoss(zeros([0]), zeros([0]))).toThrow(/no elements to average/);
    expect(F.binaryCrossEntropy(zeros([0]), zeros([0]), { reduction: 'none' }).shape).toEqual([0]);
  });

  run('binary cross entropy of σ(x) and of x are one, with their second gradients', () => {
    const x = tensor([-2, -0.5, 0, 1, 3], { dtype: 'float64', requiresGrad: true });
    const y = tensor([0, 1, 1, 0.25, 1], { dtype: 'float64' });
    const results = [F.binaryCrossEntropy(x.sigmoid(), y), F.binaryCrossEntropyWithLogits(x, y)].map(
      (loss) => {
        const [first] = gradients(loss, [x], { createGraph: true });
        const [second] = gradients(first.square().sum(), [x]);
        return [loss.item(), ...first.toArray(), ...second.toArray()];
      },
    );
    results[0].forEach((value, i) => {
      expect(value).toBeCloseTo(results[1][i], 12);
    });
  });

  run('targets of strided memory are read in order', () => {
    const target = tensor([
      [0, 1],
      [1, 0],
      [1, 1],
    ]).t();
    expect(F.binaryCrossEntropy(target.contiguous(), target).item()).toBe(0);
    expect(() =>
      F.binaryCrossEntropy(
        target.contiguous(),
        tensor([
          [0, 1],
          [1, 0],
          [1, 2],
        ]).t(),
      ),
    ).toThrow(/holds 2/);
  });
});

describe('refusals', () => {
  const [two, three] = [tensor([0.25, 0.5]), tensor([0.25, 0.5, 1])];
  const column = tensor([[0.25], [0.5]]);
  const pairs = [F.mseLoss, F.l1Loss, F.binaryCrossEntropy, F.binaryCrossEntropyWithLogits] as const;

  it('shapes that would broadcast', () => {
    for (const loss of pairs) {
      for (const target of [three, column, tensor(0.5)]) {
        expect(() => loss(two, target)).toThrow(ShapeError);
        expect(() => loss(two, target)).toThrow(/reshape one of them/);
      }
    }
    expect(() => F.crossEntropy(zeros([2, 3]), tensor([[0], [1]], { dtype: 'int32' }))).toThrow(
      /have shape \(2,\); got \(2, 1\)/,
    );
    expect(() => F.crossEntropy(zeros([3]), ints([0]))).toThrow(ShapeError);
    expect(() => F.crossEntropy(zeros([2, 3]), tensor([0, 1]))).toThrow(/cast it with to\('int32'\)/);
    expect(() => F.crossEntropy(zeros([]), ints([0]))).toThrow(ShapeError);
  });

  it('dtypes', () => {
    for (const loss of pairs) {
      expect(() => loss(two, tensor([1, 0], { dtype: 'float64' }))).toThrow(DTypeError);
      expect(() => loss(two, ints([1, 0]))).toThrow(DTypeError);
    }
    expect(() => F.crossEntropy(zeros([2, 3]), tensor([true, false]))).toThrow(DTypeError);
    expect(() => F.crossEntropy(zeros([2, 3], { dtype: 'int32' }), ints([0, 1]))).toThrow(DTypeError);
    expect(() => F.crossEntropy(zeros([2, 3]), zeros([2, 3], { dtype: 'float64' }))).toThrow(DTypeError);
    expect(() => F.nllLoss(zeros([2, 3]), zeros([2, 3]))).toThrow(DTypeError);
    expect(() =>
      F.crossEntropy(zeros([2, 3]), ints([0, 1]), { weight: ones([3], { dtype: 'float64' }) }),
    ).toThrow(DTypeError);
    expect(() => F.binaryCrossEntropy(two, two, { weight: ones([2], { dtype: 'float64' }) })).toThrow(
      DTypeError,
    );
  });

  it('weights', () => {
    expect(() => F.crossEntropy(zeros([2, 3]), ints([0, 1]), { weight: ones([2]) })).toThrow(
      /each of the 3 classes/,
    );
    expect(() => F.binaryCrossEntropy(two, two, { weight: ones([2, 2]) })).toThrow(
      /must broadcast to the input/,
    );
    expect(() => F.binaryCrossEntropyWithLogits(two, two, { posWeight: ones([3]) })).toThrow(ShapeError);
  });

  it('values outside [0, 1]', () => {
    for (const wrong of [-0.1, 1.1, Number.NaN]) {
      expect(() => F.binaryCrossEntropy(two, tensor([0, wrong]))).toThrow(ArgumentError);
      expect(() => F.binaryCrossEntropy(tensor([0, wrong]), two)).toThrow(/binaryCrossEntropyWithLogits/);
      expect(() => F.binaryCrossEntropyWithLogits(two, tensor([0, wrong]))).toThrow(/labels are 0 and 1/);
    }
  });

  it('options', () => {
    expect(() => F.mseLoss(two, two, { reduction: 'average' as never })).toThrow(ArgumentError);
    expect(() => new nn.MSELoss({ reduction: 'average' as never })).toThrow(/MSELoss/);
    expect(() => F.crossEntropy(zeros([1, 2]), ints([0]), { labelSmoothing: 1.5 })).toThrow(ArgumentError);
    expect(() => F.crossEntropy(zeros([1, 2]), ints([0]), { ignoreIndex: 0.5 })).toThrow(ArgumentError);
    expect(() => F.crossEntropy(zeros([1, 2]), zeros([1, 2]), { ignoreIndex: 1 })).toThrow(ArgumentError);
    expect(() => F.mseLoss([1] as never, two)).toThrow(ArgumentError);
  });

  it("loss modules save their weights under PyTorch's names", () => {
    const loss = new nn.BCEWithLogitsLoss({ weight: ones([2]), posWeight: ones([2]) });
    expect(Object.keys(loss.stateDict())).toEqual(['weight', 'pos_weight']);
    expect(loss.parameters()).toEqual([]);
    expect(loss.to('float64').posWeight?.dtype).toBe('float64');
  });
});
