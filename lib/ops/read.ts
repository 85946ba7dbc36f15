// Reading values out of tensors, always as copies.

import { BOOL, type DataArray, type Kind } from '../core/dtype.js';
import { ShapeError, showShape } from '../core/errors.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor, copyValues } from './apply.js';

/** What `toArray` answers: a number or boolean, or nested arrays of them. */
// biome-ignore lint/suspicious/noExplicitAny: the depth is known only at run time
export type Nested = any;

/**
 * The one element of a tensor that has just one.
 *
 * @throws ShapeError where there are more or none.
 * @example
 * import { item, tensor } from 'quern';
 * item(tensor([7])); // => 7
 */
export function item(x: Tensor): Nested {
  checkTensor('item', x);
  if (x.size !== 1) {
    throw new ShapeError(
      'item',
      `a tensor of shape ${showShape(x.shape)} has ${x.size} elements, not one; use toArray() or dataSync()`,
      [x.shape],
    );
  }
  return plain(x.slab.view(x.kind)[x.offset], x.kind);
}

function plain(value: number, kind: Kind): number | boolean {
  return kind === BOOL ? value !== 0 : value;
}

/**
 * A copy of the elements in row-major order: a Float32Array, Float64Array, Int32Array or Uint8Array (bool too).
 *
 * @throws DisposedError where the tensor is gone.
 * @example
 * import { dataSync, tensor } from 'quern';
 * dataSync(tensor([[1, 2], [3, 4]])); // => Float32Array.of(1, 2, 3, 4)
 */
export function dataSync(x: Tensor): DataArray {
  checkTensor('dataSync', x);
  if (x.isContiguous) return x.slab.view(x.kind).slice(x.offset, x.offset + x.size);
  const dense = makeTensor(x.layout.dense, x.kind);
  copyValues(dense, x);
  const values = dense.slab.view(x.kind).slice(dense.offset, dense.offset + x.size);
  dense.dispose();
  return values;
}

/**
 * The same as {@link dataSync}, for code that awaits.
 *
 * @throws DisposedError where the tensor is gone.
 * @example
 * import { tensor } from 'quern';
 * await tensor([1, 2]).data(); // => Float32Array.of(1, 2)
 */
export async function data(x: Tensor): Promise<DataArray> {
  return dataSync(x);
}

/**
 * The elements as nested arrays of numbers, or of booleans; a plain value for a tensor without dimensions.
 *
 * @throws DisposedError where the tensor is gone.
 * @example
 * import { tensor, toArray } from 'quern';
 * toArray(tensor([[1, 2], [3, 4]])); // => [[1, 2], [3, 4]]
 */
export function toArray(x: Tensor): Nested {
  const values = dataSync(x);
  let at = 0;
  const nest = (depth: number): Nested => {
    if (depth === x.ndim) return plain(values[at++], x.kind);
    return Array.from({ length: x.shape[depth] }, () => nest(depth + 1));
  };
  return nest(0);
}
