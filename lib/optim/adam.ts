// Adam and AdamW, which differ in where the weight decays.

import { adamStep } from '../ops/optimizer.js';
import { FusedOptimizer } from './fused.js';
import type { Trainable } from './optimizer.js';
import { decayRates, flag, notNegative, type OptionSpec } from './options.js';
import type { Batch } from './plan.js';

export interface AdamOptions {
  /** The learning rate. Default 1e-3. */
  lr: number;
  /** The shares that the means of the gradient and of its square keep at each step. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root that steps are divided by. Default 1e-8. */
  eps: number;
  /** How much the parameters decay: through the gradient in Adam (default 0), by themselves in AdamW (default 0.01). */
  weightDecay: number;
  /** Whether steps are divided by the greatest v so far instead of v (Reddi et al. 2018). Default false. */
  amsgrad: boolean;
  /** Whether it climbs instead. Default false. */
  maximize: boolean;
}

function specOf(op: string, weightDecay: number): OptionSpec<AdamOptions> {
  return {
    op,
    defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay, amsgrad: false, maximize: false },
    checks: {
      lr: notNegative,
      betas: decayRates,
      eps: notNegative,
      weightDecay: notNegative,
      amsgrad: flag,
      maximize: flag,
    },
  };
}

const SLOTS = ['expAvg', 'expAvgSq'];
const ALL_SLOTS = [...SLOTS, 'maxExpAvgSq'];
const ADAM = specOf('Adam', 0);
const ADAMW = specOf('AdamW', 0.01);

/** Adam but for where the weight decays. */
abstract class AnyAdam extends FusedOptimizer<AdamOptions> {
  protected readonly slots = ALL_SLOTS;

  protected override slotsOf(group: Readonly<AdamOptions>): readonly string[] {
    return group.amsgrad ? ALL_SLOTS : SLOTS;
  }
}

/**
 * Adam: with means m and v of the gradient and of its square, p ← p − lr · m̂ / (√v̂ + eps), where m̂ = m / (1 − β₁ᵗ) and
 * v̂ = v / (1 − β₂ᵗ) at step t. weightDecay · p is added to the gradient (Kingma and Ba 2015).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1], { dtype: 'float64', requiresGrad: true });
 * const optimizer = new optim.Adam([w], { lr: 0.5, eps: 0 });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * w.toArray(); // => [0.5]
 */
export class Adam extends AnyAdam {
  constructor(params: Trainable<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, options, ADAM);
  }

  protected stepBatch(group: AdamOptions, batch: Batch): void {
    adamStep(batch.list, group, false, batch.step + 1);
  }
}

/**
 * Adam with decoupled weight decay: the parameters shrink by the factor 1 − lr · weightDecay before the step, which the
 * means do not see (Loshchilov and Hutter 2019).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1], { dtype: 'float64', requiresGrad: true });
 * const optimizer = new optim.AdamW([w], { lr: 0.5, weightDecay: 0.5, eps: 0 });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * w.toArray(); // => [0.25]
 */
export class AdamW extends AnyAdam {
  constructor(params: Trainable<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, options, ADAMW);
  }

  protected stepBatch(group: AdamOptions, batch: Batch): void {
    adamStep(batch.list, group, true, batch.step + 1);
  }
}
