// Every gradient, and the gradient of every gradient, against finite differences in doubles.

import { describe, expect, it } from 'vitest';
import { rows } from '../op_db.js';
import { BACKENDS } from '../support/engines.js';
import { arrangementsFor, checkFlowing, checkGradients } from '../support/generated.js';
import { call, operandsOf, plainInputs } from '../support/harness.js';

describe.each(BACKENDS)('$name', (engine) => {
  for (const [name, row] of rows) {
    if (row.gradient === 0) continue;
    it(`${name}: gradients`, () => checkGradients(row, engine, 'dense'));
    const others = arrangementsFor(row).filter((how) => how === 'transposed' || how === 'stepped');
    it.each(others)(`${name}: gradients of %s operands`, (how) => checkGradients(row, engine, how));
  }
});

// What flows back need not lie densely: the gradient of a sum is one number that is expanded. In float32, the usual
// dtype, and of everything at once, as its numbers do not matter.
describe.each(BACKENDS)('$name', (engine) => {
  for (const [name, row] of rows) {
    if (row.gradient === 0 || row.inPlace || !row.dtypes.includes('float32')) continue;
    it(`${name}: what flows back in any layout`, () => checkFlowing(row, engine));
  }
});

describe('operations without a gradient', () => {
  for (const [name, row] of rows) {
    const sample = row.samples.find(({ inputs }) => inputs.length > 0);
    if (row.gradient !== 0 || sample === undefined || !row.dtypes.includes('float32')) continue;
    it(`${name} answers what requires none`, () => {
      const { values } = operandsOf(sample, plainInputs(row, sample, 'float32'), 'float32', 'dense');
      for (const value of values)
        if (typeof value !== 'number' && value.dtype === 'float32') value.requiresGrad = true;
      for (const result of call(row, sample, values, 'float32')) expect(result.requiresGrad).toBe(false);
    });
  }
});
