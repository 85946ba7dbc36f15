// A reporter whose last line is the plain count of a run, in words that scripts can read.
import type { Reporter, TestModule } from 'vitest/node';

export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const count = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      let found = false;
      for (const test of module.children.allTests()) {
        found = true;
        count[test.result().state]++;
      }
      // A file that fails before its first test (an import error, say) would otherwise count for nothing.
      if (!found && module.state() === 'failed') count.failed++;
    }
    const skipped = count.skipped + count.pending;
    console.log(`tests: ${count.passed} passed, ${count.failed} failed, ${skipped} skipped`);
  }
}
