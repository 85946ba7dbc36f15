// Prints parts of native/build.json for binding.gyp, one item a line:
//   sources addon|library     files, from the repository's root
//   flags all|kernels|link    of the platform's compiler
//   isa <name>                flags of one instruction set

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const native = join(dirname(fileURLToPath(import.meta.url)), '..', 'native');
export const build = JSON.parse(readFileSync(join(native, 'build.json'), 'utf8'));
const compiler = process.platform === 'win32' ? 'msvc' : 'gcc';

/** The files of build.json's patterns: a name, or `folder/*.cc`. */
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

function answer([question, name]) {
  if (question === 'sources') return expand(build[name]);
  if (question === 'flags') return build.flags[compiler][name];
  if (question === 'isa') return build.isas.find((isa) => isa.name === name)[compiler];
  throw new Error(`native-build: unknown question '${question}'`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(answer(process.argv.slice(2)).join('\n'));
