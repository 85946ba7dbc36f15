// Pooling of images (N, C, H, W) and its gradients.

import { INT32, type Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { checkIndices, demandDense, demandRank, refuseKind } from './check.js';

export interface Planes {
  /** Images times channels. */
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly size: number;
}

export function planesOf(op: string, operand: Operand): Planes {
  demandRank(op, operand, 4);
  demandDense(op, operand);
  const [images, channels, height, width] = operand.layout.dims;
  return { count: images * channels, height, width, size: height * width };
}

export function maxPool2d(_kind: Kind, out: Operand, outIndices: Operand, x: Operand): void {
  const from = planesOf('maxPool2d', x);
  const to = planesOf('maxPool2d', out);
  demandDense('maxPool2d', outIndices);
  if (outIndices.kind !== INT32) refuseKind('maxPool2d', outIndices.kind);
  const [kernelH, kernelW, strideH, strideW, paddingH, paddingW, dilationH, dilationW] = attributes;
  const o = out.slab.view(out.kind);
  const indices = outIndices.slab.view(INT32);
  const values = x.slab.view(x.kind);
  let oi = out.offset;
  let ii = outIndices.offset;
  for (let plane = 0; plane < from.count; plane++) {
    const start = x.offset + plane * from.size;
    for (let oh = 0; oh < to.height; oh++) {
      const top = firstInside(oh * strideH - paddingH, dilationH);
      const bottom = Math.min(oh * strideH - paddingH + (kernelH - 1) * dilationH + 1, from.height);
      for (let ow = 0; ow < to.width; ow++, oi++, ii++) {
        const left = firstInside(ow * strideW - paddingW, dilationW);
        const right = Math.min(ow * strideW - paddingW + (kernelW - 1) * dilationW + 1, from.width);
        let best = Number.NEGATIVE_INFINITY;
        let at = top * from.width + left;
        for (let h = top; h < bottom; h += dilationH) {
          for (let w = left; w < right; w += dilationW) {
            const value = values[start + h * from.width + w];
            // The first of equals stays, and of NaN the last.
            if (value > best || Number.isNaN(value)) {
              best = value;
              at = h * from.width + w;
            }
          }
        }
        o[oi] = best;
        indices[ii] = at;
      }
    }
  }
}

/** The first of start, start + step, … that is not negative. */
function firstInside(start: number, step: number): number {
  return start >= 0 ? start : start + Math.ceil(-start / step) * step;
}

/** Checks the operands of the two kernels below: `plane` is indexed into, `picked` has the indices' dims. */
function checkPicks(op: string, plane: Operand, picked: Operand, indices: Operand): [Planes, Planes] {
  const from = planesOf(op, plane);
  const to = planesOf(op, picked);
  demandDense(op, indices);
  checkIndices(op, indices, 2, from.size);
  return [from, to];
}

export function maxPool2dGrad(_kind: Kind, out: Operand, gradient: Operand, index: Operand): void {
  const [to, from] = checkPicks('maxPool2dGrad', out, gradient, index);
  const o = out.slab.view(out.kind);
  const gradients = gradient.slab.view(gradient.kind);
  const indices = index.slab.view(INT32);
  o.fill(0, out.offset, out.offset + to.count * to.size);
  for (let plane = 0; plane < to.count; plane++) {
    const start = out.offset + plane * to.size;
    const gi = gradient.offset + plane * from.size;
    const ii = index.offset + plane * from.size;
    for (let i = 0; i < from.size; i++) o[start + indices[ii + i]] += gradients[gi + i];
  }
}

export function planeGather(_kind: Kind, out: Operand, x: Operand, index: Operand): void {
  const [from, to] = checkPicks('planeGather', x, out, index);
  const o = out.slab.view(out.kind);
  const values = x.slab.view(x.kind);
  const indices = index.slab.view(INT32);
  for (let plane = 0; plane < from.count; plane++) {
    const start = x.offset + plane * from.size;
    const oi = out.offset + plane * to.size;
    const ii = index.offset + plane * to.size;
    for (let i = 0; i < to.size; i++) o[oi + i] = values[start + indices[ii + i]];
  }
}

/** An average's windows along one axis. Each is clipped to the image. */
interface Windows {
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** How far each reaches, with the padding: that counts as far as it goes, but not what a rounded-up size adds. */
  readonly padded: Int32Array;
}

function windowsOf(count: number, size: number, kernel: number, stride: number, padding: number): Windows {
  const from = new Int32Array(count);
  const to = new Int32Array(count);
  const padded = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const start = i * stride - padding;
    const end = Math.min(start + kernel, size + padding);
    from[i] = Math.max(start, 0);
    to[i] = Math.max(Math.min(end, size), from[i]);
    padded[i] = end - start;
  }
  return { from, to, padded };
}

/** The windows of an average over `image` with the results `pooled`, by rows and by columns. */
function averages(image: Planes, pooled: Planes): [Windows, Windows] {
  const [kernelH, kernelW, strideH, strideW, paddingH, paddingW] = attributes;
  return [
    windowsOf(pooled.height, image.height, kernelH, strideH, paddingH),
    windowsOf(pooled.width, image.width, kernelW, strideW, paddingW),
  ];
}

/** What the sum of the window (i, j) is divided by; 1 where the window is empty. */
function divisorOf(rows: Windows, columns: Windows, i: number, j: number): number {
  if (attributes[7] !== 0) return attributes[7];
  if (attributes[6] !== 0) return rows.padded[i] * columns.padded[j];
  return (rows.to[i] - rows.from[i]) * (columns.to[j] - columns.from[j]) || 1;
}

export function avgPool2d(_kind: Kind, out: Operand, x: Operand): void {
  const from = planesOf('avgPool2d', x);
  const to = planesOf('avgPool2d', out);
  const [rows, columns] = averages(from, to);
  const o = out.slab.view(out.kind);
  const values = x.slab.view(x.kind);
  let oi = out.offset;
  for (let plane = 0; plane < from.count; plane++) {
    const start = x.offset + plane * from.size;
    for (let i = 0; i < to.height; i++) {
      for (let j = 0; j < to.width; j++) {
        let sum = 0;
        for (let h = rows.from[i]; h < rows.to[i]; h++) {
          const row = start + h * from.width;
          for (let w = columns.from[j]; w < columns.to[j]; w++) sum += values[row + w];
        }
        o[oi++] = sum / divisorOf(rows, columns, i, j);
      }
    }
  }
}

export function avgPool2dGrad(_kind: Kind, out: Operand, gradient: Operand): void {
  const to = planesOf('avgPool2dGrad', out);
  const from = planesOf('avgPool2dGrad', gradient);
  const [rows, columns] = averages(to, from);
  const o = out.slab.view(out.kind);
  const gradients = gradient.slab.view(gradient.kind);
  o.fill(0, out.offset, out.offset + to.count * to.size);
  let gi = gradient.offset;
  for (let plane = 0; plane < to.count; plane++) {
    const start = out.offset + plane * to.size;
    for (let i = 0; i < from.height; i++) {
      for (let j = 0; j < from.width; j++) {
        const share = gradients[gi++] / divisorOf(rows, columns, i, j);
        for (let h = rows.from[i]; h < rows.to[i]; h++) {
          const row = start + h * to.width;
          for (let w = columns.from[j]; w < columns.to[j]; w++) o[row + w] += share;
        }
      }
    }
  }
}
