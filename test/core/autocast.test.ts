// Mixed precision: what is rounded and what is not, on every engine; against PyTorch's autocast; and a training run.

import {
  ArgumentError,
  autocast,
  getNumThreads,
  gradients,
  isAutocastEnabled,
  manualSeed,
  matmul,
  nn,
  optim,
  randn,
  setNumThreads,
  type Tensor,
  tensor,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { ENGINES, NATIVE, on } from '../support/engines.js';
import { from, type Nested, readGolden } from '../support/golden.js';

interface Case {
  readonly op: 'matmul' | 'linear' | 'conv2d';
  readonly options: object;
  readonly operands: readonly Nested[];
  readonly gradOutput: Nested;
  readonly output: Nested;
  readonly gradients: readonly Nested[];
  readonly rounded: { readonly output: Nested; readonly gradients: readonly Nested[] };
}

const OPS = {
  matmul: (a: Tensor, b: Tensor) => matmul(a, b),
  linear: (a: Tensor, b: Tensor) => nn.functional.linear(a, b),
  conv2d: (a: Tensor, b: Tensor, options: object) => nn.functional.conv2d(a, b, options),
};

/** A number as bfloat16 holds it, by arithmetic. */
function rounded(x: number): number {
  if (x === 0) return 0;
  const unit = 2 ** (Math.floor(Math.log2(Math.abs(x))) - 7);
  const [low, rest] = [Math.floor(x / unit), x / unit - Math.floor(x / unit)];
  const up = rest > 0.5 || (rest === 0.5 && low % 2 !== 0);
  return (up ? low + 1 : low) * unit;
}

/** The same values in float64, rounded to bfloat16 or not. */
function exact(x: Tensor, round: boolean): Tensor {
  const values = Float64Array.from(x.dataSync(), (value) => (round ? rounded(value) : value));
  return tensor(values, { dtype: 'float64' }).reshape(x.shape);
}

/** The largest |a − b| in units of a tensor of bounds. */
function excess(a: Tensor, b: Tensor, bounds: Tensor): number {
  return a.to('float64').sub(b.to('float64')).abs().div(bounds.to('float64')).amax().item();
}

const leaf = (shape: number[]): Tensor => {
  const made = randn(shape);
  made.requiresGrad = true;
  return made;
};

// TypeScript believes that a property is what it was last set to.
const gradOf = (x: Tensor): Tensor | null => x.grad;

describe.each(ENGINES)('products under autocast on $name', (engine) => {
  it.each([
    [1, 1, 1],
    [5, 7, 3],
    [64, 64, 64],
    [33, 130, 70],
    [300, 17, 18],
    [8, 300, 200],
  ])('round their operands, and nothing else: %i × %i × %i', (m, k, n) => {
    on(engine, () => {
      manualSeed(m);
      const [a, b] = [randn([m, k]), randn([n, k])];
      for (const [left, right] of [
        [a, b.t()],
        [randn([k, m]).t(), b.t()],
        [a, randn([k, n])],
      ]) {
        const found = autocast(() => matmul(left, right));
        const sizes = matmul(exact(left, false).abs(), exact(right, false).abs());
        // Each product is off by 2⁻⁸ twice and a little, against exact ones.
        expect(excess(found, matmul(exact(left, false), exact(right, false)), sizes)).toBeLessThan(2 ** -6.9);
        // Against those of rounded operands, by float32's roundings alone.
        expect(excess(found, matmul(exact(left, true), exact(right, true)), sizes)).toBeLessThan(4e-7);
      }
    });
  });

  it.each(readGolden<Case>('autocast.json'))('agree with PyTorch: $op $options', (one) => {
    on(engine, () => {
      const operands = one.operands.map((values) => from(values, 'float32', true));
      const [a, b] = operands;
      const output = autocast(() => OPS[one.op](a, b, one.options));
      output.backward({ gradient: from(one.gradOutput, 'float32') });
      const found = [output, a.grad as Tensor, b.grad as Tensor];
      const theirs = [one.output, ...one.gradients].map((values) => from(values, 'float32'));
      const same = [one.rounded.output, ...one.rounded.gradients].map((values) => from(values, 'float32'));
      found.forEach((value, i) => {
        // PyTorch's results are bfloat16 themselves.
        expect(excess(value, theirs[i], theirs[i].abs().add(1e-3))).toBeLessThan(2 ** -7.9);
        expect(excess(value, same[i], same[i].abs().add(1))).toBeLessThan(2e-6);
      });
    });
  });

  it('pass their gradients on in the same precision, wherever backward runs', () => {
    on(engine, () => {
      const [a, b, g] = [leaf([40, 30]), leaf([30, 20]), randn([40, 20])];
      const expected = autocast(() => matmul(g, b.detach().t()));
      const full = matmul(g, b.detach().t());
      expect(expected.sub(full).abs().amax().item()).toBeGreaterThan(1e-3);
      autocast(() => matmul(a, b)).backward({ gradient: g });
      expect(a.grad?.toArray()).toEqual(expected.toArray());
      a.grad = null;
      const product = matmul(a, b);
      autocast(() => product.backward({ gradient: g }));
      expect(gradOf(a)?.sub(full).abs().amax().item()).toBe(0);
    });
  });

  it('pass on second gradients so too', () => {
    on(engine, () => {
      const [a, b, g] = [leaf([6, 5]), leaf([5, 4]), leaf([6, 4])];
      const [da] = gradients(
        autocast(() => matmul(a, b)),
        [a],
        { gradient: g, createGraph: true },
      );
      const [dg] = gradients(da, [g], { gradient: a.detach() });
      const expected = autocast(() => matmul(a.detach(), b.detach()));
      expect(excess(dg, expected, expected.abs().add(1))).toBeLessThan(1e-6);
    });
  });

  it('leave float64 alone', () => {
    on(engine, () => {
      const [a, b] = [randn([20, 30], { dtype: 'float64' }), randn([30, 20], { dtype: 'float64' })];
      expect(autocast(() => matmul(a, b)).toArray()).toEqual(matmul(a, b).toArray());
    });
  });

  it('keep NaN and infinities', () => {
    on(engine, () => {
      const a = tensor([
        [Number.NaN, 1],
        [Number.POSITIVE_INFINITY, 1],
        [3.4e38, 1],
      ]);
      const found = autocast(() => matmul(a, tensor([[1], [0]])));
      expect(found.toArray()).toEqual([[Number.NaN], [Number.POSITIVE_INFINITY], [Number.POSITIVE_INFINITY]]);
    });
  });

  it('train a network to the loss that float32 reaches', () => {
    on(engine, () => {
      const train = (mixed: boolean): number[] => {
        manualSeed(3);
        const model = new nn.Sequential(new nn.Linear(8, 32), new nn.Tanh(), new nn.Linear(32, 4));
        const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
        const x = randn([64, 8]);
        const y = x.matmul(randn([8, 4])).argmax(1);
        return Array.from({ length: 60 }, () => {
          const loss = autocast(() => nn.functional.crossEntropy(model.forward(x), y), { enabled: mixed });
          optimizer.zeroGrad();
          loss.backward();
          optimizer.step();
          return loss.item();
        });
      };
      const [full, mixed] = [train(false), train(true)];
      expect(mixed).not.toEqual(full);
      expect(full.at(-1)).toBeLessThan(0.5 * full[0]);
      expect(Math.abs((mixed.at(-1) as number) / (full.at(-1) as number) - 1)).toBeLessThan(0.05);
    });
  });
});

describe.each(NATIVE)('on $name', (engine) => {
  it('the bits do not depend on the number of threads', () => {
    on(engine, () => {
      const threads = getNumThreads();
      const [a, b] = [randn([257, 300]), randn([300, 260])];
      const [x, w] = [randn([5, 34, 20, 20]), randn([40, 34, 3, 3])];
      const all = (count: number) => {
        setNumThreads(count);
        const results = autocast(() => [matmul(a, b), nn.functional.conv2d(x, w)]);
        return Buffer.concat(results.map((y) => Buffer.from(y.dataSync().buffer)));
      };
      try {
        expect(all(2).equals(all(1))).toBe(true);
      } finally {
        setNumThreads(threads);
      }
    });
  });
});

describe('autocast', () => {
  it('is on inside, and off where it is not enabled', () => {
    expect(isAutocastEnabled()).toBe(false);
    const seen = autocast(() => [
      isAutocastEnabled(),
      autocast(() => isAutocastEnabled(), { enabled: false }),
      isAutocastEnabled(),
    ]);
    expect(seen).toEqual([true, false, true]);
  });

  it('ends when the function throws, and refuses promises', () => {
    const fail = () => {
      throw new Error('inside');
    };
    expect(() => autocast(fail)).toThrow('inside');
    expect(() => autocast(async () => 1)).toThrow(ArgumentError);
    expect(isAutocastEnabled()).toBe(false);
  });

  it('refuses other dtypes', () => {
    expect(() => autocast(() => 1, { dtype: 'float16' as 'bfloat16' })).toThrow(
      "[autocast] the dtype is 'bfloat16'",
    );
  });
});
