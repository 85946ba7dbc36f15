// Changing the dtype.

import type { DType } from '../core/dtype.js';
import type { Tensor } from '../core/tensor.js';
import { castTo, checkTensor } from './apply.js';
import { checkDType } from './create.js';

/**
 * x in another dtype; x itself where it has that already. Floating to integer drops the fraction, keeps to the range
 * of int32 and makes 0 of NaN; to bool, all but 0 is true. Gradients flow between floating dtypes.
 *
 * @throws DTypeError where there is no such dtype.
 * @example
 * import { tensor } from 'quern';
 * tensor([1.7, -1.7]).to('int32').toArray(); // => [1, -1]
 */
export function to(x: Tensor, dtype: DType): Tensor {
  checkTensor('to', x);
  return castTo(x, checkDType('to', dtype));
}
