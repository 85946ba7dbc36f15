// What the trainer asks of models, losses and optimizers, and how it sets and restores a model's mode.

import { ArgumentError, describe } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import type { Loss } from './metrics.js';

/** A part of a model that knows whether it is training; every `nn.Module` does. */
interface Part {
  readonly training: boolean;
  train(mode?: boolean): unknown;
}

/** What can be trained: an `nn.Module` whose forward takes tensors and answers one. */
export interface Model extends Part {
  forward(...inputs: Tensor[]): Tensor;
  /** Itself and all modules inside it, the outer before the inner. */
  modules?(): Iterable<Part>;
}

/** What takes the steps: every optimizer of `optim`. */
export interface Stepper {
  zeroGrad(): void;
  step(): void;
}

/** A loss as a function, or as a module such as `nn.CrossEntropyLoss`. */
export type LossLike = Loss | { forward(output: Tensor, target: Tensor): Tensor };

export function lossFunction(loss: LossLike): Loss {
  if (typeof loss === 'function') return loss;
  if (typeof loss?.forward === 'function') return (output, target) => loss.forward(output, target);
  throw new ArgumentError(
    'Trainer',
    'loss',
    loss,
    `a loss is a function of outputs and targets, or a loss module; got ${describe(loss)}`,
  );
}

/** Sets the mode of a model and its parts; answers what restores the mode that each of them had. */
export function setMode(model: Model, training: boolean): () => void {
  const parts = model.modules === undefined ? [model] : Array.from(model.modules());
  const before = parts.map((part) => part.training);
  model.train(training);
  return () => {
    // From the outside in, for train() sets the parts inside too.
    for (const [i, part] of parts.entries()) part.train(before[i]);
  };
}
