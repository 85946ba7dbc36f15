// Triangles of matrices, and where they lie.

import { INT32 } from '../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { record1 } from '../core/graph.js';
import { checkShape, denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor, rule, scalarTensor } from './apply.js';
import { ge, le } from './compare.js';
import { composed } from './composed.js';
import { where } from './where.js';

/** @internal */
export function checkWhole(op: string, name: string, value: number): number {
  if (Number.isInteger(value)) return value;
  throw new ArgumentError(op, name, value, `${name} is a whole number; got ${String(value)}`);
}

interface Triangle {
  readonly upper: boolean;
  readonly diagonal: number;
}

const TRIANGLE = rule('tril', { a: [0, (n, g) => triangle(g, n.saved as Triangle)] });

/** The numbers from `first` on, as int32 in a shape. */
function counting(first: number, shape: readonly number[]): Tensor {
  const out = makeTensor(denseLayout(shape), INT32);
  const values = out.slab.view(INT32);
  for (let i = 0; i < out.size; i++) values[out.offset + i] = first + i;
  return out;
}

function triangle(x: Tensor, which: Triangle): Tensor {
  const [rows, columns] = x.shape.slice(-2);
  // Beyond the matrix all diagonals are alike, and int32 holds these.
  const diagonal = Math.max(-rows, Math.min(columns, which.diagonal));
  const out = composed(() => {
    const [column, limit] = [counting(0, [1, columns]), counting(diagonal, [rows, 1])];
    return where(which.upper ? ge(column, limit) : le(column, limit), x, scalarTensor(0, x.kind));
  });
  record1(TRIANGLE, out, x, which);
  return out;
}

export interface TriangleOptions {
  /** How far above the main diagonal the triangle ends or begins; negative below. Default 0. */
  diagonal?: number;
}

/** @internal */
export const TRIANGLE_OPTIONS = optionNames<TriangleOptions>({ diagonal: true });

function checkMatrix(op: string, x: Tensor, options: TriangleOptions): number {
  checkTensor(op, x);
  checkOptions(op, options, TRIANGLE_OPTIONS);
  if (x.ndim < 2)
    throw new ShapeError(op, `a matrix is needed, or several; got shape ${showShape(x.shape)}`, [x.shape]);
  return checkWhole(op, 'diagonal', options.diagonal ?? 0);
}

/**
 * The lower triangle of matrices (…, m, n), with zeros above the diagonal.
 *
 * @throws ShapeError where there are fewer than two dimensions; ArgumentError where `diagonal` is not whole.
 * @example
 * import { ones, tril } from 'quern';
 * tril(ones([2, 3])).toArray(); // => [[1, 0, 0], [1, 1, 0]]
 */
export function tril(x: Tensor, options: TriangleOptions = NO_OPTIONS): Tensor {
  return triangle(x, { upper: false, diagonal: checkMatrix('tril', x, options) });
}

/**
 * The upper triangle of matrices (…, m, n), with zeros below the diagonal.
 *
 * @throws ShapeError where there are fewer than two dimensions; ArgumentError where `diagonal` is not whole.
 * @example
 * import { ones, triu } from 'quern';
 * triu(ones([2, 3]), { diagonal: 1 }).toArray(); // => [[0, 1, 1], [0, 0, 1]]
 */
export function triu(x: Tensor, options: TriangleOptions = NO_OPTIONS): Tensor {
  return triangle(x, { upper: true, diagonal: checkMatrix('triu', x, options) });
}

export interface TriangleIndicesOptions {
  /** How far above the main diagonal the triangle ends or begins; negative below. Default 0. */
  offset?: number;
}

/** @internal */
export const TRIANGLE_INDICES_OPTIONS = optionNames<TriangleIndicesOptions>({ offset: true });

function triangleIndices(
  op: string,
  row: number,
  col: number,
  options: TriangleIndicesOptions,
  upper: boolean,
): Tensor {
  checkShape(op, [row, col]);
  checkOptions(op, options, TRIANGLE_INDICES_OPTIONS);
  const offset = checkWhole(op, 'offset', options.offset ?? 0);
  // Row i of the triangle reaches over these columns.
  const first = (i: number): number => (upper ? Math.min(col, Math.max(0, i + offset)) : 0);
  const end = (i: number): number => (upper ? col : Math.min(col, Math.max(0, i + offset + 1)));
  let count = 0;
  for (let i = 0; i < row; i++) count += end(i) - first(i);
  const out = makeTensor(denseLayout([2, count]), INT32);
  const values = out.slab.view(INT32);
  let at = out.offset;
  for (let i = 0; i < row; i++) {
    for (let j = first(i); j < end(i); j++, at++) {
      values[at] = i;
      values[at + count] = j;
    }
  }
  return out;
}

/**
 * The indices of the lower triangle of a matrix of `row` times `col`: its rows, then its columns, int32 (2, n).
 *
 * @throws ShapeError where a size is not a whole number from 0; ArgumentError where `offset` is not whole.
 * @example
 * import { trilIndices } from 'quern';
 * trilIndices(2, 2).toArray(); // => [[0, 1, 1], [0, 0, 1]]
 */
export function trilIndices(row: number, col: number, options: TriangleIndicesOptions = NO_OPTIONS): Tensor {
  return triangleIndices('trilIndices', row, col, options, false);
}

/**
 * The indices of the upper triangle of a matrix of `row` times `col`: its rows, then its columns, int32 (2, n).
 *
 * @throws ShapeError where a size is not a whole number from 0; ArgumentError where `offset` is not whole.
 * @example
 * import { triuIndices } from 'quern';
 * triuIndices(2, 2, { offset: 1 }).toArray(); // => [[0], [1]]
 */
export function triuIndices(row: number, col: number, options: TriangleIndicesOptions = NO_OPTIONS): Tensor {
  return triangleIndices('triuIndices', row, col, options, true);
}
