// Where values belong in sorted rows.

import { type DataArray, INT32, type Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { demandDense } from './check.js';

/** The first of n sorted elements that is not less than the value; NaN belongs behind all of them. */
function leftmost(sorted: DataArray, start: number, n: number, value: number): number {
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[start + middle] >= value) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The first that is greater. */
function rightmost(sorted: DataArray, start: number, n: number, value: number): number {
  let low = 0;
  let high = n;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[start + middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function searchsorted(kind: Kind, out: Operand, sorted: Operand, values: Operand): void {
  demandDense('searchsorted', sorted);
  demandDense('searchsorted', values);
  const bound = attributes[0] === 1 ? rightmost : leftmost;
  const o = out.slab.view(INT32);
  const row = sorted.slab.view(kind);
  const x = values.slab.view(kind);
  const last = sorted.layout.rank - 1;
  const n = sorted.layout.dims[last];
  const size = values.layout.size;
  const rowsOfOne = last > 0 ? values.layout.dims[last] : size;
  for (let i = 0; i < size; i++) {
    o[out.offset + i] = bound(row, sorted.offset + Math.floor(i / rowsOfOne) * n, n, x[values.offset + i]);
  }
}
