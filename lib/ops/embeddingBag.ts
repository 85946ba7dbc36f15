// Sums, means and maxima of the rows of a table that bags of indices name.

import { INT32, type Kind } from '../core/dtype.js';
import { ArgumentError, DTypeError, IndexError, ShapeError, showShape } from '../core/errors.js';
import { denseLayout, sameDims } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { castTo, checkTensor } from './apply.js';
import { add, div, maximum, mul } from './binary.js';
import { eq, isNaN, logicalOr, ne } from './compare.js';
import { composed } from './composed.js';
import { filledOf } from './create.js';
import {
  checkMaxNorm,
  checkPadding,
  checkTable,
  type EmbeddingFunctionOptions,
  limitRows,
  lookUpRows,
  sumRows,
} from './embedding.js';
import { checkIndex, gather, indexSelect } from './gather.js';
import { withIndexErrors } from './indexErrors.js';
import { dataSync } from './read.js';
import { argmax, sum } from './reduce.js';
import { listOf } from './resample.js';
import { scatterReduce } from './scatterReduce.js';
import { expand, reshape, transpose } from './shape.js';
import { weightedRows } from './weightedRows.js';
import { where } from './where.js';

const MODES = ['sum', 'mean', 'max'] as const;

export type EmbeddingBagMode = (typeof MODES)[number];

/** What belongs to a call: how its indices lie in bags. */
export interface BagCallOptions {
  /** int32 (B,): where each bag begins in indices (L,), the first at 0. Not given for indices (B, K), whose rows are bags. */
  offsets?: Tensor | null;
  /** Of the shape of the indices: what each row counts. For mode 'sum' alone. */
  perSampleWeights?: Tensor | null;
}

/** What belongs to a table. */
export interface BagTableOptions extends EmbeddingFunctionOptions {
  /** What becomes of the rows of a bag. Default 'mean'. */
  mode?: EmbeddingBagMode;
  /** Whether `offsets` hold one number more, where the last bag ends. Default false. */
  includeLastOffset?: boolean;
}

export interface EmbeddingBagFunctionOptions extends BagTableOptions, BagCallOptions {}

const EMBEDDING_BAG_OPTIONS = optionNames<EmbeddingBagFunctionOptions>({
  offsets: true,
  maxNorm: true,
  normType: true,
  scaleGradByFreq: true,
  mode: true,
  perSampleWeights: true,
  includeLastOffset: true,
  paddingIdx: true,
});

/** @internal */
export const BAG_CALL_OPTIONS = optionNames<BagCallOptions>({ offsets: true, perSampleWeights: true });

/** Refuses a mode that there is not. @internal */
export function checkBagMode(op: string, mode: EmbeddingBagMode = 'mean'): EmbeddingBagMode {
  if (MODES.includes(mode)) return mode;
  throw new ArgumentError(op, 'mode', mode, `mode is one of ${MODES.join(', ')}; got ${String(mode)}`);
}

/** How a list of indices falls into bags. */
interface Bags {
  readonly count: number;
  /** Where each begins in the list, and where the last one ends. */
  readonly limits: ArrayLike<number>;
  /** How many lie in each where all have as many, or −1. */
  readonly each: number;
  readonly someEmpty: boolean;
}

function bagsBetween(limits: ArrayLike<number>): Bags {
  const count = limits.length - 1;
  const first = count > 0 ? limits[1] - limits[0] : 0;
  let [alike, someEmpty] = [true, false];
  for (let bag = 0; bag < count; bag++) {
    const size = limits[bag + 1] - limits[bag];
    if (size !== first) alike = false;
    if (size === 0) someEmpty = true;
  }
  return { count, limits, each: alike ? first : -1, someEmpty };
}

/** The number of its bag for each index. */
function numbersOf({ count, limits }: Bags): Tensor {
  const numbers = new Array<number>(limits[count]);
  for (let bag = 0; bag < count; bag++) numbers.fill(bag, limits[bag], limits[bag + 1]);
  return listOf(numbers);
}

function checkOffsets(op: string, offsets: Tensor, length: number, last: boolean): ArrayLike<number> {
  checkTensor(op, offsets);
  if (offsets.kind !== INT32)
    throw new DTypeError(op, `offsets are int32; got ${offsets.dtype}: cast them with to('int32')`, [
      offsets.dtype,
    ]);
  if (offsets.ndim !== 1)
    throw new ShapeError(op, `offsets have one dimension; got ${showShape(offsets.shape)}`, [offsets.shape]);
  const starts = dataSync(offsets);
  const ends = starts.length - 1;
  let good = last ? ends >= 0 && starts[ends] === length : length === 0 || starts.length > 0;
  if (starts.length > 0 && starts[0] !== 0) good = false;
  for (let i = 0; i < starts.length; i++) {
    if (starts[i] > length || (i > 0 && starts[i] < starts[i - 1])) good = false;
  }
  if (good) return starts;
  throw new ArgumentError(
    op,
    'offsets',
    offsets,
    `offsets begin at 0 and ascend to at most the ${length} indices${last ? ', which the last one is' : ''}`,
  );
}

function bagsOf(op: string, index: Tensor, options: EmbeddingBagFunctionOptions): Bags {
  const { offsets = null, includeLastOffset = false } = options;
  if (index.ndim === 2) {
    if (offsets !== null) {
      throw new ArgumentError(
        op,
        'offsets',
        offsets,
        `the rows of indices ${showShape(index.shape)} are the bags; offsets are for indices (L,)`,
      );
    }
    const [count, each] = index.shape;
    return bagsBetween(Array.from({ length: count + 1 }, (_, bag) => bag * each));
  }
  if (index.ndim !== 1) {
    throw new ShapeError(op, `indices are (B, K), or (L,) with offsets; got ${showShape(index.shape)}`, [
      index.shape,
    ]);
  }
  if (offsets === null) {
    throw new ArgumentError(
      op,
      'offsets',
      offsets,
      `indices ${showShape(index.shape)} need offsets, where bags begin`,
    );
  }
  const starts = checkOffsets(op, offsets, index.size, includeLastOffset);
  return bagsBetween(includeLastOffset ? starts : [...Array.from(starts), index.size]);
}

/** The sums (B, D) of the rows of each bag. */
function sums(rows: Tensor, bags: Bags): Tensor {
  const { count, each } = bags;
  return each < 0
    ? sumRows(rows, numbersOf(bags), count)
    : sum(reshape(rows, [count, each, rows.shape[1]]), 1);
}

function rowSums(rows: Tensor, bags: Bags, weights: Tensor | null): Tensor {
  return sums(weights === null ? rows : mul(rows, reshape(weights, [rows.shape[0], 1])), bags);
}

/** The sums where all bags hold as many, without a copy of their rows. */
function uniformSums(
  table: Tensor,
  list: Tensor,
  { count, each }: Bags,
  weights: Tensor | null,
  padding: number,
): Tensor {
  const places = (x: Tensor): Tensor => transpose(reshape(x, [count, each]), 0, 1);
  const shares = weights === null ? filledOf(denseLayout([each, count]), table.kind, 1) : places(weights);
  return weightedRows(table, places(list), shares, padding);
}

/** How many indices of each bag count, (B, 1). */
function counts(list: Tensor, bags: Bags, padding: number, kind: Kind): Tensor {
  return composed(() => sums(reshape(castTo(ne(list, padding), kind), [list.size, 1]), bags));
}

/** For each bag and column the place in the list of the first row with the largest value; any where there is none. */
function firstLargest(values: Tensor, bags: Bags): Tensor {
  const { count, each } = bags;
  const [length, width] = values.shape;
  if (each > 0) {
    const places = argmax(reshape(values, [count, each, width]), 1);
    const starts = listOf(Array.from({ length: count }, (_, bag) => bag * each));
    return add(places, reshape(starts, [count, 1]));
  }
  const dims = denseLayout([count, width]);
  const of = numbersOf(bags);
  const bag = expand(reshape(of, [length, 1]), [length, width]);
  const best = scatterReduce(filledOf(dims, values.kind, Number.NEGATIVE_INFINITY), 0, bag, values, 'amax');
  const largest = logicalOr(eq(values, lookUpRows(best, of)), isNaN(values));
  const places = reshape(listOf(Array.from({ length }, (_, i) => i)), [length, 1]);
  const hits = where(largest, places, length - 1);
  return scatterReduce(filledOf(dims, INT32, length - 1), 0, bag, hits, 'amin');
}

/** The largest value of each column in each bag, 0 where a bag is empty. The gradient flows to the first such. */
function maxima(weight: Tensor, list: Tensor, bags: Bags, padding: number): Tensor {
  const dims = [bags.count, weight.shape[1]];
  const chosen = composed(() => {
    const rows = lookUpRows(weight, list);
    const counted = reshape(ne(list, padding), [list.size, 1]);
    const values = padding < 0 ? rows : where(counted, rows, Number.NEGATIVE_INFINITY);
    const places = firstLargest(values, bags);
    return reshape(indexSelect(list, 0, reshape(places, [places.size])), dims);
  });
  const chosenRows = gather(weight, 0, chosen);
  // Padding is chosen only where nothing that counts lies above −∞.
  const found = padding < 0 ? chosenRows : where(eq(chosen, padding), Number.NEGATIVE_INFINITY, chosenRows);
  if (padding < 0 && !bags.someEmpty) return found;
  return where(eq(counts(list, bags, padding, weight.kind), 0), 0, found);
}

function checkWeights(
  op: string,
  weights: Tensor,
  index: Tensor,
  table: Tensor,
  mode: EmbeddingBagMode,
): void {
  checkTensor(op, weights);
  if (mode !== 'sum') {
    throw new ArgumentError(
      op,
      'perSampleWeights',
      weights,
      `perSampleWeights go with mode 'sum'; mode is '${mode}'`,
    );
  }
  if (weights.kind !== table.kind) {
    throw new DTypeError(
      op,
      `the weights are ${weights.dtype} and the table ${table.dtype}; cast with to()`,
      [weights.dtype, table.dtype],
    );
  }
  if (sameDims(weights.layout, index.layout)) return;
  throw new ShapeError(
    op,
    `perSampleWeights ${showShape(weights.shape)} must have the shape of the indices ${showShape(index.shape)}`,
    [weights.shape, index.shape],
  );
}

/**
 * The sum, mean or maximum over each bag of the rows of a table (V, D) that its indices name: (B, D). The bags are the
 * rows of indices (B, K), or what lies between the `offsets` of indices (L,). An empty bag gives zeros, and so does one
 * that holds only `paddingIdx`, which takes no part.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError, ArgumentError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const table = tensor([[1, 2], [3, 4], [5, 0]]);
 * const bags = tensor([[0, 1], [2, 2]], { dtype: 'int32' });
 * nn.functional.embeddingBag(bags, table, { mode: 'sum' }).toArray(); // => [[4, 6], [10, 0]]
 * const [list, offsets] = [tensor([0, 1, 2], { dtype: 'int32' }), tensor([0, 1], { dtype: 'int32' })];
 * nn.functional.embeddingBag(list, table, { offsets, mode: 'max' }).toArray(); // => [[1, 2], [5, 4]]
 */
export function embeddingBag(
  indices: Tensor,
  weight: Tensor,
  options: EmbeddingBagFunctionOptions = NO_OPTIONS,
): Tensor {
  const op = 'embeddingBag';
  checkTensor(op, indices);
  checkTable(op, weight);
  checkOptions(op, options, EMBEDDING_BAG_OPTIONS);
  checkMaxNorm(op, options);
  const mode = checkBagMode(op, options.mode);
  const { maxNorm = null, normType = 2, scaleGradByFreq = false, perSampleWeights = null } = options;
  const padding = checkPadding(op, options.paddingIdx, weight.shape[0]);
  const index = checkIndex(op, indices);
  const bags = bagsOf(op, index, options);
  if (scaleGradByFreq && mode === 'max') {
    throw new ArgumentError(
      op,
      'scaleGradByFreq',
      true,
      "scaleGradByFreq goes with modes 'sum' and 'mean', where several places share a row's gradient",
    );
  }
  if (perSampleWeights !== null) checkWeights(op, perSampleWeights, index, weight, mode);
  const list = reshape(index, [index.size]);
  const looked = (): Tensor => {
    if (maxNorm !== null) limitRows(weight, list, maxNorm, normType);
    if (mode === 'max' && list.size > 0) return maxima(weight, list, bags, padding);
    return bags.each > 0 && !scaleGradByFreq
      ? uniformSums(weight, list, bags, perSampleWeights, padding)
      : rowSums(lookUpRows(weight, list, padding, scaleGradByFreq), bags, perSampleWeights);
  };
  const total = withIndexErrors(looked, ({ index: found }) => {
    const rows = weight.shape[0];
    return new IndexError(op, `index ${found} is out of range for a table of ${rows} rows`, found, rows);
  });
  if (mode === 'max' && list.size > 0) return total;
  if (mode === 'sum') return total;
  return div(total, maximum(counts(list, bags, padding, weight.kind), 1));
}
