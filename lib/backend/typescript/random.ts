// Random numbers from a counter: element i of a draw, in row-major order, depends on the seed, the draw's offset and i.

import { FLOAT32, FLOAT64, type Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { probabilityError } from '../status.js';
import { demandDense, refuseKind } from './check.js';
import { chunkAfter, feeds } from './feed.js';
import { BATCH, below, drawBlocks, drawNormals, normals, uniform24, uniform53, words } from './philox.js';
import { CHUNK } from './scratch.js';

// Attributes: 0 and 1 the seed's halves, 2 the offset of the draw's first block; from 3 on the draw's own.

// Elements that one batch of blocks serves, by how many a block does. Feeds give at most that many at once.
export const BATCH_OF_FOURS = Math.min(4 * BATCH, CHUNK);
const BATCH_OF_TWOS = 2 * BATCH;

/** Draws the words for `count` elements after `done` of them, when each block serves `perBlock` elements. */
export function drawWords(done: number, count: number, perBlock: number): void {
  drawBlocks(attributes[0], attributes[1], attributes[2] + done / perBlock, Math.ceil(count / perBlock));
}

export function uniform(kind: Kind, out: Operand): void {
  demandDense('uniform', out);
  if (kind === FLOAT32) uniform32(out);
  else if (kind === FLOAT64) uniform64(out);
  else refuseKind('uniform', kind);
}

function uniform32(out: Operand): void {
  const low = attributes[3];
  const high = attributes[4];
  const span = high - low;
  const o = out.slab.view(out.kind);
  const total = out.layout.size;
  for (let done = 0; done < total; done += BATCH_OF_FOURS) {
    const count = Math.min(BATCH_OF_FOURS, total - done);
    drawWords(done, count, 4);
    for (let i = 0, to = out.offset + done; i < count; i++, to++) {
      const value = Math.fround(low + uniform24(words[i]) * span);
      o[to] = value >= high ? low : value;
    }
  }
}

function uniform64(out: Operand): void {
  const low = attributes[3];
  const high = attributes[4];
  const span = high - low;
  const o = out.slab.view(out.kind);
  const total = out.layout.size;
  for (let done = 0; done < total; done += BATCH_OF_TWOS) {
    const count = Math.min(BATCH_OF_TWOS, total - done);
    drawWords(done, count, 2);
    for (let i = 0, to = out.offset + done; i < count; i++, to++) {
      const value = low + uniform53(words[2 * i], words[2 * i + 1]) * span;
      o[to] = value >= high ? low : value;
    }
  }
}

export function normal(kind: Kind, out: Operand): void {
  if (kind > FLOAT64) refuseKind('normal', kind);
  demandDense('normal', out);
  const mean = attributes[3];
  const deviation = attributes[4];
  const o = out.slab.view(kind);
  const total = out.layout.size;
  for (let done = 0; done < total; done += BATCH_OF_FOURS) {
    const count = Math.min(BATCH_OF_FOURS, total - done);
    drawWords(done, count, 4);
    for (let i = 0, to = out.offset + done; i < count; i += 2, to += 2) {
      drawNormals(words[i], words[i + 1]);
      o[to] = normals[0] * deviation + mean;
      if (i + 1 < count) o[to + 1] = normals[1] * deviation + mean;
    }
  }
}

export function randint(kind: Kind, out: Operand): void {
  demandDense('randint', out);
  const low = attributes[3];
  const span = attributes[4] - low;
  const o = out.slab.view(kind);
  const total = out.layout.size;
  for (let done = 0; done < total; done += BATCH_OF_FOURS) {
    const count = Math.min(BATCH_OF_FOURS, total - done);
    drawWords(done, count, 4);
    for (let i = 0, to = out.offset + done; i < count; i++, to++) o[to] = low + below(words[i], span);
  }
}

export function bernoulli(_kind: Kind, out: Operand, p: Operand): void {
  demandDense('bernoulli', out);
  checkProbabilities(p);
  const o = out.slab.view(out.kind);
  const total = out.layout.size;
  const feed = feeds[0];
  feed.aim(p, out.layout);
  for (let done = 0; done < total; done += BATCH_OF_FOURS) {
    const count = Math.min(BATCH_OF_FOURS, total - done);
    const from = feed.take(count);
    const probabilities = feed.array;
    drawWords(done, count, 4);
    for (let i = 0, to = out.offset + done; i < count; i++, to++) {
      o[to] = uniform24(words[i]) < probabilities[from + i] ? 1 : 0;
    }
  }
}

function checkProbabilities(p: Operand): void {
  const total = p.layout.size;
  const feed = feeds[0];
  feed.aim(p, p.layout);
  for (let done = 0; done < total; ) {
    const count = chunkAfter(done, total);
    const at = feed.take(count);
    const values = feed.array;
    for (let i = at; i < at + count; i++) {
      const value = values[i];
      if (!(value >= 0 && value <= 1)) {
        throw probabilityError(value);
      }
    }
    done += count;
  }
}

export function dropout(kind: Kind, out: Operand, x: Operand): void {
  demandDense('dropout', out);
  const p = attributes[3];
  // In float32 a product of two float32 values, rounded once, by the store: exact in doubles before that.
  const scale = kind === FLOAT32 ? Math.fround(1 / (1 - p)) : 1 / (1 - p);
  const o = out.slab.view(out.kind);
  const total = out.layout.size;
  const feed = feeds[0];
  feed.aim(x, out.layout);
  for (let done = 0; done < total; done += BATCH_OF_FOURS) {
    const count = Math.min(BATCH_OF_FOURS, total - done);
    const from = feed.take(count);
    const values = feed.array;
    drawWords(done, count, 4);
    for (let i = 0, to = out.offset + done; i < count; i++, to++) {
      o[to] = uniform24(words[i]) < p ? 0 : values[from + i] * scale;
    }
  }
}
