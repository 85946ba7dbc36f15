// Products of vectors and matrices under names of their own, and sums with them.

import { isFloatKind } from '../core/dtype.js';
import { ArgumentError, DTypeError, describe, ShapeError, showShape } from '../core/errors.js';
import { broadcastLayouts, checkAxisList, sameDims } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { add, mul } from './binary.js';
import { matmul } from './matmul.js';
import { permute, reshape, unsqueeze } from './shape.js';

/** Refuses operands of other numbers of dimensions, or of other dtypes than one floating one. */
function checkOperands(op: string, operands: readonly Tensor[], ranks: readonly number[]): void {
  for (const operand of operands) checkTensor(op, operand);
  if (operands.some(({ ndim }, i) => ndim !== ranks[i])) {
    const shapes = operands.map(({ shape }) => shape);
    throw new ShapeError(
      op,
      `operands of ${ranks.join(' and ')} dimensions are needed; got ${shapes.map(showShape).join(' and ')}`,
      shapes,
    );
  }
  checkDTypes(op, operands);
}

function checkDTypes(op: string, operands: readonly Tensor[]): void {
  const [first] = operands;
  if (isFloatKind(first.kind) && operands.every(({ kind }) => kind === first.kind)) return;
  const dtypes = operands.map(({ dtype }) => dtype);
  throw new DTypeError(
    op,
    `operands must have the same floating dtype; got ${dtypes.join(' and ')}: cast with to()`,
    dtypes,
  );
}

function checkInner(op: string, a: Tensor, b: Tensor, axisA: number, axisB: number): void {
  if (a.shape[axisA] === b.shape[axisB]) return;
  throw new ShapeError(op, `inner dimensions differ: ${showShape(a.shape)} × ${showShape(b.shape)}`, [
    a.shape,
    b.shape,
  ]);
}

/**
 * The product of two matrices (M, K) and (K, N): (M, N). Nothing broadcasts; {@link matmul} does.
 *
 * @throws ShapeError where the shapes do not fit; DTypeError unless both have the same floating dtype.
 * @example
 * import { mm, tensor } from 'quern';
 * mm(tensor([[1, 2]]), tensor([[3], [4]])).toArray(); // => [[11]]
 */
export function mm(a: Tensor, b: Tensor): Tensor {
  checkOperands('mm', [a, b], [2, 2]);
  checkInner('mm', a, b, 1, 0);
  return matmul(a, b);
}

/**
 * The products of matrices (B, M, K) and (B, K, N), one by one: (B, M, N).
 *
 * @throws ShapeError where the shapes do not fit; DTypeError unless both have the same floating dtype.
 * @example
 * import { bmm, ones } from 'quern';
 * bmm(ones([2, 1, 3]), ones([2, 3, 1])).toArray(); // => [[[3]], [[3]]]
 */
export function bmm(a: Tensor, b: Tensor): Tensor {
  checkOperands('bmm', [a, b], [3, 3]);
  if (a.shape[0] !== b.shape[0]) {
    throw new ShapeError('bmm', `batches differ: ${showShape(a.shape)} × ${showShape(b.shape)}`, [
      a.shape,
      b.shape,
    ]);
  }
  checkInner('bmm', a, b, 2, 1);
  return matmul(a, b);
}

/**
 * The product of a matrix (M, K) and a vector (K,): (M,).
 *
 * @throws ShapeError where the shapes do not fit; DTypeError unless both have the same floating dtype.
 * @example
 * import { mv, tensor } from 'quern';
 * mv(tensor([[1, 2], [3, 4]]), tensor([1, 1])).toArray(); // => [3, 7]
 */
export function mv(a: Tensor, b: Tensor): Tensor {
  checkOperands('mv', [a, b], [2, 1]);
  checkInner('mv', a, b, 1, 0);
  return matmul(a, b);
}

function dotOf(op: string, a: Tensor, b: Tensor): Tensor {
  checkOperands(op, [a, b], [1, 1]);
  checkInner(op, a, b, 0, 0);
  return matmul(a, b);
}

/**
 * The dot product Σ a b of two vectors of one length.
 *
 * @throws ShapeError where the shapes do not fit; DTypeError unless both have the same floating dtype.
 * @example
 * import { dot, tensor } from 'quern';
 * dot(tensor([1, 2]), tensor([3, 4])).item(); // => 11
 */
export function dot(a: Tensor, b: Tensor): Tensor {
  return dotOf('dot', a, b);
}

/**
 * The same as {@link dot}: of real numbers none is conjugated.
 *
 * @throws ShapeError where the shapes do not fit; DTypeError unless both have the same floating dtype.
 * @example
 * import { tensor, vdot } from 'quern';
 * vdot(tensor([1, 2]), tensor([3, 4])).item(); // => 11
 */
export function vdot(a: Tensor, b: Tensor): Tensor {
  return dotOf('vdot', a, b);
}

/**
 * The products of all elements of two vectors: out[i][j] = a[i] b[j].
 *
 * @throws ShapeError where an operand is no vector.
 * @example
 * import { outer, tensor } from 'quern';
 * outer(tensor([1, 2]), tensor([3, 4])).toArray(); // => [[3, 4], [6, 8]]
 */
export function outer(a: Tensor, b: Tensor): Tensor {
  checkTensor('outer', a);
  checkTensor('outer', b);
  if (a.ndim !== 1 || b.ndim !== 1) {
    throw new ShapeError(
      'outer',
      `two vectors are needed; got ${showShape(a.shape)} and ${showShape(b.shape)}`,
      [a.shape, b.shape],
    );
  }
  return mul(unsqueeze(a, 1), b);
}

/**
 * Sums of products over the last dimensions: (A…, K) and (B…, K) give (A…, B…). Where one has no dimensions, the
 * product.
 *
 * @throws ShapeError where the last dimensions differ; DTypeError unless both have the same floating dtype.
 * @example
 * import { inner, tensor } from 'quern';
 * inner(tensor([[1, 2], [3, 4]]), tensor([1, 1])).toArray(); // => [3, 7]
 */
export function inner(a: Tensor, b: Tensor): Tensor {
  checkTensor('inner', a);
  checkTensor('inner', b);
  if (a.ndim === 0 || b.ndim === 0) return mul(a, b);
  checkDTypes('inner', [a, b]);
  checkInner('inner', a, b, a.ndim - 1, b.ndim - 1);
  return contract(a, b, [a.ndim - 1], [b.ndim - 1]);
}

/** Sums of products over pairs of axes: what remains of a, then what remains of b. */
function contract(a: Tensor, b: Tensor, axesA: readonly number[], axesB: readonly number[]): Tensor {
  const rest = (x: Tensor, axes: readonly number[]): number[] =>
    x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const [restA, restB] = [rest(a, axesA), rest(b, axesB)];
  const dims = (x: Tensor, axes: readonly number[]): number[] => axes.map((i) => x.shape[i]);
  const count = (sizes: readonly number[]): number => sizes.reduce((product, size) => product * size, 1);
  const k = count(dims(a, axesA));
  const left = reshape(permute(a, [...restA, ...axesA]), [count(dims(a, restA)), k]);
  const right = reshape(permute(b, [...axesB, ...restB]), [k, count(dims(b, restB))]);
  return reshape(matmul(left, right), [...dims(a, restA), ...dims(b, restB)]);
}

/**
 * Sums of products over some dimensions of each operand: the last `dims` of a with the first of b in their order, or the
 * pairs that two lists name. What remains of a comes first, then what remains of b.
 *
 * @throws ShapeError where the dimensions do not fit; DTypeError unless both have the same floating dtype.
 * @example
 * import { ones, tensordot } from 'quern';
 * tensordot(ones([2, 3, 4]), ones([4, 3, 5]), [[1, 2], [1, 0]]).shape; // => [2, 5]
 */
export function tensordot(
  a: Tensor,
  b: Tensor,
  dims: number | readonly [readonly number[], readonly number[]] = 2,
): Tensor {
  checkTensor('tensordot', a);
  checkTensor('tensordot', b);
  checkDTypes('tensordot', [a, b]);
  const refuse = (reason: string): ShapeError =>
    new ShapeError('tensordot', `${reason}: ${showShape(a.shape)} and ${showShape(b.shape)}`, [
      a.shape,
      b.shape,
    ]);
  if (typeof dims === 'number') {
    if (!Number.isInteger(dims) || dims < 0 || dims > Math.min(a.ndim, b.ndim)) {
      throw refuse(`${dims} dimensions cannot be summed over`);
    }
    const axes = Array.from({ length: dims }, (_, i) => i);
    return tensordot(a, b, [axes.map((i) => a.ndim - dims + i), axes]);
  }
  if (!Array.isArray(dims)) {
    throw new ArgumentError(
      'tensordot',
      'dims',
      dims,
      `dims are a number, or two lists of dimensions, of a and of b; got ${describe(dims)}`,
    );
  }
  const axesA = checkAxisList('tensordot', dims[0], a.ndim);
  const axesB = checkAxisList('tensordot', dims[1], b.ndim);
  const distinct = new Set(axesA).size === axesA.length && new Set(axesB).size === axesB.length;
  if (axesA.length !== axesB.length || !distinct)
    throw refuse('dims are two lists of as many different dimensions');
  if (axesA.some((axis, i) => a.shape[axis] !== b.shape[axesB[i]]))
    throw refuse('the dimensions of a pair differ');
  return contract(a, b, axesA, axesB);
}

export interface AddProductOptions {
  /** What the first operand is multiplied by; with 0 its values do not matter. Default 1. */
  beta?: number;
  /** What the product is multiplied by. Default 1. */
  alpha?: number;
}

const ADD_PRODUCT_OPTIONS = optionNames<AddProductOptions>({ beta: true, alpha: true });

/** beta · input + alpha · product, in the product's shape. */
function addTo(op: string, input: Tensor, product: Tensor, options: AddProductOptions): Tensor {
  checkTensor(op, input);
  checkOptions(op, options, ADD_PRODUCT_OPTIONS);
  checkDTypes(op, [input, product]);
  if (!sameDims(broadcastLayouts(op, input.layout, product.layout), product.layout)) {
    throw new ShapeError(
      op,
      `a tensor of shape ${showShape(input.shape)} does not broadcast to the product's shape ${showShape(product.shape)}`,
      [input.shape, product.shape],
    );
  }
  const { beta = 1, alpha = 1 } = options;
  const scaled = alpha === 1 ? product : mul(product, alpha);
  if (beta === 0) return scaled;
  return add(beta === 1 ? input : mul(input, beta), scaled);
}

/**
 * beta · x + alpha · a · b of two matrices (M, K) and (K, N), for x that broadcasts to (M, N).
 *
 * @throws ShapeError where the shapes do not fit; DTypeError unless all have the same floating dtype.
 * @example
 * import { addmm, tensor } from 'quern';
 * addmm(tensor([1]), tensor([[1, 2]]), tensor([[3], [4]]), { alpha: 2 }).toArray(); // => [[23]]
 */
export function addmm(x: Tensor, a: Tensor, b: Tensor, options: AddProductOptions = NO_OPTIONS): Tensor {
  checkTensor('addmm', x);
  checkOperands('addmm', [a, b], [2, 2]);
  checkInner('addmm', a, b, 1, 0);
  return addTo('addmm', x, matmul(a, b), options);
}

/**
 * beta · x + alpha · a · b of a matrix (M, K) and a vector (K,), for x that broadcasts to (M,).
 *
 * @throws ShapeError where the shapes do not fit; DTypeError unless all have the same floating dtype.
 * @example
 * import { addmv, tensor } from 'quern';
 * addmv(tensor([1]), tensor([[1, 2]]), tensor([3, 4])).toArray(); // => [12]
 */
export function addmv(x: Tensor, a: Tensor, b: Tensor, options: AddProductOptions = NO_OPTIONS): Tensor {
  checkTensor('addmv', x);
  checkOperands('addmv', [a, b], [2, 1]);
  checkInner('addmv', a, b, 1, 0);
  return addTo('addmv', x, matmul(a, b), options);
}

/**
 * beta · x + alpha · a bᵀ of two vectors (M,) and (N,), for x that broadcasts to (M, N).
 *
 * @throws ShapeError where the shapes do not fit; DTypeError unless all have the same floating dtype.
 * @example
 * import { addr, tensor } from 'quern';
 * addr(tensor([1]), tensor([1, 2]), tensor([3])).toArray(); // => [[4], [7]]
 */
export function addr(x: Tensor, a: Tensor, b: Tensor, options: AddProductOptions = NO_OPTIONS): Tensor {
  checkTensor('addr', x);
  checkOperands('addr', [a, b], [1, 1]);
  return addTo('addr', x, outer(a, b), options);
}

/**
 * beta · x + alpha · Σ a[i] · b[i] of matrices (B, M, K) and (B, K, N), for x that broadcasts to (M, N).
 *
 * @throws ShapeError where the shapes do not fit; DTypeError unless all have the same floating dtype.
 * @example
 * import { addbmm, ones, zeros } from 'quern';
 * addbmm(zeros([1, 1]), ones([3, 1, 2]), ones([3, 2, 1])).toArray(); // => [[6]]
 */
export function addbmm(x: Tensor, a: Tensor, b: Tensor, options: AddProductOptions = NO_OPTIONS): Tensor {
  checkTensor('addbmm', x);
  checkBatches('addbmm', a, b);
  // Batches side by side: the sum over them is part of one product.
  return addTo('addbmm', x, contract(a, b, [0, 2], [0, 1]), options);
}

/**
 * beta · x + alpha · a[i] · b[i] of matrices (B, M, K) and (B, K, N), one by one, for x that broadcasts to (B, M, N).
 *
 * @throws ShapeError where the shapes do not fit; DTypeError unless all have the same floating dtype.
 * @example
 * import { baddbmm, ones, zeros } from 'quern';
 * baddbmm(zeros([1]), ones([2, 1, 3]), ones([2, 3, 1]), { alpha: 2 }).toArray(); // => [[[6]], [[6]]]
 */
export function baddbmm(x: Tensor, a: Tensor, b: Tensor, options: AddProductOptions = NO_OPTIONS): Tensor {
  checkTensor('baddbmm', x);
  checkBatches('baddbmm', a, b);
  return addTo('baddbmm', x, matmul(a, b), options);
}

function checkBatches(op: string, a: Tensor, b: Tensor): void {
  checkOperands(op, [a, b], [3, 3]);
  checkInner(op, a, b, 0, 0);
  checkInner(op, a, b, 2, 1);
}
