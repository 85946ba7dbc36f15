// Whether tensors are equal, or nearly so.

import { FLOAT64, isFloatKind, promoteOperands } from '../core/dtype.js';
import { ArgumentError, describe } from '../core/errors.js';
import { sameDims } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { castTo, checkTensor } from './apply.js';
import { add, mul, sub } from './binary.js';
import { eq, isFinite, isNaN, le, logicalAnd, logicalOr } from './compare.js';
import { composed } from './composed.js';
import { item } from './read.js';
import { all } from './reduce.js';
import { abs } from './unary.js';

export interface CloseOptions {
  /** The largest difference in proportion to b. Default 1e-5. */
  rtol?: number;
  /** The largest difference beside that. Default 1e-8. */
  atol?: number;
  /** Whether NaN is close to NaN. Default false. */
  equalNan?: boolean;
}

const CLOSE_OPTIONS = optionNames<CloseOptions>({ rtol: true, atol: true, equalNan: true });

/**
 * Whether |a − b| ≤ atol + rtol |b|, elementwise; infinities are close to themselves alone. The shapes broadcast, the
 * result is bool.
 *
 * @throws ShapeError where the shapes do not broadcast; ArgumentError for a negative tolerance.
 * @example
 * import { isClose, tensor } from 'quern';
 * isClose(tensor([1, 2]), tensor([1.000001, 2.1])).toArray(); // => [true, false]
 */
export function isClose(a: Tensor, b: Tensor, options: CloseOptions = NO_OPTIONS): Tensor {
  return close('isClose', a, b, options);
}

function close(op: string, a: Tensor, b: Tensor, options: CloseOptions): Tensor {
  checkTensor(op, a);
  checkTensor(op, b);
  checkOptions(op, options, CLOSE_OPTIONS);
  const { rtol = 1e-5, atol = 1e-8, equalNan = false } = options;
  for (const [name, value] of Object.entries({ rtol, atol })) {
    if (typeof value !== 'number' || !(value >= 0))
      throw new ArgumentError(op, name, value, `${name} is a number from 0; got ${describe(value)}`);
  }
  const met = promoteOperands(a.kind, a.ndim, b.kind, b.ndim);
  const kind = isFloatKind(met) ? met : FLOAT64;
  return composed(() => {
    const [x, y] = [castTo(a, kind), castTo(b, kind)];
    const difference = abs(sub(x, y));
    const near = le(difference, add(mul(abs(y), rtol), atol));
    const answer = logicalOr(eq(x, y), logicalAnd(isFinite(difference), near));
    return equalNan ? logicalOr(answer, logicalAnd(isNaN(x), isNaN(y))) : answer;
  });
}

/** Whether all are true; the tensor goes back. */
function isTrue(answers: Tensor): boolean {
  const one = all(answers);
  const answer = Boolean(item(one));
  one.dispose();
  answers.dispose();
  return answer;
}

/**
 * Whether all elements are close, as {@link isClose} says.
 *
 * @throws ShapeError where the shapes do not broadcast; ArgumentError for a negative tolerance.
 * @example
 * import { allClose, tensor } from 'quern';
 * allClose(tensor([1, 2]), tensor([1, 2.1])); // => false
 */
export function allClose(a: Tensor, b: Tensor, options: CloseOptions = NO_OPTIONS): boolean {
  return isTrue(close('allClose', a, b, options));
}

/**
 * Whether two tensors have the same shape and equal elements.
 *
 * @example
 * import { equal, tensor } from 'quern';
 * [equal(tensor([1, 2]), tensor([1, 2])), equal(tensor([1, 1]), tensor([1]))]; // => [true, false]
 */
export function equal(a: Tensor, b: Tensor): boolean {
  checkTensor('equal', a);
  checkTensor('equal', b);
  return sameDims(a.layout, b.layout) && isTrue(eq(a, b));
}
