// The operations that the walk back through the graph needs.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { installArithmetic } from '../core/autograd.js';
import type { Tensor } from '../core/tensor.js';
import { copyValues } from './apply.js';
import { add } from './binary.js';
import { filledOf } from './create.js';
import { sum } from './reduce.js';
import { reshape } from './shape.js';

/** Sums over the dimensions that broadcasting added or stretched. */
function sumTo(value: Tensor, like: Tensor): Tensor {
  const lead = value.ndim - like.ndim;
  const axes: number[] = [];
  for (let i = 0; i < value.ndim; i++) {
    if (i < lead || (like.shape[i - lead] === 1 && value.shape[i] !== 1)) axes.push(i);
  }
  const total = axes.length > 0 ? sum(value, axes, { keepdim: true }) : value;
  return lead > 0 ? reshape(total, like.shape) : total;
}

installArithmetic({
  add,
  addInto(target, value) {
    active.run3(kernel.add, target.kind, target, target, value);
  },
  copyInto: copyValues,
  sumTo,
  onesLike: (value) => filledOf(value.layout.dense, value.kind, 1),
});
