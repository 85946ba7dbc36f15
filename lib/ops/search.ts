// Where values belong among sorted ones, and how many fall where: searchsorted, bucketize, bincount, histograms.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { INT32, isFloatKind, promoteOperands, UINT8 } from '../core/dtype.js';
import { ArgumentError, DTypeError, describe, IndexError, ShapeError, showShape } from '../core/errors.js';
import { denseLayout, sameDims } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { castTo, checkTensor } from './apply.js';
import { div, mul, sub } from './binary.js';
import { clamp } from './clamp.js';
import { ge, le, logicalAnd } from './compare.js';
import { filledOf, linspace, ones, onesLike } from './create.js';
import { indexAdd } from './gather.js';
import { amax, amin, sum } from './reduce.js';
import { contiguous, detach, reshape } from './shape.js';
import { narrow } from './slice.js';

import { where } from './where.js';

export interface SearchOptions {
  /** Whether a value that equals sorted ones belongs behind them. Default false: before. */
  right?: boolean;
}

const SEARCH_OPTIONS = optionNames<SearchOptions>({ right: true });

function search(op: string, sorted: Tensor, values: Tensor, options: SearchOptions): Tensor {
  checkOptions(op, options, SEARCH_OPTIONS);
  const promoted = promoteOperands(sorted.kind, sorted.ndim, values.kind, values.ndim);
  const kind = isFloatKind(promoted) ? promoted : INT32;
  const rows = contiguous(castTo(sorted, kind));
  const x = contiguous(castTo(values, kind));
  const out = makeTensor(x.layout, INT32);
  attributes[0] = Number(options.right ?? false);
  active.run3(kernel.searchsorted, kind, out, rows, x);
  return out;
}

/**
 * For each value the index (int32) at which it would go into a sorted row: rows (…, n) for values (…, m), or one row
 * (n,) for values of any shape. Of the values' shape. Before equal elements, behind them with `right`; NaN goes behind
 * everything. That the rows are sorted is not checked.
 *
 * @throws ShapeError where the dimensions before the last differ.
 * @example
 * import { searchsorted, tensor } from 'quern';
 * searchsorted(tensor([1, 3, 5]), tensor([3, 6, 0])).toArray(); // => [1, 3, 0]
 */
export function searchsorted(sorted: Tensor, values: Tensor, options: SearchOptions = NO_OPTIONS): Tensor {
  checkTensor('searchsorted', sorted);
  checkTensor('searchsorted', values);
  const lead = sorted.shape.slice(0, -1);
  const alike = values.ndim === sorted.ndim && lead.every((dim, i) => dim === values.shape[i]);
  if (sorted.ndim === 0 || (sorted.ndim > 1 && !alike)) {
    throw new ShapeError(
      'searchsorted',
      `sorted rows ${showShape(sorted.shape)} and values ${showShape(values.shape)} must agree but in the last ` +
        'dimension; or give one row (n,)',
      [sorted.shape, values.shape],
    );
  }
  return search('searchsorted', sorted, values, options);
}

/**
 * For each value the index (int32) of the bucket that it falls into, of those between sorted boundaries (n,): i where
 * boundaries[i − 1] < x ≤ boundaries[i], or with `right` where boundaries[i − 1] ≤ x < boundaries[i]. Of x's shape.
 *
 * @throws ShapeError where the boundaries have not one dimension.
 * @example
 * import { bucketize, tensor } from 'quern';
 * bucketize(tensor([0, 1, 4]), tensor([1, 3])).toArray(); // => [0, 0, 2]
 */
export function bucketize(x: Tensor, boundaries: Tensor, options: SearchOptions = NO_OPTIONS): Tensor {
  checkTensor('bucketize', x);
  checkTensor('bucketize', boundaries);
  if (boundaries.ndim !== 1) {
    throw new ShapeError(
      'bucketize',
      `boundaries have one dimension; got shape ${showShape(boundaries.shape)}`,
      [boundaries.shape],
    );
  }
  return search('bucketize', boundaries, x, options);
}

export interface BincountOptions {
  /** What each element counts for, of x's shape. Default: 1, in int32. */
  weights?: Tensor | null;
  /** The least number of bins. Default 0. */
  minlength?: number;
}

const BINCOUNT_OPTIONS = optionNames<BincountOptions>({ weights: true, minlength: true });

/**
 * How often each number from 0 occurs among those of x (n,), which are int32 or uint8 and not negative; with `weights`
 * the sum of the weights at its places, where gradients flow to them. Of shape (max(largest + 1, minlength),): the shape
 * depends on values, so they are read at once.
 *
 * @throws ShapeError, DTypeError where an operand does not fit; IndexError where a number is negative.
 * @example
 * import { bincount, tensor } from 'quern';
 * bincount(tensor([1, 3, 1], { dtype: 'int32' })).toArray(); // => [0, 2, 0, 1]
 */
export function bincount(x: Tensor, options: BincountOptions = NO_OPTIONS): Tensor {
  checkTensor('bincount', x);
  checkOptions('bincount', options, BINCOUNT_OPTIONS);
  const { weights = null, minlength = 0 } = options;
  if (weights !== null) checkTensor('bincount', weights);
  if (x.kind !== INT32 && x.kind !== UINT8) {
    throw new DTypeError('bincount', `whole numbers are counted; got ${x.dtype}: cast with to('int32')`, [
      x.dtype,
    ]);
  }
  if (x.ndim !== 1 || (weights !== null && (weights.ndim !== 1 || weights.size !== x.size))) {
    const shapes = weights === null ? [x.shape] : [x.shape, weights.shape];
    throw new ShapeError(
      'bincount',
      `one dimension is counted; got ${shapes.map(showShape).join(' and ')}`,
      shapes,
    );
  }
  if (!Number.isInteger(minlength) || minlength < 0) {
    throw new ArgumentError(
      'bincount',
      'minlength',
      minlength,
      `minlength is a whole number from 0; got ${String(minlength)}`,
    );
  }
  const [least, most] = x.size === 0 ? [0, -1] : extremesOf(x);
  if (least < 0)
    throw new IndexError('bincount', `numbers from 0 are counted; got ${least}`, least, most + 1);
  const length = Math.max(minlength, most + 1);
  const each = weights ?? ones([x.size], { dtype: 'int32' });
  const bins = filledOf(denseLayout([length]), isFloatKind(each.kind) ? each.kind : INT32, 0);
  return indexAdd(bins, 0, x, castTo(each, bins.kind));
}

export interface HistcOptions {
  /** How many bins of equal width. Default 100. */
  bins?: number;
  /** Where the first begins. Default 0, which together with max 0 means the smallest element. */
  min?: number;
  /** Where the last ends. Default 0, which together with min 0 means the largest element. */
  max?: number;
}

const HISTC_OPTIONS = optionNames<HistcOptions>({ bins: true, min: true, max: true });

function checkBins(op: string, bins: number): void {
  if (Number.isInteger(bins) && bins > 0) return;
  throw new ArgumentError(op, 'bins', bins, `bins is a whole number from 1; got ${String(bins)}`);
}

/** The ends of a histogram; of one value, a little around it. */
function checkRange(op: string, low: number, high: number): readonly [low: number, high: number] {
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high) {
    throw new ArgumentError(
      op,
      op === 'histc' ? 'min' : 'range',
      [low, high],
      `a histogram goes from a finite number up to another; got ${low} and ${high}`,
    );
  }
  return low === high ? [low - 0.5, high + 0.5] : [low, high];
}

/** The smallest and the largest value, read at once. */
function extremesOf(x: Tensor): readonly [low: number, high: number] {
  return x.size === 0 ? [0, 1] : [amin(detach(x)).item() as number, amax(detach(x)).item() as number];
}

function checkFloats(op: string, x: Tensor): void {
  checkTensor(op, x);
  if (isFloatKind(x.kind)) return;
  throw new DTypeError(
    op,
    `floating numbers are counted; got ${x.dtype}: cast with to('float32'), or use bincount`,
    [x.dtype],
  );
}

/** The sums of the weights of those elements that count, by bins. */
function addUp(bins: number, at: Tensor, counts: Tensor, weight: Tensor): Tensor {
  const sums = filledOf(denseLayout([bins]), weight.kind, 0);
  return indexAdd(sums, 0, reshape(where(counts, at, 0), [-1]), reshape(where(counts, weight, 0), [-1]));
}

/**
 * How many elements of x, of any shape, fall into each of `bins` bins of equal width from min to max; those outside, and
 * NaN, count for nothing. (bins,) in x's dtype. Where min and max are equal they are the extremes of x, which are read
 * at once.
 *
 * @throws DTypeError on integers; ArgumentError where the ends are not finite or in the wrong order.
 * @example
 * import { histc, tensor } from 'quern';
 * histc(tensor([1, 2, 1, 4]), { bins: 4, min: 0, max: 3 }).toArray(); // => [0, 2, 1, 0]
 */
export function histc(x: Tensor, options: HistcOptions = NO_OPTIONS): Tensor {
  checkFloats('histc', x);
  checkOptions('histc', options, HISTC_OPTIONS);
  const { bins = 100, min = 0, max = 0 } = options;
  checkBins('histc', bins);
  const [low, high] = checkRange('histc', ...(min === max ? extremesOf(x) : ([min, max] as const)));
  const a = detach(x);
  const counts = logicalAnd(ge(a, low), le(a, high));
  const at = clamp(castTo(div(mul(sub(a, low), bins), high - low), INT32), { max: bins - 1 });
  return addUp(bins, at, counts, onesLike(a));
}

export interface HistogramOptions {
  /** From where to where a number of bins reach. Default: the extremes of x. */
  range?: readonly [low: number, high: number];
  /** What each element counts for, of x's shape. Default: 1. */
  weight?: Tensor | null;
  /** Whether to divide by the bins' widths and by the sum of all, so that the integral is 1. Default false. */
  density?: boolean;
}

const HISTOGRAM_OPTIONS = optionNames<HistogramOptions>({ range: true, weight: true, density: true });

/** How much falls into each bin (bins,), and where the bins begin and end (bins + 1,). */
export interface Histogram {
  readonly hist: Tensor;
  readonly binEdges: Tensor;
}

function edgesOf(x: Tensor, bins: number | Tensor, options: HistogramOptions): Tensor {
  if (typeof bins === 'number') {
    checkBins('histogram', bins);
    const range = options.range ?? extremesOf(x);
    if (!Array.isArray(range) || range.length !== 2) {
      throw new ArgumentError('histogram', 'range', range, `range is [low, high]; got ${describe(range)}`);
    }
    const [low, high] = checkRange('histogram', range[0], range[1]);
    return linspace(low, high, bins + 1, { dtype: x.dtype });
  }
  checkTensor('histogram', bins);
  if (bins.ndim !== 1 || bins.size < 2 || bins.kind !== x.kind) {
    throw new ShapeError(
      'histogram',
      `the edges of bins are a tensor (bins + 1,) of x's dtype ${x.dtype}; got ${bins.dtype} ${showShape(bins.shape)}`,
      [bins.shape],
    );
  }
  return bins;
}

/**
 * How many elements of x, of any shape, fall into each of a number of bins of equal width, or into the bins between
 * rising edges, a tensor (bins + 1,). A bin holds its left edge, the last one both. What lies outside, and NaN, counts
 * for nothing.
 *
 * @throws DTypeError on integers; ShapeError where weights or edges do not fit; ArgumentError where the range is none.
 * @example
 * import { histogram, tensor } from 'quern';
 * const { hist, binEdges } = histogram(tensor([1, 2, 1, 3]), 2);
 * hist.toArray(); // => [2, 2]
 * binEdges.toArray(); // => [1, 2, 3]
 */
export function histogram(
  x: Tensor,
  bins: number | Tensor,
  options: HistogramOptions = NO_OPTIONS,
): Histogram {
  checkFloats('histogram', x);
  checkOptions('histogram', options, HISTOGRAM_OPTIONS);
  const { weight = null, density = false } = options;
  if (weight !== null) {
    checkTensor('histogram', weight);
    if (!sameDims(weight.layout, x.layout) || weight.kind !== x.kind) {
      throw new ShapeError(
        'histogram',
        `each element of ${x.dtype} ${showShape(x.shape)} has a weight; got ${weight.dtype} ${showShape(weight.shape)}`,
        [x.shape, weight.shape],
      );
    }
  }
  const a = detach(x);
  const binEdges = edgesOf(a, bins, options);
  const count = binEdges.size - 1;
  const [low, high] = [narrow(binEdges, 0, 0, 1), narrow(binEdges, 0, count, 1)];
  const counts = logicalAnd(ge(a, low), le(a, high));
  const at = clamp(sub(bucketize(a, binEdges, { right: true }), 1), { max: count - 1 });
  const sums = addUp(count, at, reshape(counts, a.shape), weight ?? onesLike(a));
  if (!density) return { hist: sums, binEdges };
  const widths = sub(narrow(binEdges, 0, 1, count), narrow(binEdges, 0, 0, count));
  return { hist: div(sums, mul(widths, sum(sums))), binEdges };
}
