// Steps of optimizers: one kernel call for all parameters of a list.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { FLOAT64, type Kind } from '../core/dtype.js';
import { denseLayout } from '../core/layout.js';
import { keep } from '../core/scope.js';
import { makeLasting, type Tensor } from '../core/tensor.js';

/**
 * Rows of contiguous tensors of one dtype, one row a parameter: the parameter, its gradient, its state. Their places
 * in memory are written down once, so none of them may be disposed of while the list is used. An operand list by its
 * shape alone: the published types of tensors lack the fields of operands.
 */
export class StepList {
  readonly width: number;
  readonly kind: Kind;
  readonly encoded: Tensor;

  constructor(readonly rows: readonly (readonly Tensor[])[]) {
    this.width = rows[0].length;
    this.kind = rows[0][0].kind;
    const length = 2 * this.width + 1;
    this.encoded = keep(makeLasting(denseLayout([rows.length * length]), FLOAT64));
    const numbers = this.encoded.slab.view(FLOAT64);
    let at = this.encoded.offset;
    for (const row of rows) {
      for (const one of row) {
        numbers[at++] = one.slab.id;
        numbers[at++] = one.offset;
      }
      numbers[at++] = row[0].size;
    }
  }
}

/** p ← p − lr · (g + weightDecay · p). Rows: p, g. @internal */
export function sgdStep(list: StepList, lr: number, weightDecay: number, maximize: boolean): void {
  attributes[0] = lr;
  attributes[1] = weightDecay;
  attributes[2] = maximize ? 1 : 0;
  active.runList(kernel.sgd, list.kind, list);
}

/** What the step with momentum takes. */
export interface Momentum {
  readonly lr: number;
  readonly weightDecay: number;
  readonly maximize: boolean;
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
}

/** The same with a running sum of gradients, which a first step sets to the gradient. Rows: p, g, buffer. @internal */
export function sgdMomentumStep(list: StepList, how: Momentum, first: boolean): void {
  attributes[0] = how.lr;
  attributes[1] = how.weightDecay;
  attributes[2] = how.maximize ? 1 : 0;
  attributes[3] = how.momentum;
  attributes[4] = how.dampening;
  attributes[5] = how.nesterov ? 1 : 0;
  attributes[6] = first ? 1 : 0;
  active.runList(kernel.sgdMomentum, list.kind, list);
}

/** What the step of Adam takes. */
export interface Moments {
  readonly lr: number;
  readonly weightDecay: number;
  readonly maximize: boolean;
  readonly betas: readonly [number, number];
  readonly eps: number;
}

/** Step number `step`, from 1, of Adam; decoupled weight decay is AdamW. Rows: p, g, m, v. @internal */
export function adamStep(list: StepList, how: Moments, decoupled: boolean, step: number): void {
  const beta1 = how.betas[0];
  const beta2 = how.betas[1];
  attributes[0] = how.lr;
  attributes[1] = how.weightDecay;
  attributes[2] = how.maximize ? 1 : 0;
  attributes[3] = beta1;
  attributes[4] = beta2;
  attributes[5] = how.eps;
  attributes[6] = decoupled ? 1 : 0;
  attributes[7] = 1 - beta1 ** step;
  attributes[8] = 1 - beta2 ** step;
  active.runList(kernel.adam, list.kind, list);
}
