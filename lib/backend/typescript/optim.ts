// Optimizer steps over lists of parameters, in PyTorch's order of operations.

import { attributes } from '../record.js';
import { adamKernels } from './optimAdam.js';
import { list, type Step } from './optimList.js';
import { scaledKernels } from './optimScaled.js';

const sgdStep: Step = ([param, grad], [p0, g0], n) => {
  const lr = attributes[0];
  const decay = attributes[1];
  const sign = attributes[2] !== 0 ? -1 : 1;
  for (let i = 0; i < n; i++) {
    const p = param[p0 + i];
    param[p0 + i] = p - lr * (sign * grad[g0 + i] + decay * p);
  }
};

const sgdMomentumStep: Step = ([param, grad, buffer], [p0, g0, b0], n) => {
  const lr = attributes[0];
  const decay = attributes[1];
  const sign = attributes[2] !== 0 ? -1 : 1;
  const momentum = attributes[3];
  const fresh = 1 - attributes[4];
  const nesterov = attributes[5] !== 0;
  const first = attributes[6] !== 0;
  for (let i = 0; i < n; i++) {
    const p = param[p0 + i];
    const g = sign * grad[g0 + i] + decay * p;
    // A first step doesn't read the buffer: it may hold anything.
    buffer[b0 + i] = first ? g : momentum * buffer[b0 + i] + fresh * g;
    const velocity = buffer[b0 + i];
    param[p0 + i] = p - lr * (nesterov ? g + momentum * velocity : velocity);
  }
};

/** The share from whichever end is nearer, as torch.lerp has it: a share of 1 gives the parameter itself. */
const averageStep: Step = ([average, param], [a0, p0], n) => {
  const share = attributes[0];
  for (let i = 0; i < n; i++) {
    const a = average[a0 + i];
    const p = param[p0 + i];
    average[a0 + i] = share < 0.5 ? a + share * (p - a) : p - (1 - share) * (p - a);
  }
};

export const optimizerKernels = {
  sgd: { list: list('sgd', 2, sgdStep) },
  sgdMomentum: { list: list('sgdMomentum', 3, sgdMomentumStep) },
  average: { list: list('average', 2, averageStep) },
  ...adamKernels,
  ...scaledKernels,
};
