// How matrix products are computed: in the precision of their operands, or in a lower one under autocast.

import { FLOAT32, type Kind } from './dtype.js';
import { ArgumentError } from './errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from './options.js';
import { refusePromise } from './scope.js';

/** A precision's code in call records. */
export type Precision = 0 | 1;

const FULL = 0;
const BF16 = 1;

/** What is in force. A node of the graph remembers it, for backward. */
export let precision: Precision = FULL;

/** Sets the precision; answers what was set before. For walks, which set it back. */
export function setPrecision(to: Precision): Precision {
  const before = precision;
  precision = to;
  return before;
}

/** The precision of a product of this dtype. */
export function precisionOf(kind: Kind): Precision {
  return kind === FLOAT32 ? precision : FULL;
}

export interface AutocastOptions {
  /** The dtype to which products round their operands. Default 'bfloat16', and there is no other yet. */
  dtype?: 'bfloat16';
  /** False computes in full precision again, inside another autocast. Default true. */
  enabled?: boolean;
}

const AUTOCAST_OPTIONS = optionNames<AutocastOptions>({ dtype: true, enabled: true });

/**
 * Runs a synchronous function in mixed precision: matrix products and convolutions of float32 tensors round their
 * operands to bfloat16 (to the nearest, ties to even: 8 bits of mantissa, a relative error of at most 2⁻⁸) and add
 * up the products in float32. Processors with AVX-512 BF16 do that up to twice as fast; elsewhere the results are as
 * good and the speed is not gained. Everything else, sums, losses, statistics, stays float32, and so do all tensors:
 * parameters, gradients and the optimizer's state are the master copies that mixed precision needs, and no scaling
 * of the loss is called for, as bfloat16 has float32's range. Products of float64 are not touched, nor are the steps of
 * recurrent layers, where rounding would add up from one to the next.
 *
 * What was computed under autocast also passes its gradients on so, wherever `backward` is called. PyTorch's
 * `torch.autocast`, which differs in that its results are bfloat16 themselves.
 *
 * @throws ArgumentError where the function returns a promise, or on a dtype other than bfloat16.
 * @see Kalamkar et al., "A Study of BFLOAT16 for Deep Learning Training", 2019.
 * @example
 * import { autocast, matmul, tensor } from 'quern';
 * const [a, b] = [tensor([[1.0001]]), tensor([[3]])];
 * autocast(() => matmul(a, b)).item(); // => 3
 * matmul(a, b).item() > 3; // => true
 */
export function autocast<T>(fn: () => T, options: AutocastOptions = NO_OPTIONS): T {
  checkOptions('autocast', options, AUTOCAST_OPTIONS);
  const { dtype = 'bfloat16', enabled = true } = options;
  if (dtype !== 'bfloat16') {
    throw new ArgumentError(
      'autocast',
      'dtype',
      dtype,
      `the dtype is 'bfloat16'; got ${String(dtype)}: other dtypes have no products of mixed precision`,
    );
  }
  const before = setPrecision(enabled ? BF16 : FULL);
  try {
    return refusePromise('autocast', fn());
  } finally {
    setPrecision(before);
  }
}

/**
 * Whether products are computed in mixed precision, inside {@link autocast}.
 *
 * @example
 * import { autocast, isAutocastEnabled } from 'quern';
 * [isAutocastEnabled(), autocast(() => isAutocastEnabled())]; // => [false, true]
 */
export function isAutocastEnabled(): boolean {
  return precision !== FULL;
}
