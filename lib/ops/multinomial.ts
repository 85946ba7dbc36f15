// Drawing categories by their weights.

import { FLOAT64, INT32, isFloatKind } from '../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { sample } from './random.js';
import { dataSync } from './read.js';

export interface MultinomialOptions {
  /** Whether a category can be drawn again. Default false. */
  replacement?: boolean;
}

/** @internal */
export const MULTINOMIAL_OPTIONS = optionNames<MultinomialOptions>({ replacement: true });

/** The weights of one row summed up to each place. */
function summedUp(weights: ArrayLike<number>, start: number, sums: Float64Array): number {
  let total = 0;
  let positive = 0;
  for (let i = 0; i < sums.length; i++) {
    const weight = weights[start + i];
    if (!(weight >= 0 && Number.isFinite(weight))) {
      throw new ArgumentError(
        'multinomial',
        'input',
        weight,
        `weights are finite numbers from 0; got ${weight}`,
      );
    }
    if (weight > 0) positive++;
    total += weight;
    sums[i] = total;
  }
  if (!(total > 0))
    throw new ArgumentError(
      'multinomial',
      'input',
      total,
      'a row of weights is 0 everywhere; one must not be',
    );
  return positive;
}

/** The first place whose sum lies above a value. */
function firstAbove(sums: Float64Array, value: number): number {
  let low = 0;
  let high = sums.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The places of the smallest keys, in rising order of these. */
function smallest(keys: Float64Array, count: number): number[] {
  const limit = keys.slice().sort()[count - 1];
  const places: number[] = [];
  for (let i = 0; i < keys.length; i++) if (keys[i] <= limit) places.push(i);
  return places.sort((a, b) => keys[a] - keys[b]).slice(0, count);
}

/**
 * `numSamples` categories for each row of weights, int32: (n) gives (numSamples), (m, n) gives (m, numSamples). Weights
 * are finite numbers from 0 and need not add up to 1. Reads the values. Without replacement a category is drawn once at
 * most: where exponential times with the weights as rates run out first (Efraimidis and Spirakis 2006).
 *
 * @throws ArgumentError for other weights, or more samples than there are categories to draw without replacement;
 * ShapeError for other numbers of dimensions; DTypeError for integers.
 * @example
 * import { multinomial, tensor } from 'quern';
 * multinomial(tensor([0, 3, 0]), 4, { replacement: true }).toArray(); // => [1, 1, 1, 1]
 */
export function multinomial(x: Tensor, numSamples: number, options: MultinomialOptions = NO_OPTIONS): Tensor {
  checkTensor('multinomial', x);
  checkOptions('multinomial', options, MULTINOMIAL_OPTIONS);
  if (!isFloatKind(x.kind))
    throw new DTypeError('multinomial', `weights are floating; got ${x.dtype}`, [x.dtype]);
  if (x.ndim < 1 || x.ndim > 2) {
    throw new ShapeError('multinomial', `one or two dimensions are needed; got shape ${showShape(x.shape)}`, [
      x.shape,
    ]);
  }
  if (!Number.isInteger(numSamples) || numSamples < 1) {
    throw new ArgumentError(
      'multinomial',
      'numSamples',
      numSamples,
      `numSamples is a whole number from 1; got ${String(numSamples)}`,
    );
  }
  const { replacement = false } = options;
  const size = x.shape[x.ndim - 1];
  const rows = x.ndim === 2 ? x.shape[0] : 1;
  const out = makeTensor(denseLayout([...x.shape.slice(0, -1), numSamples]), INT32);
  const chosen = out.slab.view(INT32);
  const weights = dataSync(x);
  const sums = new Float64Array(size);
  const draws = makeTensor(denseLayout([rows * (replacement ? numSamples : size)]), FLOAT64);
  sample(replacement ? 'uniform' : 'exponential', draws, replacement ? 0 : 1, 1);
  const chance = draws.slab.view(FLOAT64).subarray(draws.offset, draws.offset + draws.size);
  for (let row = 0; row < rows; row++) {
    const positive = summedUp(weights, row * size, sums);
    const to = out.offset + row * numSamples;
    if (replacement) {
      for (let i = 0; i < numSamples; i++)
        chosen[to + i] = firstAbove(sums, chance[row * numSamples + i] * sums[size - 1]);
      continue;
    }
    if (positive < numSamples) {
      throw new ArgumentError(
        'multinomial',
        'numSamples',
        numSamples,
        `${numSamples} samples cannot be drawn from ${positive} categories whose weight is not 0; draw with replacement`,
      );
    }
    const times = Float64Array.from(sums, (_, i) => chance[row * size + i] / weights[row * size + i]);
    chosen.set(smallest(times, numSamples), to);
  }
  draws.dispose();
  return out;
}
