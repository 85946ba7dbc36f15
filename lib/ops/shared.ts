// Tensors between threads: copies in shared memory, and tensors over such memory.

import { DTYPES, type DType, ITEM_SIZE, kindOf } from '../core/dtype.js';
import { ArgumentError } from '../core/errors.js';
import { checkShape, denseLayout } from '../core/layout.js';
import { Slab } from '../core/slab.js';
import { Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { dataSync } from './read.js';

/** A tensor's values in memory that all threads share; it can be posted to a worker. */
export interface SharedTensor {
  readonly buffer: SharedArrayBuffer;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/**
 * Copies a tensor into shared memory, as something that `postMessage` can send. {@link fromShared} makes a tensor
 * of it again, on any thread.
 *
 * @example
 * import { fromShared, tensor, toShared } from 'quern';
 * fromShared(toShared(tensor([1, 2]))).toArray(); // => [1, 2]
 */
export function toShared(x: Tensor): SharedTensor {
  checkTensor('toShared', x);
  const values = dataSync(x);
  const buffer = new SharedArrayBuffer(values.byteLength);
  new Uint8Array(buffer).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  return { buffer, shape: [...x.shape], dtype: DTYPES[x.kind] };
}

/**
 * A tensor over shared memory, without a copy: whoever writes into it in place changes it for all threads.
 *
 * @throws ArgumentError where the memory is not what {@link toShared} makes.
 * @example
 * import { fromShared, tensor, toShared } from 'quern';
 * const shared = toShared(tensor([1, 2]));
 * const [here, there] = [fromShared(shared), fromShared(shared)];
 * here.add_(1);
 * there.toArray(); // => [2, 3]
 */
export function fromShared(shared: SharedTensor): Tensor {
  const kind = kindOf(shared?.dtype);
  if (!(shared?.buffer instanceof SharedArrayBuffer) || kind === undefined) {
    throw new ArgumentError('fromShared', 'shared', shared, 'an object made by toShared() is needed');
  }
  const layout = denseLayout(checkShape('fromShared', shared.shape));
  if (layout.size * ITEM_SIZE[kind] !== shared.buffer.byteLength) {
    throw new ArgumentError(
      'fromShared',
      'shared',
      shared,
      `${shared.buffer.byteLength} bytes do not hold the shape and dtype that it names`,
    );
  }
  const slab = new Slab(shared.buffer, shared.buffer.byteLength, null, false);
  return new Tensor(slab, 0, layout, kind, null);
}
