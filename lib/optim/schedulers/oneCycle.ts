// The one-cycle policy: the learning rate rises to a maximum, then falls far below where it began.

import { ArgumentError, QuernError } from '../../core/errors.js';
import {
  type Check,
  completeOptions,
  flag,
  notNegative,
  type OptionSpec,
  oneOf,
  share,
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

export interface OneCycleLROptions extends SchedulerOptions {
  /** Steps of the whole cycle; or give epochs and stepsPerEpoch. */
  totalSteps: number | null;
  epochs: number | null;
  stepsPerEpoch: number | null;
  /** The share of the steps in which the learning rate rises. Default 0.3. */
  pctStart: number;
  /** Along a cosine or a line. Default 'cos'. */
  annealStrategy: 'cos' | 'linear';
  /** Whether the momentum, or the first of the betas, falls as the learning rate rises. Default true. */
  cycleMomentum: boolean;
  /** The least momentum: one number, or one for each group. Default 0.85. */
  baseMomentum: number | readonly number[];
  /** The greatest momentum: one number, or one for each group. Default 0.95. */
  maxMomentum: number | readonly number[];
  /** The first learning rate is maxLr / divFactor. Default 25. */
  divFactor: number;
  /** The last learning rate is the first one / finalDivFactor. Default 1e4. */
  finalDivFactor: number;
  /** Whether it falls to the first learning rate in as many steps as it rose, and from there to the last. Default false. */
  threePhase: boolean;
}

const stepsOrNull: Check<number | null> = (op, name, value) =>
  value === null ? null : wholeFrom(1)(op, name, value);

const above0: Check<number> = (op, name, value) => {
  if (notNegative(op, name, value) > 0) return value as number;
  throw new ArgumentError(op, name, value, `${name} is a number above 0; got 0`);
};

// They are checked with the groups at hand.
const asGiven: Check<number | readonly number[]> = (_op, _name, value) => value as number | readonly number[];

const SPEC: OptionSpec<OneCycleLROptions> = {
  op: 'OneCycleLR',
  defaults: {
    totalSteps: null,
    epochs: null,
    stepsPerEpoch: null,
    pctStart: 0.3,
    annealStrategy: 'cos',
    cycleMomentum: true,
    baseMomentum: 0.85,
    maxMomentum: 0.95,
    divFactor: 25,
    finalDivFactor: 1e4,
    threePhase: false,
    lastEpoch: -1,
  },
  checks: {
    totalSteps: stepsOrNull,
    epochs: stepsOrNull,
    stepsPerEpoch: stepsOrNull,
    pctStart: share,
    annealStrategy: oneOf('cos', 'linear'),
    cycleMomentum: flag,
    baseMomentum: asGiven,
    maxMomentum: asGiven,
    divFactor: above0,
    finalDivFactor: above0,
    threePhase: flag,
    lastEpoch: lastEpochCheck,
  },
};

function countSteps({ totalSteps, epochs, stepsPerEpoch }: OneCycleLROptions): number {
  if (totalSteps !== null) return totalSteps;
  if (epochs !== null && stepsPerEpoch !== null) return epochs * stepsPerEpoch;
  throw new ArgumentError(
    SPEC.op,
    'totalSteps',
    totalSteps,
    'give totalSteps, or both epochs and stepsPerEpoch',
  );
}

/** What a phase anneals between. */
type Corner = 'first' | 'max' | 'last';

interface Phase {
  /** The step that ends it. */
  readonly end: number;
  readonly from: Corner;
  readonly to: Corner;
}

/**
 * The one-cycle policy, stepped after each batch: from maxLr / divFactor up to maxLr in the first pctStart of the steps,
 * then down to the first learning rate / finalDivFactor; the momentum goes the other way, between maxMomentum and
 * baseMomentum (Smith and Topin 2019). maxLr is one number, or one for each group.
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { momentum: 0.9 });
 * const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, 1, { totalSteps: 10, pctStart: 0.5 });
 * for (let step = 0; step < 4; step++) scheduler.step();
 * scheduler.getLastLr(); // => [1]
 */
export class OneCycleLR extends LRScheduler {
  totalSteps: number;
  maxLrs: number[];
  minLrs: number[];
  pctStart: number;
  annealStrategy: string;
  cycleMomentum: boolean;
  baseMomentums: number[];
  maxMomentums: number[];
  threePhase: boolean;

  constructor(
    optimizer: Schedulable,
    maxLr: number | readonly number[],
    options: Partial<OneCycleLROptions> = {},
  ) {
    const given = completeOptions(SPEC, options, SPEC.defaults);
    const totalSteps = countSteps(given);
    super(SPEC.op, optimizer, given.lastEpoch);
    this.totalSteps = totalSteps;
    this.maxLrs = perGroup(SPEC.op, 'maxLr', optimizer, maxLr, notNegative);
    this.baseMomentums = perGroup(SPEC.op, 'baseMomentum', optimizer, given.baseMomentum, notNegative);
    this.maxMomentums = perGroup(SPEC.op, 'maxMomentum', optimizer, given.maxMomentum, notNegative);
    if (given.cycleMomentum) checkMomentum(SPEC.op, optimizer);
    if (given.lastEpoch === -1) {
      this.baseLrs = this.maxLrs.map((lr) => lr / given.divFactor);
      optimizer.paramGroups.forEach((group, i) => {
        group.initialLr = this.baseLrs[i];
      });
    }
    this.minLrs = this.baseLrs.map((lr) => lr / given.finalDivFactor);
    this.pctStart = given.pctStart;
    this.annealStrategy = given.annealStrategy;
    this.cycleMomentum = given.cycleMomentum;
    this.threePhase = given.threePhase;
    this.begin();
  }

  override step(): void {
    if (this.lastEpoch >= this.totalSteps) {
      throw new QuernError(
        SPEC.op,
        `the cycle has ${this.totalSteps} steps, and this would be one more; ` +
          'give totalSteps, or epochs and stepsPerEpoch, for the whole run',
      );
    }
    super.step();
  }

  #phases(): readonly Phase[] {
    const rising = this.pctStart * this.totalSteps;
    const last = this.totalSteps - 1;
    const rise: Phase = { end: rising - 1, from: 'first', to: 'max' };
    if (!this.threePhase) return [rise, { end: last, from: 'max', to: 'last' }];
    return [
      rise,
      { end: 2 * rising - 2, from: 'max', to: 'first' },
      { end: last, from: 'first', to: 'last' },
    ];
  }

  protected rates(): number[] {
    const phases = this.#phases();
    const found = phases.findIndex((one) => this.lastEpoch <= one.end);
    const index = found < 0 ? phases.length - 1 : found;
    const { end, from, to } = phases[index];
    const start = index === 0 ? 0 : phases[index - 1].end;
    // The step after the optimizer's last one finds the cycle at its end; a phase of no steps is at its end too.
    const done = end > start ? Math.min(1, (this.lastEpoch - start) / (end - start)) : 1;
    if (this.cycleMomentum) {
      this.optimizer.paramGroups.forEach((group, i) => {
        const corners = {
          first: this.maxMomentums[i],
          max: this.baseMomentums[i],
          last: this.maxMomentums[i],
        };
        setMomentum(group, this.#between(corners[from], corners[to], done));
      });
    }
    return this.maxLrs.map((max, i) => {
      const corners = { first: this.baseLrs[i], max, last: this.minLrs[i] };
      return this.#between(corners[from], corners[to], done);
    });
  }

  #between(start: number, end: number, done: number): number {
    if (this.annealStrategy === 'linear') return (end - start) * done + start;
    return end + ((start - end) / 2) * (Math.cos(Math.PI * done) + 1);
  }
}
