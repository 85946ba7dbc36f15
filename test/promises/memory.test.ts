// No leak without thinking: synchronous training loops run in bounded memory, with scopes and without.
import { describe, expect, it } from 'vitest';
import { answerOf } from './child.js';
import { comparePeaks, MB, type WideNet } from './memory.js';

describe('a training loop without scopes', () => {
  it('takes no more memory after 20,000 steps of a tiny net than after 1000', async () => {
    const { grown } = await answerOf<{ grown: number }>('tiny-net');
    expect(grown).toBeLessThan(16 * MB);
  });

  it('stays within twice the memory of a scoped one, with activations of 256 KB', async () => {
    await comparePeaks(256, 256, 1000);
  });

  it('retains little for each loss that is kept unread', async () => {
    const { retainedBytes, last } = await answerOf<{ retainedBytes: number; last: number }>('kept-losses', {
      node: ['--expose-gc'],
    });
    expect(retainedBytes).toBeLessThan(10 * MB);
    expect(last).toBeGreaterThanOrEqual(0);
  });
});

describe('a scoped training loop', () => {
  it('makes no large buffer after the first steps', async () => {
    const { made } = await answerOf<WideNet>('wide-net', { args: ['256', '256', '200', 'scoped'] });
    expect(made).toBe(0);
  });
});

describe('memory that was given back', () => {
  it('is read by nothing: filling it with NaN changes no bit of a training', async () => {
    const [plain, poisoned] = await Promise.all(
      ['0', '1'].map((QUERN_POISON) =>
        answerOf<Record<string, string>>('train-bits', { args: ['0', '6'], env: { QUERN_POISON } }),
      ),
    );
    expect(poisoned).toEqual(plain);
    // Nor do scopes.
    expect(plain.convUnscoped).toBe(plain.conv);
    expect(plain.wideUnscoped).toBe(plain.wide);
  });
});
