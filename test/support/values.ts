// Test data: drawn from a fixed stream, the same numbers in every dtype that holds them.

import type { DType } from 'quern';
import { type Plain, sizeOf } from './plain.js';

/** Where numbers are drawn from. */
export interface Domain {
  readonly low: number;
  readonly high: number;
  /** Which numbers will do; those near a kink would not, where a gradient is wanted. */
  readonly only?: (value: number) => boolean;
}

/** Numbers from [0, 1): mulberry32, which is enough for test data. */
export function stream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A seed from a name. */
export function seedOf(name: string): number {
  let hash = 2166136261;
  for (const char of name) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
  return hash >>> 0;
}

function drawOne(next: () => number, dtype: DType, { low, high, only }: Domain): number {
  if (dtype === 'bool') return next() < 0.5 ? 0 : 1;
  if (dtype === 'int32' || dtype === 'uint8') {
    const from = dtype === 'uint8' ? Math.max(0, Math.ceil(low)) : Math.ceil(low);
    return from + Math.floor(next() * (Math.max(from, Math.floor(high)) - from + 1));
  }
  // Of float32's grid in float64 too, so that both dtypes compute on the same numbers.
  for (let tries = 0; tries < 1000; tries++) {
    const value = Math.fround(low + next() * (high - low));
    if (only === undefined || only(value)) return value;
  }
  throw new Error(`no number of the domain [${low}, ${high}] will do`);
}

export function draw(shape: readonly number[], dtype: DType, domain: Domain, seed: number): Plain {
  const next = stream(seed);
  return { shape, data: Array.from({ length: sizeOf(shape) }, () => drawOne(next, dtype, domain)) };
}

/** A value as a dtype stores it: floats rounded, integers wrapped around. */
export function stored(value: number, dtype: DType): number {
  switch (dtype) {
    case 'float32':
      return Math.fround(value);
    case 'float64':
      return value;
    case 'int32':
      return value | 0;
    case 'uint8':
      return value & 0xff;
    case 'bool':
      return value === 0 ? 0 : 1;
  }
}

/** What is most likely to go wrong in a floating dtype. */
export function specialValues(dtype: DType): number[] {
  const [largest, least] =
    dtype === 'float32' ? [3.4028234663852886e38, 2 ** -149] : [Number.MAX_VALUE, 5e-324];
  const positive = [0, least, 2 ** -30, 0.5, 1, 2.5, 20.5, 1000, 2 ** 31, largest, Number.POSITIVE_INFINITY];
  return [...positive, ...positive.map((value) => -value), Number.NaN];
}
