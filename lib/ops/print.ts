// Tensors as text, in PyTorch's manner.

import { isFloatKind } from '../core/dtype.js';
import type { Tensor } from '../core/tensor.js';
import { toArray, type Nested } from './read.js';
import { narrow } from './slice.js';
import { concat } from './join.js';
import { noGrad } from '../core/graph.js';
import { scope } from '../core/scope.js';

// Beyond this many elements only the edges are shown, this many to each side.
const SUMMARY_FROM = 1000;
const EDGE = 3;

/** The first and last few along each long dimension. */
function edges(x: Tensor): Tensor {
  let out = x;
  for (let axis = 0; axis < x.ndim; axis++) {
    const size = x.shape[axis];
    if (size <= 2 * EDGE) continue;
    out = concat([narrow(out, axis, 0, EDGE), narrow(out, axis, size - EDGE, EDGE)], axis);
  }
  return out;
}

/** How one value is written, alike for all of a tensor: whole numbers as `2.`, others with four digits. */
function writer(values: readonly (number | boolean)[], floating: boolean): (value: number | boolean) => string {
  const finite = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  let write = (value: number | boolean): string => String(value);
  if (floating) {
    const sizes = finite.filter((value) => value !== 0).map(Math.abs);
    const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
    if (finite.every(Number.isInteger) && !(high >= 1e8)) write = (value) => (Number.isFinite(value as number) ? `${value}.` : special(value));
    else if (high / low > 1000 || high >= 1e8 || low < 1e-4) write = (value) => scientific(value as number);
    else write = (value) => (Number.isFinite(value as number) ? (value as number).toFixed(4) : special(value));
  }
  const width = Math.max(0, ...values.map((value) => write(value).length));
  return (value) => write(value).padStart(width);
}

function special(value: number | boolean): string {
  return Number.isNaN(value) ? 'nan' : value === Number.POSITIVE_INFINITY ? 'inf' : '-inf';
}

function scientific(value: number): string {
  if (!Number.isFinite(value)) return special(value);
  const [mantissa, exponent] = value.toExponential(4).split('e');
  const size = Math.abs(Number(exponent)).toString().padStart(2, '0');
  return `${mantissa}e${Number(exponent) < 0 ? '-' : '+'}${size}`;
}

function layOut(nested: Nested, depth: number, rank: number, full: readonly number[], write: (value: number | boolean) => string): string {
  if (depth === rank) return write(nested);
  const cut = full[depth] > nested.length;
  const parts = nested.map((inner: Nested) => layOut(inner, depth + 1, rank, full, write));
  if (cut) parts.splice(EDGE, 0, '...');
  if (depth === rank - 1) return `[${parts.join(', ')}]`;
  const gap = '\n'.repeat(rank - 1 - depth);
  return `[${parts.join(`,${gap}${' '.repeat(8 + depth)}`)}]`;
}

/** A tensor as text: `tensor([1., 2.], requiresGrad)`. Large ones show their edges. @internal */
export function show(x: Tensor): string {
  if (x.disposed) return `tensor(<disposed>, shape=[${x.shape.join(', ')}], dtype=${x.dtype})`;
  return scope(() =>
    noGrad(() => {
      const part = x.size > SUMMARY_FROM ? edges(x.detach()) : x;
      const nested = toArray(part);
      const flat: (number | boolean)[] = part.ndim === 0 ? [nested] : nested.flat(part.ndim);
      const body = layOut(nested, 0, x.ndim, x.shape, writer(flat, isFloatKind(x.kind)));
      const notes = [
        x.size === 0 ? `shape=[${x.shape.join(', ')}]` : '',
        x.dtype === 'float32' || x.dtype === 'bool' || x.dtype === 'int32' ? '' : `dtype=${x.dtype}`,
        x.node !== null ? `gradFn=${x.node.rule?.name ?? 'used'}` : x.requiresGrad ? 'requiresGrad=true' : '',
      ].filter((note) => note !== '');
      return `tensor(${[body, ...notes].join(', ')})`;
    }),
  );
}
