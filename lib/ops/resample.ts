// Values along an axis picked by fixed lists of places, or mixed of several: what padding with the input's own values and
// interpolation are made of.

import { INT32, type Kind } from '../core/dtype.js';
import { record1 } from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { rule } from './apply.js';
import { add_, mul } from './binary.js';
import { composed } from './composed.js';
import { zerosOf } from './create.js';
import { indexSelect } from './gather.js';
import { indexAdd_ } from './scatter.js';

/** Each value along an axis as Σ weights[k][i] · x[places[k][i]]. */
export interface Mixture {
  readonly axis: number;
  readonly places: readonly (readonly number[])[];
  readonly weights: readonly (readonly number[])[];
}

/** Whole numbers as an index tensor. */
export function listOf(places: readonly number[]): Tensor {
  const list = makeTensor(denseLayout([places.length]), INT32);
  list.slab.view(INT32).set(places, list.offset);
  return list;
}

/** x at some places along an axis. */
export function picked(x: Tensor, axis: number, places: readonly number[]): Tensor {
  return indexSelect(x, axis, listOf(places));
}

/** One weight for each place along an axis, in a shape that broadcasts. */
function weightsAlong(axis: number, rank: number, weights: readonly number[], kind: Kind): Tensor {
  const dims = new Array<number>(rank).fill(1);
  dims[axis] = weights.length;
  const out = makeTensor(denseLayout(dims), kind);
  out.slab.view(kind).set(weights, out.offset);
  return out;
}

const MIXED = rule('interpolate', {
  a: [0, (n, g) => returned(g, (n.a as Tensor).shape, n.saved as Mixture)],
});
const RETURNED = rule('interpolateGrad', { a: [0, (n, h) => mixed(h, n.saved as Mixture)] });

export function mixed(x: Tensor, mixture: Mixture): Tensor {
  const { axis, places, weights } = mixture;
  const out = composed(() => {
    const part = (k: number): Tensor =>
      mul(picked(x, axis, places[k]), weightsAlong(axis, x.ndim, weights[k], x.kind));
    const total = part(0);
    for (let k = 1; k < places.length; k++) add_(total, part(k));
    return total;
  });
  record1(MIXED, out, x, mixture);
  return out;
}

/** The gradient goes back to the places that the values came from. */
function returned(g: Tensor, dims: readonly number[], mixture: Mixture): Tensor {
  const { axis, places, weights } = mixture;
  const out = composed(() => {
    const total = zerosOf(denseLayout(dims), g.kind);
    places.forEach((list, k) => {
      indexAdd_(total, axis, listOf(list), mul(g, weightsAlong(axis, g.ndim, weights[k], g.kind)));
    });
    return total;
  });
  record1(RETURNED, out, g, mixture);
  return out;
}
