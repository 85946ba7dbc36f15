// What is made of several products of matrices: chains, powers, Kronecker's product; and the cross product of vectors.

import { ArgumentError, DTypeError, describe, ShapeError, showShape } from '../core/errors.js';
import { noGrad, record1 } from '../core/graph.js';
import { broadcastLayouts, checkAxis } from '../core/layout.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloating, checkTensor, rule } from './apply.js';
import { mul, sub } from './binary.js';
import { eye, tensor } from './create.js';
import { indexSelect } from './gather.js';
import { matmul } from './matmul.js';
import { clone, expand, reshape } from './shape.js';

/** Where each part of a chain of matrices is best cut: cuts[i][j] for the factors from i to j (Cormen et al., 15.2). */
function bestCuts(dims: readonly number[]): number[][] {
  const n = dims.length - 1;
  const cuts = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  const costs = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  for (let span = 1; span < n; span++) {
    for (let i = 0; i + span < n; i++) {
      const j = i + span;
      costs[i][j] = Number.POSITIVE_INFINITY;
      for (let cut = i; cut < j; cut++) {
        const cost = costs[i][cut] + costs[cut + 1][j] + dims[i] * dims[cut + 1] * dims[j + 1];
        if (cost >= costs[i][j]) continue;
        costs[i][j] = cost;
        cuts[i][j] = cut;
      }
    }
  }
  return cuts;
}

/**
 * The product of two or more matrices, in the order that takes the fewest operations. The first may be a vector, which
 * is a row, and the last, which is a column; their dimension is dropped from the result.
 *
 * @throws ShapeError where the shapes do not fit; DTypeError unless all have the same floating dtype.
 * @example
 * import { multiDot, ones } from 'quern';
 * multiDot([ones([2, 3]), ones([3, 4]), ones([4, 1])]).toArray(); // => [[12], [12]]
 */
export function multiDot(matrices: readonly Tensor[]): Tensor {
  if (!Array.isArray(matrices) || matrices.length < 2) {
    throw new ArgumentError(
      'multiDot',
      'matrices',
      matrices,
      `an array of two matrices or more is needed; got ${Array.isArray(matrices) ? matrices.length : describe(matrices)}`,
    );
  }
  for (const matrix of matrices) checkTensor('multiDot', matrix);
  const last = matrices.length - 1;
  const shapes = matrices.map(({ shape }) => shape);
  if (matrices.some(({ kind }) => kind !== matrices[0].kind)) {
    const dtypes = matrices.map(({ dtype }) => dtype);
    throw new DTypeError(
      'multiDot',
      `all must have one dtype; got ${dtypes.join(', ')}: cast with to()`,
      dtypes,
    );
  }
  if (matrices.some(({ ndim }, i) => ndim !== 2 && !(ndim === 1 && (i === 0 || i === last)))) {
    throw new ShapeError('multiDot', `matrices are needed; got ${shapes.map(showShape).join(', ')}`, shapes);
  }
  const factors = matrices.map((x, i) =>
    x.ndim === 2 ? x : reshape(x, i === 0 ? [1, x.size] : [x.size, 1]),
  );
  const wrong = factors.findIndex((x, i) => i > 0 && x.shape[0] !== factors[i - 1].shape[1]);
  if (wrong > 0) {
    throw new ShapeError(
      'multiDot',
      `inner dimensions differ: ${showShape(shapes[wrong - 1])} × ${showShape(shapes[wrong])}`,
      shapes,
    );
  }
  const cuts = bestCuts([factors[0].shape[0], ...factors.map(({ shape }) => shape[1])]);
  const product = (i: number, j: number): Tensor =>
    i === j ? factors[i] : matmul(product(i, cuts[i][j]), product(cuts[i][j] + 1, j));
  const whole = product(0, last);
  const dims = whole.shape.filter((_, i) => matrices[i === 0 ? 0 : last].ndim === 2);
  return dims.length === 2 ? whole : reshape(whole, dims);
}

// The power 0, which is the same for all.
const IDENTITY = rule('matrixPower', { a: [0, () => null] });

/**
 * The n-th power of square matrices (…, M, M), n a whole number from 0, by repeated squaring; the power 0 is the
 * identity.
 *
 * @throws ShapeError where the matrices are not square; DTypeError on integers; ArgumentError where n is none.
 * @example
 * import { matrixPower, tensor } from 'quern';
 * matrixPower(tensor([[1, 1], [0, 1]]), 5).toArray(); // => [[1, 5], [0, 1]]
 */
export function matrixPower(x: Tensor, n: number): Tensor {
  checkFloating('matrixPower', x);
  if (x.ndim < 2 || x.shape[x.ndim - 1] !== x.shape[x.ndim - 2]) {
    throw new ShapeError('matrixPower', `square matrices are needed; got shape ${showShape(x.shape)}`, [
      x.shape,
    ]);
  }
  if (!Number.isInteger(n) || n < 0) {
    throw new ArgumentError(
      'matrixPower',
      'n',
      n,
      `n is a whole number from 0; got ${String(n)}: for a negative power invert the matrix first`,
    );
  }
  if (n === 0) {
    const size = x.shape[x.ndim - 1];
    const out = noGrad(() => clone(expand(eye(size, size, { dtype: x.dtype }), x.shape)));
    record1(IDENTITY, out, x, null);
    return out;
  }
  if (n === 1) return clone(x);
  let power: Tensor | null = null;
  let square = x;
  for (let left = n; ; square = matmul(square, square)) {
    if (left % 2 === 1) power = power === null ? square : matmul(power, square);
    left = Math.floor(left / 2);
    if (left === 0) return power as Tensor;
  }
}

/**
 * Kronecker's product: each element of a times all of b, as one tensor of a's sizes times b's. Missing dimensions of one
 * stand in front, with size 1.
 *
 * @example
 * import { kron, tensor } from 'quern';
 * kron(tensor([1, 2]), tensor([1, 10])).toArray(); // => [1, 10, 2, 20]
 */
export function kron(a: Tensor, b: Tensor): Tensor {
  checkTensor('kron', a);
  checkTensor('kron', b);
  const rank = Math.max(a.ndim, b.ndim);
  const padded = (x: Tensor): number[] => [...new Array<number>(rank - x.ndim).fill(1), ...x.shape];
  const [dimsA, dimsB] = [padded(a), padded(b)];
  const pairs = (first: readonly number[], second: readonly number[]): number[] =>
    first.flatMap((dim, i) => [dim, second[i]]);
  const single = dimsA.map(() => 1);
  const product = mul(reshape(a, pairs(dimsA, single)), reshape(b, pairs(single, dimsB)));
  return reshape(
    product,
    dimsA.map((dim, i) => dim * dimsB[i]),
  );
}

/**
 * The cross product of vectors of three elements along `dim` (default the last): orthogonal to both, as long as the
 * parallelogram between them is large. The other dimensions broadcast.
 *
 * @throws ShapeError where a vector has not three elements, or the shapes do not broadcast.
 * @example
 * import { cross, tensor } from 'quern';
 * cross(tensor([1, 0, 0]), tensor([0, 1, 0])).toArray(); // => [0, 0, 1]
 */
export function cross(a: Tensor, b: Tensor, dim = -1): Tensor {
  checkTensor('cross', a);
  checkTensor('cross', b);
  const fits = a.ndim === b.ndim && a.ndim > 0;
  const axis = checkAxis('cross', dim, a.ndim);
  if (!fits || a.shape[axis] !== 3 || b.shape[axis] !== 3) {
    throw new ShapeError(
      'cross',
      `vectors of 3 elements along dim ${dim} are needed; got ${showShape(a.shape)} and ${showShape(b.shape)}`,
      [a.shape, b.shape],
    );
  }
  broadcastLayouts('cross', a.layout, b.layout);
  const next = tensor([1, 2, 0], { dtype: 'int32' });
  const last = tensor([2, 0, 1], { dtype: 'int32' });
  const turned = (x: Tensor, by: Tensor): Tensor => indexSelect(x, axis, by);
  return sub(mul(turned(a, next), turned(b, last)), mul(turned(a, last), turned(b, next)));
}
