// The addon built with the address and undefined behaviour sanitizers, and what a Node that loads it needs.
import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ROOT, run } from './run.mjs';

const FOLDER = join(ROOT, 'build-asan');

/** Builds it, or what has changed of it; answers the exit status. */
export function buildSanitized() {
  const configured = run('cmake', [
    ...['-S', 'native', '-B', FOLDER],
    '-DQUERN_SANITIZE=address,undefined',
    `-DCMAKE_JS_INC=${join(ROOT, 'node_modules', 'node-api-headers', 'include')}`,
    // Where node-gyp-build looks for an addon.
    `-DCMAKE_LIBRARY_OUTPUT_DIRECTORY=${join(FOLDER, 'build', 'Release')}`,
  ]);
  return (
    configured || run('cmake', ['--build', FOLDER, '--target', 'quern', '-j', String(availableParallelism())])
  );
}

/** The environment in which Node loads it. */
export function sanitizedEnvironment() {
  const { stdout } = spawnSync('g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' });
  return {
    ...process.env,
    QUERN_PREBUILD: FOLDER,
    // Node itself is not sanitized, so the sanitizer has to be there before it.
    LD_PRELOAD: stdout.trim(),
    // Node does not free everything at its end, and asks for memory that may not be had.
    ASAN_OPTIONS: 'detect_leaks=0:allocator_may_return_null=1',
    UBSAN_OPTIONS: 'print_stacktrace=1',
  };
}
