// Adamax: Adam by the greatest gradient.

import { adamaxStep } from '../ops/optimizer.js';
import { FusedOptimizer } from './fused.js';
import type { Trainable } from './optimizer.js';
import { decayRates, flag, notNegative, type OptionSpec } from './options.js';
import type { Batch } from './plan.js';

export interface AdamaxOptions {
  /** The learning rate. Default 2e-3. */
  lr: number;
  /** The shares that the mean of the gradient and its greatest size keep at each step. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the size of the gradient. Default 1e-8. */
  eps: number;
  /** A factor of the parameters that is added to their gradients. Default 0. */
  weightDecay: number;
  /** Whether it climbs instead. Default false. */
  maximize: boolean;
}

const SPEC: OptionSpec<AdamaxOptions> = {
  op: 'Adamax',
  defaults: { lr: 2e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0, maximize: false },
  checks: {
    lr: notNegative,
    betas: decayRates,
    eps: notNegative,
    weightDecay: notNegative,
    maximize: flag,
  },
};

const SLOTS = ['expAvg', 'expInf'];

/**
 * Adamax: with the mean m of the gradient and u ← max(β₂ u, |g| + eps), p ← p − lr · m / ((1 − β₁ᵗ) u) (Kingma and Ba
 * 2015, section 7.1).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1], { dtype: 'float64', requiresGrad: true });
 * const optimizer = new optim.Adamax([w], { lr: 0.5, eps: 0, betas: [0.5, 0.9] });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * w.toArray(); // => [0.5]
 */
export class Adamax extends FusedOptimizer<AdamaxOptions> {
  protected readonly slots = SLOTS;

  constructor(params: Trainable<AdamaxOptions>, options: Partial<AdamaxOptions> = {}) {
    super(params, options, SPEC);
  }

  protected stepBatch(group: AdamaxOptions, batch: Batch): void {
    adamaxStep(batch.list, group, batch.step + 1);
  }
}
