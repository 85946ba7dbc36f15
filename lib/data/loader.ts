// The loader: goes through a dataset in batches, in a new order each epoch.

import { ArgumentError, describe, IndexError } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { checkBatch, gatherBatch } from './collate.js';
import type { Batch, Dataset } from './dataset.js';
import { RandomSampler, type Sampler, SequentialSampler } from './samplers.js';
import { turn, turnIsDue } from './turn.js';

export interface DataLoaderOptions {
  /** Samples in a batch. Default 1. */
  batchSize?: number;
  /** Whether each epoch goes through the samples in a new random order. Default false. */
  shuffle?: boolean;
  /** Whether a last batch that would be smaller is left out. Default false. */
  dropLast?: boolean;
  /** Seed of the random orders; without one `manualSeed` decides. */
  seed?: number | bigint;
  /** Chooses the order instead of `shuffle`. */
  sampler?: Sampler;
  /** Changes each batch, for instance `([x, y]) => [normalize(x), y]`. */
  transform?: (batch: Batch) => Batch;
}

const LOADER_OPTIONS = optionNames<DataLoaderOptions>({
  batchSize: true,
  shuffle: true,
  sampler: true,
  dropLast: true,
  seed: true,
  transform: true,
});

/**
 * Goes through a dataset in batches. `for await` lets other work of the process have its turn between batches;
 * `for` does not. Each loop is an epoch.
 *
 * A batch made inside a scope ends with it; otherwise the collector frees it, or `dispose()`.
 *
 * @throws ArgumentError where an option has no meaning.
 * @example
 * import { DataLoader, TensorDataset, tensor } from 'quern';
 * const dataset = new TensorDataset(tensor([1, 2, 3]), tensor([0, 1, 0]));
 * const loader = new DataLoader(dataset, { batchSize: 2 });
 * loader.length; // => 2
 * Array.from(loader, ([x]) => x.toArray()); // => [[1, 2], [3]]
 */
export class DataLoader {
  readonly dataset: Dataset;
  readonly batchSize: number;
  readonly dropLast: boolean;
  /** The number of the next epoch, from 0. To resume a run, set it to where that run stood. */
  epoch = 0;
  readonly #sampler: Sampler;
  readonly #transform: ((batch: Batch) => Batch) | undefined;

  constructor(dataset: Dataset, options: DataLoaderOptions = NO_OPTIONS) {
    checkOptions('DataLoader', options, LOADER_OPTIONS);
    const { batchSize = 1, shuffle = false, dropLast = false, seed, sampler } = options;
    if (typeof dataset?.size !== 'number' || typeof dataset.get !== 'function') {
      throw new ArgumentError(
        'DataLoader',
        'dataset',
        dataset,
        `a dataset has a size and a get(index); got ${describe(dataset)}: wrap tensors as new TensorDataset(x, y)`,
      );
    }
    if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
      throw new ArgumentError(
        'DataLoader',
        'batchSize',
        batchSize,
        `batchSize is a whole number from 1; got ${batchSize}`,
      );
    }
    if (sampler !== undefined && (shuffle || seed !== undefined)) {
      throw new ArgumentError(
        'DataLoader',
        'sampler',
        sampler,
        'a sampler decides the order; leave out shuffle and seed',
      );
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.dropLast = dropLast;
    this.#transform = options.transform;
    this.#sampler =
      sampler ?? (shuffle ? new RandomSampler(dataset.size, { seed }) : new SequentialSampler(dataset.size));
  }

  /** Number of batches in an epoch. */
  get length(): number {
    const batches = this.#sampler.size / this.batchSize;
    return this.dropLast ? Math.floor(batches) : Math.ceil(batches);
  }

  *[Symbol.iterator](): Generator<Batch, void, undefined> {
    for (const indices of this.#plan()) yield this.#fetch(indices);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Batch, void, undefined> {
    for (const indices of this.#plan()) {
      if (turnIsDue()) await turn();
      yield this.#fetch(indices);
    }
  }

  /** The indices of each batch of the next epoch. */
  *#plan(): Generator<Int32Array, void, undefined> {
    const order = this.#checkOrder(this.#sampler.order(this.epoch++));
    const end = this.dropLast ? order.length - (order.length % this.batchSize) : order.length;
    for (let start = 0; start < end; start += this.batchSize) {
      yield order.subarray(start, Math.min(start + this.batchSize, end));
    }
  }

  /** A sampler is the user's, and an index that is none would only be noticed deep inside. */
  #checkOrder(order: ArrayLike<number>): Int32Array {
    const { size } = this.dataset;
    for (let i = 0; i < order.length; i++) {
      const index = order[i];
      if (!Number.isInteger(index) || index < 0 || index >= size) {
        throw new IndexError(
          'DataLoader',
          `the sampler chose index ${index} of a dataset of ${size} samples`,
          index,
          size,
        );
      }
    }
    return order instanceof Int32Array ? order : Int32Array.from(order);
  }

  #fetch(indices: Int32Array): Batch {
    const batch = gatherBatch(this.dataset, indices);
    return this.#transform === undefined ? batch : checkBatch('DataLoader.transform', this.#transform(batch));
  }
}
