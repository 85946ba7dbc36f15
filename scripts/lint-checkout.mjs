// Checks what belongs to no language: the lock file names no server, and no file grows beyond one concept.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { listFiles } from './support/files.mjs';
import { ROOT } from './support/run.mjs';

const LONGEST = 500;
const SOURCES = ['.ts', '.mjs', '.cc', '.h', '.inl', '.def', '.html', '.css', '.py'];

// Files that may be longer, each with its reason.
/** @type {Record<string, string>} */
const MAY_BE_LONGER = {
  'test/op_db.ts': 'the one table of all ops: split, it would no longer show what is missing',
  'test/promises/options.test.ts': 'the one table of all functions with options, for the same reason',
};

const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
if (/"resolved"\s*:\s*"https?:/.test(lock)) {
  console.error(
    'package-lock.json: holds "resolved" addresses, which tie every install to one registry. ' +
      'Delete it and run npm install in this folder, where .npmrc leaves them out.',
  );
  process.exitCode = 1;
}

for (const file of listFiles(ROOT, { suffixes: SOURCES })) {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1;
  if (lines > LONGEST && !(file in MAY_BE_LONGER)) {
    console.warn(
      `warning: ${file} has ${lines} lines, more than ${LONGEST}: split it by concept, ` +
        'or give the reason in MAY_BE_LONGER of scripts/lint-checkout.mjs.',
    );
  }
}
