// Activations of one number and their slopes.

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
