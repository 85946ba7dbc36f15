// Comparing tensors with plain arrays, with a message that says where and by how much they differ.

import type { DType, Tensor } from 'quern';
import type { Plain } from './plain.js';
import { stored } from './values.js';

/** How far a result may lie from the reference: |difference| ≤ absolute + relative · |reference|. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}

export const EXACT: Tolerance = { relative: 0, absolute: 0 };

function alike(got: number, want: number, { relative, absolute }: Tolerance, zeroSigns: boolean): boolean {
  if (Object.is(got, want)) return true;
  if (got === want) return !(zeroSigns && want === 0);
  return Math.abs(got - want) <= absolute + relative * Math.abs(want) && Number.isFinite(want);
}

/** Throws unless the tensor has the shape, dtype and values; with `zeroSigns` −0 is not 0. */
export function demandClose(
  label: string,
  got: Tensor,
  want: Plain,
  dtype: DType,
  tolerance: Tolerance,
  zeroSigns = false,
): void {
  if (got.dtype !== dtype) throw new Error(`${label}: dtype ${got.dtype} instead of ${dtype}`);
  if (String(got.shape) !== String(want.shape)) {
    throw new Error(`${label}: shape (${got.shape}) instead of (${want.shape})`);
  }
  const values = got.dataSync();
  for (let i = 0; i < values.length; i++) {
    const expected = stored(want.data[i], dtype);
    if (!alike(values[i], expected, tolerance, zeroSigns)) {
      throw new Error(
        `${label}: element ${i} of (${got.shape}) is ${show(values[i])} instead of ${show(expected)}`,
      );
    }
  }
}

function show(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The bits of a tensor's elements in row-major order. */
export function bits(x: Tensor): string {
  const values = x.dataSync();
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}
