// Activations of one number and their slopes, and those that products end with.

import { ArgumentError } from '../../core/errors.js';
import { normalShare } from './erf.js';

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

export function gelu(x: number): number {
  return x * normalShare(x);
}

/** Φ(x) + x φ(x) */
export function geluSlope(x: number): number {
  return normalShare(x) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
}

const SCALE = 2 * Math.sqrt(2 / Math.PI);

/** x σ(2u) = ½ x (1 + tanh u), u = √(2/π) (x + 0.044715 x³); 1 + tanh would cancel far below 0. */
export function geluTanh(x: number): number {
  return x * sigmoid(SCALE * (x + 0.044715 * x * x * x));
}

export function geluTanhSlope(x: number): number {
  const share = sigmoid(SCALE * (x + 0.044715 * x * x * x));
  return share * (1 + x * (1 - share) * SCALE * (1 + 0.134145 * x * x));
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

/** tanh(ln(1 + eˣ)): n / (n + 2), n = eˣ (eˣ + 2). From 20 on it is 1, and the square would overflow. */
function tanhOfSoftplus(x: number): number {
  const e = Math.exp(Math.min(x, 20));
  const n = e * (e + 2);
  return n / (n + 2);
}

export function mish(x: number): number {
  return x * tanhOfSoftplus(x);
}

/** t + x σ (1 − t²), t = tanh(ln(1 + eˣ)) */
export function mishSlope(x: number): number {
  if (x > 20) return 1;
  const t = tanhOfSoftplus(x);
  return t + x * sigmoid(x) * (1 - t * t);
}

export function hardsigmoid(x: number): number {
  return Math.min(Math.max(x + 3, 0), 6) / 6;
}

export function hardswishSlope(x: number): number {
  if (x <= -3) return 0;
  return x < 3 ? x / 3 + 0.5 : 1;
}
