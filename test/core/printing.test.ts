// Tensors as text, against PyTorch's.

import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { type DType, manualSeed, noGrad, openScope, randn, tensor, zeros } from 'quern';
import { describe, expect, it } from 'vitest';

interface Case {
  readonly values: readonly (number | boolean | string)[] | { readonly count: number; readonly step: number };
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly requiresGrad: boolean;
  readonly squared: boolean;
  readonly text: string;
}

const golden = JSON.parse(readFileSync(new URL('../golden/printing.json', import.meta.url), 'utf8'));

describe('as PyTorch prints', () => {
  it.each(golden.cases as Case[])(
    '$dtype $shape: $text',
    ({ values, shape, dtype, requiresGrad, squared, text }) => {
      const numbers =
        'count' in values
          ? Array.from({ length: values.count }, (_, i) => i * values.step)
          : values.map(Number);
      const flat = tensor(numbers, { dtype });
      const x = flat.reshape(shape).detach();
      x.requiresGrad = requiresGrad;
      expect(String(squared ? x.mul(x) : x)).toBe(text);
    },
  );
});

describe('of its own', () => {
  it('console.log shows the same', () => {
    expect(inspect(tensor([1, 2]))).toBe('tensor([1., 2.])');
  });

  it('a tensor that is gone says so', () => {
    const gone = zeros([2, 3]);
    gone.dispose();
    expect(String(gone)).toBe('tensor(<disposed>, shape=[2, 3], dtype=float32)');
  });

  it('printing leaves no tensors behind and records nothing', () => {
    manualSeed(1);
    const x = randn([50, 50], { requiresGrad: true });
    const scope = openScope();
    expect(String(x)).toContain('...');
    expect(noGrad(() => String(x))).toBe(String(x));
    scope.dispose();
    expect(x.disposed).toBe(false);
  });

  it('a tensor whose graph was used says so', () => {
    const x = tensor([2], { requiresGrad: true });
    const y = x.mul(x);
    y.backward();
    expect(String(y)).toBe('tensor([4.], gradFn=used)');
  });
});
