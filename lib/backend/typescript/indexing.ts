// Reading and adding along one axis by int32 index tensors.

import { type DataArray, INT32, type Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { checkIndices } from './check.js';
import { Cursor, spread } from './cursor.js';
import { chunkAfter } from './feed.js';
import { CHUNK, doubles } from './scratch.js';

// All walk a "list" (the output that is gathered, the source that is written), whose element (…, j, …) belongs with
// the element (…, index, …) of an "addressed" operand. Every index is checked before anything is written, and the list
// is walked in row-major order: that is the order in which colliding sources are
// written.

const listCursor = new Cursor();
const addressedCursor = new Cursor();
const indexCursor = new Cursor();

// Slots of scratch memory.
const LIST = 0;
const ADDRESSED = 1;
const INDEX = 2;

/** Lists of element offsets: list[i] belongs with addressed[i] + values[index[i]] * step. */
type ElementLoop = (
  list: DataArray,
  listAt: Float64Array,
  addressed: DataArray,
  addressedAt: Float64Array,
  values: DataArray,
  indexAt: Float64Array,
  step: number,
  count: number,
) => void;

const gatherLoop: ElementLoop = (list, listAt, addressed, addressedAt, values, indexAt, step, count) => {
  for (let i = 0; i < count; i++) list[listAt[i]] = addressed[addressedAt[i] + values[indexAt[i]] * step];
};

// The stores into typed arrays round, or wrap modulo 2^32.
const scatterAddLoop: ElementLoop = (list, listAt, addressed, addressedAt, values, indexAt, step, count) => {
  for (let i = 0; i < count; i++) addressed[addressedAt[i] + values[indexAt[i]] * step] += list[listAt[i]];
};

const scatterLoop: ElementLoop = (list, listAt, addressed, addressedAt, values, indexAt, step, count) => {
  for (let i = 0; i < count; i++) addressed[addressedAt[i] + values[indexAt[i]] * step] = list[listAt[i]];
};

// Products of int32 are taken modulo 2^32, which doubles would not hold.
const scatterProdLoop: ElementLoop = (list, listAt, addressed, addressedAt, values, indexAt, step, count) => {
  const whole = addressed instanceof Int32Array;
  for (let i = 0; i < count; i++) {
    const at = addressedAt[i] + values[indexAt[i]] * step;
    const factor = list[listAt[i]];
    addressed[at] = whole ? Math.imul(addressed[at], factor) : addressed[at] * factor;
  }
};

// NaN wins, on either side.
const scatterAmaxLoop: ElementLoop = (list, listAt, addressed, addressedAt, values, indexAt, step, count) => {
  for (let i = 0; i < count; i++) {
    const at = addressedAt[i] + values[indexAt[i]] * step;
    const value = list[listAt[i]];
    if (value > addressed[at] || Number.isNaN(value)) addressed[at] = value;
  }
};

const scatterAminLoop: ElementLoop = (list, listAt, addressed, addressedAt, values, indexAt, step, count) => {
  for (let i = 0; i < count; i++) {
    const at = addressedAt[i] + values[indexAt[i]] * step;
    const value = list[listAt[i]];
    if (value < addressed[at] || Number.isNaN(value)) addressed[at] = value;
  }
};

function byElements(op: string, loop: ElementLoop, list: Operand, addressed: Operand, index: Operand): void {
  const axis = attributes[0];
  checkIndices(op, index, axis, addressed.layout.dims[axis]);
  const { dims, size } = list.layout;
  listCursor.aim(dims, list.layout.strides, list.offset);
  indexCursor.aim(dims, spread(index.layout, dims), index.offset);
  const strides = addressed.layout.strides.map((stride, i) => (i === axis ? 0 : stride));
  addressedCursor.aim(dims, strides, addressed.offset);
  const listAt = doubles(LIST, CHUNK);
  const addressedAt = doubles(ADDRESSED, CHUNK);
  const indexAt = doubles(INDEX, CHUNK);
  const l = list.slab.view(list.kind);
  const a = addressed.slab.view(addressed.kind);
  const values = index.slab.view(INT32);
  const step = addressed.layout.strides[axis];
  for (let done = 0; done < size; done += CHUNK) {
    const count = chunkAfter(done, size);
    listCursor.offsets(listAt, count);
    addressedCursor.offsets(addressedAt, count);
    indexCursor.offsets(indexAt, count);
    loop(l, listAt, a, addressedAt, values, indexAt, step, count);
  }
}

export function gather(_kind: Kind, out: Operand, x: Operand, index: Operand): void {
  byElements('gather', gatherLoop, out, x, index);
}

export function scatterAdd(_kind: Kind, out: Operand, index: Operand, source: Operand): void {
  byElements('scatterAdd', scatterAddLoop, source, out, index);
}

export function scatter(_kind: Kind, out: Operand, index: Operand, source: Operand): void {
  byElements('scatter', scatterLoop, source, out, index);
}

export function scatterProd(_kind: Kind, out: Operand, index: Operand, source: Operand): void {
  byElements('scatterProd', scatterProdLoop, source, out, index);
}

export function scatterAmax(_kind: Kind, out: Operand, index: Operand, source: Operand): void {
  byElements('scatterAmax', scatterAmaxLoop, source, out, index);
}

export function scatterAmin(_kind: Kind, out: Operand, index: Operand, source: Operand): void {
  byElements('scatterAmin', scatterAminLoop, source, out, index);
}

/** The same for whole slices, of which one index names each: n elements of two runs. */
type RunLoop = (
  list: DataArray,
  li: number,
  listStride: number,
  addressed: DataArray,
  ai: number,
  addressedStride: number,
  n: number,
) => void;

const copyRun: RunLoop = (list, li, listStride, addressed, ai, addressedStride, n) => {
  for (let i = 0; i < n; i++, li += listStride, ai += addressedStride) list[li] = addressed[ai];
};

const addRun: RunLoop = (list, li, listStride, addressed, ai, addressedStride, n) => {
  for (let i = 0; i < n; i++, li += listStride, ai += addressedStride) addressed[ai] += list[li];
};

const writeRun: RunLoop = (list, li, listStride, addressed, ai, addressedStride, n) => {
  for (let i = 0; i < n; i++, li += listStride, ai += addressedStride) addressed[ai] = list[li];
};

function bySlices(op: string, loop: RunLoop, list: Operand, addressed: Operand, index: Operand): void {
  const axis = attributes[0];
  checkIndices(op, index, axis, addressed.layout.dims[axis]);
  const { dims, strides, size } = list.layout;
  if (size === 0) return;
  const reach = addressed.layout.strides;
  // Runs are over the axes after the index's, as far as they merge; the walk covers what lies around a run.
  let first = dims.length;
  let run = 1;
  let listStride = 1;
  let addressedStride = 1;
  while (first > axis + 1) {
    const i = first - 1;
    if (dims[i] !== 1) {
      if (run === 1) {
        listStride = strides[i];
        addressedStride = reach[i];
      } else if (strides[i] !== listStride * run || reach[i] !== addressedStride * run) {
        break;
      }
      run *= dims[i];
    }
    first = i;
  }
  const around = dims.slice(0, first);
  listCursor.aim(around, strides, list.offset);
  addressedCursor.aim(
    around,
    reach.map((stride, i) => (i === axis ? 0 : stride)),
    addressed.offset,
  );
  indexCursor.aim(
    around,
    around.map((_dim, i) => (i === axis ? index.layout.strides[0] : 0)),
    index.offset,
  );
  const l = list.slab.view(list.kind);
  const a = addressed.slab.view(addressed.kind);
  const values = index.slab.view(INT32);
  for (let done = 0; done < size; done += run) {
    const at = addressedCursor.next() + values[indexCursor.next()] * reach[axis];
    loop(l, listCursor.next(), listStride, a, at, addressedStride, run);
  }
}

export function indexSelect(_kind: Kind, out: Operand, x: Operand, index: Operand): void {
  bySlices('indexSelect', copyRun, out, x, index);
}

export function indexAdd(_kind: Kind, out: Operand, index: Operand, source: Operand): void {
  bySlices('indexAdd', addRun, source, out, index);
}

export function indexCopy(_kind: Kind, out: Operand, index: Operand, source: Operand): void {
  bySlices('indexCopy', writeRun, source, out, index);
}
