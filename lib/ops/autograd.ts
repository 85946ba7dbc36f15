// Gradients asked for by name: of one tensor with respect to others, and of functions.

import { type BackwardOptions, gradientsOf } from '../core/autograd.js';
import { ArgumentError, GradientError } from '../core/errors.js';
import { enableGrad } from '../core/graph.js';
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

/** A function of tensors with one number, as a tensor, for its result. */
export type Scalar<Arguments extends readonly Tensor[]> = (...args: Arguments) => Tensor;

/**
 * A function that computes the value of `f` and its gradient with respect to its first argument. Can be nested for
 * higher derivatives.
 *
 * @throws ArgumentError where f is no function; GradientError where its result has more than one element.
 * @example
 * import { tensor, valueAndGrad } from 'quern';
 * const [value, slope] = valueAndGrad((x) => x.pow(3))(tensor(2));
 * [value.item(), slope.item()]; // => [8, 12]
 */
export function valueAndGrad<Arguments extends readonly [Tensor, ...Tensor[]]>(
  f: Scalar<Arguments>,
): (...args: Arguments) => [Tensor, Tensor] {
  if (typeof f !== 'function')
    throw new ArgumentError('valueAndGrad', 'f', f, 'a function of tensors is needed');
  return (...args) =>
    enableGrad(() => {
      const [first, ...rest] = args;
      checkTensor('valueAndGrad', first);
      // An alias with gradients of its own; inside another differentiation it stays linked to the outer argument.
      const outer = first.requiresGrad;
      const x = outer ? first.reshape(first.shape) : first.detach();
      if (!outer) x.requiresGrad = true;
      const value = f(...([x, ...rest] as unknown as Arguments));
      const [slope] = gradients(value, [x], { createGraph: outer, retainGraph: true });
      return [value, slope];
    });
}

/**
 * A function that computes the gradient of `f` with respect to its first argument. Can be nested for higher
 * derivatives.
 *
 * @throws ArgumentError where f is no function; GradientError where its result has more than one element.
 * @example
 * import { grad, tensor } from 'quern';
 * const f = (x) => x.pow(3);
 * grad(grad(f))(tensor(2)).item(); // => 12
 */
export function grad<Arguments extends readonly [Tensor, ...Tensor[]]>(
  f: Scalar<Arguments>,
): (...args: Arguments) => Tensor {
  const both = valueAndGrad(f);
  return (...args) => both(...args)[1];
}
