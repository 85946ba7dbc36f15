// RAdam: Adam that waits until its variance can be told.

import { radamStep } from '../ops/optimizer.js';
import { FusedOptimizer } from './fused.js';
import type { Trainable } from './optimizer.js';
import { decayRates, flag, notNegative, type OptionSpec } from './options.js';
import type { Batch } from './plan.js';

export interface RAdamOptions {
  /** The learning rate. Default 1e-3. */
  lr: number;
  /** The shares that the means of the gradient and of its square keep at each step. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root that steps are divided by. Default 1e-8. */
  eps: number;
  /** A factor of the parameters that is added to their gradients. Default 0. */
  weightDecay: number;
  /** Whether the parameters shrink by 1 − lr · weightDecay instead, as in AdamW. Default false. */
  decoupledWeightDecay: boolean;
  /** Whether it climbs instead. Default false. */
  maximize: boolean;
}

const SPEC: OptionSpec<RAdamOptions> = {
  op: 'RAdam',
  defaults: {
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay: 0,
    decoupledWeightDecay: false,
    maximize: false,
  },
  checks: {
    lr: notNegative,
    betas: decayRates,
    eps: notNegative,
    weightDecay: notNegative,
    decoupledWeightDecay: flag,
    maximize: flag,
  },
};

const SLOTS = ['expAvg', 'expAvgSq'];

/**
 * RAdam: with ρ = 2 / (1 − β₂) − 1 and ρₜ = ρ − 2 t β₂ᵗ / (1 − β₂ᵗ), p ← p − lr · m̂ · rₜ √(1 − β₂ᵗ) / (√v + eps)
 * where ρₜ > 5, rₜ = √((ρₜ − 4)(ρₜ − 2) ρ / ((ρ − 4)(ρ − 2) ρₜ)), and p ← p − lr · m̂ before (Liu et al. 2020).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1], { dtype: 'float64', requiresGrad: true });
 * const optimizer = new optim.RAdam([w], { lr: 0.5 });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * w.toArray(); // => [-0.5]
 */
export class RAdam extends FusedOptimizer<RAdamOptions> {
  protected readonly slots = SLOTS;

  constructor(params: Trainable<RAdamOptions>, options: Partial<RAdamOptions> = {}) {
    super(params, options, SPEC);
  }

  protected stepBatch(group: RAdamOptions, batch: Batch): void {
    radamStep(batch.list, group, batch.step + 1);
  }
}
