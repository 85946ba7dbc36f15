// Optimizer steps that scale each element by its own history: RMSprop, Adagrad, Adadelta, Rprop; and those that need
// no such scale: averaged descent and Lion.

import type { DataArray } from '../../core/dtype.js';
import { attributes } from '../record.js';
import { list, type Step } from './optimList.js';

// Attributes 0 to 2 of all of them: lr, weightDecay, maximize.

/** RMSprop; what it keeps besides the mean square, by the columns that hold it: the mean, the momentum. */
const rmspropStep =
  (centered: boolean, withMomentum: boolean): Step =>
  (arrays, offsets, n) => {
    const [param, grad, square] = arrays;
    const [p0, g0, v0] = offsets;
    const means = centered ? arrays[3] : null;
    const m0 = offsets[3];
    const buffers = withMomentum ? arrays[centered ? 4 : 3] : null;
    const b0 = offsets[centered ? 4 : 3];
    const lr = attributes[0];
    const decay = attributes[1];
    const sign = attributes[2] !== 0 ? -1 : 1;
    const alpha = attributes[3];
    const eps = attributes[4];
    const momentum = attributes[5];
    for (let i = 0; i < n; i++) {
      const p = param[p0 + i];
      const g = sign * grad[g0 + i] + decay * p;
      square[v0 + i] = alpha * square[v0 + i] + (1 - alpha) * g * g;
      const variance = square[v0 + i] - (means === null ? 0 : follow(means, m0 + i, 1 - alpha, g) ** 2);
      const step = g / (Math.sqrt(variance) + eps);
      if (buffers !== null) buffers[b0 + i] = momentum * buffers[b0 + i] + step;
      param[p0 + i] = p - lr * (buffers === null ? step : buffers[b0 + i]);
    }
  };

/** Moves an element toward a value by a share of the way; answers where it is then. */
function follow(array: DataArray, at: number, share: number, value: number): number {
  array[at] += share * (value - array[at]);
  return array[at];
}

const adagradStep: Step = ([param, grad, total], [p0, g0, s0], n) => {
  const lr = attributes[0];
  const decay = attributes[1];
  const sign = attributes[2] !== 0 ? -1 : 1;
  const eps = attributes[3];
  for (let i = 0; i < n; i++) {
    const p = param[p0 + i];
    const g = sign * grad[g0 + i] + decay * p;
    total[s0 + i] += g * g;
    param[p0 + i] = p - (lr * g) / (Math.sqrt(total[s0 + i]) + eps);
  }
};

const adadeltaStep: Step = ([param, grad, square, moved], [p0, g0, v0, u0], n) => {
  const lr = attributes[0];
  const decay = attributes[1];
  const sign = attributes[2] !== 0 ? -1 : 1;
  const rho = attributes[3];
  const eps = attributes[4];
  for (let i = 0; i < n; i++) {
    const p = param[p0 + i];
    const g = sign * grad[g0 + i] + decay * p;
    square[v0 + i] = rho * square[v0 + i] + (1 - rho) * g * g;
    const step = (Math.sqrt(moved[u0 + i] + eps) / Math.sqrt(square[v0 + i] + eps)) * g;
    moved[u0 + i] = rho * moved[u0 + i] + (1 - rho) * step * step;
    param[p0 + i] = p - lr * step;
  }
};

const rpropStep: Step = ([param, grad, previous, sizes], [p0, g0, l0, s0], n) => {
  const sign = attributes[2] !== 0 ? -1 : 1;
  const shrink = attributes[3];
  const grow = attributes[4];
  const least = attributes[5];
  const most = attributes[6];
  for (let i = 0; i < n; i++) {
    const g = sign * grad[g0 + i];
    const agreement = g * previous[l0 + i];
    const factor = agreement > 0 ? grow : agreement < 0 ? shrink : 1;
    sizes[s0 + i] = Math.min(Math.max(sizes[s0 + i] * factor, least), most);
    previous[l0 + i] = agreement < 0 ? 0 : g;
    param[p0 + i] -= Math.sign(previous[l0 + i]) * sizes[s0 + i];
  }
};

const asgdStep: Step = ([param, grad, average], [p0, g0, a0], n) => {
  const lr = attributes[0];
  const decay = attributes[1];
  const sign = attributes[2] !== 0 ? -1 : 1;
  const shrink = 1 - attributes[3] * lr;
  const share = attributes[4];
  for (let i = 0; i < n; i++) {
    const p = param[p0 + i];
    param[p0 + i] = p * shrink - lr * (sign * grad[g0 + i] + decay * p);
    // By a share of 1 exactly: what was there before may be anything.
    if (share === 1) average[a0 + i] = param[p0 + i];
    else follow(average, a0 + i, share, param[p0 + i]);
  }
};

const lionStep: Step = ([param, grad, mean], [p0, g0, m0], n) => {
  const lr = attributes[0];
  const shrink = 1 - lr * attributes[1];
  const sign = attributes[2] !== 0 ? -1 : 1;
  const beta1 = attributes[3];
  const beta2 = attributes[4];
  for (let i = 0; i < n; i++) {
    const g = sign * grad[g0 + i];
    const m = mean[m0 + i];
    param[p0 + i] = param[p0 + i] * shrink - lr * Math.sign(beta1 * m + (1 - beta1) * g);
    mean[m0 + i] = beta2 * m + (1 - beta2) * g;
  }
};

export const scaledKernels = {
  rmsprop: { list: list('rmsprop', 3, rmspropStep(false, false)) },
  rmspropMomentum: { list: list('rmspropMomentum', 4, rmspropStep(false, true)) },
  rmspropCentered: { list: list('rmspropCentered', 4, rmspropStep(true, false)) },
  rmspropCenteredMomentum: { list: list('rmspropCenteredMomentum', 5, rmspropStep(true, true)) },
  adagrad: { list: list('adagrad', 3, adagradStep) },
  adadelta: { list: list('adadelta', 4, adadeltaStep) },
  rprop: { list: list('rprop', 4, rpropStep) },
  asgd: { list: list('asgd', 3, asgdStep) },
  lion: { list: list('lion', 3, lionStep) },
};
