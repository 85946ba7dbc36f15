// Convolution of images (N, C, H, W) or volumes (N, C, D, H, W) and its two gradients, per image, group and output
// plane: as matrix products, or tap by tap.

import type { DataArray, Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { endingOf } from './activation.js';
import { demandDense, demandRank } from './check.js';
import { factorOf } from './factor.js';
import { gemm, LANES, Matrix, type Sink } from './gemm.js';
import type { Entry } from './kernel.js';
import { aimDepth, type Geometry, inputSize, Patches, PatchSum, positions, taps } from './patches.js';
import { doubles } from './scratch.js';
import { accumulateTap, dotTap, scatterTap } from './taps.js';

// Slot of scratch memory: sums that are rounded once, when they are complete.
const SUMS = 6;

const matrix = new Matrix();

/** What the attributes say of a spatial axis, counted from the last: stride, padding, dilation. */
function axisOf(axes: number, fromLast: number): [number, number, number] {
  const at = axes - fromLast;
  return at < 0 ? [1, 0, 1] : [attributes[at], attributes[axes + at], attributes[2 * axes + at]];
}

/** The kernels serve both ranks: `axes` is 2 for images, 3 for volumes. */
function geometryOf(op: string, axes: number, y: Operand, x: Operand, w: Operand): Geometry {
  for (const operand of [y, x, w]) {
    demandRank(op, operand, axes + 2);
    demandDense(op, operand);
  }
  const size = (operand: Operand, fromLast: number): number =>
    fromLast > axes ? 1 : operand.layout.dims[axes + 2 - fromLast];
  const groups = attributes[3 * axes];
  const inChannels = x.layout.dims[1] / groups;
  const [strideD, paddingD, dilationD] = axisOf(axes, 3);
  const [strideH, paddingH, dilationH] = axisOf(axes, 2);
  const [strideW, paddingW, dilationW] = axisOf(axes, 1);
  return {
    images: x.layout.dims[0],
    groups,
    inChannels,
    outChannels: w.layout.dims[0] / groups,
    depth: size(x, 3),
    outDepth: size(y, 3),
    kernelDepth: size(w, 3),
    strideD,
    paddingD,
    dilationD,
    starts: new Float64Array(inChannels * size(w, 3)),
    height: size(x, 2),
    width: size(x, 1),
    outHeight: size(y, 2),
    outWidth: size(y, 1),
    kernelHeight: size(w, 2),
    kernelWidth: size(w, 1),
    strideH,
    strideW,
    paddingH,
    paddingW,
    dilationH,
    dilationW,
  };
}

/** Output planes `step` apart, each with its channel's bias, through an activation. */
class Planes implements Sink {
  readonly #array: DataArray;
  readonly #offset: number;
  readonly #step: number;
  readonly #bias: DataArray | null;
  readonly #biasOffset: number;
  readonly #activation: ((v: number) => number) | null;

  constructor(
    array: DataArray,
    offset: number,
    step: number,
    bias: DataArray | null,
    biasOffset: number,
    activation: ((v: number) => number) | null,
  ) {
    this.#array = array;
    this.#offset = offset;
    this.#step = step;
    this.#bias = bias;
    this.#biasOffset = biasOffset;
    this.#activation = activation;
  }

  store(block: Float64Array, width: number, i0: number, rows: number, j0: number, columns: number): void {
    const array = this.#array;
    const activation = this.#activation;
    for (let i = 0; i < rows; i++) {
      const bias = this.#bias === null ? 0 : this.#bias[this.#biasOffset + i0 + i];
      const to = this.#offset + (i0 + i) * this.#step + j0;
      const from = i * width;
      for (let j = 0; j < columns; j++) array[to + j] = block[from + j] + bias;
      if (activation === null) continue;
      for (let j = 0; j < columns; j++) array[to + j] = activation(array[to + j]);
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

/** Calls body(first of the input, first of the output, group) for each image, group and output depth, from x and y on. */
function forPlanes(
  g: Geometry,
  x: number,
  y: number,
  body: (xi: number, yi: number, group: number) => void,
): void {
  const size = positions(g);
  for (let part = 0; part < g.images * g.groups; part++) {
    const xi = x + part * inputSize(g);
    for (let depth = 0; depth < g.outDepth; depth++) {
      aimDepth(g, depth);
      body(xi, y + (part * g.outChannels * g.outDepth + depth) * size, part % g.groups);
    }
  }
}

function convolve(
  op: string,
  axes: number,
  out: Operand,
  x: Operand,
  w: Operand,
  bias: Operand | null,
): void {
  const g = geometryOf(op, axes, out, x, w);
  const activation = endingOf(op, attributes[3 * axes + 1]);
  if (bias !== null) demandDense(op, bias);
  const size = positions(g);
  const step = g.outDepth * size;
  const depth = taps(g);
  const o = out.slab.view(out.kind);
  const { values, offset: start } = factorOf(x);
  const { values: weights, offset: weightStart } = factorOf(w);
  const biases = bias === null ? null : bias.slab.view(bias.kind);
  const plane = doubles(SUMS, size);
  forPlanes(g, start, out.offset, (xi, oi, group) => {
    const firstOut = group * g.outChannels;
    const bi = bias === null ? 0 : bias.offset + firstOut;
    if (g.outChannels < LANES) {
      for (let channel = 0; channel < g.outChannels; channel++) {
        plane.fill(biases === null ? 0 : biases[bi + channel], 0, size);
        const row = weightStart + (firstOut + channel) * depth;
        for (let tap = 0; tap < depth; tap++) accumulateTap(g, tap, weights[row + tap], plane, values, xi);
        const to = oi + channel * step;
        for (let p = 0; p < size; p++) o[to + p] = plane[p];
        if (activation === null) continue;
        for (let p = to; p < to + size; p++) o[p] = activation(o[p]);
      }
    } else {
      matrix.aim(weights, weightStart + firstOut * depth, depth, 1);
      const patches = new Patches(g, false, values, xi);
      gemm(g.outChannels, size, depth, matrix, patches, new Planes(o, oi, step, biases, bi, activation));
    }
  });
}

// Patches' gradient = wᵀ · gradient of the planes, added back onto the image.
function gradInput(op: string, axes: number, out: Operand, gradient: Operand, w: Operand): void {
  const g = geometryOf(op, axes, gradient, out, w);
  const size = positions(g);
  const step = g.outDepth * size;
  const depth = taps(g);
  const o = out.slab.view(out.kind);
  const { values: gradients, offset: start } = factorOf(gradient);
  const { values: weights, offset: weightStart } = factorOf(w);
  const image = doubles(SUMS, inputSize(g));
  const sum = new PatchSum(g, image);
  const planes = new Matrix();
  for (let part = 0; part < g.images * g.groups; part++) {
    image.fill(0, 0, inputSize(g));
    const wi = weightStart + (part % g.groups) * g.outChannels * depth;
    for (let plane = 0; plane < g.outDepth; plane++) {
      aimDepth(g, plane);
      const gi = start + (part * g.outChannels * g.outDepth + plane) * size;
      if (g.outChannels < LANES) {
        for (let channel = 0; channel < g.outChannels; channel++) {
          for (let tap = 0; tap < depth; tap++) {
            scatterTap(g, tap, weights[wi + channel * depth + tap], image, gradients, gi + channel * step);
          }
        }
      } else {
        matrix.aim(weights, wi, 1, depth);
        planes.aim(gradients, gi, 1, step);
        gemm(depth, size, g.outChannels, matrix, planes, sum);
      }
    }
    const to = out.offset + part * inputSize(g);
    for (let i = 0; i < inputSize(g); i++) o[to + i] = image[i];
  }
}

// The weights' gradient = Σ over images and output depths of gradient of the planes · patchesᵀ.
function gradWeight(op: string, axes: number, out: Operand, x: Operand, gradient: Operand): void {
  const g = geometryOf(op, axes, gradient, x, out);
  const size = positions(g);
  const step = g.outDepth * size;
  const depth = taps(g);
  const o = out.slab.view(out.kind);
  const { values, offset: start } = factorOf(x);
  const { values: gradients, offset: gradientStart } = factorOf(gradient);
  const count = g.outChannels * depth;
  const sums = doubles(SUMS, count * g.groups);
  sums.fill(0, 0, count * g.groups);
  forPlanes(g, start, gradientStart, (xi, gi, group) => {
    const of = sums.subarray(group * count, (group + 1) * count);
    if (g.outChannels < LANES) {
      for (let i = 0; i < count; i++) {
        const tap = i % depth;
        of[i] += dotTap(g, tap, values, xi, gradients, gi + ((i - tap) / depth) * step);
      }
    } else {
      matrix.aim(gradients, gi, step, 1);
      gemm(g.outChannels, depth, size, matrix, new Patches(g, true, values, xi), new Sum(of, depth));
    }
  });
  for (let i = 0; i < count * g.groups; i++) o[out.offset + i] = sums[i];
}

/** The kernels for images (axes 2) and for volumes (axes 3). */
function kernels(
  name: string,
  axes: number,
): Readonly<Record<'forward' | 'gradInput' | 'gradWeight', Entry>> {
  return {
    forward: {
      3: (_kind: Kind, out: Operand, x: Operand, w: Operand) => convolve(name, axes, out, x, w, null),
      4: (_kind: Kind, out: Operand, x: Operand, w: Operand, bias: Operand) =>
        convolve(name, axes, out, x, w, bias),
    },
    gradInput: {
      3: (_kind: Kind, out: Operand, gradient: Operand, w: Operand) =>
        gradInput(`${name}GradInput`, axes, out, gradient, w),
    },
    gradWeight: {
      3: (_kind: Kind, out: Operand, x: Operand, gradient: Operand) =>
        gradWeight(`${name}GradWeight`, axes, out, x, gradient),
    },
  };
}

const images = kernels('conv2d', 2);
const volumes = kernels('conv3d', 3);

export const convKernels = {
  conv2d: images.forward,
  conv2dGradInput: images.gradInput,
  conv2dGradWeight: images.gradWeight,
  conv3d: volumes.forward,
  conv3dGradInput: volumes.gradInput,
  conv3dGradWeight: volumes.gradWeight,
} as const;
