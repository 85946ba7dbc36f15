// Weighted sums of a table's rows, and their gradients.

import type { Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { checkIndices } from './check.js';
import { doubles } from './scratch.js';

const SUMS = 0;

/** A matrix in memory: its numbers, and where element (i, j) lies. */
class Matrix {
  readonly values: ArrayLike<number> & { [place: number]: number };
  readonly row: number;
  readonly column: number;
  readonly offset: number;

  constructor(operand: Operand) {
    this.values = operand.slab.view(operand.kind);
    [this.row, this.column] = operand.layout.strides;
    this.offset = operand.offset;
  }

  at(i: number, j: number): number {
    return this.offset + i * this.row + j * this.column;
  }
}

/** The index that has no part, which may be one behind the last row; −1: none. */
function checkMix(name: string, index: Operand, rows: number): number {
  const blank = attributes[0];
  checkIndices(name, index, 0, blank === rows ? rows + 1 : rows);
  return blank;
}

/** out (N, D) = Σ over k of weights (K, N) · table (V, D) at index (K, N); attribute 0: an index that has no part. */
export function weightedRows(
  _kind: Kind,
  out: Operand,
  table: Operand,
  index: Operand,
  weights: Operand,
): void {
  const [rows, columns] = table.layout.dims;
  const [terms, count] = index.layout.dims;
  const blank = checkMix('weightedRows', index, rows);
  const [from, at, share] = [new Matrix(table), new Matrix(index), new Matrix(weights)];
  const to = out.slab.view(out.kind);
  const sums = doubles(SUMS, columns);
  for (let i = 0; i < count; i++) {
    sums.fill(0, 0, columns);
    for (let k = 0; k < terms; k++) {
      const row = at.values[at.at(k, i)];
      if (row === blank) continue;
      const weight = share.values[share.at(k, i)];
      for (let j = 0, t = from.at(row, 0); j < columns; j++, t += from.column)
        sums[j] += weight * from.values[t];
    }
    for (let j = 0; j < columns; j++) to[out.offset + i * columns + j] = sums[j];
  }
}

/** table (V, D) = Σ of weights (K, N) · g (N, D), by index (K, N). */
export function weightedRowsGradTable(
  _kind: Kind,
  table: Operand,
  g: Operand,
  index: Operand,
  weights: Operand,
): void {
  const [rows, columns] = table.layout.dims;
  const [terms, count] = index.layout.dims;
  const blank = checkMix('weightedRows', index, rows);
  const [from, at, share] = [new Matrix(g), new Matrix(index), new Matrix(weights)];
  const sums = doubles(SUMS, rows * columns).fill(0, 0, rows * columns);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < terms; k++) {
      const row = at.values[at.at(k, i)];
      if (row === blank) continue;
      const weight = share.values[share.at(k, i)];
      for (let j = row * columns, t = from.at(i, 0); j < (row + 1) * columns; j++, t += from.column)
        sums[j] += weight * from.values[t];
    }
  }
  const to = table.slab.view(table.kind);
  for (let j = 0; j < rows * columns; j++) to[table.offset + j] = sums[j];
}

/** out (K, N) = the products of g (N, D) with the rows of table (V, D) at index (K, N). */
export function weightedRowsGradWeights(
  _kind: Kind,
  out: Operand,
  table: Operand,
  index: Operand,
  g: Operand,
): void {
  const [rows, columns] = table.layout.dims;
  const [terms, count] = index.layout.dims;
  const blank = checkMix('weightedRows', index, rows);
  const [from, at, slopes] = [new Matrix(table), new Matrix(index), new Matrix(g)];
  const to = out.slab.view(out.kind);
  for (let k = 0; k < terms; k++) {
    for (let i = 0; i < count; i++) {
      const row = at.values[at.at(k, i)];
      let total = 0;
      if (row !== blank) {
        let [t, s] = [from.at(row, 0), slopes.at(i, 0)];
        for (let j = 0; j < columns; j++, t += from.column, s += slopes.column)
          total += from.values[t] * slopes.values[s];
      }
      to[out.offset + k * count + i] = total;
    }
  }
}
