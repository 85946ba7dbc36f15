// Samplers that reject, each element on a stream of its own: the recipe that both backends follow to the bit.
//
// native/core/rejection.h is the same file in C++; what philox.ts says of arithmetic holds here too. Attempt n of the
// element whose block is b reads the words of the counter (b, n).

import {
  drawAttempt,
  drawNormals,
  exponential,
  logarithm,
  normals,
  openUniform,
  uniform53,
  words,
} from './philox.js';

/** A sampler's value for the element whose block is given, from its parameter; k0 and k1 are the seed's halves. */
export type Sampler = (k0: number, k1: number, block: number, parameter: number) => number;

/**
 * From the gamma distribution of a shape above 0 and scale 1. G. Marsaglia, W. W. Tsang, "A simple method for
 * generating gamma variables", ACM TOMS 26 (2000); below shape 1 with their factor u^(1/shape).
 */
export const standardGamma: Sampler = (k0, k1, block, shape) => {
  const below1 = shape < 1;
  const d = (below1 ? shape + 1 : shape) - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (let attempt = 0; ; attempt++) {
    drawAttempt(k0, k1, block, attempt);
    drawNormals(words[0], words[1]);
    const x = normals[0];
    const t = 1 + c * x;
    if (t <= 0) continue;
    const v = t * t * t;
    const u = openUniform(words[2]);
    const y = x * x;
    if (!(u < 1 - 0.0331 * (y * y)) && !(logarithm(u) < 0.5 * y + d * (1 - v + logarithm(v)))) continue;
    const value = d * v;
    return below1 ? exponential(logarithm(value) + logarithm(openUniform(words[3])) / shape) : value;
  }
};

// biome-ignore format: one constant a line
const LOG_FACTORIALS = [
  0,
  0,
  0.69314718055994531,
  1.7917594692280550,
  3.1780538303479456,
  4.7874917427820460,
  6.5792512120101010,
  8.5251613610654143,
  10.604602902745250,
  12.801827480081469,
];

/** ln k! for a whole k from 0: a table, then Stirling's series. */
function logFactorial(k: number): number {
  if (k < 10) return LOG_FACTORIALS[k];
  const x = k + 1;
  const z = 1 / (x * x);
  const tail = (1 / 12 - (1 / 360 - (1 / 1260 - z * (1 / 1680)) * z) * z) / x;
  return (x - 0.5) * logarithm(x) - x + 0.91893853320467274 + tail;
}

/**
 * From the Poisson distribution of a rate from 0. Below 10 by the waiting times that fit into one unit; above by
 * transformed rejection (PTRS): W. Hörmann, "The transformed rejection method for generating Poisson random
 * variables", Insurance: Mathematics and Economics 12 (1993).
 */
export const poisson: Sampler = (k0, k1, block, rate) => {
  if (rate < 10) {
    let waited = 0;
    let count = 0;
    for (let attempt = 0; ; attempt++) {
      drawAttempt(k0, k1, block, attempt);
      for (let i = 0; i < 4; i++) {
        waited = waited - logarithm(openUniform(words[i]));
        if (waited >= rate) return count;
        count = count + 1;
      }
    }
  }
  const b = 0.931 + 2.53 * Math.sqrt(rate);
  const a = 0.02483 * b - 0.059;
  const logRate = logarithm(rate);
  const logInverse = logarithm(1.1239 + 1.1328 / (b - 3.4));
  const limit = 0.9277 - 3.6224 / (b - 2);
  for (let attempt = 0; ; attempt++) {
    drawAttempt(k0, k1, block, attempt);
    const u = uniform53(words[0], words[1]) - 0.5;
    const v = uniform53(words[2], words[3]) + 5.5511151231257827e-17; // 2^-54: never 0
    const s = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / s + b) * u + rate + 0.43);
    if (s >= 0.07 && v <= limit) return k;
    if (!(k >= 0) || (s < 0.013 && v > s)) continue;
    const left = logarithm(v) + logInverse - logarithm(a / (s * s) + b);
    if (left <= k * logRate - rate - logFactorial(k)) return k;
  }
};
