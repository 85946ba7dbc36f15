// Runs the tests of the normal tier with memory that is given back filled with NaN, so that whatever reads it fails:
//   node scripts/test-poison.mjs [vitest's arguments]
import { runTool } from './support/run.mjs';

process.env.QUERN_POISON = '1';
process.env.QUERN_TEST_TIER = 'normal';
await import('./build-ts.mjs');
if (!process.exitCode) process.exitCode = runTool('vitest', ['run', ...process.argv.slice(2)]);
