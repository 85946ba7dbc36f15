// Channels and pixels rearranged.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { clone, permute, reshape } from './shape.js';

/** @internal */
export function checkFactor(op: string, name: string, factor: number): void {
  if (Number.isInteger(factor) && factor >= 1) return;
  throw new ArgumentError(op, name, factor, `${name} is a whole number from 1; got ${String(factor)}`);
}

/** The sizes (…, C, H, W) of images. */
function checkImages(op: string, x: Tensor): [leading: number[], c: number, h: number, w: number] {
  checkTensor(op, x);
  if (x.ndim < 3) throw new ShapeError(op, `the input is (…, C, H, W); got ${showShape(x.shape)}`, [x.shape]);
  const [c, h, w] = x.shape.slice(-3);
  return [x.shape.slice(0, -3), c, h, w];
}

/** A dense copy of a view, in a shape. */
function copied(x: Tensor, like: Tensor, shape: readonly number[]): Tensor {
  const out = reshape(x, shape);
  return out.root === like.root ? clone(out) : out;
}

/**
 * Images (…, C·r², H, W) as larger ones (…, C, H·r, W·r): r² channels become a block of r × r pixels (Shi et al. 2016).
 *
 * @throws ShapeError where r² does not divide the channels; ArgumentError where r is not a whole number from 1.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.pixelShuffle(tensor([[[1]], [[2]], [[3]], [[4]]]), 2).toArray(); // => [[[1, 2], [3, 4]]]
 */
export function pixelShuffle(x: Tensor, upscaleFactor: number): Tensor {
  const [leading, c, h, w] = checkImages('pixelShuffle', x);
  checkFactor('pixelShuffle', 'upscaleFactor', upscaleFactor);
  const r = upscaleFactor;
  if (c % (r * r) !== 0) {
    throw new ShapeError(
      'pixelShuffle',
      `${r}² does not divide the ${c} channels of the input ${showShape(x.shape)}`,
      [x.shape],
    );
  }
  const n = leading.length;
  const apart = reshape(x, [...leading, c / (r * r), r, r, h, w]);
  const order = [...leading.keys(), n, n + 3, n + 1, n + 4, n + 2];
  return copied(permute(apart, order), x, [...leading, c / (r * r), h * r, w * r]);
}

/**
 * Images (…, C, H·r, W·r) as smaller ones (…, C·r², H, W): a block of r × r pixels becomes r² channels. The inverse of
 * {@link pixelShuffle}.
 *
 * @throws ShapeError where r does not divide height and width; ArgumentError where r is not a whole number from 1.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.pixelUnshuffle(tensor([[[1, 2], [3, 4]]]), 2).toArray(); // => [[[1]], [[2]], [[3]], [[4]]]
 */
export function pixelUnshuffle(x: Tensor, downscaleFactor: number): Tensor {
  const [leading, c, h, w] = checkImages('pixelUnshuffle', x);
  checkFactor('pixelUnshuffle', 'downscaleFactor', downscaleFactor);
  const r = downscaleFactor;
  if (h % r !== 0 || w % r !== 0) {
    throw new ShapeError(
      'pixelUnshuffle',
      `${r} does not divide height and width of the input ${showShape(x.shape)}`,
      [x.shape],
    );
  }
  const n = leading.length;
  const apart = reshape(x, [...leading, c, h / r, r, w / r, r]);
  const order = [...leading.keys(), n, n + 2, n + 4, n + 1, n + 3];
  return copied(permute(apart, order), x, [...leading, c * r * r, h / r, w / r]);
}

/**
 * The channels of x (N, C, …) in another order: those of `groups` groups are taken in turn (Zhang et al. 2018).
 *
 * @throws ShapeError where groups do not divide the channels; ArgumentError where they are not a whole number from 1.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.channelShuffle(tensor([[[1], [2], [3], [4]]]), 2).toArray(); // => [[[1], [3], [2], [4]]]
 */
export function channelShuffle(x: Tensor, groups: number): Tensor {
  checkTensor('channelShuffle', x);
  checkFactor('channelShuffle', 'groups', groups);
  if (x.ndim < 3)
    throw new ShapeError('channelShuffle', `the input is (N, C, …); got ${showShape(x.shape)}`, [x.shape]);
  const [n, c, ...rest] = x.shape;
  if (c % groups !== 0) {
    throw new ShapeError(
      'channelShuffle',
      `${groups} groups do not divide the ${c} channels of the input ${showShape(x.shape)}`,
      [x.shape],
    );
  }
  const apart = reshape(x, [n, groups, c / groups, ...rest]);
  return copied(permute(apart, [0, 2, 1, ...rest.map((_, i) => i + 3)]), x, x.shape);
}
