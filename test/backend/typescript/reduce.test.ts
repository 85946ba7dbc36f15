// Reductions of the TypeScript backend over every choice of dimensions.

import { describe, expect, it } from 'vitest';
import type { KernelName } from '../../../lib/backend/kernels.js';
import { BOOL, FLOAT32, FLOAT64, INT32, type Kind } from '../../../lib/core/dtype.js';
import { ShapeError } from '../../../lib/core/errors.js';
import {
  arrangements,
  at,
  dense,
  empty,
  error,
  indicesOf,
  NUMERIC,
  onlyOwnTouched,
  read,
  run,
  samples,
  sizeOf,
  stored,
  strided,
} from './operands.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

const bigProduct = (values: number[]) =>
  Number(
    BigInt.asIntN(
      32,
      values.reduce((product, value) => product * BigInt(value), 1n),
    ),
  );

const references: Partial<Record<KernelName, (values: number[], kind: Kind) => number>> = {
  sum: (values) => values.reduce((a, b) => a + b, 0),
  prod: (values, kind) => (kind === INT32 ? bigProduct(values) : values.reduce((a, b) => a * b, 1)),
  amax: (values) => Math.max(...values),
  amin: (values) => Math.min(...values),
  any: (values) => Number(values.some((value) => value === 1)),
  all: (values) => Number(values.every((value) => value === 1)),
};

/** Every subset of the dims as what is reduced. */
function* outputs(dims: readonly number[]): Generator<number[]> {
  for (let mask = 0; mask < 1 << dims.length; mask++) {
    yield dims.map((dim, i) => ((mask >> i) & 1 ? 1 : dim));
  }
}

/** Elements of x by the output's row-major order, each list in x's own order. */
function groups(
  dims: readonly number[],
  outDims: readonly number[],
  value: (index: number[]) => number,
): number[][] {
  const lists = new Map(indicesOf(outDims).map((index) => [index.join(), [] as number[]]));
  for (const index of indicesOf(dims)) {
    lists.get(index.map((i, d) => (outDims[d] === 1 ? 0 : i)).join())?.push(value(index));
  }
  return [...lists.values()];
}

describe('reductions', () => {
  for (const [name, reference] of Object.entries(references)) {
    it(name, () => {
      const truth = name === 'any' || name === 'all';
      for (const kind of truth ? [BOOL] : NUMERIC) {
        for (const dims of [[], [1], [5], [6, 7], [3, 4, 5], [2, 3, 2, 5]]) {
          const values = samples(kind, sizeOf(dims), 11);
          for (const [i, x] of arrangements(kind, dims, values).entries()) {
            for (const outDims of outputs(dims)) {
              const expected = groups(dims, outDims, (index) => at(x, index)).map((list) =>
                stored(kind, reference(list, kind)),
              );
              const out = arrangements(kind, outDims, new Float64Array(sizeOf(outDims)))[i];
              run(name as KernelName, kind, {}, out, x);
              const limit = kind === FLOAT32 ? 1e-6 : kind === FLOAT64 ? 1e-13 : 0;
              expect(error(read(out), expected), `${name} (${dims}) to (${outDims})`).toBeLessThanOrEqual(
                limit,
              );
              expect(onlyOwnTouched(out)).toBe(true);
            }
          }
        }
      }
    });
  }

  it('sums long rows and columns without losing digits', () => {
    const count = 100_000;
    const values = new Float64Array(count).fill(0.1);
    const total = dense(FLOAT64, [count], values);
    const out = empty(FLOAT64, [1]);
    run('sum', FLOAT64, {}, out, total);
    expect(Math.abs(read(out)[0] - 10_000)).toBeLessThan(1e-10);

    const rows = 2000;
    const columns = strided(FLOAT64, [rows, 600], [600, 1], new Float64Array(rows * 600).fill(0.1));
    const sums = empty(FLOAT64, [1, 600]);
    run('sum', FLOAT64, {}, sums, columns);
    expect(error(read(sums), new Array(600).fill(200))).toBeLessThan(1e-13);
  });

  it('wraps int32 sums', () => {
    const out = empty(INT32, [1]);
    run('sum', INT32, {}, out, dense(INT32, [3], [2 ** 31 - 1, 2 ** 31 - 1, 5]));
    expect(read(out)).toEqual([3]);
  });

  it('lets NaN win, wherever it stands, and keeps infinities', () => {
    for (const values of [
      [nan, 1, 2, 3],
      [1, nan, 2, 3],
      [3, 1, 2, nan],
    ]) {
      for (const name of ['amax', 'amin'] as const) {
        const out = empty(FLOAT32, [1]);
        run(name, FLOAT32, {}, out, dense(FLOAT32, [4], values));
        expect(read(out)).toEqual([nan]);
        const columns = empty(FLOAT32, [1, 4]);
        const both = dense(FLOAT32, [2, 4], [...values, 0, 0, 0, 0]);
        run(name, FLOAT32, {}, columns, both);
        expect(read(columns).map(Number.isNaN)).toEqual(values.map(Number.isNaN));
      }
    }
    const out = empty(FLOAT64, [1]);
    run('sum', FLOAT64, {}, out, dense(FLOAT64, [3], [inf, 1, inf]));
    expect(read(out)).toEqual([inf]);
  });

  it('over nothing gives what leaves other values alone, or a named error', () => {
    for (const [name, kind, value] of [
      ['sum', FLOAT32, 0],
      ['prod', INT32, 1],
      ['any', BOOL, 0],
      ['all', BOOL, 1],
    ] as const) {
      const out = empty(kind, [2, 1]);
      run(name, kind, {}, out, dense(kind, [2, 0], []));
      expect(read(out)).toEqual([value, value]);
    }
    const nothing = dense(FLOAT32, [2, 0], []);
    expect(() => run('amax', FLOAT32, {}, empty(FLOAT32, [2, 1]), nothing)).toThrow(ShapeError);
    expect(() => run('argmin', FLOAT32, { 0: 1 }, empty(INT32, [2, 1]), nothing)).toThrow(ShapeError);
  });
});

describe('argmax and argmin', () => {
  const first = (list: number[], best: number) =>
    list.some(Number.isNaN) ? list.findIndex(Number.isNaN) : list.indexOf(best);

  it('find the first along each axis and of all, in any arrangement', () => {
    for (const kind of NUMERIC) {
      for (const dims of [[6], [5, 7], [3, 4, 5], [60, 70]]) {
        // Whole numbers, so that there are ties.
        const values = samples(INT32, sizeOf(dims), 5);
        for (const x of arrangements(kind, dims, values)) {
          for (let axis = -1; axis < dims.length; axis++) {
            const outDims = dims.map((dim, i) => (axis === -1 || i === axis ? 1 : dim));
            const lists = groups(dims, outDims, (index) => at(x, index));
            const out = empty(INT32, outDims);
            run('argmax', kind, { 0: axis }, out, x);
            expect(read(out)).toEqual(lists.map((list) => first(list, Math.max(...list))));
            run('argmin', kind, { 0: axis }, out, x);
            expect(read(out)).toEqual(lists.map((list) => first(list, Math.min(...list))));
          }
        }
      }
    }
  });

  it('take the first NaN', () => {
    const out = empty(INT32, [1]);
    run('argmax', FLOAT32, { 0: 0 }, out, dense(FLOAT32, [4], [1, nan, inf, nan]));
    expect(read(out)).toEqual([1]);
    const values = samples(FLOAT32, 3000);
    values[2500] = nan;
    const all = empty(INT32, [1, 1]);
    run('argmin', FLOAT32, { 0: -1 }, all, strided(FLOAT32, [1500, 2], [1, 1500], values));
    expect(read(all)).toEqual([2500]);
  });
});
