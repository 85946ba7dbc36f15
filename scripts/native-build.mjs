// Prints parts of native/build.json for binding.gyp, one item a line:
//   sources addon|library     files, from the repository's root
//   flags all|kernels|link    of the platform's compiler
//   isa <name>                flags of one instruction set

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const native = join(dirname(fileURLToPath(import.meta.url)), '..', 'native');

/**
 * @typedef {{ name: string, architectures: string[], gcc: string[], msvc: string[] }} Isa
 * @typedef {Record<'all' | 'kernels' | 'link', string[]>} Flags
 * @type {{ addon: string[], library: string[], flags: { gcc: Flags, msvc: Flags }, isas: Isa[] }}
 */
export const build = JSON.parse(readFileSync(join(native, 'build.json'), 'utf8'));
const compiler = process.platform === 'win32' ? 'msvc' : 'gcc';

/**
 * The files of build.json's patterns: a name, or `folder/*.cc`.
 * @param {string[]} patterns
 */
function expand(patterns) {
  return patterns.flatMap((pattern) => {
    if (!pattern.endsWith('/*.cc')) return [`native/${pattern}`];
    const folder = dirname(pattern);
    return readdirSync(join(native, folder))
      .filter((name) => name.endsWith('.cc'))
      .sort()
      .map((name) => `native/${folder}/${name}`);
  });
}

/** @param {string[]} question */
function answer([what, name]) {
  const isa = build.isas.find((candidate) => candidate.name === name);
  if (what === 'sources' && (name === 'addon' || name === 'library')) return expand(build[name]);
  if (what === 'flags' && (name === 'all' || name === 'kernels' || name === 'link'))
    return build.flags[compiler][name];
  if (what === 'isa' && isa) return isa[compiler];
  throw new Error(`native-build: native/build.json has no answer to '${what} ${name}'`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(answer(process.argv.slice(2)).join('\n'));
