// Matrix products, with every broadcast rule of the batch dimensions.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes, PRECISION } from '../backend/record.js';
import { isFloatKind } from '../core/dtype.js';
import { DTypeError, ShapeError, showShape } from '../core/errors.js';
import { A, B, record2 } from '../core/graph.js';
import { broadcastLayouts, denseLayout, type Layout } from '../core/layout.js';
import { precisionOf } from '../core/precision.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor, rule } from './apply.js';
import { matrixTranspose, reshape, unsqueeze } from './shape.js';

const MATMUL = rule('matmul', {
  a: [B, (n, g) => product(g, matrixTranspose(n.b as Tensor))],
  b: [A, (n, g) => product(matrixTranspose(n.a as Tensor), g)],
});

function productLayout(a: Layout, b: Layout): Layout {
  const memo = a.product;
  if (memo.partner === b) return memo.answer as Layout;
  const m = a.dims[a.rank - 2];
  const n = b.dims[b.rank - 1];
  if (a.dims[a.rank - 1] !== b.dims[b.rank - 2]) {
    throw new ShapeError('matmul', `inner dimensions differ: ${showShape(a.dims)} × ${showShape(b.dims)}`, [
      a.dims,
      b.dims,
    ]);
  }
  const batch =
    a.rank === 2 && b.rank === 2
      ? []
      : broadcastLayouts('matmul', denseLayout(a.dims.slice(0, -2)), denseLayout(b.dims.slice(0, -2))).dims;
  memo.answer = denseLayout([...batch, m, n]);
  memo.partner = b;
  return memo.answer;
}

/** Writes the product of two matrices over a matrix, unrecorded. @internal */
export function matmulInto(target: Tensor, a: Tensor, b: Tensor): void {
  attributes[PRECISION] = precisionOf(a.kind);
  active.run3(kernel.matmul, a.kind, target, a, b);
}

/** The product of two tensors of matrices. */
function product(a: Tensor, b: Tensor): Tensor {
  // One matrix on the right of many rows: a single product, and a single one for its gradient.
  if (a.ndim > 2 && b.ndim === 2 && a.isContiguous) {
    const rows = product(reshape(a, [-1, a.shape[a.ndim - 1]]), b);
    return reshape(rows, [...a.shape.slice(0, -1), b.shape[1]]);
  }
  const out = makeTensor(productLayout(a.layout, b.layout), a.kind);
  attributes[PRECISION] = precisionOf(a.kind);
  active.run3(kernel.matmul, a.kind, out, a, b);
  record2(MATMUL, out, a, b, null);
  return out;
}

/**
 * The matrix product of a (…, M, K) and b (…, K, N): (…, M, N), batch dimensions broadcast. A vector on the left
 * is a row, on the right a column, and that dimension is dropped again; two vectors give their dot product.
 *
 * @throws ShapeError where inner dimensions differ or batches do not broadcast; DTypeError on integers.
 * @example
 * import { matmul, tensor } from 'quern';
 * matmul(tensor([[1, 2], [3, 4]]), tensor([[1], [1]])).toArray(); // => [[3], [7]]
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  checkTensor('matmul', a);
  checkTensor('matmul', b);
  checkKinds(a, b);
  if (a.ndim >= 2 && b.ndim >= 2) {
    if (a.ndim > 2 && b.ndim === 2 && a.shape[a.ndim - 1] !== b.shape[0]) productLayout(a.layout, b.layout);
    return product(a, b);
  }
  if (a.ndim === 0 || b.ndim === 0) {
    throw new ShapeError(
      'matmul',
      `both operands need dimensions: ${showShape(a.shape)} × ${showShape(b.shape)}; use mul for scalars`,
      [a.shape, b.shape],
    );
  }
  const left = a.ndim === 1 ? unsqueeze(a, 0) : a;
  const right = b.ndim === 1 ? unsqueeze(b, 1) : b;
  const whole = matmul(left, right);
  const dims = whole.shape.filter(
    (_, i) => !(a.ndim === 1 && i === whole.ndim - 2) && !(b.ndim === 1 && i === whole.ndim - 1),
  );
  return reshape(whole, dims);
}

function checkKinds(a: Tensor, b: Tensor): void {
  if (a.kind !== b.kind || !isFloatKind(a.kind)) {
    throw new DTypeError(
      'matmul',
      `both operands must have the same floating dtype; got ${a.dtype} and ${b.dtype}: cast with to()`,
      [a.dtype, b.dtype],
    );
  }
}
