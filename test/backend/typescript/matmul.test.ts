// Matrix products of the TypeScript backend against three nested loops.

import { describe, expect, it } from 'vitest';
import type { Operand } from '../../../lib/backend/backend.js';
import { FLOAT32, FLOAT64, type Kind } from '../../../lib/core/dtype.js';
import {
  arrangements,
  at,
  dense,
  empty,
  error,
  FLOATS,
  indicesOf,
  read,
  run,
  samples,
  sizeOf,
  strided,
} from './operands.js';

function reference(dims: number[], a: Operand, b: Operand, k: number): number[] {
  return indicesOf(dims).map((index) => {
    const batch = index.slice(0, -2);
    const [i, j] = index.slice(-2);
    let sum = 0;
    for (let p = 0; p < k; p++) sum += at(a, [...batch, i, p]) * at(b, [...batch, p, j]);
    return sum;
  });
}

function check(kind: Kind, dims: number[], a: Operand, b: Operand): void {
  const k = a.layout.dims[a.layout.rank - 1];
  const out = empty(kind, dims);
  run('matmul', kind, {}, out, a, b);
  const limit = (kind === FLOAT32 ? 1e-6 : 1e-14) * Math.max(4, Math.sqrt(k));
  expect(error(read(out), reference(dims, a, b, k)), `(${dims}) over ${k}`).toBeLessThanOrEqual(limit);
}

describe('matmul', () => {
  it('has the right values for small, narrow, odd and blocked sizes, in any arrangement', () => {
    const sizes = [
      [1, 1, 1],
      [2, 3, 4],
      [1, 17, 33],
      [3, 40, 50],
      [40, 2, 50],
      [37, 41, 29],
      [70, 261, 13],
      [66, 9, 300],
    ];
    for (const kind of FLOATS) {
      for (const [m, n, k] of sizes) {
        const as = arrangements(kind, [m, k], samples(kind, m * k, 2));
        const bs = arrangements(kind, [k, n], samples(kind, k * n, 3));
        for (let i = 0; i < 3; i++) check(kind, [m, n], as[i], bs[(2 * i + 1) % 3]);
      }
    }
  });

  it('broadcasts batches', () => {
    for (const [dims, aDims, bDims] of [
      [
        [3, 4, 5],
        [3, 4, 6],
        [6, 5],
      ],
      [
        [3, 4, 5],
        [4, 6],
        [3, 6, 5],
      ],
      [
        [2, 3, 4, 5],
        [2, 1, 4, 6],
        [3, 6, 5],
      ],
      [
        [2, 3, 20, 25],
        [1, 3, 20, 30],
        [2, 1, 30, 25],
      ],
      [
        [0, 4, 5],
        [0, 4, 6],
        [1, 6, 5],
      ],
    ]) {
      for (const a of arrangements(FLOAT64, aDims, samples(FLOAT64, sizeOf(aDims), 4))) {
        for (const b of arrangements(FLOAT64, bDims, samples(FLOAT64, sizeOf(bDims), 5))) {
          check(FLOAT64, dims, a, b);
        }
      }
    }
  });

  it('gives zeros over an empty inner dimension, and nothing for empty outer ones', () => {
    for (const dims of [
      [2, 3],
      [8, 9],
      [0, 9],
      [9, 0],
    ]) {
      const out = empty(FLOAT32, dims);
      run('matmul', FLOAT32, {}, out, dense(FLOAT32, [dims[0], 0], []), dense(FLOAT32, [0, dims[1]], []));
      expect(read(out)).toEqual(new Array(sizeOf(dims)).fill(0));
    }
  });

  it('reads rows that are repeated by a stride of zero', () => {
    const a = strided(
      FLOAT64,
      [20, 30],
      [0, 1],
      Array.from({ length: 600 }, (_, i) => (i % 30) / 7),
    );
    const b = strided(
      FLOAT64,
      [30, 25],
      [1, 0],
      Array.from({ length: 750 }, (_, i) => Math.floor(i / 25) / 9),
    );
    check(FLOAT64, [20, 25], a, b);
  });

  it('lets NaN and infinities through where they belong', () => {
    const a = samples(FLOAT32, 64);
    a[8] = Number.NaN;
    a[16] = Number.POSITIVE_INFINITY;
    const out = empty(FLOAT32, [8, 8]);
    run('matmul', FLOAT32, {}, out, dense(FLOAT32, [8, 8], a), dense(FLOAT32, [8, 8], new Array(64).fill(1)));
    const rows = read(out).map((value, i) => [Math.floor(i / 8), value]);
    for (const [row, value] of rows) {
      if (row === 1) expect(value).toBeNaN();
      else if (row === 2) expect(value).toBe(Number.POSITIVE_INFINITY);
      else expect(Number.isFinite(value)).toBe(true);
    }
  });
});
