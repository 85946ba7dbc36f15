// Metrics: figures over several batches, and outputs that do not belong to their targets.
import {
  Accuracy,
  ArgumentError,
  ConfusionMatrix,
  IndexError,
  MeanLoss,
  nn,
  ShapeError,
  tensor,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';

const classes = (values: number[]) => tensor(values, { dtype: 'int32' });

describe('Accuracy', () => {
  it('counts over batches of different size, and starts again', () => {
    const accuracy = new Accuracy();
    expect(accuracy.compute()).toBeNaN();
    accuracy.update(
      tensor([
        [2, 1],
        [0, 3],
      ]),
      classes([0, 0]),
    );
    accuracy.update(tensor([[2, 1]]), classes([0]));
    expect(accuracy.compute()).toBeCloseTo(2 / 3);
    accuracy.reset();
    accuracy.update(tensor([[2, 1]]), tensor([1], { dtype: 'uint8' }));
    expect(accuracy.compute()).toBe(0);
  });

  it('takes a class for each pixel, and one value for two classes', () => {
    const pixels = new Accuracy();
    pixels.update(
      tensor([
        [
          [1, 0],
          [0, 1],
        ],
      ]),
      classes([0, 1]).reshape([1, 2]),
    );
    expect(pixels.compute()).toBe(1);
    const logits = new Accuracy({ threshold: 0 });
    logits.update(tensor([[0.2], [-3]]), tensor([[1], [0]]));
    expect(logits.compute()).toBe(1);
    const probabilities = new Accuracy();
    probabilities.update(tensor([0.2, 0.7]), tensor([1, 1]));
    expect(probabilities.compute()).toBe(0.5);
  });

  it('refuses outputs of other samples', () => {
    expect(() => new Accuracy().update(zeros([3, 2]), classes([0, 1]))).toThrow(ShapeError);
    expect(() => new Accuracy().update(zeros([2, 1]), zeros([2, 2]))).toThrow('(2, 1) and (2, 2)');
  });
});

describe('MeanLoss', () => {
  it('weighs batches by their size', () => {
    const error = new MeanLoss(nn.functional.mseLoss);
    error.update(tensor([1, 1, 1]), zeros([3]));
    error.update(tensor([3]), zeros([1]));
    expect(error.compute()).toBe(3);
    error.reset();
    expect(error.compute()).toBeNaN();
  });
});

describe('ConfusionMatrix', () => {
  it('has a row for each true class', () => {
    const matrix = new ConfusionMatrix(3);
    matrix.update(
      tensor([
        [9, 0, 0],
        [9, 0, 0],
        [0, 0, 9],
      ]),
      classes([0, 1, 2]),
    );
    matrix.update(tensor([[0, 9, 0]]), classes([2]));
    expect(matrix.compute()).toEqual([
      [1, 0, 0],
      [1, 0, 0],
      [0, 1, 1],
    ]);
    matrix.reset();
    expect(
      matrix
        .compute()
        .flat()
        .every((count) => count === 0),
    ).toBe(true);
  });

  it('refuses classes beyond its own, and counts nothing then', () => {
    const matrix = new ConfusionMatrix(2);
    expect(() =>
      matrix.update(
        tensor([
          [1, 0],
          [1, 0],
        ]),
        classes([0, 2]),
      ),
    ).toThrow(IndexError);
    expect(() => matrix.update(tensor([[0, 0, 1]]), classes([0]))).toThrow(IndexError);
    expect(() => matrix.update(tensor([[0, 1]]), classes([-1]))).toThrow(IndexError);
    expect(matrix.compute()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    for (const count of [0, 1.5]) expect(() => new ConfusionMatrix(count)).toThrow(ArgumentError);
  });
});
