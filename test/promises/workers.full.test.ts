// Many environments over a long time: the pool of threads begins and ends with them.
import { expect, it } from 'vitest';
import { answerOf } from './child.js';

it('workers may come and go for long', async () => {
  const digests = await answerOf<string[]>('come-and-go', { args: ['60'], env: { QUERN_NUM_THREADS: '4' } });
  expect(digests).toHaveLength(180);
  expect(new Set(digests).size).toBe(1);
});
