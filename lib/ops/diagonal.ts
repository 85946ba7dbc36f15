// The diagonals of matrices: as a view, and what is made of it.

import { INT32, isFloatKind } from '../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { record1 } from '../core/graph.js';
import { checkAxis, stridedLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeView, type Tensor } from '../core/tensor.js';
import { castTo, checkTensor, copyValues, rule } from './apply.js';
import { zerosOf } from './create.js';
import { sum } from './reduce.js';

export interface DiagonalOptions {
  /** How far above the main diagonal, or with a negative number below it. Default 0. */
  offset?: number;
  /** The dimension that counts the rows. Default 0. */
  dim1?: number;
  /** The dimension that counts the columns. Default 1. */
  dim2?: number;
}

const DIAGONAL_OPTIONS = optionNames<DiagonalOptions>({ offset: true, dim1: true, dim2: true });

interface Place {
  readonly row: number;
  readonly column: number;
  readonly offset: number;
}

const DIAGONAL = rule('diagonal', {
  a: [0, (n, g) => placed(g, n.a as Tensor, n.saved as Place)],
  view: true,
});
const PLACE = rule('diagonalGrad', { a: [0, (n, g) => recorded('diagonal', g, n.saved as Place)] });

function window(op: string, x: Tensor, { row, column, offset }: Place): Tensor {
  const [above, below] = [Math.max(offset, 0), Math.max(-offset, 0)];
  const length = Math.max(0, Math.min(x.shape[row] - below, x.shape[column] - above));
  const start = below * x.strides[row] + above * x.strides[column];
  const others = (all: readonly number[]): number[] => all.filter((_, i) => i !== row && i !== column);
  const layout = stridedLayout(
    [...others(x.shape), length],
    [...others(x.strides), x.strides[row] + x.strides[column]],
  );
  return makeView(op, x, layout, x.offset + start);
}

function recorded(op: string, x: Tensor, place: Place): Tensor {
  const out = window(op, x, place);
  record1(DIAGONAL, out, x, place);
  return out;
}

/** Zeros of a tensor's shape, with g on the diagonal. */
function placed(g: Tensor, like: Tensor, place: Place): Tensor {
  const out = zerosOf(like.layout.dense, g.kind);
  const target = window('diagonalGrad', out, place);
  copyValues(target, g);
  target.dispose();
  record1(PLACE, out, g, place);
  return out;
}

/**
 * A view of the diagonals of the matrices that two dimensions span, as the last dimension: out[…, i] = x[…, i, i +
 * offset] for the last two.
 *
 * @throws ShapeError where a dim is out of range, or both are one; ArgumentError where the offset is not whole.
 * @example
 * import { diagonal, tensor } from 'quern';
 * diagonal(tensor([[1, 2], [3, 4]])).toArray(); // => [1, 4]
 */
export function diagonal(x: Tensor, options: DiagonalOptions = NO_OPTIONS): Tensor {
  checkTensor('diagonal', x);
  checkOptions('diagonal', options, DIAGONAL_OPTIONS);
  const { offset = 0, dim1 = 0, dim2 = 1 } = options;
  if (x.ndim < 2) {
    throw new ShapeError('diagonal', `a matrix is needed; got shape ${showShape(x.shape)}`, [x.shape]);
  }
  const row = checkAxis('diagonal', dim1, x.ndim);
  const column = checkAxis('diagonal', dim2, x.ndim);
  if (row === column) throw new ShapeError('diagonal', `dim1 and dim2 are both ${row}; name two`, [x.shape]);
  if (!Number.isInteger(offset)) {
    throw new ArgumentError('diagonal', 'offset', offset, `offset is a whole number; got ${String(offset)}`);
  }
  return recorded('diagonal', x, { row, column, offset });
}

/**
 * The sum of a matrix's main diagonal. Integers sum in int32.
 *
 * @throws ShapeError where x is no matrix.
 * @example
 * import { tensor, trace } from 'quern';
 * trace(tensor([[1, 2], [3, 4]])).item(); // => 5
 */
export function trace(x: Tensor): Tensor {
  checkTensor('trace', x);
  if (x.ndim !== 2)
    throw new ShapeError('trace', `a matrix is needed; got shape ${showShape(x.shape)}`, [x.shape]);
  const a = isFloatKind(x.kind) ? x : castTo(x, INT32);
  return sum(recorded('diagonal', a, { row: 0, column: 1, offset: 0 }));
}
