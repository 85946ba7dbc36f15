// Scans along one axis of dense operands: running sums, products, extremes and linear recurrences.

import type { DataArray, Kind } from '../../core/dtype.js';
import { INT32 } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { attributes } from '../record.js';
import { demandDense } from './check.js';
import type { Kernel2, Kernel3 } from './kernel.js';

/** Calls walk(start, step) for every row along the axis, from the end where a scan is reversed. */
function eachRow(
  op: string,
  operands: readonly Operand[],
  walk: (start: number, step: number) => void,
): void {
  for (const operand of operands) demandDense(op, operand);
  const { dims, strides, size } = operands[0].layout;
  const axis = attributes[0];
  const n = dims[axis];
  if (size === 0) return;
  const inner = strides[axis];
  const reverse = attributes[1] === 1;
  for (let row = 0; row < size / n; row++) {
    const start = Math.floor(row / inner) * n * inner + (row % inner);
    walk(reverse ? start + (n - 1) * inner : start, reverse ? -inner : inner);
  }
}

/** Of n elements, from `start` on and `step` apart. */
type Scan = (o: DataArray, oi: number, x: DataArray, xi: number, step: number, n: number) => void;

// A store into a typed array rounds; integers wrap modulo 2^32.
const sums: Scan = (o, oi, x, xi, step, n) => {
  let sum = 0;
  for (let i = 0; i < n; i++, oi += step, xi += step) o[oi] = sum += x[xi];
};

const wholeSums: Scan = (o, oi, x, xi, step, n) => {
  let sum = 0;
  for (let i = 0; i < n; i++, oi += step, xi += step) o[oi] = sum = (sum + x[xi]) | 0;
};

const products: Scan = (o, oi, x, xi, step, n) => {
  let product = 1;
  for (let i = 0; i < n; i++, oi += step, xi += step) o[oi] = product *= x[xi];
};

const wholeProducts: Scan = (o, oi, x, xi, step, n) => {
  let product = 1;
  for (let i = 0; i < n; i++, oi += step, xi += step) o[oi] = product = Math.imul(product, x[xi]);
};

const logSums: Scan = (o, oi, x, xi, step, n) => {
  let carry = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < n; i++, oi += step, xi += step) {
    const value = x[xi];
    const carried = carry > value || Number.isNaN(carry);
    const top = carried ? carry : value;
    const low = carried ? value : carry;
    // Of equal infinities there is no difference.
    carry = top === low && !Number.isFinite(top) ? top : top + Math.log1p(Math.exp(low - top));
    o[oi] = carry;
  }
};

function scan(op: string, floats: Scan, integers: Scan): { readonly 2: Kernel2 } {
  return {
    2: (kind: Kind, out: Operand, x: Operand) => {
      const loop = kind === INT32 ? integers : floats;
      const o = out.slab.view(kind);
      const values = x.slab.view(kind);
      const n = out.layout.dims[attributes[0]];
      eachRow(op, [out, x], (start, step) => {
        loop(o, out.offset + start, values, x.offset + start, step, n);
      });
    },
  };
}

/** The extreme value so far and the last step at which it stood; a NaN is more extreme than any number. */
function extremes(op: string, worse: (a: number, b: number) => boolean): { readonly 3: Kernel3 } {
  return {
    3: (kind: Kind, out: Operand, indices: Operand, x: Operand) => {
      const o = out.slab.view(kind);
      const at = indices.slab.view(INT32);
      const values = x.slab.view(kind);
      const n = out.layout.dims[attributes[0]];
      eachRow(op, [out, indices, x], (start, step) => {
        let best = values[x.offset + start];
        let where = 0;
        for (let i = 0, place = start; i < n; i++, place += step) {
          const value = values[x.offset + place];
          if (Number.isNaN(value) || !(worse(value, best) || Number.isNaN(best))) {
            best = value;
            where = i;
          }
          o[out.offset + place] = best;
          at[indices.offset + place] = where;
        }
      });
    },
  };
}

const recurrence: Kernel3 = (kind, out, a, b) => {
  const o = out.slab.view(kind);
  const factors = a.slab.view(kind);
  const added = b.slab.view(kind);
  const n = out.layout.dims[attributes[0]];
  eachRow('recurrence', [out, a, b], (start, step) => {
    let carry = 0;
    for (let i = 0, place = start; i < n; i++, place += step) {
      const value = added[b.offset + place];
      // The first factor is not read.
      carry = i === 0 ? value : factors[a.offset + place] * carry + value;
      o[out.offset + place] = carry;
    }
  });
};

export const scanKernels = {
  cumsum: scan('cumsum', sums, wholeSums),
  cumprod: scan('cumprod', products, wholeProducts),
  logcumsumexp: scan('logcumsumexp', logSums, logSums),
  cummax: extremes('cummax', (a, b) => a < b),
  cummin: extremes('cummin', (a, b) => a > b),
  recurrence: { 3: recurrence },
};
