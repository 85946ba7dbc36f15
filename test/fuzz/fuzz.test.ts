// The fuzzer, for a short while and without sanitizers: scripts/fuzz.mjs runs it for long, with them.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { addonPath, ROOT } from '../setup/addon-path.js';

it.skipIf(addonPath() === undefined)(
  'the addon answers hostile call records with statuses',
  { timeout: 240_000 },
  async () => {
    const args = ['--expose-gc', '--import', 'tsx', join('test', 'fuzz', 'fuzz.ts'), '--cases', '2000'];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.check.json') },
    });
    expect(stdout).toMatch(/^fuzz: statuses /m);
  },
);
