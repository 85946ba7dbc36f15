// Parameters and buffers: the tensors that belong to a module and outlive every scope.

import { DTYPES, type DType, type Kind } from '../core/dtype.js';
import { DTypeError } from '../core/errors.js';
import { checkShape, denseLayout, type Layout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { keep } from '../core/scope.js';
import { BUFFER, makeLasting, PARAMETER, type Tensor } from '../core/tensor.js';
import { checkTensor, copyValues } from '../ops/apply.js';
import { checkDType } from '../ops/create.js';

export interface ParameterOptions {
  /** Whether it is trained. Default true. */
  requiresGrad?: boolean;
}

const PARAMETER_OPTIONS = optionNames<ParameterOptions>({ requiresGrad: true });

function make(layout: Layout, kind: Kind, role: number): Tensor {
  const out = keep(makeLasting(layout, kind));
  out.role = role;
  return out;
}

/** A copy of a tensor that plays a role in a module. @internal */
export function ownCopy(data: Tensor, kind: Kind, role: number, requiresGrad: boolean): Tensor {
  const out = make(data.layout.dense, kind, role);
  copyValues(out, data);
  out.requiresGrad = requiresGrad;
  return out;
}

/** A parameter whose values are still to be written, by an init function. @internal */
export function emptyParameter(op: string, shape: readonly number[], dtype: DType): Tensor {
  const kind = checkDType(op, dtype);
  if (kind > 1) throw new DTypeError(op, `parameters are float32 or float64; got ${DTYPES[kind]}`, [dtype]);
  const out = make(denseLayout(checkShape(op, shape)), kind, PARAMETER);
  out.requiresGrad = true;
  return out;
}

function parameter(data: Tensor, options: ParameterOptions = NO_OPTIONS): Tensor {
  checkTensor('Parameter', data);
  checkOptions('Parameter', options, PARAMETER_OPTIONS);
  return ownCopy(data, data.kind, PARAMETER, options.requiresGrad ?? true);
}

/** How a parameter is made: with `new`, as in PyTorch, or without. */
export interface ParameterConstructor {
  new (data: Tensor, options?: ParameterOptions): Tensor;
  (data: Tensor, options?: ParameterOptions): Tensor;
}

/**
 * A tensor to train: a copy of `data` that a module finds among its fields, that requires gradients and that no
 * scope ends.
 *
 * @throws GradientError where the data is not floating, unless `requiresGrad` is false.
 * @example
 * import { nn, zeros } from 'quern';
 * const scale = new nn.Parameter(zeros([3]));
 * scale.requiresGrad; // => true
 */
export const Parameter: ParameterConstructor = parameter as unknown as ParameterConstructor;

/**
 * A tensor that is a module's state but not trained, such as running statistics: a copy of `data` that a module
 * finds among its fields, saves in its state dict, and that no scope ends.
 *
 * @example
 * import { nn, ones } from 'quern';
 * nn.buffer(ones([3])).requiresGrad; // => false
 */
export function buffer(data: Tensor): Tensor {
  checkTensor('buffer', data);
  return ownCopy(data, data.kind, BUFFER, false);
}
