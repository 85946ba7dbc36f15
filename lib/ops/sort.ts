// Order along a dimension: sorting, and the k largest or smallest.

import { active } from '../backend/active.js';
import { type KernelName, kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { INT32 } from '../core/dtype.js';
import { ArgumentError } from '../core/errors.js';
import { type Rule, record2 } from '../core/graph.js';
import { checkAxis, denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { pickRule } from './gather.js';
import type { ValuesAndIndices } from './reduce.js';
import { reshape } from './shape.js';

export interface SortOptions {
  /** Whether the largest come first. Default false. */
  descending?: boolean;
  /** Whether equal values keep their order. They do so here in any case. */
  stable?: boolean;
}

const SORT_OPTIONS = optionNames<SortOptions>({ descending: true, stable: true });

export interface TopkOptions {
  /** Whether the largest are wanted, or the smallest. Default true. */
  largest?: boolean;
  /** Whether they must come in order. They do so here in any case. */
  sorted?: boolean;
}

const TOPK_OPTIONS = optionNames<TopkOptions>({ largest: true, sorted: true });

const SORT = pickRule('sort');
const TOPK = pickRule('topk');

/** Runs a kernel that picks `length` elements of each row along an axis; two attributes say which. @internal */
export function pick(
  name: KernelName,
  gradients: Rule,
  x: Tensor,
  axis: number,
  length: number,
  first: number,
  second: number,
): ValuesAndIndices {
  const a = x.ndim === 0 ? reshape(x, [1]) : x;
  const layout = denseLayout(a.shape.map((dim, i) => (i === axis ? length : dim)));
  const values = makeTensor(layout, a.kind);
  const indices = makeTensor(layout, INT32);
  attributes[0] = axis;
  attributes[1] = first;
  attributes[2] = second;
  active.run3(kernel[name], a.kind, values, indices, a);
  record2(gradients, values, a, indices, axis);
  return { values, indices };
}

/** What was picked, in another shape. @internal */
export function inShape(found: ValuesAndIndices, shape: readonly number[]): ValuesAndIndices {
  return { values: reshape(found.values, shape), indices: reshape(found.indices, shape) };
}

/**
 * The values along `dim` (default the last) in ascending order, and the indices (int32) where they stood. NaN is
 * greater than any number; equal values keep their order.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { sort, tensor } from 'quern';
 * const { values, indices } = sort(tensor([3, 1, 2]));
 * values.toArray(); // => [1, 2, 3]
 * indices.toArray(); // => [1, 2, 0]
 */
export function sort(x: Tensor, dim = -1, options: SortOptions = NO_OPTIONS): ValuesAndIndices {
  checkTensor('sort', x);
  checkOptions('sort', options, SORT_OPTIONS);
  const axis = checkAxis('sort', dim, x.ndim);
  const found = pick(
    'sort',
    SORT,
    x,
    axis,
    x.ndim === 0 ? 1 : x.shape[axis],
    Number(options.descending ?? false),
    0,
  );
  return x.ndim === 0 ? inShape(found, []) : found;
}

/**
 * The indices (int32) that sort x along `dim` (default the last), as {@link sort} gives them.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { argsort, tensor } from 'quern';
 * argsort(tensor([3, 1, 2]), 0, { descending: true }).toArray(); // => [0, 2, 1]
 */
export function argsort(x: Tensor, dim = -1, options: SortOptions = NO_OPTIONS): Tensor {
  checkTensor('argsort', x);
  checkOptions('argsort', options, SORT_OPTIONS);
  checkAxis('argsort', dim, x.ndim);
  const { values, indices } = sort(x, dim, options);
  values.dispose();
  return indices;
}

/**
 * x sorted along its first dimension, in ascending order.
 *
 * @example
 * import { msort, tensor } from 'quern';
 * msort(tensor([[3, 1], [2, 4]])).toArray(); // => [[2, 1], [3, 4]]
 */
export function msort(x: Tensor): Tensor {
  checkTensor('msort', x);
  return sort(x, 0).values;
}

/** @internal */
export function checkK(op: string, k: number, least: number, n: number): void {
  if (Number.isInteger(k) && k >= least && k <= n) return;
  throw new ArgumentError(
    op,
    'k',
    k,
    `k is a whole number from ${least} to the dimension's size ${n}; got ${String(k)}`,
  );
}

/** How many elements lie along an axis. @internal */
export function lengthOf(x: Tensor, axis: number): number {
  return x.ndim === 0 ? 1 : x.shape[axis];
}

/**
 * The k largest values along `dim` (default the last), the largest first, and their indices (int32); with
 * `largest: false` the k smallest, the smallest first. NaN is greater than any number; of equal values the first count.
 *
 * @throws ShapeError where dim is out of range; ArgumentError where there are no k values.
 * @example
 * import { tensor, topk } from 'quern';
 * topk(tensor([3, 9, 2, 7]), 2).values.toArray(); // => [9, 7]
 */
export function topk(x: Tensor, k: number, dim = -1, options: TopkOptions = NO_OPTIONS): ValuesAndIndices {
  checkTensor('topk', x);
  checkOptions('topk', options, TOPK_OPTIONS);
  const axis = checkAxis('topk', dim, x.ndim);
  checkK('topk', k, 0, lengthOf(x, axis));
  const found = pick('topk', TOPK, x, axis, k, k, Number(options.largest ?? true));
  return x.ndim === 0 && k === 1 ? inShape(found, []) : found;
}
