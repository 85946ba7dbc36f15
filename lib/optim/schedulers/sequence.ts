// Schedules of schedules: one after the other, or all at once.

import { ArgumentError, describe } from '../../core/errors.js';
import { BaseScheduler, LRScheduler, ratesOf, type Schedulable, type SchedulerState } from './scheduler.js';
import { checkMilestones } from './step.js';

/** A schedule of others. */
abstract class CompositeScheduler extends BaseScheduler {
  readonly #schedulers: readonly BaseScheduler[];

  constructor(op: string, optimizer: Schedulable, schedulers: readonly BaseScheduler[]) {
    super(op, optimizer);
    for (const one of schedulers) {
      if (one.optimizer === optimizer) continue;
      throw new ArgumentError(
        op,
        'schedulers',
        schedulers,
        'the schedules must all drive one optimizer; make each with the same',
      );
    }
    this.#schedulers = schedulers;
  }

  /** Goes on by one epoch. */
  abstract step(): void;

  override stateDict(): SchedulerState {
    return { ...super.stateDict(), schedulers: this.#schedulers.map((one) => one.stateDict()) };
  }

  /** @internal */
  override misfits(state: SchedulerState): string[] {
    const problems = super.misfits(state);
    const given = state?.schedulers;
    if (!Array.isArray(given) || given.length !== this.#schedulers.length)
      return [...problems, `schedulers must be ${this.#schedulers.length} state dicts`];
    const inner = this.#schedulers.flatMap((one, i) =>
      one.misfits(given[i]).map((problem) => `schedule ${i}: ${problem}`),
    );
    return [...problems, ...inner];
  }

  /** @internal */
  override adopt(state: SchedulerState): void {
    super.adopt(state);
    const given = state.schedulers as readonly SchedulerState[];
    this.#schedulers.forEach((one, i) => {
      one.adopt(given[i]);
    });
  }
}

function checkSchedulers<T>(
  op: string,
  given: readonly T[],
  fits: (one: unknown) => boolean,
  what: string,
): readonly T[] {
  if (!Array.isArray(given) || given.length === 0) {
    throw new ArgumentError(
      op,
      'schedulers',
      given,
      `schedulers is a list of schedules; got ${describe(given)}`,
    );
  }
  const wrong = given.find((one) => !fits(one));
  if (wrong === undefined) return [...given];
  throw new ArgumentError(op, 'schedulers', wrong, `schedulers holds ${describe(wrong)}; ${what}`);
}

/**
 * Schedules one after the other: at epoch milestones[i], schedulers[i + 1] takes over from its own beginning.
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const { LinearLR, ExponentialLR, SequentialLR } = optim.lrScheduler;
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const warmup = new LinearLR(optimizer, { startFactor: 0.5, totalIters: 2 });
 * const scheduler = new SequentialLR(optimizer, [warmup, new ExponentialLR(optimizer, 0.5)], [2]);
 * [1, 2, 3].map(() => (scheduler.step(), optimizer.paramGroups[0].lr)); // => [0.75, 1, 0.5]
 */
export class SequentialLR extends CompositeScheduler {
  milestones: number[];
  readonly #schedulers: readonly LRScheduler[];

  constructor(optimizer: Schedulable, schedulers: readonly LRScheduler[], milestones: readonly number[]) {
    const op = 'SequentialLR';
    const list = checkSchedulers(
      op,
      schedulers,
      (one) => one instanceof LRScheduler,
      'it takes schedules that begin anew, not those of other schedules or of a metric',
    );
    super(op, optimizer, list);
    this.#schedulers = list;
    this.milestones = checkMilestones(op, milestones);
    if (milestones.length !== list.length - 1) {
      throw new ArgumentError(
        op,
        'milestones',
        milestones,
        `there is one milestone between two schedules: ${list.length - 1} of them; got ${milestones.length}`,
      );
    }
    // Each has set its first learning rates when it was made; only the first one's shall stand.
    for (const group of optimizer.paramGroups) group.lr = group.initialLr as number;
    for (const one of list) one.unbegin();
    this.#current().begin();
    this.lastLr = ratesOf(optimizer);
  }

  #current(): LRScheduler {
    return this.#schedulers[this.milestones.filter((milestone) => milestone <= this.lastEpoch).length];
  }

  step(): void {
    this.lastEpoch++;
    const current = this.#current();
    if (this.milestones.includes(this.lastEpoch)) current.takeOver();
    else current.step();
    this.lastLr = ratesOf(this.optimizer);
  }
}

/** What ChainedScheduler takes. */
export type Chainable = LRScheduler | SequentialLR | ChainedScheduler;

/**
 * Schedules all at once: each changes the learning rates that the one before has left. Those that multiply by a factor
 * combine; those that set a value overwrite.
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const { ConstantLR, ExponentialLR, ChainedScheduler } = optim.lrScheduler;
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const halved = new ConstantLR(optimizer, { factor: 0.5, totalIters: 2 });
 * const scheduler = new ChainedScheduler([halved, new ExponentialLR(optimizer, 0.5)]);
 * [1, 2, 3].map(() => (scheduler.step(), optimizer.paramGroups[0].lr)); // => [0.25, 0.25, 0.125]
 */
export class ChainedScheduler extends CompositeScheduler {
  readonly #schedulers: readonly Chainable[];

  constructor(schedulers: readonly Chainable[]) {
    const op = 'ChainedScheduler';
    const list = checkSchedulers(
      op,
      schedulers,
      (one) => one instanceof LRScheduler || one instanceof CompositeScheduler,
      'it takes schedules whose step needs no metric',
    );
    super(op, list[0].optimizer, list);
    this.#schedulers = list;
    this.lastEpoch = list[0].lastEpoch;
  }

  step(): void {
    for (const one of this.#schedulers) one.step();
    this.lastEpoch++;
    this.lastLr = ratesOf(this.optimizer);
  }
}
