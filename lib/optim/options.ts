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
  readonly together?: (options: Readonly<O>) => void;
}

export const notNegative: Check<number> = (op, name, value) => {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new ArgumentError(op, name, value, `${name} is a finite number from 0; got ${describe(value)}`);
};

export const finite: Check<number> = (op, name, value) => {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new ArgumentError(op, name, value, `${name} is a finite number; got ${describe(value)}`);
};

export const flag: Check<boolean> = (op, name, value) => {
  if (typeof value === 'boolean') return value;
  throw new ArgumentError(op, name, value, `${name} is true or false; got ${describe(value)}`);
};

/** Two decay rates in [0, 1), frozen, so that they cannot be changed behind the check. */
export const decayRates: Check<readonly [number, number]> = (op, name, value) => {
  const isRate = (rate: unknown): rate is number => typeof rate === 'number' && rate >= 0 && rate < 1;
  if (Array.isArray(value) && value.length === 2 && value.every(isRate))
    return Object.freeze([value[0], value[1]] as const);
  throw new ArgumentError(
    op,
    name,
    value,
    `${name} are two numbers in [0, 1), such as [0.9, 0.999]; got ${JSON.stringify(value)}`,
  );
};

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
