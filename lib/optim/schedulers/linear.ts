// Learning rates that begin with a factor of the first ones and come back to them, at once or along a line; and those
// that fall by a polynomial.

import { ArgumentError, describe } from '../../core/errors.js';
import { type Check, completeOptions, notNegative, type OptionSpec, share, wholeFrom } from '../options.js';
import {
  LRScheduler,
  lastEpochCheck,
  ratesOf,
  type Schedulable,
  type SchedulerOptions,
} from './scheduler.js';

export interface ConstantLROptions extends SchedulerOptions {
  /** The factor. Default 1/3. */
  factor: number;
  /** Epochs for which it holds. Default 5. */
  totalIters: number;
}

export interface LinearLROptions extends SchedulerOptions {
  /** The factor of the first epoch. Default 1/3. */
  startFactor: number;
  /** The factor of the last one. Default 1. */
  endFactor: number;
  /** Epochs from the first to the last. Default 5. */
  totalIters: number;
}

export interface PolynomialLROptions extends SchedulerOptions {
  /** Epochs until the learning rate is 0. Default 5. */
  totalIters: number;
  /** The power of the epochs that are left. Default 1. */
  power: number;
}

/** A factor that can be undone: in (0, 1]. */
const factorCheck: Check<number> = (op, name, value) => {
  if (typeof value === 'number' && value > 0 && value <= 1) return value;
  throw new ArgumentError(op, name, value, `${name} is a number above 0, at most 1; got ${describe(value)}`);
};

const CONSTANT: OptionSpec<ConstantLROptions> = {
  op: 'ConstantLR',
  defaults: { factor: 1 / 3, totalIters: 5, lastEpoch: -1 },
  checks: { factor: factorCheck, totalIters: wholeFrom(1), lastEpoch: lastEpochCheck },
};

const LINEAR: OptionSpec<LinearLROptions> = {
  op: 'LinearLR',
  defaults: { startFactor: 1 / 3, endFactor: 1, totalIters: 5, lastEpoch: -1 },
  checks: {
    startFactor: factorCheck,
    endFactor: share,
    totalIters: wholeFrom(1),
    lastEpoch: lastEpochCheck,
  },
};

const POLYNOMIAL: OptionSpec<PolynomialLROptions> = {
  op: 'PolynomialLR',
  defaults: { totalIters: 5, power: 1, lastEpoch: -1 },
  checks: { totalIters: wholeFrom(1), power: notNegative, lastEpoch: lastEpochCheck },
};

/**
 * lr = factor · lr for totalIters epochs, and then as it was.
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new optim.lrScheduler.ConstantLR(optimizer, { factor: 0.5, totalIters: 2 });
 * [1, 2, 3].map(() => (scheduler.step(), optimizer.paramGroups[0].lr)); // => [0.5, 1, 1]
 */
export class ConstantLR extends LRScheduler {
  factor: number;
  totalIters: number;

  constructor(optimizer: Schedulable, options: Partial<ConstantLROptions> = {}) {
    const { factor, totalIters, lastEpoch } = completeOptions(CONSTANT, options, CONSTANT.defaults);
    super(CONSTANT.op, optimizer, lastEpoch);
    this.factor = factor;
    this.totalIters = totalIters;
    this.begin();
  }

  protected rates(): number[] {
    const rates = ratesOf(this.optimizer);
    if (this.lastEpoch === 0) return rates.map((lr) => lr * this.factor);
    return this.lastEpoch === this.totalIters ? rates.map((lr) => lr * (1 / this.factor)) : rates;
  }

  protected override firstRates(): number[] {
    return this.baseLrs.map((lr) => lr * this.factor);
  }
}

/**
 * lr = lr · (startFactor + (endFactor − startFactor) · t / totalIters) until epoch t = totalIters, and so on from
 * there: a warm-up in its default form.
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new optim.lrScheduler.LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 });
 * [1, 2, 3].map(() => (scheduler.step(), optimizer.paramGroups[0].lr)); // => [0.75, 1, 1]
 */
export class LinearLR extends LRScheduler {
  startFactor: number;
  endFactor: number;
  totalIters: number;

  constructor(optimizer: Schedulable, options: Partial<LinearLROptions> = {}) {
    const { startFactor, endFactor, totalIters, lastEpoch } = completeOptions(
      LINEAR,
      options,
      LINEAR.defaults,
    );
    super(LINEAR.op, optimizer, lastEpoch);
    this.startFactor = startFactor;
    this.endFactor = endFactor;
    this.totalIters = totalIters;
    this.begin();
  }

  protected rates(initial: boolean): number[] {
    const rates = ratesOf(this.optimizer);
    const { startFactor, endFactor, totalIters, lastEpoch } = this;
    if (lastEpoch === 0) return rates.map((lr) => lr * startFactor);
    if (initial || lastEpoch > totalIters) return rates;
    const rise = endFactor - startFactor;
    return rates.map((lr) => lr * (1 + rise / (totalIters * startFactor + (lastEpoch - 1) * rise)));
  }

  protected override firstRates(): number[] {
    return this.baseLrs.map((lr) => lr * this.startFactor);
  }
}

/**
 * lr = lr · (1 − t / totalIters)^power until it is 0 at epoch t = totalIters.
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new optim.lrScheduler.PolynomialLR(optimizer, { totalIters: 4, power: 2 });
 * [1, 2].map(() => (scheduler.step(), optimizer.paramGroups[0].lr)); // => [0.5625, 0.25]
 */
export class PolynomialLR extends LRScheduler {
  totalIters: number;
  power: number;

  constructor(optimizer: Schedulable, options: Partial<PolynomialLROptions> = {}) {
    const { totalIters, power, lastEpoch } = completeOptions(POLYNOMIAL, options, POLYNOMIAL.defaults);
    super(POLYNOMIAL.op, optimizer, lastEpoch);
    this.totalIters = totalIters;
    this.power = power;
    this.begin();
  }

  protected rates(initial: boolean): number[] {
    const rates = ratesOf(this.optimizer);
    const { totalIters, lastEpoch } = this;
    if (initial || lastEpoch > totalIters) return rates;
    const factor = ((1 - lastEpoch / totalIters) / (1 - (lastEpoch - 1) / totalIters)) ** this.power;
    return rates.map((lr) => lr * factor);
  }

  protected override firstRates(): number[] {
    return this.baseLrs;
  }
}
