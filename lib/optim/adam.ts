// Adam and AdamW, which differ in where the weight decays.

import { adamStep } from '../ops/optimizer.js';
import { Optimizer, type Trainable } from './optimizer.js';
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
  /** Whether it climbs instead. Default false. */
  maximize: boolean;
}

function specOf(op: string, weightDecay: number): OptionSpec<AdamOptions> {
  return {
    op,
    defaults: { lr: 1e-3, betas: [0.9, 0.999], eps: 1e-8, weightDecay, maximize: false },
    checks: {
      lr: notNegative,
      betas: decayRates,
      eps: notNegative,
      weightDecay: notNegative,
      maximize: flag,
    },
  };
}

const SLOTS = ['expAvg', 'expAvgSq'];
const ADAM = specOf('Adam', 0);
const ADAMW = specOf('AdamW', 0.01);

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
export class Adam extends Optimizer<AdamOptions> {
  protected readonly slots = SLOTS;

  constructor(params: Trainable<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, options, ADAM);
  }

  protected keepsState(): boolean {
    return true;
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
export class AdamW extends Optimizer<AdamOptions> {
  protected readonly slots = SLOTS;

  constructor(params: Trainable<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(params, options, ADAMW);
  }

  protected keepsState(): boolean {
    return true;
  }

  protected stepBatch(group: AdamOptions, batch: Batch): void {
    adamStep(batch.list, group, true, batch.step + 1);
  }
}
