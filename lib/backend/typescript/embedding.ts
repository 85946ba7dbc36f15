// Rows of a table by index, and the table's gradient.

import { INT32, type Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { checkIndices } from './check.js';
import { doubles } from './scratch.js';

const SUMS = 0;

/** out (N, D), table (V, D), index (N); attribute 0: a row that reads as zeros, or −1. */
export function embedding(_kind: Kind, out: Operand, table: Operand, index: Operand): void {
  const [rows, columns] = table.layout.dims;
  checkIndices('embedding', index, 0, rows);
  const padding = attributes[0];
  const [row, column] = table.layout.strides;
  const from = table.slab.view(table.kind);
  const to = out.slab.view(out.kind);
  const values = index.slab.view(INT32);
  let o = out.offset;
  for (let i = 0; i < index.layout.dims[0]; i++) {
    const at = values[index.offset + i * index.layout.strides[0]];
    let t = table.offset + at * row;
    for (let j = 0; j < columns; j++, o++, t += column) to[o] = at === padding ? 0 : from[t];
  }
}

/** table (V, D) = Σ over the list of g (N, D), by index (N); attribute 0: a row that stays zero, or −1. */
export function embeddingGrad(_kind: Kind, table: Operand, index: Operand, g: Operand): void {
  const [rows, columns] = table.layout.dims;
  checkIndices('embedding', index, 0, rows);
  const padding = attributes[0];
  const [row, column] = g.layout.strides;
  const from = g.slab.view(g.kind);
  const values = index.slab.view(INT32);
  const sums = doubles(SUMS, rows * columns).fill(0, 0, rows * columns);
  for (let i = 0; i < index.layout.dims[0]; i++) {
    const at = values[index.offset + i * index.layout.strides[0]];
    if (at === padding) continue;
    let t = g.offset + i * row;
    for (let j = at * columns; j < (at + 1) * columns; j++, t += column) sums[j] += from[t];
  }
  const to = table.slab.view(table.kind);
  for (let j = 0; j < rows * columns; j++) to[table.offset + j] = sums[j];
}
