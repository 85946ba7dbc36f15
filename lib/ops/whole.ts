// Numbers given for tensors: what is none is refused, and what does not fit, for it would come out as another.

import { DTYPES, INT32, type Kind, UINT8 } from '../core/dtype.js';
import { ArgumentError, describe } from '../core/errors.js';

/** Refuses what is no number. */
export function checkNumber(op: string, name: string, value: unknown): void {
  if (typeof value !== 'number')
    throw new ArgumentError(op, name, value, `${name} is a number; got ${describe(value)}`);
}

/** A number as a dtype holds it: any for floating ones, 0 or 1 for bool; refused where a whole one has no place for it. */
export function fitting(op: string, value: number, kind: Kind): number {
  checkNumber(op, 'value', value);
  if (kind < INT32) return value;
  if (kind > UINT8) return Number(value !== 0);
  const [least, largest] = kind === INT32 ? [-2147483648, 2147483647] : [0, 255];
  if (value > least - 1 && value < largest + 1) return value;
  throw new ArgumentError(
    op,
    'value',
    value,
    `${value} does not fit into ${DTYPES[kind]}, which goes from ${least} to ${largest}; take another dtype`,
  );
}
