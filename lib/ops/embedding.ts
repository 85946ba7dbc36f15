// Embeddings: rows of a table by index, with first and second gradients.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { B, noGrad, record2 } from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkFloating, checkTensor, rule } from './apply.js';
import { add, div, mul } from './binary.js';
import { gt } from './compare.js';
import { composed } from './composed.js';
import { filledOf } from './create.js';
import { checkIndex } from './gather.js';
import { norm } from './norm.js';
import { indexCopy_ } from './scatter.js';
import { reshape } from './shape.js';
import { where } from './where.js';

interface Table {
  /** How many rows it has. */
  readonly rows: number;
  /** Which of them takes no part: −1 for none. */
  readonly padding: number;
  /** Whether a row's gradient is the mean over the places that name it, rather than the sum. */
  readonly byFrequency: boolean;
}

const EMBEDDING = rule('embedding', {
  a: [
    B,
    (n, g) => tableGradient(g, n.b as Tensor, n.saved as Table),
    (n, g, target) =>
      writeGradient(target, n.b as Tensor, shared(g, n.b as Tensor, n.saved as Table), n.saved as Table),
  ],
});
const EMBEDDING_GRAD = rule('embeddingGrad', {
  a: [B, (n, h) => lookUp(h, n.b as Tensor, n.saved as Table, (n.saved as Table).padding)],
});

/** Rows (N, D) of a table (V, D) by index (N); the row `blank` reads as zeros. */
function lookUp(weight: Tensor, index: Tensor, table: Table, blank: number): Tensor {
  const out = makeTensor(denseLayout([index.size, weight.shape[1]]), weight.kind);
  attributes[0] = blank;
  active.run3(kernel.embedding, weight.kind, out, weight, index);
  record2(EMBEDDING, out, weight, index, table);
  return out;
}

/**
 * Rows (N, D) of a table (V, D) by an int32 index (N); those of `padding`, unless it is −1, read as zeros and get no
 * gradient. @internal
 */
export function lookUpRows(weight: Tensor, index: Tensor, padding = -1, byFrequency = false): Tensor {
  return lookUp(weight, index, { rows: weight.shape[0], padding, byFrequency }, padding);
}

/** The sums (V, D) of rows (N, D) by an int32 index (N): the inverse of {@link lookUpRows}. @internal */
export function sumRows(rows: Tensor, index: Tensor, count: number): Tensor {
  return tableGradient(rows, index, { rows: count, padding: -1, byFrequency: false });
}

/** The gradient (N, D) of rows, each by how many places share its row. */
function shared(g: Tensor, index: Tensor, { rows, byFrequency }: Table): Tensor {
  if (!byFrequency) return g;
  const shares = composed(() => {
    const ones = filledOf(denseLayout([index.size, 1]), g.kind, 1);
    return div(1, lookUpRows(sumRows(ones, index, rows), index));
  });
  return mul(g, shares);
}

function tableGradient(gradient: Tensor, index: Tensor, table: Table): Tensor {
  const g = shared(gradient, index, table);
  const out = makeTensor(denseLayout([table.rows, g.shape[1]]), g.kind);
  writeGradient(out, index, g, table);
  record2(EMBEDDING_GRAD, out, g, index, { ...table, byFrequency: false });
  return out;
}

function writeGradient(target: Tensor, index: Tensor, g: Tensor, { padding }: Table): void {
  attributes[0] = padding;
  active.run3(kernel.embeddingGrad, g.kind, target, index, g);
}

/** An index of a row in a table of so many, −1 for none; one from the end counts from there. @internal */
export function checkPadding(op: string, paddingIdx: number | null | undefined, rows: number): number {
  if (paddingIdx === null || paddingIdx === undefined) return -1;
  if (!Number.isInteger(paddingIdx) || paddingIdx < -rows || paddingIdx >= rows) {
    throw new ArgumentError(
      op,
      'paddingIdx',
      paddingIdx,
      `paddingIdx is a whole number in [${-rows}, ${rows - 1}], or null; got ${String(paddingIdx)}`,
    );
  }
  return paddingIdx < 0 ? paddingIdx + rows : paddingIdx;
}

export interface EmbeddingFunctionOptions {
  /** The row that gets no gradient; negative ones count from the end. Default: none. */
  paddingIdx?: number | null;
  /** Rows that are named and whose norm is larger are first scaled down to it, in the table itself. Default: none are. */
  maxNorm?: number | null;
  /** The order of that norm. Default 2. */
  normType?: number;
  /** Whether a row's gradient is the mean over the places that name it, rather than the sum. Default false. */
  scaleGradByFreq?: boolean;
}

const EMBEDDING_OPTIONS = optionNames<EmbeddingFunctionOptions>({
  paddingIdx: true,
  maxNorm: true,
  normType: true,
  scaleGradByFreq: true,
});

/** Refuses a norm that rows cannot be scaled down to. @internal */
export function checkMaxNorm(op: string, { maxNorm, normType }: EmbeddingFunctionOptions): void {
  if (maxNorm !== null && maxNorm !== undefined && !(Number.isFinite(maxNorm) && maxNorm >= 0)) {
    throw new ArgumentError(
      op,
      'maxNorm',
      maxNorm,
      `maxNorm is a finite number from 0, or null; got ${String(maxNorm)}`,
    );
  }
  if (normType === undefined || (typeof normType === 'number' && normType > 0)) return;
  throw new ArgumentError(op, 'normType', normType, `normType is a number above 0; got ${String(normType)}`);
}

/** Scales rows that a list names down to a norm, in place. @internal */
export function limitRows(weight: Tensor, index: Tensor, maxNorm: number, normType: number): void {
  noGrad(() => {
    const limited = composed(() => {
      const rows = lookUpRows(weight, index);
      const lengths = norm(rows, 1, { p: normType, keepdim: true });
      // PyTorch's, which keeps the rounded norm below the limit.
      const scale = div(maxNorm, add(lengths, 1e-7));
      return where(gt(lengths, maxNorm), mul(rows, scale), rows);
    });
    indexCopy_(weight, 0, index, limited);
    limited.dispose();
  });
}

/** Refuses what is no table of rows. @internal */
export function checkTable(op: string, weight: Tensor): void {
  checkFloating(op, weight, 'the table');
  if (weight.ndim !== 2) {
    throw new ShapeError(op, `the table is (rows, features); got ${showShape(weight.shape)}`, [weight.shape]);
  }
}

/**
 * The rows of a table (V, D) that indices of any shape (…) name: (…, D). The gradient of a row is the sum over the
 * places that name it, in their order.
 *
 * @throws IndexError where an index is out of range; ShapeError, DTypeError, ArgumentError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const table = tensor([[1, 2], [3, 4]]);
 * nn.functional.embedding(tensor([1, 0, 1], { dtype: 'int32' }), table).toArray(); // => [[3, 4], [1, 2], [3, 4]]
 */
export function embedding(
  indices: Tensor,
  weight: Tensor,
  options: EmbeddingFunctionOptions = NO_OPTIONS,
): Tensor {
  const op = 'embedding';
  checkTensor(op, indices);
  checkTable(op, weight);
  checkOptions(op, options, EMBEDDING_OPTIONS);
  checkMaxNorm(op, options);
  const [rows, features] = weight.shape;
  const { maxNorm = null, normType = 2, scaleGradByFreq: byFrequency = false } = options;
  const padding = checkPadding(op, options.paddingIdx, rows);
  const index = checkIndex(op, indices);
  const list = reshape(index, [index.size]);
  if (maxNorm !== null) limitRows(weight, list, maxNorm, normType);
  const out = lookUp(weight, list, { rows, padding, byFrequency }, -1);
  return index.ndim === 1 ? out : reshape(out, [...index.shape, features]);
}
