// Rows of the op database: diagonals, triangles, grids, and other ways of making tensors.

import * as q from 'quern';
import { at, build, fromFront, type Plain } from '../support/plain.js';
import { noTensors } from './refusals.js';
import { FLOATS, row } from './row.js';

const count = (size: number) => Array.from({ length: size }, (_, i) => i);

/** Matrices with the last dimension on a diagonal of two dimensions. */
function embedded(x: Plain, offset: number, dim1: number, dim2: number): Plain {
  const rank = x.shape.length + 1;
  const [a, b] = [fromFront(dim1, rank), fromFront(dim2, rank)];
  const size = x.shape[rank - 2] + Math.abs(offset);
  const dims = x.shape.slice(0, -1);
  for (const axis of [a, b].sort((i, j) => i - j)) dims.splice(axis, 0, size);
  return build(dims, (place) => {
    if (place[b] - place[a] !== offset) return 0;
    const others = place.filter((_, i) => i !== a && i !== b);
    return at(x, [...others, Math.min(place[a], place[b])]);
  });
}

const halved =
  (keep: (row: number, column: number, diagonal: number) => boolean) =>
  ([x]: readonly Plain[], { diagonal = 0 }: q.TriangleOptions = {}) =>
    build(x.shape, (place) => {
      const [i, j] = place.slice(-2);
      return keep(i, j, diagonal) ? at(x, place) : 0;
    });

const triangle = (
  fn: (x: q.Tensor, options?: q.TriangleOptions) => q.Tensor,
  keep: (row: number, column: number, diagonal: number) => boolean,
) =>
  row<[options?: q.TriangleOptions]>({
    family: 'Parts',
    fn,
    samples: [
      { inputs: [[3, 4]] },
      { inputs: [[4, 3]], args: [{ diagonal: 1 }] },
      { inputs: [[2, 3, 3]], args: [{ diagonal: -1 }] },
      { inputs: [[2, 2]], args: [{ diagonal: -9e9 }] },
      { inputs: [[2, 2]], args: [{ diagonal: 9e9 }] },
      { inputs: [[0, 3]] },
    ],
    large: { inputs: [[130, 515]], args: [{ diagonal: 100 }] },
    reference: halved(keep),
    precision: 'exact',
    gradient: 2,
    errors: [
      { name: 'a vector', act: () => fn(q.ones([2])), error: q.ShapeError },
      { name: 'a fraction', act: () => fn(q.ones([2, 2]), { diagonal: 0.5 }), error: q.ArgumentError },
    ],
  });

const triangleIndices = (
  fn: (row: number, col: number, options?: q.TriangleIndicesOptions) => q.Tensor,
  keep: (row: number, column: number, offset: number) => boolean,
) =>
  row<[number, number, q.TriangleIndicesOptions?]>({
    family: 'Creation',
    fn,
    samples: [
      { inputs: [], args: [3, 4] },
      { inputs: [], args: [4, 3, { offset: 1 }] },
      { inputs: [], args: [3, 3, { offset: -2 }] },
      { inputs: [], args: [2, 2, { offset: 9 }] },
      { inputs: [], args: [0, 3] },
    ],
    reference: (_inputs, rows, columns, { offset = 0 } = {}) => {
      const found = count(rows).flatMap((i) =>
        count(columns).flatMap((j) => (keep(i, j, offset) ? [[i, j]] : [])),
      );
      return { shape: [2, found.length], data: [...found.map(([i]) => i), ...found.map(([, j]) => j)] };
    },
    result: () => 'int32',
    precision: 'exact',
    errors: [
      { name: 'a negative size', act: () => fn(-1, 2), error: q.ShapeError },
      { name: 'a fraction', act: () => fn(2, 2, { offset: 0.5 }), error: q.ArgumentError },
    ],
  });

const lower = (i: number, j: number, diagonal: number): boolean => j - i <= diagonal;
const upper = (i: number, j: number, diagonal: number): boolean => j - i >= diagonal;

export const diagonalRows = {
  diag: row<[options?: q.DiagOptions]>({
    family: 'Parts',
    fn: q.diag,
    samples: [
      { inputs: [[3]] },
      { inputs: [[3]], args: [{ diagonal: 2 }] },
      { inputs: [[2]], args: [{ diagonal: -1 }] },
      { inputs: [[3, 4]] },
      { inputs: [[3, 4]], args: [{ diagonal: 1 }] },
      { inputs: [[3, 4]], args: [{ diagonal: -2 }] },
      { inputs: [[3, 4]], args: [{ diagonal: 7 }] },
      { inputs: [[0]] },
      { inputs: [[0, 2]] },
    ],
    reference: ([x], { diagonal = 0 } = {}) => {
      if (x.shape.length === 1) return embedded(x, diagonal, 0, 1);
      const places = count(Math.max(...x.shape))
        .map((i) => [i - Math.min(0, diagonal), i + Math.max(0, diagonal)])
        .filter(([i, j]) => i < x.shape[0] && j < x.shape[1]);
      return { shape: [places.length], data: places.map((place) => at(x, place)) };
    },
    precision: 'exact',
    gradient: 2,
    errors: [
      { name: 'three dimensions', act: () => q.diag(q.ones([2, 2, 2])), error: q.ShapeError },
      { name: 'a scalar', act: () => q.diag(q.ones([])), error: q.ShapeError },
      { name: 'a fraction', act: () => q.diag(q.ones([2]), { diagonal: 0.5 }), error: q.ArgumentError },
    ],
  }),
  diagEmbed: row<[options?: q.DiagEmbedOptions]>({
    family: 'Parts',
    fn: q.diagEmbed,
    samples: [
      { inputs: [[2, 3]] },
      { inputs: [[2, 3]], args: [{ offset: 1 }] },
      { inputs: [[2, 3]], args: [{ offset: -2, dim1: 0, dim2: 2 }] },
      { inputs: [[2, 3]], args: [{ dim1: 2, dim2: 0 }] },
      { inputs: [[2]], args: [{ dim1: 1, dim2: 0, offset: 1 }] },
      { inputs: [[0]] },
    ],
    reference: ([x], { offset = 0, dim1 = -2, dim2 = -1 } = {}) => embedded(x, offset, dim1, dim2),
    precision: 'exact',
    gradient: 2,
    errors: [
      { name: 'a scalar', act: () => q.diagEmbed(q.ones([])), error: q.ShapeError },
      {
        name: 'one dimension twice',
        act: () => q.diagEmbed(q.ones([2]), { dim1: 0, dim2: 0 }),
        error: q.ShapeError,
      },
      { name: 'a dim out of range', act: () => q.diagEmbed(q.ones([2]), { dim1: 2 }), error: q.ShapeError },
    ],
  }),
  tril: triangle(q.tril, lower),
  triu: triangle(q.triu, upper),
  trilIndices: triangleIndices(q.trilIndices, lower),
  triuIndices: triangleIndices(q.triuIndices, upper),
  meshgrid: row<[options?: q.MeshgridOptions]>({
    family: 'Shapes',
    fn: q.meshgrid,
    positional: (operands, args) => [operands, ...args],
    samples: [
      { inputs: [[2], [3]] },
      { inputs: [[2], [3], [2]], args: [{ indexing: 'xy' }] },
      { inputs: [[3]], args: [{ indexing: 'xy' }] },
      { inputs: [[], [2]] },
      { inputs: [[0], [2]] },
    ],
    reference: (inputs, { indexing = 'ij' } = {}) => {
      const flip = indexing === 'xy' && inputs.length > 1;
      const axisOf = (i: number) => (flip && i < 2 ? 1 - i : i);
      const shape = inputs.map((_, axis) => inputs[axisOf(axis)].data.length);
      return inputs.map((x, i) => build(shape, (place) => x.data[place[axisOf(i)]]));
    },
    precision: 'exact',
    gradient: 2,
    errors: [
      { name: 'nothing', act: () => q.meshgrid([]), error: q.ArgumentError },
      { name: 'a matrix', act: () => q.meshgrid([q.ones([2, 2])]), error: q.ShapeError },
      {
        name: 'another indexing',
        act: () => q.meshgrid([q.ones([2])], { indexing: 'ji' as never }),
        error: q.ArgumentError,
      },
    ],
  }),
  logspace: row<[start: number, end: number, steps: number]>({
    family: 'Creation',
    fn: q.logspace,
    samples: [
      { inputs: [], args: [0, 2, 3] },
      { inputs: [], args: [-1, 1, 8] },
      { inputs: [], args: [2, 5, 1] },
      { inputs: [], args: [0, 1, 0] },
    ],
    reference: (_inputs, start, end, steps) => ({
      shape: [steps],
      data: count(steps).map((i) => 10 ** (steps === 1 ? start : start + ((end - start) * i) / (steps - 1))),
    }),
    dtypes: FLOATS,
    dtypeOption: true,
    errors: [{ name: 'a fraction of steps', act: () => q.logspace(0, 1, 1.5), error: q.ArgumentError }],
  }),
  emptyLike: row({
    family: 'Creation',
    fn: q.emptyLike,
    samples: [{ inputs: [[2, 3]] }, { inputs: [[]] }, { inputs: [[0, 2]] }],
    covered: 'test/ops/creation.test.ts',
    errors: noTensors(q.emptyLike),
  }),
};
