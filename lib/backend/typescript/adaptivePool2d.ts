// Adaptive pooling of images (N, C, H, W): windows spread evenly over each plane.

import { INT32, type Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { demandDense, refuseKind } from './check.js';
import { planesOf } from './pool2d.js';

/** The first place of each window along an axis, and the first behind it. */
interface Windows {
  readonly from: Int32Array;
  readonly to: Int32Array;
}

function windowsOf(size: number, count: number): Windows {
  const from = new Int32Array(count);
  const to = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    from[i] = Math.floor((i * size) / count);
    to[i] = Math.ceil(((i + 1) * size) / count);
  }
  return { from, to };
}

/** Calls body(output, first of the plane, its width, the window's bounds) for every output of the planes. */
function forWindows(
  op: string,
  image: Operand,
  pooled: Operand,
  body: (
    i: number,
    start: number,
    width: number,
    top: number,
    bottom: number,
    left: number,
    right: number,
  ) => void,
): void {
  const from = planesOf(op, image);
  const to = planesOf(op, pooled);
  const rows = windowsOf(from.height, to.height);
  const columns = windowsOf(from.width, to.width);
  for (let plane = 0, i = 0; plane < to.count; plane++) {
    const start = image.offset + plane * from.size;
    for (let r = 0; r < to.height; r++) {
      for (let c = 0; c < to.width; c++, i++) {
        body(i, start, from.width, rows.from[r], rows.to[r], columns.from[c], columns.to[c]);
      }
    }
  }
}

export function adaptiveAvgPool2d(_kind: Kind, out: Operand, x: Operand): void {
  const o = out.slab.view(out.kind);
  const values = x.slab.view(x.kind);
  forWindows('adaptiveAvgPool2d', x, out, (i, start, width, top, bottom, left, right) => {
    let sum = 0;
    for (let h = top; h < bottom; h++) {
      for (let w = left; w < right; w++) sum += values[start + h * width + w];
    }
    o[out.offset + i] = sum / ((bottom - top) * (right - left));
  });
}

export function adaptiveAvgPool2dGrad(_kind: Kind, out: Operand, gradient: Operand): void {
  const o = out.slab.view(out.kind);
  const gradients = gradient.slab.view(gradient.kind);
  o.fill(0, out.offset, out.offset + out.layout.size);
  forWindows('adaptiveAvgPool2dGrad', out, gradient, (i, start, width, top, bottom, left, right) => {
    const share = gradients[gradient.offset + i] / ((bottom - top) * (right - left));
    for (let h = top; h < bottom; h++) {
      for (let w = left; w < right; w++) o[start + h * width + w] += share;
    }
  });
}

export function adaptiveMaxPool2d(_kind: Kind, out: Operand, outIndices: Operand, x: Operand): void {
  demandDense('adaptiveMaxPool2d', outIndices);
  if (outIndices.kind !== INT32) refuseKind('adaptiveMaxPool2d', outIndices.kind);
  const o = out.slab.view(out.kind);
  const indices = outIndices.slab.view(INT32);
  const values = x.slab.view(x.kind);
  forWindows('adaptiveMaxPool2d', x, out, (i, start, width, top, bottom, left, right) => {
    let at = top * width + left;
    let best = values[start + at];
    for (let h = top; h < bottom; h++) {
      for (let w = left; w < right; w++) {
        const value = values[start + h * width + w];
        // The first of equals stays, and of NaN the last.
        if (value > best || Number.isNaN(value)) {
          best = value;
          at = h * width + w;
        }
      }
    }
    o[out.offset + i] = best;
    indices[outIndices.offset + i] = at;
  });
}
