// Writing in place: what lies around the target stays, and what overlaps is copied first.

import { arange, ones, ShapeError, type Tensor, tensor, zeros } from 'quern';
import { describe, expect, it } from 'vitest';
import { rows } from '../op_db.js';
import { BACKENDS, on } from '../support/engines.js';
import { call, operandsOf, plainInputs } from '../support/harness.js';

const writing = rows.filter(([, row]) => row.inPlace);

describe.each(BACKENDS)('$name', (engine) => {
  for (const [name, row] of writing) {
    it(`${name} leaves alone what lies around its target`, () => {
      on(engine, () => {
        for (const dtype of row.dtypes) {
          for (const sample of row.samples) {
            const plains = plainInputs(row, sample, dtype);
            const { values } = operandsOf(sample, plains, dtype, 'stepped');
            const base = (values[0] as Tensor).root;
            const before = base.toArray();
            // Each element as it was, those of the target apart: those are put back.
            const old = (values[0] as Tensor).clone();
            call(row, sample, values, dtype);
            (values[0] as Tensor).copy_(old);
            expect(base.toArray()).toEqual(before);
          }
        }
      });
    });

    it(`${name} refuses an expanded target`, () => {
      on(engine, () => {
        const sample = row.samples[0];
        const others = operandsOf(
          sample,
          plainInputs(row, sample, 'float32'),
          'float32',
          'dense',
        ).values.slice(1);
        const target = ones([1]).expand((sample.inputs[0] as readonly number[]).length === 2 ? [2, 3] : [5]);
        expect(() => call(row, sample, [target, ...others], 'float32')).toThrow(ShapeError);
      });
    });
  }

  it('copies operands that share memory with the target in another order', () => {
    on(engine, () => {
      const x = arange(9).reshape([3, 3]);
      x.add_(x.t());
      expect(x.toArray()).toEqual([
        [0, 4, 8],
        [4, 8, 12],
        [8, 12, 16],
      ]);
      const shifted = arange(6);
      shifted.slice(0, { start: 1 }).copy_(shifted.slice(0, { end: 5 }));
      expect(shifted.toArray()).toEqual([0, 0, 1, 2, 3, 4]);
      const same = tensor([1, 2, 3]);
      same.mul_(same);
      expect(same.toArray()).toEqual([1, 4, 9]);
    });
  });

  it('takes other dtypes where the target can hold them', () => {
    on(engine, () => {
      const float = ones([2]);
      float.add_(tensor([1, 2], { dtype: 'float64' }));
      float.mul_(tensor([2, 2], { dtype: 'int32' }));
      expect([float.dtype, float.toArray()]).toEqual(['float32', [4, 6]]);
      const byte = tensor([250, 1], { dtype: 'uint8' });
      byte.add_(tensor([10, 1], { dtype: 'int32' }));
      expect([byte.dtype, byte.toArray()]).toEqual(['uint8', [4, 2]]);
      const flag = tensor([true, false]);
      flag.mul_(tensor([true, true]));
      expect([flag.dtype, flag.toArray()]).toEqual(['bool', [true, false]]);
    });
  });
});

describe('views', () => {
  it('show what is written through them, and through their base', () => {
    const base = zeros([2, 3]);
    const row = base.select(0, 1);
    row.fill_(5);
    base.t().select(0, 0).add_(1);
    expect(base.toArray()).toEqual([
      [1, 0, 0],
      [6, 5, 5],
    ]);
    expect(row.toArray()).toEqual([6, 5, 5]);
  });
});
