// Rprop: steps by the sign of the gradient, for whole batches.

import { rpropStep } from '../ops/optimizer.js';
import { FusedOptimizer } from './fused.js';
import type { Trainable } from './optimizer.js';
import { flag, notNegative, type OptionSpec, pairOf } from './options.js';
import type { Batch } from './plan.js';

export interface RpropOptions {
  /** The size of the first step. Default 1e-2. */
  lr: number;
  /** The factors by which steps shrink and grow. Default [0.5, 1.2]. */
  etas: readonly [number, number];
  /** The least and the greatest size of a step. Default [1e-6, 50]. */
  stepSizes: readonly [number, number];
  /** Whether it climbs instead. Default false. */
  maximize: boolean;
}

const SPEC: OptionSpec<RpropOptions> = {
  op: 'Rprop',
  defaults: { lr: 1e-2, etas: [0.5, 1.2], stepSizes: [1e-6, 50], maximize: false },
  checks: {
    lr: notNegative,
    etas: pairOf(
      'one number in (0, 1) and one above 1, such as [0.5, 1.2]',
      (less, more) => less > 0 && less < 1 && more > 1 && more < Number.POSITIVE_INFINITY,
    ),
    stepSizes: pairOf(
      'two finite numbers from 0, the least first',
      (least, most) => least >= 0 && least <= most && most < Number.POSITIVE_INFINITY,
    ),
    maximize: flag,
  },
};

const SLOTS = ['prev', 'stepSize'];

/**
 * Rprop: each element has a step size s, which starts at lr, is multiplied by η₊ where the gradient has kept its sign
 * and by η₋ where it has turned, and stays within bounds; p ← p − s · sign(g), but where the gradient has turned p
 * stays and its gradient counts as 0 in the next step (Riedmiller and Braun 1993).
 *
 * @throws ArgumentError where a parameter cannot be trained or an option has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1], { dtype: 'float64', requiresGrad: true });
 * const optimizer = new optim.Rprop([w], { lr: 0.5 });
 * w.mul(3).sum().backward();
 * optimizer.step();
 * w.toArray(); // => [0.5]
 */
export class Rprop extends FusedOptimizer<RpropOptions> {
  protected readonly slots = SLOTS;

  constructor(params: Trainable<RpropOptions>, options: Partial<RpropOptions> = {}) {
    super(params, options, SPEC);
  }

  protected override initialValue(slot: string, group: Readonly<RpropOptions>): number {
    return slot === 'stepSize' ? group.lr : 0;
  }

  protected stepBatch(group: RpropOptions, batch: Batch): void {
    rpropStep(batch.list, group);
  }
}
