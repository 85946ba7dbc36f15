// Convolution of images (N, C, H, W) and its two gradients, per image and group: as matrix products, or tap by tap.

import type { DataArray, Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { demandDense, demandRank } from './check.js';
import { factorOf } from './factor.js';
import { gemm, LANES, Matrix, type Sink } from './gemm.js';
import { type Geometry, Patches, PatchSum, positions, taps } from './patches.js';
import { doubles } from './scratch.js';
import { accumulateTap, dotTap, scatterTap } from './taps.js';

// Slot of scratch memory: sums that are rounded once, when they are complete.
const SUMS = 6;

const matrix = new Matrix();

function geometryOf(op: string, y: Operand, x: Operand, w: Operand): Geometry {
  for (const operand of [y, x, w]) {
    demandRank(op, operand, 4);
    demandDense(op, operand);
  }
  const groups = attributes[6];
  return {
    images: x.layout.dims[0],
    groups,
    inChannels: x.layout.dims[1] / groups,
    outChannels: w.layout.dims[0] / groups,
    height: x.layout.dims[2],
    width: x.layout.dims[3],
    outHeight: y.layout.dims[2],
    outWidth: y.layout.dims[3],
    kernelHeight: w.layout.dims[2],
    kernelWidth: w.layout.dims[3],
    strideH: attributes[0],
    strideW: attributes[1],
    paddingH: attributes[2],
    paddingW: attributes[3],
    dilationH: attributes[4],
    dilationW: attributes[5],
  };
}

/** Output planes, each with its channel's bias. */
class Planes implements Sink {
  readonly #array: DataArray;
  readonly #offset: number;
  readonly #size: number;
  readonly #bias: DataArray | null;
  readonly #biasOffset: number;

  constructor(array: DataArray, offset: number, size: number, bias: DataArray | null, biasOffset: number) {
    this.#array = array;
    this.#offset = offset;
    this.#size = size;
    this.#bias = bias;
    this.#biasOffset = biasOffset;
  }

  store(block: Float64Array, width: number, i0: number, rows: number, j0: number, columns: number): void {
    const array = this.#array;
    for (let i = 0; i < rows; i++) {
      const bias = this.#bias === null ? 0 : this.#bias[this.#biasOffset + i0 + i];
      const to = this.#offset + (i0 + i) * this.#size + j0;
      const from = i * width;
      for (let j = 0; j < columns; j++) array[to + j] = block[from + j] + bias;
    }
  }
}

/** Adds products of one shape up, one after another. */
class Sum implements Sink {
  readonly #sums: Float64Array;
  readonly #width: number;

  constructor(sums: Float64Array, width: number) {
    this.#sums = sums;
    this.#width = width;
  }

  store(block: Float64Array, width: number, i0: number, rows: number, j0: number, columns: number): void {
    const sums = this.#sums;
    for (let i = 0; i < rows; i++) {
      const to = (i0 + i) * this.#width + j0;
      const from = i * width;
      for (let j = 0; j < columns; j++) sums[to + j] += block[from + j];
    }
  }
}

function convolve(out: Operand, x: Operand, w: Operand, bias: Operand | null): void {
  const g = geometryOf('conv2d', out, x, w);
  if (bias !== null) demandDense('conv2d', bias);
  const size = positions(g);
  const depth = taps(g);
  const o = out.slab.view(out.kind);
  const { values, offset: start } = factorOf(x);
  const { values: weights, offset: weightStart } = factorOf(w);
  const biases = bias === null ? null : bias.slab.view(bias.kind);
  const plane = doubles(SUMS, size);
  for (let part = 0; part < g.images * g.groups; part++) {
    const firstOut = (part % g.groups) * g.outChannels;
    const xi = start + part * g.inChannels * g.height * g.width;
    const oi = out.offset + part * g.outChannels * size;
    const bi = bias === null ? 0 : bias.offset + firstOut;
    if (g.outChannels < LANES) {
      for (let channel = 0; channel < g.outChannels; channel++) {
        plane.fill(biases === null ? 0 : biases[bi + channel], 0, size);
        const row = weightStart + (firstOut + channel) * depth;
        for (let tap = 0; tap < depth; tap++) accumulateTap(g, tap, weights[row + tap], plane, values, xi);
        const to = oi + channel * size;
        for (let p = 0; p < size; p++) o[to + p] = plane[p];
      }
    } else {
      matrix.aim(weights, weightStart + firstOut * depth, depth, 1);
      const patches = new Patches(g, false, values, xi);
      gemm(g.outChannels, size, depth, matrix, patches, new Planes(o, oi, size, biases, bi));
    }
  }
}

export function conv2d(_kind: Kind, out: Operand, x: Operand, w: Operand): void {
  convolve(out, x, w, null);
}

export function conv2dBias(_kind: Kind, out: Operand, x: Operand, w: Operand, bias: Operand): void {
  convolve(out, x, w, bias);
}

// Per image and group: patches' gradient = wᵀ · gradient of the planes, added back onto the image.
export function conv2dGradInput(_kind: Kind, out: Operand, gradient: Operand, w: Operand): void {
  const g = geometryOf('conv2dGradInput', gradient, out, w);
  const size = positions(g);
  const depth = taps(g);
  const imageSize = g.inChannels * g.height * g.width;
  const o = out.slab.view(out.kind);
  const { values: gradients, offset: start } = factorOf(gradient);
  const { values: weights, offset: weightStart } = factorOf(w);
  const image = doubles(SUMS, imageSize);
  const sum = new PatchSum(g, image);
  const planes = new Matrix();
  for (let part = 0; part < g.images * g.groups; part++) {
    image.fill(0, 0, imageSize);
    const wi = weightStart + (part % g.groups) * g.outChannels * depth;
    const gi = start + part * g.outChannels * size;
    if (g.outChannels < LANES) {
      for (let channel = 0; channel < g.outChannels; channel++) {
        for (let tap = 0; tap < depth; tap++) {
          scatterTap(g, tap, weights[wi + channel * depth + tap], image, gradients, gi + channel * size);
        }
      }
    } else {
      matrix.aim(weights, wi, 1, depth);
      planes.aim(gradients, gi, 1, size);
      gemm(depth, size, g.outChannels, matrix, planes, sum);
    }
    const to = out.offset + part * imageSize;
    for (let i = 0; i < imageSize; i++) o[to + i] = image[i];
  }
}

// Per group: the weights' gradient = Σ over images of gradient of the planes · patchesᵀ.
export function conv2dGradWeight(_kind: Kind, out: Operand, x: Operand, gradient: Operand): void {
  const g = geometryOf('conv2dGradWeight', gradient, x, out);
  const size = positions(g);
  const depth = taps(g);
  const o = out.slab.view(out.kind);
  const { values, offset: start } = factorOf(x);
  const { values: gradients, offset: gradientStart } = factorOf(gradient);
  const count = g.outChannels * depth;
  const sums = doubles(SUMS, count);
  const sum = new Sum(sums, depth);
  for (let group = 0; group < g.groups; group++) {
    sums.fill(0, 0, count);
    for (let n = 0; n < g.images; n++) {
      const part = n * g.groups + group;
      const xi = start + part * g.inChannels * g.height * g.width;
      const gi = gradientStart + part * g.outChannels * size;
      if (g.outChannels < LANES) {
        for (let i = 0; i < count; i++) {
          const tap = i % depth;
          sums[i] += dotTap(g, tap, values, xi, gradients, gi + ((i - tap) / depth) * size);
        }
      } else {
        matrix.aim(gradients, gi, size, 1);
        gemm(g.outChannels, depth, size, matrix, new Patches(g, true, values, xi), sum);
      }
    }
    const to = out.offset + group * count;
    for (let i = 0; i < count; i++) o[to + i] = sums[i];
  }
}
