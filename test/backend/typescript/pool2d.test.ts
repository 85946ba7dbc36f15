// Pooling of the TypeScript backend and its gradients against nested loops.

import { describe, expect, it } from 'vitest';
import { FLOAT32, FLOAT64, INT32 } from '../../../lib/core/dtype.js';
import { IndexError } from '../../../lib/core/errors.js';
import { dense, empty, error, FLOATS, read, run, samples, sizeOf, tolerance } from './operands.js';

type Pair = [number, number];

interface Case {
  x: [number, number, number, number];
  kernel: Pair;
  stride: Pair;
  padding: Pair;
  dilation: Pair;
  out: Pair;
}

const CASES: Case[] = [
  { x: [2, 3, 6, 8], kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], out: [3, 4] },
  { x: [1, 2, 7, 5], kernel: [3, 2], stride: [2, 1], padding: [1, 1], dilation: [1, 1], out: [4, 6] },
  { x: [1, 1, 7, 7], kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], out: [4, 4] },
  { x: [2, 1, 9, 9], kernel: [3, 3], stride: [1, 2], padding: [1, 1], dilation: [2, 2], out: [7, 4] },
  { x: [0, 2, 4, 4], kernel: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], out: [2, 2] },
];

/** For each output in row-major order, the plane it lies in and the flat places in the plane that its window covers. */
function windows({
  x,
  kernel,
  stride,
  padding,
  dilation,
  out,
}: Case): { plane: number; places: number[]; padded: number }[] {
  const all = [];
  for (let plane = 0; plane < x[0] * x[1]; plane++) {
    for (let i = 0; i < out[0]; i++) {
      for (let j = 0; j < out[1]; j++) {
        const places = [];
        let padded = 0;
        for (let a = 0; a < kernel[0]; a++) {
          for (let b = 0; b < kernel[1]; b++) {
            const h = i * stride[0] - padding[0] + a * dilation[0];
            const w = j * stride[1] - padding[1] + b * dilation[1];
            if (h < x[2] + padding[0] && w < x[3] + padding[1]) padded++;
            if (h >= 0 && h < x[2] && w >= 0 && w < x[3]) places.push(h * x[3] + w);
          }
        }
        all.push({ plane, places, padded });
      }
    }
  }
  return all;
}

const attributesOf = (c: Case) => [...c.kernel, ...c.stride, ...c.padding, ...c.dilation];

describe('maxPool2d', () => {
  it('finds the largest and where it lies; its gradient goes there', () => {
    for (const one of CASES) {
      const outDims = [one.x[0], one.x[1], ...one.out];
      const size = one.x[2] * one.x[3];
      for (const kind of FLOATS) {
        const values = samples(kind, sizeOf(one.x), 2);
        const x = dense(kind, one.x, values);
        const y = empty(kind, outDims);
        const indices = empty(INT32, outDims);
        run('maxPool2d', kind, attributesOf(one), y, indices, x);
        const all = windows(one);
        const best = all.map(({ plane, places }) => {
          const seen = places.map((place) => values[plane * size + place]);
          return places[seen.indexOf(Math.max(...seen))];
        });
        expect(read(indices)).toEqual(best);
        const picked = best.map((place, i) => values[all[i].plane * size + place]);
        expect(read(y)).toEqual(picked);

        const gathered = empty(kind, outDims);
        run('planeGather', kind, {}, gathered, x, indices);
        expect(read(gathered)).toEqual(picked);

        const g = samples(kind, all.length, 3);
        const dx = empty(kind, one.x);
        run('maxPool2dGrad', kind, {}, dx, dense(kind, outDims, g), indices);
        const expected = new Array(values.length).fill(0);
        best.forEach((place, i) => {
          expected[all[i].plane * size + place] += g[i];
        });
        expect(error(read(dx), expected)).toBeLessThan(1e-6);
      }
    }
  });

  it('lets the last NaN win, and takes the first of equals', () => {
    const { NaN: nan, NEGATIVE_INFINITY: least } = Number;
    const pool = (values: number[]) => {
      const y = empty(FLOAT32, [1, 1, 1, 1]);
      const indices = empty(INT32, [1, 1, 1, 1]);
      run('maxPool2d', FLOAT32, [2, 2, 2, 2, 0, 0, 1, 1], y, indices, dense(FLOAT32, [1, 1, 2, 2], values));
      return [read(y)[0], read(indices)[0]];
    };
    expect(pool([1, nan, 5, nan])).toEqual([nan, 3]);
    expect(pool([1, nan, 5, 2])).toEqual([nan, 1]);
    expect(pool([3, 7, 7, 1])).toEqual([7, 1]);
    expect(pool([least, least, least, least])).toEqual([least, 0]);
  });

  it('checks indices before it writes', () => {
    const dx = dense(FLOAT32, [1, 1, 2, 2], [9, 9, 9, 9]);
    const g = dense(FLOAT32, [1, 1, 1, 2], [1, 1]);
    const wrong = dense(INT32, [1, 1, 1, 2], [0, 4]);
    expect(() => run('maxPool2dGrad', FLOAT32, {}, dx, g, wrong)).toThrow(IndexError);
    expect(read(dx)).toEqual([9, 9, 9, 9]);
    expect(() => run('planeGather', FLOAT32, {}, g, dx, wrong)).toThrow(IndexError);
  });
});

describe('avgPool2d', () => {
  it('averages as PyTorch counts: with the padding, without it, or by a given divisor', () => {
    for (const one of CASES.filter(({ dilation }) => dilation[0] === 1)) {
      const outDims = [one.x[0], one.x[1], ...one.out];
      const size = one.x[2] * one.x[3];
      const all = windows(one);
      for (const [include, override] of [
        [1, 0],
        [0, 0],
        [1, 3],
      ]) {
        const divisors = all.map(({ places, padded }) => override || (include ? padded : places.length));
        const given = [...attributesOf(one).slice(0, 6), include, override];
        for (const kind of FLOATS) {
          const values = samples(kind, sizeOf(one.x), 5);
          const y = empty(kind, outDims);
          run('avgPool2d', kind, given, y, dense(kind, one.x, values));
          const averages = all.map(
            ({ plane, places }, i) =>
              places.reduce((sum, place) => sum + values[plane * size + place], 0) / divisors[i],
          );
          expect(error(read(y), averages)).toBeLessThanOrEqual(tolerance(kind));

          const g = samples(kind, all.length, 6);
          const dx = empty(kind, one.x);
          run('avgPool2dGrad', kind, given, dx, dense(kind, outDims, g));
          const expected = new Array(values.length).fill(0);
          all.forEach(({ plane, places }, i) => {
            for (const place of places) expected[plane * size + place] += g[i] / divisors[i];
          });
          expect(error(read(dx), expected)).toBeLessThanOrEqual(4 * tolerance(kind));
        }
      }
    }
  });

  it('gives zero for a window that lies outside', () => {
    const y = empty(FLOAT64, [1, 1, 2, 1]);
    run('avgPool2d', FLOAT64, [1, 1, 3, 1, 0, 0, 0, 0], y, dense(FLOAT64, [1, 1, 2, 1], [4, 5]));
    expect(read(y)).toEqual([4, 0]);
  });
});
