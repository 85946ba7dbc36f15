// Warm-up: learning rates that rise from next to nothing.

import { completeOptions, type OptionSpec, oneOf, share, wholeFrom } from '../options.js';
import {
  LRScheduler,
  lastEpochCheck,
  ratesOf,
  type Schedulable,
  type SchedulerOptions,
} from './scheduler.js';

export interface WarmupLROptions extends SchedulerOptions {
  /** The factor of the first step. Default 0. */
  startFactor: number;
  /** Along a line or a cosine. Default 'linear'. */
  annealStrategy: 'linear' | 'cos';
}

const SPEC: OptionSpec<WarmupLROptions> = {
  op: 'WarmupLR',
  defaults: { startFactor: 0, annealStrategy: 'linear', lastEpoch: -1 },
  checks: { startFactor: share, annealStrategy: oneOf('linear', 'cos'), lastEpoch: lastEpochCheck },
};

/**
 * lr = initial lr · (startFactor + (1 − startFactor) · a(t / totalIters)) until step t = totalIters, where a(x) is x, or
 * (1 − cos(πx)) / 2; the learning rate is left alone then. SequentialLR puts another schedule after it (Goyal et al.
 * 2017).
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const { WarmupLR, CosineAnnealingLR, SequentialLR } = optim.lrScheduler;
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const schedules = [new WarmupLR(optimizer, 4), new CosineAnnealingLR(optimizer, 10)];
 * const scheduler = new SequentialLR(optimizer, schedules, [4]);
 * [1, 2, 3, 4].map(() => (scheduler.step(), optimizer.paramGroups[0].lr)); // => [0.25, 0.5, 0.75, 1]
 */
export class WarmupLR extends LRScheduler {
  totalIters: number;
  startFactor: number;
  annealStrategy: string;

  constructor(optimizer: Schedulable, totalIters: number, options: Partial<WarmupLROptions> = {}) {
    const { startFactor, annealStrategy, lastEpoch } = completeOptions(SPEC, options, SPEC.defaults);
    super(SPEC.op, optimizer, lastEpoch);
    this.totalIters = wholeFrom(1)(SPEC.op, 'totalIters', totalIters);
    this.startFactor = startFactor;
    this.annealStrategy = annealStrategy;
    this.begin();
  }

  protected rates(): number[] {
    const done = this.lastEpoch / this.totalIters;
    if (done > 1) return ratesOf(this.optimizer);
    const risen = this.annealStrategy === 'cos' ? (1 - Math.cos(Math.PI * done)) / 2 : done;
    return this.baseLrs.map((lr) => lr * (this.startFactor + (1 - this.startFactor) * risen));
  }
}
