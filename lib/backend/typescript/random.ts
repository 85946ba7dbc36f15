// Random numbers from a counter: element i of a draw, in row-major order, depends on the seed, the draw's offset and i.

import { type DataArray, FLOAT32, FLOAT64, type Kind } from '../../core/dtype.js';
import { ArgumentError } from '../../core/errors.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { demandDense, refuseKind } from './check.js';
import { chunkAfter, feeds } from './feed.js';
import { below, drawBlock, drawNormals, normals, uniform24, uniform53, words } from './philox.js';
import { CHUNK } from './scratch.js';

// Attributes: 0 and 1 the seed's halves, 2 the offset of the draw's first block; from 3 on the draw's own.

export function uniform(kind: Kind, out: Operand): void {
  demandDense('uniform', out);
  const o = out.slab.view(kind);
  const low = attributes[3];
  const high = attributes[4];
  const end = out.offset + out.layout.size;
  if (kind === FLOAT32) uniform32(o, out.offset, end, low, high);
  else if (kind === FLOAT64) uniform64(o, out.offset, end, low, high);
  else refuseKind('uniform', kind);
}

function uniform32(o: DataArray, begin: number, end: number, low: number, high: number): void {
  const [k0, k1, offset] = attributes;
  const span = high - low;
  for (let i = begin, block = offset; i < end; block++) {
    drawBlock(k0, k1, block);
    for (let lane = 0; lane < 4 && i < end; lane++, i++) {
      const value = Math.fround(low + uniform24(words[lane]) * span);
      o[i] = value >= high ? low : value;
    }
  }
}

function uniform64(o: DataArray, begin: number, end: number, low: number, high: number): void {
  const [k0, k1, offset] = attributes;
  const span = high - low;
  for (let i = begin, block = offset; i < end; block++) {
    drawBlock(k0, k1, block);
    for (let lane = 0; lane < 4 && i < end; lane += 2, i++) {
      const value = low + uniform53(words[lane], words[lane + 1]) * span;
      o[i] = value >= high ? low : value;
    }
  }
}

export function normal(kind: Kind, out: Operand): void {
  if (kind > FLOAT64) refuseKind('normal', kind);
  demandDense('normal', out);
  const [k0, k1, offset, mean, deviation] = attributes;
  const o = out.slab.view(kind);
  const end = out.offset + out.layout.size;
  for (let i = out.offset, block = offset; i < end; block++) {
    drawBlock(k0, k1, block);
    for (let lane = 0; lane < 4 && i < end; lane += 2) {
      drawNormals(words[lane], words[lane + 1]);
      o[i++] = normals[0] * deviation + mean;
      if (i < end) o[i++] = normals[1] * deviation + mean;
    }
  }
}

export function randint(kind: Kind, out: Operand): void {
  demandDense('randint', out);
  const [k0, k1, offset, low, high] = attributes;
  const span = high - low;
  const o = out.slab.view(kind);
  const end = out.offset + out.layout.size;
  for (let i = out.offset, block = offset; i < end; block++) {
    drawBlock(k0, k1, block);
    for (let lane = 0; lane < 4 && i < end; lane++, i++) o[i] = low + below(words[lane], span);
  }
}

// Chunks of the input below are a multiple of four elements, so that no block is split between two.
const BLOCKS_OF_CHUNK = CHUNK / 4;

export function bernoulli(_kind: Kind, out: Operand, p: Operand): void {
  demandDense('bernoulli', out);
  checkProbabilities(p);
  const [k0, k1, offset] = attributes;
  const o = out.slab.view(out.kind);
  const total = out.layout.size;
  const feed = feeds[0];
  feed.aim(p, out.layout);
  for (let done = 0, first = offset; done < total; done += CHUNK, first += BLOCKS_OF_CHUNK) {
    const count = chunkAfter(done, total);
    const at = feed.take(count);
    const probabilities = feed.array;
    const to = out.offset + done;
    for (let i = 0, block = first; i < count; block++) {
      drawBlock(k0, k1, block);
      for (let lane = 0; lane < 4 && i < count; lane++, i++) {
        o[to + i] = uniform24(words[lane]) < probabilities[at + i] ? 1 : 0;
      }
    }
  }
}

function checkProbabilities(p: Operand): void {
  const total = p.layout.size;
  const feed = feeds[0];
  feed.aim(p, p.layout);
  for (let done = 0; done < total; done += CHUNK) {
    const count = chunkAfter(done, total);
    const at = feed.take(count);
    const values = feed.array;
    for (let i = at; i < at + count; i++) {
      const value = values[i];
      if (!(value >= 0 && value <= 1)) {
        throw new ArgumentError('bernoulli', 'p', value, `probabilities lie in [0, 1]; got ${value}`);
      }
    }
  }
}

export function dropout(kind: Kind, out: Operand, x: Operand): void {
  demandDense('dropout', out);
  const [k0, k1, offset, p] = attributes;
  // In float32 a product of two float32 values, rounded once, by the store: exact in doubles before that.
  const scale = kind === FLOAT32 ? Math.fround(1 / (1 - p)) : 1 / (1 - p);
  const o = out.slab.view(out.kind);
  const total = out.layout.size;
  const feed = feeds[0];
  feed.aim(x, out.layout);
  for (let done = 0, first = offset; done < total; done += CHUNK, first += BLOCKS_OF_CHUNK) {
    const count = chunkAfter(done, total);
    const at = feed.take(count);
    const values = feed.array;
    const to = out.offset + done;
    for (let i = 0, block = first; i < count; block++) {
      drawBlock(k0, k1, block);
      for (let lane = 0; lane < 4 && i < count; lane++, i++) {
        o[to + i] = uniform24(words[lane]) < p ? 0 : values[at + i] * scale;
      }
    }
  }
}
