// What stands between the brackets of x[…]: how it is written, and what it asks for.

import { BOOL, INT32 } from '../core/dtype.js';
import { ArgumentError, describe, IndexError, ShapeError, showShape } from '../core/errors.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions } from '../core/options.js';
import { makeTensor, Tensor } from '../core/tensor.js';
import { checkIndex } from './gather.js';
import { coordinatesOf } from './nonzero.js';
import { SLICE_OPTIONS, type SliceOptions } from './slice.js';

/**
 * One part of an index: a number, which picks; a slice, as text (`':'`, `'1:-1'`, `'::2'`) or as
 * `{ start, end, step }`; `null`, a new dimension of one; `'...'`, all dimensions that are left; an int32 tensor or an
 * array of whole numbers, which picks many; a bool tensor, which picks where it is true.
 */
export type IndexPart = number | string | null | SliceOptions | Tensor | readonly number[];

/** A part in one of few forms, for a dimension of x: index tensors are for one dimension each. */
export type Part =
  | { readonly is: 'number'; readonly at: number }
  | { readonly is: 'slice'; readonly slice: SliceOptions | null }
  | { readonly is: 'new' }
  | { readonly is: 'list'; readonly index: Tensor };

const WHOLE: Part = { is: 'slice', slice: null };
const SLICE_TEXT = /^\s*([+-]?\d+)?\s*:\s*([+-]?\d+)?\s*(?::\s*([+-]?\d+)?\s*)?$/;

function sliceFrom(op: string, text: string): Part {
  const found = SLICE_TEXT.exec(text);
  if (found === null) {
    throw new ArgumentError(
      op,
      'indices',
      text,
      `'${text}' is no index: text is a slice, as ':', '1:', ':-1' or '::2', or '...'`,
    );
  }
  const [start, end, step] = found
    .slice(1)
    .map((digits) => (digits === undefined ? undefined : Number(digits)));
  if (start === undefined && end === undefined && step === undefined) return WHOLE;
  return { is: 'slice', slice: { start, end, step } };
}

function listFrom(op: string, numbers: readonly number[]): Tensor {
  if (!numbers.every((one) => Number.isInteger(one) && Math.abs(one) < 2 ** 31)) {
    throw new ArgumentError(
      op,
      'indices',
      numbers,
      `a list of indices holds whole numbers; got ${String(numbers)}`,
    );
  }
  const list = makeTensor(denseLayout([numbers.length]), INT32);
  list.slab.view(INT32).set(numbers, list.offset);
  return list;
}

/** How many dimensions of x a part stands for. */
function dimensionsOf(part: IndexPart): number {
  if (part === null) return 0;
  return part instanceof Tensor && part.kind === BOOL ? part.ndim : 1;
}

/** A mask's coordinates, which pick the same elements. */
function maskParts(op: string, x: Tensor, axis: number, mask: Tensor): Part[] {
  if (mask.ndim === 0)
    throw new ShapeError(op, 'a mask has one dimension at least; use where for a single condition', [
      mask.shape,
    ]);
  const dims = x.shape.slice(axis, axis + mask.ndim);
  if (mask.shape.some((dim, i) => dim !== dims[i])) {
    throw new ShapeError(
      op,
      `a mask of shape ${showShape(mask.shape)} does not fit the dimensions ${showShape(dims)} from ${axis} on of ` +
        `${showShape(x.shape)}`,
      [x.shape, mask.shape],
    );
  }
  return coordinatesOf(mask).map((index): Part => ({ is: 'list', index }));
}

/**
 * The parts of an index in their plain forms, one for each dimension of x and each new one.
 *
 * @throws IndexError for more parts than dimensions; ArgumentError for what is none; ShapeError for a mask that does
 * not fit.
 */
export function partsOf(op: string, x: Tensor, indices: readonly IndexPart[]): Part[] {
  if (!Array.isArray(indices)) {
    throw new ArgumentError(
      op,
      'indices',
      indices,
      `indices are an array, one part for each dimension, as [0, ':', mask]; got ${describe(indices)}`,
    );
  }
  const dots = indices.indexOf('...');
  if (dots !== indices.lastIndexOf('...'))
    throw new ArgumentError(op, 'indices', indices, "'...' can stand in one place only");
  const given = indices.reduce<number>((sum, part) => sum + (part === '...' ? 0 : dimensionsOf(part)), 0);
  const left = x.ndim - given;
  if (left < 0) {
    throw new IndexError(
      op,
      `too many indices: ${given} for the ${x.ndim} dimensions of ${showShape(x.shape)}`,
      given,
      x.ndim,
    );
  }
  const rest = new Array<Part>(left).fill(WHOLE);
  const parts: Part[] = [];
  let axis = 0;
  for (const part of indices) {
    if (part === '...') {
      parts.push(...rest);
      axis += left;
      continue;
    }
    parts.push(...plain(op, x, axis, part));
    axis += dimensionsOf(part);
  }
  return dots < 0 ? [...parts, ...rest] : parts;
}

function plain(op: string, x: Tensor, axis: number, part: IndexPart): readonly Part[] {
  if (part === null) return [{ is: 'new' }];
  if (typeof part === 'number') return [{ is: 'number', at: part }];
  if (typeof part === 'string') return [sliceFrom(op, part)];
  if (part instanceof Tensor) {
    if (part.kind === BOOL) return maskParts(op, x, axis, part);
    return [{ is: 'list', index: checkIndex(op, part) }];
  }
  if (Array.isArray(part)) return [{ is: 'list', index: listFrom(op, part as readonly number[]) }];
  if (typeof part !== 'object') {
    throw new ArgumentError(op, 'indices', part, `${describe(part)} is no index`);
  }
  checkOptions(op, part, SLICE_OPTIONS);
  return [{ is: 'slice', slice: part as SliceOptions }];
}
