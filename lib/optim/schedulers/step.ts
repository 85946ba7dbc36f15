// Learning rates that fall by a factor: every few epochs, at given epochs, or at each.

import { ArgumentError } from '../../core/errors.js';
import { completeOptions, notNegative, type OptionSpec, wholeFrom } from '../options.js';
import {
  LRScheduler,
  lastEpochCheck,
  ratesOf,
  type Schedulable,
  type SchedulerOptions,
} from './scheduler.js';

export interface StepLROptions extends SchedulerOptions {
  /** The factor. Default 0.1. */
  gamma: number;
}

const specOf = (op: string): OptionSpec<StepLROptions> => ({
  op,
  defaults: { gamma: 0.1, lastEpoch: -1 },
  checks: { gamma: notNegative, lastEpoch: lastEpochCheck },
});

const STEP = specOf('StepLR');
const MULTI_STEP = specOf('MultiStepLR');
const EXPONENTIAL: OptionSpec<SchedulerOptions> = {
  op: 'ExponentialLR',
  defaults: { lastEpoch: -1 },
  checks: { lastEpoch: lastEpochCheck },
};

/**
 * lr ← gamma · lr every stepSize epochs.
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new optim.lrScheduler.StepLR(optimizer, 2, { gamma: 0.5 });
 * [0, 1, 2].map(() => (scheduler.step(), optimizer.paramGroups[0].lr)); // => [1, 0.5, 0.5]
 */
export class StepLR extends LRScheduler {
  stepSize: number;
  gamma: number;

  constructor(optimizer: Schedulable, stepSize: number, options: Partial<StepLROptions> = {}) {
    const { gamma, lastEpoch } = completeOptions(STEP, options, STEP.defaults);
    super(STEP.op, optimizer, lastEpoch);
    this.stepSize = wholeFrom(1)(STEP.op, 'stepSize', stepSize);
    this.gamma = gamma;
    this.begin();
  }

  protected rates(): number[] {
    const rates = ratesOf(this.optimizer);
    const stays = this.lastEpoch === 0 || this.lastEpoch % this.stepSize !== 0;
    return stays ? rates : rates.map((lr) => lr * this.gamma);
  }

  protected override firstRates(): number[] {
    return this.baseLrs;
  }
}

/**
 * lr ← gamma · lr at each of the given epochs; one that is given twice counts twice.
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new optim.lrScheduler.MultiStepLR(optimizer, [1, 3], { gamma: 0.5 });
 * [1, 2, 3].map(() => (scheduler.step(), optimizer.paramGroups[0].lr)); // => [0.5, 0.5, 0.25]
 */
export class MultiStepLR extends LRScheduler {
  milestones: number[];
  gamma: number;

  constructor(optimizer: Schedulable, milestones: readonly number[], options: Partial<StepLROptions> = {}) {
    const { gamma, lastEpoch } = completeOptions(MULTI_STEP, options, MULTI_STEP.defaults);
    super(MULTI_STEP.op, optimizer, lastEpoch);
    this.milestones = checkMilestones(MULTI_STEP.op, milestones);
    this.gamma = gamma;
    this.begin();
  }

  #times(): number {
    return this.milestones.filter((milestone) => milestone === this.lastEpoch).length;
  }

  protected rates(): number[] {
    return ratesOf(this.optimizer).map((lr) => lr * this.gamma ** this.#times());
  }

  protected override firstRates(): number[] {
    return this.baseLrs.map((lr) => lr * this.gamma ** this.#times());
  }
}

/** Epochs in order, as given to a scheduler. */
export function checkMilestones(op: string, milestones: readonly number[]): number[] {
  const inOrder =
    Array.isArray(milestones) &&
    milestones.every((one, i) => Number.isSafeInteger(one) && one >= (i === 0 ? 0 : milestones[i - 1]));
  if (inOrder) return [...milestones];
  throw new ArgumentError(
    op,
    'milestones',
    milestones,
    `milestones are epochs in order, such as [30, 80]; got ${JSON.stringify(milestones)}`,
  );
}

/**
 * lr ← gamma · lr at each epoch.
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new optim.lrScheduler.ExponentialLR(optimizer, 0.5);
 * [1, 2, 3].map(() => (scheduler.step(), optimizer.paramGroups[0].lr)); // => [0.5, 0.25, 0.125]
 */
export class ExponentialLR extends LRScheduler {
  gamma: number;

  constructor(optimizer: Schedulable, gamma: number, options: Partial<SchedulerOptions> = {}) {
    super(EXPONENTIAL.op, optimizer, completeOptions(EXPONENTIAL, options, EXPONENTIAL.defaults).lastEpoch);
    this.gamma = notNegative(EXPONENTIAL.op, 'gamma', gamma);
    this.begin();
  }

  protected rates(initial: boolean): number[] {
    const rates = ratesOf(this.optimizer);
    return initial ? rates : rates.map((lr) => lr * this.gamma);
  }

  protected override firstRates(): number[] {
    return this.baseLrs;
  }
}
