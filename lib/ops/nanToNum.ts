// Numbers in the place of NaN and infinities.

import { kernel } from '../backend/kernels.js';
import { FLOAT32, isFloatKind } from '../core/dtype.js';
import { A } from '../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { applyUnaryWith, checkTensor, copyOf, Domain, rule, type Unary } from './apply.js';
import { isFinite } from './compare.js';
import { where } from './where.js';
import { checkNumber } from './whole.js';

const NAN_TO_NUM: Unary = {
  name: 'nanToNum',
  kernel: kernel.nanToNum,
  domain: Domain.Floats,
  predicate: false,
  rule: rule('nanToNum', { a: [A, (n, g) => where(isFinite(n.a as Tensor), g, 0)] }),
};

export interface NanToNumOptions {
  /** In the place of NaN. Default 0. */
  nan?: number;
  /** In the place of ∞. Default: the largest number of the dtype. */
  posinf?: number;
  /** In the place of −∞. Default: the least number of the dtype. */
  neginf?: number;
}

const OPTIONS = optionNames<NanToNumOptions>({ nan: true, posinf: true, neginf: true });
const LARGEST_FLOAT32 = 3.4028234663852886e38;

/**
 * x with numbers in the place of NaN and infinities, through which no gradient flows. Integers have none and stay.
 *
 * @throws ArgumentError for a substitute that is no number.
 * @example
 * import { nanToNum, tensor } from 'quern';
 * nanToNum(tensor([NaN, Infinity, 1]), { posinf: 9 }).toArray(); // => [0, 9, 1]
 */
export function nanToNum(x: Tensor, options: NanToNumOptions = NO_OPTIONS): Tensor {
  checkTensor('nanToNum', x);
  checkOptions('nanToNum', options, OPTIONS);
  if (!isFloatKind(x.kind)) return copyOf(x);
  const largest = x.kind === FLOAT32 ? LARGEST_FLOAT32 : Number.MAX_VALUE;
  const { nan = 0, posinf = largest, neginf = -largest } = options;
  for (const [name, value] of Object.entries({ nan, posinf, neginf })) checkNumber('nanToNum', name, value);
  return applyUnaryWith(NAN_TO_NUM, x, [nan, posinf, neginf]);
}
