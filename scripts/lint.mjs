// Runs every check of the sources, all of them even when one fails, and says at the end which did.
import { join } from 'node:path';
import { CPP_FOLDERS, CPP_SUFFIXES } from './support/cpp.mjs';
import { listFiles } from './support/files.mjs';
import { ROOT, runNode, runTool } from './support/run.mjs';

/** @param {string} name */
const script = (name) => runNode([join('scripts', name)]);

/** @type {[name: string, check: () => number][]} */
const CHECKS = [
  [
    'TypeScript, JavaScript and JSON: style and format',
    () => runTool('biome', ['check', '--error-on-warnings']),
  ],
  ['TypeScript: types', () => runTool('tsc', ['-p', 'tsconfig.check.json'])],
  ['C++: format', checkCppFormat],
  ['C++: warnings', () => script('lint-cpp.mjs')],
  ['layers: who may know whom', () => script('lint-layers.mjs')],
  [
    'FEATURES.md: as the exports and the op database say',
    () => runTool('tsx', ['--tsconfig', 'tsconfig.check.json', join('scripts', 'features.mjs'), '--check']),
  ],
  ['the checkout: lock file, length of files', () => script('lint-checkout.mjs')],
];

function checkCppFormat() {
  const files = listFiles(ROOT, { folders: CPP_FOLDERS, suffixes: CPP_SUFFIXES });
  return files.length === 0 ? 0 : runTool('clang-format', ['--dry-run', '-Werror', ...files]);
}

/** @type {string[]} */
const failed = [];
for (const [name, check] of CHECKS) {
  const start = performance.now();
  const ok = check() === 0;
  if (!ok) failed.push(name);
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
}
if (failed.length > 0) {
  console.error(`\nlint failed: ${failed.join('; ')}. What only concerns format, npm run format mends.`);
  process.exitCode = 1;
}
