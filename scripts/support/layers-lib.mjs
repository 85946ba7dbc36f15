// The layers of lib/ and of the examples: which folder may import which, as tables, and the check of them.
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { listFiles } from './files.mjs';
import { findImports } from './imports.mjs';

// What the trainer may use; whatever lies above it may use the same, and the trainer.
const TRAIN_KNOWS = ['core', 'ops', 'nn', 'optim', 'math', 'data', 'io'];

// A folder of lib/ → the other folders of lib/ that its files may import.
/** @type {Record<string, string[]>} */
export const FOLDERS = {
  core: [],
  backend: ['core'],
  ops: ['core', 'backend'],
  nn: ['core', 'ops'],
  optim: ['core', 'ops', 'nn'],
  math: ['core', 'ops', 'optim'],
  data: ['core', 'ops'],
  io: ['core', 'ops'],
  train: TRAIN_KNOWS,
  tune: [...TRAIN_KNOWS, 'train'],
  board: [...TRAIN_KNOWS, 'train', 'tune'],
  bin: [...TRAIN_KNOWS, 'train', 'tune', 'board'],
};

// What backend may know of core: plain types and the memory it serves, no tensors, no autograd.
export const PLAIN_CORE = [
  'lib/core/dtype.ts',
  'lib/core/errors.ts',
  'lib/core/layout.ts',
  'lib/core/pool.ts',
  'lib/core/slab.ts',
];

// A file → folders outside its table that it may import by `import type`, which loads nothing.
/** @type {Record<string, string[]>} */
export const TYPES_ONLY = {
  'lib/core/tensor.ts': ['ops'],
};

// The one file that loads the addon, and the text that gives a loader away.
const ADDON_OWNER = 'lib/backend/native.ts';
const ADDON_LOADERS = /\bprocess\.dlopen\b|['"]node-gyp-build['"]|['"][^'"\n]*\.node['"]/;

// The public surfaces: lib/index.ts and each layer's own index.ts.
const SURFACE = /^lib\/(?:[^/]+\/)?index\.ts$/;

/**
 * @param {string} root the checkout
 * @returns {string[]} one message for each broken rule
 */
export function checkLib(root) {
  return [
    ...listFiles(root, { folders: ['lib'], suffixes: ['.ts', '.mts', '.js', '.mjs'] }).flatMap((file) =>
      checkLibFile(root, file),
    ),
    ...listFiles(root, { folders: ['examples'], suffixes: ['.ts', '.mts', '.js', '.mjs'] }).flatMap((file) =>
      checkExample(root, file),
    ),
  ];
}

/**
 * @param {string} root
 * @param {string} file
 */
function checkLibFile(root, file) {
  const source = readFileSync(join(root, file), 'utf8');
  /** @type {string[]} */
  const broken = [];
  const folder = folderOf(file);
  if (folder !== '' && !(folder in FOLDERS)) {
    broken.push(
      `${file}: lib/${folder} is in no layer; give it a row in FOLDERS of scripts/support/layers-lib.mjs`,
    );
  }
  if (folder === '' && file !== 'lib/index.ts') {
    broken.push(`${file}: only index.ts lies in lib/ itself; put this file into a layer's folder`);
  }
  if (file !== ADDON_OWNER && ADDON_LOADERS.test(source)) {
    broken.push(`${file}: only ${ADDON_OWNER} loads the addon`);
  }
  for (const found of findImports(source)) {
    const rule = found.target.startsWith('.')
      ? brokenByImport(file, resolveImport(root, file, found.target), found.typeOnly)
      : brokenByPackage(found.target);
    if (rule) broken.push(`${file}:${found.line}: imports ${found.target}: ${rule}`);
  }
  return broken;
}

/**
 * @param {string} file
 * @param {string} target the imported file of lib/
 * @param {boolean} typeOnly
 * @returns {string | undefined} the rule that this import breaks
 */
function brokenByImport(file, target, typeOnly) {
  if (!target.startsWith('lib/')) return 'lib/ knows nothing outside lib/';
  if (SURFACE.test(target) && !SURFACE.test(file)) {
    return 'nobody imports index.ts, except another one; import the file that defines the name';
  }
  if (file === 'lib/index.ts') return undefined;
  const from = folderOf(file);
  const to = folderOf(target);
  if (from === to || !(from in FOLDERS)) return undefined;
  if (TYPES_ONLY[file]?.includes(to)) {
    return typeOnly ? undefined : `${file} may know ${to} only by \`import type\``;
  }
  const allowed = FOLDERS[from];
  if (!allowed.includes(to)) {
    return `${from} may know ${allowed.length > 0 ? `only ${allowed.join(', ')}` : 'no other folder'}`;
  }
  if (from === 'backend' && to === 'core' && !PLAIN_CORE.includes(target)) {
    return `backend may know core's plain types only (${PLAIN_CORE.join(', ')})`;
  }
  return undefined;
}

/** @param {string} target */
function brokenByPackage(target) {
  return target === 'quern' ? 'lib/ imports its own files, not the package by name' : undefined;
}

/**
 * Examples are there to be copied, so they import the package as a user does.
 * @param {string} root
 * @param {string} file
 */
function checkExample(root, file) {
  return findImports(readFileSync(join(root, file), 'utf8'))
    .filter(
      ({ target }) => target.startsWith('.') && !resolveImport(root, file, target).startsWith('examples/'),
    )
    .map(
      ({ line, target }) =>
        `${file}:${line}: imports ${target}: examples import 'quern', as those who copy them do`,
    );
}

/** @param {string} file */
function folderOf(file) {
  const parts = file.split('/');
  return parts.length > 2 ? parts[1] : '';
}

/**
 * The file that a relative import names: x.js is written where x.ts is meant.
 * @param {string} root
 * @param {string} file
 * @param {string} target
 */
function resolveImport(root, file, target) {
  const path = posix.join(posix.dirname(file), target);
  const typescript = path.replace(/\.js$/, '.ts').replace(/\.mjs$/, '.mts');
  return existsSync(join(root, path)) && !existsSync(join(root, typescript)) ? path : typescript;
}
