// The bar for programs without scopes, at any size of activations.
import { expect } from 'vitest';
import { answerOf } from './child.js';

export const MB = 2 ** 20;

/** What wide-net.mjs prints. */
export interface WideNet {
  readonly peak: number;
  readonly made: number;
}

/** Trains with and without scopes; the latter may take twice the memory of the former, and 64 MB. */
export async function comparePeaks(batch: number, width: number, steps: number): Promise<void> {
  const size = [batch, width, steps].map(String);
  const scoped = await answerOf<WideNet>('wide-net', { args: [...size, 'scoped'] });
  const unscoped = await answerOf<WideNet>('wide-net', { args: [...size, 'unscoped'] });
  expect(scoped.made).toBe(0);
  expect(unscoped.peak).toBeLessThan(2 * scoped.peak + 64 * MB);
}
