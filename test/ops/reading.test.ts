// Reading values out of tensors, always as copies, and conversions between all dtypes.

import * as q from 'quern';
import { describe, expect, it } from 'vitest';
import { ALL } from '../op_db/row.js';
import { demandClose, EXACT } from '../support/compare.js';
import { ENGINES, on } from '../support/engines.js';
import { ARRANGEMENTS, arrange } from '../support/layouts.js';
import { stored } from '../support/values.js';

const { item, dataSync, toArray, toShared, fromShared, tensor } = q;

describe('item', () => {
  it('gives the one element, as a number or a boolean', () => {
    expect(item(tensor([[7]]))).toBe(7);
    expect(item(tensor(true))).toBe(true);
    expect(item(tensor([3, 4]).select(0, 1))).toBe(4);
  });

  it('refuses more or fewer', () => {
    expect(() => item(tensor([1, 2]))).toThrow(q.ShapeError);
    expect(() => item(q.zeros([0]))).toThrow(q.ShapeError);
  });
});

describe('dataSync and data', () => {
  it('copy, in row-major order, in the typed array of the dtype', async () => {
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    const values = dataSync(x);
    values[0] = 9;
    expect(x.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(dataSync(x.t())).toEqual(Float32Array.of(1, 3, 2, 4));
    expect(dataSync(tensor([true]))).toEqual(Uint8Array.of(1));
    expect(await x.data()).toEqual(Float32Array.of(1, 2, 3, 4));
  });
});

describe('toArray', () => {
  it('nests as the shape does', () => {
    expect(toArray(q.zeros([2, 0]))).toEqual([[], []]);
    expect(toArray(tensor([[true, false]]))).toEqual([[true, false]]);
    expect(toArray(tensor(5))).toBe(5);
    expect(toArray(tensor([Number.NaN, Number.POSITIVE_INFINITY, -0]))).toEqual([
      Number.NaN,
      Number.POSITIVE_INFINITY,
      -0,
    ]);
  });
});

describe('toShared and fromShared', () => {
  it('bring values, shape and dtype through shared memory', () => {
    for (const dtype of ALL) {
      const x = tensor([[1, 0, 1]], { dtype }).t();
      const back = fromShared(toShared(x));
      expect([back.shape, back.dtype, back.toArray()]).toEqual([x.shape, dtype, x.toArray()]);
    }
  });
});

describe('what was disposed of', () => {
  it('cannot be read', () => {
    const gone = tensor([1]);
    gone.dispose();
    for (const read of [item, dataSync, toArray]) expect(() => read(gone)).toThrow(q.DisposedError);
    expect(String(gone)).toContain('disposed');
  });
});

/** What becomes of a value of one dtype in another: saturated in 32 bits, NaN 0, and the low byte of that. */
function converted(value: number, dtype: q.DType): number {
  if (dtype === 'float32' || dtype === 'float64' || dtype === 'bool') return stored(value, dtype);
  const whole = Number.isNaN(value) ? 0 : Math.trunc(value);
  return stored(Math.min(2 ** 31 - 1, Math.max(-(2 ** 31), whole)), dtype);
}

describe.each(ENGINES)('to, $name', (engine) => {
  const fractions = [
    0,
    -0,
    0.5,
    -0.5,
    1.9,
    -1.9,
    255,
    256,
    -1,
    3e9,
    -3e9,
    1e300,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ];

  for (const from of ALL) {
    it.each(ALL)(`${from} to %s`, (dtype) => {
      const values = fractions.map((value) => converted(value, from));
      const plain = { shape: [3, 5], data: values };
      for (const how of ARRANGEMENTS) {
        const placed = arrange(plain, from, how);
        const want = { shape: [3, 5], data: placed.plain.data.map((value) => converted(value, dtype)) };
        demandClose(
          how,
          on(engine, () => q.to(placed.tensor, dtype)),
          want,
          dtype,
          EXACT,
          true,
        );
      }
    });
  }
});
