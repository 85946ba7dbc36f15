// The layers of native/: which folder may include which, as tables, and the check of them.
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { listFiles } from './files.mjs';
import { findIncludes } from './imports.mjs';

// A folder of native/ → the other folders of native/ that its files may include. addon.cc is the folder ''.
/** @type {Record<string, string[]>} */
export const FOLDERS = {
  core: [],
  simd: [],
  kernels: ['simd', 'core'],
  ops: ['kernels', 'core'],
  binding: ['ops', 'core'],
  '': ['binding'],
};

// The headers of Node-API, and the folders that may include them.
const NODE_API = ['napi.h', 'node_api.h', 'node_api_types.h', 'js_native_api.h', 'js_native_api_types.h'];
const NODE_API_USERS = ['binding', ''];

// All that code compiled once per ISA may include, directly or through our headers: plain C and the
// intrinsics. C++ headers hold inline functions, which the linker would merge across ISAs.
const KERNEL_HEADERS = [
  '<arm_neon.h>',
  '<float.h>',
  '<immintrin.h>',
  '<limits.h>',
  '<math.h>',
  '<stddef.h>',
  '<stdint.h>',
  '<string.h>',
];

const PER_ISA = /^native\/kernels\/isa_[a-z0-9]+\.cc$/;

/**
 * @param {string} root the checkout
 * @returns {string[]} one message for each broken rule
 */
export function checkNative(root) {
  const files = listFiles(root, { folders: ['native'], suffixes: ['.cc', '.h', '.inl', '.def'] });
  return [...files.flatMap((file) => checkFile(root, file)), ...checkPerIsaCode(root, files)];
}

/**
 * @param {string} root
 * @param {string} file
 */
function checkFile(root, file) {
  const from = folderOf(file);
  if (!(from in FOLDERS)) {
    return [
      `${file}: native/${from} is in no layer; give it a row in FOLDERS of scripts/support/layers-native.mjs`,
    ];
  }
  /** @type {string[]} */
  const broken = [];
  for (const { line, target } of includesOf(root, file)) {
    const name = target.slice(1, -1);
    const where = `${file}:${line}: includes ${target}`;
    if (NODE_API.includes(name)) {
      if (NODE_API_USERS.includes(from)) continue;
      broken.push(`${where}: only native/binding and addon.cc see Node-API`);
    } else if (target.startsWith('"')) {
      const to = folderOf(resolveInclude(root, file, name));
      if (to === from || FOLDERS[from].includes(to)) continue;
      const allowed = FOLDERS[from].length > 0 ? `only ${FOLDERS[from].join(', ')}` : 'no other folder';
      broken.push(`${where}: ${from || 'addon.cc'} may know ${allowed}`);
    }
  }
  return broken;
}

/**
 * Follows the includes of each ISA's file, and refuses what must not be compiled under its flags.
 * @param {string} root
 * @param {string[]} files
 */
function checkPerIsaCode(root, files) {
  const pending = files.filter((file) => PER_ISA.test(file));
  const seen = new Set(pending);
  /** @type {string[]} */
  const broken = [];
  for (let file = pending.pop(); file; file = pending.pop()) {
    const code = withoutComments(readFileSync(join(root, file), 'utf8'));
    if (/\bstd::/.test(code)) broken.push(`${file}: uses std:: in code compiled per ISA: kernels use no STL`);
    for (const { line, target } of includesOf(root, file)) {
      if (target.startsWith('<')) {
        if (KERNEL_HEADERS.includes(target)) continue;
        broken.push(
          `${file}:${line}: includes ${target} in code compiled per ISA: kernels include no STL headers`,
        );
      } else {
        const next = resolveInclude(root, file, target.slice(1, -1));
        if (seen.has(next) || !existsSync(join(root, next))) continue;
        seen.add(next);
        pending.push(next);
      }
    }
  }
  return broken;
}

/**
 * @param {string} root
 * @param {string} file
 */
function includesOf(root, file) {
  return findIncludes(readFileSync(join(root, file), 'utf8'));
}

/**
 * A quoted include is looked for beside the file first, then from native/, as the compilers are told to.
 * @param {string} root
 * @param {string} file
 * @param {string} name
 */
function resolveInclude(root, file, name) {
  const beside = posix.join(posix.dirname(file), name);
  const fromNative = posix.join('native', name);
  return !existsSync(join(root, beside)) && existsSync(join(root, fromNative)) ? fromNative : beside;
}

/** @param {string} file */
function folderOf(file) {
  const parts = file.split('/');
  return parts.length > 2 ? parts[1] : '';
}

/** @param {string} source */
function withoutComments(source) {
  return source.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
}
