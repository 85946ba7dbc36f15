// Losses of two tensors of one shape, by their differences.

import type { Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { demandDense } from './check.js';
import type { Kernel3, Kernel4 } from './kernel.js';

type OfDifference = (d: number) => number;

/** Attributes: 1 where the losses are added up, and a factor of that sum. */
function loss(op: string, value: OfDifference): Kernel3 {
  return (kind: Kind, out: Operand, x: Operand, y: Operand): void => {
    for (const operand of [out, x, y]) demandDense(op, operand);
    const [to, a, b] = [out.slab.view(kind), x.slab.view(kind), y.slab.view(kind)];
    const size = x.layout.size;
    if (attributes[0] === 0) {
      for (let i = 0; i < size; i++) to[out.offset + i] = value(a[x.offset + i] - b[y.offset + i]);
      return;
    }
    let sum = 0;
    for (let i = 0; i < size; i++) sum += value(a[x.offset + i] - b[y.offset + i]);
    to[out.offset] = sum * attributes[1];
  };
}

/** Attribute 0: a factor. The gradient is one number, or one for each element. */
function gradient(op: string, slope: OfDifference): Kernel4 {
  return (kind: Kind, dx: Operand, g: Operand, x: Operand, y: Operand): void => {
    for (const operand of [dx, g, x, y]) demandDense(op, operand);
    const [to, gradients] = [dx.slab.view(kind), g.slab.view(kind)];
    const [a, b] = [x.slab.view(kind), y.slab.view(kind)];
    const step = g.layout.rank === 0 ? 0 : 1;
    const factor = attributes[0];
    for (let i = 0; i < x.layout.size; i++) {
      to[dx.offset + i] = gradients[g.offset + i * step] * factor * slope(a[x.offset + i] - b[y.offset + i]);
    }
  };
}

export const pairLossKernels = {
  mseLoss: { 3: loss('mseLoss', (d) => d * d) },
  mseLossGrad: { 4: gradient('mseLossGrad', (d) => 2 * d) },
  l1Loss: { 3: loss('l1Loss', Math.abs) },
  l1LossGrad: { 4: gradient('l1LossGrad', Math.sign) },
};
