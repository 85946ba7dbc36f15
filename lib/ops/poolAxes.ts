// Pooling along one, two or three axes by pooling images.

import { ShapeError, showShape } from '../core/errors.js';
import { recording } from '../core/graph.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloating, checkTensor } from './apply.js';
import { add, mul } from './binary.js';
import { composed } from './composed.js';
import { type Axes, inputForm } from './convShape.js';
import { floorDivide } from './division.js';
import { gather } from './gather.js';
import { type Maxima, planeGather } from './poolImages.js';
import { reshape } from './shape.js';

/** Refuses what is neither (N, C, …) nor (C, …), or not floating. */
export function checkInput(op: string, axes: Axes, x: Tensor): void {
  checkTensor(op, x);
  if (x.ndim !== axes + 2 && x.ndim !== axes + 1) {
    const form = inputForm(axes);
    throw new ShapeError(
      op,
      `the input is ${form} or ${form.replace('N, ', '')}; got ${showShape(x.shape)}`,
      [x.shape],
    );
  }
  checkFloating(op, x);
}

/** Gives an input without its batch dimension one, and takes it from the result again. */
export function batched(axes: Axes, x: Tensor, pool: (x: Tensor) => Tensor): Tensor {
  if (x.ndim !== axes + 1) return pool(x);
  const out = pool(reshape(x, [1, ...x.shape]));
  return reshape(out, out.shape.slice(1));
}

/** {@link batched} for maxima and where they lie. */
export function batchedMaxima(axes: Axes, x: Tensor, pool: (x: Tensor) => Maxima): Maxima {
  if (x.ndim !== axes + 1) return pool(x);
  const { values, indices } = pool(reshape(x, [1, ...x.shape]));
  const dims = values.shape.slice(1);
  return { values: reshape(values, dims), indices: reshape(indices, dims) };
}

/** The axes of an image that a step pools along; −1 is the axis of size one that a signal lacks. */
export type Plane = readonly [height: number, width: number];

/**
 * Pools (N, C, …) to (N, C, ...to) with `images`, which pools images along the two axes of `plane` to the sizes given.
 * Signals are images of height one. Maxima and means over boxes are those over depth of those over height and width:
 * volumes are pooled in two steps, of which the second takes the planes' points for columns.
 */
export function poolAxes(
  axes: Axes,
  x: Tensor,
  to: readonly number[],
  images: (image: Tensor, plane: Plane, height: number, width: number) => Tensor,
): Tensor {
  const [n, channels] = x.shape;
  if (axes === 2) return images(x, [0, 1], to[0], to[1]);
  if (axes === 1) {
    const out = images(reshape(x, [n, channels, 1, x.shape[2]]), [-1, 0], 1, to[0]);
    return reshape(out, [n, channels, to[0]]);
  }
  const [depth, height, width] = x.shape.slice(2);
  const pool = (): Tensor => {
    const planes = images(reshape(x, [n, channels * depth, height, width]), [1, 2], to[1], to[2]);
    const points = to[1] * to[2];
    const out = images(reshape(planes, [n, channels, depth, points]), [0, -1], to[0], points);
    return reshape(out, [n, channels, ...to]);
  };
  return recording(x) ? pool() : composed(pool);
}

/**
 * {@link poolAxes} for maxima and where they lie in their signal, plane or volume. A volume is an image whose rows are
 * its planes: the place of a maximum is the row that the second step finds, and the place in it that the first found.
 */
export function poolMaxima(
  axes: Axes,
  x: Tensor,
  to: readonly number[],
  images: (image: Tensor, plane: Plane, height: number, width: number) => Maxima,
): Maxima {
  const [n, channels] = x.shape;
  if (axes === 2) return images(x, [0, 1], to[0], to[1]);
  const dims = [n, channels, ...to];
  if (axes === 1) {
    const { values, indices } = images(reshape(x, [n, channels, 1, x.shape[2]]), [-1, 0], 1, to[0]);
    return { values: reshape(values, dims), indices: reshape(indices, dims) };
  }
  const [depth, height, width] = x.shape.slice(2);
  const points = to[1] * to[2];
  const indices = composed(() => {
    const planes = images(reshape(x, [n, channels * depth, height, width]), [1, 2], to[1], to[2]);
    const stacks = images(reshape(planes.values, [n, channels, depth, points]), [0, -1], to[0], points);
    const inPlanes = reshape(planes.indices, [n, channels, depth * points]);
    const inStacks = reshape(stacks.indices, [n, channels, to[0] * points]);
    const place = gather(inPlanes, 2, inStacks);
    return add(place, mul(floorDivide(inStacks, points), height * width));
  });
  const rows = reshape(x, [n, channels, depth, height * width]);
  const values = planeGather(rows, reshape(indices, [n, channels, to[0], points]));
  return { values: reshape(values, dims), indices: reshape(indices, dims) };
}

/** Of numbers given per axis, those of a plane, and what the axis has that the pooling leaves alone. */
export function ofPlane(plane: Plane, values: readonly number[], otherwise: number): [number, number] {
  return [plane[0] < 0 ? otherwise : values[plane[0]], plane[1] < 0 ? otherwise : values[plane[1]]];
}
