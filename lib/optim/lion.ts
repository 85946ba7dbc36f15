// Lion: steps by the sign of a mean of the gradient.

import { lionStep } from '../ops/optimizer.js';
import { FusedOptimizer } from './fused.js';
import type { Trainable } from './optimizer.js';
import { decayRates, flag, notNegative, type OptionSpec } from './options.js';
import type { Batch } from './plan.js';

export interface LionOptions {
  /** The learning rate: a third to a tenth of what suits AdamW. Default 1e-4. */
  lr: number;
  /** The share of the mean in the step, and the share that the mean keeps. Default [0.9, 0.99]. */
  betas: readonly [number, number];
  /** The parameters shrink by 1 − lr · weightDecay; three to ten times what suits AdamW. Default 0. */
  weightDecay: number;
  /** Whether it climbs instead. Default false. */
  maximize: boolean;
}

const SPEC: OptionSpec<LionOptions> = {
  op: 'Lion',
  defaults: { lr: 1e-4, betas: [0.9, 0.99], weightDecay: 0, maximize: false },
  checks: {
    lr: notNegative,
    betas: decayRates,
    weightDecay: notNegative,
    maximize: flag,
  },
};

const SLOTS = ['expAvg'];

/**
 * Lion: p ← (1 − lr · weightDecay) p − lr · sign(β₁ m + (1 − β₁) g), then m ← β₂ m + (1 − β₂) g (Chen et al. 2023).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1], { dtype: 'float64', requiresGrad: true });
 * const optimizer = new optim.Lion([w], { lr: 0.5 });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * w.toArray(); // => [0.5]
 */
export class Lion extends FusedOptimizer<LionOptions> {
  protected readonly slots = SLOTS;

  constructor(params: Trainable<LionOptions>, options: Partial<LionOptions> = {}) {
    super(params, options, SPEC);
  }

  protected stepBatch(group: LionOptions, batch: Batch): void {
    lionStep(batch.list, group);
  }
}
