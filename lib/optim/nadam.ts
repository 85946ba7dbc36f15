// NAdam: Adam with Nesterov momentum.

import { nadamStep } from '../ops/optimizer.js';
import { FusedOptimizer } from './fused.js';
import type { Trainable } from './optimizer.js';
import { decayRates, flag, notNegative, type OptionSpec } from './options.js';
import type { Batch } from './plan.js';

export interface NAdamOptions {
  /** The learning rate. Default 2e-3. */
  lr: number;
  /** The shares that the means of the gradient and of its square keep at each step. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the root that steps are divided by. Default 1e-8. */
  eps: number;
  /** A factor of the parameters that is added to their gradients. Default 0. */
  weightDecay: number;
  /** How fast the momentum warms up to β₁. Default 4e-3. */
  momentumDecay: number;
  /** Whether the parameters shrink by 1 − lr · weightDecay instead, as in AdamW. Default false. */
  decoupledWeightDecay: boolean;
  /** Whether it climbs instead. Default false. */
  maximize: boolean;
}

const SPEC: OptionSpec<NAdamOptions> = {
  op: 'NAdam',
  defaults: {
    lr: 2e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay: 0,
    momentumDecay: 4e-3,
    decoupledWeightDecay: false,
    maximize: false,
  },
  checks: {
    lr: notNegative,
    betas: decayRates,
    eps: notNegative,
    weightDecay: notNegative,
    momentumDecay: notNegative,
    decoupledWeightDecay: flag,
    maximize: flag,
  },
};

const SLOTS = ['expAvg', 'expAvgSq'];
const FIRST = Object.freeze({ muProduct: 1 });

/** The momentum of step number `step`. */
function momentumAt({ betas, momentumDecay }: NAdamOptions, step: number): number {
  return betas[0] * (1 - 0.5 * 0.96 ** (step * momentumDecay));
}

/**
 * NAdam: with the means m and v of Adam and the momentum μₜ = β₁ (1 − 0.96^(t · momentumDecay) / 2), p ← p − lr ·
 * (μₜ₊₁ m / (1 − μ₁⋯μₜ₊₁) + (1 − μₜ) g / (1 − μ₁⋯μₜ)) / (√v̂ + eps) (Dozat 2016).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1], { dtype: 'float64', requiresGrad: true });
 * const optimizer = new optim.NAdam([w], { lr: 0.5, betas: [0, 0], momentumDecay: 0, eps: 0 });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * w.toArray(); // => [0.5]
 */
export class NAdam extends FusedOptimizer<NAdamOptions> {
  protected readonly slots = SLOTS;

  constructor(params: Trainable<NAdamOptions>, options: Partial<NAdamOptions> = {}) {
    super(params, options, SPEC);
  }

  protected override initialNumbers(): { readonly muProduct: number } {
    return FIRST;
  }

  protected stepBatch(group: NAdamOptions, batch: Batch): void {
    const step = batch.step + 1;
    const momentum = momentumAt(group, step);
    const muProduct = batch.numbers.muProduct * momentum;
    nadamStep(batch.list, group, step, momentum, momentumAt(group, step + 1), muProduct);
    batch.numbers = { muProduct };
  }
}
