// Fuzzes the addon, built with sanitizers, with hostile call records:
//   node scripts/fuzz.mjs [--seed n] [--cases n] [--only case]
// A case that ends the process, or does not end, is named, and --only repeats it.

import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './support/run.mjs';
import { buildSanitized, sanitizedEnvironment } from './support/sanitized.mjs';

const JOURNAL = join(ROOT, 'build-asan', 'journal');
const PATIENCE_MS = 60_000;

function currentCase() {
  try {
    return readFileSync(JOURNAL, 'utf8').trim();
  } catch {
    return '';
  }
}

/**
 * Calls `giveUp` when the same case has been running for too long.
 * @param {(number: string) => void} giveUp
 */
function watch(giveUp) {
  let last = currentCase();
  return setInterval(() => {
    const now = currentCase();
    if (now === last && now !== '') giveUp(now);
    last = now;
  }, PATIENCE_MS);
}

if (buildSanitized() !== 0) {
  console.error('fuzz: the sanitized addon could not be built');
  process.exit(1);
}
rmSync(JOURNAL, { force: true });
const args = process.argv.slice(2);
const program = [
  '--expose-gc',
  '--import',
  'tsx',
  join('test', 'fuzz', 'fuzz.ts'),
  '--journal',
  JOURNAL,
  ...args,
];
const fuzzer = spawn(process.execPath, program, {
  cwd: ROOT,
  stdio: 'inherit',
  // The library's sources, not dist: the fuzzer and the op database must meet one copy of it.
  env: { ...sanitizedEnvironment(), TSX_TSCONFIG_PATH: join(ROOT, 'tsconfig.check.json') },
});
const timer = watch((number) => {
  console.error(`fuzz: case ${number} does not end`);
  fuzzer.kill('SIGKILL');
});
fuzzer.on('close', (code) => {
  clearInterval(timer);
  if (code === 0) return;
  const last = currentCase();
  if (last !== '')
    console.error(`fuzz: stopped at case ${last}; the same arguments and --only ${last} repeat it`);
  process.exitCode = 1;
});
