// Writing a file so that it is there whole or not at all.

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

// One call writes less than 2 GiB on every system.
const CHUNK = 2 ** 30;

/**
 * Writes the parts one after another. Until all of them are on the disk the path keeps what it held before, whether
 * the process or the machine dies.
 */
export function writeAtomically(path: string, parts: Iterable<Uint8Array>): void {
  const temporary = `${path}.${process.pid}.${Date.now().toString(36)}.tmp`;
  const file = openSync(temporary, 'wx');
  try {
    try {
      for (const part of parts) writeAll(file, part);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  syncFolder(dirname(path));
}

function writeAll(file: number, bytes: Uint8Array): void {
  let at = 0;
  while (at < bytes.length) at += writeSync(file, bytes, at, Math.min(CHUNK, bytes.length - at));
}

/** The new name itself must reach the disk too. Windows cannot open folders, and needs no such call. */
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
