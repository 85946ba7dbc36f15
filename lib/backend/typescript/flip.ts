// Copies in reverse order along some axes.

import type { Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { demandDense } from './check.js';
import { Cursor } from './cursor.js';

const cursor = new Cursor();

/** Attribute 0: a bit for each axis that is reversed. */
export function flip(_kind: Kind, out: Operand, x: Operand): void {
  demandDense('flip', out);
  const mask = attributes[0];
  const { dims, size } = out.layout;
  if (size === 0) return;
  // From the last element of each reversed axis, backwards.
  let start = x.offset;
  const strides = x.layout.strides.map((stride, i) => {
    if ((mask & (1 << i)) === 0) return stride;
    start += (dims[i] - 1) * stride;
    return -stride;
  });
  cursor.aim(dims, strides, start);
  cursor.read(out.slab.view(out.kind), out.offset, x.slab.view(x.kind), size);
}
