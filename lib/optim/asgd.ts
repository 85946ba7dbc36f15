// ASGD: stochastic gradient descent that also keeps an average of where it was.

import { asgdStep } from '../ops/optimizer.js';
import { FusedOptimizer } from './fused.js';
import type { Trainable } from './optimizer.js';
import { finite, flag, notNegative, type OptionSpec } from './options.js';
import type { Batch } from './plan.js';

export interface ASGDOptions {
  /** The learning rate. Default 1e-2. */
  lr: number;
  /** How much the parameters decay. Default 1e-4. */
  lambd: number;
  /** The power by which the learning rate falls. Default 0.75. */
  alpha: number;
  /** The step at which averaging starts. Default 1e6. */
  t0: number;
  /** A factor of the parameters that is added to their gradients. Default 0. */
  weightDecay: number;
  /** Whether it climbs instead. Default false. */
  maximize: boolean;
}

const SPEC: OptionSpec<ASGDOptions> = {
  op: 'ASGD',
  defaults: { lr: 1e-2, lambd: 1e-4, alpha: 0.75, t0: 1e6, weightDecay: 0, maximize: false },
  checks: {
    lr: notNegative,
    lambd: notNegative,
    alpha: finite,
    t0: finite,
    weightDecay: notNegative,
    maximize: flag,
  },
};

const SLOTS = ['ax'];

/**
 * Averaged stochastic gradient descent: p ← (1 − lambd · η) p − η g, a ← a + μ (p − a), where after step t η = lr / (1
 * + lambd · lr · t)^alpha, lr before, and μ = 1 / max(1, t − t0). The averages a are in the state dict, as ax (Polyak
 * and Juditsky 1992).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1], { dtype: 'float64', requiresGrad: true });
 * const optimizer = new optim.ASGD([w], { lr: 0.5, lambd: 0 });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * w.toArray(); // => [-0.5]
 */
export class ASGD extends FusedOptimizer<ASGDOptions> {
  protected readonly slots = SLOTS;

  constructor(params: Trainable<ASGDOptions>, options: Partial<ASGDOptions> = {}) {
    super(params, options, SPEC);
  }

  protected override initialNumbers(group: Readonly<ASGDOptions>): {
    readonly eta: number;
    readonly mu: number;
  } {
    return { eta: group.lr, mu: 1 };
  }

  protected stepBatch(group: ASGDOptions, batch: Batch): void {
    const { lr, lambd, alpha, t0 } = group;
    const step = batch.step + 1;
    asgdStep(batch.list, group, batch.numbers.eta, batch.numbers.mu);
    batch.numbers = { eta: lr / (1 + lambd * lr * step) ** alpha, mu: 1 / Math.max(1, step - t0) };
  }
}
