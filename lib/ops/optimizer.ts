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

/** What all steps take: attributes 0 to 2 of every kernel. */
export interface Descent {
  readonly lr: number;
  readonly weightDecay: number;
  readonly maximize: boolean;
}

function setDescent(how: Descent): void {
  attributes[0] = how.lr;
  attributes[1] = how.weightDecay;
  attributes[2] = how.maximize ? 1 : 0;
}

/** p ← p − lr · (g + weightDecay · p). Rows: p, g. @internal */
export function sgdStep(list: StepList, how: Descent): void {
  setDescent(how);
  active.runList(kernel.sgd, list.kind, list);
}

/** What the step with momentum takes. */
export interface Momentum extends Descent {
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
}

/** The same with a running sum of gradients, which a first step sets to the gradient. Rows: p, g, buffer. @internal */
export function sgdMomentumStep(list: StepList, how: Momentum, first: boolean): void {
  setDescent(how);
  attributes[3] = how.momentum;
  attributes[4] = how.dampening;
  attributes[5] = how.nesterov ? 1 : 0;
  attributes[6] = first ? 1 : 0;
  active.runList(kernel.sgdMomentum, list.kind, list);
}

/** a ← a + share · (p − a). Rows: a, p. @internal */
export function averageStep(list: StepList, share: number): void {
  attributes[0] = share;
  active.runList(kernel.average, list.kind, list);
}

/** What the steps of Adam and its kin take. */
export interface Moments extends Descent {
  readonly betas: readonly [number, number];
  readonly eps: number;
}

function setMoments(how: Moments): void {
  setDescent(how);
  attributes[3] = how.betas[0];
  attributes[4] = how.betas[1];
  attributes[5] = how.eps;
}

/**
 * Step number `step`, from 1, of Adam; decoupled weight decay is AdamW. Rows: p, g, m, v, and for AMSGrad the greatest
 * v. @internal
 */
export function adamStep(
  list: StepList,
  how: Moments & { readonly amsgrad: boolean },
  decoupled: boolean,
  step: number,
): void {
  setMoments(how);
  attributes[6] = decoupled ? 1 : 0;
  attributes[7] = 1 - how.betas[0] ** step;
  attributes[8] = 1 - how.betas[1] ** step;
  active.runList(how.amsgrad ? kernel.adamMax : kernel.adam, list.kind, list);
}

/** Moments whose weight decay may be decoupled. */
export type DecoupledMoments = Moments & { readonly decoupledWeightDecay: boolean };

/**
 * Step number `step` of NAdam, with the momentum of this step and the next, and the product of all up to this one.
 * Rows: p, g, m, v. @internal
 */
export function nadamStep(
  list: StepList,
  how: DecoupledMoments,
  step: number,
  momentum: number,
  nextMomentum: number,
  product: number,
): void {
  setMoments(how);
  attributes[6] = how.decoupledWeightDecay ? 1 : 0;
  attributes[7] = (how.lr * (1 - momentum)) / (1 - product);
  attributes[8] = (how.lr * nextMomentum) / (1 - product * nextMomentum);
  attributes[9] = 1 - how.betas[1] ** step;
  active.runList(kernel.nadam, list.kind, list);
}

/** Step number `step` of RAdam. Rows: p, g, m, v. @internal */
export function radamStep(list: StepList, how: DecoupledMoments, step: number): void {
  const beta2 = how.betas[1];
  const correction2 = 1 - beta2 ** step;
  const most = 2 / (1 - beta2) - 1;
  const length = most - (2 * step * beta2 ** step) / correction2;
  setMoments(how);
  attributes[6] = how.decoupledWeightDecay ? 1 : 0;
  attributes[7] = 1 - how.betas[0] ** step;
  attributes[8] = correction2;
  attributes[9] =
    length > 5 ? Math.sqrt(((length - 4) * (length - 2) * most) / ((most - 4) * (most - 2) * length)) : 0;
  active.runList(kernel.radam, list.kind, list);
}

/** Step number `step` of Adamax. Rows: p, g, m, u. @internal */
export function adamaxStep(list: StepList, how: Moments, step: number): void {
  setMoments(how);
  attributes[6] = 1 - how.betas[0] ** step;
  active.runList(kernel.adamax, list.kind, list);
}

/** Step number `step` of LAMB. Rows: p, g, m, v. @internal */
export function lambStep(list: StepList, how: Moments, step: number): void {
  setMoments(how);
  attributes[6] = 1 - how.betas[0] ** step;
  attributes[7] = 1 - how.betas[1] ** step;
  active.runList(kernel.lamb, list.kind, list);
}

/** What RMSprop takes. */
export interface MeanSquare extends Descent {
  readonly alpha: number;
  readonly eps: number;
  readonly momentum: number;
  readonly centered: boolean;
}

/** RMSprop. Rows: p, g, v, if centered the mean of g, with momentum its buffer. @internal */
export function rmspropStep(list: StepList, how: MeanSquare): void {
  setDescent(how);
  attributes[3] = how.alpha;
  attributes[4] = how.eps;
  attributes[5] = how.momentum;
  const plain = how.centered ? kernel.rmspropCentered : kernel.rmsprop;
  const withMomentum = how.centered ? kernel.rmspropCenteredMomentum : kernel.rmspropMomentum;
  active.runList(how.momentum > 0 ? withMomentum : plain, list.kind, list);
}

/** Step number `step` of Adagrad. Rows: p, g, sum of g². @internal */
export function adagradStep(
  list: StepList,
  how: Descent & { readonly lrDecay: number; readonly eps: number },
  step: number,
): void {
  setDescent(how);
  attributes[0] = how.lr / (1 + (step - 1) * how.lrDecay);
  attributes[3] = how.eps;
  active.runList(kernel.adagrad, list.kind, list);
}

/** Adadelta. Rows: p, g, mean of g², mean of squared steps. @internal */
export function adadeltaStep(
  list: StepList,
  how: Descent & { readonly rho: number; readonly eps: number },
): void {
  setDescent(how);
  attributes[3] = how.rho;
  attributes[4] = how.eps;
  active.runList(kernel.adadelta, list.kind, list);
}

/** What Rprop takes. */
export interface Resilience {
  readonly etas: readonly [number, number];
  readonly stepSizes: readonly [number, number];
  readonly maximize: boolean;
}

/** Rprop. Rows: p, g, g of the step before, step sizes. @internal */
export function rpropStep(list: StepList, how: Resilience): void {
  attributes[0] = 0;
  attributes[1] = 0;
  attributes[2] = how.maximize ? 1 : 0;
  attributes[3] = how.etas[0];
  attributes[4] = how.etas[1];
  attributes[5] = how.stepSizes[0];
  attributes[6] = how.stepSizes[1];
  active.runList(kernel.rprop, list.kind, list);
}

/** Averaged descent by the rate eta; the average moves by the share mu. Rows: p, g, average. @internal */
export function asgdStep(
  list: StepList,
  how: Descent & { readonly lambd: number },
  eta: number,
  mu: number,
): void {
  setDescent(how);
  attributes[0] = eta;
  attributes[3] = how.lambd;
  attributes[4] = mu;
  active.runList(kernel.asgd, list.kind, list);
}

/** Lion. Rows: p, g, m. @internal */
export function lionStep(list: StepList, how: Descent & { readonly betas: readonly [number, number] }): void {
  setDescent(how);
  attributes[3] = how.betas[0];
  attributes[4] = how.betas[1];
  active.runList(kernel.lion, list.kind, list);
}
