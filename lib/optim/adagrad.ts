// Adagrad: steps that shrink by all gradients so far.

import { adagradStep } from '../ops/optimizer.js';
import { FusedOptimizer } from './fused.js';
import type { Trainable } from './optimizer.js';
import { flag, notNegative, type OptionSpec } from './options.js';
import type { Batch } from './plan.js';

export interface AdagradOptions {
  /** The learning rate. Default 1e-2. */
  lr: number;
  /** How fast the learning rate falls: it is lr / (1 + (t − 1) · lrDecay) at step t. Default 0. */
  lrDecay: number;
  /** A factor of the parameters that is added to their gradients. Default 0. */
  weightDecay: number;
  /** What the sum of squares starts from. Default 0. */
  initialAccumulatorValue: number;
  /** Added to the root that steps are divided by. Default 1e-10. */
  eps: number;
  /** Whether it climbs instead. Default false. */
  maximize: boolean;
}

const SPEC: OptionSpec<AdagradOptions> = {
  op: 'Adagrad',
  defaults: { lr: 1e-2, lrDecay: 0, weightDecay: 0, initialAccumulatorValue: 0, eps: 1e-10, maximize: false },
  checks: {
    lr: notNegative,
    lrDecay: notNegative,
    weightDecay: notNegative,
    initialAccumulatorValue: notNegative,
    eps: notNegative,
    maximize: flag,
  },
};

const SLOTS = ['sum'];

/**
 * Adagrad: s ← s + g², p ← p − lr · g / (√s + eps) (Duchi, Hazan and Singer 2011).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1], { dtype: 'float64', requiresGrad: true });
 * const optimizer = new optim.Adagrad([w], { lr: 0.5, eps: 0 });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * w.toArray(); // => [0.5]
 */
export class Adagrad extends FusedOptimizer<AdagradOptions> {
  protected readonly slots = SLOTS;

  constructor(params: Trainable<AdagradOptions>, options: Partial<AdagradOptions> = {}) {
    super(params, options, SPEC);
  }

  protected override initialValue(_slot: string, group: Readonly<AdagradOptions>): number {
    return group.initialAccumulatorValue;
  }

  protected stepBatch(group: AdagradOptions, batch: Batch): void {
    adagradStep(batch.list, group, batch.step + 1);
  }
}
