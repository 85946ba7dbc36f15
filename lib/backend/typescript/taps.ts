// Convolution one tap at a time, straight from the image: for groups of so few output channels that a matrix product
// of them would be mostly packing, as in depthwise convolution.

import type { DataArray } from '../../core/dtype.js';
import type { Geometry } from './patches.js';

// Where one tap meets the image: which positions it serves inside it, and what it sees there. Refilled for each tap.
const reach = { firstRow: 0, endRow: 0, firstColumn: 0, endColumn: 0, start: 0 };

// Positions o with 0 ≤ o · stride + shift < size, among `count`.
const firstOf = (shift: number, stride: number): number => Math.max(0, Math.ceil(-shift / stride));
const endOf = (shift: number, stride: number, size: number, count: number): number =>
  Math.min(count, Math.ceil((size - shift) / stride));

function aim(g: Geometry, tap: number): void {
  const kw = tap % g.kernelWidth;
  const rest = (tap - kw) / g.kernelWidth;
  const kh = rest % g.kernelHeight;
  const plane = g.starts[(rest - kh) / g.kernelHeight];
  const top = kh * g.dilationH - g.paddingH;
  const left = kw * g.dilationW - g.paddingW;
  reach.firstRow = firstOf(top, g.strideH);
  reach.endRow = plane < 0 ? 0 : endOf(top, g.strideH, g.height, g.outHeight);
  reach.firstColumn = firstOf(left, g.strideW);
  reach.endColumn = endOf(left, g.strideW, g.width, g.outWidth);
  reach.start = plane + top * g.width + left;
}

/** plane[p] += weight · what the tap sees at position p, for all positions of an output plane. */
export function accumulateTap(
  g: Geometry,
  tap: number,
  weight: number,
  plane: Float64Array,
  x: DataArray,
  offset: number,
): void {
  aim(g, tap);
  const { firstRow, endRow, firstColumn, endColumn, start } = reach;
  const step = g.strideW;
  for (let row = firstRow; row < endRow; row++) {
    let from = offset + start + row * g.strideH * g.width + firstColumn * step;
    const end = row * g.outWidth + endColumn;
    for (let p = row * g.outWidth + firstColumn; p < end; p++, from += step) plane[p] += weight * x[from];
  }
}

/** The transpose of {@link accumulateTap}: adds weight · gradient[p] to what the tap sees at position p. */
export function scatterTap(
  g: Geometry,
  tap: number,
  weight: number,
  image: Float64Array,
  gradient: DataArray,
  offset: number,
): void {
  aim(g, tap);
  const { firstRow, endRow, firstColumn, endColumn, start } = reach;
  const step = g.strideW;
  for (let row = firstRow; row < endRow; row++) {
    let to = start + row * g.strideH * g.width + firstColumn * step;
    const end = offset + row * g.outWidth + endColumn;
    for (let p = offset + row * g.outWidth + firstColumn; p < end; p++, to += step) {
      image[to] += weight * gradient[p];
    }
  }
}

/** Σ over positions p of gradient[p] · what the tap sees there. */
export function dotTap(
  g: Geometry,
  tap: number,
  x: DataArray,
  offset: number,
  gradient: DataArray,
  gradientOffset: number,
): number {
  aim(g, tap);
  const { firstRow, endRow, firstColumn, endColumn, start } = reach;
  const step = g.strideW;
  let sum = 0;
  for (let row = firstRow; row < endRow; row++) {
    let from = offset + start + row * g.strideH * g.width + firstColumn * step;
    const end = gradientOffset + row * g.outWidth + endColumn;
    for (let p = gradientOffset + row * g.outWidth + firstColumn; p < end; p++, from += step) {
      sum += gradient[p] * x[from];
    }
  }
  return sum;
}
