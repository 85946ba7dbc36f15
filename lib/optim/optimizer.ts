// What all optimizers share: groups of parameters with options, and state dicts.

import { ArgumentError, describe, StateDictError, showShape } from '../core/errors.js';
import { enableGrad } from '../core/graph.js';
import { Tensor } from '../core/tensor.js';
import { completeOptions, defineOptions, notNegative, type OptionSpec } from './options.js';

/** What a scheduler notes of a group: the learning rate that it started from. */
interface Scheduled {
  initialLr?: number;
}

/** Parameters with options of their own; those left out are the optimizer's. */
export type GroupOptions<O> = Partial<O> & Scheduled & { readonly params: Iterable<Tensor> };

/** What an optimizer trains: parameters, or groups of them with options. */
export type Trainable<O> = Iterable<Tensor> | Iterable<GroupOptions<O>>;

/** A group as it is kept: its options can be read and set, and are checked when they are. */
export type ParamGroup<O> = O & Scheduled & { readonly params: readonly Tensor[] };

/** What is kept of one parameter, by name. */
export type StateEntry = Readonly<Record<string, Tensor | number>>;

/** The state of an optimizer, as plain values and tensors. Parameters are numbered through all groups. */
export interface OptimizerState<O> {
  /** By the parameter's number: the steps taken, and the tensors that the optimizer keeps. */
  readonly state: Readonly<Record<string, StateEntry>>;
  readonly paramGroups: readonly (O & Scheduled & { readonly params: readonly number[] })[];
}

/** A loaded group's options, checked. */
type Loaded<O> = { readonly options: O; readonly initialLr: number | undefined };

/**
 * The base of all optimizers. A step is one kernel call for each dtype in a group; parameters without a gradient are
 * left alone.
 *
 * @example
 * import { nn, optim } from 'quern';
 * const optimizer = new optim.SGD(new nn.Linear(2, 1).parameters(), { lr: 0.1 });
 * optimizer instanceof optim.Optimizer; // => true
 */
export abstract class Optimizer<O extends object> {
  /** The groups, in order. Options can be changed at any time: `optimizer.paramGroups[0].lr = 1e-4`. */
  readonly paramGroups: readonly ParamGroup<O>[];
  readonly #spec: OptionSpec<O>;
  readonly #defaults: O;
  readonly #groups: ParamGroup<O>[] = [];
  /** What the properties of the groups read and write. */
  readonly #options: O[] = [];

  constructor(params: Trainable<O>, options: Partial<O>, spec: OptionSpec<O>) {
    this.#spec = spec;
    this.#defaults = completeOptions(spec, options, spec.defaults);
    this.paramGroups = this.#groups;
    const given = listOf<Tensor | GroupOptions<O>>(spec.op, params);
    const groups = given.some((item) => !(item instanceof Tensor)) ? given : [{ params: given }];
    for (const group of groups) this.addParamGroup(group as GroupOptions<O>);
  }

  /** The optimizer's name, as errors say it. */
  protected get op(): string {
    return this.#spec.op;
  }

  /** Adds parameters to be trained, with options of their own. */
  addParamGroup(group: GroupOptions<O>): void {
    const op = this.#spec.op;
    if (typeof group !== 'object' || group === null || group instanceof Tensor) {
      throw new ArgumentError(
        op,
        'params',
        group,
        `a group is { params, … }; got ${describe(group)}: give either tensors or groups`,
      );
    }
    const { params, initialLr, ...given } = group;
    const parameters = Object.freeze(listOf(op, params));
    const taken = new Set(this.#groups.flatMap((one) => one.params));
    for (const parameter of parameters) {
      checkParameter(op, parameter);
      if (taken.has(parameter)) {
        throw new ArgumentError(
          op,
          'params',
          parameter,
          'a parameter was given twice; each belongs to one group, once',
        );
      }
      taken.add(parameter);
    }
    const options = completeOptions(this.#spec, given as unknown as Partial<O>, this.#defaults);
    const kept: Scheduled & { readonly params: readonly Tensor[] } = { params: parameters };
    if (initialLr !== undefined) kept.initialLr = notNegative(op, 'initialLr', initialLr);
    this.#groups.push(defineOptions(this.#spec, kept, options));
    this.#options.push(options);
  }

  /** Moves every parameter that has a gradient. A closure is called before, and its loss answered. */
  abstract step(): undefined;
  abstract step<L>(closure: () => L): L;

  /** What a closure answers, gradients being recorded wherever step was called. */
  protected evaluate<L>(closure: () => L): L {
    if (typeof closure === 'function') return enableGrad(closure);
    throw new ArgumentError(
      `${this.op}.step`,
      'closure',
      closure,
      `a closure is a function that computes the gradients and answers the loss; got ${describe(closure)}`,
    );
  }

  /** Marks the gradients of all parameters as empty: they read as null until the next backward. */
  zeroGrad(): void {
    for (let i = 0; i < this.#groups.length; i++) {
      const parameters = this.#groups[i].params;
      for (let k = 0; k < parameters.length; k++) parameters[k].grad = null;
    }
  }

  /** What is kept of a parameter, or undefined where nothing is. */
  protected abstract entryOf(parameter: Tensor): StateEntry | undefined;

  /** What keeps an entry of a state dict from being what is kept of a parameter with these options. */
  protected abstract misfits(parameter: Tensor, entry: StateEntry, options: O): string[];

  /** Forgets what is kept and takes over entries that fit. */
  protected abstract adopt(entries: ReadonlyMap<Tensor, StateEntry>): void;

  /** Options and state, for a checkpoint. The tensors share the optimizer's memory; clone what must not change. */
  stateDict(): OptimizerState<O> {
    const parameters = this.#groups.flatMap((group) => group.params);
    const numbers = new Map(parameters.map((parameter, i) => [parameter, i]));
    const state: Record<string, StateEntry> = {};
    for (const [parameter, number] of numbers) {
      const entry = this.entryOf(parameter);
      if (entry !== undefined) state[number] = entry;
    }
    const paramGroups = this.#groups.map((group) => ({
      ...group,
      params: group.params.map((parameter) => numbers.get(parameter) as number),
    }));
    return { state, paramGroups };
  }

  /**
   * Takes options and state from a state dict of an optimizer of the same kind over parameters of the same shapes, in
   * the same order. All is checked before anything is changed.
   *
   * @throws StateDictError that lists what does not fit.
   */
  loadStateDict(stateDict: OptimizerState<O>): void {
    const { groups, entries } = this.#readState(stateDict);
    groups.forEach(({ options, initialLr }, i) => {
      Object.assign(this.#options[i], options);
      const group: Scheduled = this.#groups[i];
      if (initialLr === undefined) delete group.initialLr;
      else group.initialLr = initialLr;
    });
    this.adopt(entries);
  }

  /** What a state dict holds for this optimizer, checked. */
  #readState(stateDict: OptimizerState<O>): {
    groups: Loaded<O>[];
    entries: Map<Tensor, StateEntry>;
  } {
    const op = `${this.#spec.op}.loadStateDict`;
    const problems: string[] = [];
    const dicts = stateDict?.paramGroups;
    if (!Array.isArray(dicts) || typeof stateDict.state !== 'object' || stateDict.state === null) {
      throw new StateDictError(op, ['it is no { state, paramGroups }']);
    }
    if (dicts.length !== this.#groups.length) {
      throw new StateDictError(op, [
        `it has ${dicts.length} groups, and the optimizer ${this.#groups.length}`,
      ]);
    }
    const groups = dicts.map((group: O & Scheduled & { params: readonly number[] }, i) => {
      const { params, ...given } = group;
      const size = this.#groups[i].params.length;
      if (!Array.isArray(params) || params.length !== size)
        problems.push(`group ${i} must have ${size} parameters`);
      return this.#readGroup(i, given as unknown as Partial<O> & Scheduled, problems);
    });
    const owners = this.#groups.flatMap((group, i) =>
      group.params.map((parameter) => ({ parameter, options: groups[i].options })),
    );
    const entries = new Map<Tensor, StateEntry>();
    for (const [number, entry] of Object.entries(stateDict.state)) {
      const owner = owners[Number(number)];
      if (owner === undefined) {
        problems.push(`state ${number}: there is no such parameter`);
        continue;
      }
      const found = this.misfits(owner.parameter, entry, owner.options);
      problems.push(...found.map((problem) => `state ${number}: ${problem}`));
      entries.set(owner.parameter, entry);
    }
    if (problems.length > 0) throw new StateDictError(op, problems);
    return { groups, entries };
  }

  #readGroup(index: number, group: Partial<O> & Scheduled, problems: string[]): Loaded<O> {
    const { initialLr, ...given } = group;
    try {
      const options = completeOptions(this.#spec, given as unknown as Partial<O>, this.#defaults);
      if (initialLr !== undefined) notNegative(this.#spec.op, 'initialLr', initialLr);
      return { options, initialLr };
    } catch (error) {
      problems.push(`group ${index}: ${(error as Error).message}`);
      return { options: this.#defaults, initialLr };
    }
  }
}

/** What keeps a value from being a tensor of a parameter's state. */
export function tensorMisfit(name: string, value: unknown, shape: readonly number[]): string | null {
  if (!(value instanceof Tensor) || value.disposed) return `${name} must be a tensor`;
  if (value.ndim === shape.length && value.shape.every((dim, i) => dim === shape[i])) return null;
  return `${name} has shape ${showShape(value.shape)} and needs ${showShape(shape)}`;
}

function listOf<T>(op: string, params: Iterable<T>): T[] {
  if (params instanceof Tensor || typeof params?.[Symbol.iterator] !== 'function') {
    throw new ArgumentError(
      op,
      'params',
      params,
      `params is a list of tensors, such as model.parameters(); got ${describe(params)}`,
    );
  }
  const list = [...params];
  if (list.length === 0)
    throw new ArgumentError(op, 'params', params, 'there are no parameters to train: the list is empty');
  return list;
}

function checkParameter(op: string, parameter: Tensor): void {
  const refuse = (message: string): never => {
    throw new ArgumentError(op, 'params', parameter, message);
  };
  if (!(parameter instanceof Tensor)) refuse(`params holds ${describe(parameter)} where a tensor is needed`);
  if (!parameter.isLeaf)
    refuse(
      'only leaves can be trained, and a tensor in params was computed; use detach(), or make it an nn.Parameter',
    );
  if (!parameter.isContiguous)
    refuse('a tensor in params is a view whose elements do not lie in order; use clone()');
}
