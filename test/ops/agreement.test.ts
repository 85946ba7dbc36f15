// The backends against one another, and the native one against itself with other numbers of threads.

import { type DType, getNumThreads, setNumThreads } from 'quern';
import { afterAll, describe, expect, it } from 'vitest';
import type { Row } from '../op_db/row.js';
import { rows } from '../op_db.js';
import { bits, demandClose } from '../support/compare.js';
import { type Engine, NATIVE, TYPESCRIPT } from '../support/engines.js';
import { resultsOn } from '../support/generated.js';
import { type AnySample, nameOf, plainInputs, resultDType, toleranceOf } from '../support/harness.js';
import { isFull } from '../tier.js';

const threads = getNumThreads();
afterAll(() => setNumThreads(threads));

const computing = rows.filter(([, row]) => row.reference !== undefined || row.distribution !== undefined);

/** Large samples take time: in some dtypes, unless all is asked for. */
function largeDTypes(row: Row): readonly DType[] {
  return isFull ? row.dtypes : row.dtypes.filter((dtype) => dtype === 'float32' || dtype === 'int32');
}

/** Whether both backends give the same bits. */
const isToTheBit = ({ distribution }: Row): boolean =>
  distribution !== undefined && distribution.rounded !== true;

function checkAgreement(row: Row, sample: AnySample, dtype: DType): void {
  const plains = plainInputs(row, sample, dtype);
  const label = nameOf(sample, dtype, 'dense');
  const own = resultsOn(row, sample, plains, dtype, TYPESCRIPT);
  if (isToTheBit(row)) {
    for (const engine of NATIVE) {
      const native = resultsOn(row, sample, plains, dtype, engine);
      expect(native.map(bits), `${label} ${engine.name}`).toEqual(own.map(bits));
    }
    return;
  }
  const native = resultsOn(row, sample, plains, dtype, NATIVE[0]);
  own.forEach((result, i) => {
    const plain = { shape: result.shape, data: Array.from(result.dataSync()) };
    const kind = resultDType(row, dtype, i);
    demandClose(label, native[i], plain, kind, toleranceOf(row, kind, plain));
  });
}

describe.runIf(NATIVE.length > 0)('native and TypeScript', () => {
  for (const [name, row] of computing) {
    it(`${name} ${isToTheBit(row) ? 'is equal to the bit' : 'agrees'}`, () => {
      for (const sample of row.samples) for (const dtype of row.dtypes) checkAgreement(row, sample, dtype);
      if (row.large !== undefined)
        for (const dtype of largeDTypes(row)) checkAgreement(row, row.large, dtype);
    });
  }
});

describe.runIf(NATIVE.length > 0)('any number of threads', () => {
  for (const [name, row] of computing) {
    const { large } = row;
    if (large === undefined) continue;
    it(`${name} has the same bits`, () => {
      for (const dtype of largeDTypes(row)) {
        const plains = plainInputs(row, large, dtype);
        const compute = (engine: Engine, count: number): string[] => {
          setNumThreads(count);
          return resultsOn(row, large, plains, dtype, engine).map(bits);
        };
        for (const engine of NATIVE) {
          const alone = compute(engine, 1);
          for (const count of isFull ? [2, 3, 4, 7, 16] : [2, 7]) {
            expect(compute(engine, count), `${dtype} ${engine.name}, ${count} threads`).toEqual(alone);
          }
        }
      }
    });
  }
});
