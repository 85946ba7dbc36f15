// The tensor: a typed, strided window on memory, and its place in the graph of automatic differentiation.

import { DTYPES, type DType, ITEM_SIZE, isFloatKind, type Kind } from './dtype.js';
import { DisposedError, GradientError } from './errors.js';
import type { Listeners } from './gradientHooks.js';
import type { Node } from './graph.js';
import type { Layout } from './layout.js';
import { allocate, allocatedAt, release } from './pool.js';
import { teachTensor, track } from './scope.js';
import { DISPOSED, type Slab } from './slab.js';
import { trace, tracing } from './tracing.js';

/** What a tensor is to the module that holds it: nothing, something to train, or state that is saved with it. */
export const PLAIN = 0;
export const PARAMETER = 1;
export const BUFFER = 2;

/**
 * An n-dimensional array with automatic differentiation. Make one with `tensor`, `zeros`, `randn` and the like;
 * its operations are methods and free functions alike: `a.add(b)` is `add(a, b)`.
 */
export class Tensor {
  /** @internal Where its elements lie; the slab DISPOSED once they are gone. */
  slab: Slab;
  /** @internal Of element zero, in elements from the start of the buffer. */
  readonly offset: number;
  /** @internal */
  layout: Layout;
  /** @internal Code of its dtype. */
  readonly kind: Kind;
  /** @internal Whether gradients flow to or through it. */
  tracked = false;
  /** @internal The operation that made it; null for leaves. */
  node: Node | null = null;
  /** @internal A leaf's gradient buffer, made once and kept for life. */
  gradient: Tensor | null = null;
  /** @internal Whether that buffer holds a gradient now. */
  gradientFilled = false;
  /** @internal What is done with its gradient when a walk passes; null for nothing. */
  listeners: Listeners | null = null;
  /** @internal The tensor whose memory it shows: itself, unless it is a view. */
  readonly root: Tensor;
  /** @internal Of a root: its slab as long as anyone holds the memory. */
  home: Slab | null;
  /** @internal Of a root: how many tensors and owners hold the memory. */
  holders = 1;
  /** @internal Of a root: how often the memory was written in place. */
  version = 0;
  /** @internal Of a root: how often that happened under the eyes of autograd. */
  rebased = 0;
  /** @internal The last scope that found it a survivor. */
  survives = 0;
  /** @internal What it is to the module that holds it: PLAIN, PARAMETER or BUFFER. */
  role = PLAIN;

  /** @internal Use {@link makeTensor} or {@link makeView}. */
  constructor(slab: Slab, offset: number, layout: Layout, kind: Kind, root: Tensor | null) {
    this.slab = slab;
    this.offset = offset;
    this.layout = layout;
    this.kind = kind;
    if (root === null) {
      this.root = this;
      this.home = slab;
    } else {
      this.root = root;
      this.home = null;
      root.holders++;
    }
    track(this);
  }

  /** Its dimensions. */
  get shape(): readonly number[] {
    return this.layout.dims;
  }

  get dtype(): DType {
    return DTYPES[this.kind];
  }

  /** Number of dimensions; PyTorch's `ndim`. */
  get ndim(): number {
    return this.layout.rank;
  }

  /** Number of elements; PyTorch's `numel()`. */
  get size(): number {
    return this.layout.size;
  }

  /** Steps in elements from one index to the next along each dimension. */
  get strides(): readonly number[] {
    return this.layout.strides;
  }

  /** Whether gradients are wanted for it, or flow through it. Can be set on leaves. */
  get requiresGrad(): boolean {
    return this.tracked;
  }

  set requiresGrad(on: boolean) {
    if (this.node !== null) {
      if (on) return;
      throw new GradientError(
        'requiresGrad',
        'only leaves can stop requiring gradients; use detach() for a tensor without history',
      );
    }
    if (on && !isFloatKind(this.kind)) {
      throw new GradientError(
        'requiresGrad',
        `only floating tensors can require gradients; this one is ${this.dtype}`,
      );
    }
    this.tracked = on;
  }

  /** Whether nothing made it that gradients flow through. */
  get isLeaf(): boolean {
    return this.node === null;
  }

  /** The gradient that backward left here; null before, and after `zeroGrad`. */
  get grad(): Tensor | null {
    return this.gradientFilled ? this.gradient : null;
  }

  set grad(value: Tensor | null) {
    if (value === null) {
      this.gradientFilled = false;
      return;
    }
    this.gradient = value;
    this.gradientFilled = true;
  }

  /** Whether its memory was given back. */
  get disposed(): boolean {
    return this.slab === DISPOSED;
  }

  /** Whether its elements lie in row-major order without gaps. */
  get isContiguous(): boolean {
    return this.layout.dense === this.layout;
  }

  /** Gives its memory back now. Views of it keep the memory until they are disposed of too. */
  dispose(): void {
    if (this.slab === DISPOSED) return;
    this.slab = DISPOSED;
    drop(this.root);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

teachTensor((value): value is Tensor => value instanceof Tensor);

function drop(root: Tensor): void {
  if (--root.holders > 0) return;
  const slab = root.home as Slab;
  root.home = null;
  root.slab = DISPOSED;
  release(slab, root.offset * ITEM_SIZE[root.kind]);
}

/** One more owner of a tensor's memory; {@link letGo} is its other half. */
export function hold(tensor: Tensor): void {
  tensor.root.holders++;
}

/** Ends one ownership of a tensor's memory that {@link hold}, or making it, began. */
export function letGo(tensor: Tensor): void {
  const root = tensor.root;
  if (root.holders === 1) tensor.slab = DISPOSED;
  drop(root);
}

/** A new tensor whose elements are whatever lay there. */
export function makeTensor(layout: Layout, kind: Kind): Tensor {
  const size = ITEM_SIZE[kind];
  const slab = allocate(layout.size * size, false);
  const out = new Tensor(slab, allocatedAt / size, layout, kind, null);
  if (tracing) trace(out);
  return out;
}

/** The same for what outlives a step: data, parameters, state. */
export function makeLasting(layout: Layout, kind: Kind): Tensor {
  const size = ITEM_SIZE[kind];
  const slab = allocate(layout.size * size, true);
  const out = new Tensor(slab, allocatedAt / size, layout, kind, null);
  if (tracing) trace(out);
  return out;
}

/** Another window on a tensor's memory. */
export function makeView(op: string, base: Tensor, layout: Layout, offset: number): Tensor {
  if (base.slab === DISPOSED) throw new DisposedError(op);
  // A view of nothing stays where its base is: its own start may lie beyond the buffer.
  const start = layout.size === 0 ? base.offset : offset;
  return new Tensor(base.slab, start, layout, base.kind, base.root);
}
