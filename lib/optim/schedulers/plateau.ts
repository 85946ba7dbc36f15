// Learning rates that fall when a metric has stopped getting better.

import { ArgumentError, describe } from '../../core/errors.js';
import { Tensor } from '../../core/tensor.js';
import { item } from '../../ops/read.js';
import { type Check, completeOptions, notNegative, type OptionSpec, oneOf, wholeFrom } from '../options.js';
import { BaseScheduler, perGroup, ratesOf, type Schedulable } from './scheduler.js';

export interface ReduceLROnPlateauOptions {
  /** Whether the metric is to fall or to rise. Default 'min'. */
  mode: 'min' | 'max';
  /** The factor by which learning rates fall. Default 0.1. */
  factor: number;
  /** Epochs without a better metric that are borne. Default 10. */
  patience: number;
  /** How much better a metric must be. Default 1e-4. */
  threshold: number;
  /** Whether that is a share of the best metric, or as it is. Default 'rel'. */
  thresholdMode: 'rel' | 'abs';
  /** Epochs after a fall in which none is counted. Default 0. */
  cooldown: number;
  /** The least learning rate: one number, or one for each group. Default 0. */
  minLr: number | readonly number[];
  /** Falls at or below this are left alone. Default 1e-8. */
  eps: number;
}

const factorCheck: Check<number> = (op, name, value) => {
  if (typeof value === 'number' && value >= 0 && value < 1) return value;
  throw new ArgumentError(op, name, value, `${name} is a number from 0, below 1; got ${describe(value)}`);
};

const SPEC: OptionSpec<ReduceLROnPlateauOptions> = {
  op: 'ReduceLROnPlateau',
  defaults: {
    mode: 'min',
    factor: 0.1,
    patience: 10,
    threshold: 1e-4,
    thresholdMode: 'rel',
    cooldown: 0,
    minLr: 0,
    eps: 1e-8,
  },
  checks: {
    mode: oneOf('min', 'max'),
    factor: factorCheck,
    patience: wholeFrom(0),
    threshold: notNegative,
    thresholdMode: oneOf('rel', 'abs'),
    cooldown: wholeFrom(0),
    // It is checked with the groups at hand.
    minLr: (_op, _name, value) => value as number | readonly number[],
    eps: notNegative,
  },
};

/**
 * lr ← factor · lr when a metric has not got better for more than `patience` epochs: `scheduler.step(validationLoss)`.
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new optim.lrScheduler.ReduceLROnPlateau(optimizer, { factor: 0.5, patience: 1 });
 * for (const loss of [2, 1, 1, 1]) scheduler.step(loss);
 * scheduler.getLastLr(); // => [0.5]
 */
export class ReduceLROnPlateau extends BaseScheduler {
  mode: string;
  factor: number;
  patience: number;
  threshold: number;
  thresholdMode: string;
  cooldown: number;
  minLrs: number[];
  eps: number;
  /** The best metric so far; null before the first. */
  best: number | null = null;
  cooldownCounter = 0;
  numBadEpochs = 0;

  constructor(optimizer: Schedulable, options: Partial<ReduceLROnPlateauOptions> = {}) {
    const given = completeOptions(SPEC, options, SPEC.defaults);
    super(SPEC.op, optimizer);
    this.mode = given.mode;
    this.factor = given.factor;
    this.patience = given.patience;
    this.threshold = given.threshold;
    this.thresholdMode = given.thresholdMode;
    this.cooldown = given.cooldown;
    this.minLrs = perGroup(SPEC.op, 'minLr', optimizer, given.minLr, notNegative);
    this.eps = given.eps;
  }

  /** Whether it has fallen so short a time ago that bad epochs don't count. */
  get inCooldown(): boolean {
    return this.cooldownCounter > 0;
  }

  /** Takes an epoch's metric: a number, or a tensor of one element. */
  step(metric: number | Tensor): void {
    const current = metric instanceof Tensor ? (item(metric) as unknown) : metric;
    if (typeof current !== 'number') {
      throw new ArgumentError(
        `${SPEC.op}.step`,
        'metric',
        metric,
        `metric is a number, or a tensor of one; got ${describe(metric)}`,
      );
    }
    this.lastEpoch++;
    if (this.#isBetter(current)) {
      this.best = current;
      this.numBadEpochs = 0;
    } else {
      this.numBadEpochs++;
    }
    if (this.inCooldown) {
      this.cooldownCounter--;
      this.numBadEpochs = 0;
    }
    if (this.numBadEpochs > this.patience) {
      this.#reduce();
      this.cooldownCounter = this.cooldown;
      this.numBadEpochs = 0;
    }
    this.lastLr = ratesOf(this.optimizer);
  }

  #isBetter(metric: number): boolean {
    const sign = this.mode === 'min' ? 1 : -1;
    const best = this.best ?? sign * Number.POSITIVE_INFINITY;
    const bar =
      this.thresholdMode === 'rel' ? best * (1 - sign * this.threshold) : best - sign * this.threshold;
    return sign * metric < sign * bar;
  }

  #reduce(): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      // A group that came later has the first one's bound.
      const next = Math.max(group.lr * this.factor, this.minLrs[i] ?? this.minLrs[0]);
      if (group.lr - next > this.eps) group.lr = next;
    });
  }
}
