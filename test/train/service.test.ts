// Training in a server: the event loop keeps turning, a signal stops it in order, and memory stays level.
import { DataLoader, memory, nn, optim, rand, randint, TensorDataset, Trainer } from 'quern';
import { describe, expect, it } from 'vitest';
import { loaderOf, plainTrainer } from './tasks.js';

/** A net whose activations and gradients are large buffers. */
function wideTrainer(): { trainer: Trainer; loader: DataLoader } {
  const model = new nn.Sequential(new nn.Linear(64, 256), new nn.ReLU(), new nn.Linear(256, 10));
  const trainer = new Trainer({
    model,
    optimizer: new optim.Adam(model.parameters(), { lr: 1e-3 }),
    loss: nn.functional.crossEntropy,
  });
  const dataset = new TensorDataset(rand([1024, 64]), randint(0, 10, [1024]));
  return { trainer, loader: new DataLoader(dataset, { batchSize: 128, shuffle: true }) };
}

describe('memory', () => {
  it('is not asked for large buffers once training has warmed up', async () => {
    const { trainer, loader } = wideTrainer();
    await trainer.fit(loader, { epochs: 1, validation: loader });
    const { largeAllocations } = memory();
    await trainer.fit(loader, { epochs: 3, validation: loader });
    expect(memory().largeAllocations).toBe(largeAllocations);
  });
});

describe('the event loop', () => {
  it('turns while training, evaluating and predicting', async () => {
    const { trainer, loader } = wideTrainer();
    const longestPause = async (run: () => Promise<unknown>) => {
      let last = performance.now();
      let longest = 0;
      let turns = 0;
      const timer = setInterval(() => {
        longest = Math.max(longest, performance.now() - last);
        last = performance.now();
        turns++;
      }, 1);
      const start = last;
      await run();
      clearInterval(timer);
      return { longest, turns, took: performance.now() - start };
    };
    const fit = await longestPause(() => trainer.fit(loader, { epochs: 20 }));
    // A turn is due every 10 ms and as long as a step; far more is allowed on a busy machine.
    expect(fit.turns).toBeGreaterThan(Math.min(5, fit.took / 100));
    expect(fit.longest).toBeLessThan(Math.max(250, fit.took / 2));
    const rest = await longestPause(async () => {
      for (let i = 0; i < 20; i++) await trainer.evaluate(loader);
      for (let i = 0; i < 20; i++) (await trainer.predict(loader)).dispose();
    });
    expect(rest.longest).toBeLessThan(Math.max(250, rest.took / 2));
  });
});

describe('a signal', () => {
  it('stops after the step in progress, with its reason, and leaves everything usable', async () => {
    const trainer = plainTrainer();
    const loader = loaderOf();
    const controller = new AbortController();
    const steps: number[] = [];
    const run = trainer.fit(loader, {
      epochs: 5,
      signal: controller.signal,
      onBatchEnd({ epoch, batch }) {
        steps.push(batch);
        if (epoch === 2 && batch === 3) controller.abort();
      },
    });
    await expect(run).rejects.toMatchObject({ name: 'AbortError' });
    expect(steps).toEqual([1, 2, 3, 4, 1, 2, 3]);
    expect(trainer.history.length).toBe(1);
    expect((await trainer.fit(loader, { epochs: 1 })).length).toBe(1);
  });

  it('reaches a run from outside, while it lets the event loop turn', async () => {
    const { trainer, loader } = wideTrainer();
    const reason = new Error('shutting down');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 30);
    await expect(trainer.fit(loader, { epochs: 1e6, signal: controller.signal })).rejects.toBe(reason);
  });

  it('stops evaluate and predict, and whatever has not begun', async () => {
    const trainer = plainTrainer();
    const loader = loaderOf();
    const signal = AbortSignal.abort();
    await expect(trainer.fit(loader, { epochs: 1, signal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(trainer.evaluate(loader, { signal })).rejects.toMatchObject({ name: 'AbortError' });
    await expect(trainer.predict(loader, { signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(loader.epoch).toBe(0);
  });
});
