// Hooks around the backward of a module: its inputs and outputs pass through nodes at which gradients are gathered.

import { ArgumentError, describe, GradientError, ShapeError, showShape } from '../core/errors.js';
import { isGradEnabled } from '../core/graph.js';
import { JointRule } from '../core/joint.js';
import { sameDims } from '../core/layout.js';
import { refusePromise } from '../core/scope.js';
import { Tensor } from '../core/tensor.js';
import { copyOf } from '../ops/apply.js';
import { detach } from '../ops/shape.js';
import { mapTensors, tensorsIn } from '../ops/trees.js';
import type { Module } from './module.js';

/** Gradients of the inputs or outputs of a module, in their order; null where there is none. */
export type ModuleGradients = readonly (Tensor | null)[];

/** What a hook may answer: a gradient, one for each, or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks is a function without a result
type Answer = Tensor | ModuleGradients | undefined | void;

/** Called with the gradients of a module's outputs, before they pass it; answers others, or nothing. */
export type FullBackwardPreHook = (module: Module, gradOutput: ModuleGradients) => Answer;

/** Called with the gradients of a module's inputs and outputs; answers others of the inputs, or nothing. */
export type FullBackwardHook = (
  module: Module,
  gradInput: ModuleGradients,
  gradOutput: ModuleGradients,
) => Answer;

/** The hooks of a module around its backward, as lists that may grow and shrink. */
export interface BackwardHooks {
  readonly beforeBackward: readonly { readonly hook: FullBackwardPreHook }[];
  readonly afterBackward: readonly { readonly hook: FullBackwardHook }[];
}

const PRE = 'registerFullBackwardPreHook';
const POST = 'registerFullBackwardHook';
const INPUTS = new JointRule(POST, true);
const OUTPUTS = new JointRule(PRE, true);

/** What a hook answered, in the place of what it was given; refused where it does not fit. */
function replaced(
  op: string,
  answer: unknown,
  given: ModuleGradients,
  tensors: readonly unknown[],
): ModuleGradients {
  const found: unknown = refusePromise(op, answer);
  if (found === undefined || found === null) return given;
  const list: readonly unknown[] = Array.isArray(found) ? found : [found];
  if (list.length !== given.length) {
    throw new GradientError(
      op,
      `the hook answered ${list.length} gradient${list.length === 1 ? '' : 's'} in the place of ${given.length}; ` +
        'answer one for each, null where there is none, or nothing',
    );
  }
  return list.map((one, i) => {
    const gradient = one ?? null;
    if (gradient === null) return null;
    const of = tensors[i];
    if (!(gradient instanceof Tensor) || !(of instanceof Tensor)) {
      throw new GradientError(
        op,
        `the hook answered ${describe(gradient)} in place ${i}, where ${describe(of)} stands; a gradient is a tensor in the place of one`,
      );
    }
    if (!sameDims(gradient.layout, of.layout) || gradient.kind !== of.kind) {
      throw new ShapeError(
        op,
        `the hook answered a ${gradient.dtype} gradient of shape ${showShape(gradient.shape)} for a ${of.dtype} ` +
          `tensor of shape ${showShape(of.shape)}; a gradient is like its tensor`,
        [gradient.shape, of.shape],
      );
    }
    return gradient;
  });
}

const isTracked = (value: unknown): value is Tensor => value instanceof Tensor && value.tracked;

/** A gradient as hooks get it: theirs to keep. In a recorded walk the original is part of the graph. */
function shown(gradient: Tensor | null): Tensor | null {
  if (gradient === null || isGradEnabled()) return gradient;
  const copy = copyOf(gradient);
  gradient.dispose();
  return copy;
}

/** Aliases in the place of the tracked ones among values, made by a rule that passes all their gradients on together. */
function behind(
  rule: JointRule,
  values: readonly unknown[],
  back: (gradients: ModuleGradients) => ModuleGradients,
): unknown[] {
  const places = values.flatMap((value, i) => (isTracked(value) ? [i] : []));
  const tracked = places.map((i) => values[i] as Tensor);
  const aliases = tracked.map((tensor) => detach(tensor));
  rule.record(aliases, tracked, (arrived) => {
    const all: (Tensor | null)[] = values.map(() => null);
    places.forEach((place, i) => {
      all[place] = shown(arrived[i]);
    });
    const found = back(all);
    return places.map((place) => found[place]);
  });
  return values.map((value, i) => (places.includes(i) ? aliases[places.indexOf(i)] : value));
}

/** Runs a module's forward, given as `run`, on inputs and with an output whose gradients its hooks will see. */
export function runWatched(
  module: Module,
  { beforeBackward, afterBackward }: BackwardHooks,
  inputs: readonly unknown[],
  run: (inputs: readonly unknown[]) => unknown,
): unknown {
  if (!isGradEnabled()) return run(inputs);
  let gradOutput: ModuleGradients = [];
  const afterwards = (gradInput: ModuleGradients): ModuleGradients => {
    let current = gradInput;
    // Copies, for a hook may end itself.
    for (const { hook } of [...afterBackward])
      current = replaced(POST, hook(module, current, gradOutput), current, inputs);
    return current;
  };
  const throughInputs = inputs.some(isTracked);
  const output = run(throughInputs ? behind(INPUTS, inputs, afterwards) : inputs);
  const outputs = tensorsIn(output);
  if (outputs.length === 0) {
    throw new ArgumentError(
      POST,
      'forward',
      output,
      'a module with backward hooks answers a tensor, or arrays and objects of them; ' +
        `${module.constructor.name} answered ${describe(output)}`,
    );
  }
  if (!outputs.some(isTracked)) return output;
  const handedOut = behind(OUTPUTS, outputs, (arrived) => {
    gradOutput = arrived;
    for (const { hook } of [...beforeBackward])
      gradOutput = replaced(PRE, hook(module, gradOutput), gradOutput, outputs);
    const passed = gradOutput;
    if (throughInputs) return passed;
    // No gradient will come to an input, so that this is the end of the module's backward.
    if (afterwards(inputs.map(() => null)).some((one) => one !== null)) {
      throw new GradientError(POST, 'no input of the module requires gradients, so a hook cannot answer any');
    }
    return passed;
  });
  let next = 0;
  return mapTensors(output, () => handedOut[next++]);
}
