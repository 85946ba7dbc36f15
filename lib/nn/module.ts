// The module: what layers and models are. Its parameters, buffers and children are found among its fields.

import { inspect } from 'node:util';
import { type DType, isFloatKind } from '../core/dtype.js';
import { ArgumentError, DTypeError } from '../core/errors.js';
import type { RemovableHandle } from '../core/handles.js';
import { NO_OPTIONS } from '../core/options.js';
import { BUFFER, PARAMETER, PLAIN, Tensor } from '../core/tensor.js';
import { checkDType } from '../ops/create.js';
import { detach } from '../ops/shape.js';
import type { FullBackwardHook, FullBackwardPreHook } from './backwardHooks.js';
import { rememberClass } from './classes.js';
import {
  addForwardHook,
  addForwardPreHook,
  addFullBackwardHook,
  addFullBackwardPreHook,
  type ForwardHook,
  type ForwardPreHook,
  type HookOptions,
} from './hooks.js';
import { matching, named } from './names.js';
import { ownCopy } from './parameter.js';
import { type LoadOptions, type LoadReport, loadInto, type StateDict } from './state.js';
import { type SummaryOptions, summarize } from './summary.js';

/** What a module finds among its fields. */
type Member = Module | Tensor;

function isMember(value: unknown): value is Member {
  return value instanceof Module || (value instanceof Tensor && value.role !== PLAIN);
}

/** An object without prototype, in which dictionaries of modules and parameters keep them. */
function isDictionary(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}

function join(prefix: string, name: string): string {
  return prefix === '' ? name : `${prefix}.${name}`;
}

/** The members in a field: itself, or those in an array, named by their index. */
function* membersIn(name: string, value: unknown): Generator<[name: string, member: Member]> {
  if (isMember(value)) yield [name, value];
  else if (Array.isArray(value))
    for (let i = 0; i < value.length; i++) yield* membersIn(`${name}.${i}`, value[i]);
}

/** A value of a field in a copy of its module; `made` maps what was copied, so that what is shared stays shared. */
function copyValue(value: unknown, made: Map<unknown, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => copyValue(item, made));
  if (isDictionary(value)) {
    const copy: Record<string, unknown> = Object.create(null);
    for (const [name, item] of Object.entries(value)) copy[name] = copyValue(item, made);
    return copy;
  }
  if (!isMember(value)) return value;
  const before = made.get(value);
  if (before !== undefined) return before;
  if (value instanceof Module) return copyModule(value, made);
  const copy = ownCopy(value, value.kind, value.role, value.requiresGrad);
  made.set(value, copy);
  return copy;
}

function copyModule(module: Module, made: Map<unknown, unknown>): Module {
  // The module's own constructor would make, and draw, parameters that nobody needs.
  const copy = Reflect.construct(Module, [], module.constructor) as Module;
  made.set(module, copy);
  for (const [name, value] of Object.entries(module)) Reflect.set(copy, name, copyValue(value, made));
  // Fields that are computed, as those with parametrizations are, go on computing from what is the copy's own.
  for (const [name, field] of Object.entries(Object.getOwnPropertyDescriptors(module)))
    if (field.get !== undefined) Object.defineProperty(copy, name, field);
  return copy;
}

/** Calls `replace` on each tensor with a role in the public fields of an object, or in arrays there. @internal */
export function replaceTensors(
  holder: Record<string, unknown> | unknown[],
  replace: (tensor: Tensor) => Tensor,
): void {
  for (const [key, value] of Object.entries(holder)) {
    if (Array.isArray(value) || isDictionary(value)) replaceTensors(value, replace);
    else if (value instanceof Tensor && value.role !== PLAIN)
      (holder as Record<string, unknown>)[key] = replace(value);
  }
}

/**
 * The base of all layers and models. Fields that hold modules, parameters, buffers or arrays of them are found
 * without registration, in the order in which they were set; `#private` fields are not.
 *
 * @example
 * import { nn, ones } from 'quern';
 * class Net extends nn.Module {
 *   hidden = new nn.Linear(2, 8);
 *   out = new nn.Linear(8, 1);
 *   forward(x) {
 *     return this.out.forward(this.hidden.forward(x).tanh());
 *   }
 * }
 * const net = new Net();
 * net.forward(ones([5, 2])).shape; // => [5, 1]
 * net.namedParameters().map(([name]) => name); // => ['hidden.weight', 'hidden.bias', 'out.weight', 'out.bias']
 */
export abstract class Module {
  /** Whether it is being trained: dropout and batch normalisation behave differently then. Set by train and eval. */
  training = true;

  constructor() {
    rememberClass(new.target);
  }

  /** Computes the module's output. */
  // biome-ignore lint/suspicious/noExplicitAny: each module has its own inputs and outputs
  abstract forward(...inputs: any[]): any;

  /** The fields to search, by the name that they have in state dicts. Modules with other names for them override it. */
  protected *members(): Generator<[name: string, value: unknown]> {
    yield* Object.entries(this);
  }

  *#own(): Generator<[name: string, member: Member]> {
    for (const [name, value] of this.members()) yield* membersIn(name, value);
  }

  /** This module and those below it. `seen` stops at those met before; kept for the path alone, only at cycles. */
  *#walk(prefix: string, seen: Set<Module>, once: boolean): Generator<[name: string, module: Module]> {
    if (seen.has(this)) return;
    seen.add(this);
    yield [prefix, this];
    for (const [name, member] of this.#own()) {
      if (member instanceof Module) yield* member.#walk(join(prefix, name), seen, once);
    }
    if (!once) seen.delete(this);
  }

  *#tensors(once: boolean): Generator<[name: string, tensor: Tensor]> {
    const met = new Set<Tensor>();
    for (const [prefix, module] of this.#walk('', new Set(), once)) {
      for (const [name, member] of module.#own()) {
        if (member instanceof Module || (once && met.has(member))) continue;
        met.add(member);
        yield [join(prefix, name), member];
      }
    }
  }

  #named(role: number): [name: string, tensor: Tensor][] {
    return [...this.#tensors(true)].filter(([, tensor]) => tensor.role === role);
  }

  /** The parameters of this module and those below it with their names, such as 'conv.bias'; shared ones once. */
  namedParameters(): [name: string, parameter: Tensor][] {
    return this.#named(PARAMETER);
  }

  /** The parameters of this module and those below it; shared ones once. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, parameter]) => parameter);
  }

  /** The buffers of this module and those below it with their names; shared ones once. */
  namedBuffers(): [name: string, buffer: Tensor][] {
    return this.#named(BUFFER);
  }

  /** The buffers of this module and those below it; shared ones once. */
  buffers(): Tensor[] {
    return this.namedBuffers().map(([, buffer]) => buffer);
  }

  /** This module, named '', and all below it with their names; shared ones once. */
  namedModules(): [name: string, module: Module][] {
    return [...this.#walk('', new Set(), true)];
  }

  /** This module and all below it; shared ones once. */
  modules(): Module[] {
    return this.namedModules().map(([, module]) => module);
  }

  /**
   * The parameter of a dotted name, such as 'conv.bias'.
   *
   * @throws ArgumentError where there is none.
   */
  getParameter(name: string): Tensor {
    return named('getParameter', this.everyTensor(PARAMETER), name);
  }

  /**
   * The buffer of a dotted name, such as 'norm.running_mean'.
   *
   * @throws ArgumentError where there is none.
   */
  getBuffer(name: string): Tensor {
    return named('getBuffer', this.everyTensor(BUFFER), name);
  }

  /**
   * The module of a dotted name, such as 'blocks.0.conv'; '' is this one.
   *
   * @throws ArgumentError where there is none.
   */
  getSubmodule(name: string): Module {
    return named('getSubmodule', [...this.#walk('', new Set(), false)], name);
  }

  /** All tensors of a role, shared ones under each of their names. */
  private everyTensor(role: number): [name: string, tensor: Tensor][] {
    return [...this.#tensors(false)].filter(([, tensor]) => tensor.role === role);
  }

  /** The number of elements of all parameters, shared ones counted once. */
  parameterCount(): number {
    return this.parameters().reduce((total, parameter) => total + parameter.size, 0);
  }

  /** The modules directly below this one with their names. */
  namedChildren(): [name: string, module: Module][] {
    return [...this.#own()].filter((entry): entry is [string, Module] => entry[1] instanceof Module);
  }

  /** The modules directly below this one. */
  children(): Module[] {
    return this.namedChildren().map(([, module]) => module);
  }

  /**
   * Parameters and buffers by name. The tensors share the module's memory; clone what must not change. A shared
   * one stands under each of its names.
   */
  stateDict(): StateDict {
    return Object.fromEntries([...this.#tensors(false)].map(([name, tensor]) => [name, detach(tensor)]));
  }

  /**
   * Copies the values of a state dict into the parameters and buffers, cast to their dtypes. All is checked before
   * anything is written. With `{ strict: false }` names may be missing or unknown; shapes must fit all the same.
   *
   * @throws StateDictError that lists what is missing, unexpected or of another shape.
   */
  loadStateDict(stateDict: StateDict, options: LoadOptions = NO_OPTIONS): LoadReport {
    return loadInto([...this.#tensors(false)], stateDict, options);
  }

  /** Sets this module and all below it to training, or to evaluation for false. */
  train(mode = true): this {
    if (typeof mode !== 'boolean')
      throw new ArgumentError('train', 'mode', mode, `mode is true or false; got ${String(mode)}`);
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Sets this module and all below it to evaluation: `train(false)`. */
  eval(): this {
    return this.train(false);
  }

  /** Marks the gradients of all parameters as empty. */
  zeroGrad(): void {
    for (const parameter of this.parameters()) parameter.grad = null;
  }

  /** Sets whether the parameters are trained: `requiresGrad_(false)` freezes them. */
  requiresGrad_(on = true): this {
    for (const parameter of this.parameters()) parameter.requiresGrad = on;
    return this;
  }

  /**
   * Ends the training of the parameters whose names fit a pattern: a RegExp, or a string in which `*` stands for
   * anything, such as 'backbone.*'. Optimizers skip parameters without gradients. Default: all.
   *
   * @throws ArgumentError where no name fits.
   * @example
   * import { nn } from 'quern';
   * const net = new nn.Sequential({ body: new nn.Linear(2, 2), head: new nn.Linear(2, 1) });
   * net.freeze('body.*').unfreeze(/bias$/);
   * net.parameters().map((parameter) => parameter.requiresGrad); // => [false, true, true, true]
   */
  freeze(pattern: string | RegExp = '*'): this {
    return this.setTrained('freeze', pattern, false);
  }

  /**
   * Undoes {@link freeze}.
   *
   * @throws ArgumentError where no name fits.
   */
  unfreeze(pattern: string | RegExp = '*'): this {
    return this.setTrained('unfreeze', pattern, true);
  }

  private setTrained(op: string, pattern: string | RegExp, on: boolean): this {
    for (const parameter of matching(op, this.everyTensor(PARAMETER), pattern)) {
      parameter.requiresGrad = on;
      // An optimizer would go on stepping along a gradient of before.
      if (!on) parameter.grad = null;
    }
    return this;
  }

  /**
   * Casts floating parameters and buffers to a dtype. They become new tensors without gradients, so make the
   * optimizer afterwards.
   *
   * @throws DTypeError where the dtype is not floating.
   */
  to(dtype: DType): this {
    const kind = checkDType('to', dtype);
    if (!isFloatKind(kind))
      throw new DTypeError('to', `modules are cast to float32 or float64; got ${dtype}`, [dtype]);
    const made = new Map<Tensor, Tensor>();
    const cast = (tensor: Tensor): Tensor => {
      if (!isFloatKind(tensor.kind) || tensor.kind === kind) return tensor;
      const other = made.get(tensor) ?? ownCopy(tensor, kind, tensor.role, tensor.requiresGrad);
      made.set(tensor, other);
      return other;
    };
    for (const module of this.modules()) replaceTensors(module as unknown as Record<string, unknown>, cast);
    return this;
  }

  /**
   * A copy with parameters, buffers and modules of its own, which shares with this one what else is in the fields.
   * Gradients and hooks stay behind. The constructor does not run: a module with `#private` fields overrides this
   * method, or keeps no state there.
   */
  clone(): this {
    return copyModule(this, new Map()) as this;
  }

  /**
   * Calls a function with the inputs before each forward; an array that it answers takes their place. Hooks run in
   * order, a new one last, or first with `prepend`. What keeps `forward` itself in a variable does not see them.
   */
  registerForwardPreHook(hook: ForwardPreHook, options: HookOptions = NO_OPTIONS): RemovableHandle {
    return addForwardPreHook(this, hook, options);
  }

  /**
   * Calls a function with the inputs and the output after each forward; what it answers, if anything, takes the
   * output's place. Hooks run in order, a new one last, or first with `prepend`. The handle ends the hook.
   */
  registerForwardHook(hook: ForwardHook, options: HookOptions = NO_OPTIONS): RemovableHandle {
    return addForwardHook(this, hook, options);
  }

  /**
   * Calls a function with the gradients of the module's outputs before they pass it in backward; an array that it
   * answers, or one gradient, takes their place. Hooks run in order, a new one last, or first with `prepend`.
   *
   * @throws ArgumentError from a forward that answers no tensor; GradientError or ShapeError in backward where the hook
   * answers what is no gradient of the outputs.
   */
  registerFullBackwardPreHook(hook: FullBackwardPreHook, options: HookOptions = NO_OPTIONS): RemovableHandle {
    return addFullBackwardPreHook(this, hook, options);
  }

  /**
   * Calls a function with the gradients of the module's inputs and outputs when backward has computed both; an array
   * that it answers, or one gradient, takes the place of those of the inputs. There is one for each argument of forward,
   * and one for each tensor that it answers, in arrays and objects too: null for what is no tensor, requires no gradient
   * or got none. Where no input requires gradients, the hook is called when those of the outputs are there. While a
   * module has such hooks, it cannot change its inputs, nor others its output, in place.
   *
   * @throws as {@link registerFullBackwardPreHook}.
   * @example
   * import { nn, ones } from 'quern';
   * const layer = new nn.Linear(2, 3);
   * const shapes = [];
   * layer.registerFullBackwardHook((_module, [gradInput], [gradOutput]) => {
   *   shapes.push(gradInput.shape, gradOutput.shape);
   * });
   * layer.forward(ones([4, 2], { requiresGrad: true })).sum().backward();
   * shapes; // => [[4, 2], [4, 3]]
   */
  registerFullBackwardHook(hook: FullBackwardHook, options: HookOptions = NO_OPTIONS): RemovableHandle {
    return addFullBackwardHook(this, hook, options);
  }

  /** Calls a function on all modules below this one and then on this one, children first. */
  apply(fn: (module: Module) => void): this {
    for (const child of this.children()) child.apply(fn);
    fn(this);
    return this;
  }

  /**
   * A table of the modules, their output shapes for an input of the given shape (batch included; an array of shapes
   * for several inputs) and their parameters. Runs one forward of zeros in evaluation mode. What takes part in it but
   * lies in no public field is named below the table, as hidden: parameters, buffers, other tensors that require
   * gradients, and modules that stay in training mode. Nothing else sees them.
   *
   * @example
   * import { nn } from 'quern';
   * class Net extends nn.Module {
   *   #layer = new nn.Linear(3, 2);
   *   forward(x) {
   *     return this.#layer.forward(x);
   *   }
   * }
   * new Net().summary([1, 3]).includes('Hidden params: 8'); // => true
   */
  summary(
    inputShape: readonly number[] | readonly (readonly number[])[],
    options: SummaryOptions = NO_OPTIONS,
  ): string {
    return summarize(this, inputShape, options);
  }

  /** What stands between the parentheses when the module is printed. */
  extraRepr(): string {
    return '';
  }

  /** The tree of modules as text, in PyTorch's manner. */
  toString(): string {
    const extra = this.extraRepr();
    const children = this.namedChildren().map(([name, child]) =>
      `(${name}): ${child}`.replaceAll('\n', '\n  '),
    );
    if (children.length === 0) return `${this.constructor.name}(${extra})`;
    const lines = extra === '' ? children : [extra, ...children];
    return `${this.constructor.name}(\n  ${lines.join('\n  ')}\n)`;
  }

  /** @internal */
  [inspect.custom](): string {
    return this.toString();
  }
}
