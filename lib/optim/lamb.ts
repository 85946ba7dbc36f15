// LAMB: Adam for large batches.

import { lambStep } from '../ops/optimizer.js';
import { FusedOptimizer } from './fused.js';
import type { Trainable } from './optimizer.js';
import { decayRates, flag, notNegative, type OptionSpec } from './options.js';
import type { Batch } from './plan.js';

export interface LAMBOptions {
  /** The learning rate. Default 1e-3. */
  lr: number;
  /** The shares that the means of the gradient and of its square keep at each step. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root that steps are divided by. Default 1e-6. */
  eps: number;
  /** A factor of the parameters that is added to their direction. Default 0. */
  weightDecay: number;
  /** Whether it climbs instead. Default false. */
  maximize: boolean;
}

const SPEC: OptionSpec<LAMBOptions> = {
  op: 'LAMB',
  defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-6, weightDecay: 0, maximize: false },
  checks: {
    lr: notNegative,
    betas: decayRates,
    eps: notNegative,
    weightDecay: notNegative,
    maximize: flag,
  },
};

const SLOTS = ['expAvg', 'expAvgSq'];

/**
 * LAMB: with the m̂ and v̂ of Adam and the direction u = m̂ / (√v̂ + eps) + weightDecay · p, p ← p − lr · ‖p‖ / ‖u‖ ·
 * u, the norms being those of one parameter tensor; where one of them is 0, p ← p − lr · u (You et al. 2020).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([2], { dtype: 'float64', requiresGrad: true });
 * const optimizer = new optim.LAMB([w], { lr: 0.25, eps: 0, betas: [0.5, 0.5] });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * w.toArray(); // => [1.5]
 */
export class LAMB extends FusedOptimizer<LAMBOptions> {
  protected readonly slots = SLOTS;

  constructor(params: Trainable<LAMBOptions>, options: Partial<LAMBOptions> = {}) {
    super(params, options, SPEC);
  }

  protected stepBatch(group: LAMBOptions, batch: Batch): void {
    lambStep(batch.list, group, batch.step + 1);
  }
}
