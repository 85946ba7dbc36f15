// Samplers: in which order an epoch goes through a dataset.

import { ArgumentError } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { getRandomState } from '../core/random.js';
import { seededOrder } from './order.js';

/** Chooses the samples of an epoch. The order must depend on the epoch's number alone, so that a run can resume. */
export interface Sampler {
  /** Number of indices in an epoch. */
  readonly size: number;
  /** The indices of an epoch, counted from 0. */
  order(epoch: number): ArrayLike<number>;
}

/**
 * Every sample once, from the first to the last.
 *
 * @example
 * import { SequentialSampler } from 'quern';
 * Array.from(new SequentialSampler(3).order(0)); // => [0, 1, 2]
 */
export class SequentialSampler implements Sampler {
  constructor(readonly size: number) {}

  order(_epoch: number): Int32Array {
    return Int32Array.from({ length: this.size }, (_, i) => i);
  }
}

interface RandomSamplerOptions {
  /** Default: that of `manualSeed`. */
  seed?: number | bigint;
}

const SAMPLER_OPTIONS = optionNames<RandomSamplerOptions>({ seed: true });

/**
 * Every sample once, in a new random order each epoch. The seed and the epoch's number determine it, on both
 * backends and for any number of threads; the global stream of random numbers is left alone. Without a seed of its
 * own it goes by that of `manualSeed`.
 *
 * @throws ArgumentError where the seed is not a whole number.
 * @example
 * import { RandomSampler } from 'quern';
 * const sampler = new RandomSampler(100, { seed: 7 });
 * String(sampler.order(0)) === String(sampler.order(0)); // => true
 * String(sampler.order(0)) === String(sampler.order(1)); // => false
 */
export class RandomSampler implements Sampler {
  readonly size: number;
  readonly #seed: number | bigint | undefined;

  constructor(size: number, options: RandomSamplerOptions = NO_OPTIONS) {
    checkOptions('RandomSampler', options, SAMPLER_OPTIONS);
    const { seed } = options;
    if (seed !== undefined && typeof seed !== 'bigint' && !Number.isSafeInteger(seed)) {
      throw new ArgumentError('RandomSampler', 'seed', seed, `a seed is a whole number; got ${String(seed)}`);
    }
    this.size = size;
    this.#seed = seed;
  }

  order(epoch: number): Int32Array {
    return seededOrder(this.size, this.#seed ?? getRandomState().seed, epoch);
  }
}
