// Writing along a dimension by index: single values and whole slices.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { INT32 } from '../core/dtype.js';
import { ArgumentError } from '../core/errors.js';
import { B, record3 } from '../core/graph.js';
import { checkAxis, denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { apart, castTo, checkTensor, copyOf, type Operand, rule, scalarTensor } from './apply.js';
import { eq } from './compare.js';
import { zerosOf } from './create.js';
import {
  checkIndex,
  checkIndexList,
  checkSameRank,
  checkSource,
  gather,
  indexAdd,
  indexSelect,
  scatterAdd,
} from './gather.js';
import { reducedAt } from './reduceAt.js';
import { rewrite } from './rewrite.js';
import { expandTo, reshape } from './shape.js';
import { where } from './where.js';

const SCATTER = rule('scatter', {
  a: [B, (n, g) => scatter(g, n.saved as number, n.b as Tensor, 0)],
  c: [
    B,
    (n, g) => {
      const axis = n.saved as number;
      const index = n.b as Tensor;
      return where(written(g, axis, index), gather(g, axis, index), 0);
    },
  ],
});
const INDEX_COPY = rule('indexCopy', {
  a: [B, (n, g) => indexFill(g, n.saved as number, n.b as Tensor, 0)],
  c: [
    B,
    (n, g) => {
      const axis = n.saved as number;
      const index = n.b as Tensor;
      const kept = written(zerosOf(denseLayout([g.shape[axis]]), INT32), 0, index);
      const dims = g.shape.map((_, i) => (i === axis ? index.size : 1));
      return where(reshape(kept, dims), indexSelect(g, axis, index), 0);
    },
  ],
});

/** Which elements of a source stay, where several are written to one place: the last along the axis. */
function written(target: Tensor, axis: number, index: Tensor): Tensor {
  const length = index.shape[axis];
  const order = makeTensor(denseLayout([length]), INT32);
  const numbers = order.slab.view(INT32);
  for (let i = 0; i < length; i++) numbers[order.offset + i] = i;
  const along = reshape(
    order,
    index.shape.map((_, i) => (i === axis ? length : 1)),
  );
  const numbered = expandTo(along, index.layout.dense);
  const last = scatter(zerosOf(target.layout.dense, INT32), axis, index, numbered);
  return eq(gather(last, axis, index), numbered);
}

/** What is written: the tensor itself, or a number in a shape. */
function sourceOf(op: string, x: Tensor, value: Operand, dims: readonly number[]): Tensor {
  if (typeof value === 'number') return expandTo(scalarTensor(value, x.kind, op), denseLayout(dims));
  checkTensor(op, value);
  checkSource(op, x, value, dims);
  return value;
}

export interface ScatterOptions {
  /** What becomes of old and new value: the new one is 'add'ed, or they 'multiply'. Default: the new one stays. */
  reduce?: 'add' | 'multiply';
}

/** @internal */
export const SCATTER_OPTIONS = optionNames<ScatterOptions>({ reduce: true });

function checkReduce(op: string, { reduce }: ScatterOptions): void {
  if (reduce === undefined || reduce === 'add' || reduce === 'multiply') return;
  throw new ArgumentError(
    op,
    'reduce',
    reduce,
    `reduce is 'add' or 'multiply'; got ${String(reduce)}: scatterReduce has others`,
  );
}

/** Sums in x's own dtype, bytes too. */
function added(x: Tensor, axis: number, index: Tensor, source: Tensor): Tensor {
  if (x.ndim === 0) return reshape(added(reshape(x, [1]), 0, reshape(index, [1]), reshape(source, [1])), []);
  return x.kind <= INT32
    ? scatterAdd(x, axis, index, source)
    : castTo(scatterAdd(x, axis, index, castTo(source, INT32)), x.kind);
}

/**
 * x with the values of `source`, or one number, written along `dim` by index: out[index[i][j]][j] = source[i][j] for
 * dim 0. Of values that meet in one place the last one stays, and the gradient goes to it alone.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where something does not fit;
 * ArgumentError where `reduce` is not known.
 * @example
 * import { scatter, tensor, zeros } from 'quern';
 * scatter(zeros([3]), 0, tensor([2, 0], { dtype: 'int32' }), tensor([5, 7])).toArray(); // => [7, 0, 5]
 */
export function scatter(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Operand,
  options: ScatterOptions = NO_OPTIONS,
): Tensor {
  checkTensor('scatter', x);
  checkOptions('scatter', options, SCATTER_OPTIONS);
  checkReduce('scatter', options);
  const axis = checkAxis('scatter', dim, x.ndim);
  const at = checkIndex('scatter', index);
  checkSameRank('scatter', x, at, axis);
  const values = sourceOf('scatter', x, source, at.shape);
  if (options.reduce === 'add') return added(x, axis, at, values);
  if (options.reduce === 'multiply') return reducedAt('prod', x, axis, at, values);
  if (x.ndim === 0) return reshape(scatter(reshape(x, [1]), 0, reshape(at, [1]), reshape(values, [1])), []);
  const out = copyOf(x);
  attributes[0] = axis;
  active.run3(kernel.scatter, x.kind, out, at, values);
  record3(SCATTER, out, x, at, values, axis);
  return out;
}

/**
 * x with the slices of `source` written along `dim` over those that a list of indices names. Of slices that meet the
 * last one stays, and the gradient goes to it alone.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where something does not fit.
 * @example
 * import { indexCopy, tensor, zeros } from 'quern';
 * indexCopy(zeros([3]), 0, tensor([2, 0], { dtype: 'int32' }), tensor([5, 7])).toArray(); // => [7, 0, 5]
 */
export function indexCopy(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  checkTensor('indexCopy', source);
  return copied('indexCopy', x, dim, index, source);
}

/**
 * x with one number in the slices along `dim` that a list of indices names.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where something does not fit.
 * @example
 * import { indexFill, tensor, zeros } from 'quern';
 * indexFill(zeros([3]), 0, tensor([0, 2], { dtype: 'int32' }), 9).toArray(); // => [9, 0, 9]
 */
export function indexFill(x: Tensor, dim: number, index: Tensor, value: number): Tensor {
  return copied('indexFill', x, dim, index, value);
}

function copied(op: string, x: Tensor, dim: number, index: Tensor, source: Operand): Tensor {
  checkTensor(op, x);
  const axis = checkAxis(op, dim, x.ndim);
  const at = checkIndexList(op, index);
  if (x.ndim === 0) {
    const value = typeof source === 'number' ? source : reshape(source, [at.size]);
    return reshape(copied(op, reshape(x, [1]), 0, at, value), []);
  }
  const dims = x.shape.slice();
  dims[axis] = at.size;
  const values = sourceOf(op, x, source, dims);
  const out = copyOf(x);
  attributes[0] = axis;
  active.run3(kernel.indexCopy, x.kind, out, at, values);
  record3(INDEX_COPY, out, x, at, values, axis);
  return out;
}

/** Runs a kernel that writes into x itself, with operands of its own dtype that share no memory with it. */
function writeInto(run: number, x: Tensor, axis: number, index: Tensor, source: Tensor): void {
  // Indices are read while x is written.
  const at = index.root === x.root ? copyOf(index) : index;
  const values = apart(source, x);
  attributes[0] = axis;
  active.run3(run, x.kind, x, at, values);
}

/** A one-dimensional view of a scalar, for kernels that need an axis; else x. */
function withAxis(x: Tensor): Tensor {
  return x.ndim === 0 ? reshape(x.detach(), [1]) : x;
}

/**
 * {@link scatter} in place: writes into x and answers it.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where something does not fit;
 * GradientError where autograd would be wrong.
 * @example
 * import { scatter_, tensor, zeros } from 'quern';
 * scatter_(zeros([3]), 0, tensor([1], { dtype: 'int32' }), 4).toArray(); // => [0, 4, 0]
 */
export function scatter_(
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Operand,
  options: ScatterOptions = NO_OPTIONS,
): Tensor {
  checkTensor('scatter_', x);
  checkOptions('scatter_', options, SCATTER_OPTIONS);
  checkReduce('scatter_', options);
  const axis = checkAxis('scatter_', dim, x.ndim);
  const at = checkIndex('scatter_', index);
  checkSameRank('scatter_', x, at, axis);
  const values = sourceOf('scatter_', x, source, at.shape);
  const { reduce } = options;
  const compute = (before: Tensor): Tensor => scatter(before, axis, at, values, options);
  const run =
    reduce === undefined ? kernel.scatter : reduce === 'add' ? kernel.scatterAdd : kernel.scatterProd;
  // Sums and products have no kernel for bytes.
  const direct = reduce === undefined || x.kind <= INT32;
  return rewrite(
    'scatter_',
    x,
    [values],
    () => {
      if (direct) writeInto(run, withAxis(x), axis, withAxis(at), withAxis(values));
      else x.copy_(compute(x));
    },
    compute,
  );
}

/**
 * {@link scatterAdd} in place: adds into x and answers it.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where something does not fit;
 * GradientError where autograd would be wrong.
 * @example
 * import { scatterAdd_, tensor, zeros } from 'quern';
 * scatterAdd_(zeros([2]), 0, tensor([1, 1], { dtype: 'int32' }), tensor([4, 5])).toArray(); // => [0, 9]
 */
export function scatterAdd_(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  checkTensor('scatterAdd_', x);
  checkTensor('scatterAdd_', source);
  const axis = checkAxis('scatterAdd_', dim, x.ndim);
  const at = checkIndex('scatterAdd_', index);
  checkSource('scatterAdd_', x, source, at.shape);
  checkSameRank('scatterAdd_', x, at, axis);
  const compute = (before: Tensor): Tensor => added(before, axis, at, source);
  return rewrite(
    'scatterAdd_',
    x,
    [source],
    () => {
      if (x.kind <= INT32) writeInto(kernel.scatterAdd, withAxis(x), axis, withAxis(at), withAxis(source));
      else x.copy_(compute(x));
    },
    compute,
  );
}

/** The slices along an axis of x that a list names, written in place. */
function rewriteSlices(
  op: string,
  run: number,
  x: Tensor,
  dim: number,
  index: Tensor,
  source: Operand,
  compute: (before: Tensor, axis: number, at: Tensor, values: Tensor) => Tensor,
): Tensor {
  checkTensor(op, x);
  const axis = checkAxis(op, dim, x.ndim);
  const at = checkIndexList(op, index);
  const dims = x.ndim === 0 ? [] : x.shape.map((size, i) => (i === axis ? at.size : size));
  const values = sourceOf(op, x, source, dims);
  const computed = (before: Tensor): Tensor => compute(before, axis, at, values);
  return rewrite(
    op,
    x,
    [values],
    () => {
      if (x.ndim > 0 && (x.kind <= INT32 || run === kernel.indexCopy)) writeInto(run, x, axis, at, values);
      else x.copy_(computed(x));
    },
    computed,
  );
}

/**
 * {@link indexCopy} in place: writes into x and answers it.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where something does not fit;
 * GradientError where autograd would be wrong.
 * @example
 * import { indexCopy_, tensor, zeros } from 'quern';
 * indexCopy_(zeros([3]), 0, tensor([1], { dtype: 'int32' }), tensor([4])).toArray(); // => [0, 4, 0]
 */
export function indexCopy_(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  checkTensor('indexCopy_', source);
  return rewriteSlices('indexCopy_', kernel.indexCopy, x, dim, index, source, indexCopy);
}

/**
 * {@link indexFill} in place: writes into x and answers it.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where something does not fit;
 * GradientError where autograd would be wrong.
 * @example
 * import { indexFill_, tensor, zeros } from 'quern';
 * indexFill_(zeros([3]), 0, tensor([1], { dtype: 'int32' }), 4).toArray(); // => [0, 4, 0]
 */
export function indexFill_(x: Tensor, dim: number, index: Tensor, value: number): Tensor {
  return rewriteSlices('indexFill_', kernel.indexCopy, x, dim, index, value, (before, axis, at) =>
    indexFill(before, axis, at, value),
  );
}

/**
 * {@link indexAdd} in place: adds into x and answers it.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where something does not fit;
 * GradientError where autograd would be wrong.
 * @example
 * import { indexAdd_, tensor, zeros } from 'quern';
 * indexAdd_(zeros([3]), 0, tensor([1, 1], { dtype: 'int32' }), tensor([4, 5])).toArray(); // => [0, 9, 0]
 */
export function indexAdd_(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  checkTensor('indexAdd_', source);
  return rewriteSlices('indexAdd_', kernel.indexAdd, x, dim, index, source, (before, axis, at, values) =>
    x.kind <= INT32
      ? indexAdd(before, axis, at, values)
      : castTo(indexAdd(before, axis, at, castTo(values, INT32)), x.kind),
  );
}
