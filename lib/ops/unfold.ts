// Sliding windows along a dimension, as views.

import { INT32 } from '../core/dtype.js';
import { ArgumentError } from '../core/errors.js';
import { record1 } from '../core/graph.js';
import { checkAxis, denseLayout, stridedLayout } from '../core/layout.js';
import { makeTensor, makeView, type Tensor } from '../core/tensor.js';
import { checkTensor, rule } from './apply.js';
import { zerosOf } from './create.js';
import { indexAdd } from './gather.js';
import { sum } from './reduce.js';
import { flatten, movedim } from './shape.js';

/** Windows of `size` elements, `step` apart, along an axis. */
interface Windows {
  readonly axis: number;
  readonly size: number;
  readonly step: number;
}

const UNFOLD = rule('unfold', {
  a: [0, (n, g) => folded(g, n.a as Tensor, n.saved as Windows)],
  view: true,
});

/** Zeros of a tensor's shape to which each window's gradient is added where the window lay. */
function folded(g: Tensor, like: Tensor, { axis, size, step }: Windows): Tensor {
  // Of a scalar there is one window, of its one element at most.
  if (like.ndim === 0) return sum(g);
  const count = g.shape[axis];
  const list = makeTensor(denseLayout([count * size]), INT32);
  const places = list.slab.view(INT32);
  for (let i = 0; i < count * size; i++) places[list.offset + i] = Math.floor(i / size) * step + (i % size);
  const side = flatten(movedim(g, -1, axis + 1), { startDim: axis, endDim: axis + 1 });
  return indexAdd(zerosOf(like.layout.dense, g.kind), axis, list, side);
}

/**
 * A view of all windows of `size` elements along `dimension`, `step` apart: that dimension becomes the number of
 * windows, and the elements of a window are a new one at the end. Windows overlap where step < size.
 *
 * @throws ArgumentError where the size lies outside the dimension or the step is not a whole number from 1; ShapeError
 * where the dimension is out of range.
 */
export function unfold(x: Tensor, dimension: number, size: number, step: number): Tensor {
  checkTensor('unfold', x);
  const axis = checkAxis('unfold', dimension, x.ndim);
  const length = x.ndim === 0 ? 1 : x.shape[axis];
  if (!Number.isInteger(size) || size < 0 || size > length) {
    throw new ArgumentError(
      'unfold',
      'size',
      size,
      `size is a whole number from 0 to that of dim ${axis}, ${length}; got ${size}`,
    );
  }
  if (!Number.isInteger(step) || step < 1)
    throw new ArgumentError('unfold', 'step', step, `step is a whole number from 1; got ${step}`);
  const dims = [...x.shape, size];
  const strides = [...x.strides, x.ndim === 0 ? 1 : x.strides[axis]];
  if (x.ndim > 0) {
    dims[axis] = Math.floor((length - size) / step) + 1;
    strides[axis] *= step;
  }
  const out = makeView('unfold', x, stridedLayout(dims, strides), x.offset);
  record1(UNFOLD, out, x, { axis, size, step });
  return out;
}
