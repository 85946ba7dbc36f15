// Numbers for tensors of whole numbers: those that do not fit are refused, for they would come out as others.

import { DTYPES, INT32, type Kind, UINT8 } from '../core/dtype.js';
import { ArgumentError } from '../core/errors.js';

/** A number as a dtype holds it: any for floating ones, 0 or 1 for bool; refused where a whole one has no place for it. */
export function fitting(op: string, value: number, kind: Kind): number {
  if (kind < INT32) return value;
  if (kind > UINT8) return Number(value !== 0);
  const [least, largest] = kind === INT32 ? [-2147483648, 2147483647] : [0, 255];
  if (value > least - 1 && value < largest + 1) return value;
  throw new ArgumentError(
    op,
    'value',
    value,
    `${value} does not fit into ${DTYPES[kind]}, which goes from ${least} to ${largest}; use another dtype, or cast ` +
      'the tensor that it meets with to()',
  );
}
