// Runs a command of the checkout from its root, the terminal shared, and answers with its exit status.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

// npm and the tools in node_modules/.bin are .cmd files on Windows, which only a shell can start.
const NEEDS_SHELL = process.platform === 'win32';

/**
 * @param {string} command a program on PATH
 * @param {string[]} args
 * @returns {number} its exit status; 1 when a signal ended it
 */
export function run(command, args) {
  const { error, status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit', shell: NEEDS_SHELL });
  if (error) {
    console.error(`${command}: ${error.message}`);
    return 1;
  }
  return status ?? 1;
}

/**
 * Runs a program that a development dependency brings.
 * @param {string} name
 * @param {string[]} args
 */
export function runTool(name, args) {
  return run(join(ROOT, 'node_modules', '.bin', name), args);
}

/**
 * Runs one of our own scripts, or any program for Node.
 * @param {string[]} args
 */
export function runNode(args) {
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
  return status ?? 1;
}
