// What convolutions along one, two and three axes share: sizes given once or per axis, and the checks of operands.

import { isFloatKind } from '../core/dtype.js';
import { ArgumentError, DTypeError, describe, ShapeError, showShape } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';

/** A number, alone or in a list. */
export type Single = number | readonly [number];

/** A number for both height and width, or one for each. */
export type Pair = number | readonly [number, number];

/** A number for depth, height and width, or one for each. */
export type Triple = number | readonly [number, number, number];

/** Sizes along spatial axes, of which there are one to three. */
export type Sizes = number | readonly number[];

/** How many spatial axes. */
export type Axes = 1 | 2 | 3;

const LISTS = { 1: 'or a list of one', 2: 'or a pair of them', 3: 'or three of them' } as const;

/** Whether a list has a whole number from `least` on for each axis. Called for each convolution: it makes nothing. */
function fitsAxes(list: Sizes, least: number, axes: Axes): boolean {
  if (!Array.isArray(list) || list.length !== axes) return false;
  for (let i = 0; i < axes; i++) if (!Number.isInteger(list[i]) || list[i] < least) return false;
  return true;
}

/**
 * One number per axis from a number or a list, checked to be whole and at least `least`. A list comes back as it is:
 * who keeps it copies it. @internal
 */
export function checkSizes(
  op: string,
  name: string,
  value: Sizes,
  least: number,
  axes: Axes,
): readonly number[] {
  const list = typeof value === 'number' ? new Array<number>(axes).fill(value) : value;
  if (fitsAxes(list, least, axes)) return list;
  const got = Array.isArray(value) ? `[${value.join(', ')}]` : describe(value);
  throw new ArgumentError(
    op,
    name,
    value,
    `${name} is a whole number from ${least}, ${LISTS[axes]}; got ${got}`,
  );
}

/** {@link checkSizes} for height and width. @internal */
export function checkPair(op: string, name: string, value: Pair, least: number): readonly [number, number] {
  return checkSizes(op, name, value, least, 2) as readonly [number, number];
}

/** The padding before and after each axis that 'same' asks for: of an odd sum the larger part comes after. @internal */
export interface SamePadding {
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** @internal */
export function samePadding(
  op: string,
  window: readonly number[],
  stride: readonly number[],
  dilation: readonly number[],
): SamePadding {
  if (stride.some((step) => step !== 1)) {
    throw new ArgumentError(
      op,
      'padding',
      'same',
      "padding 'same' needs stride 1; give the padding in numbers",
    );
  }
  const total = window.map((size, i) => dilation[i] * (size - 1));
  const before = total.map((sum) => Math.floor(sum / 2));
  return { before, after: total.map((sum, i) => sum - before[i]) };
}

/** The names of the last dimensions of an input: (N, C, D, H, W). */
const INPUT = ['(N, C, L)', '(N, C, H, W)', '(N, C, D, H, W)'] as const;
const WINDOW = ['K', 'KH, KW', 'KD, KH, KW'] as const;

/** How the input of so many spatial axes is written. @internal */
export function inputForm(axes: Axes): string {
  return INPUT[axes - 1];
}

/**
 * Refuses operands that do not go together. The weight is (O, C / groups, …), or transposed (C, O / groups, …).
 * @internal
 */
export function checkOperands(
  op: string,
  axes: Axes,
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null,
  groups: number,
  transposed: boolean,
): void {
  const shapes = [x.shape, weight.shape];
  if (x.ndim !== axes + 2 || weight.ndim !== axes + 2) {
    const channels = transposed ? 'C, O / groups' : 'O, C / groups';
    throw new ShapeError(
      op,
      `the input is ${inputForm(axes)} and the weight (${channels}, ${WINDOW[axes - 1]}); got ${showShape(x.shape)} and ${showShape(weight.shape)}`,
      shapes,
    );
  }
  if (!isFloatKind(x.kind) || x.kind !== weight.kind || (bias !== null && bias.kind !== x.kind)) {
    throw new DTypeError(
      op,
      `operands must have the same floating dtype; got ${x.dtype} and ${weight.dtype}: cast with to()`,
      [x.dtype, weight.dtype],
    );
  }
  const side = transposed ? 'input' : 'output';
  if (!Number.isInteger(groups) || groups < 1 || weight.shape[0] % groups !== 0) {
    throw new ArgumentError(
      op,
      'groups',
      groups,
      `groups divides the ${weight.shape[0]} ${side} channels; got ${groups}`,
    );
  }
  const taken = transposed ? weight.shape[0] : weight.shape[1] * groups;
  if (x.shape[1] !== taken) {
    throw new ShapeError(
      op,
      `the input ${showShape(x.shape)} has ${x.shape[1]} channels and the weight ${showShape(weight.shape)} takes ` +
        `${taken} in ${groups} group${groups === 1 ? '' : 's'}`,
      shapes,
    );
  }
  const made = transposed ? weight.shape[1] * groups : weight.shape[0];
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== made)) {
    throw new ShapeError(op, `the bias is (${made},); got ${showShape(bias.shape)}`, [bias.shape]);
  }
}
