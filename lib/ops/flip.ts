// Turning tensors round: flips, rolls and rotations.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { record1 } from '../core/graph.js';
import { checkAxisList } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor, rule } from './apply.js';
import { composed } from './composed.js';
import { concat } from './join.js';
import { checkAxes, clone, reshape, transpose } from './shape.js';
import { narrow } from './slice.js';

const FLIP = rule('flip', { a: [0, (n, g) => flipped(g, n.saved as number)] });

/** The elements in reverse order along every axis whose bit the mask has. */
function flipped(x: Tensor, mask: number): Tensor {
  const out = makeTensor(x.layout.dense, x.kind);
  attributes[0] = mask;
  active.run2(kernel.flip, x.kind, out, x);
  record1(FLIP, out, x, mask);
  return out;
}

/**
 * A copy with the elements in reverse order along each of `dims`.
 *
 * @throws ShapeError where one is out of range or named twice.
 * @example
 * import { flip, tensor } from 'quern';
 * flip(tensor([[1, 2], [3, 4]]), [0, 1]).toArray(); // => [[4, 3], [2, 1]]
 */
export function flip(x: Tensor, dims: number | readonly number[]): Tensor {
  checkTensor('flip', x);
  // Of undefined other operations make all dimensions; flip names its own.
  if (dims === undefined)
    throw new ArgumentError('flip', 'dims', dims, 'dims is a number or an array of numbers');
  const axes = checkAxes('flip', dims, x.ndim) ?? [];
  // A scalar has an axis by name, and nothing along it.
  const mask = x.ndim === 0 ? 0 : axes.reduce((bits, axis) => bits | (1 << axis), 0);
  return flipped(x, mask);
}

function demandDimensions(op: string, x: Tensor, least: number): void {
  checkTensor(op, x);
  if (x.ndim < least) {
    throw new ShapeError(
      op,
      `at least ${least} dimensions are needed; got shape ${showShape(x.shape)}: add some with unsqueeze`,
      [x.shape],
    );
  }
}

/**
 * A copy with its columns (dimension 1) in reverse order.
 *
 * @throws ShapeError where there are fewer than two dimensions.
 * @example
 * import { fliplr, tensor } from 'quern';
 * fliplr(tensor([[1, 2], [3, 4]])).toArray(); // => [[2, 1], [4, 3]]
 */
export function fliplr(x: Tensor): Tensor {
  demandDimensions('fliplr', x, 2);
  return flipped(x, 0b10);
}

/**
 * A copy with its rows (dimension 0) in reverse order.
 *
 * @throws ShapeError where there are no dimensions.
 * @example
 * import { flipud, tensor } from 'quern';
 * flipud(tensor([[1, 2], [3, 4]])).toArray(); // => [[3, 4], [1, 2]]
 */
export function flipud(x: Tensor): Tensor {
  demandDimensions('flipud', x, 1);
  return flipped(x, 0b1);
}

/** How far each of some axes is rolled. */
interface Turn {
  readonly shifts: readonly number[];
  readonly axes: readonly number[];
}

const ROLL = rule('roll', {
  a: [
    0,
    (n, g) => {
      const { shifts, axes } = n.saved as Turn;
      return rolled(g, { shifts: shifts.map((shift) => -shift), axes });
    },
  ],
});

function rolled(x: Tensor, turn: Turn): Tensor {
  const out = composed(() => {
    let now = x;
    turn.axes.forEach((axis, i) => {
      const size = x.shape[axis];
      const cut = size === 0 ? 0 : ((-turn.shifts[i] % size) + size) % size;
      if (cut !== 0) now = concat([narrow(now, axis, cut, size - cut), narrow(now, axis, 0, cut)], axis);
    });
    return now === x ? clone(x) : now;
  });
  record1(ROLL, out, x, turn);
  return out;
}

/**
 * The elements moved on by `shifts` along `dims`; those that leave at the end come in at the beginning. Without
 * `dims` x is rolled as if it were flat, and keeps its shape.
 *
 * @throws ArgumentError where a shift is not whole or there is not one for each dim; ShapeError where a dim is out of
 * range.
 * @example
 * import { roll, tensor } from 'quern';
 * roll(tensor([1, 2, 3, 4]), 1).toArray(); // => [4, 1, 2, 3]
 */
export function roll(
  x: Tensor,
  shifts: number | readonly number[],
  dims?: number | readonly number[],
): Tensor {
  checkTensor('roll', x);
  const list = typeof shifts === 'number' ? [shifts] : shifts;
  if (!Array.isArray(list) || !list.every(Number.isInteger)) {
    throw new ArgumentError('roll', 'shifts', shifts, `shifts are whole numbers; got ${String(shifts)}`);
  }
  const named = typeof dims === 'number' ? [dims] : (dims ?? []);
  const axes = checkAxisList('roll', named, x.ndim);
  if (list.length !== (dims === undefined ? 1 : named.length)) {
    throw new ArgumentError(
      'roll',
      'shifts',
      shifts,
      dims === undefined
        ? `without dims there is one shift; got ${list.length}`
        : `there is one shift for each of ${named.length} dims; got ${list.length}`,
    );
  }
  if (dims === undefined) {
    return reshape(rolled(reshape(x, [x.size]), { shifts: list, axes: [0] }), x.shape);
  }
  return x.ndim === 0 ? clone(x) : rolled(x, { shifts: list, axes });
}

export interface Rot90Options {
  /** How many quarter turns, from the first of dims towards the second. Default 1. */
  k?: number;
  /** The plane. Default [0, 1]. */
  dims?: readonly [number, number];
}

/** @internal */
export const ROT90_OPTIONS = optionNames<Rot90Options>({ k: true, dims: true });

/**
 * x turned by `k` quarters in the plane of two dimensions.
 *
 * @throws ArgumentError where k is not whole; ShapeError where dims are not two of the dimensions.
 * @example
 * import { rot90, tensor } from 'quern';
 * rot90(tensor([[1, 2], [3, 4]])).toArray(); // => [[2, 4], [1, 3]]
 */
export function rot90(x: Tensor, options: Rot90Options = NO_OPTIONS): Tensor {
  demandDimensions('rot90', x, 2);
  checkOptions('rot90', options, ROT90_OPTIONS);
  const { k = 1, dims = [0, 1] } = options;
  if (!Number.isInteger(k)) throw new ArgumentError('rot90', 'k', k, `k is a whole number; got ${String(k)}`);
  const [from, to] = checkAxisList('rot90', dims, x.ndim);
  if (dims.length !== 2 || from === to) {
    throw new ShapeError('rot90', `dims are two different dimensions; got ${showShape(dims)}`, [x.shape]);
  }
  switch (k & 3) {
    case 1:
      return transpose(flipped(x, 1 << to), from, to);
    case 2:
      return flipped(x, (1 << from) | (1 << to));
    case 3:
      return transpose(flipped(x, 1 << from), from, to);
    default:
      return clone(x);
  }
}
