// The operations that the walk back through the graph needs.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { installArithmetic } from '../core/autograd.js';
import { copyValues } from './apply.js';
import { add } from './binary.js';
import { filledOf } from './create.js';
import { sumTo } from './reduce.js';

installArithmetic({
  add,
  addInto(target, value) {
    active.run3(kernel.add, target.kind, target, target, value);
  },
  copyInto: copyValues,
  sumTo: (value, like) => sumTo(value, like.layout.dense),
  onesLike: (value) => filledOf(value.layout.dense, value.kind, 1),
});
