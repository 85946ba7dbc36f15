// Worker threads: the addon is loaded and left in any of them, at any time, and they don't disturb one another.
import { describe, expect, it } from 'vitest';
import { answerOf, runProgram } from './child.js';

describe('workers', () => {
  it('train where the main thread never loads the library', async () => {
    const { first, second } = await answerOf<Record<string, string>>('only-in-worker');
    expect(second).toBe(first);
  });

  it('end within a second in mid-training, and later ones train as before', { timeout: 60_000 }, async () => {
    const { slowest, before, after } = await answerOf<{ slowest: number; before: string; after: string }>(
      'terminate',
      {
        args: ['50'],
      },
    );
    expect(slowest).toBeLessThan(1000);
    expect(after).toBe(before);
  });

  it('come to the bits together that they come to alone', async () => {
    const { together, alone } = await answerOf<Record<string, string[]>>('together');
    expect(together).toEqual(alone);
    expect(together[0]).not.toBe(together[1]);
  });

  it('may come and go, the last one taking the pool of threads along', async () => {
    const digests = await answerOf<string[]>('come-and-go', { args: ['4'], env: { QUERN_NUM_THREADS: '4' } });
    expect(new Set(digests).size).toBe(1);
  });
});

describe('process.exit()', () => {
  it.each(['256', '1024', '2000'])(
    'ends the process while a worker multiplies matrices of size %s',
    { timeout: 60_000 },
    async (size) => {
      const { code, stdout, stderr } = await runProgram('exit-in-kernel', { args: [size] });
      const ended = Date.now();
      expect(stderr).toBe('');
      expect(code).toBe(7);
      const { at, once } = JSON.parse(stdout) as { at: number; once: number };
      // A kernel that has begun is worked to its end.
      expect(ended - at).toBeLessThan(1000 + 2 * once);
    },
  );
});

describe('tensors', () => {
  it('travel between threads by toShared and fromShared, whose memory both sides see', async () => {
    const { here, there, dtype } = await answerOf<Record<string, unknown>>('shared');
    expect(there).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(here).toEqual([
      [10, 20],
      [30, 40],
    ]);
    expect(dtype).toBe('float64');
  });

  it('cannot be posted, with an error that says how they travel', async () => {
    const { toWorker, toMain, inData } = await answerOf<Record<string, string>>('shared');
    for (const error of [toWorker, toMain, inData])
      expect(error).toMatch(/^DataCloneError: .*toShared.*fromShared/i);
  });
});
