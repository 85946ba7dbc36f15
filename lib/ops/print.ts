// Tensors as text, in PyTorch's manner.

import { isFloatKind } from '../core/dtype.js';
import { noGrad } from '../core/graph.js';
import { scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { concat } from './join.js';
import { type Nested, toArray } from './read.js';
import { narrow } from './slice.js';

// PyTorch's settings: beyond this many elements only the edges are shown, this many to each side; digits; width.
const SUMMARY_FROM = 1000;
const EDGE = 3;
const DIGITS = 4;
const LINE = 80;

const INDENT = 'tensor('.length;

type Value = number | boolean;
type Writer = (value: Value) => string;

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

/** How all values of a tensor are written: each like the others, and none without need in powers of ten. */
function writerFor(values: readonly Value[], floating: boolean): { write: Writer; width: number } {
  if (!floating) return { write: String, width: widest(values, String) };
  const sized = (values as readonly number[]).filter((value) => Number.isFinite(value) && value !== 0);
  const sizes = sized.map(Math.abs);
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  const write = sized.every(Number.isInteger) ? whole : fraction;
  const chosen = high / low > 1000 || high > 1e8 || low < 1e-4 ? scientific : write;
  return {
    write: (value) => special(value as number) ?? chosen(value as number),
    width: widest(sized, chosen),
  };
}

function widest<T>(values: readonly T[], write: (value: T) => string): number {
  return values.reduce((most: number, value) => Math.max(most, write(value).length), 1);
}

function special(value: number): string | null {
  if (Number.isNaN(value)) return 'nan';
  return Number.isFinite(value) ? null : value > 0 ? 'inf' : '-inf';
}

function whole(value: number): string {
  return `${Object.is(value, -0) ? '-0' : value}.`;
}

function fraction(value: number): string {
  const text = halfToEven(value.toFixed(DIGITS), value.toFixed(10 * DIGITS));
  return Object.is(value, -0) ? `-${text}` : text;
}

function scientific(value: number): string {
  const [mantissa, exponent] = value.toExponential(DIGITS).split('e');
  const [exact] = value.toExponential(10 * DIGITS).split('e');
  const power = Math.abs(Number(exponent)).toString().padStart(2, '0');
  return `${halfToEven(mantissa, exact)}e${Number(exponent) < 0 ? '-' : '+'}${power}`;
}

/** JavaScript rounds halves up, C to the even digit: mends a rounded number by its exact digits. */
function halfToEven(rounded: string, exact: string): string {
  const last = Number(rounded.at(-1));
  const half = /^50*$/.test(exact.slice(rounded.length));
  return half && last % 2 === 1 ? rounded.slice(0, -1) + (last - 1) : rounded;
}

/** Rows of numbers, broken where a line is full, and what holds them. */
class Page {
  readonly #write: Writer;
  readonly #width: number;
  readonly #shape: readonly number[];
  readonly #summarised: boolean;

  constructor(shape: readonly number[], summarised: boolean, write: Writer, width: number) {
    this.#shape = shape;
    this.#summarised = summarised;
    this.#write = (value) => write(value).padStart(width);
    this.#width = width;
  }

  text(nested: Nested, depth: number): string {
    const rank = this.#shape.length;
    if (depth === rank) return this.#write(nested);
    if (depth === rank - 1) return this.#row(nested, depth);
    const parts = nested.map((inner: Nested) => this.text(inner, depth + 1));
    if (this.#cut(depth)) parts.splice(EDGE, 0, '...');
    return `[${parts.join(`,${'\n'.repeat(rank - 1 - depth)}${' '.repeat(INDENT + depth + 1)}`)}]`;
  }

  #cut(depth: number): boolean {
    return this.#summarised && this.#shape[depth] > 2 * EDGE;
  }

  #row(values: readonly Value[], depth: number): string {
    const parts = values.map(this.#write);
    if (this.#cut(depth)) parts.splice(EDGE, 0, ' ...');
    const perLine = Math.max(1, Math.floor((LINE - INDENT - depth) / (this.#width + 2)));
    const lines: string[] = [];
    for (let i = 0; i < parts.length; i += perLine) lines.push(parts.slice(i, i + perLine).join(', '));
    return `[${lines.join(`,\n${' '.repeat(INDENT + depth + 1)}`)}]`;
  }
}

/** What stands behind the values: a shape that they don't show, an unusual dtype, and whether gradients flow. */
function notesOn(x: Tensor): string[] {
  const notes: string[] = [];
  if (x.size === 0 && x.ndim !== 1) notes.push(`shape=[${x.shape.join(', ')}]`);
  const usual = x.dtype === 'float32' || (x.size > 0 && (x.dtype === 'bool' || x.dtype === 'int32'));
  if (!usual) notes.push(`dtype=${x.dtype}`);
  if (x.node !== null) notes.push(`gradFn=${x.node.rule?.name ?? 'used'}`);
  else if (x.requiresGrad) notes.push('requiresGrad=true');
  return notes;
}

function withNotes(body: string, notes: readonly string[]): string {
  let text = `tensor(${body}`;
  let used = body.length - body.lastIndexOf('\n') + 1;
  for (const note of notes) {
    const fits = used + note.length + 2 <= LINE;
    text += fits ? `, ${note}` : `,\n${' '.repeat(INDENT)}${note}`;
    used = fits ? used + note.length + 2 : INDENT + note.length;
  }
  return `${text})`;
}

/** A tensor as text: `tensor([1., 2.], requiresGrad=true)`. Large ones show their edges. @internal */
export function show(x: Tensor): string {
  if (x.disposed) return `tensor(<disposed>, shape=[${x.shape.join(', ')}], dtype=${x.dtype})`;
  if (x.size === 0) return withNotes('[]', notesOn(x));
  return scope(() =>
    noGrad(() => {
      const summarised = x.size > SUMMARY_FROM;
      const part = summarised ? edges(x.detach()) : x;
      const nested = toArray(part);
      const flat: Value[] = part.ndim === 0 ? [nested] : nested.flat(part.ndim);
      const { write, width } = writerFor(flat, isFloatKind(x.kind));
      return withNotes(new Page(x.shape, summarised, write, width).text(nested, 0), notesOn(x));
    }),
  );
}
