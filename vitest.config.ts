// The tests: which files a tier runs, against lib/ itself, in one process per file.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { isFull, isSmoke } from './test/tier.js';

const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));

export default defineConfig({
  resolve: { alias: [{ find: /^quern$/, replacement: path('./lib/index.ts') }] },
  test: {
    include: [isSmoke ? 'test/**/*.smoke.test.ts' : 'test/**/*.test.ts'],
    exclude: isFull ? [] : ['test/**/*.full.test.ts'],
    // Processes, not worker threads: the addon's pool, memory limits and crashes stay one file's own.
    pool: 'forks',
    globalSetup: [path('./test/setup/addon.ts')],
    reporters: ['default', path('./test/setup/closing-line.ts')],
    testTimeout: isFull ? 300_000 : 30_000,
    hookTimeout: isFull ? 300_000 : 120_000,
  },
});
