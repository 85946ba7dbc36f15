// Distributions beyond the uniform and the normal one: transformed words, and samplers that reject.

import { FLOAT64, type Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { parameterError } from '../status.js';
import { demandDense, refuseKind } from './check.js';
import { chunkAfter, feeds } from './feed.js';
import {
  drawNormals,
  exponential as exp,
  logarithm,
  normals,
  openUniform,
  turn,
  turned,
  words,
} from './philox.js';
import { BATCH_OF_FOURS, drawWords } from './random.js';
import { poisson, type Sampler, standardGamma } from './rejection.js';

/** out[i] = law(word of i, attributes 3 and 4), rounded once, by the store. */
function byWords(op: string, law: (word: number, first: number, second: number) => number) {
  return (kind: Kind, out: Operand): void => {
    if (kind > FLOAT64) refuseKind(op, kind);
    demandDense(op, out);
    const first = attributes[3];
    const second = attributes[4];
    const o = out.slab.view(kind);
    const total = out.layout.size;
    for (let done = 0; done < total; done += BATCH_OF_FOURS) {
      const count = Math.min(BATCH_OF_FOURS, total - done);
      drawWords(done, count, 4);
      for (let i = 0, to = out.offset + done; i < count; i++, to++) o[to] = law(words[i], first, second);
    }
  };
}

const exponential = byWords('exponential', (word, rate) => -logarithm(openUniform(word)) / rate);

const cauchy = byWords('cauchy', (word, median, sigma) => {
  // tan(π (v − ½)) = −cos πv / sin πv, and πv is half a turn's v-th part.
  turn(openUniform(word) * 0.5);
  return median + sigma * (-turned[1] / turned[0]);
});

const geometric = byWords('geometric', (word, logFailure) => {
  const trials = Math.ceil(logarithm(openUniform(word)) / logFailure);
  return trials < 1 ? 1 : trials;
});

function logNormal(kind: Kind, out: Operand): void {
  if (kind > FLOAT64) refuseKind('logNormal', kind);
  demandDense('logNormal', out);
  const mean = attributes[3];
  const deviation = attributes[4];
  const o = out.slab.view(kind);
  const total = out.layout.size;
  for (let done = 0; done < total; done += BATCH_OF_FOURS) {
    const count = Math.min(BATCH_OF_FOURS, total - done);
    drawWords(done, count, 4);
    for (let i = 0, to = out.offset + done; i < count; i += 2, to += 2) {
      drawNormals(words[i], words[i + 1]);
      o[to] = exp(normals[0] * deviation + mean);
      if (i + 1 < count) o[to + 1] = exp(normals[1] * deviation + mean);
    }
  }
}

/** out[i] = sampler(block of i, parameter i), where each element has a block of its own. */
function byElements(op: 'standardGamma' | 'poisson', valid: (value: number) => boolean, sampler: Sampler) {
  return (kind: Kind, out: Operand, x: Operand): void => {
    if (kind > FLOAT64) refuseKind(op, kind);
    demandDense(op, out);
    const total = out.layout.size;
    const feed = feeds[0];
    // All parameters are checked before anything is written.
    feed.aim(x, out.layout);
    for (let done = 0; done < total; ) {
      const count = chunkAfter(done, total);
      const at = feed.take(count);
      const values = feed.array;
      for (let i = at; i < at + count; i++) if (!valid(values[i])) throw parameterError(op, values[i]);
      done += count;
    }
    const [low, high, block] = attributes;
    const o = out.slab.view(kind);
    feed.aim(x, out.layout);
    for (let done = 0; done < total; ) {
      const count = chunkAfter(done, total);
      const at = feed.take(count);
      const values = feed.array;
      for (let i = 0; i < count; i++)
        o[out.offset + done + i] = sampler(low, high, block + done + i, values[at + i]);
      done += count;
    }
  };
}

export const randomLawKernels = {
  exponential: { 1: exponential },
  logNormal: { 1: logNormal },
  cauchy: { 1: cauchy },
  geometric: { 1: geometric },
  standardGamma: {
    2: byElements('standardGamma', (value) => value > 0 && Number.isFinite(value), standardGamma),
  },
  poisson: { 2: byElements('poisson', (value) => value >= 0 && Number.isFinite(value), poisson) },
};
