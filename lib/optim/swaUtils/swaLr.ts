// The schedule of stochastic weight averaging: to a fixed learning rate, and on with it.

import { completeOptions, notNegative, type OptionSpec, oneOf, wholeFrom } from '../options.js';
import {
  LRScheduler,
  lastEpochCheck,
  perGroup,
  type Schedulable,
  type SchedulerOptions,
} from '../schedulers/scheduler.js';

export interface SWALROptions extends SchedulerOptions {
  /** Epochs until swaLr is reached. Default 10. */
  annealEpochs: number;
  /** Along a cosine or a line. Default 'cos'. */
  annealStrategy: 'cos' | 'linear';
}

const SPEC: OptionSpec<SWALROptions> = {
  op: 'SWALR',
  defaults: { annealEpochs: 10, annealStrategy: 'cos', lastEpoch: -1 },
  checks: { annealEpochs: wholeFrom(0), annealStrategy: oneOf('cos', 'linear'), lastEpoch: lastEpochCheck },
};

/**
 * lr = α swaLr + (1 − α) lr, α rising from 0 to 1 in annealEpochs epochs along (1 − cos(πx)) / 2 or x, and swaLr from
 * then on (Izmailov et al. 2018). swaLr is one number, or one for each group.
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new optim.swaUtils.SWALR(optimizer, 0.5, { annealEpochs: 2, annealStrategy: 'linear' });
 * [1, 2, 3].map(() => (scheduler.step(), optimizer.paramGroups[0].lr)); // => [0.75, 0.5, 0.5]
 */
export class SWALR extends LRScheduler {
  swaLrs: number[];
  annealEpochs: number;
  annealStrategy: string;

  constructor(
    optimizer: Schedulable,
    swaLr: number | readonly number[],
    options: Partial<SWALROptions> = {},
  ) {
    const { annealEpochs, annealStrategy, lastEpoch } = completeOptions(SPEC, options, SPEC.defaults);
    super(SPEC.op, optimizer, lastEpoch);
    this.swaLrs = perGroup(SPEC.op, 'swaLr', optimizer, swaLr, notNegative);
    this.annealEpochs = annealEpochs;
    this.annealStrategy = annealStrategy;
    this.begin();
  }

  /** How much of swaLr there is at a step. */
  #share(step: number): number {
    const done = Math.max(0, Math.min(1, step / Math.max(1, this.annealEpochs)));
    return this.annealStrategy === 'linear' ? done : (1 - Math.cos(Math.PI * done)) / 2;
  }

  protected rates(): number[] {
    const step = this.annealEpochs === 0 ? Math.max(1, this.stepCount - 1) : this.stepCount - 1;
    const before = this.#share(step - 1);
    const now = this.#share(step);
    return this.optimizer.paramGroups.map(({ lr }, i) => {
      const swaLr = this.swaLrs[i];
      const initial = before === 1 ? swaLr : (lr - before * swaLr) / (1 - before);
      return swaLr * now + initial * (1 - now);
    });
  }
}
