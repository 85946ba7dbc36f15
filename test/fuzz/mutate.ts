// What a hostile or broken caller might do to a call: each mutation spoils one thing of a recorded one.

import { KERNELS } from '../../lib/backend/kernels.js';
import {
  ATTRIBUTES,
  COUNT,
  INLINE,
  INLINE_STRIDE,
  KERNEL,
  KIND,
  OPERANDS,
  ROWS,
} from '../../lib/backend/record.js';
import { DTYPES } from '../../lib/core/dtype.js';
import { MAX_RANK } from '../../lib/core/layout.js';
import { extentOf, type Recorded } from './recorder.js';
import { indexOperand, listWidth } from './signatures.js';
import { type Dims, layoutAt, layouts } from './tap.js';

/** Draws that a case is made of; the same seed draws the same. */
export class Chance {
  constructor(private readonly next: () => number) {}

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }
}

/** What no field should hold, and what lies at the edge of what it may. */
const HOSTILE = [
  -1,
  -0,
  0.5,
  -2.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  5e-324,
  1e300,
  -1e300,
  255,
  256,
  65535,
  65536,
  2 ** 30,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31),
  2 ** 32,
  2 ** 52,
  2 ** 52 + 1,
  2 ** 53,
  2 ** 63,
  2 ** 64,
];
const SMALL = [0, 1, 2, 3, 4, 5, 7, 8, 16, 17, 33, 64];

const MOST_OPERANDS = 6;

/** What the mutations choose from besides numbers. */
export interface World {
  /** Numbers of living buffers, and of some that were collected. */
  readonly living: readonly number[];
  readonly dead: readonly number[];
}

type Mutation = (call: Recorded, fields: Float64Array, chance: Chance, world: World) => void;

function anyNumber(chance: Chance): number {
  return chance.of(chance.below(3) === 0 ? HOSTILE : SMALL);
}

/** One of the call's operands, whatever its count has become. */
function anyOperand(fields: Float64Array, chance: Chance): number {
  return chance.below(Math.min(Math.max(1, Math.floor(fields[COUNT]) || 1), MOST_OPERANDS));
}

const place = (operand: number): number => OPERANDS + 3 * operand;

/** The layout that an operand names, as far as there is one. */
function layoutOf(fields: Float64Array, operand: number): Dims | undefined {
  const id = fields[place(operand) + 2];
  if (id >= 0) return layouts.get(id);
  const inline = Number.isInteger(fields[-id]) && fields[-id] >= 0 && fields[-id] <= MAX_RANK;
  return inline ? layoutAt(fields, -id) : undefined;
}

function writeInline(fields: Float64Array, operand: number, { dims, strides }: Dims): void {
  const at = INLINE + operand * INLINE_STRIDE;
  fields.set([dims.length, ...dims, ...strides], at);
  fields[place(operand) + 2] = -at;
}

const changeBuffer: Mutation = (_call, fields, chance, world) => {
  const ids = [
    fields[place(anyOperand(fields, chance))],
    chance.of(world.living),
    chance.of(world.dead),
    anyNumber(chance),
  ];
  fields[place(anyOperand(fields, chance))] = chance.of(ids);
};

const changeOffset: Mutation = (_call, fields, chance) => {
  const at = place(anyOperand(fields, chance)) + 1;
  fields[at] = chance.below(2) === 0 ? fields[at] + chance.of([-1, 1, 2]) : anyNumber(chance);
};

const changeLayoutNumber: Mutation = (_call, fields, chance) => {
  const at = place(anyOperand(fields, chance)) + 2;
  const others = [fields[place(anyOperand(fields, chance)) + 2], 1 + chance.below(layouts.size + 2)];
  fields[at] = chance.below(2) === 0 ? chance.of(others) : anyNumber(chance) * chance.of([1, -1]);
};

/** One dim or stride of a layout becomes another, or the layout gains or loses a dim. */
const changeLayout: Mutation = (_call, fields, chance) => {
  const operand = anyOperand(fields, chance);
  const layout = layoutOf(fields, operand);
  if (layout === undefined) return;
  const dims = [...layout.dims];
  const strides = [...layout.strides];
  const axis = chance.below(dims.length + 1);
  const how = chance.below(5);
  if (how === 0) {
    dims.splice(axis, 1);
    strides.splice(axis, 1);
  } else if (how === 1 || axis === dims.length) {
    dims.splice(axis, 0, anyNumber(chance));
    strides.splice(axis, 0, anyNumber(chance));
  } else if (how === 2) {
    strides[axis] = chance.of([0, strides[axis] + 1, anyNumber(chance)]);
  } else {
    dims[axis] = chance.of([dims[axis] + 1, dims[axis] - 1, 1, anyNumber(chance)]);
  }
  writeInline(fields, operand, {
    dims: dims.slice(0, MAX_RANK + 2),
    strides: strides.slice(0, MAX_RANK + 2),
  });
};

const changeAttribute: Mutation = (_call, fields, chance) => {
  const at = ATTRIBUTES + chance.below(chance.below(4) === 0 ? 16 : 9);
  fields[at] = chance.of([fields[at] + 1, fields[at] - 1, anyNumber(chance)]);
};

/** Wrong indices where the call has any, else any bytes in one of its buffers: bools that are none, NaN. */
const changeValues: Mutation = (call, fields, chance, world) => {
  if (listWidth(call.fields[KERNEL]) > 0) return changeRows(call, fields, chance, world);
  const indices = indexOperand(call.fields[KERNEL]);
  const operand = indices >= 0 && indices < call.memory.length ? indices : anyOperand(call.fields, chance);
  const { bytes } = call.memory[operand];
  if (operand === indices) {
    const values = new Int32Array(bytes.buffer, 0, Math.floor(bytes.length / 4));
    for (let times = 1 + chance.below(3); times > 0 && values.length > 0; times--) {
      values[chance.below(values.length)] = chance.of([-1, 0, 1, 2, 5, 100, 2 ** 31 - 1, -(2 ** 31)]);
    }
  } else {
    for (let i = 0; i < bytes.length; i++) bytes[i] = chance.of([0, 1, 0x7f, 0x80, 0xff]);
  }
};

/** A number of the rows of a list kernel. */
const changeRows: Mutation = (call, fields, chance, world) => {
  if (listWidth(call.fields[KERNEL]) === 0) return changeAttribute(call, fields, chance, world);
  const numbers = new Float64Array(call.memory[0].bytes.buffer);
  if (chance.below(5) === 0) {
    fields[ATTRIBUTES + ROWS] += chance.of([1, -1, anyNumber(chance)]);
  } else {
    const at = chance.below(numbers.length);
    numbers[at] = chance.of([
      numbers[at] + 1,
      numbers[at] - 1,
      anyNumber(chance),
      chance.of(world.living),
      chance.of(world.dead),
    ]);
  }
};

const changeCount: Mutation = (_call, fields, chance) => {
  fields[COUNT] = chance.of([fields[COUNT] + 1, fields[COUNT] - 1, anyNumber(chance)]);
};

const changeKernel: Mutation = (_call, fields, chance) => {
  fields[KERNEL] = chance.below(4) === 0 ? anyNumber(chance) : chance.below(KERNELS.length + 1);
};

const changeKind: Mutation = (_call, fields, chance) => {
  fields[KIND] = chance.below(4) === 0 ? anyNumber(chance) : chance.below(DTYPES.length + 1);
};

// Those that decoding sees through at once stand here once, the others oftener.
const MUTATIONS: readonly Mutation[] = [
  changeBuffer,
  changeBuffer,
  changeOffset,
  changeLayoutNumber,
  changeLayout,
  changeLayout,
  changeLayout,
  changeAttribute,
  changeAttribute,
  changeAttribute,
  changeValues,
  changeValues,
  changeValues,
  changeValues,
  changeRows,
  changeRows,
  changeCount,
  changeKernel,
  changeKind,
];

/** Spoils one to three things of a call, whose fields stand in `fields` and whose memory in its buffers. */
export function mutate(call: Recorded, fields: Float64Array, chance: Chance, world: World): void {
  for (let times = 1 + chance.below(3); times > 0; times--) chance.of(MUTATIONS)(call, fields, chance, world);
}

/**
 * Whether a call might honestly take minutes: layouts that repeat elements name any amount of work with a few bytes.
 * Such a call is no crash, and the fuzzer has no time for it.
 */
export function isEndless(fields: Float64Array, largestBuffer: number): boolean {
  const sizes = [0, 1];
  for (let operand = 0; operand < Math.min(fields[COUNT], MOST_OPERANDS); operand++) {
    const layout = layoutOf(fields, operand);
    // What reaches beyond every buffer is refused without any work.
    if (layout !== undefined && extentOf(layout) <= largestBuffer) {
      sizes.push(layout.dims.reduce((size, dim) => size * Math.max(dim, 1), 1));
    }
  }
  sizes.sort((a, b) => b - a);
  return sizes[0] * sizes[1] > 2 ** 28 && !isEmptyCall(fields);
}

/** Whether the output has no elements, so that there is nothing to do, whatever the other dims are. */
function isEmptyCall(fields: Float64Array): boolean {
  return layoutOf(fields, 0)?.dims.includes(0) ?? false;
}
