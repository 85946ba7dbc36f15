// Elementwise kernels of three operands: a choice by a condition, interpolation, sums with products and quotients.

import type { DataArray, Kind } from '../../core/dtype.js';
import { FLOAT64, INT32 } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { refuseKind } from './check.js';
import { chunkAfter, feeds, sink } from './feed.js';
import type { Kernel4 } from './kernel.js';

/** o[oi + i] = f(x[xi + i], y[yi + i], z[zi + i]) for i < n. */
type TernaryLoop = (
  o: DataArray,
  oi: number,
  x: DataArray,
  xi: number,
  y: DataArray,
  yi: number,
  z: DataArray,
  zi: number,
  n: number,
) => void;

function run(loop: TernaryLoop, out: Operand, x: Operand, y: Operand, z: Operand): void {
  const layout = out.layout;
  const total = layout.size;
  const [a, b, c] = feeds;
  a.aim(x, layout);
  b.aim(y, layout);
  c.aim(z, layout);
  sink.aim(out);
  for (let done = 0; done < total; ) {
    const count = chunkAfter(done, total);
    const ai = a.take(count);
    const bi = b.take(count);
    const ci = c.take(count);
    loop(sink.array, sink.at, a.array, ai, b.array, bi, c.array, ci, count);
    sink.put(count);
    done += count;
  }
}

const choose: TernaryLoop = (o, oi, x, xi, y, yi, z, zi, n) => {
  for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] !== 0 ? y[yi + i] : z[zi + i];
};

export function where(_kind: Kind, out: Operand, condition: Operand, x: Operand, y: Operand): void {
  run(choose, out, condition, x, y);
}

function ternary(op: string, most: Kind, loop: TernaryLoop): Kernel4 {
  return (kind, out, x, y, z) => run(kind <= most ? loop : refuseKind(op, kind), out, x, y, z);
}

// From the nearer end, so that both ends are met exactly.
export const lerp = ternary('lerp', FLOAT64, (o, oi, x, xi, y, yi, z, zi, n) => {
  for (let i = 0; i < n; i++) {
    const a = x[xi + i];
    const b = y[yi + i];
    const w = z[zi + i];
    o[oi + i] = Math.abs(w) < 0.5 ? a + w * (b - a) : b - (b - a) * (1 - w);
  }
});

// Attribute 0 is a factor.
export const addcmul = ternary('addcmul', INT32, (o, oi, x, xi, y, yi, z, zi, n) => {
  const factor = attributes[0];
  if (o instanceof Int32Array) {
    const whole = Math.trunc(factor);
    for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] + Math.imul(Math.imul(whole, y[yi + i]), z[zi + i]);
    return;
  }
  for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] + factor * y[yi + i] * z[zi + i];
});

export const addcdiv = ternary('addcdiv', FLOAT64, (o, oi, x, xi, y, yi, z, zi, n) => {
  const factor = attributes[0];
  for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] + (factor * y[yi + i]) / z[zi + i];
});
