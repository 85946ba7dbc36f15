// Reading and adding by index tensors in the TypeScript backend.

import { describe, expect, it } from 'vitest';
import { BOOL, FLOAT32, FLOAT64, INT32, UINT8 } from '../../../lib/core/dtype.js';
import { IndexError } from '../../../lib/core/errors.js';
import {
  arrangements,
  at,
  dense,
  empty,
  indicesOf,
  NUMERIC,
  onlyOwnTouched,
  read,
  run,
  samples,
  sizeOf,
  stored,
} from './operands.js';

const KINDS = [FLOAT32, FLOAT64, INT32, UINT8, BOOL];

/** Index values below limit. */
function indices(count: number, limit: number): number[] {
  return samples(UINT8, count, 9).map((value) => value % limit);
}

function replaced(index: readonly number[], axis: number, value: number): number[] {
  return index.map((i, d) => (d === axis ? value : i));
}

/** Row-major index in dims, as a place in a list. */
function place(dims: readonly number[], index: readonly number[]): number {
  return index.reduce((flat, i, d) => flat * dims[d] + i, 0);
}

const SHAPES: [number[], number[]][] = [
  [[5], [7]],
  [
    [4, 6],
    [3, 6],
  ],
  [
    [4, 6],
    [4, 9],
  ],
  [
    [3, 4, 5],
    [3, 2, 5],
  ],
  [
    [40, 50],
    [40, 45],
  ],
  [
    [4, 6],
    [0, 6],
  ],
];

describe('gather and scatterAdd', () => {
  it('follow the index along each axis', () => {
    for (const kind of KINDS) {
      for (const [dims, listDims] of SHAPES) {
        // Outside the axis, the index may be smaller than the tensor.
        const axes = dims
          .map((_, d) => d)
          .filter((axis) => dims.every((dim, d) => d === axis || listDims[d] <= dim));
        for (const axis of axes) {
          const values = samples(kind, sizeOf(dims), 2);
          const chosen = indices(sizeOf(listDims), dims[axis]);
          const sources = arrangements(kind, dims, values);
          const lists = arrangements(INT32, listDims, chosen);
          for (let i = 0; i < 3; i++) {
            const [x, index] = [sources[i], lists[(i + 1) % 3]];
            const out = arrangements(kind, listDims, new Float64Array(sizeOf(listDims)))[(i + 2) % 3];
            run('gather', kind, { 0: axis }, out, x, index);
            const expected = indicesOf(listDims).map((at_) => at(x, replaced(at_, axis, at(index, at_))));
            expect(read(out)).toEqual(expected);
            expect(onlyOwnTouched(out)).toBe(true);
          }
        }
      }
    }
  });

  it('add in row-major order where sources collide', () => {
    for (const kind of NUMERIC) {
      for (const [dims, listDims] of SHAPES.slice(0, 5)) {
        const axis = listDims.findIndex((dim, d) => dim !== dims[d]);
        const chosen = indices(sizeOf(listDims), dims[axis]);
        const added = samples(kind, sizeOf(listDims), 4);
        for (const [i, out] of arrangements(kind, dims, samples(kind, sizeOf(dims), 5)).entries()) {
          const expected = read(out);
          indicesOf(listDims).forEach((index, n) => {
            const to = place(dims, replaced(index, axis, chosen[n]));
            expected[to] = stored(kind, expected[to] + added[n]);
          });
          const index = arrangements(INT32, listDims, chosen)[(i + 1) % 3];
          run('scatterAdd', kind, { 0: axis }, out, index, arrangements(kind, listDims, added)[(i + 2) % 3]);
          expect(read(out)).toEqual(expected);
          expect(onlyOwnTouched(out)).toBe(true);
        }
      }
    }
  });
});

describe('indexSelect and indexAdd', () => {
  it('take and add slices along each axis', () => {
    for (const kind of NUMERIC) {
      for (const dims of [[5], [4, 6], [3, 4, 5], [2, 1, 3, 4], [3, 0]]) {
        for (let axis = 0; axis < dims.length; axis++) {
          if (dims[axis] === 0) continue;
          const chosen = indices(6, dims[axis]);
          const listDims = replaced(dims, axis, 6);
          const sources = arrangements(kind, dims, samples(kind, sizeOf(dims), 1));
          const lists = arrangements(kind, listDims, samples(kind, sizeOf(listDims), 2));
          for (let i = 0; i < 3; i++) {
            for (const index of arrangements(INT32, [6], chosen)) {
              const out = arrangements(kind, listDims, new Float64Array(sizeOf(listDims)))[(i + 1) % 3];
              run('indexSelect', kind, { 0: axis }, out, sources[i], index);
              const selected = indicesOf(listDims).map((at_) =>
                at(sources[i], replaced(at_, axis, chosen[at_[axis]])),
              );
              expect(read(out)).toEqual(selected);
              expect(onlyOwnTouched(out)).toBe(true);

              const sum = arrangements(kind, dims, samples(kind, sizeOf(dims), 3))[(i + 2) % 3];
              const expected = read(sum);
              indicesOf(listDims).forEach((at_) => {
                const to = place(dims, replaced(at_, axis, chosen[at_[axis]]));
                expected[to] = stored(kind, expected[to] + at(lists[i], at_));
              });
              run('indexAdd', kind, { 0: axis }, sum, index, lists[i]);
              expect(read(sum)).toEqual(expected);
              expect(onlyOwnTouched(sum)).toBe(true);
            }
          }
        }
      }
    }
  });
});

describe('indices out of range', () => {
  const x = () => dense(FLOAT32, [2, 5], samples(FLOAT32, 10));

  it('are named, with the dim and its size', () => {
    const index = dense(INT32, [2, 2], [0, 1, 7, 2]);
    const gather = () => run('gather', FLOAT32, { 0: 1 }, empty(FLOAT32, [2, 2]), x(), index);
    expect(gather).toThrow('[gather] index 7 is out of range for dim 1 of size 5');
    expect(gather).toThrow(IndexError);
    const negative = dense(INT32, [1], [-1]);
    expect(() => run('indexSelect', FLOAT32, { 0: 0 }, empty(FLOAT32, [1, 5]), x(), negative)).toThrow(
      '[indexSelect] index -1 is out of range for dim 0 of size 2',
    );
  });

  it('are found before anything is written', () => {
    const out = x();
    const before = read(out);
    const index = dense(INT32, [2, 2], [0, 1, 2, 5]);
    const source = dense(FLOAT32, [2, 2], [1, 1, 1, 1]);
    expect(() => run('scatterAdd', FLOAT32, { 0: 1 }, out, index, source)).toThrow(IndexError);
    const rows = dense(FLOAT32, [2, 5], new Array(10).fill(1));
    expect(() => run('indexAdd', FLOAT32, { 0: 0 }, out, dense(INT32, [2], [0, 2]), rows)).toThrow(
      IndexError,
    );
    expect(read(out)).toEqual(before);
  });
});
