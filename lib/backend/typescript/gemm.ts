// A blocked matrix product over sources that pack themselves and a sink that takes finished blocks.
//
// Everything inside is double: one inner loop serves both dtypes, and float32 results are rounded once.

import type { DataArray } from '../../core/dtype.js';
import { doubles } from './scratch.js';

/** Lanes of a packed panel: rows of the left factor, columns of the right one. */
export const LANES = 4;

/** One factor of a product, as depth × lanes: the left one is read transposed. */
export interface Source {
  /**
   * Packs the depths k0 ≤ k < k0 + depth of `count` lanes from i0 on into panels of {@link LANES} lanes:
   * lane i0 + i of depth k0 + k goes to to[(⌊i / LANES⌋ depth + k) LANES + i mod LANES].
   */
  pack(to: Float64Array, k0: number, depth: number, i0: number, count: number): void;
}

/** Takes the block of rows i0 … i0 + rows and columns j0 … j0 + columns: element (i, j) is at block[i width + j]. */
export interface Sink {
  store(block: Float64Array, width: number, i0: number, rows: number, j0: number, columns: number): void;
}

// A block of the left factor (128 KB) stays in the second cache while panels of the right one (8 KB) come through
// the first; all are multiples of LANES.
const ROWS = 64;
const COLUMNS = 256;
const DEPTH = 256;

// Slots of scratch memory.
const LEFT = 2;
const RIGHT = 3;
const BLOCK = 4;

/** The m × n product of m × k and k × n. */
export function gemm(m: number, n: number, k: number, a: Source, b: Source, c: Sink): void {
  const width = Math.min(COLUMNS, roundUp(n));
  const height = Math.min(ROWS, roundUp(m));
  const depth = Math.min(DEPTH, k);
  const left = doubles(LEFT, height * depth);
  const right = doubles(RIGHT, width * depth);
  const block = doubles(BLOCK, height * width);
  for (let j0 = 0; j0 < n; j0 += COLUMNS) {
    const columns = Math.min(COLUMNS, n - j0);
    for (let i0 = 0; i0 < m; i0 += ROWS) {
      const rows = Math.min(ROWS, m - i0);
      block.fill(0, 0, height * width);
      for (let k0 = 0; k0 < k; k0 += DEPTH) {
        const steps = Math.min(DEPTH, k - k0);
        a.pack(left, k0, steps, i0, rows);
        // With a single step through the depth, the right factor is still packed from the rows before.
        if (i0 === 0 || k > DEPTH) b.pack(right, k0, steps, j0, columns);
        for (let j = 0; j < columns; j += LANES) {
          for (let i = 0; i < rows; i += LANES) {
            accumulate(block, i * width + j, width, left, i * steps, right, j * steps, steps);
          }
        }
      }
      c.store(block, width, i0, rows, j0, columns);
    }
  }
}

function roundUp(n: number): number {
  return Math.ceil(n / LANES) * LANES;
}

// The sixteen sums of a 4 × 4 tile, over one panel of each factor.
function accumulate(
  c: Float64Array,
  ci: number,
  width: number,
  a: Float64Array,
  ai: number,
  b: Float64Array,
  bi: number,
  depth: number,
): void {
  let c00 = 0;
  let c01 = 0;
  let c02 = 0;
  let c03 = 0;
  let c10 = 0;
  let c11 = 0;
  let c12 = 0;
  let c13 = 0;
  let c20 = 0;
  let c21 = 0;
  let c22 = 0;
  let c23 = 0;
  let c30 = 0;
  let c31 = 0;
  let c32 = 0;
  let c33 = 0;
  for (const end = ai + depth * LANES; ai < end; ai += LANES, bi += LANES) {
    const b0 = b[bi];
    const b1 = b[bi + 1];
    const b2 = b[bi + 2];
    const b3 = b[bi + 3];
    const a0 = a[ai];
    c00 += a0 * b0;
    c01 += a0 * b1;
    c02 += a0 * b2;
    c03 += a0 * b3;
    const a1 = a[ai + 1];
    c10 += a1 * b0;
    c11 += a1 * b1;
    c12 += a1 * b2;
    c13 += a1 * b3;
    const a2 = a[ai + 2];
    c20 += a2 * b0;
    c21 += a2 * b1;
    c22 += a2 * b2;
    c23 += a2 * b3;
    const a3 = a[ai + 3];
    c30 += a3 * b0;
    c31 += a3 * b1;
    c32 += a3 * b2;
    c33 += a3 * b3;
  }
  c[ci] += c00;
  c[ci + 1] += c01;
  c[ci + 2] += c02;
  c[ci + 3] += c03;
  ci += width;
  c[ci] += c10;
  c[ci + 1] += c11;
  c[ci + 2] += c12;
  c[ci + 3] += c13;
  ci += width;
  c[ci] += c20;
  c[ci + 1] += c21;
  c[ci + 2] += c22;
  c[ci + 3] += c23;
  ci += width;
  c[ci] += c30;
  c[ci + 1] += c31;
  c[ci + 2] += c32;
  c[ci + 3] += c33;
}

/** Lanes past `count` in the last panel: zeros, whose products nobody stores. */
export function padLanes(to: Float64Array, depth: number, count: number): void {
  const over = count % LANES;
  if (over === 0) return;
  const panel = (count - over) * depth;
  for (let k = 0; k < depth; k++) to.fill(0, panel + k * LANES + over, panel + (k + 1) * LANES);
}

/** A matrix of any strides. */
export class Matrix implements Source, Sink {
  #array: DataArray = new Float64Array(0);
  #offset = 0;
  #laneStride = 0;
  #depthStride = 0;

  /** As a source: strides from lane to lane and along the depth. As a sink: from column to column, from row to row. */
  aim(array: DataArray, offset: number, laneStride: number, depthStride: number): this {
    this.#array = array;
    this.#offset = offset;
    this.#laneStride = laneStride;
    this.#depthStride = depthStride;
    return this;
  }

  pack(to: Float64Array, k0: number, depth: number, i0: number, count: number): void {
    const across = this.#laneStride;
    const along = this.#depthStride;
    const start = this.#offset + k0 * along;
    for (let i = 0; i < count; i++) {
      const from = start + (i0 + i) * across;
      const lane = i % LANES;
      packLane(to, (i - lane) * depth + lane, this.#array, from, along, depth);
    }
    padLanes(to, depth, count);
  }

  store(block: Float64Array, width: number, i0: number, rows: number, j0: number, columns: number): void {
    const array = this.#array;
    const step = this.#laneStride;
    for (let i = 0; i < rows; i++) {
      let to = this.#offset + (i0 + i) * this.#depthStride + j0 * step;
      const stop = i * width + columns;
      for (let from = i * width; from < stop; from++, to += step) array[to] = block[from];
    }
  }
}

function packLane(
  to: Float64Array,
  t: number,
  from: DataArray,
  f: number,
  stride: number,
  depth: number,
): void {
  for (let k = 0; k < depth; k++, t += LANES, f += stride) to[t] = from[f];
}
