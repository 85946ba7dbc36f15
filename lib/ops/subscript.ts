// x[…]: reading and writing by numbers, slices, masks and index tensors together, as PyTorch does.

import { INT32 } from '../core/dtype.js';
import { DTypeError, ShapeError, showShape } from '../core/errors.js';
import { broadcastLayouts, denseLayout, type Layout, sameDims } from '../core/layout.js';
import { checkOptions, NO_OPTIONS } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor, type Operand, scalarTensor } from './apply.js';
import { add, mul } from './binary.js';
import { composed } from './composed.js';
import { flatIndex } from './flatIndex.js';
import { indexSelect } from './gather.js';
import { expandTo, permute, reshape, reshaped, unsqueeze } from './shape.js';
import { select, slice } from './slice.js';
import { type IndexPart, type Part, partsOf } from './subscriptSpec.js';
import { PUT_OPTIONS, type PutOptions, putAt, rewriteAt } from './take.js';

/** A dimension that an index tensor addresses. */
interface Addressed {
  readonly axis: number;
  readonly index: Tensor;
}

/** The view that numbers, slices and new dimensions make, and the index tensors that are left. */
function viewed(x: Tensor, parts: readonly Part[]): { view: Tensor; lists: Addressed[] } {
  let view = x;
  let axis = 0;
  const lists: Addressed[] = [];
  for (const part of parts) {
    if (part.is === 'number') {
      view = select(view, axis, part.at);
      continue;
    }
    if (part.is === 'new') view = unsqueeze(view, axis);
    else if (part.is === 'list') lists.push({ axis, index: part.index });
    else if (part.slice !== null) view = slice(view, axis, part.slice);
    axis++;
  }
  return { view, lists };
}

/** Whether index tensors address dimensions side by side: then theirs stand in that place, else in front. */
function sideBySide(lists: readonly Addressed[]): boolean {
  return lists.every(({ axis }, i) => i === 0 || axis === lists[i - 1].axis + 1);
}

/** Index tensors alone, for some dimensions of x. */
function picked(op: string, x: Tensor, lists: readonly Addressed[]): Tensor {
  if (!sideBySide(lists)) {
    const axes = lists.map(({ axis }) => axis);
    const others = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
    const turned = permute(x, [...axes, ...others]);
    return picked(
      op,
      turned,
      lists.map(({ index }, axis) => ({ axis, index })),
    );
  }
  const first = lists[0].axis;
  const end = first + lists.length;
  const sizes = x.shape.slice(first, end);
  const at = flatIndex(
    op,
    lists.map(({ index }) => index),
    sizes,
    lists.map(({ axis }) => axis),
  );
  const before = x.shape.slice(0, first);
  const after = x.shape.slice(end);
  const places = sizes.reduce((product, dim) => product * dim, 1);
  const rows = indexSelect(reshape(x, [...before, places, ...after]), first, reshape(at, [at.size]));
  return reshape(rows, [...before, ...at.shape, ...after]);
}

/**
 * Part of a tensor, as PyTorch's `x[…]`: an array with a part for each dimension.
 *
 * - A number picks one index and drops the dimension; negative ones count from the end.
 * - `':'`, `'1:'`, `':-1'`, `'::2'`, or `{ start, end, step }`, takes a slice; steps are whole numbers from 1.
 * - `null` makes a new dimension of one; `'...'` stands for all dimensions that no part names.
 * - An int32 tensor, or an array of numbers, takes its indices in its shape; several broadcast together. Their
 *   dimensions stand where those they address stood, or in front where these do not lie side by side.
 * - A bool tensor takes the elements where it is true, in place of as many dimensions as it has.
 *
 * Without tensors and arrays the result is a view, else a copy. Dimensions without a part are taken whole.
 *
 * @throws IndexError where an index is out of range or there are too many; ArgumentError for what is no index;
 * ShapeError for tensors that do not broadcast and masks that do not fit; DTypeError for floating index tensors.
 * @example
 * import { arange, index } from 'quern';
 * const x = arange(12).reshape([3, 4]);
 * index(x, [0]).toArray(); // => [0, 1, 2, 3]
 * index(x, ['1:', -1]).toArray(); // => [7, 11]
 * index(x, ['...', '::2']).toArray(); // => [[0, 2], [4, 6], [8, 10]]
 * index(x, [[2, 0], [1, 3]]).toArray(); // => [9, 3]
 * index(x, [x.gt(9)]).toArray(); // => [10, 11]
 */
export function index(x: Tensor, indices: readonly IndexPart[]): Tensor {
  checkTensor('index', x);
  const { view, lists } = viewed(x, partsOf('index', x, indices));
  if (lists.length > 0) return picked('index', view, lists);
  return view === x ? reshaped('index', x, x.layout) : view;
}

/** The numbers from 0 on, `step` apart, along one of so many dimensions. */
function ramp(size: number, step: number, axis: number, rank: number): Tensor {
  const out = makeTensor(denseLayout(new Array<number>(rank).fill(1).with(axis, size)), INT32);
  const values = out.slab.view(INT32);
  for (let i = 0; i < size; i++) values[out.offset + i] = i * step;
  return out;
}

/** Where in the row-major order of x the elements lie that an index picks, in the shape of the result. */
function placesIn(op: string, x: Tensor, indices: readonly IndexPart[]): Tensor {
  if (x.size > 2 ** 31 - 1)
    throw new ShapeError(op, `at most 2^31 − 1 elements are addressed; here ${x.size}`, [x.shape]);
  // A dense tensor's dimensions, of which nothing is read: its view says where what lies.
  const dense = reshaped(op, x.detach(), x.layout.dense);
  const { view, lists } = viewed(dense, partsOf(op, x, indices));
  const axes = lists.map(({ axis }) => axis);
  const common = lists.reduce<Layout>(
    (all, list) => broadcastLayouts(op, all, list.index.layout),
    denseLayout([]),
  );
  const others = view.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const front = sideBySide(lists) && lists.length > 0 ? axes[0] : 0;
  const rank = others.length + common.rank;
  const start = view.size === 0 ? 0 : view.offset - dense.offset;
  let places = scalarTensor(start, INT32);
  others.forEach((from, i) => {
    const to = i < front ? i : i + common.rank;
    places = add(places, ramp(view.shape[from], view.strides[from], to, rank));
  });
  const back = new Array<number>(rank - front - common.rank).fill(1);
  for (const { axis, index: list } of lists) {
    const at = flatIndex(op, [list], [view.shape[axis]], [axis]);
    const along = reshape(mul(at, view.strides[axis]), [...at.shape, ...back]);
    places = add(places, along);
  }
  return places;
}

/** The values to be put, broadcast to the places and flat. */
function valuesFor(op: string, x: Tensor, values: Operand, places: Tensor): Tensor {
  const source = typeof values === 'number' ? scalarTensor(values, x.kind, op) : values;
  checkTensor(op, source);
  if (source.kind !== x.kind) {
    throw new DTypeError(
      op,
      `the values are ${source.dtype} and the tensor ${x.dtype}; cast one of them with to()`,
      [x.dtype, source.dtype],
    );
  }
  if (!sameDims(broadcastLayouts(op, places.layout, source.layout), places.layout)) {
    throw new ShapeError(
      op,
      `values of shape ${showShape(source.shape)} do not broadcast to the ${showShape(places.shape)} that is indexed`,
      [places.shape, source.shape],
    );
  }
  return reshape(expandTo(source, places.layout.dense), [places.size]);
}

/**
 * x with `values`, a tensor that broadcasts or a number, at what {@link index} would take. Of several values for one
 * place the last stays; with `accumulate` they are added to what was there.
 *
 * @throws IndexError, ArgumentError, ShapeError, DTypeError as {@link index}, and for values that do not fit.
 * @example
 * import { indexPut, zeros } from 'quern';
 * indexPut(zeros([2, 3]), [':', [0, 2]], 7).toArray(); // => [[7, 0, 7], [7, 0, 7]]
 * indexPut(zeros([3]), [[1, 1]], 2, { accumulate: true }).toArray(); // => [0, 4, 0]
 */
export function indexPut(
  x: Tensor,
  indices: readonly IndexPart[],
  values: Operand,
  options: PutOptions = NO_OPTIONS,
): Tensor {
  checkTensor('indexPut', x);
  checkOptions('indexPut', options, PUT_OPTIONS);
  const places = composed(() => placesIn('indexPut', x, indices));
  const source = valuesFor('indexPut', x, values, places);
  return putAt(x, reshape(places, [places.size]), source, options.accumulate ?? false);
}

/**
 * {@link indexPut} in place: writes into x and answers it, as PyTorch's `x[…] = values`.
 *
 * @throws IndexError, ArgumentError, ShapeError, DTypeError as {@link index}, and for values that do not fit;
 * GradientError where autograd would be wrong.
 * @example
 * import { indexPut_, tensor, zeros } from 'quern';
 * const x = zeros([2, 2]);
 * indexPut_(x, [0], tensor([1, 2]));
 * indexPut_(x, ['...', 1], 9);
 * x.toArray(); // => [[1, 9], [0, 9]]
 */
export function indexPut_(
  x: Tensor,
  indices: readonly IndexPart[],
  values: Operand,
  options: PutOptions = NO_OPTIONS,
): Tensor {
  checkTensor('indexPut_', x);
  checkOptions('indexPut_', options, PUT_OPTIONS);
  const places = composed(() => placesIn('indexPut_', x, indices));
  const source = valuesFor('indexPut_', x, values, places);
  return rewriteAt('indexPut_', x, reshape(places, [places.size]), source, options.accumulate ?? false);
}
