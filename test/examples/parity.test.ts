// The nets of the examples against PyTorch: the losses of twenty steps from the same weights on the same batches.
// examples/parity.ts --write makes the golden file, from PyTorch 2.13.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { NAMES, startOf } from '../../examples/support/parity.js';
import { ROOT } from '../setup/addon-path.js';

const golden = JSON.parse(readFileSync(join(ROOT, 'test/golden/parity.json'), 'utf8')) as Record<
  string,
  Record<'float32' | 'float64', number[]>
>;

const apart = (ours: readonly number[], theirs: readonly number[]): number =>
  Math.max(...theirs.map((loss, i) => Math.abs(ours[i] - loss) / Math.abs(loss)));

describe.each(NAMES)('%s', (name) => {
  const { losses } = startOf(name);
  const { float64, float32 } = golden[name];

  it('has the losses of PyTorch in float64', { timeout: 120_000 }, () => {
    expect(float64.length).toBe(20);
    expect(float64[0]).toBeGreaterThan(float64[19]);
    expect(apart(losses('float64'), float64)).toBeLessThan(1e-9);
  });

  it('has the first losses of PyTorch in float32', { timeout: 120_000 }, () => {
    expect(apart(losses('float32').slice(0, 3), float32.slice(0, 3))).toBeLessThan(1e-4);
  });
});
