// Optimizer kernels of the TypeScript backend against their textbook forms, over several steps and parameters.

import { describe, expect, it } from 'vitest';
import type { Operand } from '../../../lib/backend/backend.js';
import { type KernelName, kernel } from '../../../lib/backend/kernels.js';
import { attributes } from '../../../lib/backend/record.js';
import { FLOAT32, FLOAT64, INT32, type Kind } from '../../../lib/core/dtype.js';
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
  state = 0,
): void {
  for (const kind of FLOATS) {
    const rows = [7, 1, 0, 300].map((size, r) =>
      Array.from({ length: width }, (_, c) =>
        // State begins with rubbish in a first momentum step, and with one number in the others.
        dense(
          kind,
          [size],
          c > 1 && !name.startsWith('sgd') ? new Float64Array(size).fill(state) : samples(kind, size, r + c),
        ),
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

describe('kin of adam', () => {
  const [lr, decay, beta1, beta2, eps] = [0.05, 0.1, 0.9, 0.99, 1e-3];
  const means = (m: number, v: number, g: number): [number, number] => [
    beta1 * m + (1 - beta1) * g,
    beta2 * v + (1 - beta2) * g ** 2,
  ];

  it('amsgrad, by the greatest mean square', () => {
    check(
      'adamMax',
      5,
      (t) => [lr, decay, 0, beta1, beta2, eps, 0, 1 - beta1 ** t, 1 - beta2 ** t],
      ([p, g, m, v, x], t) => {
        const [m1, v1] = means(m, v, g + decay * p);
        const greatest = Math.max(x, v1);
        const denominator = Math.sqrt(greatest / (1 - beta2 ** t)) + eps;
        return [p - (lr * m1) / (1 - beta1 ** t) / denominator, g, m1, v1, greatest];
      },
    );
  });

  it('nadam, with shares of gradient and mean', () => {
    check(
      'nadam',
      4,
      (t) => [lr, decay, 1, beta1, beta2, eps, 1, 0.02, 0.03, 1 - beta2 ** t],
      ([p, g, m, v], t) => {
        const q = p * (1 - lr * decay);
        const [m1, v1] = means(m, v, -g);
        return [q - (0.02 * -g + 0.03 * m1) / (Math.sqrt(v1 / (1 - beta2 ** t)) + eps), g, m1, v1];
      },
    );
  });

  it('radam, rectified and not yet', () => {
    check(
      'radam',
      4,
      (t) => [lr, decay, 0, beta1, beta2, eps, 0, 1 - beta1 ** t, 1 - beta2 ** t, t < 3 ? 0 : 0.7],
      ([p, g, m, v], t) => {
        const [m1, v1] = means(m, v, g + decay * p);
        const scale = t < 3 ? 1 : (0.7 * Math.sqrt(1 - beta2 ** t)) / (Math.sqrt(v1) + eps);
        return [p - (lr * m1 * scale) / (1 - beta1 ** t), g, m1, v1];
      },
    );
  });

  it('adamax, by the greatest gradient', () => {
    check(
      'adamax',
      4,
      (t) => [lr, decay, 0, beta1, beta2, eps, 1 - beta1 ** t],
      ([p, g, m, u], t) => {
        const d = g + decay * p;
        const m1 = beta1 * m + (1 - beta1) * d;
        const u1 = Math.max(beta2 * u, Math.abs(d) + eps);
        return [p - (lr * m1) / (1 - beta1 ** t) / u1, g, m1, u1];
      },
    );
  });

  it('lamb, by the norms of a whole row', () => {
    const row = [
      [3, 4],
      [1, 0],
      [0, 0],
      [0, 0],
    ].map((values) => dense(FLOAT64, [2], values));
    step(
      'lamb',
      FLOAT64,
      [0.5, 0.25, 0, 0.5, 0.5, 0, 0.5, 0.5],
      [row, [[0], [1], [0], [0]].map((values) => dense(FLOAT64, [1], values))],
    );
    // m = 0.5, v = 0.5, so u = (1 + 0.75, 0/0): no eps, no gradient.
    expect(read(row[0])).toEqual([Number.NaN, Number.NaN]);
    const other = [
      [3, 4],
      [1, 1],
      [0, 0],
      [0, 0],
    ].map((values) => dense(FLOAT64, [2], values));
    step('lamb', FLOAT64, [0.5, 0.25, 0, 0.5, 0.5, 0, 0.5, 0.5], [other]);
    const [u, w] = [1.75, 2];
    const rate = (0.5 * 5) / Math.hypot(u, w);
    expect(read(other[0])[0]).toBeCloseTo(3 - rate * u, 14);
    expect(read(other[0])[1]).toBeCloseTo(4 - rate * w, 14);
  });
});

describe('steps scaled by history', () => {
  const [lr, decay, share, eps, momentum] = [0.05, 0.1, 0.9, 1e-3, 0.7];

  for (const [name, width, centered, withMomentum] of [
    ['rmsprop', 3, false, false],
    ['rmspropMomentum', 4, false, true],
    ['rmspropCentered', 4, true, false],
    ['rmspropCenteredMomentum', 5, true, true],
  ] as const) {
    it(name, () => {
      check(
        name,
        width,
        () => [lr, decay, 0, share, eps, momentum],
        ([p, g, v, ...more]) => {
          const d = g + decay * p;
          const kept = [share * v + (1 - share) * d ** 2];
          if (centered) kept.push(share * more[0] + (1 - share) * d);
          const variance = centered ? kept[0] - kept[1] ** 2 : kept[0];
          let moved = d / (Math.sqrt(variance) + eps);
          if (withMomentum) {
            moved += momentum * (more.at(-1) as number);
            kept.push(moved);
          }
          return [p - lr * moved, g, ...kept];
        },
      );
    });
  }

  it('adagrad', () => {
    check(
      'adagrad',
      3,
      () => [lr, decay, 1, eps],
      ([p, g, s]) => {
        const d = -g + decay * p;
        return [p - (lr * d) / (Math.sqrt(s + d ** 2) + eps), g, s + d ** 2];
      },
      0.5,
    );
  });

  it('adadelta', () => {
    check(
      'adadelta',
      4,
      () => [lr, decay, 0, share, eps],
      ([p, g, v, u]) => {
        const d = g + decay * p;
        const v1 = share * v + (1 - share) * d ** 2;
        const moved = Math.sqrt((u + eps) / (v1 + eps)) * d;
        return [p - lr * moved, g, v1, share * u + (1 - share) * moved ** 2];
      },
    );
  });

  it('rprop, within its bounds', () => {
    check(
      'rprop',
      4,
      () => [0, 0, 0, 0.5, 1.2, 0.25, 0.75],
      ([p, g, last, size]) => {
        const turned = g * last < 0;
        const grown = size * (g * last > 0 ? 1.2 : turned ? 0.5 : 1);
        const next = Math.min(Math.max(grown, 0.25), 0.75);
        const followed = turned ? 0 : g;
        return [p - Math.sign(followed) * next, g, followed, next];
      },
      0.5,
    );
  });

  it('asgd, averaging from its third step', () => {
    check(
      'asgd',
      3,
      (t) => [lr, decay, 0, 0.2, t < 3 ? 1 : 1 / t],
      ([p, g, a], t) => {
        const next = p * (1 - 0.2 * lr) - lr * (g + decay * p);
        return [next, g, t < 3 ? next : a + (next - a) / t];
      },
      Number.NaN,
    );
  });

  it('lion', () => {
    check(
      'lion',
      3,
      () => [lr, decay, 1, 0.6, 0.3],
      ([p, g, m]) => [p * (1 - lr * decay) - lr * Math.sign(0.6 * m - 0.4 * g), g, 0.3 * m - 0.7 * g],
    );
  });

  it('averages', () => {
    for (const part of [0.3, 0.9, 1])
      check(
        'average',
        2,
        () => [part],
        ([a, p]) => [a + part * (p - a), p],
      );
  });
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
