// Hooks around forward. One shadows the method on its module alone, so that modules without hooks pay nothing.

import { ArgumentError, describe } from '../core/errors.js';
import { checkOptions, optionNames } from '../core/options.js';
import type { Module } from './module.js';

/** Called before forward with its inputs; answers others to be used instead, or nothing. */
export type ForwardPreHook = (module: Module, inputs: readonly unknown[]) => readonly unknown[] | undefined;

/** Called after forward with its inputs and output; answers another output, or nothing. */
export type ForwardHook = (module: Module, inputs: readonly unknown[], output: unknown) => unknown;

export interface HookOptions {
  /** Whether it comes before the hooks that there are, not after them. Default false. */
  prepend?: boolean;
}

const HOOK_OPTIONS = optionNames<HookOptions>({ prepend: true });

/** What ends a hook. */
export interface RemovableHandle {
  /** Ends the hook; again it does nothing. */
  remove(): void;
  [Symbol.dispose](): void;
}

/** The hooks of a module, and what its own field `forward` was before them. */
interface Hooks {
  readonly before: { readonly hook: ForwardPreHook }[];
  readonly after: { readonly hook: ForwardHook }[];
  readonly field: PropertyDescriptor | undefined;
  readonly shadow: (...inputs: unknown[]) => unknown;
}

const hooked = new WeakMap<Module, Hooks>();

/** The hooks of a module, whose forward calls them from now on. */
function hooksOf(module: Module): Hooks {
  const found = hooked.get(module);
  if (found !== undefined) return found;
  const forward = module.forward;
  const before: Hooks['before'] = [];
  const after: Hooks['after'] = [];
  const shadow = (...given: unknown[]): unknown => {
    let inputs: readonly unknown[] = given;
    // Copies, for a hook may end itself.
    for (const { hook } of [...before]) {
      const others = hook(module, inputs);
      if (others === undefined) continue;
      if (!Array.isArray(others)) {
        throw new ArgumentError(
          'registerForwardPreHook',
          'hook',
          others,
          `a hook answers an array of inputs, or nothing; got ${describe(others)}`,
        );
      }
      inputs = others;
    }
    let output: unknown = forward.apply(module, inputs as unknown[]);
    for (const { hook } of [...after]) {
      const other = hook(module, inputs, output);
      if (other !== undefined) output = other;
    }
    return output;
  };
  const hooks = { before, after, shadow, field: Object.getOwnPropertyDescriptor(module, 'forward') };
  // Not enumerable: copies, casts and state dicts look at the other fields.
  Object.defineProperty(module, 'forward', { value: shadow, configurable: true, writable: true });
  hooked.set(module, hooks);
  return hooks;
}

/** Gives a module without hooks its own forward back, unless somebody has replaced the shadow meanwhile. */
function unshadow(module: Module, { before, after, shadow, field }: Hooks): void {
  if (before.length > 0 || after.length > 0 || module.forward !== shadow) return;
  hooked.delete(module);
  if (field === undefined) Reflect.deleteProperty(module, 'forward');
  else Object.defineProperty(module, 'forward', field);
}

function register<Hook>(
  op: string,
  module: Module,
  hook: Hook,
  options: HookOptions,
  listOf: (hooks: Hooks) => { readonly hook: Hook }[],
): RemovableHandle {
  checkOptions(op, options, HOOK_OPTIONS);
  if (typeof hook !== 'function')
    throw new ArgumentError(op, 'hook', hook, `a hook is a function; got ${describe(hook)}`);
  const hooks = hooksOf(module);
  const list = listOf(hooks);
  const entry = { hook };
  if (options.prepend) list.unshift(entry);
  else list.push(entry);
  const remove = (): void => {
    const place = list.indexOf(entry);
    if (place < 0) return;
    list.splice(place, 1);
    unshadow(module, hooks);
  };
  return { remove, [Symbol.dispose]: remove };
}

/** @internal */
export function addForwardPreHook(
  module: Module,
  hook: ForwardPreHook,
  options: HookOptions,
): RemovableHandle {
  return register('registerForwardPreHook', module, hook, options, ({ before }) => before);
}

/** @internal */
export function addForwardHook(module: Module, hook: ForwardHook, options: HookOptions): RemovableHandle {
  return register('registerForwardHook', module, hook, options, ({ after }) => after);
}
