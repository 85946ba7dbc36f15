// Clipping of gradients, between backward and step.

import { ArgumentError, GradientError } from '../core/errors.js';
import { noGrad } from '../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { scope } from '../core/scope.js';
import { Tensor } from '../core/tensor.js';
import { castTo, checkTensor } from '../ops/apply.js';
import { add, div, mul_, pow } from '../ops/binary.js';
import { clamp } from '../ops/clamp.js';
import { zeros } from '../ops/create.js';
import { copy_ } from '../ops/inplace.js';
import { stack } from '../ops/join.js';
import { item } from '../ops/read.js';
import { amax, sum } from '../ops/reduce.js';
import { abs, sqrt, square } from '../ops/unary.js';

export interface ClipGradNormOptions {
  /** Which norm: a positive number, or Infinity for the largest absolute value. Default 2. */
  normType?: number;
  /** Whether a norm that is not finite is an error, which costs a look at its value. Default false. */
  errorIfNonfinite?: boolean;
}

const CLIP_OPTIONS = optionNames<ClipGradNormOptions>({ normType: true, errorIfNonfinite: true });

function gradientsOf(op: string, params: Tensor | Iterable<Tensor>): Tensor[] {
  const list = params instanceof Tensor ? [params] : [...params];
  for (const parameter of list) checkTensor(op, parameter);
  return list.map((parameter) => parameter.grad).filter((gradient) => gradient !== null);
}

function norm(x: Tensor, type: number): Tensor {
  if (type === 2) return sqrt(sum(square(x)));
  return type === Number.POSITIVE_INFINITY ? amax(abs(x)) : pow(sum(pow(abs(x), type)), 1 / type);
}

/**
 * Scales the gradients of all parameters, in place, by one factor so that their norm, as of one long vector, is at most
 * maxNorm: by maxNorm / (norm + 1e-6) where that is below 1. Answers the norm before (Pascanu et al. 2013).
 *
 * @throws ArgumentError where a number has no meaning; GradientError where the norm is not finite and that was to be
 * an error.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1, 1], { requiresGrad: true });
 * w.mul(tensor([3, 4])).sum().backward();
 * optim.clipGradNorm_([w], 10).item(); // => 5
 */
export function clipGradNorm_(
  params: Tensor | Iterable<Tensor>,
  maxNorm: number,
  options: ClipGradNormOptions = NO_OPTIONS,
): Tensor {
  const op = 'clipGradNorm_';
  checkOptions(op, options, CLIP_OPTIONS);
  const { normType = 2, errorIfNonfinite = false } = options;
  if (!(maxNorm >= 0))
    throw new ArgumentError(op, 'maxNorm', maxNorm, `maxNorm is a number from 0; got ${maxNorm}`);
  if (!(normType > 0))
    throw new ArgumentError(
      op,
      'normType',
      normType,
      `normType is a number above 0, or Infinity; got ${normType}`,
    );
  const gradients = gradientsOf(op, params).filter((gradient) => gradient.size > 0);
  if (gradients.length === 0) return zeros([]);
  return scope(() =>
    noGrad(() => {
      const kind = Math.max(...gradients.map((gradient) => gradient.kind));
      const total = norm(
        stack(gradients.map((gradient) => castTo(norm(gradient, normType), kind))),
        normType,
      );
      if (errorIfNonfinite && !Number.isFinite(item(total))) {
        throw new GradientError(
          op,
          `the norm of the gradients is ${item(total)}; a loss or a layer overflowed before`,
        );
      }
      const factor = clamp(div(maxNorm, add(total, 1e-6)), { max: 1 });
      for (const gradient of gradients) mul_(gradient, castTo(factor, gradient.kind));
      return total;
    }),
  );
}

/**
 * Holds every element of the gradients of all parameters between −clipValue and clipValue, in place.
 *
 * @throws ArgumentError where clipValue is not a number from 0.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([1, 1], { requiresGrad: true });
 * w.mul(tensor([3, -0.5])).sum().backward();
 * optim.clipGradValue_([w], 1);
 * w.grad.toArray(); // => [1, -0.5]
 */
export function clipGradValue_(params: Tensor | Iterable<Tensor>, clipValue: number): void {
  const op = 'clipGradValue_';
  if (!(clipValue >= 0))
    throw new ArgumentError(op, 'clipValue', clipValue, `clipValue is a number from 0; got ${clipValue}`);
  const gradients = gradientsOf(op, params);
  scope(() => {
    noGrad(() => {
      for (const gradient of gradients) copy_(gradient, clamp(gradient, { min: -clipValue, max: clipValue }));
    });
  });
}
