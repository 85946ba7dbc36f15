// Hooks of modules. They shadow forward on their module alone, so that modules without hooks pay nothing.

import { ArgumentError, describe } from '../core/errors.js';
import { enlist, type RemovableHandle } from '../core/handles.js';
import { checkOptions, optionNames } from '../core/options.js';
import { type FullBackwardHook, type FullBackwardPreHook, runWatched } from './backwardHooks.js';
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

/** The hooks of a module, and what its own field `forward` was before them. */
interface Hooks {
  readonly before: { readonly hook: ForwardPreHook }[];
  readonly after: { readonly hook: ForwardHook }[];
  readonly beforeBackward: { readonly hook: FullBackwardPreHook }[];
  readonly afterBackward: { readonly hook: FullBackwardHook }[];
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
  const beforeBackward: Hooks['beforeBackward'] = [];
  const afterBackward: Hooks['afterBackward'] = [];
  const run = (inputs: readonly unknown[]): unknown => {
    let output: unknown = forward.apply(module, inputs as unknown[]);
    for (const { hook } of [...after]) {
      const other = hook(module, inputs, output);
      if (other !== undefined) output = other;
    }
    return output;
  };
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
    if (beforeBackward.length === 0 && afterBackward.length === 0) return run(inputs);
    return runWatched(module, { beforeBackward, afterBackward }, inputs, run);
  };
  const field = Object.getOwnPropertyDescriptor(module, 'forward');
  const hooks: Hooks = { before, after, beforeBackward, afterBackward, shadow, field };
  // Not enumerable: copies, casts and state dicts look at the other fields.
  Object.defineProperty(module, 'forward', { value: shadow, configurable: true, writable: true });
  hooked.set(module, hooks);
  return hooks;
}

/** Gives a module without hooks its own forward back, unless somebody has replaced the shadow meanwhile. */
function unshadow(module: Module, hooks: Hooks): void {
  const { before, after, beforeBackward, afterBackward, shadow, field } = hooks;
  const left = before.length + after.length + beforeBackward.length + afterBackward.length;
  if (left > 0 || module.forward !== shadow) return;
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
  return enlist(listOf(hooks), { hook }, options.prepend ?? false, () => unshadow(module, hooks));
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

/** @internal */
export function addFullBackwardPreHook(
  module: Module,
  hook: FullBackwardPreHook,
  options: HookOptions,
): RemovableHandle {
  return register(
    'registerFullBackwardPreHook',
    module,
    hook,
    options,
    ({ beforeBackward }) => beforeBackward,
  );
}

/** @internal */
export function addFullBackwardHook(
  module: Module,
  hook: FullBackwardHook,
  options: HookOptions,
): RemovableHandle {
  return register('registerFullBackwardHook', module, hook, options, ({ afterBackward }) => afterBackward);
}
