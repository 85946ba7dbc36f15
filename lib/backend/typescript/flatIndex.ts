// Index tensors of several axes as one of their flattened product.

import { INT32, type Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { indexError } from '../status.js';
import { demandDense } from './check.js';
import { Cursor } from './cursor.js';

const cursor = new Cursor();

/** out = ((i0 · s1 + i1) · s2 + i2) …: attributes 0 and on are the axes' sizes; negative indices count from the end. */
export function flatIndex(_kind: Kind, [out, ...indices]: readonly Operand[]): void {
  demandDense('flatIndex', out);
  const to = out.slab.view(INT32);
  const start = out.offset;
  const total = out.layout.size;
  indices.forEach((index, axis) => {
    const size = attributes[axis];
    const values = index.slab.view(INT32);
    cursor.aim(index.layout.dims, index.layout.strides, index.offset);
    for (let i = start; i < start + total; i++) {
      const at = values[cursor.next()];
      if (at < -size || at >= size) throw indexError('flatIndex', at, size, axis);
      to[i] = (axis === 0 ? 0 : to[i] * size) + (at < 0 ? at + size : at);
    }
  });
}
