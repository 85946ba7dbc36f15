// Runs the tests of the operations on the addon that was built with sanitizers:
//   node scripts/test-asan.mjs [vitest's arguments; otherwise test/ops]
import { runTool } from './support/run.mjs';
import { buildSanitized, sanitizedEnvironment } from './support/sanitized.mjs';

const args = process.argv.slice(2);
process.exitCode = buildSanitized();
if (process.exitCode === 0) {
  Object.assign(process.env, sanitizedEnvironment(), { QUERN_TEST_TIER: 'normal' });
  process.exitCode = runTool('vitest', ['run', ...(args.length > 0 ? args : ['test/ops'])]);
}
