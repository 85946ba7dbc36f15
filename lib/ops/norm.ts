// Norms of vectors and distances, with gradients that stay finite where a norm is 0.

import { ArgumentError, DTypeError, describe, ShapeError, showShape } from '../core/errors.js';
import { A, B, OUT, record1, record2 } from '../core/graph.js';
import { broadcastLayouts, type Dim, denseLayout, type Layout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloating, checkTensor, rule } from './apply.js';
import { add, div, mul, pow, sub } from './binary.js';
import { clamp } from './clamp.js';
import { eq, ne } from './compare.js';
import { composed } from './composed.js';
import { matmul } from './matmul.js';
import { amax, amin, keptShape, type ReduceOptions, reducedAxes, reducedLayouts, sum } from './reduce.js';
import { expand, matrixTranspose, unsqueeze } from './shape.js';
import { abs, sign, sqrt, square } from './unary.js';
import { where } from './where.js';

const KEEP: ReduceOptions = { keepdim: true };
const { POSITIVE_INFINITY: inf } = Number;

export interface NormOptions extends ReduceOptions {
  /** The order: any number, ±Infinity too; 0 counts what is not 0. Default 2, as 'fro'. */
  p?: number | 'fro';
}

const NORM_OPTIONS = optionNames<NormOptions>({ p: true, keepdim: true });

interface Norm {
  readonly kept: Layout;
  readonly p: number;
}

/** A divisor by which nothing is left where it was 0: norms have the slope 0 there. */
function divisor(x: Tensor): Tensor {
  return where(eq(x, 0), inf, x);
}

// d‖x‖ₚ / dx = sign(x) |x|ᵖ⁻¹ / ‖x‖ₚᵖ⁻¹; of an extreme, equal ones share the gradient.
const NORM = rule('norm', {
  a: [
    A | OUT,
    (n, g) => {
      const x = n.a as Tensor;
      const { kept, p } = n.saved as Norm;
      const [size, slope] = [keptShape(n.out as Tensor, kept), keptShape(g, kept)];
      if (p === 0) return null;
      if (p === 1) return mul(sign(x), slope);
      if (p === 2) return mul(x, div(slope, divisor(size)));
      if (p === inf || p === -inf) {
        const hits = eq(abs(x), size);
        const count = sum(hits, reducedAxes(x.layout, kept), KEEP).to(x.dtype);
        // NaN is equal to nothing and gets nothing.
        return mul(where(hits, sign(x), 0), div(slope, divisor(count)));
      }
      if (p < 1) return mul(mul(sign(x), pow(divisor(abs(x)), p - 1)), mul(slope, pow(size, 1 - p)));
      const powers = p < 2 ? mul(sign(x), pow(abs(x), p - 1)) : mul(x, pow(abs(x), p - 2));
      return mul(powers, div(slope, pow(divisor(size), p - 1)));
    },
  ],
});

function checkP(op: string, p: number | 'fro'): number {
  if (p === 'fro') return 2;
  if (typeof p === 'number' && !Number.isNaN(p)) return p;
  throw new ArgumentError(op, 'p', p, `p is a number, ±Infinity or 'fro'; got ${describe(p)}`);
}

/** ‖x‖ₚ with the reduced dimensions of size 1. */
function normOf(x: Tensor, dim: Dim | undefined, p: number): Tensor {
  switch (p) {
    case 0:
      return sum(ne(x, 0).to(x.dtype), dim, KEEP);
    case 1:
      return sum(abs(x), dim, KEEP);
    case 2:
      return sqrt(sum(square(x), dim, KEEP));
    case inf:
      return amax(abs(x), dim, KEEP);
    case -inf:
      return amin(abs(x), dim, KEEP);
    default:
      return pow(sum(pow(abs(x), p), dim, KEEP), 1 / p);
  }
}

/**
 * The norm of vectors ‖x‖ₚ = (Σ |x|ᵖ)^(1/p) over `dim` (one, several, or all dimensions), the Euclidean one unless `p`
 * says otherwise: Infinity is the largest |x|, −Infinity the smallest, 0 how many are not 0. The gradient at norm 0 is 0.
 *
 * @throws ShapeError where dim is out of range, or of nothing where p is negative or infinite; DTypeError on integers;
 * ArgumentError where p is no number.
 * @example
 * import { norm, tensor } from 'quern';
 * norm(tensor([3, -4])).item(); // => 5
 * norm(tensor([[3, -4], [1, 0]]), 1, { p: 1 }).toArray(); // => [7, 1]
 */
export function norm(x: Tensor, dim?: Dim, options: NormOptions = NO_OPTIONS): Tensor {
  checkFloating('norm', x);
  checkOptions('norm', options, NORM_OPTIONS);
  const p = checkP('norm', options.p ?? 2);
  const { kept, dropped } = reducedLayouts('norm', x.layout, dim);
  if (x.size === 0 && kept.size > 0 && (p < 0 || p === inf)) {
    throw new ShapeError('norm', `a tensor of shape ${showShape(x.shape)} has no norm of order ${p} there`, [
      x.shape,
    ]);
  }
  const out = composed(() => normOf(x, dim, p));
  if (!options.keepdim) out.layout = dropped;
  record1(NORM, out, x, { kept, p } satisfies Norm);
  return out;
}

export interface DistanceOptions {
  /** The order of the norm. Default 2. */
  p?: number;
}

const DISTANCE_OPTIONS = optionNames<DistanceOptions>({ p: true });

/**
 * The norm of a − b as one vector, {@link norm} of order p; the shapes broadcast. Without dimensions.
 *
 * @throws ShapeError where the shapes do not broadcast; DTypeError on integers.
 * @example
 * import { dist, tensor } from 'quern';
 * dist(tensor([1, 2]), tensor([4, 6])).item(); // => 5
 */
export function dist(a: Tensor, b: Tensor, options: DistanceOptions = NO_OPTIONS): Tensor {
  checkTensor('dist', a);
  checkTensor('dist', b);
  checkOptions('dist', options, DISTANCE_OPTIONS);
  return norm(sub(a, b), undefined, options);
}

/** The sums of w (a − b) over b: a Σ w − w b. */
function pulled(a: Tensor, b: Tensor, w: Tensor): Tensor {
  return sub(mul(a, sum(w, -1, KEEP)), matmul(w, b));
}

// What comes in over the distances, 0 where a distance is 0, weighs the differences.
const EUCLIDEAN = rule('cdist', {
  a: [A | B | OUT, (n, g) => pulled(n.a as Tensor, n.b as Tensor, div(g, divisor(n.out as Tensor)))],
  b: [
    A | B | OUT,
    (n, g) => pulled(n.b as Tensor, n.a as Tensor, matrixTranspose(div(g, divisor(n.out as Tensor)))),
  ],
});

// From so many rows on, a matrix product takes the place of all differences, as in PyTorch.
const MANY_ROWS = 25;

/** The Euclidean distances of rows (…, P, M) and (…, R, M) of the same batches. */
function euclidean(a: Tensor, b: Tensor): Tensor {
  const out = composed(() => {
    if (Math.max(a.shape[a.ndim - 2], b.shape[b.ndim - 2]) <= MANY_ROWS) {
      const difference = sub(unsqueeze(a, -2), unsqueeze(b, -3));
      return sqrt(sum(square(difference), -1));
    }
    const squares = add(sum(square(a), -1, KEEP), matrixTranspose(sum(square(b), -1, KEEP)));
    return sqrt(clamp(sub(squares, mul(matmul(a, matrixTranspose(b)), 2)), { min: 0 }));
  });
  record2(EUCLIDEAN, out, a, b, null);
  return out;
}

/**
 * The distances of all rows of a (…, P, M) from all rows of b (…, R, M), {@link norm} of order p of their differences:
 * (…, P, R). Batch dimensions broadcast. Euclidean distances of more than 25 rows come from a matrix product, which is
 * fast and loses accuracy where rows are close to one another.
 *
 * @throws ShapeError where the shapes do not fit; DTypeError unless both have the same floating dtype;
 * ArgumentError where p is negative.
 * @example
 * import { cdist, tensor } from 'quern';
 * cdist(tensor([[0, 0]]), tensor([[3, 4], [0, 1]])).toArray(); // => [[5, 1]]
 */
export function cdist(a: Tensor, b: Tensor, options: DistanceOptions = NO_OPTIONS): Tensor {
  checkTensor('cdist', a);
  checkTensor('cdist', b);
  checkOptions('cdist', options, DISTANCE_OPTIONS);
  checkFloating('cdist', a);
  if (a.kind !== b.kind) {
    throw new DTypeError(
      'cdist',
      `both operands must have one dtype; got ${a.dtype} and ${b.dtype}: cast with to()`,
      [a.dtype, b.dtype],
    );
  }
  if (a.ndim < 2 || b.ndim < 2 || a.shape[a.ndim - 1] !== b.shape[b.ndim - 1]) {
    throw new ShapeError(
      'cdist',
      `rows (…, P, M) and (…, R, M) of one length are needed; got ${showShape(a.shape)} and ${showShape(b.shape)}`,
      [a.shape, b.shape],
    );
  }
  const p = checkP('cdist', options.p ?? 2);
  if (p < 0)
    throw new ArgumentError(
      'cdist',
      'p',
      p,
      `the order of distances is a number from 0, Infinity too; got ${p}`,
    );
  if (p !== 2) return norm(sub(unsqueeze(a, -2), unsqueeze(b, -3)), -1, { p });
  const lead = (x: Tensor): Layout => denseLayout(x.shape.slice(0, -2));
  const batch = broadcastLayouts('cdist', lead(a), lead(b)).dims;
  return euclidean(expand(a, [...batch, ...a.shape.slice(-2)]), expand(b, [...batch, ...b.shape.slice(-2)]));
}
