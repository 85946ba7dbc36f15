// Joining tensors and taking them apart.

import { type Kind, promoteKinds } from '../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { recordList } from '../core/graph.js';
import { checkAxis, denseLayout, stridedLayout } from '../core/layout.js';
import { makeTensor, makeView, type Tensor } from '../core/tensor.js';
import { castTo, checkTensor, copyValues, rule } from './apply.js';
import { unsqueeze } from './shape.js';
import { narrow, select } from './slice.js';

/** Where each part begins, and along which axis. */
interface Seams {
  readonly axis: number;
  readonly starts: readonly number[];
}

const CONCAT = rule('concat', {
  each: (n, g, i) => {
    const { axis, starts } = n.saved as Seams;
    return narrow(g, axis, starts[i], (n.list as readonly Tensor[])[i].shape[axis]);
  },
});

/** Refuses what is no list of at least one tensor. @internal */
export function checkList(op: string, tensors: readonly Tensor[]): void {
  if (!Array.isArray(tensors) || tensors.length === 0) {
    throw new ArgumentError(op, 'tensors', tensors, 'an array of at least one tensor is needed');
  }
  for (const tensor of tensors) checkTensor(op, tensor);
}

/**
 * Tensors end to end along `dim`; in their other dimensions they agree. Dtypes are promoted.
 *
 * @throws ShapeError where other dimensions differ; ArgumentError for an empty list.
 * @example
 * import { concat, tensor } from 'quern';
 * concat([tensor([[1, 2]]), tensor([[3, 4]])], 0).toArray(); // => [[1, 2], [3, 4]]
 */
export function concat(tensors: readonly Tensor[], dim = 0): Tensor {
  checkList('concat', tensors);
  const first = tensors[0];
  if (first.ndim === 0)
    throw new ShapeError('concat', 'tensors without dimensions cannot be joined; use stack', [first.shape]);
  const axis = checkAxis('concat', dim, first.ndim);
  let kind: Kind = first.kind;
  let total = 0;
  const starts: number[] = [];
  for (const tensor of tensors) {
    const fits =
      tensor.ndim === first.ndim && tensor.shape.every((size, i) => i === axis || size === first.shape[i]);
    if (!fits) {
      throw new ShapeError(
        'concat',
        `shapes ${showShape(first.shape)} and ${showShape(tensor.shape)} differ beside dim ${axis}`,
        [first.shape, tensor.shape],
      );
    }
    starts.push(total);
    total += tensor.shape[axis];
    kind = promoteKinds(kind, tensor.kind);
  }
  const parts = tensors.map((tensor) => castTo(tensor, kind));
  const out = makeTensor(denseLayout(first.shape.map((size, i) => (i === axis ? total : size))), kind);
  for (let i = 0; i < parts.length; i++) {
    const layout = stridedLayout(parts[i].shape, out.strides);
    const place = makeView('concat', out, layout, out.offset + starts[i] * out.strides[axis]);
    copyValues(place, parts[i]);
    place.dispose();
  }
  recordList(CONCAT, out, parts, { axis, starts });
  return out;
}

/**
 * The same as {@link concat}, by PyTorch's name.
 *
 * @throws ShapeError where other dimensions differ; ArgumentError for an empty list.
 * @example
 * import { cat, tensor } from 'quern';
 * cat([tensor([1]), tensor([2, 3])]).toArray(); // => [1, 2, 3]
 */
export function cat(tensors: readonly Tensor[], dim = 0): Tensor {
  return concat(tensors, dim);
}

/**
 * Tensors of one shape side by side along a new dimension.
 *
 * @throws ShapeError where the shapes differ; ArgumentError for an empty list.
 * @example
 * import { stack, tensor } from 'quern';
 * stack([tensor([1, 2]), tensor([3, 4])], 1).toArray(); // => [[1, 3], [2, 4]]
 */
export function stack(tensors: readonly Tensor[], dim = 0): Tensor {
  checkList('stack', tensors);
  const axis = checkAxis('stack', dim, tensors[0].ndim + 1);
  for (const tensor of tensors) {
    if (tensor.ndim !== tensors[0].ndim || tensor.shape.some((size, i) => size !== tensors[0].shape[i])) {
      throw new ShapeError(
        'stack',
        `shapes ${showShape(tensors[0].shape)} and ${showShape(tensor.shape)} differ`,
        [tensors[0].shape, tensor.shape],
      );
    }
  }
  return concat(
    tensors.map((tensor) => unsqueeze(tensor, axis)),
    axis,
  );
}

/**
 * Views of consecutive parts along `dim`: of one size, the last perhaps smaller, or of the sizes in a list.
 *
 * @throws ArgumentError where sizes do not make up the dimension.
 * @example
 * import { arange, split } from 'quern';
 * split(arange(5), 2).map((part) => part.toArray()); // => [[0, 1], [2, 3], [4]]
 */
export function split(x: Tensor, sizes: number | readonly number[], dim = 0): Tensor[] {
  checkTensor('split', x);
  const axis = checkAxis('split', dim, x.ndim);
  const size = x.shape[axis];
  const list = typeof sizes === 'number' ? evenly(sizes, size) : sizes;
  if (
    !Array.isArray(list) ||
    list.some((one) => !Number.isInteger(one) || one < 0) ||
    list.reduce((a, b) => a + b, 0) !== size
  ) {
    throw new ArgumentError(
      'split',
      'sizes',
      sizes,
      `the sizes are whole numbers that add up to dim ${axis}, ${size}; got ${String(sizes)}`,
    );
  }
  let start = 0;
  return list.map((length) => {
    const part = narrow(x, axis, start, length);
    start += length;
    return part;
  });
}

function evenly(size: number, total: number): number[] {
  if (!Number.isInteger(size) || size < 1)
    throw new ArgumentError('split', 'sizes', size, `a size is a whole number from 1; got ${size}`);
  const list: number[] = [];
  for (let left = total; left > 0; left -= size) list.push(Math.min(size, left));
  return list.length > 0 ? list : [0];
}

/**
 * Views of at most `chunks` consecutive parts of equal size along `dim`, the last perhaps smaller.
 *
 * @throws ArgumentError where chunks is not a whole number from 1.
 * @example
 * import { arange, chunk } from 'quern';
 * chunk(arange(5), 2).map((part) => part.toArray()); // => [[0, 1, 2], [3, 4]]
 */
export function chunk(x: Tensor, chunks: number, dim = 0): Tensor[] {
  checkTensor('chunk', x);
  if (!Number.isInteger(chunks) || chunks < 1)
    throw new ArgumentError('chunk', 'chunks', chunks, `chunks is a whole number from 1; got ${chunks}`);
  const axis = checkAxis('chunk', dim, x.ndim);
  return split(x, Math.max(1, Math.ceil(x.shape[axis] / chunks)), axis);
}

/**
 * Views of every index along `dim`, without that dimension.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { tensor, unbind } from 'quern';
 * unbind(tensor([[1, 2], [3, 4]])).map((row) => row.toArray()); // => [[1, 2], [3, 4]]
 */
export function unbind(x: Tensor, dim = 0): Tensor[] {
  checkTensor('unbind', x);
  const axis = checkAxis('unbind', dim, x.ndim);
  return Array.from({ length: x.shape[axis] ?? 0 }, (_, i) => select(x, axis, i));
}
