// Padding: with a number, or with the input's own values.

import { BOOL, isFloatKind } from '../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { record1 } from '../core/graph.js';
import { denseLayout, stridedLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeView, type Tensor } from '../core/tensor.js';
import { checkTensor, copyValues, rule } from './apply.js';
import { composed } from './composed.js';
import { filledOf } from './create.js';
import { picked } from './resample.js';
import { clone } from './shape.js';
import { fitting } from './whole.js';

const MODES = ['constant', 'reflect', 'replicate', 'circular'] as const;

export type PadMode = (typeof MODES)[number];

export interface PadOptions {
  /** What the padding holds: a number, or the input mirrored, its last values, or the input again. Default 'constant'. */
  mode?: PadMode;
  /** The number of mode 'constant'. Default 0. */
  value?: number;
}

const PAD_OPTIONS = optionNames<PadOptions>({ mode: true, value: true });

/** How much is added before and after each axis; a negative number is taken away. */
interface Margins {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const PAD = rule('pad', {
  a: [
    0,
    (n, g) => {
      const { before, after } = n.saved as Margins;
      return padded(g, { before: before.map((size) => -size), after: after.map((size) => -size) }, 0);
    },
  ],
});

/** The part of a tensor that begins at `start` on each axis. */
function box(x: Tensor, start: readonly number[], dims: readonly number[]): Tensor {
  const offset = start.reduce((sum, at, axis) => sum + at * x.strides[axis], x.offset);
  return makeView('pad', x, stridedLayout(dims, x.strides), offset);
}

/** x amid a number. */
function padded(x: Tensor, margins: Margins, value: number): Tensor {
  const { before, after } = margins;
  const out = composed(() => {
    const whole = filledOf(
      denseLayout(x.shape.map((size, axis) => size + before[axis] + after[axis])),
      x.kind,
      x.kind === BOOL ? Number(value !== 0) : value,
    );
    const kept = x.shape.map((size, axis) => size + Math.min(0, before[axis]) + Math.min(0, after[axis]));
    if (kept.every((size) => size > 0)) {
      const from = before.map((size) => Math.max(0, -size));
      const to = before.map((size) => Math.max(0, size));
      copyValues(box(whole, to, kept), box(x, from, kept));
    }
    return whole;
  });
  record1(PAD, out, x, margins);
  return out;
}

/** For each place of a padded axis the place of the input that it shows. */
function placesOf(mode: PadMode, size: number, before: number, after: number): number[] {
  return Array.from({ length: size + before + after }, (_, i) => {
    const at = i - before;
    if (mode === 'replicate') return Math.min(size - 1, Math.max(0, at));
    if (mode === 'circular') return (at + size) % size;
    if (at < 0) return -at;
    return at < size ? at : 2 * (size - 1) - at;
  });
}

function checkMargins(x: Tensor, padding: readonly number[]): Margins {
  const pairs = Array.isArray(padding) ? padding.length / 2 : Number.NaN;
  if (!Number.isInteger(pairs) || !padding.every(Number.isInteger)) {
    throw new ArgumentError(
      'pad',
      'padding',
      padding,
      'padding is a list of whole numbers, two for each dimension from the last: [left, right, top, bottom, …]',
    );
  }
  if (pairs > x.ndim) {
    throw new ShapeError(
      'pad',
      `padding for ${pairs} dimensions does not fit the input ${showShape(x.shape)}`,
      [x.shape],
    );
  }
  const of = (axis: number, end: number): number => padding[2 * (x.ndim - 1 - axis) + end] ?? 0;
  const before = x.shape.map((_, axis) => of(axis, 0));
  const after = x.shape.map((_, axis) => of(axis, 1));
  if (x.shape.some((size, axis) => size + before[axis] + after[axis] < 0)) {
    throw new ShapeError(
      'pad',
      `padding [${padding.join(', ')}] takes away more than the input ${showShape(x.shape)} has`,
      [x.shape],
    );
  }
  return { before, after };
}

/** Refuses padding for which the input is too small. */
function checkReach(mode: PadMode, x: Tensor, { before, after }: Margins): void {
  x.shape.forEach((size, axis) => {
    const reach = Math.max(before[axis], after[axis]);
    const most = mode === 'reflect' ? size - 1 : size;
    if (before[axis] === 0 && after[axis] === 0) return;
    if (mode === 'replicate' ? size > 0 : reach <= most && size > 0) return;
    throw new ShapeError(
      'pad',
      mode === 'replicate' || size === 0
        ? `dim ${axis} of the input ${showShape(x.shape)} is empty: it has no values to pad with`
        : `mode '${mode}' pads dim ${axis} of the input ${showShape(x.shape)} by at most ${most}; got ${reach}`,
      [x.shape],
    );
  });
}

/**
 * x with its last dimensions padded: `padding` holds two numbers for each, those of the last dimension first, so
 * [left, right, top, bottom] for images. Negative ones crop. Mode 'constant' pads with `value`, 'reflect' with the
 * input mirrored at its first and last value, 'replicate' with these values, 'circular' with the input from its other
 * end.
 *
 * @throws ShapeError where the input is too small; ArgumentError where the padding, mode or value has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * const x = tensor([1, 2, 3]);
 * nn.functional.pad(x, [1, 2]).toArray(); // => [0, 1, 2, 3, 0, 0]
 * nn.functional.pad(x, [2, 2], { mode: 'reflect' }).toArray(); // => [3, 2, 1, 2, 3, 2, 1]
 */
export function pad(x: Tensor, padding: readonly number[], options: PadOptions = NO_OPTIONS): Tensor {
  checkTensor('pad', x);
  checkOptions('pad', options, PAD_OPTIONS);
  const { mode = 'constant', value = 0 } = options;
  if (!MODES.includes(mode)) {
    throw new ArgumentError('pad', 'mode', mode, `mode is one of ${MODES.join(', ')}; got ${String(mode)}`);
  }
  if (typeof value !== 'number' || (!isFloatKind(x.kind) && !Number.isInteger(value))) {
    throw new ArgumentError(
      'pad',
      'value',
      value,
      `value is a number of dtype ${x.dtype}; got ${String(value)}`,
    );
  }
  const margins = checkMargins(x, padding);
  if (mode === 'constant') return padded(x, margins, fitting('pad', value, x.kind));
  if (options.value !== undefined) {
    throw new ArgumentError('pad', 'value', value, `a value goes with mode 'constant'; mode is '${mode}'`);
  }
  checkReach(mode, x, margins);
  let out = x;
  x.shape.forEach((size, axis) => {
    const [before, after] = [margins.before[axis], margins.after[axis]];
    if (before !== 0 || after !== 0) out = picked(out, axis, placesOf(mode, size, before, after));
  });
  return out === x ? clone(x) : out;
}
