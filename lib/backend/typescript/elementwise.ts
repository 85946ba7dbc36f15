// The drivers of elementwise kernels: they hand inner loops consecutive elements of every operand.

import { type DataArray, FLOAT64, INT32, type Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { refuseKind } from './check.js';
import { chunkAfter, feeds, sink } from './feed.js';
import type { Kernel2, Kernel3 } from './kernel.js';

// An op's inner loops are function literals of its own, so that V8's type feedback and machine code are too.

/** o[oi + i] = f(x[xi + i]) for i < n. */
export type UnaryLoop = (o: DataArray, oi: number, x: DataArray, xi: number, n: number) => void;

/** o[oi + i] = f(x[xi + i], y[yi + i]) for i < n. */
export type BinaryLoop = (
  o: DataArray,
  oi: number,
  x: DataArray,
  xi: number,
  y: DataArray,
  yi: number,
  n: number,
) => void;

/** The loops of one op: for both floating dtypes, for int32, and for all dtypes. */
export interface Loops<Loop> {
  readonly float?: Loop;
  readonly int?: Loop;
  readonly any?: Loop;
}

function choose<Loop>(op: string, loops: Loops<Loop>, kind: Kind): Loop {
  const loop = kind <= FLOAT64 ? loops.float : kind === INT32 ? loops.int : undefined;
  return loop ?? loops.any ?? refuseKind(op, kind);
}

export function runUnary(loop: UnaryLoop, out: Operand, x: Operand): void {
  const layout = out.layout;
  const total = layout.size;
  if (total === 1 || (x.layout === layout && layout.contiguous)) {
    loop(out.slab.view(out.kind), out.offset, x.slab.view(x.kind), x.offset, total);
    return;
  }
  const from = feeds[0];
  from.aim(x, layout);
  sink.aim(out);
  for (let done = 0; done < total; ) {
    const count = chunkAfter(done, total);
    const xi = from.take(count);
    loop(sink.array, sink.at, from.array, xi, count);
    sink.put(count);
    done += count;
  }
}

export function runBinary(loop: BinaryLoop, out: Operand, x: Operand, y: Operand): void {
  const layout = out.layout;
  const total = layout.size;
  if (total === 1 || (x.layout === layout && y.layout === layout && layout.contiguous)) {
    const o = out.slab.view(out.kind);
    loop(o, out.offset, x.slab.view(x.kind), x.offset, y.slab.view(y.kind), y.offset, total);
    return;
  }
  const [first, second] = feeds;
  first.aim(x, layout);
  second.aim(y, layout);
  sink.aim(out);
  for (let done = 0; done < total; ) {
    const count = chunkAfter(done, total);
    const xi = first.take(count);
    const yi = second.take(count);
    loop(sink.array, sink.at, first.array, xi, second.array, yi, count);
    sink.put(count);
    done += count;
  }
}

export function unary(op: string, loops: Loops<UnaryLoop>): Kernel2 {
  return (kind, out, x) => runUnary(choose(op, loops, kind), out, x);
}

export function binary(op: string, loops: Loops<BinaryLoop>): Kernel3 {
  return (kind, out, x, y) => runBinary(choose(op, loops, kind), out, x, y);
}

/** One entry per op for the backend's table. */
export function unaryTable<Name extends string>(
  table: Readonly<Record<Name, Loops<UnaryLoop>>>,
): Readonly<Record<Name, { readonly 2: Kernel2 }>> {
  const entries = Object.entries<Loops<UnaryLoop>>(table).map(([op, loops]) => [op, { 2: unary(op, loops) }]);
  return Object.fromEntries(entries);
}

export function binaryTable<Name extends string>(
  table: Readonly<Record<Name, Loops<BinaryLoop>>>,
): Readonly<Record<Name, { readonly 3: Kernel3 }>> {
  const entries = Object.entries<Loops<BinaryLoop>>(table).map(([op, loops]) => [
    op,
    { 3: binary(op, loops) },
  ]);
  return Object.fromEntries(entries);
}
