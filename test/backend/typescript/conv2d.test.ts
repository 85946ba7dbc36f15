// Convolution of the TypeScript backend and its gradients against nested loops.

import { describe, expect, it } from 'vitest';
import { FLOAT32, FLOAT64, type Kind } from '../../../lib/core/dtype.js';
import { ShapeError } from '../../../lib/core/errors.js';
import { dense, empty, error, FLOATS, read, run, samples, sizeOf, strided } from './operands.js';

interface Case {
  x: [number, number, number, number];
  w: [number, number, number, number];
  stride?: [number, number];
  padding?: [number, number];
  dilation?: [number, number];
  groups?: number;
}

const CASES: Case[] = [
  { x: [1, 1, 1, 1], w: [1, 1, 1, 1] },
  { x: [2, 3, 6, 7], w: [4, 3, 3, 3], padding: [1, 1] },
  { x: [2, 3, 6, 7], w: [5, 3, 3, 2], stride: [2, 3], padding: [2, 1] },
  { x: [1, 4, 9, 8], w: [6, 2, 3, 3], groups: 2, dilation: [2, 3], padding: [2, 3] },
  { x: [2, 4, 5, 5], w: [4, 1, 3, 3], groups: 4, padding: [1, 1] },
  { x: [2, 6, 8, 9], w: [6, 2, 3, 4], groups: 3, stride: [3, 2], padding: [4, 1], dilation: [2, 1] },
  { x: [1, 1, 2, 2], w: [1, 1, 1, 1], stride: [3, 3], padding: [3, 3] },
  { x: [2, 3, 5, 4], w: [7, 3, 1, 1] },
  { x: [0, 3, 5, 4], w: [7, 3, 1, 1] },
  { x: [1, 30, 20, 20], w: [70, 30, 3, 3], padding: [1, 1] },
];

function settle({ x, w, stride = [1, 1], padding = [0, 0], dilation = [1, 1], groups = 1 }: Case) {
  const out = [2, 3].map((d, i) =>
    Math.floor((x[d] + 2 * padding[i] - dilation[i] * (w[d] - 1) - 1) / stride[i] + 1),
  );
  const y = [x[0], w[0], out[0], out[1]] as const;
  const given = {
    0: stride[0],
    1: stride[1],
    2: padding[0],
    3: padding[1],
    4: dilation[0],
    5: dilation[1],
    6: groups,
  };
  /** Calls f with the flat indices of every output, input and weight that meet. */
  const meetings = (f: (yi: number, xi: number, wi: number) => void) => {
    const group = w[0] / groups;
    for (let n = 0; n < y[0]; n++)
      for (let o = 0; o < y[1]; o++)
        for (let oh = 0; oh < y[2]; oh++)
          for (let ow = 0; ow < y[3]; ow++)
            for (let c = 0; c < w[1]; c++)
              for (let kh = 0; kh < w[2]; kh++)
                for (let kw = 0; kw < w[3]; kw++) {
                  const h = oh * stride[0] - padding[0] + kh * dilation[0];
                  const v = ow * stride[1] - padding[1] + kw * dilation[1];
                  if (h < 0 || h >= x[2] || v < 0 || v >= x[3]) continue;
                  const channel = Math.floor(o / group) * w[1] + c;
                  f(
                    ((n * y[1] + o) * y[2] + oh) * y[3] + ow,
                    ((n * x[1] + channel) * x[2] + h) * x[3] + v,
                    ((o * w[1] + c) * w[2] + kh) * w[3] + kw,
                  );
                }
  };
  return { y, given, meetings };
}

const limit = (kind: Kind) => (kind === FLOAT32 ? 1e-5 : 1e-12);

describe('conv2d', () => {
  for (const [i, one] of CASES.entries()) {
    it(`case ${i}: values and both gradients`, () => {
      const { y, given, meetings } = settle(one);
      for (const kind of FLOATS) {
        const x = samples(kind, sizeOf(one.x), 1);
        const w = samples(kind, sizeOf(one.w), 2);
        const g = samples(kind, sizeOf(y), 3);
        const bias = samples(kind, one.w[0], 4);
        const [xs, ws, gs] = [dense(kind, one.x, x), dense(kind, one.w, w), dense(kind, y, g)];

        const values = new Array<number>(sizeOf(y)).fill(0);
        const dx = new Array<number>(x.length).fill(0);
        const dw = new Array<number>(w.length).fill(0);
        meetings((yi, xi, wi) => {
          values[yi] += x[xi] * w[wi];
          dx[xi] += g[yi] * w[wi];
          dw[wi] += g[yi] * x[xi];
        });

        const out = empty(kind, y);
        run('conv2d', kind, given, out, xs, ws);
        expect(error(read(out), values)).toBeLessThan(limit(kind));

        run('conv2d', kind, given, out, xs, ws, dense(kind, [one.w[0]], bias));
        const plane = y[2] * y[3];
        const biased = values.map((value, at) => value + bias[Math.floor(at / plane) % y[1]]);
        expect(error(read(out), biased)).toBeLessThan(limit(kind));

        const gradX = empty(kind, one.x);
        run('conv2dGradInput', kind, given, gradX, gs, ws);
        expect(error(read(gradX), dx)).toBeLessThan(limit(kind));

        const gradW = empty(kind, one.w);
        run('conv2dGradWeight', kind, given, gradW, xs, gs);
        expect(error(read(gradW), dw)).toBeLessThan(limit(kind));
      }
    });
  }

  it('refuses operands that are not contiguous', () => {
    const x = strided(FLOAT64, [1, 1, 3, 3], [9, 9, 1, 3], samples(FLOAT64, 9));
    const w = dense(FLOAT64, [1, 1, 1, 1], [1]);
    const given = { 0: 1, 1: 1, 4: 1, 5: 1, 6: 1 };
    expect(() => run('conv2d', FLOAT64, given, empty(FLOAT64, [1, 1, 3, 3]), x, w)).toThrow(ShapeError);
  });
});
