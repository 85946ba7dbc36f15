// A model's weights averaged over the steps of training, and its forward with these averages.

import { isFloatKind } from '../../core/dtype.js';
import { ArgumentError, describe, showShape } from '../../core/errors.js';
import { noGrad } from '../../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import { refusePromise } from '../../core/scope.js';
import { BUFFER, type Tensor } from '../../core/tensor.js';
import { Module, replaceTensors } from '../../nn/module.js';
import { buffer, ownCopy } from '../../nn/parameter.js';
import { add_ } from '../../ops/binary.js';
import { zeros } from '../../ops/create.js';
import { copy_ } from '../../ops/inplace.js';
import { item } from '../../ops/read.js';
import { type AvgFn, eachBy, getSwaMultiAvgFn, type MultiAvgFn } from './averaging.js';

export interface AveragedModelOptions {
  /** The rule for one tensor. */
  avgFn?: AvgFn;
  /** The rule for lists of tensors of one dtype. Default getSwaMultiAvgFn(). */
  multiAvgFn?: MultiAvgFn;
  /** Whether buffers are averaged too; else they are copied from the model. Default false. */
  useBuffers?: boolean;
}

const OPTIONS = optionNames<AveragedModelOptions>({ avgFn: true, multiAvgFn: true, useBuffers: true });
const OP = 'AveragedModel';

function tensorsOf(model: Module): [name: string, tensor: Tensor][] {
  return [...model.namedParameters(), ...model.namedBuffers()];
}

/**
 * Averages of a model's weights: call `updateParameters(model)` after the optimizer's steps. The mean of all by default
 * (stochastic weight averaging, Izmailov et al. 2018), or by a rule such as {@link getEmaMultiAvgFn}. Its `forward` runs
 * the model with the averages in the place of the weights, and `use` anything else; its state dict has PyTorch's names.
 *
 * The model's code is shared, not copied: in evaluation mode it runs the model so, in training mode as the model is.
 *
 * @throws ArgumentError where something cannot be averaged.
 * @example
 * import { nn, noGrad, ones, optim } from 'quern';
 * const model = new nn.Linear(1, 1, { bias: false });
 * const averaged = new optim.swaUtils.AveragedModel(model);
 * for (const weight of [1, 2, 6]) {
 *   noGrad(() => model.weight.fill_(weight));
 *   averaged.updateParameters(model);
 * }
 * averaged.forward(ones([1, 1])).item(); // => 3
 */
export class AveragedModel extends Module {
  /** The averages, in the order of the model's parameters and buffers. */
  readonly averages: Tensor[];
  nAveraged: Tensor;
  readonly #names: readonly string[];
  readonly #model: Module;
  readonly #rule: MultiAvgFn;
  readonly #useBuffers: boolean;

  constructor(model: Module, options: AveragedModelOptions = NO_OPTIONS) {
    super();
    checkOptions(OP, options, OPTIONS);
    if (!(model instanceof Module))
      throw new ArgumentError(OP, 'model', model, `it averages an nn.Module; got ${describe(model)}`);
    const { avgFn, multiAvgFn, useBuffers = false } = options;
    if (avgFn !== undefined && multiAvgFn !== undefined) {
      throw new ArgumentError(OP, 'avgFn', avgFn, 'there is one rule: give avgFn or multiAvgFn');
    }
    const tensors = tensorsOf(model);
    this.#names = tensors.map(([name]) => name);
    this.averages = tensors.map(([, one]) => ownCopy(one, one.kind, one.role, one.requiresGrad));
    this.nAveraged = buffer(zeros([], { dtype: 'int32' }));
    this.#model = model;
    this.#rule = avgFn === undefined ? (multiAvgFn ?? getSwaMultiAvgFn()) : eachBy(avgFn);
    this.#useBuffers = useBuffers;
  }

  /** What the model computes with the averages. */
  // biome-ignore lint/suspicious/noExplicitAny: as the model's
  forward(...inputs: any[]): any {
    return this.use(() => {
      const modules = this.#model.modules();
      const modes = modules.map((one) => one.training);
      if (!this.training) for (const one of modules) one.training = false;
      try {
        return this.#model.forward(...inputs);
      } finally {
        modules.forEach((one, i) => {
          one.training = modes[i];
        });
      }
    });
  }

  /**
   * Calls a synchronous function while the model holds the averages, to evaluate or save it.
   *
   * @throws ArgumentError where the model's tensors are no longer those that are averaged; QuernError for a promise.
   */
  use<T>(fn: () => T): T {
    const own = this.#match('use', this.#model).map(([, one]) => one);
    this.#replace(own, this.averages);
    try {
      return refusePromise(`${OP}.use`, fn());
    } finally {
      this.#replace(this.averages, own);
    }
  }

  #replace(from: readonly Tensor[], to: readonly Tensor[]): void {
    const others = new Map(from.map((one, i) => [one, to[i]]));
    for (const module of this.#model.modules()) {
      const fields = module as unknown as Record<string, unknown>;
      replaceTensors(fields, (one) => others.get(one) ?? one);
    }
  }

  /** The tensors of a model, which must be those that are averaged. */
  #match(method: string, model: Module): [name: string, tensor: Tensor][] {
    const tensors = tensorsOf(model);
    const wrong =
      tensors.length === this.averages.length
        ? tensors.find(
            ([name, one], i) =>
              name !== this.#names[i] || showShape(one.shape) !== showShape(this.averages[i].shape),
          )
        : [`${tensors.length} tensors instead of ${this.averages.length}`];
    if (wrong === undefined) return tensors;
    throw new ArgumentError(
      `${OP}.${method}`,
      'model',
      model,
      `the model is not like the one that is averaged: it has ${wrong[0]}`,
    );
  }

  /** Takes the weights of a model into the averages; the first ones become the averages. */
  updateParameters(model: Module): void {
    const tensors = this.#match('updateParameters', model).map(([, one]) => one);
    const count = item(this.nAveraged) as number;
    // By dtype: each is one kernel call.
    const lists = new Map<number, [averaged: Tensor[], current: Tensor[]]>();
    noGrad(() => {
      this.averages.forEach((average, i) => {
        const copied =
          count === 0 || !isFloatKind(average.kind) || (average.role === BUFFER && !this.#useBuffers);
        if (copied) {
          copy_(average, tensors[i]);
          return;
        }
        const [averaged, current] = lists.get(average.kind) ?? [[], []];
        averaged.push(average);
        current.push(tensors[i]);
        lists.set(average.kind, [averaged, current]);
      });
      for (const [averaged, current] of lists.values()) this.#rule(averaged, current, count);
      add_(this.nAveraged, 1);
    });
  }

  /** The model whose weights these are the averages of. @internal */
  get model(): Module {
    return this.#model;
  }

  protected override *members(): Generator<[name: string, value: unknown]> {
    yield ['n_averaged', this.nAveraged];
    for (const [i, name] of this.#names.entries()) yield [`module.${name}`, this.averages[i]];
  }
}
