// How the parameters of a group are stepped: in as few kernel calls as their dtypes and ages allow.

import { DisposedError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import { finishInPlace } from '../core/graph.js';
import { sameDims } from '../core/layout.js';
import { FOREVER } from '../core/scope.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { copyValues } from '../ops/apply.js';
import { StepList } from '../ops/optimizer.js';

/** What an optimizer remembers of one parameter. */
export class ParameterState {
  /** Steps taken. */
  step = 0;
  /** By slot, of the parameter's shape and dtype. */
  readonly tensors = new Map<string, Tensor>();
  /** Other numbers, by name. */
  numbers: Readonly<Record<string, number>>;

  constructor(numbers: Readonly<Record<string, number>>) {
    this.numbers = numbers;
  }
}

/** A parameter that has a gradient, with its state; null where the optimizer keeps none. */
interface Entry {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  readonly state: ParameterState | null;
}

/** Parameters of one dtype that have taken equally many steps and share their numbers: one kernel call. */
export class Batch {
  readonly list: StepList;
  readonly #entries: readonly Entry[];
  /** Gradients that do not lie in order, and the copies that the kernel reads instead. */
  readonly #copies: { readonly from: Tensor; readonly to: Tensor }[] = [];

  constructor(entries: readonly Entry[], slots: readonly string[]) {
    this.#entries = entries;
    this.list = new StepList(
      entries.map(({ parameter, gradient, state }) => [
        parameter,
        this.#dense(gradient),
        ...slots.map((slot) => state?.tensors.get(slot) as Tensor),
      ]),
    );
  }

  #dense(gradient: Tensor): Tensor {
    if (gradient.isContiguous) return gradient;
    const copy = makeTensor(gradient.layout.dense, gradient.kind);
    // It lives as long as the plan, whatever scope is open now.
    copy.survives = FOREVER;
    this.#copies.push({ from: gradient, to: copy });
    return copy;
  }

  /** Steps that its parameters have taken. */
  get step(): number {
    return this.#entries[0].state?.step ?? 0;
  }

  /** Numbers that its parameters have in common, besides. */
  get numbers(): Readonly<Record<string, number>> {
    return this.#entries[0].state?.numbers ?? {};
  }

  set numbers(numbers: Readonly<Record<string, number>>) {
    for (const { state } of this.#entries) if (state !== null) state.numbers = numbers;
  }

  /** Before the kernel call. */
  begin(): void {
    for (let i = 0; i < this.#copies.length; i++) copyValues(this.#copies[i].to, this.#copies[i].from);
  }

  /** After the kernel call: counts the step, and graphs that saved the old values will refuse to run. */
  finish(): void {
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i];
      if (entry.state !== null) entry.state.step++;
      finishInPlace(entry.parameter);
    }
  }

  dispose(): void {
    this.list.encoded.dispose();
    for (const { to } of this.#copies) to.dispose();
  }
}

/** The batches of a group, good as long as the same parameters have their gradients in the same place. */
export class Plan {
  readonly batches: readonly Batch[];
  readonly #parameters: readonly Tensor[];
  readonly #gradients: readonly (Tensor | null)[];

  /** `stateOf` makes a parameter's state where there is none; without slots none is kept. */
  constructor(
    op: string,
    parameters: readonly Tensor[],
    readonly slots: readonly string[],
    stateOf: (parameter: Tensor) => ParameterState,
  ) {
    this.#parameters = parameters;
    this.#gradients = parameters.map((parameter) => parameter.grad);
    const batches = new Map<string, Entry[]>();
    for (const parameter of parameters) {
      const gradient = parameter.grad;
      if (parameter.disposed || gradient?.disposed) throw new DisposedError(op);
      if (gradient === null) continue;
      checkGradient(op, parameter, gradient);
      const state = slots.length > 0 ? stateOf(parameter) : null;
      const numbers = state === null ? [] : [state.step, ...Object.values(state.numbers)];
      const key = `${parameter.dtype} ${numbers.join(' ')}`;
      const entries = batches.get(key) ?? [];
      entries.push({ parameter, gradient, state });
      batches.set(key, entries);
    }
    this.batches = [...batches.values()].map((entries) => new Batch(entries, slots));
  }

  /** Whether nothing has moved since the plan was made. */
  fits(slots: readonly string[]): boolean {
    if (slots !== this.slots) return false;
    for (let i = 0; i < this.#parameters.length; i++) {
      const parameter = this.#parameters[i];
      const gradient = parameter.grad;
      if (gradient !== this.#gradients[i] || parameter.disposed || (gradient !== null && gradient.disposed))
        return false;
    }
    return true;
  }

  dispose(): void {
    for (const batch of this.batches) batch.dispose();
  }
}

function checkGradient(op: string, parameter: Tensor, gradient: Tensor): void {
  if (!sameDims(parameter.layout, gradient.layout)) {
    throw new ShapeError(
      op,
      `a parameter has shape ${showShape(parameter.shape)} and its gradient ${showShape(gradient.shape)}`,
      [parameter.shape, gradient.shape],
    );
  }
  if (parameter.kind !== gradient.kind) {
    throw new DTypeError(
      op,
      `a parameter is ${parameter.dtype} and its gradient ${gradient.dtype}; cast the gradient with to()`,
      [parameter.dtype, gradient.dtype],
    );
  }
}
