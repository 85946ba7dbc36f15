// What all schedules of the learning rate share: the optimizer that they drive, their state dicts, and the step.

import { ArgumentError, describe, QuernError, StateDictError } from '../../core/errors.js';
import { Optimizer } from '../optimizer.js';
import { type Check, wholeFrom } from '../options.js';

/** What schedules read and write in a group of an optimizer. */
export interface ScheduledGroup {
  lr: number;
  initialLr?: number;
  momentum?: number;
  betas?: readonly [number, number];
}

/** An optimizer, as far as schedules know it. */
export interface Schedulable {
  readonly paramGroups: readonly ScheduledGroup[];
}

/** A scheduler's state: plain values that JSON holds. */
export type SchedulerState = Readonly<Record<string, unknown>>;

export interface SchedulerOptions {
  /**
   * The epoch that a run which goes on ended with; groups then need the initialLr that the optimizer's state dict
   * restores. Default −1, a run that begins.
   */
  lastEpoch: number;
}

/** The check of the option that all schedules have. */
export const lastEpochCheck: Check<number> = wholeFrom(-1);

/** One value for each group: those given, or one for all. */
export function perGroup(
  op: string,
  name: string,
  optimizer: Schedulable,
  value: unknown,
  check: Check<number>,
): number[] {
  const count = optimizer.paramGroups.length;
  if (!Array.isArray(value)) return new Array(count).fill(check(op, name, value));
  if (value.length === count) return value.map((one) => check(op, name, one));
  throw new ArgumentError(
    op,
    name,
    value,
    `${name} is one number, or one for each of the optimizer's ${count} groups; got ${value.length}`,
  );
}

/** The optimizer's own learning rates. */
export function ratesOf(optimizer: Schedulable): number[] {
  return optimizer.paramGroups.map((group) => group.lr);
}

/** Whether a value of a state dict can take the place of a field's. */
function fits(field: unknown, value: unknown): boolean {
  if (Array.isArray(field))
    return (
      Array.isArray(value) && value.length === field.length && field.every((one, i) => fits(one, value[i]))
    );
  return field === null || value === null || typeof field === typeof value;
}

/** The base of all schedules: public fields are their state. */
export abstract class BaseScheduler {
  readonly #op: string;
  readonly #optimizer: Schedulable;
  /** Steps taken. */
  lastEpoch = 0;
  protected lastLr: number[];

  constructor(op: string, optimizer: Schedulable) {
    if (!(optimizer instanceof Optimizer)) {
      throw new ArgumentError(
        op,
        'optimizer',
        optimizer,
        `a schedule drives an optimizer, such as optim.SGD; got ${describe(optimizer)}`,
      );
    }
    this.#op = op;
    this.#optimizer = optimizer;
    this.lastLr = ratesOf(optimizer);
  }

  /** The schedule's name, as errors say it. */
  protected get op(): string {
    return this.#op;
  }

  /** The optimizer whose learning rates it sets. */
  get optimizer(): Schedulable {
    return this.#optimizer;
  }

  /** The learning rates that the last step set, one for each group. */
  getLastLr(): number[] {
    return [...this.lastLr];
  }

  /** All that a schedule needs to go on, besides its optimizer's state dict; functions are not in it. */
  stateDict(): SchedulerState {
    return structuredClone(Object.fromEntries(Object.entries(this)));
  }

  /**
   * Takes over the state of a schedule of the same kind. The learning rates themselves come with the optimizer's state
   * dict. All is checked before anything is changed.
   *
   * @throws StateDictError that lists what does not fit.
   */
  loadStateDict(state: SchedulerState): void {
    const problems = this.misfits(state);
    if (problems.length > 0) throw new StateDictError(`${this.#op}.loadStateDict`, problems);
    this.adopt(state);
  }

  /** What keeps a state dict from being this schedule's. @internal */
  misfits(state: SchedulerState): string[] {
    if (typeof state !== 'object' || state === null) return [`it is no state dict but ${describe(state)}`];
    const fields = Object.entries(this);
    const problems = fields
      .filter(([name, field]) => !(name in state) || !fits(field, state[name]))
      .map(([name, field]) => `${name} must be like ${JSON.stringify(field)}`);
    const known = new Set(fields.map(([name]) => name));
    const strange = Object.keys(state).filter((name) => !known.has(name) && name !== 'schedulers');
    return [...problems, ...strange.map((name) => `${name} is not part of it`)];
  }

  /** Takes over a state that fits. @internal */
  adopt(state: SchedulerState): void {
    const fields = Object.keys(this).map((name) => [name, structuredClone(state[name])]);
    Object.assign(this, Object.fromEntries(fields));
  }
}

/** Refuses to go on where a group does not say what it started from. */
function checkResumed(op: string, optimizer: Schedulable, lastEpoch: number): void {
  const index = optimizer.paramGroups.findIndex((group) => group.initialLr === undefined);
  if (index < 0) return;
  throw new ArgumentError(
    op,
    'lastEpoch',
    lastEpoch,
    `group ${index} has no initialLr to go on from; load the optimizer's state dict first, or leave lastEpoch out`,
  );
}

/**
 * The base of schedules that step once an epoch, or once a batch: `scheduler.step()` after the optimizer's steps. Each
 * sets the first learning rates when it is made.
 *
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * new optim.lrScheduler.StepLR(optimizer, 10) instanceof optim.lrScheduler.LRScheduler; // => true
 */
export abstract class LRScheduler extends BaseScheduler {
  /** The learning rates that the groups started from. */
  baseLrs: number[];
  protected stepCount = 0;

  constructor(op: string, optimizer: Schedulable, lastEpoch: number) {
    super(op, optimizer);
    if (lastEpoch >= 0) checkResumed(op, optimizer, lastEpoch);
    this.baseLrs = optimizer.paramGroups.map((group) => group.initialLr ?? group.lr);
    this.lastEpoch = lastEpoch;
  }

  /** The learning rates of epoch `lastEpoch`; `initial` where the schedule is being made. */
  protected abstract rates(initial: boolean): number[];

  /** Those of epoch 0 where another schedule came before. */
  protected firstRates(): number[] {
    return this.rates(false);
  }

  /** Goes on to the next epoch, and sets its learning rates. */
  step(): void {
    this.stepCount++;
    this.lastEpoch++;
    this.setRates(this.rates(false));
  }

  /** Sets the first learning rates. Constructors call it last. @internal */
  begin(): void {
    this.optimizer.paramGroups.forEach((group, i) => {
      group.initialLr ??= this.baseLrs[i];
    });
    this.stepCount = 1;
    this.lastEpoch++;
    this.setRates(this.rates(true));
  }

  /** Takes back `begin`, but for the learning rates. @internal */
  unbegin(): void {
    this.lastEpoch--;
  }

  /** Starts where another schedule has ended. @internal */
  takeOver(): void {
    this.lastEpoch = 0;
    this.setRates(this.firstRates());
  }

  protected setRates(rates: readonly number[]): void {
    const groups = this.optimizer.paramGroups;
    if (rates.length !== groups.length) {
      throw new QuernError(
        this.op,
        `the optimizer has ${groups.length} groups, and had ${rates.length} when the schedule was made; ` +
          'make it after addParamGroup',
      );
    }
    rates.forEach((rate, i) => {
      groups[i].lr = rate;
    });
    this.lastLr = ratesOf(this.optimizer);
  }
}
