// Functions whose gradients users write themselves.

import { isFloatKind, type Kind } from '../core/dtype.js';
import {
  ArgumentError,
  DisposedError,
  DTypeError,
  describe,
  GradientError,
  ShapeError,
  showShape,
} from '../core/errors.js';
import { isGradEnabled, noGrad } from '../core/graph.js';
import { JointRule } from '../core/joint.js';
import { type Layout, sameDims } from '../core/layout.js';
import { refusePromise } from '../core/scope.js';
import { DISPOSED } from '../core/slab.js';
import { Tensor } from '../core/tensor.js';
import { castTo } from './apply.js';
import { filledOf } from './create.js';
import { detach } from './shape.js';

/**
 * What the forward of a custom function hands to its backward. Numbers and the like may be kept in fields of their own;
 * tensors go through `saveForBackward`, which sees to scopes, to changes in place and to second derivatives.
 */
export interface FunctionContext {
  /** Keeps tensors, among them inputs and outputs, for backward. */
  saveForBackward(...tensors: Tensor[]): void;
  /** What was saved, in backward. */
  readonly savedTensors: readonly Tensor[];
  /** For each argument of forward whether somebody wants a gradient with respect to it. */
  readonly needsInputGrad: readonly boolean[];
  /** Says in forward that no gradient flows through some outputs. Those that are not floating need not be named. */
  markNonDifferentiable(...outputs: Tensor[]): void;
  /** For false, an output to which no gradient came has null in backward instead of zeros. */
  setMaterializeGrads(on: boolean): void;
  [field: string]: unknown;
}

/** The gradients that a backward answers: one for each argument of forward, null where there is none. */
export type FunctionGradients = Tensor | null | undefined | readonly (Tensor | null | undefined)[];

/** What a custom function is made of. */
export interface FunctionDefinition<Inputs extends readonly unknown[], Outputs> {
  /** Its name in errors. Default 'customFunction'. */
  name?: string;
  /** Computes the outputs: a tensor, or an array of them. It runs unrecorded. */
  forward(ctx: FunctionContext, ...inputs: Inputs): Outputs;
  /**
   * Computes the gradients of the inputs from those of the outputs. Tensors that it makes and does not answer are given
   * back after it; `keep()` what is to outlive it.
   */
  // biome-ignore lint/suspicious/noExplicitAny: one tensor for each output, or null by setMaterializeGrads
  backward(ctx: FunctionContext, ...gradients: any[]): FunctionGradients;
}

class Context implements FunctionContext {
  #saved: readonly Tensor[] = [];
  #versions: readonly number[] = [];
  #flat: ReadonlySet<Tensor> = new Set();
  #materialize = true;
  readonly #name: string;
  [field: string]: unknown;

  constructor(
    name: string,
    readonly needsInputGrad: readonly boolean[],
  ) {
    this.#name = name;
  }

  saveForBackward(...tensors: Tensor[]): void {
    for (const tensor of tensors) {
      if (tensor instanceof Tensor) continue;
      throw new ArgumentError(
        this.#name,
        'saveForBackward',
        tensor,
        `saveForBackward takes tensors; got ${describe(tensor)}: keep other values in fields of ctx`,
      );
    }
    this.#saved = tensors;
    this.#versions = tensors.map((tensor) => tensor.root.version);
  }

  get savedTensors(): readonly Tensor[] {
    this.#saved.forEach((tensor, i) => {
      if (tensor.slab === DISPOSED) throw new DisposedError(this.#name);
      if (tensor.root.version !== this.#versions[i]) {
        throw new GradientError(
          this.#name,
          `saved tensor ${i} of ${this.#name} was changed in place after the graph saved it; change a clone, or after backward`,
        );
      }
    });
    return this.#saved;
  }

  markNonDifferentiable(...outputs: Tensor[]): void {
    this.#flat = new Set(outputs);
  }

  setMaterializeGrads(on: boolean): void {
    this.#materialize = on;
  }

  get materializes(): boolean {
    return this.#materialize;
  }

  isFlat(output: Tensor): boolean {
    return this.#flat.has(output);
  }

  /**
   * Puts the outputs as they were handed out in the place of those that forward made, and aliases in that of what is
   * neither input nor output; answers those.
   */
  finish(replaced: ReadonlyMap<Tensor, Tensor>, known: ReadonlySet<Tensor>): readonly Tensor[] {
    this.#saved = this.#saved.map((tensor) => {
      const out = replaced.get(tensor) ?? tensor;
      return known.has(out) ? out : detach(out);
    });
    return this.#saved.filter((tensor) => !known.has(tensor));
  }
}

function listOf(name: string, result: unknown): Tensor[] {
  const list: unknown[] = Array.isArray(result) ? result : [result];
  for (const one of list) {
    if (one instanceof Tensor) continue;
    throw new ArgumentError(
      name,
      'forward',
      one,
      `forward returns a tensor or an array of tensors; got ${describe(one)}`,
    );
  }
  return list as Tensor[];
}

/** What backward answered, one for each argument, refused where it does not fit. */
function fitting(
  name: string,
  answer: FunctionGradients,
  inputs: readonly Input[],
): readonly (Tensor | null)[] {
  const list: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  if (list.length !== inputs.length) {
    throw new GradientError(
      name,
      `backward returned ${list.length} gradient${list.length === 1 ? '' : 's'} for ${inputs.length} ` +
        `argument${inputs.length === 1 ? '' : 's'} of forward; return one for each, null where there is none`,
    );
  }
  return inputs.flatMap((input, i) => {
    const gradient = list[i] ?? null;
    if (gradient !== null && !(gradient instanceof Tensor)) {
      throw new GradientError(
        name,
        `backward returned ${describe(gradient)} for argument ${i}; a gradient is a tensor, or null for none`,
      );
    }
    if (input === null) {
      if (gradient === null) return [];
      throw new GradientError(
        name,
        `backward returned a gradient for argument ${i}, which is no tensor; return null there`,
      );
    }
    if (gradient === null) return [null];
    if (!sameDims(gradient.layout, input.layout)) {
      throw new ShapeError(
        name,
        `backward returned a gradient of shape ${showShape(gradient.shape)} for argument ${i} of shape ` +
          `${showShape(input.layout.dims)}; a gradient has the shape of its argument`,
        [gradient.shape, input.layout.dims],
      );
    }
    if (!isFloatKind(gradient.kind)) {
      throw new DTypeError(
        name,
        `backward returned a gradient of dtype ${gradient.dtype} for argument ${i}; gradients are floating`,
        [gradient.dtype],
      );
    }
    return [isFloatKind(input.kind) ? castTo(gradient, input.kind) : null];
  });
}

/** The shape and dtype of a tensor; null in the place of what is none. */
type Input = { readonly layout: Layout; readonly kind: Kind } | null;

const described = (value: unknown): Input =>
  value instanceof Tensor ? { layout: value.layout, kind: value.kind } : null;

/**
 * A function with a gradient of its own: PyTorch's `torch.autograd.Function`. `forward(ctx, ...inputs)` computes one
 * tensor or an array of them, unrecorded; `backward(ctx, ...gradients)` gets a gradient for each output, zeros where
 * none came, and answers one for each argument of forward. Made of operations, backward has a gradient in its turn, so
 * that second derivatives work as well; those flow through saved inputs and outputs.
 *
 * @throws ArgumentError for a definition without the two functions and for outputs that are no tensors; GradientError
 * for another number of gradients than forward has arguments, or an input changed in place; ShapeError for a gradient
 * of another shape than its argument. All carry the function's name.
 * @example
 * import { customFunction, tensor } from 'quern';
 * const cube = customFunction({
 *   name: 'cube',
 *   forward(ctx, x) {
 *     ctx.saveForBackward(x);
 *     return x.mul(x).mul(x);
 *   },
 *   backward(ctx, gradient) {
 *     const [x] = ctx.savedTensors;
 *     return gradient.mul(x).mul(x).mul(3);
 *   },
 * });
 * const x = tensor(2, { requiresGrad: true });
 * cube(x).backward();
 * x.grad.item(); // => 12
 */
export function customFunction<
  Inputs extends readonly unknown[],
  Outputs extends Tensor | readonly Tensor[] = Tensor,
>(definition: FunctionDefinition<Inputs, Outputs>): (...inputs: Inputs) => Outputs {
  if (typeof definition?.forward !== 'function' || typeof definition.backward !== 'function') {
    throw new ArgumentError(
      'customFunction',
      'definition',
      definition,
      `the definition has two functions, { forward(ctx, ...inputs), backward(ctx, ...gradients) }; got ${describe(definition)}`,
    );
  }
  const name = definition.name ?? 'customFunction';
  const rule = new JointRule(name);
  return (...inputs) => {
    const tensors = inputs.filter((input): input is Inputs[number] & Tensor => input instanceof Tensor);
    const versions = tensors.map((tensor) => tensor.root.version);
    const recorded = isGradEnabled();
    const wanted = inputs.map((input) => recorded && input instanceof Tensor && input.tracked);
    const ctx = new Context(name, wanted);
    const result = refusePromise(
      name,
      noGrad(() => definition.forward(ctx, ...inputs)),
    );
    const made = listOf(name, result);
    if (tensors.some((tensor, i) => tensor.root.version !== versions[i])) {
      throw new GradientError(
        name,
        `forward of ${name} changed an input in place; write into a clone() of it`,
      );
    }
    if (!wanted.includes(true)) return result;

    // What has a history or a place already is handed out as an alias.
    const taken = new Set<Tensor>(tensors);
    const replaced = new Map<Tensor, Tensor>();
    const outputs = made.map((tensor) => {
      const out = taken.has(tensor) || tensor.tracked ? detach(tensor) : tensor;
      taken.add(out);
      if (out !== tensor && !tensors.includes(tensor as Inputs[number] & Tensor)) replaced.set(tensor, out);
      return out;
    });
    const places = outputs.flatMap((output, i) =>
      isFloatKind(output.kind) && !ctx.isFlat(made[i]) ? [i] : [],
    );
    const shapes = outputs.map((output) => ({ layout: output.layout.dense, kind: output.kind }));
    const saved = ctx.finish(replaced, taken);
    const fits = inputs.map(described);
    rule.record(
      places.map((i) => outputs[i]),
      // Saved values stand among the operands, so that they live as long as the graph.
      [...tensors, ...saved],
      (arrived) => {
        const gradients = shapes.map(({ layout, kind }, i) => {
          const place = places.indexOf(i);
          const gradient = place < 0 ? null : arrived[place];
          return gradient ?? (ctx.materializes ? filledOf(layout, kind, 0) : null);
        });
        return fitting(name, refusePromise(name, definition.backward(ctx, ...gradients)), fits);
      },
    );
    return (Array.isArray(result) ? outputs : outputs[0]) as unknown as Outputs;
  };
}
