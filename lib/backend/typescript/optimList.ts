// What the optimizer steps share: rows of arrays, one row a parameter, each checked before any is written.

import { type DataArray, FLOAT64, type Kind } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import type { Operand, OperandList } from '../backend.js';
import { demandDense, refuseKind } from './check.js';
import type { ListKernel } from './kernel.js';

// State is rounded to its dtype when it is stored, and read back rounded, as if each step were an op of its own.

/** One step of the first n elements of a row's columns; column c starts at offsets[c] of arrays[c]. */
export type Step = (arrays: readonly DataArray[], offsets: readonly number[], n: number) => void;

export function list(op: string, width: number, step: Step): ListKernel {
  return (kind: Kind, { rows }: OperandList): void => {
    if (kind > FLOAT64) refuseKind(op, kind);
    for (const row of rows) checkRow(op, row, width);
    for (const row of rows) {
      const arrays = row.map((operand) => operand.slab.view(operand.kind));
      const offsets = row.map((operand) => operand.offset);
      step(arrays, offsets, row[0].layout.size);
    }
  };
}

function checkRow(op: string, row: readonly Operand[], width: number): void {
  const fits = row.length === width && row.every((operand) => operand.layout.size === row[0].layout.size);
  if (!fits) {
    throw new ShapeError(
      op,
      `expects ${width} arrays of equal size for each parameter`,
      row.map((operand) => operand.layout.dims),
    );
  }
  for (const operand of row) demandDense(op, operand);
}
