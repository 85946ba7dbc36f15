// Transforms of inputs, for datasets and loaders.

import { ArgumentError, describe, ShapeError, showShape } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { div, sub } from '../ops/binary.js';
import { tensor } from '../ops/create.js';

/**
 * A function that normalises: (x − mean) / std. Numbers hold for every element; arrays have a number for each
 * channel of an image (…, C, H, W).
 *
 * @throws ArgumentError where mean or std is no number or std is 0; ShapeError for images of other channels.
 * @example
 * import { normalize, tensor } from 'quern';
 * normalize(2, 4)(tensor([2, 6])).toArray(); // => [0, 1]
 */
export function normalize(
  mean: number | readonly number[],
  std: number | readonly number[],
): (x: Tensor) => Tensor {
  const shift = checkNumbers('mean', mean, Number.isFinite);
  const scale = checkNumbers('std', std, (value) => Number.isFinite(value) && value !== 0);
  const channels = Math.max(shift.length, scale.length);
  if (typeof mean === 'number' && typeof std === 'number') return (x) => div(sub(x, mean), std);
  if (
    (shift.length !== 1 && shift.length !== channels) ||
    (scale.length !== 1 && scale.length !== channels)
  ) {
    throw new ArgumentError(
      'normalize',
      'std',
      std,
      `mean has ${shift.length} channels and std ${scale.length}`,
    );
  }
  return (x) => {
    if (x.ndim < 3 || x.shape[x.ndim - 3] !== channels) {
      throw new ShapeError(
        'normalize',
        `images (…, ${channels}, H, W) are needed for ${channels} means; got ${showShape(x.shape)}`,
        [x.shape],
      );
    }
    return div(sub(x, perChannel(shift)), perChannel(scale));
  };
}

function checkNumbers(
  name: string,
  given: number | readonly number[],
  fits: (value: number) => boolean,
): readonly number[] {
  const values = typeof given === 'number' ? [given] : given;
  if (!Array.isArray(values) || values.length === 0 || !values.every(fits)) {
    throw new ArgumentError(
      'normalize',
      name,
      given,
      `${name} is a number or one for each channel, std not 0; got ${describe(given)}`,
    );
  }
  return values;
}

function perChannel(values: readonly number[]): Tensor {
  return tensor(values.map((value) => [[value]]));
}
