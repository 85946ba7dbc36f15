// Special functions of numbers: the gamma function's logarithm and its derivatives, the rest of the error function.

import { erf } from './functions.js';

/** 1 − erf x: beyond 2 the continued fraction e^(−x²) / √π / (x + ½ / (x + 1 / (x + 3⁄2 / …))). */
export function erfc(x: number): number {
  if (!(x > 2)) return 1 - erf(x);
  let below = x;
  for (let k = 60; k >= 1; k--) below = x + k / 2 / below;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / below;
}

/** π cot πx: its argument's fraction alone counts. */
function cotangent(x: number): number {
  return Math.PI / Math.tan(Math.PI * (x - Math.round(x)));
}

/** By the recurrence up to 20, and Stirling's series there. */
export function lgamma(x: number): number {
  if (Number.isNaN(x)) return x;
  if (!Number.isFinite(x)) return Number.POSITIVE_INFINITY;
  if (x <= 0) {
    if (Number.isInteger(x)) return Number.POSITIVE_INFINITY;
    if (x > -1e-20) return -Math.log(-x);
    const sine = Math.abs(Math.sin(Math.PI * (x - Math.round(x))));
    return Math.log(Math.PI) - Math.log(sine) - lgamma(1 - x);
  }
  let [a, taken] = [x, 0];
  for (; a < 20; a++) taken += Math.log(a);
  const series = 1 / (12 * a) - 1 / (360 * a ** 3) + 1 / (1260 * a ** 5) - 1 / (1680 * a ** 7);
  return (a - 0.5) * (Math.log(a) - 1) - 0.5 + 0.5 * Math.log(2 * Math.PI) + series - taken;
}

export function digamma(x: number): number {
  if (x === 0) return Object.is(x, 0) ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (x < 0) return x === Math.floor(x) ? Number.NaN : digamma(1 - x) - cotangent(x);
  let [a, taken] = [x, 0];
  for (; a < 30; a++) taken += 1 / a;
  return Math.log(a) - 1 / (2 * a) - 1 / (12 * a ** 2) + 1 / (120 * a ** 4) - 1 / (252 * a ** 6) - taken;
}

/** By the recurrence up to 60, below 0 too, and the first terms of the series of Euler and Maclaurin there. */
export function polygamma(n: number, x: number): number {
  if (n === 0) return digamma(x);
  const sign = n % 2 === 0 ? -1 : 1;
  if (x <= 0 && x === Math.floor(x)) return sign * Number.POSITIVE_INFINITY;
  if (x === Number.POSITIVE_INFINITY) return 0;
  let factorial = 1;
  for (let k = 2; k <= n; k++) factorial *= k;
  let [a, sum] = [x, 0];
  for (; a < 60; a++) sum += a ** -(n + 1);
  const tail = 1 / n + 1 / (2 * a) + (n + 1) / (12 * a ** 2) - ((n + 1) * (n + 2) * (n + 3)) / (720 * a ** 4);
  return sign * factorial * (sum + tail * a ** -n);
}
