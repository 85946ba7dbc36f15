// Datasets: samples by number, and the ways to cut a dataset into parts.

import { ArgumentError, describe, IndexError, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from '../ops/apply.js';
import { tensor } from '../ops/create.js';
import { indexSelect } from '../ops/gather.js';
import { randperm } from '../ops/random.js';
import { dataSync } from '../ops/read.js';
import { select } from '../ops/slice.js';
import { gatherBatch } from './collate.js';
import { seededOrder } from './order.js';

/** One sample: its fields in a fixed order, by habit the inputs first and the target last. */
export type Sample = readonly (Tensor | number | boolean)[];

/** A batch: each field of its samples, stacked along a new first dimension. */
export type Batch = readonly Tensor[];

/**
 * What a {@link DataLoader} reads. A class with `size` and `get` is enough; one that can make a whole batch
 * faster, or in another way than by stacking, has `batch` too. The trainer calls them inside the scope of a step: what
 * a dataset makes there and holds on to goes through `keep()`.
 */
export interface Dataset {
  /** Number of samples. */
  readonly size: number;
  /**
   * The sample at an index from 0. A number becomes an element of a float32 tensor and a boolean of a bool one;
   * a class number goes in as `tensor(3, { dtype: 'int32' })`.
   */
  get(index: number): Sample;
  /** The samples at these indices as one batch. */
  batch?(indices: Int32Array): Batch;
}

export interface SplitOptions {
  /** The same seed gives the same parts. Without one the split takes its chance from the global stream. */
  seed?: number | bigint;
}

const SPLIT_OPTIONS = optionNames<SplitOptions>({ seed: true });

/**
 * A dataset of tensors whose first dimension counts the samples, as PyTorch's.
 *
 * @throws ShapeError where the tensors differ in their number of samples; ArgumentError where there is none.
 * @example
 * import { TensorDataset, tensor } from 'quern';
 * const dataset = new TensorDataset(tensor([[1, 2], [3, 4]]), tensor([0, 1]));
 * dataset.size; // => 2
 * dataset.get(1)[0].toArray(); // => [3, 4]
 */
export class TensorDataset implements Dataset {
  readonly tensors: readonly Tensor[];
  readonly size: number;

  constructor(...tensors: readonly Tensor[]) {
    if (tensors.length === 0) {
      throw new ArgumentError('TensorDataset', 'tensors', tensors, 'a dataset needs at least one tensor');
    }
    for (const one of tensors) {
      checkTensor('TensorDataset', one);
      if (one.ndim === 0 || one.shape[0] !== tensors[0].shape[0]) {
        const shapes = tensors.map((each) => each.shape);
        throw new ShapeError(
          'TensorDataset',
          `the first dimension counts the samples and must be the same everywhere; got ${shapes.map(showShape).join(' and ')}`,
          shapes,
        );
      }
    }
    this.tensors = tensors;
    this.size = tensors[0].shape[0];
  }

  /** The sample at an index: a view of each tensor. */
  get(index: number): Tensor[] {
    return this.tensors.map((one) => select(one, 0, index));
  }

  /** The samples at these indices: one copy a tensor. */
  batch(indices: Int32Array): Tensor[] {
    const at = tensor(indices);
    try {
      return this.tensors.map((one) => indexSelect(one, 0, at));
    } finally {
      at.dispose();
    }
  }
}

/**
 * Some of a dataset's samples, in a given order; they may repeat.
 *
 * @throws IndexError where an index is not one of the dataset's.
 * @example
 * import { Subset, TensorDataset, tensor } from 'quern';
 * const subset = new Subset(new TensorDataset(tensor([5, 6, 7])), [2, 0]);
 * subset.get(0)[0].item(); // => 7
 */
export class Subset implements Dataset {
  readonly dataset: Dataset;
  readonly indices: Int32Array;
  readonly size: number;

  constructor(dataset: Dataset, indices: ArrayLike<number>) {
    this.dataset = dataset;
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i];
      if (!Number.isInteger(index) || index < 0 || index >= dataset.size) {
        throw new IndexError(
          'Subset',
          `index ${index} is not in a dataset of ${dataset.size} samples`,
          index,
          dataset.size,
        );
      }
    }
    this.indices = Int32Array.from(indices);
    this.size = indices.length;
  }

  get(index: number): Sample {
    if (!Number.isInteger(index) || index < 0 || index >= this.size) {
      throw new IndexError(
        'Subset',
        `index ${index} is not in a subset of ${this.size} samples`,
        index,
        this.size,
      );
    }
    return this.dataset.get(this.indices[index]);
  }

  batch(indices: Int32Array): Batch {
    return gatherBatch(
      this.dataset,
      indices.map((index) => this.indices[index]),
    );
  }
}

/**
 * Cuts a dataset at random into parts that share no sample: of the given lengths, or of the given fractions of
 * the whole (what rounding leaves goes to the first parts, one each).
 *
 * @throws ArgumentError where the lengths do not add up to the size, nor the fractions to 1.
 * @example
 * import { randomSplit, TensorDataset, zeros } from 'quern';
 * const dataset = new TensorDataset(zeros([10, 2]));
 * randomSplit(dataset, [0.8, 0.2], { seed: 1 }).map((part) => part.size); // => [8, 2]
 */
export function randomSplit(
  dataset: Dataset,
  lengths: readonly number[],
  options: SplitOptions = NO_OPTIONS,
): Subset[] {
  checkOptions('randomSplit', options, SPLIT_OPTIONS);
  const sizes = partSizes(dataset.size, lengths);
  const order =
    options.seed === undefined ? freshOrder(dataset.size) : seededOrder(dataset.size, options.seed, 0);
  let start = 0;
  return sizes.map((size) => {
    start += size;
    return new Subset(dataset, order.subarray(start - size, start));
  });
}

function freshOrder(size: number): Int32Array {
  const order = randperm(size);
  const values = dataSync(order) as Int32Array;
  order.dispose();
  return values;
}

function partSizes(size: number, lengths: readonly number[]): number[] {
  if (!Array.isArray(lengths) || !lengths.every((length) => typeof length === 'number' && length >= 0)) {
    throw new ArgumentError(
      'randomSplit',
      'lengths',
      lengths,
      `lengths are numbers from 0; got ${describe(lengths)}`,
    );
  }
  const total = lengths.reduce((sum, length) => sum + length, 0);
  if (total === size && lengths.every(Number.isInteger)) return [...lengths];
  if (Math.abs(total - 1) > 1e-9) {
    throw new ArgumentError(
      'randomSplit',
      'lengths',
      lengths,
      `the parts must add up to the ${size} samples, or as fractions to 1; ${lengths.join(' + ')} is ${total}`,
    );
  }
  const sizes = lengths.map((fraction) => Math.floor(fraction * size));
  let rest = size - sizes.reduce((sum, part) => sum + part, 0);
  for (let i = 0; rest > 0; i = (i + 1) % sizes.length, rest--) sizes[i]++;
  return sizes;
}
