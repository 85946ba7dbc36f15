// Matrix products, with batch dimensions that broadcast.

import type { DataArray, Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { Cursor } from './cursor.js';
import { factorOf } from './factor.js';
import { gemm, LANES, Matrix } from './gemm.js';

const left = new Matrix();
const right = new Matrix();
const product = new Matrix();
const outBatch = new Cursor();
const aBatch = new Cursor();
const bBatch = new Cursor();

// Below this many multiplications, packing costs more than it saves.
const SMALL = 2048;

export function matmul(_kind: Kind, out: Operand, a: Operand, b: Operand): void {
  if (out.layout.size === 0) return;
  const rank = out.layout.rank;
  const m = out.layout.dims[rank - 2];
  const n = out.layout.dims[rank - 1];
  const k = a.layout.dims[a.layout.rank - 1];
  const o = out.slab.view(out.kind);
  const { values: x, offset: xStart } = factorOf(a);
  const { values: y, offset: yStart } = factorOf(b);
  const [oRow, oColumn] = lastStrides(out);
  const [aRow, aColumn] = lastStrides(a);
  const [bRow, bColumn] = lastStrides(b);
  const batched = rank > 2;
  if (batched) {
    aimBatch(outBatch, out, out.offset, out);
    aimBatch(aBatch, a, xStart, out);
    aimBatch(bBatch, b, yStart, out);
  }
  for (let products = out.layout.size / (m * n); products > 0; products--) {
    const oi = batched ? outBatch.next() : out.offset;
    const ai = batched ? aBatch.next() : xStart;
    const bi = batched ? bBatch.next() : yStart;
    if (m < LANES || (n >= LANES && m * n * k <= SMALL)) {
      direct(o, oi, oRow, oColumn, x, ai, aRow, aColumn, y, bi, bRow, bColumn, m, n, k);
    } else if (n < LANES) {
      // The transposed product, whose rows are the long ones.
      direct(o, oi, oColumn, oRow, y, bi, bColumn, bRow, x, ai, aColumn, aRow, n, m, k);
    } else {
      blocked(o, oi, oRow, oColumn, x, ai, aRow, aColumn, y, bi, bRow, bColumn, m, n, k);
    }
  }
}

function lastStrides(operand: Operand): [row: number, column: number] {
  const { rank, strides } = operand.layout;
  return [strides[rank - 2], strides[rank - 1]];
}

// Over the dims before the matrices' own; where an operand is broadcast the walk stands still.
function aimBatch(cursor: Cursor, operand: Operand, offset: number, out: Operand): void {
  const dims = out.layout.dims.slice(0, -2);
  const lead = out.layout.rank - operand.layout.rank;
  const strides = dims.map((dim, i) => {
    const at = i - lead;
    return at < 0 || (operand.layout.dims[at] === 1 && dim !== 1) ? 0 : operand.layout.strides[at];
  });
  cursor.aim(dims, strides, offset);
}

function blocked(
  o: DataArray,
  oi: number,
  oRow: number,
  oColumn: number,
  a: DataArray,
  ai: number,
  aRow: number,
  aColumn: number,
  b: DataArray,
  bi: number,
  bRow: number,
  bColumn: number,
  m: number,
  n: number,
  k: number,
): void {
  left.aim(a, ai, aRow, aColumn);
  right.aim(b, bi, bColumn, bRow);
  product.aim(o, oi, oColumn, oRow);
  gemm(m, n, k, left, right, product);
}

// Row by row and four columns at a time, straight from the operands: for few rows and for small products.
function direct(
  o: DataArray,
  oi: number,
  oRow: number,
  oColumn: number,
  a: DataArray,
  ai: number,
  aRow: number,
  aColumn: number,
  b: DataArray,
  bi: number,
  bRow: number,
  bColumn: number,
  m: number,
  n: number,
  k: number,
): void {
  for (let i = 0; i < m; i++) {
    const row = ai + i * aRow;
    let to = oi + i * oRow;
    let j = 0;
    for (; j + 4 <= n; j += 4) {
      let c0 = 0;
      let c1 = 0;
      let c2 = 0;
      let c3 = 0;
      for (let p = 0, x = row, y = bi + j * bColumn; p < k; p++, x += aColumn, y += bRow) {
        const v = a[x];
        c0 += v * b[y];
        c1 += v * b[y + bColumn];
        c2 += v * b[y + 2 * bColumn];
        c3 += v * b[y + 3 * bColumn];
      }
      o[to] = c0;
      o[to + oColumn] = c1;
      o[to + 2 * oColumn] = c2;
      o[to + 3 * oColumn] = c3;
      to += 4 * oColumn;
    }
    for (; j < n; j++, to += oColumn) {
      let c = 0;
      for (let p = 0, x = row, y = bi + j * bColumn; p < k; p++, x += aColumn, y += bRow) c += a[x] * b[y];
      o[to] = c;
    }
  }
}
