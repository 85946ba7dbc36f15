// Options at the end of a call: given by name, and only by names that there are. A number in their place, or a name
// misspelt, would otherwise leave the default in silence.

import { ArgumentError, describe } from './errors.js';

/** The names of the options that a function takes. */
export type OptionNames = ReadonlySet<string>;

/** What options are where none are given. Known by identity, so that a call without options checks nothing. */
export const NO_OPTIONS: Readonly<Record<never, never>> = Object.freeze({});

/** The names of all options of a type: the compiler refuses one too few or too many. PyTorch's first comes first. */
export function optionNames<O extends object>(names: Readonly<Record<keyof O & string, true>>): OptionNames {
  return new Set(Object.keys(names));
}

/**
 * Refuses what is no object of known options.
 *
 * @throws ArgumentError that says how options are given, or which there are.
 */
export function checkOptions(op: string, options: object, names: OptionNames): void {
  if (options !== NO_OPTIONS) checkGiven(op, options, names);
}

// Apart from the test above, which is inlined into every operation.
function checkGiven(op: string, options: unknown, names: OptionNames): void {
  if (typeof options !== 'object' || options === null) throw notByName(op, options, names);
  let none = true;
  for (const name in options) {
    none = false;
    // What others put on Object.prototype is nobody's option.
    if (names.has(name) || !Object.hasOwn(options, name)) continue;
    throw isPlain(options) ? unknownOption(op, options, name, names) : notByName(op, options, names);
  }
  if (none && !isPlain(options)) throw notByName(op, options, names);
}

/** Whether an object is no instance of a class: a literal, of whatever realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function notByName(op: string, value: unknown, names: OptionNames): ArgumentError {
  const [first] = names;
  const example = typeof value === 'number' || typeof value === 'boolean' ? String(value) : '…';
  return new ArgumentError(
    op,
    'options',
    value,
    `options are given by name, as { ${first}: ${example} }; got ${describe(value)}`,
  );
}

function unknownOption(op: string, options: object, name: string, names: OptionNames): ArgumentError {
  return new ArgumentError(
    op,
    name,
    options[name as keyof typeof options],
    `there is no option '${name}'; there ${names.size === 1 ? 'is only' : 'are'} ${[...names].join(', ')}`,
  );
}
