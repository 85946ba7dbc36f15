// Learning rates that go up and down between two bounds.

import { ArgumentError, describe } from '../../core/errors.js';
import {
  type Check,
  completeOptions,
  flag,
  notNegative,
  type OptionSpec,
  oneOf,
  wholeFrom,
} from '../options.js';
import { checkMomentum, setMomentum } from './momentum.js';
import {
  LRScheduler,
  lastEpochCheck,
  perGroup,
  type Schedulable,
  type SchedulerOptions,
} from './scheduler.js';

export interface CyclicLROptions extends SchedulerOptions {
  /** Steps in which it rises. Default 2000. */
  stepSizeUp: number;
  /** Steps in which it falls; null for as many. Default null. */
  stepSizeDown: number | null;
  /** Cycles of one height, each half as high as the one before, or lower by gamma with each step. Default 'triangular'. */
  mode: 'triangular' | 'triangular2' | 'exp_range';
  /** The factor of 'exp_range'. Default 1. */
  gamma: number;
  /** A function of one's own for the height, instead of a mode. Default null. */
  scaleFn: ((x: number) => number) | null;
  /** Whether scaleFn is given the number of the cycle, from 1, or of the step, from 0. Default 'cycle'. */
  scaleMode: 'cycle' | 'iterations';
  /** Whether the momentum, or the first of the betas, falls as the learning rate rises. Default true. */
  cycleMomentum: boolean;
  /** The least momentum: one number, or one for each group. Default 0.8. */
  baseMomentum: number | readonly number[];
  /** The greatest momentum: one number, or one for each group. Default 0.9. */
  maxMomentum: number | readonly number[];
}

const scaleCheck: Check<((x: number) => number) | null> = (op, name, value) => {
  if (value === null || typeof value === 'function') return value as ((x: number) => number) | null;
  throw new ArgumentError(
    op,
    name,
    value,
    `${name} is a function of the cycle or step; got ${describe(value)}`,
  );
};

// They are checked with the groups at hand.
const asGiven: Check<number | readonly number[]> = (_op, _name, value) => value as number | readonly number[];

const SPEC: OptionSpec<CyclicLROptions> = {
  op: 'CyclicLR',
  defaults: {
    stepSizeUp: 2000,
    stepSizeDown: null,
    mode: 'triangular',
    gamma: 1,
    scaleFn: null,
    scaleMode: 'cycle',
    cycleMomentum: true,
    baseMomentum: 0.8,
    maxMomentum: 0.9,
    lastEpoch: -1,
  },
  checks: {
    stepSizeUp: wholeFrom(1),
    stepSizeDown: (op, name, value) => (value === null ? null : wholeFrom(1)(op, name, value)),
    mode: oneOf('triangular', 'triangular2', 'exp_range'),
    gamma: notNegative,
    scaleFn: scaleCheck,
    scaleMode: oneOf('cycle', 'iterations'),
    cycleMomentum: flag,
    baseMomentum: asGiven,
    maxMomentum: asGiven,
    lastEpoch: lastEpochCheck,
  },
};

/**
 * Cycles between baseLr and maxLr, each one number or one for each group, stepped after each batch; the momentum goes
 * the other way, between maxMomentum and baseMomentum (Smith 2017).
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { momentum: 0.9 });
 * const scheduler = new optim.lrScheduler.CyclicLR(optimizer, 1, 2, { stepSizeUp: 2 });
 * [1, 2, 3, 4].map(() => (scheduler.step(), optimizer.paramGroups[0].lr)); // => [1.5, 2, 1.5, 1]
 */
export class CyclicLR extends LRScheduler {
  maxLrs: number[];
  stepSizeUp: number;
  stepSizeDown: number;
  mode: string;
  gamma: number;
  scaleMode: string;
  cycleMomentum: boolean;
  baseMomentums: number[];
  maxMomentums: number[];
  readonly #scaleFn: ((x: number) => number) | null;

  constructor(
    optimizer: Schedulable,
    baseLr: number | readonly number[],
    maxLr: number | readonly number[],
    options: Partial<CyclicLROptions> = {},
  ) {
    const given = completeOptions(SPEC, options, SPEC.defaults);
    super(SPEC.op, optimizer, given.lastEpoch);
    this.baseLrs = perGroup(SPEC.op, 'baseLr', optimizer, baseLr, notNegative);
    this.maxLrs = perGroup(SPEC.op, 'maxLr', optimizer, maxLr, notNegative);
    this.baseMomentums = perGroup(SPEC.op, 'baseMomentum', optimizer, given.baseMomentum, notNegative);
    this.maxMomentums = perGroup(SPEC.op, 'maxMomentum', optimizer, given.maxMomentum, notNegative);
    if (given.cycleMomentum) checkMomentum(SPEC.op, optimizer);
    this.stepSizeUp = given.stepSizeUp;
    this.stepSizeDown = given.stepSizeDown ?? given.stepSizeUp;
    this.mode = given.mode;
    this.gamma = given.gamma;
    this.#scaleFn = given.scaleFn;
    this.scaleMode = given.scaleMode;
    this.cycleMomentum = given.cycleMomentum;
    this.begin();
  }

  /** How high a cycle is at a step of it, as a share of the first one. */
  #height(cycle: number): number {
    if (this.#scaleFn !== null) return this.#scaleFn(this.scaleMode === 'cycle' ? cycle : this.lastEpoch);
    if (this.mode === 'exp_range') return this.gamma ** this.lastEpoch;
    return this.mode === 'triangular2' ? 1 / 2 ** (cycle - 1) : 1;
  }

  protected rates(): number[] {
    const total = this.stepSizeUp + this.stepSizeDown;
    const rising = this.stepSizeUp / total;
    const cycle = Math.floor(1 + this.lastEpoch / total);
    const x = 1 + this.lastEpoch / total - cycle;
    const share = (x <= rising ? x / rising : (x - 1) / (rising - 1)) * this.#height(cycle);
    if (this.cycleMomentum) {
      this.optimizer.paramGroups.forEach((group, i) => {
        const greatest = this.maxMomentums[i];
        setMomentum(group, greatest - (greatest - this.baseMomentums[i]) * share);
      });
    }
    return this.baseLrs.map((lr, i) => lr + (this.maxLrs[i] - lr) * share);
  }
}
