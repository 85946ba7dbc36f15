// Reading and adding by index tensors.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { INT32, isFloatKind, UINT8 } from '../core/dtype.js';
import { DTypeError, ShapeError, showShape } from '../core/errors.js';
import { B, type Node, type Rule, record2, record3 } from '../core/graph.js';
import { checkAxis, denseLayout } from '../core/layout.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { castTo, checkTensor, copyOf, rule } from './apply.js';
import { zerosOf } from './create.js';
import { reshape } from './shape.js';

/** The rule of what picks values of operand a along the saved axis, by the indices that are operand b. @internal */
export function pickRule(name: string): Rule {
  return rule(name, { a: [B, (n, g) => spread(SPREAD, kernel.scatterAdd, n, g)] });
}

const GATHER = pickRule('gather');
const SPREAD = rule('scatterAdd', { a: [B, (n, h) => gather(h, n.saved as number, n.b as Tensor)] });
const SCATTER_ADD = rule('scatterAdd', {
  a: [0, (_n, g) => g],
  c: [B, (n, g) => gather(g, n.saved as number, n.b as Tensor)],
});
const INDEX_SELECT = rule('indexSelect', {
  a: [B, (n, g) => spread(SPREAD_SLICES, kernel.indexAdd, n, g)],
});
const SPREAD_SLICES = rule('indexAdd', {
  a: [B, (n, h) => indexSelect(h, n.saved as number, n.b as Tensor)],
});
const INDEX_ADD = rule('indexAdd', {
  a: [0, (_n, g) => g],
  c: [B, (n, g) => indexSelect(g, n.saved as number, n.b as Tensor)],
});

/** What flows back to a tensor that a node picked from: the gradient of each value where it lay, zeros elsewhere. */
function spread(rule: Rule, add: number, node: Node, g: Tensor): Tensor {
  const [from, at] = [node.a as Tensor, node.b as Tensor];
  const out = zerosOf(from.layout.dense, from.kind);
  attributes[0] = node.saved as number;
  active.run3(add, out.kind, out, at, g);
  record2(rule, out, g, at, node.saved);
  return out;
}

/**
 * An index tensor as int32, in memory that no other thread writes to: kernels look at all indices before they follow
 * any, and must find them unchanged. @internal
 */
export function checkIndex(op: string, index: Tensor): Tensor {
  checkTensor(op, index);
  if (index.kind !== INT32 && index.kind !== UINT8) {
    throw new DTypeError(op, `an index tensor is int32; got ${index.dtype}: cast it with to('int32')`, [
      index.dtype,
    ]);
  }
  const at = castTo(index, INT32);
  return at.slab.buffer instanceof SharedArrayBuffer ? copyOf(at) : at;
}

/** @internal */
export function checkSameRank(op: string, x: Tensor, index: Tensor, axis: number): void {
  const fits = x.ndim === index.ndim && x.shape.every((dim, i) => i === axis || index.shape[i] <= dim);
  if (!fits) {
    throw new ShapeError(
      op,
      `index ${showShape(index.shape)} must have as many dimensions as the tensor ${showShape(x.shape)}, none larger but dim ${axis}`,
      [x.shape, index.shape],
    );
  }
}

/**
 * Values along `dim` by index: out[i][j] = x[index[i][j]][j] for dim 0. Of the shape of `index`.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where it does not fit.
 * @example
 * import { gather, tensor } from 'quern';
 * const columns = tensor([[1], [0]], { dtype: 'int32' });
 * gather(tensor([[1, 2], [3, 4]]), 1, columns).toArray(); // => [[2], [3]]
 */
export function gather(x: Tensor, dim: number, index: Tensor): Tensor {
  checkTensor('gather', x);
  const axis = checkAxis('gather', dim, x.ndim);
  const at = checkIndex('gather', index);
  checkSameRank('gather', x, at, axis);
  if (x.ndim === 0) return reshape(gather(reshape(x, [1]), 0, reshape(at, [1])), []);
  const out = makeTensor(at.layout.dense, x.kind);
  attributes[0] = axis;
  active.run3(kernel.gather, x.kind, out, x, at);
  record2(GATHER, out, x, at, axis);
  return out;
}

/** x in the dtype that sums are kept in. */
function summable(x: Tensor): Tensor {
  return isFloatKind(x.kind) ? x : castTo(x, INT32);
}

/**
 * x with the values of `source` added along `dim` by index: out[index[i][j]][j] += source[i][j] for dim 0. Values
 * that meet in one place are added in row-major order.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where something does not fit.
 * @example
 * import { scatterAdd, tensor, zeros } from 'quern';
 * scatterAdd(zeros([2]), 0, tensor([1, 1, 0], { dtype: 'int32' }), tensor([1, 2, 3])).toArray(); // => [3, 3]
 */
export function scatterAdd(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  checkTensor('scatterAdd', x);
  checkTensor('scatterAdd', source);
  const axis = checkAxis('scatterAdd', dim, x.ndim);
  const at = checkIndex('scatterAdd', index);
  const base = summable(x);
  checkSource('scatterAdd', base, source, at.shape);
  checkSameRank('scatterAdd', x, at, axis);
  const out = copyOf(base);
  attributes[0] = axis;
  active.run3(kernel.scatterAdd, out.kind, out, at, source);
  record3(SCATTER_ADD, out, base, at, source, axis);
  return out;
}

/** @internal */
export function checkSource(op: string, x: Tensor, source: Tensor, dims: readonly number[]): void {
  if (source.kind !== x.kind) {
    throw new DTypeError(
      op,
      `the source is ${source.dtype} and the tensor ${x.dtype}; cast one of them with to()`,
      [x.dtype, source.dtype],
    );
  }
  if (source.ndim !== dims.length || source.shape.some((dim, i) => dim !== dims[i])) {
    throw new ShapeError(
      op,
      `the source has shape ${showShape(source.shape)} where ${showShape(dims)} is needed`,
      [source.shape, dims],
    );
  }
}

/** An index tensor of one dimension. @internal */
export function checkIndexList(op: string, index: Tensor): Tensor {
  const at = checkIndex(op, index);
  if (at.ndim > 1)
    throw new ShapeError(op, `the index has one dimension; got shape ${showShape(at.shape)}`, [at.shape]);
  return at.ndim === 0 ? reshape(at, [1]) : at;
}

/**
 * The slices of x along `dim` that a list of indices names, in its order.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where it does not fit.
 * @example
 * import { indexSelect, tensor } from 'quern';
 * indexSelect(tensor([[1, 2], [3, 4]]), 0, tensor([1, 1], { dtype: 'int32' })).toArray(); // => [[3, 4], [3, 4]]
 */
export function indexSelect(x: Tensor, dim: number, index: Tensor): Tensor {
  checkTensor('indexSelect', x);
  const axis = checkAxis('indexSelect', dim, x.ndim);
  const at = checkIndexList('indexSelect', index);
  if (x.ndim === 0) return reshape(indexSelect(reshape(x, [1]), 0, at), []);
  const dims = x.shape.slice();
  dims[axis] = at.size;
  const out = makeTensor(denseLayout(dims), x.kind);
  attributes[0] = axis;
  active.run3(kernel.indexSelect, x.kind, out, x, at);
  record2(INDEX_SELECT, out, x, at, axis);
  return out;
}

/**
 * x with the slices of `source` added along `dim` to those that a list of indices names.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError where something does not fit.
 * @example
 * import { indexAdd, tensor, zeros } from 'quern';
 * indexAdd(zeros([3]), 0, tensor([2, 2], { dtype: 'int32' }), tensor([1, 5])).toArray(); // => [0, 0, 6]
 */
export function indexAdd(x: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
  checkTensor('indexAdd', x);
  checkTensor('indexAdd', source);
  const axis = checkAxis('indexAdd', dim, x.ndim);
  const at = checkIndexList('indexAdd', index);
  const base = summable(x);
  const dims = x.shape.slice();
  dims[axis] = at.size;
  checkSource('indexAdd', base, source, dims);
  const out = copyOf(base);
  attributes[0] = axis;
  active.run3(kernel.indexAdd, out.kind, out, at, source);
  record3(INDEX_ADD, out, base, at, source, axis);
  return out;
}
