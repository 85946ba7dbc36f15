// The affine map of fully connected layers: x · wᵀ, a bias for each column, an activation.

import type { Kind } from '../../core/dtype.js';
import { transposedLayout } from '../../core/layout.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { endingOf } from './activation.js';
import { matmul } from './matmul.js';

export function linear(kind: Kind, out: Operand, x: Operand, w: Operand): void {
  mapRows(kind, out, x, w, null);
}

export function linearBias(kind: Kind, out: Operand, x: Operand, w: Operand, bias: Operand): void {
  mapRows(kind, out, x, w, bias);
}

function mapRows(kind: Kind, out: Operand, x: Operand, w: Operand, bias: Operand | null): void {
  const activation = endingOf('linear', attributes[0]);
  matmul(kind, out, x, { slab: w.slab, offset: w.offset, kind, layout: transposedLayout(w.layout) });
  if (bias === null && activation === null) return;
  const o = out.slab.view(kind);
  const b = bias?.slab.view(kind) ?? null;
  const step = bias?.layout.strides[0] ?? 0;
  const [rows, columns] = out.layout.dims;
  let at = out.offset;
  for (let i = 0; i < rows; i++) {
    for (let j = 0, from = bias?.offset ?? 0; j < columns; j++, at++, from += step) {
      const v = b === null ? o[at] : o[at] + b[from];
      o[at] = activation === null ? v : activation(v);
    }
  }
}
