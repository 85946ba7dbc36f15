// RMSprop, plain, centred, and with momentum.

import { rmspropStep } from '../ops/optimizer.js';
import { FusedOptimizer } from './fused.js';
import type { Trainable } from './optimizer.js';
import { flag, notNegative, type OptionSpec, share } from './options.js';
import type { Batch } from './plan.js';

export interface RMSpropOptions {
  /** The learning rate. Default 1e-2. */
  lr: number;
  /** The share that the mean of the squared gradient keeps at each step. Default 0.99. */
  alpha: number;
  /** Added to the root that steps are divided by. Default 1e-8. */
  eps: number;
  /** A factor of the parameters that is added to their gradients. Default 0. */
  weightDecay: number;
  /** The share of the last step that the next one keeps. Default 0. */
  momentum: number;
  /** Whether it divides by the deviation of the gradient instead of its root mean square. Default false. */
  centered: boolean;
  /** Whether it climbs instead. Default false. */
  maximize: boolean;
}

const SPEC: OptionSpec<RMSpropOptions> = {
  op: 'RMSprop',
  defaults: {
    lr: 1e-2,
    alpha: 0.99,
    eps: 1e-8,
    weightDecay: 0,
    momentum: 0,
    centered: false,
    maximize: false,
  },
  checks: {
    lr: notNegative,
    alpha: share,
    eps: notNegative,
    weightDecay: notNegative,
    momentum: notNegative,
    centered: flag,
    maximize: flag,
  },
};

const PLAIN = ['squareAvg'];
const CENTERED = ['squareAvg', 'gradAvg'];
const WITH_MOMENTUM = ['squareAvg', 'momentumBuffer'];
const ALL_SLOTS = ['squareAvg', 'gradAvg', 'momentumBuffer'];

/**
 * RMSprop: v ← alpha · v + (1 − alpha) g², p ← p − lr · g / (√v + eps). Centred, with the mean m of the gradient, √(v
 * − m²) takes the place of √v; with momentum p ← p − lr · b, b ← momentum · b + g / (√v + eps) (Tieleman and Hinton
 * 2012; Graves 2013).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1], { dtype: 'float64', requiresGrad: true });
 * const optimizer = new optim.RMSprop([w], { lr: 0.5, alpha: 0, eps: 0 });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * w.toArray(); // => [0.5]
 */
export class RMSprop extends FusedOptimizer<RMSpropOptions> {
  protected readonly slots = ALL_SLOTS;

  constructor(params: Trainable<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    super(params, options, SPEC);
  }

  protected override slotsOf({ centered, momentum }: Readonly<RMSpropOptions>): readonly string[] {
    if (momentum === 0) return centered ? CENTERED : PLAIN;
    return centered ? ALL_SLOTS : WITH_MOMENTUM;
  }

  protected stepBatch(group: RMSpropOptions, batch: Batch): void {
    rmspropStep(batch.list, group);
  }
}
