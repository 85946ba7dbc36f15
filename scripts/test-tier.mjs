// Runs one tier of the tests on a fresh dist: node scripts/test-tier.mjs smoke|normal|full [vitest's arguments].
import { runTool } from './support/run.mjs';

const [tier, ...args] = process.argv.slice(2);
process.env.QUERN_TEST_TIER = tier;
await import('./build-ts.mjs');
if (!process.exitCode) process.exitCode = runTool('vitest', ['run', ...args]);
