// The losses of classes: cross entropy of logits, and negative log-likelihood, with their gradients.

import { INT32, type Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { indexError } from '../status.js';
import { demandDense } from './check.js';
import type { KernelMany } from './kernel.js';

const NONE = 0;
const MEAN = 2;

/** Scores (N, C, …) with targets (N, …). */
interface Scores {
  readonly classes: number;
  readonly stride: number;
  readonly positions: number;
}

function scoresOf(op: string, operands: readonly Operand[], x: Operand): Scores {
  for (const operand of operands) demandDense(op, operand);
  const [images, classes, ...rest] = x.layout.dims;
  const stride = rest.reduce((product, dim) => product * dim, 1);
  return { classes, stride, positions: images * stride };
}

/** Where the scores of a position begin; they lie a stride apart. */
function startOf({ classes, stride }: Scores, position: number): number {
  return Math.floor(position / stride) * classes * stride + (position % stride);
}

/** The number of targets that are not ignored, or the sum of their weights, once all are known to be classes. */
function counted(op: string, { classes, positions }: Scores, target: Operand, weight?: Operand): number {
  const labels = target.slab.view(INT32);
  const ignored = attributes[0];
  let total = 0;
  for (let i = 0; i < positions; i++) {
    const label = labels[target.offset + i];
    if (label === ignored) continue;
    if (label < 0 || label >= classes) throw indexError(op, label, classes, 1);
    total += weight === undefined ? 1 : weight.slab.view(weight.kind)[weight.offset + label];
  }
  return total;
}

// Attributes: the class that counts for nothing, the share spread over all classes, the reduction. The helper keeps
// for each position its largest logit and the logarithm of its sum, and then what the total is divided by.

function loss(op: string, normalises: boolean): KernelMany {
  return (kind: Kind, operands) => {
    const [out, helper, x, target, weight] = operands;
    const scores = scoresOf(op, operands, x);
    const [ignored, smoothing, reduction] = attributes;
    const total = counted(op, scores, target, weight);
    const divisor = reduction === MEAN ? total : 1;
    const { classes, stride, positions } = scores;
    const [values, kept, to] = [x.slab.view(kind), helper.slab.view(kind), out.slab.view(kind)];
    const labels = target.slab.view(INT32);
    const w = weight?.slab.view(kind);
    const weightOf = (c: number): number => (w === undefined ? 1 : w[weight.offset + c]);
    kept[helper.offset + 2 * positions] = divisor;
    let sum = 0;
    for (let i = 0; i < positions; i++) {
      const start = x.offset + startOf(scores, i);
      const end = start + classes * stride;
      let largest = 0;
      let log = 0;
      if (normalises) {
        largest = Number.NEGATIVE_INFINITY;
        for (let at = start; at < end; at += stride) if (values[at] > largest) largest = values[at];
        for (let at = start; at < end; at += stride) log += Math.exp(values[at] - largest);
        log = Math.log(log);
        kept[helper.offset + i] = largest;
        kept[helper.offset + positions + i] = log;
      }
      const label = labels[target.offset + i];
      let value = 0;
      if (label !== ignored) {
        value = (1 - smoothing) * weightOf(label) * (largest - values[start + label * stride] + log);
        if (smoothing > 0) {
          let even = 0;
          for (let c = 0; c < classes; c++)
            even += weightOf(c) * (largest - values[start + c * stride] + log);
          value += (smoothing / classes) * even;
        }
      }
      if (reduction === NONE) to[out.offset + i] = value;
      else sum += value;
    }
    if (reduction !== NONE) to[out.offset] = sum / divisor;
  };
}

function gradient(op: string, normalises: boolean): KernelMany {
  return (kind: Kind, operands) => {
    const [dx, g, x, helper, target, weight] = operands;
    const scores = scoresOf(op, operands, x);
    const [ignored, smoothing, reduction] = attributes;
    counted(op, scores, target, weight);
    const { classes, stride, positions } = scores;
    const [values, kept, to] = [x.slab.view(kind), helper.slab.view(kind), dx.slab.view(kind)];
    const gradients = g.slab.view(kind);
    const labels = target.slab.view(INT32);
    const w = weight?.slab.view(kind);
    const weightOf = (c: number): number => (w === undefined ? 1 : w[weight.offset + c]);
    const divisor = kept[helper.offset + 2 * positions];
    let every = 0;
    for (let c = 0; c < classes; c++) every += weightOf(c);
    for (let i = 0; i < positions; i++) {
      const start = startOf(scores, i);
      const label = labels[target.offset + i];
      const counts = label !== ignored;
      const share = counts ? gradients[g.offset + (reduction === NONE ? i : 0)] / divisor : 0;
      const own = counts ? share * (1 - smoothing) * weightOf(label) : 0;
      const even = (share * smoothing) / classes;
      const factor = normalises ? own + even * every : 0;
      const largest = kept[helper.offset + i];
      const log = kept[helper.offset + positions + i];
      for (let c = 0; c < classes; c++) {
        const at = start + c * stride;
        const power = factor === 0 ? 0 : factor * Math.exp(values[x.offset + at] - largest - log);
        to[dx.offset + at] = power - (even === 0 ? 0 : even * weightOf(c)) - (c === label ? own : 0);
      }
    }
  };
}

export const classLossKernels = {
  crossEntropy: { many: loss('crossEntropy', true) },
  crossEntropyGrad: { many: gradient('crossEntropyGrad', true) },
  nllLoss: { many: loss('nllLoss', false) },
  nllLossGrad: { many: gradient('nllLossGrad', false) },
};
