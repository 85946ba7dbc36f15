// Optimizer steps over lists of parameters, in PyTorch's order of operations.

import { type DataArray, FLOAT64, type Kind } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import type { Operand, OperandList } from '../backend.js';
import { attributes } from '../record.js';
import { demandDense, refuseKind } from './check.js';
import type { ListKernel } from './kernel.js';

// State is rounded to its dtype when it is stored, and read back rounded, as if each step were an op of its own.

/** One step of the first n elements of a row's columns; column c starts at offsets[c] of arrays[c]. */
type Step = (arrays: readonly DataArray[], offsets: readonly number[], n: number) => void;

function list(op: string, width: number, step: Step): ListKernel {
  return (kind: Kind, { rows }: OperandList): void => {
    if (kind > FLOAT64) refuseKind(op, kind);
    for (const row of rows) checkRow(op, row, width);
    for (const row of rows) {
      const arrays = row.map((operand) => operand.slab.view(operand.kind));
      const offsets = row.map((operand) => operand.offset);
      step(arrays, offsets, row[0].layout.size);
    }
  };
}

function checkRow(op: string, row: readonly Operand[], width: number): void {
  const fits = row.length === width && row.every((operand) => operand.layout.size === row[0].layout.size);
  if (!fits) {
    throw new ShapeError(
      op,
      `expects ${width} arrays of equal size for each parameter`,
      row.map((operand) => operand.layout.dims),
    );
  }
  for (const operand of row) demandDense(op, operand);
}

const sgdStep: Step = ([param, grad], [p0, g0], n) => {
  const lr = attributes[0];
  const decay = attributes[1];
  const sign = attributes[2] !== 0 ? -1 : 1;
  for (let i = 0; i < n; i++) {
    const p = param[p0 + i];
    param[p0 + i] = p - lr * (sign * grad[g0 + i] + decay * p);
  }
};

const sgdMomentumStep: Step = ([param, grad, buffer], [p0, g0, b0], n) => {
  const lr = attributes[0];
  const decay = attributes[1];
  const sign = attributes[2] !== 0 ? -1 : 1;
  const momentum = attributes[3];
  const fresh = 1 - attributes[4];
  const nesterov = attributes[5] !== 0;
  const first = attributes[6] !== 0;
  for (let i = 0; i < n; i++) {
    const p = param[p0 + i];
    const g = sign * grad[g0 + i] + decay * p;
    // A first step doesn't read the buffer: it may hold anything.
    buffer[b0 + i] = first ? g : momentum * buffer[b0 + i] + fresh * g;
    const velocity = buffer[b0 + i];
    param[p0 + i] = p - lr * (nesterov ? g + momentum * velocity : velocity);
  }
};

const adamStep: Step = ([param, grad, mean, square], [p0, g0, m0, v0], n) => {
  const lr = attributes[0];
  const decay = attributes[1];
  const sign = attributes[2] !== 0 ? -1 : 1;
  const beta1 = attributes[3];
  const beta2 = attributes[4];
  const eps = attributes[5];
  const decoupled = attributes[6] !== 0;
  const stepSize = lr / attributes[7];
  const correction = Math.sqrt(attributes[8]);
  const shrink = decoupled ? 1 - lr * decay : 1;
  const added = decoupled ? 0 : decay;
  for (let i = 0; i < n; i++) {
    const p = param[p0 + i] * shrink;
    const g = sign * grad[g0 + i] + added * p;
    mean[m0 + i] += (1 - beta1) * (g - mean[m0 + i]);
    square[v0 + i] = beta2 * square[v0 + i] + (1 - beta2) * g * g;
    const denominator = Math.sqrt(square[v0 + i]) / correction + eps;
    param[p0 + i] = p - (stepSize * mean[m0 + i]) / denominator;
  }
};

export const optimizerKernels = {
  sgd: { list: list('sgd', 2, sgdStep) },
  sgdMomentum: { list: list('sgdMomentum', 3, sgdMomentumStep) },
  adam: { list: list('adam', 4, adamStep) },
};
