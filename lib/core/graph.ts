// The graph of automatic differentiation: what operations leave behind, and when they do.

import { DisposedError, GradientError, ShapeError } from './errors.js';
import { type Precision, precision } from './precision.js';
import { refusePromise } from './scope.js';
import { DISPOSED } from './slab.js';
import { makeView, type Tensor } from './tensor.js';

/** The gradient with respect to one operand, from the gradient of the output; null where it is nought everywhere. */
export type Backward = (node: Node, gradient: Tensor) => Tensor | null;

/** What a rule reads in backward: bits for the values of its operands and of its output. */
export const A = 1;
export const B = 2;
export const C = 4;
export const OUT = 8;

/** Writes a gradient over a tensor of the operand's shape and dtype that shares no memory with what it reads. */
export type BackwardInto = (node: Node, gradient: Tensor, target: Tensor) => void;

/**
 * A way back to one operand: the values that it reads, and the gradient that it computes. Where `into` is given, a
 * leaf's gradient is written straight into the leaf's buffer, which saves a tensor and a copy.
 */
export type Way = readonly [reads: number, back: Backward, into?: BackwardInto];

/**
 * The gradients of all operands out of one computation, in the order of the list; null for those that nobody tracks.
 * It may read the values of every operand and of the output.
 */
export type Together = (node: Node, gradient: Tensor) => readonly (Tensor | null)[];

/** How gradients pass one operation; an operand without a way has no gradient. */
export interface Ways {
  readonly a?: Way;
  readonly b?: Way;
  readonly c?: Way;
  /** What several ways read: made once for each gradient, given back after the last; null where it is not needed. */
  readonly shared?: (node: Node, gradient: Tensor) => Tensor | null;
  /** For operations on lists: the gradient of the operand at an index. */
  readonly each?: (node: Node, gradient: Tensor, index: number) => Tensor;
  /** What the gradient passes before it goes any way: an activation that the operation ends with. */
  readonly through?: readonly [reads: number, back: (node: Node, gradient: Tensor) => Tensor];
  /** The same for operations whose gradients share most of their work. */
  readonly together?: Together;
  /** Whether users may keep what `together` makes and receives, so that nothing of it is given back. */
  readonly shows?: boolean;
  /** Whether the output is a view of operand a. */
  readonly view?: boolean;
  /** For views of a part of operand a: the same part of a gradient of its dims, to which the output's can be added. */
  readonly within?: (node: Node, whole: Tensor) => Tensor;
}

/** The gradients of one operation, in fixed slots. */
export class Rule {
  readonly a: Backward | null;
  readonly b: Backward | null;
  readonly c: Backward | null;
  readonly readsA: number;
  readonly readsB: number;
  readonly readsC: number;
  readonly intoA: BackwardInto | null;
  readonly intoB: BackwardInto | null;
  readonly intoC: BackwardInto | null;
  readonly through: Backward | null;
  readonly readsThrough: number;
  readonly shared: ((node: Node, gradient: Tensor) => Tensor | null) | null;
  readonly each: ((node: Node, gradient: Tensor, index: number) => Tensor) | null;
  readonly together: Together | null;
  readonly shows: boolean;
  readonly view: boolean;
  readonly within: ((node: Node, whole: Tensor) => Tensor) | null;

  constructor(
    readonly name: string,
    ways: Ways,
  ) {
    this.a = ways.a?.[1] ?? null;
    this.b = ways.b?.[1] ?? null;
    this.c = ways.c?.[1] ?? null;
    this.readsA = ways.a?.[0] ?? 0;
    this.readsB = ways.b?.[0] ?? 0;
    this.readsC = ways.c?.[0] ?? 0;
    this.intoA = ways.a?.[2] ?? null;
    this.intoB = ways.b?.[2] ?? null;
    this.intoC = ways.c?.[2] ?? null;
    this.through = ways.through?.[1] ?? null;
    this.readsThrough = ways.through?.[0] ?? 0;
    this.shared = ways.shared ?? null;
    this.each = ways.each ?? null;
    this.together = ways.together ?? null;
    this.shows = ways.shows ?? false;
    this.view = ways.view ?? false;
    this.within = ways.within ?? null;
  }
}

/** One operation in the graph. */
export class Node {
  rule: Rule | null;
  a: Tensor | null;
  b: Tensor | null;
  c: Tensor | null;
  out: Tensor | null;
  /** The operands of an operation on a list. */
  list: readonly Tensor[] | null = null;
  /** The versions of those whose values the rule reads. */
  versions: readonly number[] | null = null;
  /** What the rule needs besides tensors: axes, sizes, counters. */
  saved: unknown;
  /** A tensor that only this node can see (a mask, indices): it is given back as backward passes. */
  helper: Tensor | null = null;
  /** What the rule's ways share while a gradient passes; none in a walk that is recorded. */
  shared: Tensor | null = null;
  gradient: Tensor | null = null;
  /** The walk that last saw it. */
  mark = 0;
  readonly versionA: number;
  readonly versionB: number;
  readonly versionC: number;
  /** Taken again after a write in place. */
  versionOut: number;
  readonly rebasedA: number;
  /** In force when it was recorded; its gradients are computed so too. */
  readonly precision: Precision = precision;

  constructor(rule: Rule, out: Tensor, a: Tensor | null, b: Tensor | null, c: Tensor | null, saved: unknown) {
    this.rule = rule;
    this.out = out;
    this.a = a;
    this.b = b;
    this.c = c;
    this.saved = saved;
    this.versionA = a === null ? 0 : a.root.version;
    this.versionB = b === null ? 0 : b.root.version;
    this.versionC = c === null ? 0 : c.root.version;
    this.versionOut = out.root.version;
    this.rebasedA = a === null ? 0 : a.root.rebased;
  }

  /** Appends the tensors that this node keeps. */
  held(into: Tensor[]): void {
    if (this.a !== null) into.push(this.a);
    if (this.b !== null) into.push(this.b);
    if (this.c !== null) into.push(this.c);
    if (this.out !== null) into.push(this.out);
    if (this.helper !== null) into.push(this.helper);
    if (this.list !== null) for (const item of this.list) into.push(item);
  }

  /** Forgets everything: the graph of a loss does not outlive its backward. */
  consume(): void {
    this.helper?.dispose();
    this.rule = null;
    this.a = null;
    this.b = null;
    this.c = null;
    this.out = null;
    this.list = null;
    this.versions = null;
    this.helper = null;
    this.saved = null;
  }
}

let gradientsOn = true;

/** Sets whether operations are recorded; answers what was set before. For walks, which set it back. */
export function setGradEnabled(on: boolean): boolean {
  const before = gradientsOn;
  gradientsOn = on;
  return before;
}

/**
 * Whether operations are being recorded.
 *
 * @example
 * import { isGradEnabled, noGrad } from 'quern';
 * [isGradEnabled(), noGrad(() => isGradEnabled())]; // => [true, false]
 */
export function isGradEnabled(): boolean {
  return gradientsOn;
}

function withGradients<T>(op: string, on: boolean, fn: () => T): T {
  const before = gradientsOn;
  gradientsOn = on;
  try {
    return refusePromise(op, fn());
  } finally {
    gradientsOn = before;
  }
}

/**
 * Runs a synchronous function without recording: what it computes requires no gradient.
 *
 * @example
 * import { noGrad, tensor } from 'quern';
 * const w = tensor([1, 2], { requiresGrad: true });
 * noGrad(() => w.mul(2)).requiresGrad; // => false
 */
export function noGrad<T>(fn: () => T): T {
  return withGradients('noGrad', false, fn);
}

/**
 * Runs a synchronous function with recording on, inside {@link noGrad} too.
 *
 * @example
 * import { enableGrad, noGrad, tensor } from 'quern';
 * const w = tensor([1, 2], { requiresGrad: true });
 * noGrad(() => enableGrad(() => w.mul(2))).requiresGrad; // => true
 */
export function enableGrad<T>(fn: () => T): T {
  return withGradients('enableGrad', true, fn);
}

/** Records an operation on one operand, if gradients flow through it. */
export function record1(rule: Rule, out: Tensor, a: Tensor, saved: unknown): void {
  if (gradientsOn && a.tracked) {
    out.node = new Node(rule, out, a, null, null, saved);
    out.tracked = true;
  }
}

export function record2(rule: Rule, out: Tensor, a: Tensor, b: Tensor, saved: unknown): void {
  if (gradientsOn && (a.tracked || b.tracked)) {
    out.node = new Node(rule, out, a, b, null, saved);
    out.tracked = true;
  }
}

export function record3(
  rule: Rule,
  out: Tensor,
  a: Tensor,
  b: Tensor,
  c: Tensor | null,
  saved: unknown,
): void {
  if (gradientsOn && (a.tracked || b.tracked || c?.tracked)) {
    out.node = new Node(rule, out, a, b, c, saved);
    out.tracked = true;
  }
}

export function recordList(rule: Rule, out: Tensor, list: readonly Tensor[], saved: unknown): void {
  if (gradientsOn && list.some((tensor) => tensor.tracked)) {
    out.node = new Node(rule, out, null, null, null, saved);
    out.node.list = list;
    out.tracked = true;
  }
}

/** Records an operation whose rule takes the gradients of a list together; whether it did. It then owns `helper`. */
export function recordTogether(
  rule: Rule,
  out: Tensor,
  list: readonly Tensor[],
  saved: unknown,
  helper: Tensor | null,
): boolean {
  recordList(rule, out, list, saved);
  const node = out.node;
  if (node === null) return false;
  node.versions = list.map((tensor) => tensor.root.version);
  node.helper = helper;
  return true;
}

/** Whether {@link record1} and its like would record something with this operand. */
export function recording(a: Tensor): boolean {
  return gradientsOn && a.tracked;
}

/** Refuses to write in place where autograd would be wrong, before anything is written. */
export function checkInPlace(op: string, target: Tensor, flows: boolean): void {
  if (target.slab === DISPOSED) throw new DisposedError(op);
  if (target.layout.repeats) {
    throw new ShapeError(
      op,
      'several elements of this tensor, expanded or unfolded, lie in one place of memory; write into a clone() of it',
      [target.shape],
    );
  }
  if (!gradientsOn) return;
  if (target.tracked && target.node === null) {
    throw new GradientError(
      op,
      'a leaf that requires gradients cannot be changed in place; do it inside noGrad(), or compute a new tensor',
    );
  }
  if ((target.tracked || flows) && target.root !== target) {
    throw new GradientError(
      op,
      'a view cannot be changed in place while gradients flow through it; compute a new tensor, or change the base',
    );
  }
}

/** Whether a gradient of a write in place will read what the write is about to destroy. */
export function readsOld(rule: Rule, target: Tensor, b: Tensor): boolean {
  if (!gradientsOn) return false;
  return ((target.tracked ? rule.readsA : 0) & A) !== 0 || ((b.tracked ? rule.readsB : 0) & A) !== 0;
}

/**
 * Begins to record a write in place: `target` becomes the output of the rule. What it was before stands as operand
 * a, with the old history: an alias of the same memory, or the copy where {@link readsOld} asked for one. Call
 * {@link finishInPlace} after the write.
 */
export function recordInPlace(
  rule: Rule,
  target: Tensor,
  b: Tensor | null,
  saved: unknown,
  copy: Tensor | null,
): void {
  if (!gradientsOn || !(target.tracked || b?.tracked)) return;
  const before = copy ?? makeView(rule.name, target, target.layout, target.offset);
  before.node = target.node;
  before.tracked = target.tracked;
  target.node = new Node(rule, target, before, b, null, saved);
  target.node.helper = copy;
  target.tracked = true;
  target.root.rebased++;
}

/** After the write: graphs that saved the old values will refuse to run. */
export function finishInPlace(target: Tensor): void {
  target.root.version++;
  if (target.node !== null && target.node.out === target) target.node.versionOut = target.root.version;
}
