// What the environment asks for: a backend, an instruction set, threads, poison; and what happens where the addon is
// missing or the values mean nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { answerOf, runProgram } from './child.js';

const empty = mkdtempSync(join(tmpdir(), 'quern-no-addon-'));
afterAll(() => rmSync(empty, { recursive: true }));

/** Where node-gyp-build looks for the addon instead, in vain. */
const NO_ADDON = { QUERN_PREBUILD: empty };

interface Backend {
  readonly backend: string;
  readonly threads: number;
  readonly sum: number;
}

async function refusal(env: Record<string, string>): Promise<string> {
  const { code, stderr } = await runProgram('backend', { env });
  expect(code).toBe(1);
  return stderr;
}

describe('a missing addon', () => {
  it('is warned of once on stderr, and everything works in TypeScript', async () => {
    const { code, stdout, stderr } = await runProgram('backend', { env: NO_ADDON });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ backend: 'typescript', threads: 1, sum: 3 });
    expect(stderr.match(/QuernWarning/g)).toHaveLength(1);
    expect(stderr).toMatch(/npm run build:native.*QUERN_BACKEND=typescript/s);
  });

  it('is passed over in silence where TypeScript is asked for', async () => {
    const { code, stderr } = await runProgram('backend', {
      env: { ...NO_ADDON, QUERN_BACKEND: 'typescript' },
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it('is an error where native is asked for', async () => {
    const stderr = await refusal({ ...NO_ADDON, QUERN_BACKEND: 'native' });
    expect(stderr).toMatch(/BackendError: \[backend\] the native addon could not be loaded: build it/);
    // The reason, as the loader gave it.
    expect(stderr).toContain('No native build was found');
  });

  it('is an error where a program asks for native', async () => {
    const env = { ...NO_ADDON, QUERN_BACKEND: 'typescript' };
    const { name, message, cause } = await answerOf<Record<string, string>>('ask-for-native', { env });
    expect(name).toBe('BackendError');
    expect(message).toMatch(/npm run build:native/);
    expect(cause).toContain('No native build was found');
  });
});

describe('the environment', () => {
  it('chooses the backend', async () => {
    const { backend } = await answerOf<Backend>('backend', { env: { QUERN_BACKEND: 'typescript' } });
    expect(backend).toBe('typescript');
  });

  it('may force an instruction set that every machine has', async () => {
    const { sum } = await answerOf<Backend>('backend', { env: { QUERN_ISA: 'scalar' } });
    expect(sum).toBe(3);
  });

  it('cannot force one that the machine lacks', async () => {
    const foreign = process.arch === 'arm64' ? 'avx2' : 'neon';
    expect(await refusal({ QUERN_ISA: foreign })).toMatch(
      new RegExp(`BackendError: \\[isa\\] the instruction set '${foreign}'.*offer .*scalar`),
    );
  });

  it.each([
    ['QUERN_BACKEND', 'cuda', /ArgumentError: \[backend\] QUERN_BACKEND is native or typescript; got cuda/],
    [
      'QUERN_NUM_THREADS',
      '0',
      /ArgumentError: \[threads\] QUERN_NUM_THREADS is a whole number from 1; got 0/,
    ],
    [
      'QUERN_NUM_THREADS',
      'many',
      /ArgumentError: \[threads\] QUERN_NUM_THREADS is a whole number from 1; got/,
    ],
    [
      'QUERN_NUM_THREADS',
      '1.5',
      /ArgumentError: \[threads\] QUERN_NUM_THREADS is a whole number from 1; got 1.5/,
    ],
    ['QUERN_POISON', 'yes', /ArgumentError: \[memory\] QUERN_POISON is 0 or 1; got yes/],
    ['QUERN_ISA', 'sse9', /BackendError: \[isa\] the instruction set 'sse9'/],
  ])('is refused where it means nothing: %s=%s', async (name, value, message) => {
    expect(await refusal({ [name]: value })).toMatch(message);
  });

  it.each(['QUERN_BACKEND', 'QUERN_NUM_THREADS', 'QUERN_POISON', 'QUERN_ISA'])(
    'may leave %s empty',
    async (name) => {
      expect(await answerOf<Backend>('backend', { env: { [name]: '' } })).toMatchObject({ sum: 3 });
    },
  );
});
