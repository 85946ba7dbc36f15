// Optimizer steps of Adam and its kin: they follow a mean of the gradient, scaled by a mean of its square.

import type { DataArray } from '../../core/dtype.js';
import { attributes } from '../record.js';
import { list, type Step } from './optimList.js';

// Attributes 0 to 5 of all of them: lr, weightDecay, maximize, beta1, beta2, eps.

/** Moves one element of the mean of the gradient g and of its square. */
function follow(mean: DataArray, m: number, square: DataArray, v: number, g: number): void {
  const beta1 = attributes[3];
  const beta2 = attributes[4];
  mean[m] += (1 - beta1) * (g - mean[m]);
  square[v] = beta2 * square[v] + (1 - beta2) * g * g;
}

/** What weight decay multiplies the parameter by and what it adds of it to the gradient: attribute 6 is decoupled. */
function decayTerms(): readonly [shrink: number, added: number] {
  const decay = attributes[1];
  return attributes[6] !== 0 ? [1 - attributes[0] * decay, 0] : [1, decay];
}

const adamStep: Step = ([param, grad, mean, square, greatest], [p0, g0, m0, v0, x0], n) => {
  const sign = attributes[2] !== 0 ? -1 : 1;
  const eps = attributes[5];
  const [shrink, added] = decayTerms();
  const stepSize = attributes[0] / attributes[7];
  const correction = Math.sqrt(attributes[8]);
  for (let i = 0; i < n; i++) {
    const p = param[p0 + i] * shrink;
    follow(mean, m0 + i, square, v0 + i, sign * grad[g0 + i] + added * p);
    let bound = square[v0 + i];
    if (greatest !== undefined) {
      bound = Math.max(greatest[x0 + i], bound);
      greatest[x0 + i] = bound;
    }
    const denominator = Math.sqrt(bound) / correction + eps;
    param[p0 + i] = p - (stepSize * mean[m0 + i]) / denominator;
  }
};

const nadamStep: Step = ([param, grad, mean, square], [p0, g0, m0, v0], n) => {
  const sign = attributes[2] !== 0 ? -1 : 1;
  const eps = attributes[5];
  const [shrink, added] = decayTerms();
  const ofGradient = attributes[7];
  const ofMean = attributes[8];
  const correction = attributes[9];
  for (let i = 0; i < n; i++) {
    const p = param[p0 + i] * shrink;
    const g = sign * grad[g0 + i] + added * p;
    follow(mean, m0 + i, square, v0 + i, g);
    const denominator = Math.sqrt(square[v0 + i] / correction) + eps;
    param[p0 + i] = p - (ofGradient * g + ofMean * mean[m0 + i]) / denominator;
  }
};

const radamStep: Step = ([param, grad, mean, square], [p0, g0, m0, v0], n) => {
  const sign = attributes[2] !== 0 ? -1 : 1;
  const eps = attributes[5];
  const [shrink, added] = decayTerms();
  const rate = attributes[0] / attributes[7];
  const rectification = attributes[9];
  const scale = Math.sqrt(attributes[8]) * rectification;
  for (let i = 0; i < n; i++) {
    const p = param[p0 + i] * shrink;
    follow(mean, m0 + i, square, v0 + i, sign * grad[g0 + i] + added * p);
    const adaptive = rectification === 0 ? 1 : scale / (Math.sqrt(square[v0 + i]) + eps);
    param[p0 + i] = p - rate * mean[m0 + i] * adaptive;
  }
};

const adamaxStep: Step = ([param, grad, mean, greatest], [p0, g0, m0, u0], n) => {
  const decay = attributes[1];
  const sign = attributes[2] !== 0 ? -1 : 1;
  const beta1 = attributes[3];
  const beta2 = attributes[4];
  const eps = attributes[5];
  const stepSize = attributes[0] / attributes[6];
  for (let i = 0; i < n; i++) {
    const p = param[p0 + i];
    const g = sign * grad[g0 + i] + decay * p;
    mean[m0 + i] += (1 - beta1) * (g - mean[m0 + i]);
    greatest[u0 + i] = Math.max(beta2 * greatest[u0 + i], Math.abs(g) + eps);
    param[p0 + i] = p - (stepSize * mean[m0 + i]) / greatest[u0 + i];
  }
};

const lambStep: Step = ([param, grad, mean, square], [p0, g0, m0, v0], n) => {
  const decay = attributes[1];
  const sign = attributes[2] !== 0 ? -1 : 1;
  const eps = attributes[5];
  const correction1 = attributes[6];
  const correction2 = Math.sqrt(attributes[7]);
  const direction = (i: number): number =>
    mean[m0 + i] / correction1 / (Math.sqrt(square[v0 + i]) / correction2 + eps) + decay * param[p0 + i];
  let parameterSum = 0;
  let directionSum = 0;
  for (let i = 0; i < n; i++) {
    follow(mean, m0 + i, square, v0 + i, sign * grad[g0 + i]);
    parameterSum += param[p0 + i] ** 2;
    directionSum += direction(i) ** 2;
  }
  const trusted = parameterSum !== 0 && directionSum !== 0;
  const rate = attributes[0] * (trusted ? Math.sqrt(parameterSum) / Math.sqrt(directionSum) : 1);
  for (let i = 0; i < n; i++) param[p0 + i] -= rate * direction(i);
};

export const adamKernels = {
  adam: { list: list('adam', 4, adamStep) },
  adamMax: { list: list('adamMax', 5, adamStep) },
  nadam: { list: list('nadam', 4, nadamStep) },
  radam: { list: list('radam', 4, radamStep) },
  adamax: { list: list('adamax', 4, adamaxStep) },
  lamb: { list: list('lamb', 4, lambStep) },
};
