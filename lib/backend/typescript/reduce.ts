// Reductions over any set of dimensions.

import { type DataArray, INT32, type Kind } from '../../core/dtype.js';
import { ShapeError } from '../../core/errors.js';
import type { Operand } from '../backend.js';
import { Cursor } from './cursor.js';
import type { Kernel2 } from './kernel.js';
import { doubles } from './scratch.js';

/** How values of one reduction come together. Every combination is associative, so the order is free. */
interface Reduction {
  /** The result over nothing; null where there is none. */
  readonly start: number | null;
  join(a: number, b: number): number;
  /** Over n ≥ 1 elements, `stride` apart. */
  row(x: DataArray, i: number, stride: number, n: number): number;
  /** into[j] joined with the element j strides on, for j < n. */
  column(into: Float64Array, x: DataArray, i: number, stride: number, n: number): void;
}

// Sums are taken in doubles, by halves down to short rows of four accumulators: the error grows with the
// logarithm of the length, and the accumulators hide the latency of the addition.
const SHORT = 512;

function sumRow(x: DataArray, i: number, stride: number, n: number): number {
  if (n > SHORT) {
    const half = n >> 1;
    return sumRow(x, i, stride, half) + sumRow(x, i + half * stride, stride, n - half);
  }
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let k = 0;
  for (; k + 4 <= n; k += 4, i += 4 * stride) {
    a += x[i];
    b += x[i + stride];
    c += x[i + 2 * stride];
    d += x[i + 3 * stride];
  }
  for (; k < n; k++, i += stride) a += x[i];
  return a + b + (c + d);
}

const floatSum: Reduction = {
  start: 0,
  join: (a, b) => a + b,
  row: sumRow,
  column: (into, x, i, stride, n) => {
    for (let j = 0; j < n; j++, i += stride) into[j] += x[i];
  },
};

const intSum: Reduction = {
  start: 0,
  join: (a, b) => (a + b) | 0,
  row: (x, i, stride, n) => {
    let sum = 0;
    for (let k = 0; k < n; k++, i += stride) sum = (sum + x[i]) | 0;
    return sum;
  },
  column: (into, x, i, stride, n) => {
    for (let j = 0; j < n; j++, i += stride) into[j] = (into[j] + x[i]) | 0;
  },
};

const floatProd: Reduction = {
  start: 1,
  join: (a, b) => a * b,
  row: (x, i, stride, n) => {
    let product = 1;
    for (let k = 0; k < n; k++, i += stride) product *= x[i];
    return product;
  },
  column: (into, x, i, stride, n) => {
    for (let j = 0; j < n; j++, i += stride) into[j] *= x[i];
  },
};

const intProd: Reduction = {
  start: 1,
  join: Math.imul,
  row: (x, i, stride, n) => {
    let product = 1;
    for (let k = 0; k < n; k++, i += stride) product = Math.imul(product, x[i]);
    return product;
  },
  column: (into, x, i, stride, n) => {
    for (let j = 0; j < n; j++, i += stride) into[j] = Math.imul(into[j], x[i]);
  },
};

// NaN wins and stays: nothing compares greater or smaller than it.

const amax: Reduction = {
  start: null,
  join: (a, b) => (b > a || Number.isNaN(b) ? b : a),
  row: (x, i, stride, n) => {
    let best = x[i];
    for (let k = 0; k < n; k++, i += stride) {
      const value = x[i];
      if (value > best || Number.isNaN(value)) best = value;
    }
    return best;
  },
  column: (into, x, i, stride, n) => {
    for (let j = 0; j < n; j++, i += stride) {
      const value = x[i];
      if (value > into[j] || Number.isNaN(value)) into[j] = value;
    }
  },
};

const amin: Reduction = {
  start: null,
  join: (a, b) => (b < a || Number.isNaN(b) ? b : a),
  row: (x, i, stride, n) => {
    let best = x[i];
    for (let k = 0; k < n; k++, i += stride) {
      const value = x[i];
      if (value < best || Number.isNaN(value)) best = value;
    }
    return best;
  },
  column: (into, x, i, stride, n) => {
    for (let j = 0; j < n; j++, i += stride) {
      const value = x[i];
      if (value < into[j] || Number.isNaN(value)) into[j] = value;
    }
  },
};

const any: Reduction = {
  start: 0,
  join: (a, b) => a | b,
  row: (x, i, stride, n) => {
    for (let k = 0; k < n; k++, i += stride) if (x[i] !== 0) return 1;
    return 0;
  },
  column: (into, x, i, stride, n) => {
    for (let j = 0; j < n; j++, i += stride) if (x[i] !== 0) into[j] = 1;
  },
};

const all: Reduction = {
  start: 1,
  join: (a, b) => a & b,
  row: (x, i, stride, n) => {
    for (let k = 0; k < n; k++, i += stride) if (x[i] === 0) return 0;
    return 1;
  },
  column: (into, x, i, stride, n) => {
    for (let j = 0; j < n; j++, i += stride) if (x[i] === 0) into[j] = 0;
  },
};

// The dims that stay, with the strides of input and output, and those that are reduced. Refilled by each call.
const kept = { dims: [] as number[], x: [] as number[], out: [] as number[] };
const reduced = { dims: [] as number[], x: [] as number[] };
const source = new Cursor();
const target = new Cursor();
const within = new Cursor();

/** Results are divided by the divisor: a mean is a sum that is rounded after its division. */
function reduce(op: string, reduction: Reduction, out: Operand, x: Operand, divisor: number): void {
  if (out.layout.size === 0) return;
  const o = out.slab.view(out.kind);
  const values = x.slab.view(x.kind);
  if (x.layout.size > 0 && out.layout.size === 1 && x.layout.contiguous) {
    o[out.offset] = reduction.row(values, x.offset, 1, x.layout.size) / divisor;
    return;
  }
  sortDims(out, x);
  if (x.layout.size === 0) {
    if (reduction.start === null) throw new ShapeError(op, 'has no value over no elements', [x.layout.dims]);
    target.aim(kept.dims, kept.out, out.offset);
    for (let i = 0; i < out.layout.size; i++) o[target.next()] = reduction.start / divisor;
    return;
  }
  within.aim(reduced.dims, reduced.x, x.offset);
  const last = kept.dims.length - 1;
  // Along the reduced dims, unless that means to stride across rows of kept elements that lie closer together.
  if (last >= 0 && kept.x[last] < within.stride && kept.dims[last] >= 4)
    byColumns(reduction, o, out, values, x, divisor);
  else byRows(reduction, o, out, values, x, divisor);
}

function byRows(
  reduction: Reduction,
  o: DataArray,
  out: Operand,
  values: DataArray,
  x: Operand,
  divisor: number,
): void {
  source.aim(kept.dims, kept.x, x.offset);
  target.aim(kept.dims, kept.out, out.offset);
  const { length, stride } = within;
  let runs = 1;
  for (const dim of reduced.dims) runs *= dim;
  runs /= length;
  for (let i = 0; i < out.layout.size; i++) {
    within.rewind(source.next());
    let value = reduction.row(values, within.nextRun(), stride, length);
    for (let run = 1; run < runs; run++) {
      value = reduction.join(value, reduction.row(values, within.nextRun(), stride, length));
    }
    o[target.next()] = value / divisor;
  }
}

// Columns side by side that fit the first cache, and the rows after which their partial sums are put away.
const COLUMNS = 512;
const ROWS_TOGETHER = 128;

function byColumns(
  reduction: Reduction,
  o: DataArray,
  out: Operand,
  values: DataArray,
  x: Operand,
  divisor: number,
): void {
  const width = kept.dims.pop() as number;
  const stride = kept.x.pop() as number;
  const outStride = kept.out.pop() as number;
  source.aim(kept.dims, kept.x, x.offset);
  target.aim(kept.dims, kept.out, out.offset);
  let rows = 1;
  for (const dim of reduced.dims) rows *= dim;
  const partial = doubles(0, COLUMNS);
  const total = doubles(1, COLUMNS);
  for (let i = 0; i < out.layout.size; i += width) {
    const from = source.next();
    const to = target.next();
    for (let first = 0; first < width; first += COLUMNS) {
      const count = Math.min(COLUMNS, width - first);
      within.rewind(from + first * stride);
      for (let row = 0; row < rows; ) {
        const into = row === 0 ? total : partial;
        const stop = Math.min(rows, row + ROWS_TOGETHER);
        const start = within.next();
        for (let j = 0; j < count; j++) into[j] = values[start + j * stride];
        while (++row < stop) reduction.column(into, values, within.next(), stride, count);
        if (into === partial) reduction.column(total, partial, 0, 1, count);
      }
      for (let j = 0; j < count; j++) o[to + (first + j) * outStride] = total[j] / divisor;
    }
  }
}

function sortDims(out: Operand, x: Operand): void {
  kept.dims.length = kept.x.length = kept.out.length = reduced.dims.length = reduced.x.length = 0;
  for (let i = 0; i < x.layout.rank; i++) {
    const dim = x.layout.dims[i];
    const step = x.layout.strides[i];
    if (out.layout.dims[i] === 1) {
      reduced.dims.push(dim);
      reduced.x.push(step);
      continue;
    }
    const last = kept.dims.length - 1;
    const outStep = out.layout.strides[i];
    if (last >= 0 && kept.x[last] === step * dim && kept.out[last] === outStep * dim) {
      kept.dims[last] *= dim;
      kept.x[last] = step;
      kept.out[last] = outStep;
    } else {
      kept.dims.push(dim);
      kept.x.push(step);
      kept.out.push(outStep);
    }
  }
}

function entry(op: string, float: Reduction, int: Reduction = float): { readonly 2: Kernel2 } {
  return { 2: (kind: Kind, out, x) => reduce(op, kind === INT32 ? int : float, out, x, 1) };
}

function mean(_kind: Kind, out: Operand, x: Operand): void {
  reduce('mean', floatSum, out, x, x.layout.size / out.layout.size);
}

export const reduceKernels = {
  sum: entry('sum', floatSum, intSum),
  mean: { 2: mean },
  prod: entry('prod', floatProd, intProd),
  amax: entry('amax', amax),
  amin: entry('amin', amin),
  any: entry('any', any),
  all: entry('all', all),
};
