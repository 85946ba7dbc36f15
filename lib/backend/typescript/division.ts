// Elementwise kernels of division to whole numbers and of what it leaves.

import { INT32, type Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { divisionError } from '../status.js';
import { type BinaryLoop, binary, type Loops } from './elementwise.js';
import { chunkAfter, feeds } from './feed.js';
import type { Kernel3 } from './kernel.js';

// Python's %, of the divisor's sign.
function remainder(a: number, b: number): number {
  const rest = a % b;
  return (rest > 0 && b < 0) || (rest < 0 && b > 0) ? rest + b : rest;
}

// Python's //, from the remainder: the floor of a rounded quotient may be one too large.
function divFloor(a: number, b: number): number {
  if (b === 0) return a / b;
  const rest = a % b;
  const exact = (a - rest) / b;
  const quotient = (rest > 0 && b < 0) || (rest < 0 && b > 0) ? exact - 1 : exact;
  if (quotient === 0) return a / b < 0 || Object.is(a / b, -0) ? -0 : 0;
  const below = Math.floor(quotient);
  return quotient - below > 0.5 ? below + 1 : below;
}

const divTruncLoop: BinaryLoop = (o, oi, x, xi, y, yi, n) => {
  for (let i = 0; i < n; i++) o[oi + i] = Math.trunc(x[xi + i] / y[yi + i]);
};
const divFloorLoop: BinaryLoop = (o, oi, x, xi, y, yi, n) => {
  for (let i = 0; i < n; i++) o[oi + i] = divFloor(x[xi + i], y[yi + i]);
};
const remainderLoop: BinaryLoop = (o, oi, x, xi, y, yi, n) => {
  for (let i = 0; i < n; i++) o[oi + i] = remainder(x[xi + i], y[yi + i]);
};
const fmodLoop: BinaryLoop = (o, oi, x, xi, y, yi, n) => {
  for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] % y[yi + i];
};

/** Refuses integers divided by 0 before anything is written. */
function refuseZeros(op: string, out: Operand, divisor: Operand): void {
  const total = out.layout.size;
  const from = feeds[0];
  from.aim(divisor, out.layout);
  for (let done = 0; done < total; ) {
    const count = chunkAfter(done, total);
    const at = from.take(count);
    for (let i = 0; i < count; i++) if (from.array[at + i] === 0) throw divisionError(op);
    done += count;
  }
}

function quotient(op: string, loop: BinaryLoop): { readonly 3: Kernel3 } {
  const loops: Loops<BinaryLoop> = { float: loop, int: loop };
  const run = binary(op, loops);
  return {
    3: (kind: Kind, out: Operand, x: Operand, y: Operand) => {
      if (kind === INT32) refuseZeros(op, out, y);
      run(kind, out, x, y);
    },
  };
}

export const divisionKernels = {
  divTrunc: quotient('divTrunc', divTruncLoop),
  divFloor: quotient('divFloor', divFloorLoop),
  remainder: quotient('remainder', remainderLoop),
  fmod: quotient('fmod', fmodLoop),
};
