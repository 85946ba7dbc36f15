// Learning rates along a cosine: up and down, or down and at once up again.

import { completeOptions, notNegative, type OptionSpec, wholeFrom } from '../options.js';
import {
  LRScheduler,
  lastEpochCheck,
  ratesOf,
  type Schedulable,
  type SchedulerOptions,
} from './scheduler.js';

export interface CosineAnnealingLROptions extends SchedulerOptions {
  /** The least learning rate. Default 0. */
  etaMin: number;
}

export interface CosineAnnealingWarmRestartsOptions extends CosineAnnealingLROptions {
  /** The factor by which each period is longer than the one before. Default 1. */
  tMult: number;
}

const ANNEALING: OptionSpec<CosineAnnealingLROptions> = {
  op: 'CosineAnnealingLR',
  defaults: { etaMin: 0, lastEpoch: -1 },
  checks: { etaMin: notNegative, lastEpoch: lastEpochCheck },
};

const RESTARTS: OptionSpec<CosineAnnealingWarmRestartsOptions> = {
  op: 'CosineAnnealingWarmRestarts',
  defaults: { tMult: 1, etaMin: 0, lastEpoch: -1 },
  checks: { tMult: wholeFrom(1), etaMin: notNegative, lastEpoch: lastEpochCheck },
};

/**
 * lr = etaMin + (lr − etaMin) (1 + cos(π t / tMax)) / 2: down to etaMin in tMax epochs, and up again in as many
 * (Loshchilov and Hutter 2017, without restarts).
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new optim.lrScheduler.CosineAnnealingLR(optimizer, 4);
 * for (let epoch = 0; epoch < 4; epoch++) scheduler.step();
 * scheduler.getLastLr(); // => [0]
 */
export class CosineAnnealingLR extends LRScheduler {
  tMax: number;
  etaMin: number;

  constructor(optimizer: Schedulable, tMax: number, options: Partial<CosineAnnealingLROptions> = {}) {
    const { etaMin, lastEpoch } = completeOptions(ANNEALING, options, ANNEALING.defaults);
    super(ANNEALING.op, optimizer, lastEpoch);
    this.tMax = wholeFrom(1)(ANNEALING.op, 'tMax', tMax);
    this.etaMin = etaMin;
    this.begin();
  }

  // From the last rates, so that what others multiply them by is kept.
  protected rates(initial: boolean): number[] {
    const rates = ratesOf(this.optimizer);
    const { tMax, etaMin, lastEpoch } = this;
    if (initial) return rates;
    if ((lastEpoch - 1 - tMax) % (2 * tMax) === 0) {
      const rise = (1 - Math.cos(Math.PI / tMax)) / 2;
      return rates.map((lr, i) => lr + (this.baseLrs[i] - etaMin) * rise);
    }
    const factor =
      (1 + Math.cos((Math.PI * lastEpoch) / tMax)) / (1 + Math.cos((Math.PI * (lastEpoch - 1)) / tMax));
    return rates.map((lr) => factor * (lr - etaMin) + etaMin);
  }

  protected override firstRates(): number[] {
    return this.baseLrs;
  }
}

/**
 * lr = etaMin + (lr − etaMin) (1 + cos(π t / T)) / 2 with the epochs t since the last restart; the first period T lasts
 * t0 epochs, each later one tMult times as long as the one before (Loshchilov and Hutter 2017).
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new optim.lrScheduler.CosineAnnealingWarmRestarts(optimizer, 2);
 * [1, 2].map(() => (scheduler.step(), Math.round(10 * optimizer.paramGroups[0].lr))); // => [5, 10]
 */
export class CosineAnnealingWarmRestarts extends LRScheduler {
  t0: number;
  tMult: number;
  etaMin: number;
  /** Epochs since the last restart. */
  tCur: number;
  /** Epochs from the last restart to the next. */
  tI: number;

  constructor(optimizer: Schedulable, t0: number, options: Partial<CosineAnnealingWarmRestartsOptions> = {}) {
    const { tMult, etaMin, lastEpoch } = completeOptions(RESTARTS, options, RESTARTS.defaults);
    super(RESTARTS.op, optimizer, lastEpoch);
    this.t0 = wholeFrom(1)(RESTARTS.op, 't0', t0);
    this.tMult = tMult;
    this.etaMin = etaMin;
    this.tCur = lastEpoch;
    this.tI = this.t0;
    this.begin();
  }

  protected rates(): number[] {
    const share = (1 + Math.cos((Math.PI * this.tCur) / this.tI)) / 2;
    return this.baseLrs.map((lr) => this.etaMin + (lr - this.etaMin) * share);
  }

  /** @internal */
  override begin(): void {
    this.#goOn();
    super.begin();
  }

  override step(): void {
    this.#goOn();
    super.step();
  }

  /** Counts an epoch within the period. */
  #goOn(): void {
    if (this.lastEpoch < 0) {
      this.tCur = 0;
      return;
    }
    this.tCur++;
    while (this.tCur >= this.tI) {
      this.tCur -= this.tI;
      this.tI *= this.tMult;
    }
  }
}
