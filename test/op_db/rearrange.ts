// Rows of the op database: repeating, turning round, other names for shapes, stacks and cuts.

import * as q from 'quern';
import { at, broadcastAt, broadcastShape, build, fromFront, type Plain, sizeOf } from '../support/plain.js';
import { noTensors } from './refusals.js';
import { type Input, row, type Spec } from './row.js';

/** Moves values, and gradients with them. */
function moving<Args extends readonly unknown[]>(spec: Omit<Spec<Args>, 'family'> & Partial<Spec<Args>>) {
  return row<Args>({ family: 'Shapes', precision: 'exact', gradient: 2, ...spec });
}

const counts = (data: readonly number[]): Input => ({ shape: [data.length], data, dtype: 'int32' });

const withOnes = (x: Plain, rank: number): Plain => ({
  shape: [...new Array<number>(Math.max(0, rank - x.shape.length)).fill(1), ...x.shape],
  data: x.data,
});

function tiled(x: Plain, times: readonly number[]): Plain {
  const wide = withOnes(x, times.length);
  const all = withOnes({ shape: times, data: [] }, wide.shape.length).shape;
  return build(
    wide.shape.map((dim, i) => dim * all[i]),
    (place) =>
      at(
        wide,
        place.map((i, axis) => i % wide.shape[axis]),
      ),
  );
}

/** The elements at places[i] along an axis. */
function picked(x: Plain, axis: number, places: readonly number[]): Plain {
  return build(
    x.shape.map((dim, i) => (i === axis ? places.length : dim)),
    (place) =>
      at(
        x,
        place.map((i, j) => (j === axis ? places[i] : i)),
      ),
  );
}

const flat = (x: Plain): Plain => ({ shape: [x.data.length], data: x.data });
const count = (size: number) => Array.from({ length: size }, (_, i) => i);
const mod = (i: number, size: number) => ((i % size) + size) % size;

function reversed(x: Plain, dims: readonly number[]): Plain {
  if (x.shape.length === 0) return x;
  return dims.reduce((now, dim) => {
    const axis = fromFront(dim, x.shape.length);
    return picked(now, axis, count(x.shape[axis]).reverse());
  }, x);
}

/** Dimensions of one where the shapes of NumPy's atleast functions have them. */
const AT_LEAST = {
  1: (x: Plain): Plain => ({ shape: x.shape.length < 1 ? [1] : x.shape, data: x.data }),
  2: (x: Plain): Plain => ({ shape: x.shape.length < 2 ? [1, x.data.length] : x.shape, data: x.data }),
  3: (x: Plain): Plain => ({
    shape: x.shape.length < 2 ? [1, x.data.length, 1] : x.shape.length === 2 ? [...x.shape, 1] : x.shape,
    data: x.data,
  }),
};

const atLeast = (fn: (x: q.Tensor) => q.Tensor, reference: (x: Plain) => Plain) =>
  moving<[]>({
    fn,
    samples: [{ inputs: [[]] }, { inputs: [[3]] }, { inputs: [[2, 3]] }, { inputs: [[2, 0, 2]] }],
    reference: ([x]) => reference(x),
    view: true,
    errors: [{ name: 'a number', act: () => fn(3 as never), error: q.ArgumentError }],
  });

/** Values of an int32 operand's shape: shapes alone matter there. */
const like = (shape: readonly number[]): Input => ({
  shape,
  dtype: 'int32',
  data: new Array<number>(sizeOf(shape)).fill(0),
});

const asAnother = (fn: (x: q.Tensor, other: q.Tensor) => q.Tensor, from: number[], to: number[]) =>
  moving<[]>({
    fn,
    samples: [
      { inputs: [from, like(to)] },
      { inputs: [[], like([1, 1])] },
      { inputs: [[2, 0], like([2, 0])] },
    ],
    reference: ([x, other]) => build(other.shape, (place) => broadcastAt(x, place)),
    view: true,
    errors: [
      { name: 'another number of elements', act: () => fn(q.ones([4]), q.ones([3])), error: q.ShapeError },
    ],
  });

function joined(parts: readonly Plain[], axis: number): Plain {
  const sizes = parts.map((part) => part.shape[axis]);
  const owner = sizes.flatMap((size, part) => count(size).map((i) => [part, i] as const));
  return build(
    parts[0].shape.map((dim, i) => (i === axis ? owner.length : dim)),
    (place) => {
      const [part, i] = owner[place[axis]];
      return at(
        parts[part],
        place.map((old, j) => (j === axis ? i : old)),
      );
    },
  );
}

const stacking = (
  fn: (tensors: readonly q.Tensor[]) => q.Tensor,
  least: (x: Plain) => Plain,
  axisOf: (rank: number) => number,
  matrices: readonly (readonly number[])[],
) =>
  row<[]>({
    family: 'Joining and splitting',
    fn,
    positional: (operands) => [operands],
    samples: [{ inputs: [[3], [3]] }, { inputs: [[], []] }, { inputs: matrices }, { inputs: [[0], [0]] }],
    reference: (parts) => {
      const wide = parts.map(least);
      return joined(wide, axisOf(wide[0].shape.length));
    },
    precision: 'exact',
    gradient: 2,
    errors: [
      { name: 'nothing', act: () => fn([]), error: q.ArgumentError },
      {
        name: 'shapes that do not fit',
        act: () => fn([q.ones([2, 3, 1]), q.ones([3, 2, 1])]),
        error: q.ShapeError,
      },
    ],
  });

type Turn = number | readonly number[];

export const rearrangeRows = {
  repeat: moving<[sizes: readonly number[]]>({
    fn: q.repeat,
    samples: [
      { inputs: [[2, 3]], args: [[2, 2]] },
      { inputs: [[3]], args: [[2, 1, 3]] },
      { inputs: [[2, 1]], args: [[1, 3]] },
      { inputs: [[2, 3]], args: [[1, 1]] },
      { inputs: [[2, 3]], args: [[0, 1]] },
      { inputs: [[]], args: [[2]] },
      { inputs: [[0, 2]], args: [[2, 2]] },
    ],
    large: { inputs: [[130, 65]], args: [[2, 8]] },
    reference: ([x], sizes) => tiled(x, sizes),
    errors: [
      { name: 'too few sizes', act: () => q.repeat(q.ones([2, 3]), [2]), error: q.ShapeError },
      { name: 'a negative size', act: () => q.repeat(q.ones([2]), [-1]), error: q.ShapeError },
    ],
  }),
  tile: moving<[dims: readonly number[]]>({
    fn: q.tile,
    samples: [
      { inputs: [[2, 3]], args: [[2]] },
      { inputs: [[2, 3]], args: [[2, 1, 2]] },
      { inputs: [[2]], args: [[]] },
      { inputs: [[]], args: [[]] },
      { inputs: [[0, 2]], args: [[3]] },
    ],
    reference: ([x], dims) => tiled(x, dims),
    errors: [{ name: 'a fraction', act: () => q.tile(q.ones([2]), [0.5]), error: q.ShapeError }],
  }),
  repeatInterleave: moving<[dim?: number]>({
    fn: q.repeatInterleave,
    samples: [
      { inputs: [[2, 3], 2] },
      { inputs: [[2, 3], 3], args: [-1] },
      { inputs: [[2, 3], 1], args: [0] },
      { inputs: [[2, 3], 0], args: [0] },
      { inputs: [[3, 2], counts([2, 0, 3])], args: [0] },
      { inputs: [[3, 2], counts([2])], args: [1] },
      { inputs: [[], 2] },
      { inputs: [[0, 2], 2], args: [1] },
    ],
    reference: ([x, repeats], dim) => {
      const base = dim === undefined ? flat(x) : x;
      const axis = fromFront(dim ?? 0, base.shape.length);
      const times = repeats.data.length === 1 ? () => repeats.data[0] : (i: number) => repeats.data[i];
      return picked(
        base,
        axis,
        count(base.shape[axis]).flatMap((i) => new Array<number>(times(i)).fill(i)),
      );
    },
    errors: [
      { name: 'a negative count', act: () => q.repeatInterleave(q.ones([2]), -1), error: q.ArgumentError },
      {
        name: 'a negative count in a tensor',
        act: () => q.repeatInterleave(q.ones([2]), q.tensor([1, -1], { dtype: 'int32' })),
        error: q.ArgumentError,
      },
      {
        name: 'counts for other elements',
        act: () => q.repeatInterleave(q.ones([3]), q.ones([2], { dtype: 'int32' })),
        error: q.ShapeError,
      },
      {
        name: 'floating counts',
        act: () => q.repeatInterleave(q.ones([2]), q.ones([2])),
        error: q.DTypeError,
      },
    ],
  }),
  flip: moving<[dims: Turn]>({
    fn: q.flip,
    samples: [
      { inputs: [[2, 3, 4]], args: [[0, -1]] },
      { inputs: [[2, 3, 4]], args: [1] },
      { inputs: [[5]], args: [[0]] },
      { inputs: [[2, 3]], args: [[]] },
      { inputs: [[]], args: [[0]] },
      { inputs: [[2, 0]], args: [[0, 1]] },
    ],
    large: { inputs: [[130, 515]], args: [[0, 1]] },
    reference: ([x], dims) => reversed(x, typeof dims === 'number' ? [dims] : dims),
    errors: [
      { name: 'a dim out of range', act: () => q.flip(q.ones([2]), [1]), error: q.ShapeError },
      { name: 'a dim named twice', act: () => q.flip(q.ones([2, 2]), [0, 0]), error: q.ShapeError },
      { name: 'no dims', act: () => q.flip(q.ones([2]), undefined as never), error: q.ArgumentError },
    ],
  }),
  fliplr: moving<[]>({
    fn: q.fliplr,
    samples: [{ inputs: [[2, 3]] }, { inputs: [[2, 3, 2]] }, { inputs: [[0, 2]] }],
    reference: ([x]) => reversed(x, [1]),
    errors: [{ name: 'a vector', act: () => q.fliplr(q.ones([2])), error: q.ShapeError }],
  }),
  flipud: moving<[]>({
    fn: q.flipud,
    samples: [{ inputs: [[3]] }, { inputs: [[2, 3]] }, { inputs: [[0]] }],
    reference: ([x]) => reversed(x, [0]),
    errors: [{ name: 'a scalar', act: () => q.flipud(q.ones([])), error: q.ShapeError }],
  }),
  roll: moving<[shifts: Turn, dims?: Turn]>({
    fn: q.roll,
    samples: [
      { inputs: [[5]], args: [2] },
      { inputs: [[2, 3]], args: [-1] },
      {
        inputs: [[4, 3]],
        args: [
          [1, -5],
          [0, 1],
        ],
      },
      { inputs: [[4, 3]], args: [8, -2] },
      {
        inputs: [[4]],
        args: [
          [1, 1],
          [0, 0],
        ],
      },
      { inputs: [[]], args: [3] },
      { inputs: [[0, 2]], args: [1, 0] },
    ],
    large: {
      inputs: [[130, 515]],
      args: [
        [7, -9],
        [0, 1],
      ],
    },
    reference: ([x], shifts, dims) => {
      const list = typeof shifts === 'number' ? [shifts] : shifts;
      const turn = (now: Plain, axis: number, shift: number) =>
        picked(
          now,
          axis,
          count(now.shape[axis]).map((i) => mod(i - shift, now.shape[axis])),
        );
      if (dims === undefined) return { shape: x.shape, data: turn(flat(x), 0, list[0]).data };
      const axes = (typeof dims === 'number' ? [dims] : dims).map((dim) => fromFront(dim, x.shape.length));
      return axes.reduce((now, axis, i) => turn(now, axis, list[i]), x);
    },
    errors: [
      { name: 'a fraction', act: () => q.roll(q.ones([2]), 0.5), error: q.ArgumentError },
      { name: 'shifts without dims', act: () => q.roll(q.ones([2]), [1, 2]), error: q.ArgumentError },
      {
        name: 'fewer shifts than dims',
        act: () => q.roll(q.ones([2, 2]), 1, [0, 1]),
        error: q.ArgumentError,
      },
      { name: 'a dim out of range', act: () => q.roll(q.ones([2]), 1, 1), error: q.ShapeError },
    ],
  }),
  rot90: moving<[options?: q.Rot90Options]>({
    fn: q.rot90,
    samples: [
      { inputs: [[2, 3]] },
      { inputs: [[2, 3]], args: [{ k: 2 }] },
      { inputs: [[2, 3, 2]], args: [{ k: -1, dims: [1, 2] }] },
      { inputs: [[2, 3]], args: [{ k: 4 }] },
      { inputs: [[2, 3]], args: [{ dims: [1, 0] }] },
      { inputs: [[0, 2]] },
    ],
    reference: ([x], { k = 1, dims = [0, 1] } = {}) => {
      const [from, to] = dims;
      let now = x;
      for (let turn = 0; turn < mod(k, 4); turn++) {
        const old = now;
        const shape = [...old.shape];
        [shape[from], shape[to]] = [old.shape[to], old.shape[from]];
        now = build(shape, (place) => {
          const source = [...place];
          source[to] = old.shape[to] - 1 - place[from];
          source[from] = place[to];
          return at(old, source);
        });
      }
      return now;
    },
    errors: [
      { name: 'a vector', act: () => q.rot90(q.ones([2])), error: q.ShapeError },
      {
        name: 'one dimension twice',
        act: () => q.rot90(q.ones([2, 2]), { dims: [0, 0] }),
        error: q.ShapeError,
      },
      { name: 'half a turn', act: () => q.rot90(q.ones([2, 2]), { k: 0.5 }), error: q.ArgumentError },
    ],
  }),
  ravel: moving<[]>({
    fn: q.ravel,
    samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 2]] }],
    reference: ([x]) => flat(x),
    view: true,
    errors: noTensors(q.ravel),
  }),
  swapaxes: moving<[axis0: number, axis1: number]>({
    fn: q.swapaxes,
    samples: [
      { inputs: [[2, 3, 4]], args: [0, -1] },
      { inputs: [[0, 2]], args: [0, 1] },
    ],
    reference: ([x], axis0, axis1) => {
      const [a, b] = [axis0, axis1].map((axis) => fromFront(axis, x.shape.length));
      const swap = <T>(list: readonly T[]): T[] =>
        list.map((value, i) => (i === a ? list[b] : i === b ? list[a] : value));
      return build(swap(x.shape), (place) => at(x, swap(place)));
    },
    view: true,
    errors: [{ name: 'a dim out of range', act: () => q.swapaxes(q.ones([2]), 0, 1), error: q.ShapeError }],
  }),
  viewAs: {
    ...asAnother(q.viewAs, [2, 3], [2, 1, 3]),
    reference: ([x, other]: readonly Plain[]) => ({ shape: other.shape, data: x.data }),
  },
  reshapeAs: {
    ...asAnother(q.reshapeAs, [2, 3], [3, 2]),
    reference: ([x, other]: readonly Plain[]) => ({ shape: other.shape, data: x.data }),
  },
  expandAs: asAnother(q.expandAs, [2, 1], [3, 2, 4]),
  broadcastTensors: moving<[]>({
    fn: q.broadcastTensors,
    positional: (operands) => [operands],
    samples: [
      { inputs: [[2, 1], [3], []] },
      { inputs: [[2, 3]] },
      {
        inputs: [
          [2, 1],
          [2, 0],
        ],
      },
    ],
    reference: (inputs) => {
      const shape = broadcastShape(...inputs.map((input) => input.shape));
      return inputs.map((input) => build(shape, (place) => broadcastAt(input, place)));
    },
    errors: [
      {
        name: 'shapes that do not broadcast',
        act: () => q.broadcastTensors([q.ones([2]), q.ones([3])]),
        error: q.ShapeError,
      },
      { name: 'no list', act: () => q.broadcastTensors(q.ones([2]) as never), error: q.ArgumentError },
    ],
  }),
  atLeast1d: atLeast(q.atLeast1d, AT_LEAST[1]),
  atLeast2d: atLeast(q.atLeast2d, AT_LEAST[2]),
  atLeast3d: atLeast(q.atLeast3d, AT_LEAST[3]),
  hstack: stacking(q.hstack, AT_LEAST[1], (rank) => (rank === 1 ? 0 : 1), [
    [2, 1],
    [2, 3],
  ]),
  vstack: stacking(q.vstack, AT_LEAST[2], () => 0, [
    [1, 3],
    [2, 3],
  ]),
  dstack: stacking(q.dstack, AT_LEAST[3], () => 2, [
    [2, 3],
    [2, 3],
  ]),
  tensorSplit: row<[indicesOrSections: Turn, dim?: number]>({
    family: 'Joining and splitting',
    fn: q.tensorSplit,
    samples: [
      { inputs: [[7, 2]], args: [3] },
      { inputs: [[2, 6]], args: [[1, 4], 1] },
      { inputs: [[5]], args: [[3, 1, -1]] },
      { inputs: [[2]], args: [4] },
      { inputs: [[0, 2]], args: [2] },
    ],
    reference: ([x], cuts, dim = 0) => {
      const axis = fromFront(dim, x.shape.length);
      const size = x.shape[axis];
      const bound = (i: number) => Math.min(size, Math.max(0, i < 0 ? i + size : i));
      const ends =
        typeof cuts === 'number'
          ? // The k-th of n parts ends where k parts of at least its length would.
            count(cuts).map((k) => Math.floor(size / cuts) * (k + 1) + Math.min(k + 1, size % cuts))
          : [...cuts.map(bound), size];
      return ends.map((end, i) => {
        const start = i === 0 ? 0 : ends[i - 1];
        return picked(
          x,
          axis,
          count(Math.max(0, end - start)).map((j) => start + j),
        );
      });
    },
    precision: 'exact',
    gradient: 2,
    view: true,
    errors: [
      { name: 'no sections', act: () => q.tensorSplit(q.ones([5]), 0), error: q.ArgumentError },
      { name: 'a fraction', act: () => q.tensorSplit(q.ones([5]), [0.5]), error: q.ArgumentError },
      { name: 'a dim out of range', act: () => q.tensorSplit(q.ones([2]), 2, 1), error: q.ShapeError },
    ],
  }),
};
