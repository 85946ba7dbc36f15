// From a row of the op database to calls, and to what they should answer.

import { type DType, manualSeed, Tensor } from 'quern';
import type { Input, InputLike, Results, Row, Sample } from '../op_db/row.js';
import { EXACT, type Tolerance } from './compare.js';
import { type Arrangement, arrange } from './layouts.js';
import { type Plain, scalar } from './plain.js';
import { type Domain, draw, seedOf, stored } from './values.js';

export type AnySample = Sample<readonly unknown[]>;

/** The operands of one call, and what they hold. */
export interface Operands {
  readonly plains: readonly Plain[];
  readonly values: readonly (Tensor | number)[];
}

export function inputOf(like: Exclude<InputLike, number>): Input {
  return 'shape' in like ? like : { shape: like };
}

/** The numbers of each operand of a sample. */
export function plainInputs(row: Row, sample: AnySample, dtype: DType, domain: Domain = row.domain): Plain[] {
  return sample.inputs.map((like, i) => {
    if (typeof like === 'number') return scalar(like);
    const input = inputOf(like);
    if (input.data !== undefined)
      return { shape: input.shape, data: input.data.map((value) => stored(value, input.dtype ?? dtype)) };
    return draw(
      input.shape,
      input.dtype ?? dtype,
      input.domain ?? domain,
      seedOf(`${row.family} ${input.shape}`) + i,
    );
  });
}

/** Tensors of given numbers, in an arrangement. */
export function operandsOf(
  sample: AnySample,
  plains: readonly Plain[],
  dtype: DType,
  how: Arrangement,
): Operands {
  const placed = sample.inputs.map((like, i) => {
    if (typeof like === 'number') return { plain: plains[i], tensor: like };
    return arrange(plains[i], inputOf(like).dtype ?? dtype, how);
  });
  return { plains: placed.map(({ plain }) => plain), values: placed.map(({ tensor }) => tensor) };
}

/** Calls the function of a row; answers its results as a list. Random functions start from one seed. */
export function call(
  row: Row,
  sample: AnySample,
  operands: readonly (Tensor | number)[],
  dtype: DType,
): readonly Tensor[] {
  const args = [...(sample.args ?? []), ...(row.dtypeOption ? [{ dtype }] : [])];
  if (row.distribution !== undefined) manualSeed(7);
  return listOf((row.fn as (...all: unknown[]) => Results)(...row.positional(operands, args)));
}

export function listOf(results: Results): readonly Tensor[] {
  if (results instanceof Tensor) return [results];
  return Object.values(results).filter((result) => result !== null);
}

/** What the reference answers, as a list. */
export function expected(row: Row, sample: AnySample, plains: readonly Plain[]): readonly Plain[] {
  const reference = row.reference as (
    inputs: readonly Plain[],
    ...args: readonly unknown[]
  ) => Plain | readonly Plain[];
  const answer = reference(plains, ...(sample.args ?? []));
  return 'shape' in answer ? [answer] : answer;
}

export function resultDType(row: Row, dtype: DType, output: number): DType {
  if (typeof row.result === 'function') return row.result(dtype, output);
  const floating = dtype === 'float32' || dtype === 'float64';
  switch (row.result) {
    case 'same':
      return dtype;
    case 'bool':
      return 'bool';
    case 'float':
      return floating ? dtype : 'float32';
    case 'sum':
      return floating ? dtype : 'int32';
  }
}

/** How far a result of a dtype may lie from the reference. */
export function toleranceOf(row: Row, dtype: DType, want: Plain): Tolerance {
  if (row.precision === 'exact' || (dtype !== 'float32' && dtype !== 'float64')) return EXACT;
  const relative = row.tolerance[dtype];
  if (row.precision === 'relative') return { relative, absolute: dtype === 'float32' ? 2 ** -149 : 0 };
  const largest = want.data.reduce(
    (most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most),
    1,
  );
  return { relative, absolute: relative * largest };
}

/** A sample as messages name it. */
export function nameOf(sample: AnySample, dtype: DType, how: Arrangement): string {
  const shapes = sample.inputs.map((like) =>
    typeof like === 'number' ? String(like) : `(${inputOf(like).shape})`,
  );
  return `${shapes.join(' ')} ${JSON.stringify(sample.args ?? [])} ${dtype} ${how}`;
}
