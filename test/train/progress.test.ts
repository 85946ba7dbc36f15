// Progress: silence unless asked, a bar in a terminal, lines elsewhere and where cli-progress is missing.
import { Writable } from 'node:stream';
import { Accuracy, nn, optim, Trainer } from 'quern';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openProgress, type ProgressStream } from '../../lib/train/progress.js';
import { classifier, loaderOf } from './tasks.js';

class Screen extends Writable {
  text = '';
  isTTY: boolean;
  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function show(screen: Screen, load?: Parameters<typeof openProgress>[1]): Promise<string> {
  const progress = await openProgress(screen as unknown as ProgressStream, load);
  progress.begin(2, 3, 10);
  progress.step(5, 0.25);
  progress.end('epoch 2/3: fine');
  progress.begin(3, 3, undefined);
  progress.step(1, 0.25);
  progress.close();
  return screen.text;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe('openProgress', () => {
  it('writes a line an epoch where there is no terminal', async () => {
    expect(await show(new Screen(false))).toBe('epoch 2/3: fine\n');
  });

  it('draws a bar in a terminal, without listeners on the process', async () => {
    const listeners = process.eventNames().map((name) => [name, process.listenerCount(name)]);
    const text = await show(new Screen(true));
    expect(text).toContain('epoch 2/3');
    expect(text).toContain('10 batches');
    expect(text).toContain('epoch 2/3: fine\n');
    expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(listeners);
  });

  it('writes lines in a terminal without cli-progress', async () => {
    const missing = await import('no-such-package' as string).catch((error) => error);
    expect(await show(new Screen(true), () => Promise.reject(missing))).toBe('epoch 2/3: fine\n');
    const broken = new Error('broken');
    await expect(show(new Screen(true), () => Promise.reject(broken))).rejects.toBe(broken);
  });
});

describe('a trainer', () => {
  const train = async (progress?: boolean) => {
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const model = classifier();
    const trainer = new Trainer({
      model,
      optimizer: new optim.SGD(model.parameters(), { lr: 0.1 }),
      loss: nn.functional.crossEntropy,
      metrics: { accuracy: new Accuracy() },
      progress,
    });
    await trainer.fit(loaderOf(), { epochs: 2, validation: loaderOf() });
    return write.mock.calls.map(([text]) => String(text)).join('');
  };

  it('is silent', async () => {
    expect(await train()).toBe('');
  });

  it('tells how training goes where asked', async () => {
    const isTTY = process.stdout.isTTY;
    process.stdout.isTTY = false;
    const text = await train(true).finally(() => {
      process.stdout.isTTY = isTTY;
    });
    const figures = 'loss \\d+\\.\\d{4}, accuracy [01]\\.\\d{4}';
    const line = (epoch: number) =>
      `epoch ${epoch}/2: ${figures}; validation: ${figures} \\(\\d+\\.\\d s\\)\n`;
    expect(text).toMatch(new RegExp(`^${line(1)}${line(2)}$`));
  });
});
