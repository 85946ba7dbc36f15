// Softmax, its logarithm and their gradients: kernels over the rows along one axis.

import type { DataArray, Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { Cursor } from './cursor.js';
import { doubles } from './scratch.js';

/** Walks the first elements of an operand's rows along an axis. */
class Rows {
  array: DataArray = new Float64Array(0);
  stride = 0;
  readonly #cursor = new Cursor();

  aim(operand: Operand, axis: number): void {
    const { dims, strides } = operand.layout;
    this.array = operand.slab.view(operand.kind);
    this.stride = strides[axis] ?? 1;
    this.#cursor.aim(
      dims.map((dim, i) => (i === axis ? 1 : dim)),
      strides,
      operand.offset,
    );
  }

  next(): number {
    return this.#cursor.next();
  }
}

const outRows = new Rows();
const firstRows = new Rows();
const secondRows = new Rows();

type RowLoop = (
  o: DataArray,
  oi: number,
  oStride: number,
  x: DataArray,
  xi: number,
  xStride: number,
  n: number,
) => void;

type GradRowLoop = (
  o: DataArray,
  oi: number,
  oStride: number,
  g: DataArray,
  gi: number,
  gStride: number,
  y: DataArray,
  yi: number,
  yStride: number,
  n: number,
) => void;

function largest(x: DataArray, i: number, stride: number, n: number): number {
  let best = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < n; k++, i += stride) if (x[i] > best) best = x[i];
  return best;
}

// A NaN in a row makes all of it NaN, through the sum; so does a row of nothing but -Infinity.
const softmaxRow: RowLoop = (o, oi, oStride, x, xi, xStride, n) => {
  const max = largest(x, xi, xStride, n);
  const powers = doubles(0, n);
  let sum = 0;
  for (let k = 0; k < n; k++, xi += xStride) {
    const power = Math.exp(x[xi] - max);
    powers[k] = power;
    sum += power;
  }
  for (let k = 0; k < n; k++, oi += oStride) o[oi] = powers[k] / sum;
};

const logSoftmaxRow: RowLoop = (o, oi, oStride, x, xi, xStride, n) => {
  const max = largest(x, xi, xStride, n);
  let sum = 0;
  for (let k = 0, i = xi; k < n; k++, i += xStride) sum += Math.exp(x[i] - max);
  const log = Math.log(sum);
  for (let k = 0; k < n; k++, oi += oStride, xi += xStride) o[oi] = x[xi] - max - log;
};

// dx = y (g - Σ g y)
const softmaxGradRow: GradRowLoop = (o, oi, oStride, g, gi, gStride, y, yi, yStride, n) => {
  let dot = 0;
  for (let k = 0, i = gi, j = yi; k < n; k++, i += gStride, j += yStride) dot += g[i] * y[j];
  for (let k = 0; k < n; k++, oi += oStride, gi += gStride, yi += yStride) o[oi] = y[yi] * (g[gi] - dot);
};

// dx = g - exp(y) Σ g
const logSoftmaxGradRow: GradRowLoop = (o, oi, oStride, g, gi, gStride, y, yi, yStride, n) => {
  let sum = 0;
  for (let k = 0, i = gi; k < n; k++, i += gStride) sum += g[i];
  for (let k = 0; k < n; k++, oi += oStride, gi += gStride, yi += yStride) {
    o[oi] = g[gi] - Math.exp(y[yi]) * sum;
  }
};

function rows(loop: RowLoop) {
  return (_kind: Kind, out: Operand, x: Operand): void => {
    const axis = attributes[0];
    const n = out.layout.dims[axis] ?? 1;
    outRows.aim(out, axis);
    firstRows.aim(x, axis);
    for (let left = out.layout.size; left > 0; left -= n) {
      loop(
        outRows.array,
        outRows.next(),
        outRows.stride,
        firstRows.array,
        firstRows.next(),
        firstRows.stride,
        n,
      );
    }
  };
}

function gradRows(loop: GradRowLoop) {
  return (_kind: Kind, out: Operand, g: Operand, y: Operand): void => {
    const axis = attributes[0];
    const n = out.layout.dims[axis] ?? 1;
    outRows.aim(out, axis);
    firstRows.aim(g, axis);
    secondRows.aim(y, axis);
    for (let left = out.layout.size; left > 0; left -= n) {
      loop(
        outRows.array,
        outRows.next(),
        outRows.stride,
        firstRows.array,
        firstRows.next(),
        firstRows.stride,
        secondRows.array,
        secondRows.next(),
        secondRows.stride,
        n,
      );
    }
  };
}

export const rowKernels = {
  softmax: { 2: rows(softmaxRow) },
  logSoftmax: { 2: rows(logSoftmaxRow) },
  softmaxGrad: { 3: gradRows(softmaxGradRow) },
  logSoftmaxGrad: { 3: gradRows(logSoftmaxGradRow) },
};
