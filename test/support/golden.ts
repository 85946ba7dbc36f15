// Golden values: reading the committed files, and comparing tensors with what stands there.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DType, type Tensor, tensor } from 'quern';
import { ROOT } from '../setup/addon-path.js';

/** Numbers in nested arrays, as JSON holds a tensor. */
export type Nested = number | readonly Nested[];

export type Floating = 'float32' | 'float64';

/** The cases of a file in test/golden. */
export function readGolden<T>(file: string): readonly T[] {
  return (JSON.parse(readFileSync(join(ROOT, 'test', 'golden', file), 'utf8')) as { cases: T[] }).cases;
}

/** A tensor of golden values. */
export function from(values: Nested, dtype: DType, requiresGrad = false): Tensor {
  return tensor(values as never, { dtype, requiresGrad });
}

// Sums of a few dozen terms in another order, and elementary functions of another library.
const TOLERANCE: Record<Floating, number> = { float32: 2e-5, float64: 2e-12 };

/** The largest difference between a tensor and golden values, in units of what its dtype allows. */
export function misfit(got: Tensor, want: Nested, dtype: Floating): number {
  const wanted = from(want, got.dtype);
  if (String(got.shape) !== String(wanted.shape))
    throw new Error(`shape (${got.shape}) instead of (${wanted.shape})`);
  const [a, b] = [got.dataSync(), wanted.dataSync()];
  let worst = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]) / (1 + Math.abs(b[i])) / TOLERANCE[dtype];
    if (!(difference <= worst)) worst = difference;
  }
  return worst;
}

/** Throws unless a tensor holds golden values, to within what its dtype allows. */
export function demandGolden(label: string, got: Tensor | null, want: Nested, dtype: Floating): void {
  if (got === null) throw new Error(`${label} is null`);
  const worst = misfit(got, want, dtype);
  if (!(worst <= 1))
    throw new Error(
      `${label}: ${worst} times the tolerance; ${JSON.stringify(got.toArray())} instead of ${JSON.stringify(want)}`,
    );
}
