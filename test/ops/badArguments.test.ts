// Arguments that make no sense, for every row: whatever an operation makes of them, it throws no error without a name.

import * as q from 'quern';
import { describe, it } from 'vitest';
import type { Row } from '../op_db/row.js';
import { rows } from '../op_db.js';
import { BACKENDS, on } from '../support/engines.js';
import { type AnySample, operandsOf, plainInputs } from '../support/harness.js';

// Not so large that a shape made of it would fill the memory.
const NONSENSE = [
  undefined,
  null,
  Number.NaN,
  1.5,
  -1,
  -7,
  7,
  Infinity,
  'x',
  true,
  {},
  [],
  [0, 0],
  [-9],
  ['x'],
];

/** Other operands in the place of one: of another rank, size, dtype or layout. */
function others(x: q.Tensor): q.Tensor[] {
  const dense = x.to('float32');
  return [
    q.ones([7]),
    q.ones([2, 7, 1]),
    q.ones([]),
    q.ones([0]),
    q.ones([1, 1, 1, 1, 1, 1, 1]),
    dense.unsqueeze(0),
    dense.flatten(),
    dense.to('int32'),
    dense.to('uint8'),
    dense.to('bool'),
    dense.to('float64'),
    q.full(x.shape, -3, { dtype: 'int32' }),
    q.full(x.shape, 1e6, { dtype: 'int32' }),
    q.full(x.shape, Number.NaN),
    q.full(x.shape, -Infinity),
  ];
}

function show(value: unknown): string {
  if (value instanceof q.Tensor) return `${value.dtype} (${value.shape})`;
  if (Array.isArray(value)) return `[${value.map(show).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([name, one]) => `${name}: ${show(one)}`)
    .join(', ')} }`;
}

/** All calls that differ in one argument from a good one, options one by one. */
function* spoilt(row: Row, sample: AnySample): Generator<readonly unknown[]> {
  const dtype = row.dtypes[0];
  const good = (): unknown[] => [
    ...row.positional(
      operandsOf(sample, plainInputs(row, sample, dtype), dtype, 'dense').values,
      sample.args ?? [],
    ),
  ];
  const replaced = (i: number, value: unknown): unknown[] => good().with(i, value);
  const first = good();
  for (let i = 0; i < first.length; i++) {
    const value = first[i];
    if (value instanceof q.Tensor) for (const other of others(value)) yield replaced(i, other);
    for (const nonsense of NONSENSE) {
      yield replaced(i, nonsense);
      if (typeof value !== 'object' || value === null || value instanceof q.Tensor) continue;
      if (Array.isArray(value)) {
        for (let k = 0; k < value.length; k++) yield replaced(i, value.with(k, nonsense));
      } else {
        for (const name of Object.keys(value)) yield replaced(i, { ...value, [name]: nonsense });
      }
    }
  }
}

describe.each(BACKENDS)('$name', (engine) => {
  it.each(rows.filter(([, row]) => row.samples.length > 0))('%s throws named errors alone', (_name, row) => {
    on(engine, () => {
      for (const sample of row.samples) {
        for (const args of spoilt(row, sample)) {
          try {
            (row.fn as (...all: unknown[]) => unknown)(...args);
          } catch (error) {
            if (!(error instanceof q.QuernError)) throw new Error(`${show(args)}: ${error}`);
          }
        }
      }
    });
  });
});
