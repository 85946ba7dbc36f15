// Tensor.unfold: windows as a view, their gradients, and that nobody writes through windows that overlap.

import { ArgumentError, arange, ones, ShapeError, type Tensor, tensor } from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { gradcheck, gradgradcheck } from '../support/gradcheck.js';
import { build } from '../support/plain.js';

const CASES: [shape: number[], dimension: number, size: number, step: number][] = [
  [[7], 0, 3, 2],
  [[2, 5], 1, 2, 1],
  [[5, 2], -2, 2, 3],
  [[2, 3, 4], 1, 3, 1],
  [[4], 0, 0, 1],
  [[], 0, 1, 1],
];

const numbers = (shape: number[]) => {
  let next = 0;
  return build(shape, () => next++);
};

describe.each(BACKENDS)('$name', (engine) => {
  it.each(CASES)('of %j, dimension %d, size %d, step %d', (shape, dimension, size, step) => {
    on(engine, () => {
      const { data } = numbers(shape);
      const x = tensor(Float64Array.from(data)).reshape(shape);
      const windows = x.unfold(dimension, size, step);
      expect(windows.root).toBe(x.root);
      const axis = dimension < 0 ? dimension + shape.length : dimension;
      const count = shape.length === 0 ? 1 : Math.floor((shape[axis] - size) / step) + 1;
      expect(windows.shape).toEqual([...shape.map((dim, i) => (i === axis ? count : dim)), size]);
      if (shape.length > 0) {
        for (let i = 0; i < count; i++) {
          const part = x.narrow(axis, i * step, size).movedim(axis, -1);
          expect(windows.select(axis, i).toArray()).toEqual(part.toArray());
        }
      }
      const f = ([point]: readonly Tensor[]): Tensor[] => [point.unfold(dimension, size, step)];
      gradcheck('unfold', f, [{ shape, data }], 'dense');
      gradgradcheck('unfold', f, [{ shape, data }], 'dense');
    });
  });
});

describe('unfold', () => {
  it('refuses what is no window', () => {
    expect(() => arange(3).unfold(0, 4, 1)).toThrow(ArgumentError);
    expect(() => arange(3).unfold(0, -1, 1)).toThrow(ArgumentError);
    expect(() => arange(3).unfold(0, 2, 0)).toThrow(ArgumentError);
    expect(() => arange(3).unfold(1, 2, 1)).toThrow(ShapeError);
  });

  it('gives windows that can be written into unless they overlap', () => {
    const x = arange(6);
    x.unfold(0, 2, 2).add_(ones([3, 2]));
    expect(x.toArray()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(() => x.unfold(0, 3, 1).add_(1)).toThrow(/one place of memory/);
  });
});
