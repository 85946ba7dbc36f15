// Scopes: what is created inside and does not survive gives its memory back at the end.

import { ArgumentError, QuernError } from './errors.js';
import type { Tensor } from './tensor.js';

/** Every tensor created while somebody watches, in order, up to `count`; null beyond. */
const created: (Tensor | null)[] = [];
let count = 0;
let watchers = 0;

/** Called by the constructor of tensors. */
export function track(tensor: Tensor): void {
  if (watchers > 0) created[count++] = tensor;
}

/** Begins to watch what is created; answers the mark from which it is known. */
export function watch(): number {
  watchers++;
  return count;
}

/** Stops watching without releasing: what was created since falls to the scope outside, if there is one. */
export function unwatch(mark: number): void {
  watchers--;
  if (watchers === 0) forget(mark);
}

/** Where the list of what was created stands: a mark to ask {@link createdSince} with, while somebody watches. */
export function markCreated(): number {
  return count;
}

/** What was created since the mark and not given back. */
export function createdSince(mark: number): Set<Tensor> {
  return new Set(created.slice(mark, count) as Tensor[]);
}

/** Forgets what was created since the mark. */
function forget(mark: number): void {
  while (count > mark) created[--count] = null;
}

/** Gives back what was created since the mark, but for one tensor; true if that one is among them. */
export function sweepBut(mark: number, kept: Tensor | null): boolean {
  let found = false;
  while (count > mark) {
    const tensor = created[--count] as Tensor;
    created[count] = null;
    if (tensor === kept) found = true;
    else if (tensor.survives !== FOREVER) tensor.dispose();
  }
  return found;
}

/** The same for several; answers those of them that are among the created. */
export function sweepButAll(mark: number, kept: readonly (Tensor | null)[]): Set<Tensor> {
  const wanted = new Set(kept);
  const found = new Set<Tensor>();
  while (count > mark) {
    const tensor = created[--count] as Tensor;
    created[count] = null;
    if (wanted.has(tensor)) found.add(tensor);
    else if (tensor.survives !== FOREVER) tensor.dispose();
  }
  return found;
}

/** The mark of what no scope may end. */
export const FOREVER = -1;

let generation = 0;

/** Marks what a value holds: tensors in arrays and plain objects, and what their graphs have saved. */
function markSurvivors(value: unknown, seen: Set<object>): void {
  if (value === null || typeof value !== 'object' || seen.has(value)) return;
  if (isTensor(value)) {
    markTensor(value);
    return;
  }
  seen.add(value);
  if (Array.isArray(value) || value instanceof Set) {
    for (const item of value) markSurvivors(item, seen);
  } else if (value instanceof Map) {
    for (const item of value.values()) markSurvivors(item, seen);
  } else if (!ArrayBuffer.isView(value)) {
    for (const item of Object.values(value)) markSurvivors(item, seen);
  }
}

function markTensor(first: Tensor): void {
  const waiting = [first];
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    if (tensor.survives === generation || tensor.survives === FOREVER) continue;
    tensor.survives = generation;
    const gradient = tensor.grad;
    if (gradient !== null) waiting.push(gradient);
    tensor.node?.held(waiting);
  }
}

let isTensor: (value: object) => value is Tensor = (_value): _value is Tensor => false;

/** Tensor's file tells how to know one, for this one cannot import it. */
export function teachTensor(test: typeof isTensor): void {
  isTensor = test;
}

/**
 * A scope held open by hand, for async code: `using s = openScope()`, or `dispose()` in a `finally`.
 * Scopes that overlap in time must nest: one opened later is closed first.
 */
export interface Scope {
  /** Lets a tensor outlive this scope; answers it. */
  keep<T>(value: T): T;
  /** Ends the scope: what was created since it opened and was not kept gives its memory back. */
  dispose(): void;
  [Symbol.dispose](): void;
}

const open: OpenScope[] = [];

class OpenScope implements Scope {
  readonly #mark: number;
  readonly #survivors: unknown[] = [];
  #closed = false;

  constructor() {
    this.#mark = watch();
    open.push(this);
  }

  keep<T>(value: T): T {
    this.#survivors.push(value);
    return value;
  }

  dispose(): void {
    if (this.#closed) return;
    if (open.at(-1) !== this) {
      throw new QuernError(
        'scope',
        'scopes must nest: a scope opened inside this one is still open; dispose of that one first',
      );
    }
    this.#closed = true;
    open.pop();
    generation++;
    markSurvivors(this.#survivors, new Set());
    let kept = this.#mark;
    for (let i = this.#mark; i < count; i++) {
      const tensor = created[i] as Tensor;
      if (tensor.survives !== generation && tensor.survives !== FOREVER) tensor.dispose();
      else if (tensor.survives !== FOREVER) created[kept++] = tensor;
    }
    forget(kept);
    unwatch(this.#mark);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/**
 * Opens a scope for code that awaits; `scope(fn)` is the form for synchronous code.
 *
 * @example
 * import { openScope, zeros } from 'quern';
 * const s = openScope();
 * const kept = s.keep(zeros([2]));
 * const dropped = zeros([2]);
 * s.dispose();
 * [kept.disposed, dropped.disposed]; // => [false, true]
 */
export function openScope(): Scope {
  return new OpenScope();
}

/**
 * Runs `fn` and gives back the memory of every tensor that was created inside and does not survive. Survivors are
 * what `fn` returns (in arrays and objects too), what the graph of a survivor has saved, parameters and their
 * gradients, module buffers, optimizer state, and whatever went through {@link keep}.
 *
 * `fn` must be synchronous: a promise as its result is refused, with `openScope()` as the remedy.
 *
 * @example
 * import { scope, tensor } from 'quern';
 * let inside;
 * const total = scope(() => {
 *   inside = tensor([1, 2, 3]).mul(2);
 *   return inside.sum();
 * });
 * total.item(); // => 12
 * inside.disposed; // => true
 */
export function scope<T>(fn: () => T): T {
  const inner = new OpenScope();
  try {
    const result = refusePromise('scope', fn());
    inner.keep(result);
    return result;
  } finally {
    // Scopes that `fn` opened and left open end with it.
    while (open.at(-1) !== inner) open.at(-1)?.dispose();
    inner.dispose();
  }
}

/**
 * Lets a tensor, or those in an array or object, outlive every scope. Answers its argument.
 *
 * @example
 * import { keep, scope, zeros } from 'quern';
 * let held;
 * scope(() => {
 *   held = keep(zeros([2]));
 * });
 * held.disposed; // => false
 */
export function keep<T>(value: T): T {
  const before = generation;
  generation = FOREVER;
  markSurvivors(value, new Set());
  generation = before;
  return value;
}

/** Refuses a promise where a flag or a scope would leak into whatever runs while it is awaited. */
export function refusePromise<T>(op: string, result: T): T {
  if (typeof (result as { then?: unknown } | null | undefined)?.then === 'function') {
    // Nobody else will see the rejection of a promise that is refused.
    (result as unknown as Promise<unknown>).then(undefined, () => undefined);
    const remedy =
      op === 'scope'
        ? 'for async code write `using s = openScope()` (or s.dispose() in a finally)'
        : `call ${op} around the synchronous parts, between the awaits`;
    throw new ArgumentError(
      op,
      'fn',
      result,
      `the function returned a promise, and ${op} is synchronous; ${remedy}`,
    );
  }
  return result;
}
