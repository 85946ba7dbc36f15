// Options of optimizers: each is checked when it is given, and again whenever it is set.

import { ArgumentError, describe } from '../core/errors.js';
import { checkOptions } from '../core/options.js';

/** Checks a value given for an option, and answers it in the form in which it is kept. */
export type Check<T> = (op: string, name: string, value: unknown) => T;

/** One check for each option. */
export type Checks<O> = { readonly [K in keyof O]: Check<O[K]> };

/** What an optimizer says about its options. */
export interface OptionSpec<O> {
  /** The optimizer's name. */
  readonly op: string;
  readonly defaults: O;
  readonly checks: Checks<O>;
  /** Refuses options that do not go together. */
  together?(options: Readonly<O>): void;
}

export const notNegative: Check<number> = (op, name, value) => {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new ArgumentError(op, name, value, `${name} is a finite number from 0; got ${describe(value)}`);
};

export const finite: Check<number> = (op, name, value) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new ArgumentError(op, name, value, `${name} is a finite number; got ${describe(value)}`);
};

/** A share: in [0, 1]. */
export const share: Check<number> = (op, name, value) => {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw new ArgumentError(op, name, value, `${name} is a number from 0 to 1; got ${describe(value)}`);
};

/** A whole number from `least`. */
export const wholeFrom =
  (least: number): Check<number> =>
  (op, name, value) => {
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return value;
    throw new ArgumentError(
      op,
      name,
      value,
      `${name} is a whole number from ${least}; got ${describe(value)}`,
    );
  };

/** One of a few names, or null if that is among them. */
export const oneOf =
  <T extends string | null>(...choices: readonly T[]): Check<T> =>
  (op, name, value) => {
    if (choices.includes(value as T)) return value as T;
    const shown = choices.map((choice) => (choice === null ? 'null' : `'${choice}'`)).join(' or ');
    throw new ArgumentError(op, name, value, `${name} is ${shown}; got ${describe(value)}`);
  };

export const flag: Check<boolean> = (op, name, value) => {
  if (typeof value === 'boolean') return value;
  throw new ArgumentError(op, name, value, `${name} is true or false; got ${describe(value)}`);
};

/** Two numbers that fit `what`, frozen, so that they cannot be changed behind the check. */
export const pairOf =
  (what: string, fits: (first: number, second: number) => boolean): Check<readonly [number, number]> =>
  (op, name, value) => {
    const isPair =
      Array.isArray(value) && value.length === 2 && value.every((one) => typeof one === 'number');
    if (isPair && fits(value[0], value[1])) return Object.freeze([value[0], value[1]] as const);
    throw new ArgumentError(op, name, value, `${name} are ${what}; got ${JSON.stringify(value)}`);
  };

const isRate = (rate: number): boolean => rate >= 0 && rate < 1;

/** Two decay rates in [0, 1). */
export const decayRates = pairOf(
  'two numbers in [0, 1), such as [0.9, 0.999]',
  (first, second) => isRate(first) && isRate(second),
);

function keysOf<O extends object>(spec: OptionSpec<O>): (keyof O & string)[] {
  return Object.keys(spec.defaults) as (keyof O & string)[];
}

/** Checks one option among the others as they are. */
function checkOne<O extends object, K extends keyof O & string>(
  spec: OptionSpec<O>,
  options: O,
  key: K,
  value: unknown,
): O[K] {
  const checked = spec.checks[key](spec.op, key, value);
  spec.together?.({ ...options, [key]: checked });
  return checked;
}

/** All options, checked: those given, and `base` for the others. Names that are no options are refused. */
export function completeOptions<O extends object>(spec: OptionSpec<O>, given: Partial<O>, base: O): O {
  const keys = keysOf(spec);
  checkOptions(spec.op, given, new Set(keys));
  const options = { ...base };
  for (const key of keys) {
    options[key] = spec.checks[key](spec.op, key, given[key] === undefined ? base[key] : given[key]);
  }
  spec.together?.(options);
  return options;
}

/** Gives an object the options as properties that check what they are set to. */
export function defineOptions<O extends object, T extends object>(
  spec: OptionSpec<O>,
  target: T,
  options: O,
): T & O {
  for (const key of keysOf(spec)) {
    Object.defineProperty(target, key, {
      enumerable: true,
      get: () => options[key],
      set: (value: unknown) => {
        options[key] = checkOne(spec, options, key, value);
      },
    });
  }
  return target as T & O;
}
