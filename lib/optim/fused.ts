// Optimizers whose step is one kernel call over all parameters: what they keep of each, and the calls' plans.

import { keep } from '../core/scope.js';
import { makeLasting, Tensor } from '../core/tensor.js';
import { copyValues } from '../ops/apply.js';
import { fill_ } from '../ops/inplace.js';
import { detach } from '../ops/shape.js';
import { Optimizer, type ParamGroup, type StateEntry, tensorMisfit } from './optimizer.js';
import { type Batch, ParameterState, Plan } from './plan.js';

/** Numbers that an optimizer keeps of a parameter besides the steps taken. */
type Numbers = Readonly<Record<string, number>>;

const NO_NUMBERS: Numbers = Object.freeze({});

/** The base of optimizers that step by list kernels. */
export abstract class FusedOptimizer<O extends object> extends Optimizer<O> {
  /** The names of all tensors that may be kept for a parameter. */
  protected abstract readonly slots: readonly string[];
  /** By the group's index; none yet, or none any more, where the parameters have no good one. */
  readonly #plans: (Plan | undefined)[] = [];
  readonly #states = new Map<Tensor, ParameterState>();

  /**
   * The tensors that a group's options need, in the order of the kernel's columns; none if it keeps no state. The same
   * array for the same options: plans compare it.
   */
  protected slotsOf(_group: Readonly<O>): readonly string[] {
    return this.slots;
  }

  /** What a tensor holds before the first step. */
  protected initialValue(_slot: string, _group: Readonly<O>): number {
    return 0;
  }

  /** What is kept as numbers, before the first step. */
  protected initialNumbers(_group: Readonly<O>): Numbers {
    return NO_NUMBERS;
  }

  /** Steps over the parameters of a batch, by one kernel call. */
  protected abstract stepBatch(group: ParamGroup<O>, batch: Batch): void;

  override step(): undefined;
  override step<L>(closure: () => L): L;
  override step<L>(closure?: () => L): L | undefined {
    const loss = closure === undefined ? undefined : this.evaluate(closure);
    this.#move();
    return loss;
  }

  #move(): void {
    const groups = this.paramGroups;
    // All plans first: what is wrong with a gradient must show before anything has moved.
    for (let i = 0; i < groups.length; i++) this.#renewPlan(i, groups[i]);
    for (let i = 0; i < groups.length; i++) {
      const batches = (this.#plans[i] as Plan).batches;
      for (let k = 0; k < batches.length; k++) {
        batches[k].begin();
        this.stepBatch(groups[i], batches[k]);
        batches[k].finish();
      }
    }
  }

  #renewPlan(index: number, group: ParamGroup<O>): void {
    const slots = this.slotsOf(group);
    const plan = this.#plans[index];
    if (plan !== undefined) {
      if (plan.fits(slots)) return;
      this.#plans[index] = undefined;
      plan.dispose();
    }
    const stateOf = (parameter: Tensor): ParameterState => this.#stateOf(parameter, slots, group);
    this.#plans[index] = new Plan(this.op, group.params, slots, stateOf);
  }

  /** A parameter's state with all tensors that are needed now. */
  #stateOf(parameter: Tensor, slots: readonly string[], group: Readonly<O>): ParameterState {
    let state = this.#states.get(parameter);
    if (state === undefined) {
      state = new ParameterState(this.initialNumbers(group));
      this.#states.set(parameter, state);
    }
    for (const slot of slots) {
      if (state.tensors.has(slot)) continue;
      const made = keep(makeLasting(parameter.layout, parameter.kind));
      state.tensors.set(slot, fill_(made, this.initialValue(slot, group)));
    }
    return state;
  }

  protected entryOf(parameter: Tensor): StateEntry | undefined {
    const kept = this.#states.get(parameter);
    if (kept === undefined) return undefined;
    const tensors = [...kept.tensors].map(([slot, tensor]) => [slot, detach(tensor)]);
    return { step: kept.step, ...kept.numbers, ...Object.fromEntries(tensors) };
  }

  protected misfits(parameter: Tensor, entry: StateEntry, options: O): string[] {
    const problems: string[] = [];
    if (!Number.isSafeInteger(entry?.step) || (entry.step as number) < 0)
      problems.push('step must be a whole number from 0');
    for (const name of Object.keys(this.initialNumbers(options))) {
      if (!Number.isFinite(entry?.[name])) problems.push(`${name} must be a number`);
    }
    const needed = this.slotsOf(options);
    for (const slot of this.slots) {
      const value = entry?.[slot];
      if (value === undefined && !needed.includes(slot)) continue;
      const problem = tensorMisfit(slot, value, parameter.shape);
      if (problem !== null) problems.push(problem);
    }
    return problems;
  }

  protected adopt(entries: ReadonlyMap<Tensor, StateEntry>): void {
    for (const plan of this.#plans) plan?.dispose();
    this.#plans.length = 0;
    // Copies first: what is loaded may be this optimizer's own.
    const states = [...entries].map(([parameter, entry]): [Tensor, ParameterState] => [
      parameter,
      this.#copyState(parameter, entry),
    ]);
    for (const state of this.#states.values()) for (const one of state.tensors.values()) one.dispose();
    this.#states.clear();
    for (const [parameter, state] of states) this.#states.set(parameter, state);
  }

  #copyState(parameter: Tensor, entry: StateEntry): ParameterState {
    const numbers: Record<string, number> = {};
    const state = new ParameterState(numbers);
    for (const [name, value] of Object.entries(entry)) {
      if (name === 'step') state.step = value as number;
      else if (!(value instanceof Tensor)) numbers[name] = value;
      else if (this.slots.includes(name)) state.tensors.set(name, copyLike(parameter, value));
    }
    return state;
  }
}

/** A lasting copy of a tensor in the dtype of a parameter. */
function copyLike(parameter: Tensor, source: Tensor): Tensor {
  const out = keep(makeLasting(parameter.layout, parameter.kind));
  copyValues(out, source);
  return out;
}
