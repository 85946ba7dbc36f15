// Has the compiler check every C++ source under strict warnings, each with the flags that it is built with:
// kernels/isa_<isa>.cc under its ISA's, where this machine's compiler can target it. CXX names the compiler.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { build } from './native-build.mjs';
import { CPP_FOLDERS } from './support/cpp.mjs';
import { listFiles } from './support/files.mjs';
import { ROOT } from './support/run.mjs';

// Not here: -Wdouble-promotion, for sums of floats in double are meant; -Wsign-conversion, for the sizes
// that Node-API and the standard library hand over are unsigned and checked where they enter.
const WARNINGS = [
  '-Wall',
  '-Wextra',
  '-Wpedantic',
  '-Wshadow',
  '-Wconversion',
  '-Wcast-qual',
  '-Wold-style-cast',
  '-Wnon-virtual-dtor',
  '-Wmissing-declarations',
  '-Wundef',
  '-Werror',
];

// As native/CMakeLists.txt has them.
const INCLUDES = ['native', 'bench/native'].map((folder) => `-I${join(ROOT, folder)}`);

const compiler = process.env.CXX ?? 'g++';
const require = createRequire(import.meta.url);
const nodeHeaders = [
  `-isystem${require('node-addon-api').include_dir}`,
  `-isystem${join(dirname(require.resolve('node-api-headers/package.json')), 'include')}`,
  '-DNAPI_VERSION=8',
  '-DNODE_ADDON_API_CPP_EXCEPTIONS_ALL',
];

/**
 * @param {string} file
 * @returns {string[] | undefined} the flags it is built with; undefined when it is for another architecture
 */
function flagsOf(file) {
  const { all, kernels } = build.flags.gcc;
  const isaName = /^native\/kernels\/isa_(\w+)\.cc$/.exec(file)?.[1];
  if (!isaName) return [...all, ...nodeHeaders];
  /** @type {{ name: string, architectures: string[], gcc: string[] }[]} */
  const isas = build.isas;
  const isa = isas.find(({ name }) => name === isaName);
  if (!isa) throw new Error(`${file}: native/build.json has no ISA named ${isaName}`);
  return isa.architectures.includes(process.arch) ? [...all, ...kernels, ...isa.gcc] : undefined;
}

/**
 * @param {string} file
 * @param {string[]} flags
 * @returns {Promise<string>} what the compiler had to say; empty when nothing
 */
async function check(file, flags) {
  const args = ['-fsyntax-only', ...flags, ...WARNINGS, ...INCLUDES, file];
  try {
    await promisify(execFile)(compiler, args, { cwd: ROOT });
    return '';
  } catch (error) {
    const { code, stderr } = /** @type {{ code: unknown, stderr: string }} */ (error);
    if (code === 'ENOENT') throw new Error(`no C++ compiler: ${compiler} is not on PATH (CXX names another)`);
    return stderr;
  }
}

const pending = listFiles(ROOT, { folders: CPP_FOLDERS, suffixes: ['.cc'] });

async function checkPending() {
  for (let file = pending.shift(); file; file = pending.shift()) {
    const flags = flagsOf(file);
    if (!flags) {
      console.log(`${file}: not checked, it is for another architecture`);
      continue;
    }
    const complaint = await check(file, flags);
    if (complaint === '') continue;
    console.error(complaint);
    process.exitCode = 1;
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, checkPending));
