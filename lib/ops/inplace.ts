// Writing over a tensor: copies and fills.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { checkInPlace, finishInPlace, recordInPlace } from '../core/graph.js';
import type { Tensor } from '../core/tensor.js';
import { apart, checkFits, checkTensor, copyValues, fillLike, rule } from './apply.js';
import { fitting } from './whole.js';

const COPY = rule('copy_', { a: [0, (_n, g) => fillLike(g, 0)], b: [0, (_n, g) => g] });
const FILL = rule('fill_', { a: [0, (_n, g) => fillLike(g, 0)] });

/**
 * Writes the values of `source`, broadcast and cast to x's dtype, over x and answers x.
 *
 * @throws ShapeError where the source does not fit; GradientError where autograd would be wrong.
 * @example
 * import { tensor, zeros } from 'quern';
 * zeros([2, 2]).copy_(tensor([1, 2])).toArray(); // => [[1, 2], [1, 2]]
 */
export function copy_(x: Tensor, source: Tensor): Tensor {
  checkTensor('copy_', x);
  checkTensor('copy_', source);
  checkFits('copy_', x, source);
  checkInPlace('copy_', x, source.tracked);
  const values = apart(source, x);
  recordInPlace(COPY, x, values, null, null);
  copyValues(x, values);
  finishInPlace(x);
  return x;
}

/**
 * Writes a number over every element of x and answers x.
 *
 * @throws ArgumentError where a whole dtype has no place for the number; GradientError where autograd would be wrong.
 * @example
 * import { fill_, zeros } from 'quern';
 * fill_(zeros([2]), 3).toArray(); // => [3, 3]
 */
export function fill_(x: Tensor, value: number): Tensor {
  checkTensor('fill_', x);
  const held = fitting('fill_', value, x.kind);
  checkInPlace('fill_', x, false);
  recordInPlace(FILL, x, null, null, null);
  attributes[0] = held;
  active.run1(kernel.fill, x.kind, x);
  finishInPlace(x);
  return x;
}

/**
 * Writes 0 over every element of x and answers x.
 *
 * @throws GradientError where autograd would be wrong.
 * @example
 * import { ones, zero_ } from 'quern';
 * zero_(ones([2])).toArray(); // => [0, 0]
 */
export function zero_(x: Tensor): Tensor {
  return fill_(x, 0);
}
