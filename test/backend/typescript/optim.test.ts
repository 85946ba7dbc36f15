// Optimizer kernels of the TypeScript backend against their textbook forms, over several steps and parameters.

import { describe, expect, it } from 'vitest';
import type { Operand } from '../../../lib/backend/backend.js';
import { type KernelName, kernel } from '../../../lib/backend/kernels.js';
import { attributes } from '../../../lib/backend/record.js';
import { FLOAT32, INT32, type Kind } from '../../../lib/core/dtype.js';
import { DTypeError, ShapeError } from '../../../lib/core/errors.js';
import { backend, dense, error, FLOATS, read, samples, stored } from './operands.js';

function step(name: KernelName, kind: Kind, given: readonly number[], rows: readonly Operand[][]): void {
  attributes.fill(0);
  attributes.set(given);
  const encoded = rows[0][0];
  backend.runList(kernel[name], kind, { width: rows[0].length, rows, encoded });
}

/** Runs five steps with changing gradients and compares every column with the reference's. */
function check(
  name: KernelName,
  width: number,
  given: (t: number) => number[],
  reference: (columns: number[], t: number) => number[],
): void {
  for (const kind of FLOATS) {
    const rows = [7, 1, 0, 300].map((size, r) =>
      Array.from({ length: width }, (_, c) =>
        // State begins with rubbish in a first momentum step, and with zeros in Adam's.
        dense(kind, [size], name === 'adam' && c > 1 ? new Float64Array(size) : samples(kind, size, r + c)),
      ),
    );
    const expected = rows.map((row) => row.map(read));
    for (let t = 1; t <= 5; t++) {
      rows.forEach((row, r) => {
        const gradients = samples(kind, row[1].layout.size, 10 * t + r);
        row[1] = dense(kind, [gradients.length], gradients);
        expected[r][1] = gradients;
        gradients.forEach((_, i) => {
          const values = reference(
            expected[r].map((column) => column[i]),
            t,
          );
          values.forEach((value, c) => {
            expected[r][c][i] = stored(kind, value);
          });
        });
      });
      step(name, kind, given(t), rows);
    }
    rows.forEach((row, r) => {
      row.forEach((operand, c) => {
        expect(error(read(operand), expected[r][c])).toBeLessThan(kind === FLOAT32 ? 1e-5 : 1e-13);
      });
    });
  }
}

describe('sgd', () => {
  it('without momentum', () => {
    for (const maximize of [0, 1]) {
      check(
        'sgd',
        2,
        () => [0.1, 0.01, maximize],
        ([p, g]) => [p - 0.1 * ((maximize ? -g : g) + 0.01 * p), g],
      );
    }
  });

  it('with momentum, dampening and Nesterov', () => {
    for (const [momentum, dampening, nesterov] of [
      [0.9, 0, 0],
      [0.9, 0, 1],
      [0.8, 0.3, 0],
    ]) {
      check(
        'sgdMomentum',
        3,
        (t) => [0.1, 0.01, 0, momentum, dampening, nesterov, t === 1 ? 1 : 0],
        ([p, g, b], t) => {
          const d = g + 0.01 * p;
          const next = t === 1 ? d : momentum * b + (1 - dampening) * d;
          return [p - 0.1 * (nesterov ? d + momentum * next : next), g, next];
        },
      );
    }
  });

  it('never reads the buffer in a first step', () => {
    const row = [[1], [2], [Number.NaN]].map((values) => dense(FLOAT32, [1], values));
    step('sgdMomentum', FLOAT32, [1, 0, 0, 0.9, 0, 0, 1], [row]);
    expect(row.map(read)).toEqual([[-1], [2], [2]]);
  });
});

describe('adam', () => {
  for (const decoupled of [0, 1]) {
    it(decoupled ? 'with decoupled weight decay' : 'with weight decay in the gradient', () => {
      const [lr, decay, beta1, beta2, eps] = [0.05, 0.1, 0.9, 0.99, 1e-8];
      check(
        'adam',
        4,
        (t) => [lr, decay, 0, beta1, beta2, eps, decoupled, 1 - beta1 ** t, 1 - beta2 ** t],
        ([p, g, m, v], t) => {
          const q = decoupled ? p - lr * decay * p : p;
          const d = decoupled ? g : g + decay * p;
          const m1 = beta1 * m + (1 - beta1) * d;
          const v1 = beta2 * v + (1 - beta2) * d ** 2;
          const mHat = m1 / (1 - beta1 ** t);
          const vHat = v1 / (1 - beta2 ** t);
          return [q - (lr * mHat) / (Math.sqrt(vHat) + eps), g, m1, v1];
        },
      );
    });
  }
});

describe('lists', () => {
  it('are checked before anything is written', () => {
    const good = [dense(FLOAT32, [2], [1, 2]), dense(FLOAT32, [2], [1, 1])];
    const bad = [dense(FLOAT32, [2], [1, 2]), dense(FLOAT32, [3], [1, 1, 1])];
    expect(() => step('sgd', FLOAT32, [1], [good, bad])).toThrow(ShapeError);
    expect(read(good[0])).toEqual([1, 2]);
    expect(() => step('sgd', INT32, [1], [good])).toThrow(DTypeError);
  });
});
