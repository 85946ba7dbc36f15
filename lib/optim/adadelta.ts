// Adadelta: steps in the units of the parameters.

import { adadeltaStep } from '../ops/optimizer.js';
import { FusedOptimizer } from './fused.js';
import type { Trainable } from './optimizer.js';
import { flag, notNegative, type OptionSpec, share } from './options.js';
import type { Batch } from './plan.js';

export interface AdadeltaOptions {
  /** The learning rate. Default 1. */
  lr: number;
  /** The share that the means of squares keep at each step. Default 0.9. */
  rho: number;
  /** Added to both means under their roots. Default 1e-6. */
  eps: number;
  /** A factor of the parameters that is added to their gradients. Default 0. */
  weightDecay: number;
  /** Whether it climbs instead. Default false. */
  maximize: boolean;
}

const SPEC: OptionSpec<AdadeltaOptions> = {
  op: 'Adadelta',
  defaults: { lr: 1, rho: 0.9, eps: 1e-6, weightDecay: 0, maximize: false },
  checks: {
    lr: notNegative,
    rho: share,
    eps: notNegative,
    weightDecay: notNegative,
    maximize: flag,
  },
};

const SLOTS = ['squareAvg', 'accDelta'];

/**
 * Adadelta: v ← rho · v + (1 − rho) g², d = g √(u + eps) / √(v + eps), u ← rho · u + (1 − rho) d², p ← p − lr · d
 * (Zeiler 2012).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1], { dtype: 'float64', requiresGrad: true });
 * const optimizer = new optim.Adadelta([w], { rho: 0, eps: 16 });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * w.toArray(); // => [-1.4]
 */
export class Adadelta extends FusedOptimizer<AdadeltaOptions> {
  protected readonly slots = SLOTS;

  constructor(params: Trainable<AdadeltaOptions>, options: Partial<AdadeltaOptions> = {}) {
    super(params, options, SPEC);
  }

  protected stepBatch(group: AdadeltaOptions, batch: Batch): void {
    adadeltaStep(batch.list, group);
  }
}
