// Activations of one number and their slopes, and those that products end with.

import { ArgumentError } from '../../core/errors.js';
import { erf } from './erf.js';

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export function gelu(x: number): number {
  return 0.5 * x * (1 + erf(x * Math.SQRT1_2));
}

/** Φ(x) + x φ(x) */
export function geluSlope(x: number): number {
  return 0.5 * (1 + erf(x * Math.SQRT1_2)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
}

const SCALE = Math.sqrt(2 / Math.PI);

export function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(SCALE * (x + 0.044715 * x * x * x)));
}

export function geluTanhSlope(x: number): number {
  const t = Math.tanh(SCALE * (x + 0.044715 * x * x * x));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * SCALE * (1 + 0.134145 * x * x);
}

/** Of x σ(x). */
export function siluSlope(x: number): number {
  const s = sigmoid(x);
  return s * (1 + x * (1 - s));
}

/** What products may end with, by its code. */
const ENDINGS: readonly (((v: number) => number) | null)[] = [
  null,
  (v) => (v <= 0 ? 0 : v),
  gelu,
  geluTanh,
  Math.tanh,
  sigmoid,
];

/** The activation that a product ends with; null for none. */
export function endingOf(op: string, code: number): ((v: number) => number) | null {
  const ending = ENDINGS[code];
  if (ending !== undefined) return ending;
  throw new ArgumentError(op, 'activation', code, `there is no activation of code ${code}`);
}
