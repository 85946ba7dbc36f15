// One seed, the same bits: for any number of threads, in any process, and for random numbers on both backends.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { answerOf } from './child.js';

type Digests = Record<string, string>;

describe('training', () => {
  it('comes to the same bits with 1, 2, 3 and 16 threads', async () => {
    const one = await answerOf<Digests>('train-bits', { args: ['1', '6'] });
    for (const threads of ['2', '3', '16']) {
      expect(await answerOf<Digests>('train-bits', { args: [threads, '6'] })).toEqual(one);
    }
  });

  it('comes to the same bits where the environment sets the threads', async () => {
    const inCode = await answerOf<Digests>('train-bits', { args: ['3', '2'] });
    const inEnvironment = await answerOf<Digests>('train-bits', {
      args: ['0', '2'],
      env: { QUERN_NUM_THREADS: '5' },
    });
    expect(inEnvironment).toEqual(inCode);
  });
});

describe('random numbers', () => {
  it('are the same bits in two processes and on both backends', async () => {
    const first = await answerOf<Digests>('random-bits', { env: { QUERN_BACKEND: 'native' } });
    const again = await answerOf<Digests>('random-bits', {
      env: { QUERN_BACKEND: 'native', QUERN_NUM_THREADS: '3' },
    });
    const typescript = await answerOf<Digests>('random-bits', { env: { QUERN_BACKEND: 'typescript' } });
    expect(again).toEqual(first);
    expect(typescript).toEqual(first);
  });
});

describe('the number of threads', () => {
  it('is what QUERN_NUM_THREADS says', async () => {
    expect(await answerOf<number>('threads', { env: { QUERN_NUM_THREADS: '3' } })).toBe(3);
  });

  const taskset = spawnSync('taskset', ['-c', '0', 'true']);
  it.skipIf(taskset.status !== 0)(
    'is by default that of the processors that the process may use',
    async () => {
      expect(await answerOf<number>('threads', { under: ['taskset', '-c', '0'] })).toBe(1);
    },
  );
});
