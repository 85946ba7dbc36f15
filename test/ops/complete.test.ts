// The op database has a row for every public operation, and operations are methods by the same names.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as quern from 'quern';
import { describe, expect, it } from 'vitest';
import { NO_OPS, opDb, rows } from '../op_db.js';
import { ROOT } from '../setup/addon-path.js';
import { bits } from '../support/compare.js';
import { call, listOf, operandsOf, plainInputs } from '../support/harness.js';

const isClass = (value: object): boolean => /^class\b/.test(String(value));

const functionsOf = (module: object): string[] =>
  Object.entries(module)
    .filter(([, value]) => typeof value === 'function' && !isClass(value))
    .map(([name]) => name);

const functions = functionsOf(quern);

describe('the op database', () => {
  it('has a row for every exported function that is an operation', () => {
    const known = new Set<string>([...Object.keys(opDb), ...NO_OPS]);
    const all = [...functions, ...functionsOf(quern.nn.functional)];
    expect(all.filter((name) => !known.has(name))).toEqual([]);
  });

  it('names nothing that is not exported', () => {
    expect(NO_OPS.filter((name) => !functions.includes(name))).toEqual([]);
  });

  it('says of each operation with what it is tested', () => {
    for (const [name, row] of rows) {
      const random = row.distribution !== undefined;
      expect(row.reference !== undefined || random || row.covered !== undefined, name).toBe(true);
      if (row.covered !== undefined)
        expect(readFileSync(join(ROOT, row.covered), 'utf8'), row.covered).toContain(name);
    }
  });

  it('has error inputs for each operation', () => {
    expect(rows.filter(([, row]) => row.errors.length === 0).map(([name]) => name)).toEqual([]);
  });

  it('has samples without dimensions or without elements for most', () => {
    const empty = rows.filter(([, row]) =>
      row.samples.some(({ inputs }) =>
        inputs.some(
          (input) => typeof input !== 'number' && !('data' in input) && [input].flat(9).includes(0),
        ),
      ),
    );
    expect(empty.length).toBeGreaterThan(rows.length / 2);
  });
});

describe('methods', () => {
  const methods = Object.getOwnPropertyNames(quern.Tensor.prototype);

  for (const [name, row] of rows) {
    // Functions of nn.functional may share their name with another method, as unfold does.
    if (!methods.includes(name) || !functions.includes(name) || row.samples.length === 0) continue;
    it(`x.${name}(…) is ${name}(x, …)`, () => {
      const dtype = row.dtypes[0];
      for (const sample of row.samples) {
        const { values } = operandsOf(sample, plainInputs(row, sample, dtype), dtype, 'dense');
        const own = operandsOf(sample, plainInputs(row, sample, dtype), dtype, 'dense').values;
        const [self, ...others] = row.positional(own, sample.args ?? []);
        if (!(self instanceof quern.Tensor)) continue;
        if (row.distribution !== undefined) quern.manualSeed(7);
        const method = self[name as 'add'] as (...args: unknown[]) => never;
        expect(listOf(method.apply(self, others)).map(bits)).toEqual(
          call(row, sample, values, dtype).map(bits),
        );
      }
    });
  }

  it('exist for every operation whose first operand is a tensor', () => {
    const NOT_METHODS = [
      ...functionsOf(quern.nn.functional),
      'where',
      'bernoulli',
      'zerosLike',
      'onesLike',
      'fullLike',
      'emptyLike',
      'randLike',
      'randnLike',
      'randintLike',
      'standardGamma',
      'poisson',
      'meshgrid',
      'atLeast1d',
      'atLeast2d',
      'atLeast3d',
      'broadcastTensors',
      'hstack',
      'vstack',
      'dstack',
      'concat',
      'cat',
      'stack',
      'einsum',
      'multiDot',
    ];
    const missing = rows
      .filter(([name, row]) => row.samples.some(({ inputs }) => inputs.length > 0) && !methods.includes(name))
      .map(([name]) => name);
    expect(missing.filter((name) => !NOT_METHODS.includes(name))).toEqual([]);
  });
});
