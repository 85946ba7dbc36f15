// Index tensors made one: places in flattened dimensions.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { INT32 } from '../core/dtype.js';
import { IndexError, ShapeError } from '../core/errors.js';
import { broadcastLayouts, type Layout } from '../core/layout.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { expandTo } from './shape.js';

/** A call has so many operands beside its result. */
const MOST = 11;

/**
 * The place in the row-major order of some dimensions that index tensors, one for each, name together; they
 * broadcast, and count from the end where they are negative.
 *
 * @throws IndexError where an index is out of range, by the dimension's number in `dims`. @internal
 */
export function flatIndex(
  op: string,
  indices: readonly Tensor[],
  sizes: readonly number[],
  dims: readonly number[],
): Tensor {
  const product = sizes.reduce((all, size) => all * size, 1);
  if (product > 2 ** 31 - 1 || indices.length > MOST) {
    throw new ShapeError(
      op,
      `index tensors address at most ${MOST} dimensions and 2^31 − 1 places together; here ${indices.length} ` +
        `dimensions have ${product}`,
      [sizes],
    );
  }
  const layout = indices.reduce<Layout>(
    (all, index) => broadcastLayouts(op, all, index.layout),
    indices[0].layout.dense,
  );
  const out = makeTensor(layout, INT32);
  const wide = indices.map((index) => expandTo(index, layout));
  sizes.forEach((size, i) => {
    attributes[i] = size;
  });
  try {
    active.runMany(kernel.flatIndex, INT32, [out, ...wide]);
  } catch (error) {
    if (!(error instanceof IndexError)) throw error;
    // The kernel counts the index tensors.
    const axis = Number(/for dim (\d+)/.exec(error.message)?.[1]);
    throw new IndexError(
      op,
      `index ${error.index} is out of range for dim ${dims[axis]} of size ${error.limit}`,
      error.index,
      error.limit,
    );
  }
  return out;
}
