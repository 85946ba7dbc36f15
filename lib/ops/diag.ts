// Matrices and their diagonals: taken out, put in.

import { ShapeError, showShape } from '../core/errors.js';
import { record1 } from '../core/graph.js';
import { checkAxis, denseLayout, stridedLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, makeView, type Tensor } from '../core/tensor.js';
import { checkTensor, copyValues, rule } from './apply.js';
import { zerosOf } from './create.js';
import { checkWhole } from './triangle.js';

/** A diagonal of two dimensions, `offset` above the main one, or below it where that is negative. */
interface Place {
  readonly offset: number;
  readonly axis1: number;
  readonly axis2: number;
  /** Of the tensor that has the diagonal. */
  readonly dims: readonly number[];
}

const TAKE = rule('diag', { a: [0, (n, g) => placed(g, n.saved as Place)] });
const PLACE = rule('diagEmbed', { a: [0, (n, g) => taken(g, n.saved as Place)] });

/** The view of a diagonal, in the last dimension after all others. */
function diagonalOf(op: string, x: Tensor, { offset, axis1, axis2 }: Place): Tensor {
  const others = x.shape.map((_, i) => i).filter((i) => i !== axis1 && i !== axis2);
  const [down, right] = [Math.max(0, -offset), Math.max(0, offset)];
  const length = Math.max(0, Math.min(x.shape[axis1] - down, x.shape[axis2] - right));
  const layout = stridedLayout(
    [...others.map((i) => x.shape[i]), length],
    [...others.map((i) => x.strides[i]), x.strides[axis1] + x.strides[axis2]],
  );
  return makeView(op, x, layout, x.offset + down * x.strides[axis1] + right * x.strides[axis2]);
}

function taken(x: Tensor, place: Place): Tensor {
  const view = diagonalOf('diag', x, place);
  const out = makeTensor(view.layout.dense, x.kind);
  copyValues(out, view);
  view.dispose();
  record1(TAKE, out, x, place);
  return out;
}

function placed(x: Tensor, place: Place): Tensor {
  const out = zerosOf(denseLayout(place.dims), x.kind);
  const view = diagonalOf('diagEmbed', out, place);
  copyValues(view, x);
  view.dispose();
  record1(PLACE, out, x, place);
  return out;
}

export interface DiagOptions {
  /** How far above the main diagonal; negative below. Default 0. */
  diagonal?: number;
}

/** @internal */
export const DIAG_OPTIONS = optionNames<DiagOptions>({ diagonal: true });

/**
 * Of a vector the matrix with it on a diagonal, of a matrix a copy of a diagonal.
 *
 * @throws ShapeError for other numbers of dimensions; ArgumentError where `diagonal` is not whole.
 * @example
 * import { diag, tensor } from 'quern';
 * diag(tensor([1, 2])).toArray(); // => [[1, 0], [0, 2]]
 * diag(tensor([[1, 2], [3, 4]]), { diagonal: 1 }).toArray(); // => [2]
 */
export function diag(x: Tensor, options: DiagOptions = NO_OPTIONS): Tensor {
  checkTensor('diag', x);
  checkOptions('diag', options, DIAG_OPTIONS);
  const offset = checkWhole('diag', 'diagonal', options.diagonal ?? 0);
  if (x.ndim === 2) return taken(x, { offset, axis1: 0, axis2: 1, dims: x.shape });
  if (x.ndim !== 1) {
    throw new ShapeError(
      'diag',
      `a vector or a matrix is needed; got shape ${showShape(x.shape)}: diagEmbed takes more dimensions`,
      [x.shape],
    );
  }
  const size = x.size + Math.abs(offset);
  return placed(x, { offset, axis1: 0, axis2: 1, dims: [size, size] });
}

export interface DiagEmbedOptions {
  /** How far above the main diagonal; negative below. Default 0. */
  offset?: number;
  /** The dimension of the result that counts rows. Default −2. */
  dim1?: number;
  /** The one that counts columns. Default −1. */
  dim2?: number;
}

/** @internal */
export const DIAG_EMBED_OPTIONS = optionNames<DiagEmbedOptions>({ offset: true, dim1: true, dim2: true });

/**
 * Matrices with the last dimension of x on a diagonal, and zeros around: (…, n) becomes (…, n + |offset|,
 * n + |offset|), with these two at `dim1` and `dim2`.
 *
 * @throws ShapeError for scalars, or where the dims are out of range or one; ArgumentError where `offset` is not whole.
 * @example
 * import { diagEmbed, tensor } from 'quern';
 * diagEmbed(tensor([[1, 2]])).toArray(); // => [[[1, 0], [0, 2]]]
 */
export function diagEmbed(x: Tensor, options: DiagEmbedOptions = NO_OPTIONS): Tensor {
  checkTensor('diagEmbed', x);
  checkOptions('diagEmbed', options, DIAG_EMBED_OPTIONS);
  if (x.ndim === 0)
    throw new ShapeError('diagEmbed', 'a tensor without dimensions has no diagonal', [x.shape]);
  const offset = checkWhole('diagEmbed', 'offset', options.offset ?? 0);
  const axis1 = checkAxis('diagEmbed', options.dim1 ?? -2, x.ndim + 1);
  const axis2 = checkAxis('diagEmbed', options.dim2 ?? -1, x.ndim + 1);
  if (axis1 === axis2)
    throw new ShapeError('diagEmbed', `dim1 and dim2 are different dimensions; both are ${axis1}`, [x.shape]);
  const size = x.shape[x.ndim - 1] + Math.abs(offset);
  const dims = x.shape.slice(0, -1);
  for (const axis of [axis1, axis2].sort((a, b) => a - b)) dims.splice(axis, 0, size);
  return placed(x, { offset, axis1, axis2, dims });
}
