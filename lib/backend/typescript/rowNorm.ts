// Layer and root-mean-square normalisation of rows, and their gradients.

import type { Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { demandDense } from './check.js';
import type { KernelMany } from './kernel.js';
import { doubles } from './scratch.js';

interface Rows {
  readonly rows: number;
  readonly n: number;
}

/** Attribute 0 is the first axis of a row. */
function rowsOf(op: string, operands: readonly Operand[], x: Operand): Rows {
  for (const operand of operands) demandDense(op, operand);
  let rows = 1;
  let n = 1;
  x.layout.dims.forEach((dim, i) => {
    if (i < attributes[0]) rows *= dim;
    else n *= dim;
  });
  return { rows, n };
}

// The statistics hold a mean for each row, where rows are centred, and then a scale for each.

function norm(op: string, centred: boolean): KernelMany {
  return (kind: Kind, operands) => {
    const [y, statistics, x, weight, bias] = operands;
    const { rows, n } = rowsOf(op, operands, x);
    const eps = attributes[1];
    const [from, to, found] = [x.slab.view(kind), y.slab.view(kind), statistics.slab.view(kind)];
    const w = weight?.slab.view(kind);
    const b = bias?.slab.view(kind);
    for (let row = 0; row < rows; row++) {
      const start = x.offset + row * n;
      let mean = 0;
      if (centred) {
        for (let i = start; i < start + n; i++) mean += from[i];
        mean /= n;
        found[statistics.offset + row] = mean;
      }
      let squares = 0;
      for (let i = start; i < start + n; i++) squares += (from[i] - mean) ** 2;
      const scale = 1 / Math.sqrt(squares / n + eps);
      found[statistics.offset + (centred ? rows : 0) + row] = scale;
      for (let i = 0, out = y.offset + row * n; i < n; i++) {
        let value = (from[start + i] - mean) * scale;
        if (w !== undefined) value *= w[weight.offset + i];
        if (b !== undefined) value += b[bias.offset + i];
        to[out + i] = value;
      }
    }
  };
}

// With h = g · weight and z the normalised values: dx = (h − mean of h − z · mean of h z) · scale; a row that is not
// centred lacks the middle term.
function normGrad(op: string, centred: boolean): KernelMany {
  return (kind: Kind, operands) => {
    const [dx, g, x, statistics, weight] = operands;
    const { rows, n } = rowsOf(op, operands, x);
    const [to, gradients, from] = [dx.slab.view(kind), g.slab.view(kind), x.slab.view(kind)];
    const found = statistics.slab.view(kind);
    const w = weight?.slab.view(kind);
    const h = doubles(0, n);
    for (let row = 0; row < rows; row++) {
      const mean = centred ? found[statistics.offset + row] : 0;
      const scale = found[statistics.offset + (centred ? rows : 0) + row];
      const start = x.offset + row * n;
      let sum = 0;
      let dot = 0;
      for (let i = 0, at = g.offset + row * n; i < n; i++) {
        h[i] = w === undefined ? gradients[at + i] : gradients[at + i] * w[weight.offset + i];
        sum += h[i];
        dot += h[i] * (from[start + i] - mean) * scale;
      }
      const first = centred ? sum / n : 0;
      const second = dot / n;
      for (let i = 0, out = dx.offset + row * n; i < n; i++) {
        to[out + i] = (h[i] - first - (from[start + i] - mean) * scale * second) * scale;
      }
    }
  };
}

// Σ g z over the rows and, where the output has a second row, Σ g.
function normGradWeight(op: string, centred: boolean): KernelMany {
  return (kind: Kind, operands) => {
    const [out, g, x, statistics] = operands;
    const { rows, n } = rowsOf(op, operands, x);
    const both = out.layout.size > n;
    const [gradients, from, found] = [g.slab.view(kind), x.slab.view(kind), statistics.slab.view(kind)];
    const sums = doubles(0, 2 * n).fill(0, 0, 2 * n);
    for (let row = 0; row < rows; row++) {
      const mean = centred ? found[statistics.offset + row] : 0;
      const scale = found[statistics.offset + (centred ? rows : 0) + row];
      for (let i = 0, gi = g.offset + row * n, xi = x.offset + row * n; i < n; i++) {
        sums[i] += gradients[gi + i] * (from[xi + i] - mean) * scale;
        sums[n + i] += gradients[gi + i];
      }
    }
    out.slab.view(kind).set(sums.subarray(0, both ? 2 * n : n), out.offset);
  };
}

export const rowNormKernels = {
  layerNorm: { many: norm('layerNorm', true) },
  layerNormGrad: { many: normGrad('layerNormGrad', true) },
  layerNormGradWeight: { many: normGradWeight('layerNormGradWeight', true) },
  rmsNorm: { many: norm('rmsNorm', false) },
  rmsNormGrad: { many: normGrad('rmsNormGrad', false) },
  rmsNormGradWeight: { many: normGradWeight('rmsNormGradWeight', false) },
};
