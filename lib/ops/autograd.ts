// Gradients asked for by name: of one tensor with respect to others.

import { type BackwardOptions, gradientsOf } from '../core/autograd.js';
import { GradientError } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';

export interface GradientsOptions extends BackwardOptions {
  /** Answers null for inputs on which the output does not depend, instead of an error. Default false. */
  allowUnused?: boolean;
}

const GRADIENTS_OPTIONS = optionNames<GradientsOptions>({
  gradient: true,
  retainGraph: true,
  createGraph: true,
  allowUnused: true,
});

/**
 * The gradients of one tensor with respect to others, without touching anybody's `grad`: PyTorch's
 * `torch.autograd.grad`. With `createGraph` they have gradients themselves.
 *
 * @throws GradientError where the output does not depend on an input, unless `allowUnused` is set.
 * @example
 * import { gradients, tensor } from 'quern';
 * const x = tensor(3, { requiresGrad: true });
 * const [dx] = gradients(x.mul(x), [x], { createGraph: true });
 * const [ddx] = gradients(dx, [x]);
 * [dx.item(), ddx.item()]; // => [6, 2]
 */
export function gradients(
  output: Tensor,
  inputs: readonly Tensor[],
  options: GradientsOptions & { allowUnused: true },
): (Tensor | null)[];
export function gradients(output: Tensor, inputs: readonly Tensor[], options?: GradientsOptions): Tensor[];
export function gradients(
  output: Tensor,
  inputs: readonly Tensor[],
  options: GradientsOptions = NO_OPTIONS,
): (Tensor | null)[] {
  checkTensor('gradients', output);
  checkOptions('gradients', options, GRADIENTS_OPTIONS);
  for (const input of inputs) {
    checkTensor('gradients', input);
    if (!input.requiresGrad)
      throw new GradientError(
        'gradients',
        'an input does not require gradients; make it with { requiresGrad: true }',
      );
  }
  const found = gradientsOf(output, inputs, options);
  if (options.allowUnused !== true && found.includes(null)) {
    throw new GradientError(
      'gradients',
      'the output does not depend on an input; pass { allowUnused: true } if that is meant',
    );
  }
  return found;
}
