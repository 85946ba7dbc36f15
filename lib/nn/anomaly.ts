// Anomaly detection as users turn it on: for a function or from now on, with the names of a model's modules.

import { ArgumentError, describe } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { refusePromise } from '../core/scope.js';
import { inModule, setWatching, watching } from '../ops/anomaly.js';
import { Module } from './module.js';

export interface AnomalyOptions {
  /** Looks for NaN. Default true; false leaves the places of calls, which other errors in backward are told. */
  checkNan?: boolean;
  /** Looks for infinities too, where none were among the operands. Default false. */
  checkInf?: boolean;
  /** Whose modules errors name by their paths, as `layers.2 (Linear)`. Without it they name the classes alone. */
  model?: Module;
}

const ANOMALY_OPTIONS = optionNames<AnomalyOptions>({ checkNan: true, checkInf: true, model: true });

function flag(op: string, name: string, value: boolean): boolean {
  if (typeof value === 'boolean') return value;
  throw new ArgumentError(op, name, value, `${name} is true or false; got ${describe(value)}`);
}

/** Lets the modules of a model tell their paths while they run; answers what ends it. */
function tellPaths(model: Module): () => void {
  let telling = true;
  const told = model.namedModules().map(([path, module]) => {
    const type = module.constructor.name;
    const name = path === '' ? type : `${path} (${type})`;
    const field = Object.getOwnPropertyDescriptor(module, 'forward');
    const forward = module.forward;
    const run = (inputs: unknown[]): unknown => forward.apply(module, inputs);
    const teller = (...inputs: unknown[]): unknown =>
      telling ? inModule(name, () => run(inputs)) : run(inputs);
    // Not enumerable: copies, casts and state dicts look at the other fields.
    Object.defineProperty(module, 'forward', { value: teller, configurable: true, writable: true });
    return { module, field, teller };
  });
  return () => {
    telling = false;
    for (const { module, field, teller } of told) {
      // A hook that was registered since stands before it, and goes on calling it.
      if (module.forward !== teller) continue;
      if (field === undefined) Reflect.deleteProperty(module, 'forward');
      else Object.defineProperty(module, 'forward', field);
    }
  };
}

let endNames: () => void = () => undefined;

/** Starts watching as the options say, after `endBefore`; answers what ends the names. */
function begin(op: string, options: AnomalyOptions, endBefore: () => void): () => void {
  checkOptions(op, options, ANOMALY_OPTIONS);
  const nan = flag(op, 'checkNan', options.checkNan ?? true);
  const infinity = flag(op, 'checkInf', options.checkInf ?? false);
  const { model } = options;
  if (model !== undefined && !(model instanceof Module))
    throw new ArgumentError(op, 'model', model, `model is a module; got ${describe(model)}`);
  endBefore();
  const end = model === undefined ? () => undefined : tellPaths(model);
  setWatching({ nan, infinity });
  return end;
}

/**
 * Runs a synchronous function, forward and backward, under watch: the first NaN that an operation writes throws, with
 * the name of the operation, of the module in whose forward it ran, and, where it is in a gradient, of the forward
 * operation whose gradient it is and where that was called. Other errors in backward say where the operation was called
 * as well. PyTorch's `torch.autograd.detect_anomaly`, which looks at gradients alone. Several times slower than without; where it is not on it costs nothing.
 *
 * @throws AnomalyError for the first NaN, with `checkInf` for the first infinity; ArgumentError for an async function.
 * @example
 * import { detectAnomaly, nn, tensor } from 'quern';
 * const model = new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU());
 * const x = tensor([4, 0], { requiresGrad: true });
 * const caught = (act) => {
 *   try {
 *     act();
 *   } catch (error) {
 *     return [error.name, error.phase, error.op, error.module];
 *   }
 * };
 * caught(() => detectAnomaly(() => x.sub(5).log())); // => ['AnomalyError', 'forward', 'log', null]
 * caught(() => detectAnomaly(() => x.sqrt().mul(0).sum().backward())); // => ['AnomalyError', 'backward', 'sqrt', null]
 * caught(() => detectAnomaly(() => model.forward(x.div(x)), { model })); // => ['AnomalyError', 'forward', 'div', null]
 */
export function detectAnomaly<T>(fn: () => T, options: AnomalyOptions = NO_OPTIONS): T {
  if (typeof fn !== 'function')
    throw new ArgumentError('detectAnomaly', 'fn', fn, `a function is needed; got ${describe(fn)}`);
  const before = watching();
  const end = begin('detectAnomaly', options, () => undefined);
  try {
    return refusePromise('detectAnomaly', fn());
  } finally {
    end();
    setWatching(before);
  }
}

/**
 * Turns anomaly detection, as {@link detectAnomaly} describes it, on from now on, or off. For async code, and for a
 * whole program. PyTorch's `torch.autograd.set_detect_anomaly`.
 *
 * @example
 * import { isAnomalyEnabled, setDetectAnomaly, tensor } from 'quern';
 * setDetectAnomaly(true, { checkInf: true });
 * isAnomalyEnabled(); // => true
 * let message = '';
 * try {
 *   tensor([1, 0]).reciprocal();
 * } catch (error) {
 *   message = error.message;
 * }
 * setDetectAnomaly(false);
 * message.startsWith('[reciprocal] infinity arose in reciprocal'); // => true
 */
export function setDetectAnomaly(on: boolean, options: AnomalyOptions = NO_OPTIONS): void {
  flag('setDetectAnomaly', 'on', on);
  if (on) {
    endNames = begin('setDetectAnomaly', options, endNames);
    return;
  }
  checkOptions('setDetectAnomaly', options, ANOMALY_OPTIONS);
  endNames();
  endNames = () => undefined;
  setWatching(null);
}

/**
 * Whether anomaly detection is on.
 *
 * @example
 * import { detectAnomaly, isAnomalyEnabled } from 'quern';
 * [isAnomalyEnabled(), detectAnomaly(() => isAnomalyEnabled())]; // => [false, true]
 */
export function isAnomalyEnabled(): boolean {
  return watching() !== null;
}
