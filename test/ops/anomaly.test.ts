// Under anomaly detection every operation does what it does without: no false alarm in forward or backward.

import * as q from 'quern';
import { describe, it } from 'vitest';
import type { Row } from '../op_db/row.js';
import { rows } from '../op_db.js';
import { bits } from '../support/compare.js';
import { BACKENDS, on } from '../support/engines.js';
import { type AnySample, call, inputOf, nameOf, operandsOf, plainInputs } from '../support/harness.js';

// What lies in memory that nobody filled differs each time.
const tested = rows.filter(([name, row]) => row.samples.length > 0 && !name.startsWith('empty'));

/** The results of a sample and the gradients of its operands. */
function run(row: Row, sample: AnySample): q.Tensor[] {
  const dtype = row.dtypes.includes('float64') ? 'float64' : row.dtypes[0];
  const { values } = operandsOf(sample, plainInputs(row, sample, dtype, row.smooth), dtype, 'dense');
  const leaves = values.filter(
    (value, i): value is q.Tensor =>
      row.gradient > 0 &&
      value instanceof q.Tensor &&
      value.dtype === 'float64' &&
      inputOf(sample.inputs[i] as never).dtype === undefined,
  );
  for (const leaf of leaves) leaf.requiresGrad = true;
  if (row.distribution !== undefined) q.manualSeed(7);
  // A leaf cannot be written over.
  const operands = row.inPlace
    ? values.map((value) => (value instanceof q.Tensor ? value.clone() : value))
    : values;
  const results = call(row, sample, operands, dtype);
  for (const result of results) {
    if (result.requiresGrad) result.backward({ gradient: q.onesLike(result).detach(), retainGraph: true });
  }
  return [...results, ...leaves.flatMap(({ grad }) => grad ?? [])];
}

describe.each(BACKENDS)('$name', (engine) => {
  it.each(tested)('%s raises no false alarm', (_name, row) => {
    on(engine, () => {
      for (const sample of row.samples) {
        const plain = run(row, sample);
        if (plain.some((one) => q.isNaN(one).any().item())) continue;
        const wanted = plain.map(bits);
        const got = q.detectAnomaly(() => run(row, sample)).map(bits);
        if (String(got) !== String(wanted)) throw new Error(`${nameOf(sample, 'float64', 'dense')}: differs`);
      }
    });
  });
});
