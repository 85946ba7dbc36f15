// Learning rates by a function of the epoch: as a factor of the first ones, or of the last ones.

import { ArgumentError, describe } from '../../core/errors.js';
import { completeOptions, type OptionSpec } from '../options.js';
import {
  LRScheduler,
  lastEpochCheck,
  ratesOf,
  type Schedulable,
  type SchedulerOptions,
} from './scheduler.js';

/** A factor for each epoch. */
export type RateFactor = (epoch: number) => number;

const specOf = (op: string): OptionSpec<SchedulerOptions> => ({
  op,
  defaults: { lastEpoch: -1 },
  checks: { lastEpoch: lastEpochCheck },
});

const LAMBDA = specOf('LambdaLR');
const MULTIPLICATIVE = specOf('MultiplicativeLR');

function functionsOf(
  op: string,
  optimizer: Schedulable,
  given: RateFactor | readonly RateFactor[],
): RateFactor[] {
  const count = optimizer.paramGroups.length;
  const functions: readonly unknown[] = Array.isArray(given) ? given : new Array(count).fill(given);
  const wrong = functions.find((one) => typeof one !== 'function');
  if (wrong === undefined && functions.length === count) return functions as RateFactor[];
  throw new ArgumentError(
    op,
    'lrLambda',
    given,
    `lrLambda is a function of the epoch, or one for each of the optimizer's ${count} groups; got ${
      wrong === undefined ? `${functions.length} functions` : describe(wrong)
    }`,
  );
}

/**
 * lr = initial lr · lrLambda(epoch), with one function for all groups or one for each.
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new optim.lrScheduler.LambdaLR(optimizer, (epoch) => 1 / (1 + epoch));
 * scheduler.step();
 * scheduler.getLastLr(); // => [0.5]
 */
export class LambdaLR extends LRScheduler {
  readonly #functions: readonly RateFactor[];

  constructor(
    optimizer: Schedulable,
    lrLambda: RateFactor | readonly RateFactor[],
    options: Partial<SchedulerOptions> = {},
  ) {
    super(LAMBDA.op, optimizer, completeOptions(LAMBDA, options, LAMBDA.defaults).lastEpoch);
    this.#functions = functionsOf(LAMBDA.op, optimizer, lrLambda);
    this.begin();
  }

  protected rates(): number[] {
    return this.baseLrs.map((lr, i) => lr * this.#functions[i](this.lastEpoch));
  }
}

/**
 * lr ← lr · lrLambda(epoch) at each step, with one function for all groups or one for each.
 *
 * @throws ArgumentError where something has no meaning.
 * @example
 * import { optim, tensor } from 'quern';
 * const optimizer = new optim.SGD([tensor([1], { requiresGrad: true })], { lr: 1 });
 * const scheduler = new optim.lrScheduler.MultiplicativeLR(optimizer, () => 0.5);
 * scheduler.step();
 * scheduler.step();
 * scheduler.getLastLr(); // => [0.25]
 */
export class MultiplicativeLR extends LRScheduler {
  readonly #functions: readonly RateFactor[];

  constructor(
    optimizer: Schedulable,
    lrLambda: RateFactor | readonly RateFactor[],
    options: Partial<SchedulerOptions> = {},
  ) {
    super(
      MULTIPLICATIVE.op,
      optimizer,
      completeOptions(MULTIPLICATIVE, options, MULTIPLICATIVE.defaults).lastEpoch,
    );
    this.#functions = functionsOf(MULTIPLICATIVE.op, optimizer, lrLambda);
    this.begin();
  }

  protected rates(initial: boolean): number[] {
    const rates = ratesOf(this.optimizer);
    return initial ? rates : rates.map((lr, i) => lr * this.#functions[i](this.lastEpoch));
  }
}
