// Runs one tier of the tests on a fresh dist: node scripts/test-tier.mjs smoke|normal|full [vitest's arguments].
// The full tier, unless arguments choose among its files, goes on to what takes another build or another process:
// the elementary functions over all of float32, the normal tier on poisoned memory, then the addon under sanitizers,
// with the operations' tests and the fuzzer.
import { join } from 'node:path';
import { runNode, runTool } from './support/run.mjs';

const FURTHER = ['ulp.mjs', 'test-poison.mjs', 'test-asan.mjs', 'fuzz.mjs'];

const [tier, ...args] = process.argv.slice(2);
process.env.QUERN_TEST_TIER = tier;
await import('./build-ts.mjs');
if (!process.exitCode) {
  const codes = [runTool('vitest', ['run', ...args])];
  if (tier === 'full' && args.length === 0)
    codes.push(...FURTHER.map((name) => runNode([join('scripts', name)])));
  process.exitCode = Math.max(...codes);
}
