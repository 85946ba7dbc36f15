// Distinct values: all of them in order, or as they follow one another. Shapes depend on data, which is read at once.

import { type DataArray, INT32 } from '../core/dtype.js';
import { checkAxis, denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { indexSelect } from './gather.js';
import { dataSync } from './read.js';
import { detach, flatten, movedim } from './shape.js';
import { sort } from './sort.js';

export interface ConsecutiveOptions {
  /** Whether to say for each element which of the distinct values it is. Default false. */
  returnInverse?: boolean;
  /** Whether to say how often each occurs. Default false. */
  returnCounts?: boolean;
  /** Compares whole slices along this dimension. Default: single elements of all dimensions. */
  dim?: number;
}

export interface UniqueOptions extends ConsecutiveOptions {
  /** Whether the values must come in order. They do so here in any case. */
  sorted?: boolean;
}

/** Distinct values and what was asked for besides. */
export interface UniqueValues {
  readonly values: Tensor;
  /** Which of the values each element is: int32, of x's shape, or (size of dim,). Null unless asked for. */
  readonly inverse: Tensor | null;
  /** How often each value occurs: int32. Null unless asked for. */
  readonly counts: Tensor | null;
}

/** Options that ask for more than the values. */
export type Asked = { readonly returnInverse: true } | { readonly returnCounts: true };

const CONSECUTIVE_OPTIONS = optionNames<ConsecutiveOptions>({
  returnInverse: true,
  returnCounts: true,
  dim: true,
});
const UNIQUE_OPTIONS = optionNames<UniqueOptions>({
  sorted: true,
  returnInverse: true,
  returnCounts: true,
  dim: true,
});

function wholeNumbers(values: Int32Array, shape: readonly number[]): Tensor {
  const out = makeTensor(denseLayout(shape), INT32);
  (out.slab.view(INT32) as Int32Array).set(values, out.offset);
  return out;
}

/** Equal neighbours as one: where each group begins, how large it is, and which one each element belongs to. */
interface Groups {
  readonly firsts: Int32Array;
  readonly counts: Int32Array;
  readonly inverse: Int32Array | null;
}

/** Groups elements that are gone through in an order (null: as they stand), by whether one is as the one before. */
function groupBy(
  count: number,
  order: Int32Array | null,
  wantsInverse: boolean,
  asBefore: (i: number) => boolean,
): Groups {
  const starts = new Int32Array(count + 1);
  const inverse = wantsInverse ? new Int32Array(count) : null;
  let groups = 0;
  for (let i = 0; i < count; i++) {
    if (i === 0 || !asBefore(i)) starts[groups++] = i;
    if (inverse !== null) inverse[order === null ? i : order[i]] = groups - 1;
  }
  starts[groups] = count;
  const firsts = starts.slice(0, groups);
  const counts = firsts.map((start, i) => starts[i + 1] - start);
  return { firsts: order === null ? firsts : firsts.map((start) => order[start]), counts, inverse };
}

/** Whether two rows of `width` elements are the same; no NaN is the same as another. */
function same(data: DataArray, width: number, a: number, b: number): boolean {
  for (let i = 0; i < width; i++) if (data[a * width + i] !== data[b * width + i]) return false;
  return true;
}

/** The groups of single elements of a tensor (n,). */
function groupElements(x: Tensor, sorted: boolean, wantsInverse: boolean): Groups {
  if (!sorted) {
    const data = dataSync(x);
    return groupBy(data.length, null, wantsInverse, (i) => data[i] === data[i - 1]);
  }
  const { values, indices } = sort(x, 0);
  const data = dataSync(values);
  return groupBy(data.length, dataSync(indices) as Int32Array, wantsInverse, (i) => data[i] === data[i - 1]);
}

/** The groups of slices along an axis. */
function groupSlices(x: Tensor, axis: number, sorted: boolean, wantsInverse: boolean): Groups {
  const count = x.shape[axis];
  const width = count === 0 ? 0 : x.size / count;
  const data = dataSync(movedim(x, axis, 0));
  if (!sorted) return groupBy(count, null, wantsInverse, (i) => same(data, width, i - 1, i));
  const order = orderOfRows(data, count, width);
  return groupBy(count, order, wantsInverse, (i) => same(data, width, order[i - 1], order[i]));
}

/** Rows by their first element that differs, NaN being the greatest; equal ones by where they stand. */
function orderOfRows(data: DataArray, count: number, width: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i).sort((a, b) => {
    for (let i = 0; i < width; i++) {
      const [x, y] = [data[a * width + i], data[b * width + i]];
      if (x < y) return -1;
      if (x > y) return 1;
      if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
    }
    return a - b;
  });
}

function find(op: string, x: Tensor, options: ConsecutiveOptions, sorted: boolean): Tensor | UniqueValues {
  const { dim, returnInverse = false, returnCounts = false } = options;
  const axis = dim === undefined || x.ndim === 0 ? 0 : checkAxis(op, dim, x.ndim);
  const all = dim === undefined || x.ndim === 0;
  const base = all ? flatten(x) : x;
  const flat = detach(base);
  const { firsts, counts, inverse } = all
    ? groupElements(flat, sorted, returnInverse)
    : groupSlices(flat, axis, sorted, returnInverse);
  const values = indexSelect(base, axis, wholeNumbers(firsts, [firsts.length]));
  if (!returnInverse && !returnCounts) return values;
  return {
    values,
    inverse: inverse && wholeNumbers(inverse, all ? x.shape : [inverse.length]),
    counts: returnCounts ? wholeNumbers(counts, [counts.length]) : null,
  };
}

/**
 * The distinct values of x in ascending order, as (k,); with `dim` the distinct slices along it, ordered by their first
 * element that differs. No NaN equals another. Where the inverse or the counts are asked for, an object of all. A
 * gradient flows to the first of equal values. The shape depends on values, so they are read at once.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { tensor, unique } from 'quern';
 * unique(tensor([3, 1, 3])).toArray(); // => [1, 3]
 * unique(tensor([3, 1, 3]), { returnInverse: true }).inverse.toArray(); // => [1, 0, 1]
 */
export function unique(x: Tensor, options: UniqueOptions & Asked): UniqueValues;
export function unique(x: Tensor, options?: UniqueOptions): Tensor;
export function unique(x: Tensor, options: UniqueOptions = NO_OPTIONS): Tensor | UniqueValues {
  checkTensor('unique', x);
  checkOptions('unique', options, UNIQUE_OPTIONS);
  return find('unique', x, options, true);
}

/**
 * x with only the first of equal values that follow one another, as (k,); with `dim` the same of slices along it. No
 * NaN equals another. Where the inverse or the counts are asked for, an object of all. A gradient flows to the values
 * that are left. The shape depends on values, so they are read at once.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { tensor, uniqueConsecutive } from 'quern';
 * uniqueConsecutive(tensor([3, 3, 1, 3])).toArray(); // => [3, 1, 3]
 */
export function uniqueConsecutive(x: Tensor, options: ConsecutiveOptions & Asked): UniqueValues;
export function uniqueConsecutive(x: Tensor, options?: ConsecutiveOptions): Tensor;
export function uniqueConsecutive(
  x: Tensor,
  options: ConsecutiveOptions = NO_OPTIONS,
): Tensor | UniqueValues {
  checkTensor('uniqueConsecutive', x);
  checkOptions('uniqueConsecutive', options, CONSECUTIVE_OPTIONS);
  return find('uniqueConsecutive', x, options, false);
}
