// Where a tensor is not zero. The shapes of these results depend on values.

import { INT32 } from '../core/dtype.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { contiguous, reshape } from './shape.js';

/** The places in row-major order of all elements that are not 0; NaN is not. @internal */
export function placesOf(x: Tensor): Tensor {
  const dense = contiguous(x.detach());
  const values = dense.slab.view(dense.kind);
  const start = dense.offset;
  let count = 0;
  for (let i = start; i < start + dense.size; i++) if (values[i] !== 0) count++;
  const out = makeTensor(denseLayout([count]), INT32);
  const places = out.slab.view(INT32);
  let at = out.offset;
  for (let i = 0; i < dense.size; i++) if (values[start + i] !== 0) places[at++] = i;
  return out;
}

/** The coordinate along each dimension of all elements that are not 0. @internal */
export function coordinatesOf(x: Tensor): Tensor[] {
  const places = placesOf(x);
  const flat = places.slab.view(INT32);
  let step = x.size;
  return x.shape.map((dim) => {
    step /= dim;
    const along = makeTensor(places.layout, INT32);
    const values = along.slab.view(INT32);
    for (let i = 0; i < places.size; i++)
      values[along.offset + i] = Math.floor(flat[places.offset + i] / step) % dim;
    return along;
  });
}

export interface NonzeroOptions {
  /** Whether the result is one tensor for each dimension. Default false. */
  asTuple?: boolean;
}

/** @internal */
export const NONZERO_OPTIONS = optionNames<NonzeroOptions>({ asTuple: true });

/**
 * The indices of all elements that are not 0, in row-major order, int32: a row for each, or with `asTuple` a tensor
 * for each dimension, which `index` takes. Reads the values.
 *
 * @example
 * import { nonzero, tensor } from 'quern';
 * nonzero(tensor([[0, 5], [7, 0]])).toArray(); // => [[0, 1], [1, 0]]
 */
export function nonzero(x: Tensor, options?: { asTuple?: false }): Tensor;
export function nonzero(x: Tensor, options: { asTuple: true }): Tensor[];
export function nonzero(x: Tensor, options: NonzeroOptions): Tensor | Tensor[];
export function nonzero(x: Tensor, options: NonzeroOptions = NO_OPTIONS): Tensor | Tensor[] {
  checkTensor('nonzero', x);
  checkOptions('nonzero', options, NONZERO_OPTIONS);
  const along = coordinatesOf(x.ndim === 0 && options.asTuple ? reshape(x, [1]) : x);
  if (options.asTuple) return along;
  const rank = along.length;
  const count = rank === 0 ? placesOf(x).size : along[0].size;
  const out = makeTensor(denseLayout([count, rank]), INT32);
  const rows = out.slab.view(INT32);
  along.forEach((one, axis) => {
    const values = one.slab.view(INT32);
    for (let i = 0; i < count; i++) rows[out.offset + i * rank + axis] = values[one.offset + i];
    one.dispose();
  });
  return out;
}

/**
 * The indices of all elements that are not 0, a row for each: {@link nonzero} by NumPy's name.
 *
 * @example
 * import { argwhere, tensor } from 'quern';
 * argwhere(tensor([0, 3, 4])).toArray(); // => [[1], [2]]
 */
export function argwhere(x: Tensor): Tensor {
  checkTensor('argwhere', x);
  return nonzero(x);
}
