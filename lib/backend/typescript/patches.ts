// The patches of an image that a convolution's kernel meets, as factors of a matrix product, without ever being stored.

import type { DataArray } from '../../core/dtype.js';
import { LANES, padLanes, type Sink, type Source } from './gemm.js';
import { doubles } from './scratch.js';

// Slot of scratch memory.
const LINE = 5;

/**
 * Sizes of a convolution, for one group: everything that its three kernels share. One output plane at a time is
 * computed, from the planes of its input that its kernel meets; an image has depth 1, and each channel one plane.
 */
export interface Geometry {
  readonly images: number;
  readonly groups: number;
  /** Channels of one group. */
  readonly inChannels: number;
  readonly outChannels: number;
  readonly depth: number;
  readonly outDepth: number;
  readonly kernelDepth: number;
  readonly strideD: number;
  readonly paddingD: number;
  readonly dilationD: number;
  /** Where the planes that the output plane in hand meets start, by channel and kernel depth; −1 in the padding. */
  readonly starts: Float64Array;
  readonly height: number;
  readonly width: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly kernelHeight: number;
  readonly kernelWidth: number;
  readonly strideH: number;
  readonly strideW: number;
  readonly paddingH: number;
  readonly paddingW: number;
  readonly dilationH: number;
  readonly dilationW: number;
}

/** Elements of one patch: (channel, kernel depth, kernel row, kernel column). */
export function taps(g: Geometry): number {
  return g.starts.length * g.kernelHeight * g.kernelWidth;
}

/** Elements of one group's input. */
export function inputSize(g: Geometry): number {
  return g.inChannels * g.depth * g.height * g.width;
}

/** Turns to the output planes at a depth. */
export function aimDepth(g: Geometry, outDepth: number): void {
  const top = outDepth * g.strideD - g.paddingD;
  for (let i = 0; i < g.starts.length; i++) {
    const tap = i % g.kernelDepth;
    const at = top + tap * g.dilationD;
    const channel = (i - tap) / g.kernelDepth;
    g.starts[i] = at >= 0 && at < g.depth ? (channel * g.depth + at) * g.height * g.width : -1;
  }
}

/** Positions of one output plane: (row, column). */
export function positions(g: Geometry): number {
  return g.outHeight * g.outWidth;
}

/** Writes into line[0 … count) what one tap sees at the positions from p on: 0 in the padding. */
function readTap(
  g: Geometry,
  x: DataArray,
  offset: number,
  tap: number,
  p: number,
  count: number,
  line: Float64Array,
): void {
  const kw = tap % g.kernelWidth;
  const rest = (tap - kw) / g.kernelWidth;
  const kh = rest % g.kernelHeight;
  const plane = g.starts[(rest - kh) / g.kernelHeight];
  if (plane < 0) {
    line.fill(0, 0, count);
    return;
  }
  const left = kw * g.dilationW - g.paddingW;
  const { width, strideW } = g;
  let ow = p % g.outWidth;
  let row = ((p - ow) / g.outWidth) * g.strideH + kh * g.dilationH - g.paddingH;
  for (let i = 0; i < count; ow = 0, row += g.strideH) {
    const stop = Math.min(count, i + g.outWidth - ow);
    if (row < 0 || row >= g.height) {
      for (; i < stop; i++) line[i] = 0;
      continue;
    }
    const start = offset + plane + row * width;
    for (let column = ow * strideW + left; i < stop; i++, column += strideW) {
      line[i] = column >= 0 && column < width ? x[start + column] : 0;
    }
  }
}

/** Adds line[from …] to what one tap sees at `count` positions from p on: the transpose of {@link readTap}. */
function addTap(
  g: Geometry,
  x: Float64Array,
  tap: number,
  p: number,
  count: number,
  line: Float64Array,
  from: number,
): void {
  const kw = tap % g.kernelWidth;
  const rest = (tap - kw) / g.kernelWidth;
  const kh = rest % g.kernelHeight;
  const plane = g.starts[(rest - kh) / g.kernelHeight];
  if (plane < 0) return;
  const left = kw * g.dilationW - g.paddingW;
  const { width, strideW } = g;
  let ow = p % g.outWidth;
  let row = ((p - ow) / g.outWidth) * g.strideH + kh * g.dilationH - g.paddingH;
  for (let i = 0; i < count; ow = 0, row += g.strideH) {
    const stop = Math.min(count, i + g.outWidth - ow);
    if (row < 0 || row >= g.height) {
      i = stop;
      continue;
    }
    const start = plane + row * width;
    for (let column = ow * strideW + left; i < stop; i++, column += strideW) {
      if (column >= 0 && column < width) x[start + column] += line[from + i];
    }
  }
}

/** The patches of one image: depth runs over taps and lanes over positions, or the other way round. */
export class Patches implements Source {
  readonly #geometry: Geometry;
  readonly #tapsAreLanes: boolean;
  readonly #array: DataArray;
  readonly #offset: number;

  constructor(geometry: Geometry, tapsAreLanes: boolean, array: DataArray, offset: number) {
    this.#geometry = geometry;
    this.#tapsAreLanes = tapsAreLanes;
    this.#array = array;
    this.#offset = offset;
  }

  pack(to: Float64Array, k0: number, depth: number, i0: number, count: number): void {
    const line = doubles(LINE, Math.max(depth, count));
    if (this.#tapsAreLanes) {
      for (let i = 0; i < count; i++) {
        readTap(this.#geometry, this.#array, this.#offset, i0 + i, k0, depth, line);
        const lane = i % LANES;
        for (let k = 0, t = (i - lane) * depth + lane; k < depth; k++, t += LANES) to[t] = line[k];
      }
    } else {
      for (let k = 0; k < depth; k++) {
        readTap(this.#geometry, this.#array, this.#offset, k0 + k, i0, count, line);
        for (let i = 0, t = k * LANES; i < count; t += depth * LANES) {
          const stop = Math.min(count, i + LANES);
          for (let at = t; i < stop; i++, at++) to[at] = line[i];
        }
      }
    }
    padLanes(to, depth, count);
  }
}

/** Adds a product of taps × positions back onto the image that the patches were cut from. */
export class PatchSum implements Sink {
  readonly #geometry: Geometry;
  readonly #image: Float64Array;

  constructor(geometry: Geometry, image: Float64Array) {
    this.#geometry = geometry;
    this.#image = image;
  }

  store(block: Float64Array, width: number, i0: number, rows: number, j0: number, columns: number): void {
    for (let i = 0; i < rows; i++) addTap(this.#geometry, this.#image, i0 + i, j0, columns, block, i * width);
  }
}
