// From a fresh clone to a trained net in one command: installs and builds what is missing, then trains
// examples/mnist-cnn.ts, to which all arguments go. Uses nothing but Node, for nothing may be installed yet.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, run, runNode } from './support/run.mjs';

/**
 * Whether node_modules holds what the lock file asks for: npm keeps a copy of the lock there.
 * Packages for other platforms are not installed, so a missing optional one says nothing.
 */
function installed() {
  const copy = join(ROOT, 'node_modules', '.package-lock.json');
  if (!existsSync(copy)) return false;
  const wanted = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')).packages;
  const present = JSON.parse(readFileSync(copy, 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === '' || (entry.optional && !present[path]) || present[path]?.version === entry.version,
  );
}

/**
 * @param {string} what
 * @param {() => number} step
 */
function must(what, step) {
  console.log(`quickstart: ${what}`);
  const status = step();
  if (status !== 0) {
    console.error(`quickstart: failed at this step: ${what}. What it needs is in CONTRIBUTING.md.`);
    process.exit(status);
  }
}

if (installed()) {
  must('building (npm run build)', () => run('npm', ['run', 'build', '--silent']));
} else {
  must('installing and building (npm ci)', () => run('npm', ['ci']));
}
must('training (examples/mnist-cnn.ts)', () =>
  runNode(['--import', 'tsx', join('examples', 'mnist-cnn.ts'), ...process.argv.slice(2)]),
);
