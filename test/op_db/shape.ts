// Rows of the op database: shapes, and parts of tensors.

import * as q from 'quern';
import { at, broadcastAt, build, fromFront, type Plain, sizeOf } from '../support/plain.js';
import { noTensors } from './refusals.js';
import { row, type Spec } from './row.js';

/** The same numbers in another shape, of which one dimension may be -1. */
function reshaped(x: Plain, shape: readonly number[]): Plain {
  const known = sizeOf(shape.filter((dim) => dim !== -1));
  return { shape: shape.map((dim) => (dim === -1 ? x.data.length / known : dim)), data: x.data };
}

/** Dimension i of the result is dimension `axes[i]` of x. */
function permuted(x: Plain, axes: readonly number[]): Plain {
  const place = new Array<number>(axes.length);
  return build(
    axes.map((axis) => x.shape[axis]),
    (index) => {
      axes.forEach((axis, i) => {
        place[axis] = index[i];
      });
      return at(x, place);
    },
  );
}

function exchanged(x: Plain, dim0: number, dim1: number): Plain {
  const axes = x.shape.map((_, axis) => axis);
  const [a, b] = [dim0, dim1].map((dim) => fromFront(dim, axes.length));
  [axes[a], axes[b]] = [axes[b], axes[a]];
  return permuted(x, axes);
}

/** Every `step`-th of a dimension's indices from `start` up to `end`. */
function taken(x: Plain, dim: number, start: number, end: number, step = 1): Plain {
  const axis = fromFront(dim, x.shape.length);
  const shape = x.shape.map((size, i) => (i === axis ? Math.max(0, Math.ceil((end - start) / step)) : size));
  return build(shape, (index) =>
    at(
      x,
      index.map((i, j) => (j === axis ? start + i * step : i)),
    ),
  );
}

/** A shape op: it moves values, and gradients with them. */
function moving<Args extends readonly unknown[]>(spec: Omit<Spec<Args>, 'family'> & Partial<Spec<Args>>) {
  return row<Args>({ family: 'Shapes', precision: 'exact', gradient: 2, view: true, ...spec });
}

const expandTo = (x: Plain, shape: readonly number[]): Plain => {
  const lead = shape.length - x.shape.length;
  return build(
    shape.map((dim, axis) => (dim === -1 ? x.shape[axis - lead] : dim)),
    (index) => broadcastAt(x, index),
  );
};

const expansion = (fn: (x: q.Tensor, shape: readonly number[]) => q.Tensor) =>
  moving<[shape: readonly number[]]>({
    fn,
    samples: [
      { inputs: [[3, 1]], args: [[3, 4]] },
      { inputs: [[]], args: [[2, 2]] },
      { inputs: [[1, 2, 1]], args: [[4, 3, 2, 5]] },
      { inputs: [[2, 1]], args: [[-1, 0]] },
    ],
    reference: ([x], shape) => expandTo(x, shape),
    errors: [
      { name: 'a dimension that is not 1', act: () => fn(q.ones([2]), [3]), error: q.ShapeError },
      { name: 'fewer dimensions', act: () => fn(q.ones([2, 3]), [3]), error: q.ShapeError },
      { name: 'a shape that is none', act: () => fn(q.ones([2]), 3 as never), error: q.ArgumentError },
    ],
  });

const copies = (fn: (x: q.Tensor) => q.Tensor, view: boolean, gradient: 0 | 2) =>
  moving<[]>({
    fn,
    samples: [{ inputs: [[]] }, { inputs: [[2, 3]] }, { inputs: [[0, 2]] }],
    reference: ([x]) => x,
    view,
    gradient,
    errors: noTensors(fn),
  });

export const shapeRows = {
  reshape: moving<[shape: readonly number[]]>({
    fn: q.reshape,
    samples: [
      { inputs: [[2, 6]], args: [[3, 4]] },
      { inputs: [[2, 3, 4]], args: [[-1, 4]] },
      { inputs: [[2, 3, 4]], args: [[2, 1, 12]] },
      { inputs: [[]], args: [[1, 1]] },
      { inputs: [[1]], args: [[]] },
      { inputs: [[0, 3]], args: [[3, 0]] },
    ],
    reference: ([x], shape) => reshaped(x, shape),
    errors: [
      { name: 'another number of elements', act: () => q.reshape(q.ones([4]), [3]), error: q.ShapeError },
      { name: 'two unknown dimensions', act: () => q.reshape(q.ones([4]), [-1, -1]), error: q.ShapeError },
      { name: 'a remainder', act: () => q.reshape(q.ones([4]), [3, -1]), error: q.ShapeError },
      {
        name: 'an unknown dimension of nothing',
        act: () => q.reshape(q.ones([0]), [0, -1]),
        error: q.ShapeError,
      },
      { name: 'a shape that is none', act: () => q.reshape(q.ones([4]), 4 as never), error: q.ArgumentError },
    ],
  }),
  view: moving<[shape: readonly number[]]>({
    fn: q.view,
    // Shapes that every arrangement has a view of.
    samples: [
      { inputs: [[2, 3]], args: [[2, 1, 3]] },
      { inputs: [[4]], args: [[2, -1]] },
      { inputs: [[]], args: [[1]] },
      { inputs: [[0, 3]], args: [[3, 0]] },
    ],
    reference: ([x], shape) => reshaped(x, shape),
    errors: [
      {
        name: 'a layout without such a view',
        act: () => q.view(q.ones([2, 3]).t(), [6]),
        error: q.ShapeError,
      },
      { name: 'another number of elements', act: () => q.view(q.ones([4]), [3]), error: q.ShapeError },
    ],
  }),
  flatten: moving<[options?: { startDim?: number; endDim?: number }]>({
    fn: q.flatten,
    samples: [
      { inputs: [[2, 3, 4]] },
      { inputs: [[2, 3, 4]], args: [{ startDim: 1 }] },
      { inputs: [[2, 3, 4]], args: [{ startDim: 0, endDim: -2 }] },
      { inputs: [[]] },
    ],
    reference: ([x], { startDim = 0, endDim = -1 } = {}) => {
      const [start, end] = [startDim, endDim].map((dim) => fromFront(dim, x.shape.length));
      return reshaped(x, [
        ...x.shape.slice(0, start),
        sizeOf(x.shape.slice(start, end + 1)),
        ...x.shape.slice(end + 1),
      ]);
    },
    errors: [
      {
        name: 'a start after the end',
        act: () => q.flatten(q.ones([2, 3]), { startDim: 1, endDim: 0 }),
        error: q.ShapeError,
      },
      {
        name: 'a dim out of range',
        act: () => q.flatten(q.ones([2, 3]), { startDim: 2 }),
        error: q.ShapeError,
      },
    ],
  }),
  unflatten: moving<[dim: number, sizes: readonly number[]]>({
    fn: q.unflatten,
    samples: [
      { inputs: [[2, 12]], args: [1, [3, -1]] },
      { inputs: [[6, 2]], args: [0, [2, 3]] },
    ],
    reference: ([x], dim, sizes) =>
      reshaped(x, [...x.shape.slice(0, dim), ...sizes, ...x.shape.slice(dim + 1)]),
    errors: [
      {
        name: 'sizes that do not fit',
        act: () => q.unflatten(q.ones([2, 12]), 1, [5, 2]),
        error: q.ShapeError,
      },
    ],
  }),
  squeeze: moving<[dim?: number]>({
    fn: q.squeeze,
    samples: [
      { inputs: [[1, 3, 1]] },
      { inputs: [[1, 3, 1]], args: [-1] },
      { inputs: [[2, 3]], args: [0] },
      { inputs: [[]] },
    ],
    reference: ([x], dim) => {
      const axis = dim === undefined ? undefined : fromFront(dim, x.shape.length);
      return {
        shape: x.shape.filter((size, i) => size !== 1 || (axis !== undefined && i !== axis)),
        data: x.data,
      };
    },
    errors: [{ name: 'a dim out of range', act: () => q.squeeze(q.ones([2]), 1), error: q.ShapeError }],
  }),
  unsqueeze: moving<[dim: number]>({
    fn: q.unsqueeze,
    samples: [
      { inputs: [[3, 2]], args: [0] },
      { inputs: [[3, 2]], args: [-1] },
      { inputs: [[3, 2]], args: [1] },
      { inputs: [[]], args: [0] },
    ],
    reference: ([x], dim) => {
      const axis = fromFront(dim, x.shape.length + 1);
      return { shape: [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)], data: x.data };
    },
    errors: [{ name: 'a dim out of range', act: () => q.unsqueeze(q.ones([2]), 2), error: q.ShapeError }],
  }),
  permute: moving<[dims: readonly number[]]>({
    fn: q.permute,
    samples: [
      { inputs: [[2, 3, 4]], args: [[2, 0, 1]] },
      { inputs: [[2, 3]], args: [[-1, 0]] },
      { inputs: [[]], args: [[]] },
      { inputs: [[2, 3, 2, 3]], args: [[3, 1, 0, 2]] },
    ],
    reference: ([x], dims) =>
      permuted(
        x,
        dims.map((dim) => fromFront(dim, x.shape.length)),
      ),
    errors: [
      { name: 'too few dims', act: () => q.permute(q.ones([2, 3]), [0]), error: q.ShapeError },
      { name: 'a dim named twice', act: () => q.permute(q.ones([2, 3]), [0, 0]), error: q.ShapeError },
    ],
  }),
  transpose: moving<[dim0: number, dim1: number]>({
    fn: q.transpose,
    samples: [
      { inputs: [[2, 3]], args: [0, 1] },
      { inputs: [[2, 3, 4]], args: [0, -1] },
      { inputs: [[2, 3, 4]], args: [-1, -2] },
      { inputs: [[2, 3]], args: [1, 1] },
    ],
    reference: ([x], dim0, dim1) => exchanged(x, dim0, dim1),
    errors: [
      { name: 'a dim out of range', act: () => q.transpose(q.ones([2, 3]), 0, 2), error: q.ShapeError },
    ],
  }),
  t: moving<[]>({
    fn: q.t,
    samples: [{ inputs: [[2, 3]] }, { inputs: [[4]] }, { inputs: [[]] }],
    reference: ([x]) => (x.shape.length < 2 ? x : exchanged(x, 0, 1)),
    errors: [{ name: 'three dimensions', act: () => q.t(q.ones([2, 3, 4])), error: q.ShapeError }],
  }),
  movedim: moving<[source: number, destination: number]>({
    fn: q.movedim,
    samples: [
      { inputs: [[2, 3, 4]], args: [0, -1] },
      { inputs: [[2, 3, 4]], args: [2, 0] },
    ],
    reference: ([x], source, destination) => {
      const axes = x.shape.map((_, axis) => axis);
      const [moved] = axes.splice(fromFront(source, axes.length), 1);
      axes.splice(fromFront(destination, axes.length + 1), 0, moved);
      return permuted(x, axes);
    },
    errors: [{ name: 'a dim out of range', act: () => q.movedim(q.ones([2]), 0, 1), error: q.ShapeError }],
  }),
  expand: expansion(q.expand),
  broadcastTo: expansion(q.broadcastTo),
  contiguous: copies(q.contiguous, true, 2),
  clone: copies(q.clone, false, 2),
  detach: copies(q.detach, true, 0),
  narrow: moving<[dim: number, start: number, length: number]>({
    family: 'Parts',
    fn: q.narrow,
    samples: [
      { inputs: [[5, 3]], args: [0, 1, 3] },
      { inputs: [[5, 3]], args: [-1, -2, 1] },
      { inputs: [[5]], args: [0, 5, 0] },
    ],
    reference: ([x], dim, start, length) => {
      const from = start < 0 ? start + x.shape[fromFront(dim, x.shape.length)] : start;
      return taken(x, dim, from, from + length);
    },
    errors: [
      {
        name: 'a part that reaches over the end',
        act: () => q.narrow(q.ones([3]), 0, 2, 2),
        error: q.IndexError,
      },
      { name: 'a negative length', act: () => q.narrow(q.ones([3]), 0, 2, -1), error: q.IndexError },
      { name: 'a scalar', act: () => q.narrow(q.ones([]), 0, 0, 1), error: q.ShapeError },
    ],
  }),
  slice: moving<[dim: number, options?: q.SliceOptions]>({
    family: 'Parts',
    fn: q.slice,
    samples: [
      { inputs: [[7, 2]], args: [0, { start: 1, end: -1, step: 2 }] },
      { inputs: [[3, 7]], args: [1, { step: 3 }] },
      { inputs: [[5]], args: [0, { start: -3, end: 100 }] },
      { inputs: [[5]], args: [0, { start: 4, end: 2 }] },
      { inputs: [[5]], args: [0] },
    ],
    reference: ([x], dim, { start = 0, end, step } = {}) => {
      const size = x.shape[dim];
      const bound = (value: number) => Math.min(size, Math.max(0, value < 0 ? value + size : value));
      return taken(x, dim, bound(start), bound(end ?? size), step);
    },
    errors: [
      { name: 'step 0', act: () => q.slice(q.ones([3]), 0, { step: 0 }), error: q.ArgumentError },
      { name: 'a fraction', act: () => q.slice(q.ones([3]), 0, { start: 0.5 }), error: q.ArgumentError },
      { name: 'a dim out of range', act: () => q.slice(q.ones([3]), 1), error: q.ShapeError },
    ],
  }),
  select: moving<[dim: number, index: number]>({
    family: 'Parts',
    fn: q.select,
    samples: [
      { inputs: [[3, 4]], args: [0, 1] },
      { inputs: [[3, 4]], args: [1, -1] },
      { inputs: [[3]], args: [0, 2] },
    ],
    reference: ([x], dim, index) => {
      const from = index < 0 ? index + x.shape[dim] : index;
      const part = taken(x, dim, from, from + 1);
      return { shape: x.shape.filter((_, axis) => axis !== dim), data: part.data };
    },
    errors: [
      { name: 'an index out of range', act: () => q.select(q.ones([3]), 0, 3), error: q.IndexError },
      { name: 'an index far below', act: () => q.select(q.ones([3]), 0, -4), error: q.IndexError },
    ],
  }),
};
