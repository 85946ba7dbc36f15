// Hooks on gradients: what users have called as a gradient passes a tensor, and what comes of it.

import { DTYPES } from './dtype.js';
import {
  ArgumentError,
  DisposedError,
  DTypeError,
  describe,
  GradientError,
  ShapeError,
  showShape,
} from './errors.js';
import type { Node } from './graph.js';
import { enlist, type RemovableHandle } from './handles.js';
import { sameDims } from './layout.js';
import { refusePromise } from './scope.js';
import { DISPOSED } from './slab.js';
import { hold, letGo, Tensor } from './tensor.js';

/** Called with a gradient as it passes; answers another to take its place, or nothing. */
// biome-ignore lint/suspicious/noConfusingVoidType: a hook that only looks is a function without a result
export type GradientHook = (gradient: Tensor) => Tensor | undefined | void;

/** What is done with the gradient of a tensor. */
export interface Listeners {
  /** Whether a tensor that is no leaf keeps its gradient. */
  retains: boolean;
  /** The hooks, each with the node that the tensor had then: a later write in place gives it another. */
  readonly hooks: { readonly hook: GradientHook; readonly node: Node | null }[];
}

/** The listeners of a tensor, made where there are none yet. */
export function listenersOf(tensor: Tensor): Listeners {
  tensor.listeners ??= { retains: false, hooks: [] };
  return tensor.listeners;
}

const OP = 'registerHook';

/** Has a function called with the gradient of a tensor whenever a walk has computed it. */
export function registerHook(tensor: Tensor, hook: GradientHook): RemovableHandle {
  if (tensor.slab === DISPOSED) throw new DisposedError(OP);
  if (typeof hook !== 'function')
    throw new ArgumentError(OP, 'hook', hook, `a hook is a function; got ${describe(hook)}`);
  if (!tensor.tracked) {
    throw new GradientError(
      OP,
      'no gradient will come to a tensor that does not require gradients; make it, or what it is computed from, with { requiresGrad: true }',
    );
  }
  const { hooks } = listenersOf(tensor);
  return enlist(hooks, { hook, node: tensor.node }, false, () => {
    // Without listeners a leaf's gradient is written straight into its buffer.
    if (hooks.length === 0 && tensor.listeners?.retains === false) tensor.listeners = null;
  });
}

function checkAnswer(answer: unknown, tensor: Tensor): asserts answer is Tensor {
  if (!(answer instanceof Tensor)) {
    throw new ArgumentError(
      OP,
      'hook',
      answer,
      `a hook answers a tensor in the gradient's place, or nothing; got ${describe(answer)}`,
    );
  }
  if (answer.slab === DISPOSED) throw new DisposedError(OP);
  if (!sameDims(answer.layout, tensor.layout)) {
    throw new ShapeError(
      OP,
      `the hook answered a gradient of shape ${showShape(answer.shape)} for a tensor of shape ` +
        `${showShape(tensor.shape)}; answer one of the tensor's shape`,
      [answer.shape, tensor.shape],
    );
  }
  if (answer.kind !== tensor.kind) {
    throw new DTypeError(
      OP,
      `the hook answered a gradient of dtype ${answer.dtype} for a tensor of ${DTYPES[tensor.kind]}; cast it with to()`,
      [answer.dtype, tensor.dtype],
    );
  }
}

/**
 * Calls the hooks that a tensor got while `node` was its own. The gradient belongs to the walk, and so does the one that
 * is answered.
 */
export function callHooks(
  { hooks }: Listeners,
  tensor: Tensor,
  node: Node | null,
  gradient: Tensor,
  copyOf: ((gradient: Tensor) => Tensor) | null,
): Tensor {
  let current = gradient;
  // Whoever keeps it has it for good. In a recorded walk, where there is no copy, the original is part of the graph.
  let shown: Tensor | null = null;
  // A copy, for a hook may end itself.
  for (const one of [...hooks]) {
    if (one.node !== node) continue;
    shown ??= copyOf === null ? gradient : copyOf(gradient);
    const answer: unknown = refusePromise(OP, one.hook(shown));
    if (answer === undefined || answer === null) continue;
    checkAnswer(answer, tensor);
    current = answer;
    shown = answer;
  }
  if (current === gradient) return gradient;
  hold(current);
  letGo(gradient);
  return current;
}
