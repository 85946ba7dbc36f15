// The variance, the standard deviation and the logarithm of a sum of exponentials, each with a gradient of its own.

import { A, OUT, type Rule, record1 } from '../core/graph.js';
import type { Dim, Layout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloating, rule } from './apply.js';
import { add, div, mul, sub } from './binary.js';
import { eq, isInf } from './compare.js';
import { composed } from './composed.js';
import { filledOf } from './create.js';
import {
  amax,
  countOf,
  keptShape,
  mean,
  REDUCE_OPTIONS,
  type ReduceOptions,
  reducedAxes,
  reducedLayouts,
  sum,
} from './reduce.js';
import { exp, log, sqrt, square } from './unary.js';
import { where } from './where.js';
import { checkNumber } from './whole.js';

const KEEP: ReduceOptions = { keepdim: true };

export interface SpreadOptions extends ReduceOptions {
  /** What the count is reduced by: 1 (the default) estimates from a sample, 0 describes a population. */
  correction?: number;
}

/** @internal */
export const SPREAD_OPTIONS = optionNames<SpreadOptions>({ correction: true, keepdim: true });

/** What a variance divides by. */
interface Spread {
  readonly kept: Layout;
  readonly divisor: number;
}

const VARIANCE = rule('variance', {
  a: [
    A,
    (n, g) => {
      const x = n.a as Tensor;
      const { kept, divisor } = n.saved as Spread;
      const centred = sub(x, mean(x, reducedAxes(x.layout, kept), KEEP));
      return mul(centred, mul(keptShape(g, kept), 2 / divisor));
    },
  ],
});

/** The variance, or its root. */
function applySpread(
  op: 'variance' | 'std',
  x: Tensor,
  dim: Dim | undefined,
  { correction = 1, keepdim = false }: SpreadOptions,
  gradients: Rule,
): Tensor {
  const { kept, dropped } = reducedLayouts(op, x.layout, dim);
  checkNumber(op, 'correction', correction);
  const divisor = Math.max(0, countOf(x.layout, kept) - correction);
  const out = composed(() => {
    const found = div(sum(square(sub(x, mean(x, dim, KEEP))), dim, KEEP), divisor);
    return op === 'std' ? sqrt(found) : found;
  });
  if (!keepdim) out.layout = dropped;
  record1(gradients, out, x, { kept, divisor });
  return out;
}

/**
 * The variance over `dim`: Σ (x − mean)² / (n − correction).
 *
 * @throws ShapeError where dim is out of range; DTypeError on integers.
 * @example
 * import { tensor, variance } from 'quern';
 * variance(tensor([1, 3])).item(); // => 2
 */
export function variance(x: Tensor, dim?: Dim, options: SpreadOptions = NO_OPTIONS): Tensor {
  checkFloating('variance', x);
  checkOptions('variance', options, SPREAD_OPTIONS);
  return applySpread('variance', x, dim, options, VARIANCE);
}

// Equal values have a deviation of 0, and there its gradient is 0 too, as in PyTorch; the square root's is infinite.
const STD = rule('std', {
  a: [
    A | OUT,
    (n, g) => {
      const x = n.a as Tensor;
      const { kept, divisor } = n.saved as Spread;
      const deviation = keptShape(n.out as Tensor, kept);
      const share = div(keptShape(g, kept), mul(deviation, divisor));
      return mul(sub(x, mean(x, reducedAxes(x.layout, kept), KEEP)), where(eq(deviation, 0), 0, share));
    },
  ],
});

/**
 * The standard deviation over `dim`: the square root of the {@link variance}.
 *
 * @throws ShapeError where dim is out of range; DTypeError on integers.
 * @example
 * import { std, tensor } from 'quern';
 * std(tensor([1, 3]), 0, { correction: 0 }).item(); // => 1
 */
export function std(x: Tensor, dim?: Dim, options: SpreadOptions = NO_OPTIONS): Tensor {
  checkFloating('std', x);
  checkOptions('std', options, SPREAD_OPTIONS);
  return applySpread('std', x, dim, options, STD);
}

const LOGSUMEXP = rule('logsumexp', {
  a: [
    A | OUT,
    (n, g) => {
      const kept = n.saved as Layout;
      return mul(exp(sub(n.a as Tensor, keptShape(n.out as Tensor, kept))), keptShape(g, kept));
    },
  ],
});

/**
 * ln Σ eˣ over `dim`, without overflow; −∞ of nothing.
 *
 * @throws ShapeError where dim is out of range; DTypeError on integers.
 * @example
 * import { logsumexp, tensor } from 'quern';
 * logsumexp(tensor([1000, 1000]), 0).item(); // => 1000.693115234375
 */
export function logsumexp(x: Tensor, dim?: Dim, options: ReduceOptions = NO_OPTIONS): Tensor {
  checkFloating('logsumexp', x);
  checkOptions('logsumexp', options, REDUCE_OPTIONS);
  const { kept, dropped } = reducedLayouts('logsumexp', x.layout, dim);
  const out = composed(() => {
    if (x.size === 0) return filledOf(kept, x.kind, -Infinity);
    const peak = amax(x, dim, KEEP);
    const shift = where(isInf(peak), 0, peak);
    return add(log(sum(exp(sub(x, shift)), dim, KEEP)), shift);
  });
  if (!options.keepdim) out.layout = dropped;
  record1(LOGSUMEXP, out, x, kept);
  return out;
}
