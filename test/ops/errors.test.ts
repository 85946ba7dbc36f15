// What operations refuse, and with which named error: the cases of each row, and those that all have in common.

import { ArgumentError, DisposedError, QuernError, Tensor } from 'quern';
import { describe, expect, it } from 'vitest';
import { rows } from '../op_db.js';
import { BACKENDS, on } from '../support/engines.js';
import { call, operandsOf, plainInputs } from '../support/harness.js';

function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe.each(BACKENDS)('$name', (engine) => {
  for (const [name, row] of rows) {
    it.each(row.errors)(`${name} refuses $name`, ({ act, error }) => {
      const thrown = on(engine, () => errorOf(act));
      expect(thrown).toBeInstanceOf(error);
      expect((thrown as Error).name).toBe(error.name);
      // Composites answer in the name of the operation inside that refused.
      expect((thrown as QuernError).message).toMatch(/^\[\w+\] \S/);
    });

    const sample = row.samples.find(({ inputs }) => inputs.some((input) => typeof input !== 'number'));
    if (sample === undefined) continue;
    const dtype = row.dtypes[0];
    const operands = () => operandsOf(sample, plainInputs(row, sample, dtype), dtype, 'dense').values;

    it(`${name} refuses operands that were disposed of`, () => {
      on(engine, () => {
        operands().forEach((operand, i) => {
          if (!(operand instanceof Tensor)) return;
          const values = operands();
          (values[i] as Tensor).dispose();
          expect(
            errorOf(() => call(row, sample, values, dtype)),
            `operand ${i}`,
          ).toBeInstanceOf(DisposedError);
        });
      });
    });

    it(`${name} refuses what is no tensor`, () => {
      on(engine, () => {
        for (const nonsense of [undefined, null, 'x', [1, 2], {}]) {
          const values = [nonsense as never, ...operands().slice(1)];
          expect(
            errorOf(() => call(row, sample, values, dtype)),
            String(nonsense),
          ).toBeInstanceOf(ArgumentError);
        }
      });
    });
  }
});

describe('errors', () => {
  it('carry their facts', () => {
    const shape = errorOf(() => rows.find(([name]) => name === 'matmul')?.[1].errors[0].act());
    expect(shape).toMatchObject({
      op: 'matmul',
      shapes: [
        [2, 3],
        [2, 3],
      ],
    });
    expect((shape as Error).message).toBe('[matmul] inner dimensions differ: (2, 3) × (2, 3)');
    expect(shape).toBeInstanceOf(QuernError);
  });
});
