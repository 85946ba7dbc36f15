// The operands of products, as they are or rounded to bfloat16.

import type { DataArray } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes, PRECISION } from '../record.js';

/** Values that a product multiplies, from an offset on; the operand's strides hold for them. */
export interface Factor {
  readonly values: DataArray;
  readonly offset: number;
}

/** A product's operand in the precision that the call asks for. */
export function factorOf(operand: Operand): Factor {
  const values = operand.slab.view(operand.kind);
  const { offset } = operand;
  if (attributes[PRECISION] === 0) return { values, offset };
  return { values: roundedCopy(values, offset, operand.layout.extent), offset: 0 };
}

// A float's upper half, rounded to the nearest, ties to even. The carry runs into the exponent as it should; a NaN
// stays one by its quiet bit.
function roundedCopy(values: DataArray, offset: number, count: number): Float32Array {
  const copy = new Float32Array(values.subarray(offset, offset + count));
  const bits = new Uint32Array(copy.buffer);
  for (let i = 0; i < count; i++) {
    const all = bits[i];
    const isNaN = (all & 0x7fffffff) > 0x7f800000;
    bits[i] = (isNaN ? all | 0x00400000 : all + 0x7fff + ((all >>> 16) & 1)) & 0xffff0000;
  }
  return copy;
}
