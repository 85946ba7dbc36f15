// Orthogonal weights: a Householder factorisation of normal numbers, in doubles on the host.

import { FLOAT64 } from '../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { checkInPlace, finishInPlace, noGrad } from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkFloating, copyValues } from '../ops/apply.js';
import { tensor } from '../ops/create.js';
import { fillNormal } from '../ops/random.js';
import { dataSync } from '../ops/read.js';
import { reshape } from '../ops/shape.js';

interface OrthogonalOptions {
  /** What the matrix is multiplied with. Default 1. */
  gain?: number;
}

const ORTHOGONAL_OPTIONS = optionNames<OrthogonalOptions>({ gain: true });

/**
 * The orthonormal factor of a matrix whose `columns` lie one after the other, each `length` long and no more of them
 * than that; the sign of each is such that the other factor's diagonal is positive, which spreads it evenly.
 */
function orthonormal(a: Float64Array, columns: number, length: number): Float64Array {
  const signs = new Float64Array(columns);
  const norms = new Float64Array(columns);
  // y ← y − 2 v (v · y) / |v|², with v from row `at` on in column `at` of a.
  const reflect = (y: Float64Array, column: number, at: number): void => {
    let product = 0;
    for (let i = at; i < length; i++) product += a[at * length + i] * y[column * length + i];
    const factor = norms[at] === 0 ? 0 : (2 * product) / norms[at];
    for (let i = at; i < length; i++) y[column * length + i] -= factor * a[at * length + i];
  };
  for (let k = 0; k < columns; k++) {
    const diagonal = k * length + k;
    let square = 0;
    for (let i = k; i < length; i++) square += a[k * length + i] ** 2;
    const head = a[diagonal];
    const side = head < 0 ? -1 : 1;
    a[diagonal] += side * Math.sqrt(square);
    norms[k] = square - head * head + a[diagonal] ** 2;
    signs[k] = -side;
    for (let column = k + 1; column < columns; column++) reflect(a, column, k);
  }
  const q = new Float64Array(columns * length);
  for (let column = 0; column < columns; column++) {
    q[column * length + column] = signs[column];
    for (let k = column; k >= 0; k--) reflect(q, column, k);
  }
  return q;
}

/**
 * A matrix whose rows, or columns if it has fewer of them, are orthonormal, times the gain, drawn evenly from all of
 * them and written over a weight; dimensions after the first count as one (Saxe et al. 2014).
 *
 * @throws ShapeError below two dimensions; DTypeError on integers; ArgumentError where the gain is not finite.
 * @example
 * import { nn, zeros } from 'quern';
 * const w = nn.init.orthogonal_(zeros([2, 3], { dtype: 'float64' }));
 * Math.round(w.square().sum().item() * 1e6) / 1e6; // => 2
 */
export function orthogonal_(weight: Tensor, options: OrthogonalOptions = NO_OPTIONS): Tensor {
  const op = 'orthogonal_';
  checkOptions(op, options, ORTHOGONAL_OPTIONS);
  const { gain = 1 } = options;
  if (!Number.isFinite(gain))
    throw new ArgumentError(op, 'gain', gain, `gain is a finite number; got ${String(gain)}`);
  checkFloating(op, weight);
  if (weight.ndim < 2) {
    throw new ShapeError(op, `a weight has at least two dimensions; got ${showShape(weight.shape)}`, [
      weight.shape,
    ]);
  }
  if (weight.size === 0) return weight;
  const rows = weight.shape[0];
  const rest = weight.size / rows;
  const [columns, length] = [Math.min(rows, rest), Math.max(rows, rest)];
  return noGrad(() => {
    checkInPlace(op, weight, false);
    const drawn = makeTensor(denseLayout([columns, length]), FLOAT64);
    fillNormal(drawn, 0, 1);
    const q = orthonormal(dataSync(drawn) as Float64Array, columns, length);
    drawn.dispose();
    // Long rows lie as they are; long columns stand the other way round.
    const values = new Float64Array(weight.size);
    for (let c = 0; c < columns; c++)
      for (let i = 0; i < length; i++)
        values[rows <= rest ? c * length + i : i * columns + c] = gain * q[c * length + i];
    copyValues(weight, reshape(tensor(values, { dtype: 'float64' }), weight.shape));
    finishInPlace(weight);
    return weight;
  });
}
