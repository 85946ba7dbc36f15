// What all optimizers share: groups of parameters, their state, and the step over them.

import { ArgumentError, describe, StateDictError, showShape } from '../core/errors.js';
import { keep } from '../core/scope.js';
import { makeLasting, Tensor } from '../core/tensor.js';
import { copyValues } from '../ops/apply.js';
import { zero_ } from '../ops/inplace.js';
import { detach } from '../ops/shape.js';
import { completeOptions, defineOptions, type OptionSpec } from './options.js';
import { type Batch, ParameterState, Plan } from './plan.js';

/** Parameters with options of their own; those left out are the optimizer's. */
export type GroupOptions<O> = Partial<O> & { readonly params: Iterable<Tensor> };

/** What an optimizer trains: parameters, or groups of them with options. */
export type Trainable<O> = Iterable<Tensor> | Iterable<GroupOptions<O>>;

/** A group as it is kept: its options can be read and set, and are checked when they are. */
export type ParamGroup<O> = O & { readonly params: readonly Tensor[] };

/** The state of an optimizer, as plain values and tensors. Parameters are numbered through all groups. */
export interface OptimizerState<O> {
  /** By the parameter's number: the steps taken, and the tensors that the optimizer keeps. */
  readonly state: Readonly<Record<string, Readonly<Record<string, Tensor | number>>>>;
  readonly paramGroups: readonly (O & { readonly params: readonly number[] })[];
}

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
  /** The names of the tensors kept for each parameter. */
  protected abstract readonly slots: readonly string[];
  readonly #spec: OptionSpec<O>;
  readonly #defaults: O;
  readonly #groups: ParamGroup<O>[] = [];
  /** What the properties of the groups read and write. */
  readonly #options: O[] = [];
  readonly #plans: (Plan | null)[] = [];
  readonly #states = new Map<Tensor, ParameterState>();
  readonly #makeState = (parameter: Tensor): ParameterState => this.#stateOf(parameter);

  constructor(params: Trainable<O>, options: Partial<O>, spec: OptionSpec<O>) {
    this.#spec = spec;
    this.#defaults = completeOptions(spec, options, spec.defaults);
    this.paramGroups = this.#groups;
    const given = listOf<Tensor | GroupOptions<O>>(spec.op, params);
    const groups = given.some((item) => !(item instanceof Tensor)) ? given : [{ params: given }];
    for (const group of groups) this.addParamGroup(group as GroupOptions<O>);
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
    const { params, ...given } = group;
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
    this.#groups.push(defineOptions(this.#spec, { params: parameters as readonly Tensor[] }, options));
    this.#options.push(options);
    this.#plans.push(null);
  }

  /** Whether a group's options ask for state. */
  protected abstract keepsState(group: ParamGroup<O>): boolean;

  /** Steps over the parameters of a batch, by one kernel call. */
  protected abstract stepBatch(group: ParamGroup<O>, batch: Batch): void;

  /** Moves every parameter that has a gradient. */
  step(): void {
    // All plans first: what is wrong with a gradient must show before anything has moved.
    for (let i = 0; i < this.#groups.length; i++) this.#renewPlan(i);
    for (let i = 0; i < this.#groups.length; i++) {
      const batches = (this.#plans[i] as Plan).batches;
      for (let k = 0; k < batches.length; k++) {
        batches[k].begin();
        this.stepBatch(this.#groups[i], batches[k]);
        batches[k].finish();
      }
    }
  }

  #renewPlan(index: number): void {
    const group = this.#groups[index];
    const stateful = this.keepsState(group);
    const plan = this.#plans[index];
    if (plan !== null) {
      if (plan.fits(stateful)) return;
      this.#dropPlan(index);
    }
    this.#plans[index] = new Plan(this.#spec.op, group.params, stateful, this.#makeState);
  }

  #dropPlan(index: number): void {
    this.#plans[index]?.dispose();
    this.#plans[index] = null;
  }

  #stateOf(parameter: Tensor): ParameterState {
    let state = this.#states.get(parameter);
    if (state === undefined) {
      state = new ParameterState(
        this.slots.map(() => zero_(keep(makeLasting(parameter.layout, parameter.kind)))),
      );
      this.#states.set(parameter, state);
    }
    return state;
  }

  /** Marks the gradients of all parameters as empty: they read as null until the next backward. */
  zeroGrad(): void {
    for (let i = 0; i < this.#groups.length; i++) {
      const parameters = this.#groups[i].params;
      for (let k = 0; k < parameters.length; k++) parameters[k].grad = null;
    }
  }

  /** Options and state, for a checkpoint. The tensors share the optimizer's memory; clone what must not change. */
  stateDict(): OptimizerState<O> {
    const numbers = new Map(
      this.#groups.flatMap((group) => group.params).map((parameter, i) => [parameter, i]),
    );
    const state: Record<string, Record<string, Tensor | number>> = {};
    for (const [parameter, number] of numbers) {
      const kept = this.#states.get(parameter);
      if (kept === undefined) continue;
      state[number] = {
        step: kept.step,
        ...Object.fromEntries(this.slots.map((slot, i) => [slot, detach(kept.tensors[i])])),
      };
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
    const { options, states } = this.#readState(stateDict);
    options.forEach((loaded, i) => {
      this.#dropPlan(i);
      Object.assign(this.#options[i], loaded);
    });
    for (const state of this.#states.values()) for (const one of state.tensors) one.dispose();
    this.#states.clear();
    for (const [parameter, { step, tensors }] of states) {
      const state = new ParameterState(tensors.map((one) => copyLike(parameter, one)));
      state.step = step;
      this.#states.set(parameter, state);
    }
  }

  /** What a state dict holds for this optimizer, checked. */
  #readState(stateDict: OptimizerState<O>): {
    options: O[];
    states: Map<Tensor, { step: number; tensors: Tensor[] }>;
  } {
    const op = `${this.#spec.op}.loadStateDict`;
    const problems: string[] = [];
    const groups = stateDict?.paramGroups;
    if (!Array.isArray(groups) || typeof stateDict.state !== 'object' || stateDict.state === null) {
      throw new StateDictError(op, ['it is no { state, paramGroups }']);
    }
    if (groups.length !== this.#groups.length) {
      throw new StateDictError(op, [
        `it has ${groups.length} groups, and the optimizer ${this.#groups.length}`,
      ]);
    }
    const options = groups.map((group: O & { params: readonly number[] }, i) => {
      const { params, ...given } = group;
      const size = this.#groups[i].params.length;
      if (!Array.isArray(params) || params.length !== size)
        problems.push(`group ${i} must have ${size} parameters`);
      try {
        return completeOptions(this.#spec, given as unknown as Partial<O>, this.#defaults);
      } catch (error) {
        problems.push(`group ${i}: ${(error as Error).message}`);
        return this.#defaults;
      }
    });
    const parameters = this.#groups.flatMap((group) => group.params);
    const states = new Map<Tensor, { step: number; tensors: Tensor[] }>();
    for (const [number, entry] of Object.entries(stateDict.state)) {
      const parameter = parameters[Number(number)];
      const found =
        parameter === undefined ? ['there is no such parameter'] : this.#misfits(parameter, entry);
      problems.push(...found.map((problem) => `state ${number}: ${problem}`));
      if (found.length > 0) continue;
      states.set(parameter, {
        step: entry.step as number,
        tensors: this.slots.map((slot) => entry[slot] as Tensor),
      });
    }
    if (problems.length > 0) throw new StateDictError(op, problems);
    return { options, states };
  }

  /** What keeps an entry of a state dict from being the state of a parameter. */
  #misfits(parameter: Tensor, entry: Readonly<Record<string, Tensor | number>>): string[] {
    const problems: string[] = [];
    if (!Number.isSafeInteger(entry?.step) || (entry.step as number) < 0)
      problems.push('step must be a whole number from 0');
    for (const slot of this.slots) {
      const value = entry?.[slot];
      if (!(value instanceof Tensor) || value.disposed) problems.push(`${slot} must be a tensor`);
      else if (value.ndim !== parameter.ndim || value.shape.some((dim, i) => dim !== parameter.shape[i])) {
        problems.push(
          `${slot} has shape ${showShape(value.shape)} and its parameter ${showShape(parameter.shape)}`,
        );
      }
    }
    return problems;
  }
}

/** A lasting copy of a tensor in the dtype of a parameter. */
function copyLike(parameter: Tensor, source: Tensor): Tensor {
  const out = keep(makeLasting(parameter.layout, parameter.kind));
  copyValues(out, source);
  return out;
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
