// Loading a state dict: everything is checked first, so that a dict that does not fit changes nothing.

import { ArgumentError, describe, StateDictError, showShape } from '../core/errors.js';
import { checkInPlace, finishInPlace, noGrad } from '../core/graph.js';
import { checkOptions, optionNames } from '../core/options.js';
import { Tensor } from '../core/tensor.js';
import { copyValues } from '../ops/apply.js';

/** Parameters and buffers by name. */
export type StateDict = Record<string, Tensor>;

export interface LoadOptions {
  /** Whether the names must be just those of the module. Default true. */
  strict?: boolean;
}

const LOAD_OPTIONS = optionNames<LoadOptions>({ strict: true });

/** The names on which a module and a state dict did not agree; empty after a strict load. */
export interface LoadReport {
  readonly missingKeys: readonly string[];
  readonly unexpectedKeys: readonly string[];
}

/** What keeps a value from being loaded into a tensor; null if nothing does. */
function misfit(name: string, target: Tensor, value: unknown): string | null {
  if (!(value instanceof Tensor)) return `${name} is ${describe(value)}, no tensor`;
  if (value.disposed) return `${name} was disposed of`;
  const fits = value.ndim === target.ndim && value.shape.every((dim, i) => dim === target.shape[i]);
  return fits ? null : `${name} has shape ${showShape(value.shape)} and ${showShape(target.shape)} is needed`;
}

/** Copies the values of a state dict into named tensors. @internal */
export function loadInto(
  targets: readonly [name: string, tensor: Tensor][],
  stateDict: StateDict,
  options: LoadOptions,
): LoadReport {
  if (typeof stateDict !== 'object' || stateDict === null) {
    throw new ArgumentError(
      'loadStateDict',
      'stateDict',
      stateDict,
      `a state dict is an object of tensors; got ${describe(stateDict)}`,
    );
  }
  checkOptions('loadStateDict', options, LOAD_OPTIONS);
  const names = new Set(targets.map(([name]) => name));
  const found = targets.filter(([name]) => Object.hasOwn(stateDict, name));
  const missingKeys = targets.map(([name]) => name).filter((name) => !Object.hasOwn(stateDict, name));
  const unexpectedKeys = Object.keys(stateDict).filter((name) => !names.has(name));
  const problems = found
    .map(([name, target]) => misfit(name, target, stateDict[name]))
    .filter((problem) => problem !== null);
  if (options.strict ?? true) {
    if (unexpectedKeys.length > 0) problems.unshift(`unexpected: ${unexpectedKeys.join(', ')}`);
    if (missingKeys.length > 0) problems.unshift(`missing: ${missingKeys.join(', ')}`);
  }
  if (problems.length > 0) throw new StateDictError('loadStateDict', problems);
  noGrad(() => {
    for (const [, target] of found) checkInPlace('loadStateDict', target, false);
    for (const [name, target] of found) {
      copyValues(target, stateDict[name]);
      finishInPlace(target);
    }
  });
  return { missingKeys, unexpectedKeys };
}
