// Softmax, its logarithm and their gradients in the TypeScript backend.

import { describe, expect, it } from 'vitest';
import type { KernelName } from '../../../lib/backend/kernels.js';
import { FLOAT64, type Kind } from '../../../lib/core/dtype.js';
import {
  arrangements,
  dense,
  empty,
  error,
  FLOATS,
  indicesOf,
  read,
  run,
  samples,
  sizeOf,
  tolerance,
} from './operands.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Applies f to each row along the axis of row-major lists of values. */
function alongAxis(
  dims: readonly number[],
  axis: number,
  lists: readonly number[][],
  f: (...rows: number[][]) => number[],
): number[] {
  const result = new Array<number>(sizeOf(dims));
  const indices = indicesOf(dims);
  const rows = new Map<string, number[]>();
  indices.forEach((index, i) => {
    const key = index.filter((_, d) => d !== axis).join();
    rows.set(key, [...(rows.get(key) ?? []), i]);
  });
  for (const members of rows.values()) {
    const row = f(...lists.map((list) => members.map((i) => list[i])));
    members.forEach((i, k) => {
      result[i] = row[k];
    });
  }
  return result;
}

const sum = (row: number[]) => row.reduce((a, b) => a + b, 0);
const softmax = (x: number[]) => x.map((v) => Math.exp(v) / sum(x.map(Math.exp)));
const logSoftmax = (x: number[]) => softmax(x).map(Math.log);
const softmaxGrad = (g: number[], y: number[]) =>
  y.map((v, i) => v * (g[i] - sum(y.map((w, j) => w * g[j]))));
const logSoftmaxGrad = (g: number[], y: number[]) => y.map((v, i) => g[i] - Math.exp(v) * sum(g));

const SHAPES = [[1], [5], [4, 6], [3, 1], [2, 3, 4], [0, 4], [2, 3, 4, 2]];

function check(name: KernelName, kind: Kind, f: (...rows: number[][]) => number[], inputs: number): void {
  for (const dims of SHAPES) {
    for (let axis = 0; axis < dims.length; axis++) {
      const size = sizeOf(dims);
      const first = arrangements(kind, dims, samples(kind, size, 3));
      const second = arrangements(kind, dims, samples(kind, size, 4));
      for (let i = 0; i < 3; i++) {
        const operands = [first[i], second[(i + 1) % 3]].slice(0, inputs);
        const out = empty(kind, dims);
        run(name, kind, { 0: axis }, out, ...operands);
        const expected = alongAxis(dims, axis, operands.map(read), f);
        expect(error(read(out), expected)).toBeLessThanOrEqual(4 * tolerance(kind));
      }
    }
  }
}

function checkBoth(name: KernelName, f: (...rows: number[][]) => number[], inputs: number): void {
  for (const kind of FLOATS) check(name, kind, f, inputs);
}

describe('rows', () => {
  it('softmax', () => checkBoth('softmax', softmax, 1));
  it('logSoftmax', () => checkBoth('logSoftmax', logSoftmax, 1));
  it('softmaxGrad', () => checkBoth('softmaxGrad', softmaxGrad, 2));
  it('logSoftmaxGrad', () => checkBoth('logSoftmaxGrad', logSoftmaxGrad, 2));

  it('stays finite far from zero, and NaN where a row has no value', () => {
    const apply = (name: KernelName, values: number[]) => {
      const out = empty(FLOAT64, [1, values.length]);
      run(name, FLOAT64, { 0: 1 }, out, dense(FLOAT64, [1, values.length], values));
      return read(out);
    };
    expect(apply('softmax', [1000, 1000])).toEqual([0.5, 0.5]);
    expect(apply('logSoftmax', [-1000, 0])).toEqual([-1000, 0]);
    expect(apply('softmax', [-inf, 0])).toEqual([0, 1]);
    expect(apply('softmax', [-inf, -inf])).toEqual([nan, nan]);
    expect(apply('logSoftmax', [nan, 0])).toEqual([nan, nan]);
  });

  it('takes a tensor without dimensions for one row', () => {
    const out = empty(FLOAT64, []);
    run('softmax', FLOAT64, { 0: 0 }, out, dense(FLOAT64, [], [3]));
    expect(read(out)).toEqual([1]);
  });
});
