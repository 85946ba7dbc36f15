// Group normalisation: over the channels of a group and everything after them.

import { ArgumentError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloating, checkTensor } from './apply.js';
import { add, mul } from './binary.js';
import { checkEps, layerNorm } from './rowNorm.js';
import { clone, reshape } from './shape.js';

export interface GroupNormOptions {
  /** (C,), multiplied with each normalised channel. */
  weight?: Tensor | null;
  /** (C,), added to each channel. */
  bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  eps?: number;
}

const GROUP_NORM_OPTIONS = optionNames<GroupNormOptions>({ weight: true, bias: true, eps: true });

/** Refuses what is not floating (N, C, …). @internal */
export function checkChannelled(op: string, x: Tensor): void {
  checkFloating(op, x);
  if (x.ndim < 2) throw new ShapeError(op, `the input is (N, C, …); got ${showShape(x.shape)}`, [x.shape]);
}

/** Refuses what is not one value for each channel of x. @internal */
export function checkOfChannels(op: string, x: Tensor, name: string, values: Tensor | null): void {
  if (values === null) return;
  checkTensor(op, values);
  if (values.ndim !== 1 || values.shape[0] !== x.shape[1]) {
    throw new ShapeError(
      op,
      `the input ${showShape(x.shape)} has ${x.shape[1]} channels, so ${name} is (${x.shape[1]},); got ${showShape(values.shape)}`,
      [x.shape, values.shape],
    );
  }
  if (values.kind !== x.kind) {
    throw new DTypeError(
      op,
      `the input is ${x.dtype} and ${name} ${values.dtype}; cast one of them with to()`,
      [x.dtype, values.dtype],
    );
  }
}

/** Values of the channels in a shape that broadcasts to x. @internal */
export function overChannels(values: Tensor, x: Tensor): Tensor {
  return reshape(
    values,
    x.shape.map((_, axis) => (axis === 1 ? -1 : 1)),
  );
}

/** Rows of x that are normalised, each of so many channels, then scaled and shifted by channel. @internal */
export function normalizeRows(
  x: Tensor,
  rows: number,
  { weight = null, bias = null, eps = 1e-5 }: GroupNormOptions,
): Tensor {
  if (x.size === 0) return clone(x);
  const length = x.size / rows;
  let out = reshape(layerNorm(reshape(x, [rows, length]), length, { eps }), x.shape);
  if (weight !== null) out = mul(out, overChannels(weight, x));
  return bias === null ? out : add(out, overChannels(bias, x));
}

/**
 * (x − mean) / √(variance + eps) · weight + bias for x (N, C, …), where mean and variance are those of each sample's
 * groups of C / numGroups channels and of everything after the channels (Wu and He 2018). The variance is that of a
 * population.
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.groupNorm(tensor([[1, 3, 5, 9]]), 2, { eps: 0 }).toArray(); // => [[-1, 1, -1, 1]]
 */
export function groupNorm(x: Tensor, numGroups: number, options: GroupNormOptions = NO_OPTIONS): Tensor {
  checkChannelled('groupNorm', x);
  checkOptions('groupNorm', options, GROUP_NORM_OPTIONS);
  const channels = x.shape[1];
  if (!Number.isInteger(numGroups) || numGroups < 1 || channels % numGroups !== 0) {
    throw new ArgumentError(
      'groupNorm',
      'numGroups',
      numGroups,
      `numGroups is a whole number that divides the ${channels} channels of the input ${showShape(x.shape)}; got ${String(numGroups)}`,
    );
  }
  const { weight = null, bias = null, eps = 1e-5 } = options;
  checkEps('groupNorm', eps);
  checkOfChannels('groupNorm', x, 'weight', weight);
  checkOfChannels('groupNorm', x, 'bias', bias);
  return normalizeRows(x, x.shape[0] * numGroups, { weight, bias, eps });
}
