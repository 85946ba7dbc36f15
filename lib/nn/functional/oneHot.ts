// Classes as vectors.

import { INT32, UINT8 } from '../../core/dtype.js';
import { ArgumentError, DTypeError, IndexError, ShapeError } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { castTo, checkTensor } from '../../ops/apply.js';
import { ones, zeros } from '../../ops/create.js';
import { scatterAdd } from '../../ops/gather.js';
import { item } from '../../ops/read.js';
import { amax } from '../../ops/reduce.js';
import { unsqueeze } from '../../ops/shape.js';

interface OneHotOptions {
  /** Default: the largest class and 1. */
  numClasses?: number;
}

const ONE_HOT_OPTIONS = optionNames<OneHotOptions>({ numClasses: true });

/**
 * For classes of any shape (…), vectors (…, numClasses) of zeros with a 1 at the class, int32. Without `numClasses`
 * it is the largest class and 1, which reads the values.
 *
 * @throws IndexError where a class is not in [0, numClasses); DTypeError where the classes are not int32 or uint8.
 * @example
 * import { nn, tensor } from 'quern';
 * const classes = tensor([2, 0], { dtype: 'int32' });
 * nn.functional.oneHot(classes, { numClasses: 3 }).toArray(); // => [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot(classes: Tensor, options: OneHotOptions = NO_OPTIONS): Tensor {
  checkTensor('oneHot', classes);
  checkOptions('oneHot', options, ONE_HOT_OPTIONS);
  if (classes.kind !== INT32 && classes.kind !== UINT8) {
    throw new DTypeError('oneHot', `classes are int32; got ${classes.dtype}: cast them with to('int32')`, [
      classes.dtype,
    ]);
  }
  const count = options.numClasses ?? countClasses(classes);
  if (!Number.isInteger(count) || count < 1) {
    throw new ArgumentError(
      'oneHot',
      'numClasses',
      count,
      `numClasses is a whole number from 1; got ${count}`,
    );
  }
  const index = unsqueeze(castTo(classes, INT32), -1);
  try {
    return scatterAdd(
      zeros([...classes.shape, count], { dtype: 'int32' }),
      -1,
      index,
      ones(index.shape, { dtype: 'int32' }),
    );
  } catch (error) {
    if (!(error instanceof IndexError)) throw error;
    throw new IndexError(
      'oneHot',
      `class ${error.index} is out of range: there are ${count} classes, from 0`,
      error.index,
      count,
    );
  }
}

function countClasses(classes: Tensor): number {
  if (classes.size === 0) {
    throw new ShapeError('oneHot', 'no classes tell how many there are; pass { numClasses }', [
      classes.shape,
    ]);
  }
  // A negative class is found out later, with its value.
  return Math.max(1, item(amax(classes)) + 1);
}
