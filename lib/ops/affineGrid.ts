// The grids of points that affine maps of regular grids lead to.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkFloating, checkTensor } from './apply.js';
import { matmul } from './matmul.js';
import { reshape, transpose } from './shape.js';

export interface AffineGridOptions {
  /** Whether −1 and 1 are the centres of the outer values, rather than their outer edges. Default false. */
  alignCorners?: boolean;
}

const AFFINE_GRID_OPTIONS = optionNames<AffineGridOptions>({ alignCorners: true });

/** Places spread evenly over [−1, 1]. */
function placesAlong(size: number, corners: boolean): number[] {
  const reach = corners ? 1 : (size - 1) / size;
  return Array.from({ length: size }, (_, i) => (size === 1 ? 0 : reach * ((2 * i) / (size - 1) - 1)));
}

/** The points of a regular grid as rows (x, y, 1) or (x, y, z, 1). */
function regularPoints(sides: readonly number[], corners: boolean, kind: Tensor['kind']): Tensor {
  const points = sides.reduce((product, size) => product * size, 1);
  const width = sides.length + 1;
  // First, for it refuses what there is no memory for.
  const out = makeTensor(denseLayout([points, width]), kind);
  const along = sides.map((size) => placesAlong(size, corners));
  const values = out.slab.view(kind);
  for (let point = 0, o = out.offset; point < points; point++, o += width) {
    let rest = point;
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      values[o + sides.length - 1 - axis] = along[axis][rest % sides[axis]];
      rest = Math.floor(rest / sides[axis]);
    }
    values[o + sides.length] = 1;
  }
  return out;
}

/**
 * The points that the affine maps theta (N, 2, 3) lead a regular grid to, for `gridSample` to images of the size
 * (N, C, H, W): (N, H, W, 2), of x and y, each in [−1, 1] over the input. With theta (N, 3, 4) and (N, C, D, H, W):
 * (N, D, H, W, 3). "Spatial transformer networks" (Jaderberg et al. 2015).
 *
 * @throws ShapeError, DTypeError, ArgumentError where theta or the size do not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const shift = tensor([[[1, 0, 0.5], [0, 1, 0]]]);
 * nn.functional.affineGrid(shift, [1, 1, 1, 2]).toArray(); // => [[[[0, 0], [1, 0]]]]
 */
export function affineGrid(
  theta: Tensor,
  size: readonly number[],
  options: AffineGridOptions = NO_OPTIONS,
): Tensor {
  const op = 'affineGrid';
  checkTensor(op, theta);
  checkOptions(op, options, AFFINE_GRID_OPTIONS);
  checkFloating(op, theta, 'theta');
  const whole = Array.isArray(size) && (size.length === 4 || size.length === 5);
  if (!whole || size.some((one, i) => !Number.isInteger(one) || one < (i === 0 ? 0 : 1))) {
    throw new ArgumentError(
      op,
      'size',
      size,
      `size is (N, C, H, W) or (N, C, D, H, W) in whole numbers from 1; got ${Array.isArray(size) ? showShape(size) : String(size)}`,
    );
  }
  const axes = size.length - 2;
  const [n, rows, columns] = theta.shape;
  if (theta.ndim !== 3 || n !== size[0] || rows !== axes || columns !== axes + 1) {
    throw new ShapeError(
      op,
      `for the size ${showShape(size)} theta is (${size[0]}, ${axes}, ${axes + 1}); got ${showShape(theta.shape)}`,
      [theta.shape],
    );
  }
  const points = regularPoints(size.slice(2), options.alignCorners ?? false, theta.kind);
  return reshape(matmul(points, transpose(theta, 1, 2)), [n, ...size.slice(2), axes]);
}
