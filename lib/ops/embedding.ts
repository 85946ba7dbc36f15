// Embeddings: rows of a table by index, with first and second gradients.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { isFloatKind } from '../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import { B, record2 } from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor, rule } from './apply.js';
import { checkIndex } from './gather.js';
import { reshape } from './shape.js';

/** How many rows the table has, and which of them takes no part: −1 for none. */
interface Table {
  readonly rows: number;
  readonly padding: number;
}

const EMBEDDING = rule('embedding', {
  a: [
    B,
    (n, g) => tableGradient(g, n.b as Tensor, n.saved as Table),
    (n, g, target) => writeGradient(target, n.b as Tensor, g, n.saved as Table),
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

function tableGradient(g: Tensor, index: Tensor, table: Table): Tensor {
  const out = makeTensor(denseLayout([table.rows, g.shape[1]]), g.kind);
  writeGradient(out, index, g, table);
  record2(EMBEDDING_GRAD, out, g, index, table);
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

interface EmbeddingFunctionOptions {
  /** The row that gets no gradient; negative ones count from the end. Default: none. */
  paddingIdx?: number | null;
}

const EMBEDDING_OPTIONS = optionNames<EmbeddingFunctionOptions>({ paddingIdx: true });

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
  checkTensor('embedding', indices);
  checkTensor('embedding', weight);
  checkOptions('embedding', options, EMBEDDING_OPTIONS);
  if (!isFloatKind(weight.kind)) {
    throw new DTypeError(
      'embedding',
      `the table needs a floating dtype; got ${weight.dtype}: cast it with to()`,
      [weight.dtype],
    );
  }
  if (weight.ndim !== 2) {
    throw new ShapeError('embedding', `the table is (rows, features); got ${showShape(weight.shape)}`, [
      weight.shape,
    ]);
  }
  const [rows, features] = weight.shape;
  const padding = checkPadding('embedding', options.paddingIdx, rows);
  const index = checkIndex('embedding', indices);
  const out = lookUp(weight, reshape(index, [index.size]), { rows, padding }, -1);
  return index.ndim === 1 ? out : reshape(out, [...index.shape, features]);
}
