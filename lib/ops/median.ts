// One value of each row by its order: the k-th, the median, the most frequent, and quantiles.

import type { KernelName } from '../backend/kernels.js';
import { INT32, isFloatKind } from '../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { A, OUT, type Rule, record1 } from '../core/graph.js';
import { checkAxis } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { castTo, checkFloating, checkTensor, rule } from './apply.js';
import { add, div, mul, sub } from './binary.js';
import { clamp } from './clamp.js';
import { eq, isNaN, logicalNot, lt } from './compare.js';
import { composed } from './composed.js';
import { full, tensor } from './create.js';
import { gather, pickRule } from './gather.js';
import { REDUCE_OPTIONS, type ReduceOptions, sum, type ValuesAndIndices } from './reduce.js';
import { flatten, movedim, reshape } from './shape.js';
import { narrow } from './slice.js';
import { checkK, inShape, lengthOf, pick, sort } from './sort.js';
import { ceil, floor, round } from './unary.js';
import { where } from './where.js';

const KEEP: ReduceOptions = { keepdim: true };

const KTHVALUE = pickRule('kthvalue');
const MODE = pickRule('mode');

// Which of a row's elements in ascending order the kernel finds.
const KTH = 0;
const MEDIAN = 1;
const NANMEDIAN = 2;

/** One value of each row along an axis. */
function pickOne(
  name: KernelName,
  gradients: Rule,
  x: Tensor,
  axis: number,
  keepdim: boolean,
  first: number,
  second: number,
): ValuesAndIndices {
  const found = pick(name, gradients, x, axis, 1, first, second);
  if (keepdim && x.ndim > 0) return found;
  return inShape(
    found,
    x.shape.filter((_, i) => i !== axis),
  );
}

function checkSome(op: string, x: Tensor, axis: number): void {
  if (lengthOf(x, axis) > 0) return;
  throw new ShapeError(op, `a tensor of shape ${showShape(x.shape)} has no elements there to choose from`, [
    x.shape,
  ]);
}

/**
 * The k-th smallest value along `dim` (default the last), counted from 1, and its index (int32). NaN is greater than
 * any number.
 *
 * @throws ShapeError where dim is out of range; ArgumentError where there are no k values.
 * @example
 * import { kthvalue, tensor } from 'quern';
 * kthvalue(tensor([3, 9, 2, 7]), 2).values.item(); // => 3
 */
export function kthvalue(
  x: Tensor,
  k: number,
  dim = -1,
  options: ReduceOptions = NO_OPTIONS,
): ValuesAndIndices {
  checkTensor('kthvalue', x);
  checkOptions('kthvalue', options, REDUCE_OPTIONS);
  const axis = checkAxis('kthvalue', dim, x.ndim);
  checkK('kthvalue', k, 1, lengthOf(x, axis));
  return pickOne('kthvalue', KTHVALUE, x, axis, options.keepdim ?? false, k, KTH);
}

/**
 * The most frequent value along `dim` (default the last), of several the smallest, and the last index (int32) where it
 * stands. No NaN equals another; where nothing occurs twice, a NaN is chosen.
 *
 * @throws ShapeError where dim is out of range, or there is nothing to choose from.
 * @example
 * import { mode, tensor } from 'quern';
 * mode(tensor([5, 2, 5, 2, 2])).values.item(); // => 2
 */
export function mode(x: Tensor, dim = -1, options: ReduceOptions = NO_OPTIONS): ValuesAndIndices {
  checkTensor('mode', x);
  checkOptions('mode', options, REDUCE_OPTIONS);
  const axis = checkAxis('mode', dim, x.ndim);
  checkSome('mode', x, axis);
  return pickOne('mode', MODE, x, axis, options.keepdim ?? false, 0, 0);
}

/** The median of all elements: those that equal it share its gradient evenly. */
function overallRule(name: string): Rule {
  return rule(name, {
    a: [
      A | OUT,
      (n, g) => {
        const hits = castTo(eq(n.a as Tensor, n.out as Tensor), (n.a as Tensor).kind);
        return mul(div(hits, sum(hits)), g);
      },
    ],
  });
}

const MEDIANS = {
  median: { wanted: MEDIAN, along: pickRule('median'), overall: overallRule('median') },
  nanmedian: { wanted: NANMEDIAN, along: pickRule('nanmedian'), overall: overallRule('nanmedian') },
};

function medianOf(
  op: keyof typeof MEDIANS,
  x: Tensor,
  dim: number | undefined,
  options: ReduceOptions,
): Tensor | ValuesAndIndices {
  checkTensor(op, x);
  checkOptions(op, options, REDUCE_OPTIONS);
  const { wanted, along, overall } = MEDIANS[op];
  if (dim !== undefined) {
    const axis = checkAxis(op, dim, x.ndim);
    checkSome(op, x, axis);
    return pickOne('kthvalue', along, x, axis, options.keepdim ?? false, 1, wanted);
  }
  if (x.size === 0) return full([], Number.NaN, { dtype: isFloatKind(x.kind) ? x.dtype : 'float32' });
  const out = composed(() => pickOne('kthvalue', along, flatten(x), 0, false, 1, wanted).values);
  record1(overall, out, x, null);
  return out;
}

/**
 * The median of all elements, or with `dim` those along it and their indices (int32); the lower one where two stand in
 * the middle. NaN where there is one, or nothing. Elements equal to the median of all share its gradient.
 *
 * @throws ShapeError where dim is out of range, or there is nothing to choose from along it.
 * @example
 * import { median, tensor } from 'quern';
 * median(tensor([3, 9, 2, 7])).item(); // => 3
 */
export function median(x: Tensor): Tensor;
export function median(x: Tensor, dim: number, options?: ReduceOptions): ValuesAndIndices;
export function median(
  x: Tensor,
  dim?: number,
  options: ReduceOptions = NO_OPTIONS,
): Tensor | ValuesAndIndices {
  return medianOf('median', x, dim, options);
}

/**
 * The {@link median} of those elements that are not NaN; NaN where there are none.
 *
 * @throws ShapeError where dim is out of range, or there is nothing to choose from along it.
 * @example
 * import { nanmedian, tensor } from 'quern';
 * nanmedian(tensor([3, NaN, 2, 7])).item(); // => 3
 */
export function nanmedian(x: Tensor): Tensor;
export function nanmedian(x: Tensor, dim: number, options?: ReduceOptions): ValuesAndIndices;
export function nanmedian(
  x: Tensor,
  dim?: number,
  options: ReduceOptions = NO_OPTIONS,
): Tensor | ValuesAndIndices {
  return medianOf('nanmedian', x, dim, options);
}

const INTERPOLATIONS = ['linear', 'lower', 'higher', 'nearest', 'midpoint'] as const;

export interface QuantileOptions extends ReduceOptions {
  /** What lies between two values: between them in proportion (the default), one of them, or their middle. */
  interpolation?: (typeof INTERPOLATIONS)[number];
}

const QUANTILE_OPTIONS = optionNames<QuantileOptions>({ keepdim: true, interpolation: true });

function checkQ(op: string, q: number | readonly number[]): readonly number[] {
  const list = typeof q === 'number' ? [q] : q;
  if (Array.isArray(list) && list.every((value) => value >= 0 && value <= 1)) return list;
  throw new ArgumentError(op, 'q', q, `q is a number in [0, 1], or an array of such; got ${String(q)}`);
}

/** a + weight (b − a), from the nearer end; a itself where the weight is 0, even if b is infinite. */
function between(a: Tensor, b: Tensor, weight: Tensor): Tensor {
  const difference = sub(b, a);
  const near = where(eq(weight, 0), a, add(a, mul(difference, weight)));
  return where(lt(weight, 0.5), near, sub(b, mul(difference, sub(1, weight))));
}

/** The values of sorted rows (…, n) at ranks, of which each row has its own. */
function atRanks(rows: Tensor, ranks: Tensor, how: QuantileOptions['interpolation']): Tensor {
  const last = rows.ndim - 1;
  const value = (rank: Tensor): Tensor => gather(rows, last, castTo(rank, INT32));
  switch (how) {
    case 'lower':
      return value(floor(ranks));
    case 'higher':
      return value(ceil(ranks));
    case 'nearest':
      return value(round(ranks));
    default: {
      const below = floor(ranks);
      const above = sub(ranks, below);
      const weight = how === 'midpoint' ? where(eq(above, 0), 0, 0.5) : above;
      return between(value(below), value(ceil(ranks)), castTo(weight, rows.kind));
    }
  }
}

function quantileOf(
  op: 'quantile' | 'nanquantile',
  x: Tensor,
  q: number | readonly number[],
  dim: number | undefined,
  options: QuantileOptions,
): Tensor {
  checkFloating(op, x);
  checkOptions(op, options, QUANTILE_OPTIONS);
  const { keepdim = false, interpolation = 'linear' } = options;
  if (!INTERPOLATIONS.includes(interpolation)) {
    throw new ArgumentError(
      op,
      'interpolation',
      interpolation,
      `interpolation is one of ${INTERPOLATIONS.join(', ')}; got ${String(interpolation)}`,
    );
  }
  const list = checkQ(op, q);
  const axis = dim === undefined ? 0 : checkAxis(op, dim, x.ndim);
  const flat = dim === undefined || x.ndim === 0 ? reshape(x, [-1]) : x;
  checkSome(op, flat, axis);
  const rows = movedim(sort(flat, axis).values, axis, -1);
  const last = rows.ndim - 1;
  const n = rows.shape[last];
  const missing = isNaN(rows);
  const shares = tensor([...list], { dtype: 'float64' });
  // NaN, sorted to the end, is the value of a whole row, or shortens it.
  const ranks =
    op === 'quantile'
      ? where(narrow(missing, last, n - 1, 1), n - 1, mul(shares, n - 1))
      : mul(shares, clamp(sub(sum(logicalNot(missing), last, KEEP), 1), { min: 0 }));
  const found = movedim(atRanks(rows, ranks, interpolation), -1, 0);
  const others = x.shape.filter((_, i) => dim !== undefined && i !== axis);
  const kept = x.shape.map((size, i) => (dim === undefined || i === axis ? 1 : size));
  return reshape(found, [...(typeof q === 'number' ? [] : [list.length]), ...(keepdim ? kept : others)]);
}

/**
 * The value below which a share q ∈ [0, 1] of x lies, over `dim` or of all elements: at rank q (n − 1) of the sorted
 * values, `interpolation` where that is not whole. For an array of q the results stand along a new first dimension.
 * NaN where there is one.
 *
 * @throws ShapeError where dim is out of range, or there is nothing to choose from; DTypeError on integers;
 * ArgumentError where q lies outside.
 * @example
 * import { quantile, tensor } from 'quern';
 * quantile(tensor([1, 2, 3, 4]), [0, 0.5]).toArray(); // => [1, 2.5]
 */
export function quantile(
  x: Tensor,
  q: number | readonly number[],
  dim?: number,
  options: QuantileOptions = NO_OPTIONS,
): Tensor {
  return quantileOf('quantile', x, q, dim, options);
}

/**
 * The {@link quantile} of those elements that are not NaN; NaN where there are none.
 *
 * @throws ShapeError where dim is out of range, or there is nothing to choose from; DTypeError on integers;
 * ArgumentError where q lies outside.
 * @example
 * import { nanquantile, tensor } from 'quern';
 * nanquantile(tensor([1, NaN, 3]), 0.5).item(); // => 2
 */
export function nanquantile(
  x: Tensor,
  q: number | readonly number[],
  dim?: number,
  options: QuantileOptions = NO_OPTIONS,
): Tensor {
  return quantileOf('nanquantile', x, q, dim, options);
}
