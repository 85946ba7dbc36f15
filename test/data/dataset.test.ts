// Datasets: samples and batches, subsets, random splits, and what they refuse.
import {
  ArgumentError,
  DataLoader,
  type Dataset,
  getRandomState,
  IndexError,
  manualSeed,
  randomSplit,
  ShapeError,
  Subset,
  type Tensor,
  TensorDataset,
  tensor,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';

const INT = { dtype: 'int32' } as const;

function pairs(): TensorDataset {
  return new TensorDataset(
    tensor([
      [0, 1],
      [2, 3],
      [4, 5],
      [6, 7],
    ]),
    tensor([0, 1, 2, 3], INT),
  );
}

describe('TensorDataset', () => {
  it('answers samples as views and batches as copies', () => {
    const dataset = pairs();
    const [x, y] = dataset.get(2);
    expect(x.toArray()).toEqual([4, 5]);
    expect(y.item()).toBe(2);
    const [xs, ys] = dataset.batch(Int32Array.of(3, 0));
    expect(xs.toArray()).toEqual([
      [6, 7],
      [0, 1],
    ]);
    expect(ys.toArray()).toEqual([3, 0]);
    expect(ys.dtype).toBe('int32');
  });

  it('refuses tensors of different lengths, scalars, none, and what is no tensor', () => {
    expect(() => new TensorDataset(zeros([3, 2]), zeros([4]))).toThrow(ShapeError);
    expect(() => new TensorDataset(zeros([3, 2]), zeros([4]))).toThrow('(3, 2) and (4,)');
    expect(() => new TensorDataset(tensor(1))).toThrow(ShapeError);
    expect(() => new TensorDataset()).toThrow(ArgumentError);
    expect(() => new TensorDataset([1, 2] as unknown as Tensor)).toThrow(ArgumentError);
    expect(() => pairs().get(4)).toThrow(IndexError);
  });
});

describe('Subset', () => {
  it('has some samples in its own order, also of datasets without batch', () => {
    const plain: Dataset = { size: 4, get: (index) => [index * 10] };
    const subset = new Subset(new Subset(plain, [3, 1, 2]), [2, 0]);
    expect(subset.get(1)).toEqual([30]);
    expect(subset.batch(Int32Array.of(0, 1))[0].toArray()).toEqual([20, 30]);
  });

  it('refuses indices that are not in the dataset', () => {
    for (const index of [-1, 4, 0.5, Number.NaN])
      expect(() => new Subset(pairs(), [index])).toThrow(IndexError);
    expect(() => new Subset(pairs(), [0]).get(1)).toThrow(IndexError);
  });
});

describe('randomSplit', () => {
  const dataset = new TensorDataset(zeros([10]));
  const indices = (parts: Subset[]) => parts.map((part) => Array.from(part.indices));

  it('shares out every sample once, by lengths or fractions', () => {
    const parts = randomSplit(dataset, [6, 3, 1], { seed: 3 });
    expect(parts.map((part) => part.size)).toEqual([6, 3, 1]);
    expect(indices(parts).flat().sort()).toEqual(Array.from({ length: 10 }, (_, i) => i));
    expect(randomSplit(dataset, [0.35, 0.35, 0.3]).map((part) => part.size)).toEqual([4, 3, 3]);
  });

  it('goes by its seed and then leaves the global stream alone', () => {
    manualSeed(1);
    const before = getRandomState();
    const first = indices(randomSplit(dataset, [5, 5], { seed: 3 }));
    expect(getRandomState()).toEqual(before);
    expect(indices(randomSplit(dataset, [5, 5], { seed: 3 }))).toEqual(first);
    expect(indices(randomSplit(dataset, [5, 5], { seed: 4 }))).not.toEqual(first);
  });

  it('refuses parts that do not add up', () => {
    for (const lengths of [[5, 4], [0.5, 0.4], [-1, 11], [], [Number.NaN]]) {
      expect(() => randomSplit(dataset, lengths)).toThrow(ArgumentError);
    }
  });
});

describe('samples', () => {
  const load = (sample: unknown) => {
    const dataset = { size: 2, get: () => sample } as unknown as Dataset;
    return Array.from(new DataLoader(dataset, { batchSize: 2 }))[0];
  };

  it('are stacked field by field: tensors, numbers and booleans', () => {
    const [x, n, b] = load([tensor([1, 2], INT), 7, true]);
    expect([x.dtype, x.shape]).toEqual(['int32', [2, 2]]);
    expect([n.dtype, n.toArray()]).toEqual(['float32', [7, 7]]);
    expect([b.dtype, b.toArray()]).toEqual(['bool', [true, true]]);
  });

  it('must be arrays of such fields', () => {
    for (const sample of [5, [], undefined, ['three'], [null]])
      expect(() => load(sample)).toThrow(ArgumentError);
  });

  it('must have the same fields everywhere', () => {
    const uneven: Dataset = { size: 2, get: (index) => (index === 0 ? [1] : [1, 2]) };
    expect(() => Array.from(new DataLoader(uneven, { batchSize: 2 }))).toThrow('as many in every sample');
    const mixed: Dataset = { size: 2, get: (index) => [index === 0 ? 1 : true] };
    expect(() => Array.from(new DataLoader(mixed, { batchSize: 2 }))).toThrow(
      'the same kind in every sample',
    );
  });
});
