// Layouts: dimensions and strides of a tensor, interned so that equal layouts are one object.

import { ArgumentError, describe, ShapeError, showShape } from './errors.js';

/** Tensors have at most this many dimensions. */
export const MAX_RANK = 16;

// Layouts up to this many are interned and registered with the native backend under a number. Programs
// whose shapes never repeat go on beyond it with layouts of their own, a little slower.
const INTERNED_LIMIT = 1 << 15;

// A structured clone of a tensor meets this function, and its name is what the clone's error prints.
function aTensorTravelsBetweenThreadsByToSharedAndFromShared(): void {}

/** The last question asked of a layout together with another, and its answer: loops ask the same ones again. */
export class Memo<Answer> {
  partner: Layout | null = null;
  answer: Answer | null = null;
}

/** The layouts of a reduction's result: with the reduced dimensions of size 1, and without them. */
export interface Reduced {
  readonly kept: Layout;
  readonly dropped: Layout;
}

/** Which dimensions: one, several, or all where absent. */
export type Dim = number | readonly number[];

/**
 * How a tensor lies in its buffer. Strides count elements and are never negative; 0 repeats a value.
 * Below the interning limit two layouts with the same dims and strides are the same object.
 */
export class Layout {
  /** Number under which the native backend knows it; 0 where it has none and travels inline. */
  readonly id: number;
  readonly dims: readonly number[];
  readonly strides: readonly number[];
  readonly rank: number;
  /** Number of elements. */
  readonly size: number;
  /** Elements from the first to the last that is touched, both included; 0 when empty. */
  readonly extent: number;
  /** Whether several elements may lie in one place, as in an expanded tensor or in windows that overlap. */
  readonly repeats: boolean;
  /** The row-major layout of the same dims: itself, when it is contiguous. */
  readonly dense: Layout;
  /** The layout with the last two dims exchanged, once asked for. */
  transposed: Layout | null = null;
  /** The layout of new elements in the order of these, once asked for. */
  ordered: Layout | null = null;
  /** With which layout it was last combined in each way, and what came of it. */
  readonly broadcast = new Memo<Layout>();
  readonly product = new Memo<Layout>();
  readonly expansion = new Memo<Layout>();
  readonly fitting = new Memo<Reduced>();
  /** The last reduction asked for, and its answer. */
  reducedDim: Dim | undefined;
  reduced: Reduced | null = null;
  readonly guard = aTensorTravelsBetweenThreadsByToSharedAndFromShared;

  constructor(id: number, dims: readonly number[], strides: readonly number[], dense: Layout | null) {
    let size = 1;
    let reach = 0;
    for (let i = 0; i < dims.length; i++) {
      size *= dims[i];
      reach += (dims[i] - 1) * strides[i];
    }
    this.id = id;
    this.dims = Object.freeze(dims);
    this.strides = Object.freeze(strides);
    this.rank = dims.length;
    this.size = size;
    this.extent = size === 0 ? 0 : reach + 1;
    this.repeats = dense !== null && size > 0 && overlaps(dims, strides);
    this.dense = dense ?? this;
  }

  get contiguous(): boolean {
    return this.dense === this;
  }
}

/** Whether some step is no longer than what all shorter steps together reach. Views that do not overlap pass. */
function overlaps(dims: readonly number[], strides: readonly number[]): boolean {
  const axes = dims.flatMap((dim, i) => (dim > 1 ? [i] : [])).sort((a, b) => strides[a] - strides[b]);
  let reach = 0;
  for (const axis of axes) {
    if (strides[axis] <= reach) return true;
    reach += (dims[axis] - 1) * strides[axis];
  }
  return false;
}

class Branch {
  readonly next = new Map<number, Branch>();
  layout: Layout | null = null;
}

const denseRoot = new Branch();
// One tree per number of dimensions: a path is the dims and then the strides.
const stridedRoots: Branch[] = [];
let registered = 0;
let register: ((layout: Layout) => void) | null = null;

/** The native backend's registration of layouts: called for those that exist, then for each new one. */
export function onNewLayout(hook: (layout: Layout) => void): void {
  register = hook;
  const visit = (branch: Branch): void => {
    if (branch.layout !== null) hook(branch.layout);
    branch.next.forEach(visit);
  };
  visit(denseRoot);
  stridedRoots.forEach(visit);
}

function descend(branch: Branch, keys: readonly number[]): Branch {
  let at = branch;
  for (let i = 0; i < keys.length; i++) {
    let next = at.next.get(keys[i]);
    if (next === undefined) {
      next = new Branch();
      if (registered < INTERNED_LIMIT) at.next.set(keys[i], next);
    }
    at = next;
  }
  return at;
}

function intern(
  branch: Branch,
  dims: readonly number[],
  strides: readonly number[],
  dense: Layout | null,
): Layout {
  const id = registered < INTERNED_LIMIT ? ++registered : 0;
  const layout = new Layout(id, dims.slice(), strides.slice(), dense);
  if (id !== 0) {
    branch.layout = layout;
    register?.(layout);
  }
  return layout;
}

/** Row-major strides of dims. */
export function denseStrides(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length);
  let step = 1;
  for (let i = dims.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= dims[i];
  }
  return strides;
}

/** The row-major layout of dims, which must be whole and not negative. */
export function denseLayout(dims: readonly number[]): Layout {
  const branch = descend(denseRoot, dims);
  return branch.layout ?? intern(branch, dims, denseStrides(dims), null);
}

export const SCALAR = denseLayout([]);

/** The layout of dims and strides; row-major ones come back as the dense layout itself. */
export function stridedLayout(dims: readonly number[], strides: readonly number[]): Layout {
  const dense = denseLayout(dims);
  if (dense.size === 0) return dense;
  let plain = true;
  for (let i = 0; i < dims.length; i++) {
    if (strides[i] !== dense.strides[i] && dims[i] !== 1) {
      plain = false;
      break;
    }
  }
  if (plain) return dense;
  stridedRoots[dims.length] ??= new Branch();
  const branch = descend(descend(stridedRoots[dims.length], dims), strides);
  return branch.layout ?? intern(branch, dims, strides, dense);
}

/** A layout with its last two dimensions exchanged. */
export function transposedLayout(layout: Layout): Layout {
  if (layout.transposed === null) {
    const axes = layout.dims.map((_, i) => i);
    const last = axes.length - 1;
    axes[last] = last - 1;
    axes[last - 1] = last;
    layout.transposed = stridedLayout(
      axes.map((i) => layout.dims[i]),
      axes.map((i) => layout.strides[i]),
    );
  }
  return layout.transposed;
}

/** The layout of new elements that lie in the order of these, without gaps; row-major where these repeat. */
export function orderedLayout(layout: Layout): Layout {
  if (layout.contiguous || layout.repeats) return layout.dense;
  layout.ordered ??= denseInOrder(layout);
  return layout.ordered;
}

function denseInOrder(layout: Layout): Layout {
  const strides = new Array<number>(layout.rank);
  let step = 1;
  // From the dimension that varies fastest on; of equal strides, which dimensions of size 1 have, the last.
  const axes = layout.dims.map((_, i) => i).sort((a, b) => layout.strides[a] - layout.strides[b] || b - a);
  for (let i = 0; i < axes.length; i++) {
    strides[axes[i]] = step;
    step *= layout.dims[axes[i]];
  }
  return stridedLayout(layout.dims, strides);
}

/** Whether two layouts have the same dims. */
export function sameDims(a: Layout, b: Layout): boolean {
  if (a.dense === b.dense) return true;
  if (a.id !== 0 && b.id !== 0 && a.dense.id !== 0 && b.dense.id !== 0) return false;
  if (a.rank !== b.rank) return false;
  for (let i = 0; i < a.rank; i++) if (a.dims[i] !== b.dims[i]) return false;
  return true;
}

/** The dense layout to which two layouts broadcast: trailing dims agree, or one of them is 1 or absent. */
export function broadcastLayouts(op: string, a: Layout, b: Layout): Layout {
  if (a === b) return a.dense;
  if (a.broadcast.partner === b) return a.broadcast.answer as Layout;
  const rank = Math.max(a.rank, b.rank);
  const dims = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const m = i <= a.rank ? a.dims[a.rank - i] : 1;
    const n = i <= b.rank ? b.dims[b.rank - i] : 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        op,
        `shapes ${showShape(a.dims)} and ${showShape(b.dims)} do not broadcast: ${m} and ${n} differ at dimension ` +
          `${-i} and neither is 1`,
        [a.dims, b.dims],
      );
    }
    dims[rank - i] = m === 1 ? n : m;
  }
  const combined = denseLayout(dims);
  a.broadcast.partner = b;
  a.broadcast.answer = combined;
  return combined;
}

/** Checks a shape given by a user: whole dims, not negative, not too many. */
export function checkShape(op: string, shape: readonly number[]): readonly number[] {
  if (!Array.isArray(shape)) {
    throw new ArgumentError(
      op,
      'shape',
      shape,
      `a shape is an array of whole numbers, such as [2, 3]; got ${String(shape)}`,
    );
  }
  if (shape.length > MAX_RANK) {
    throw new ShapeError(op, `a tensor has at most ${MAX_RANK} dimensions; got ${shape.length}`, [shape]);
  }
  for (const dim of shape) {
    if (!Number.isInteger(dim) || dim < 0) {
      throw new ShapeError(op, `dimensions are whole numbers from 0; got ${showShape(shape)}`, [shape]);
    }
  }
  return shape;
}

/** Axes that were given as a list, each as {@link checkAxis} answers it. */
export function checkAxisList(op: string, dims: readonly number[], rank: number): number[] {
  if (Array.isArray(dims)) return dims.map((dim) => checkAxis(op, dim, rank));
  throw new ArgumentError(
    op,
    'dims',
    dims,
    `dims are an array of dimensions, such as [0, 1]; got ${describe(dims)}`,
  );
}

/** An axis in [-rank, rank) as one in [0, rank). A tensor without dimensions has the axes 0 and -1. */
export function checkAxis(op: string, axis: number, rank: number): number {
  const limit = Math.max(rank, 1);
  if (!Number.isInteger(axis) || axis < -limit || axis >= limit) {
    throw new ShapeError(
      op,
      `dim ${axis} is out of range: this tensor has ${rank} dimensions, so dim lies in [${-limit}, ${limit - 1}]`,
    );
  }
  return axis < 0 ? axis + limit : axis;
}
