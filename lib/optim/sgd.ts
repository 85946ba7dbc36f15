// Stochastic gradient descent, with momentum.

import { ArgumentError } from '../core/errors.js';
import { sgdMomentumStep, sgdStep } from '../ops/optimizer.js';
import { FusedOptimizer } from './fused.js';
import type { Trainable } from './optimizer.js';
import { finite, flag, notNegative, type OptionSpec } from './options.js';
import type { Batch } from './plan.js';

export interface SGDOptions {
  /** The learning rate. Default 1e-3. */
  lr: number;
  /** The share of the last step that the next one keeps. Default 0. */
  momentum: number;
  /** What a gradient loses when it joins the momentum. Default 0. */
  dampening: number;
  /** A factor of the parameters that is added to their gradients. Default 0. */
  weightDecay: number;
  /** Whether the step looks ahead along the momentum; needs momentum and no dampening. Default false. */
  nesterov: boolean;
  /** Whether it climbs instead. Default false. */
  maximize: boolean;
}

const SPEC: OptionSpec<SGDOptions> = {
  op: 'SGD',
  defaults: { lr: 1e-3, momentum: 0, dampening: 0, weightDecay: 0, nesterov: false, maximize: false },
  checks: {
    lr: notNegative,
    momentum: notNegative,
    dampening: finite,
    weightDecay: notNegative,
    nesterov: flag,
    maximize: flag,
  },
  together({ nesterov, momentum, dampening }) {
    if (!nesterov || (momentum > 0 && dampening === 0)) return;
    throw new ArgumentError(
      'SGD',
      'nesterov',
      nesterov,
      `nesterov needs momentum above 0 and no dampening; got ${momentum} and ${dampening}`,
    );
  },
};

const SLOTS = ['momentumBuffer'];
const NONE: readonly string[] = [];

/**
 * Stochastic gradient descent: p ← p − lr · v, where v is the gradient g + weightDecay · p, or with momentum
 * v ← momentum · v + (1 − dampening) · g, which the first step sets to g; nesterov steps along g + momentum · v
 * (Sutskever et al. 2013).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1, 2], { requiresGrad: true });
 * const optimizer = new optim.SGD([w], { lr: 0.5 });
 * w.sum().backward();
 * optimizer.step();
 * w.toArray(); // => [0.5, 1.5]
 */
export class SGD extends FusedOptimizer<SGDOptions> {
  protected readonly slots = SLOTS;

  constructor(params: Trainable<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(params, options, SPEC);
  }

  protected override slotsOf(group: Readonly<SGDOptions>): readonly string[] {
    return group.momentum === 0 ? NONE : SLOTS;
  }

  protected stepBatch(group: SGDOptions, batch: Batch): void {
    if (group.momentum === 0) sgdStep(batch.list, group);
    else sgdMomentumStep(batch.list, group, batch.step === 0);
  }
}
