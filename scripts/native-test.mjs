// Builds and runs the native test program (no Node inside), in one or several modes:
//   node scripts/native-test.mjs                 plain, then the nm check of its objects
//   node scripts/native-test.mjs --sanitizers    address + undefined behaviour, then thread
//   node scripts/native-test.mjs --address | --thread
//   node scripts/native-test.mjs --neon          cross-compiled for arm64, run under qemu
// A further argument keeps only the tests whose name contains it.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkObjects } from './nm-check.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const ARM = 'aarch64-linux-gnu';

/**
 * @typedef Mode
 * @property {string[]} options of CMake
 * @property {string[]} [launcher] runs the program, where it is there
 * @property {string} [architecture] whose objects the nm check looks at
 * @property {string} [nm]
 * @property {Record<string, string>} [needs] tools, and the packages that hold them
 */

/** @type {Record<string, Mode>} */
const MODES = {
  plain: { options: ['-DCMAKE_BUILD_TYPE=Release'], architecture: process.arch },
  address: { options: ['-DQUERN_SANITIZE=address,undefined'] },
  // Without address randomisation: newer kernels spread it further than the thread sanitizer of older compilers bears.
  thread: { options: ['-DQUERN_SANITIZE=thread'], launcher: ['setarch', '-R'] },
  neon: {
    options: [
      '-DCMAKE_BUILD_TYPE=Release',
      '-DCMAKE_SYSTEM_NAME=Linux',
      '-DCMAKE_SYSTEM_PROCESSOR=aarch64',
      `-DCMAKE_CXX_COMPILER=${ARM}-g++`,
    ],
    launcher: ['qemu-aarch64', '-L', `/usr/${ARM}`],
    architecture: 'arm64',
    nm: `${ARM}-nm`,
    needs: { [`${ARM}-g++`]: `g++-${ARM}`, 'qemu-aarch64': 'qemu-user' },
  },
};

/**
 * @param {string} message
 * @returns {never}
 */
function stop(message) {
  console.error(`native-test: ${message}`);
  process.exit(1);
}

/** @param {Record<string, string>} tools */
function requireTools(tools) {
  for (const [tool, name] of Object.entries(tools)) {
    if (spawnSync(tool, ['--version'], { stdio: 'ignore' }).error) {
      stop(`${tool} is missing; install it (Debian, Ubuntu: apt install ${name})`);
    }
  }
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {'inherit' | 'ignore'} stdout
 */
function run(command, args, stdout) {
  const result = spawnSync(command, args, { cwd: root, stdio: ['ignore', stdout, 'inherit'] });
  if (result.error) stop(`${command}: ${result.error.message}`);
  if (result.status !== 0) stop(`failed: ${[command, ...args].join(' ')}`);
}

/**
 * @param {string} name
 * @param {string[]} filter
 */
function test(name, filter) {
  const { options, launcher = [], architecture, nm, needs = {} } = MODES[name];
  requireTools({ cmake: 'cmake', ...needs });
  const folder = join(root, `build-native-${name}`);
  console.log(`native-test: ${name}`);
  run('cmake', ['-S', 'native', '-B', folder, ...options], 'ignore');
  run('cmake', ['--build', folder, '--target', 'quern_test', '-j', String(availableParallelism())], 'ignore');
  if (architecture) {
    const complaints = checkObjects(folder, architecture, nm);
    if (complaints.length > 0) stop(complaints.join('\n'));
  }
  const usable = launcher.length > 0 && !spawnSync(launcher[0], ['--version'], { stdio: 'ignore' }).error;
  const [command, ...args] = [...(usable ? launcher : []), join(folder, 'quern_test'), ...filter];
  if (!existsSync(join(folder, 'quern_test'))) stop(`${folder}/quern_test was not built`);
  run(command, args, 'inherit');
}

const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'));
const filter = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const modes = flags.flatMap((flag) => (flag === '--sanitizers' ? ['address', 'thread'] : [flag.slice(2)]));
const unknown = modes.find((mode) => !(mode in MODES));
if (unknown !== undefined)
  stop(`unknown mode --${unknown}; there are ${Object.keys(MODES).join(', ')}, sanitizers`);
for (const mode of modes.length > 0 ? modes : ['plain']) test(mode, filter);
