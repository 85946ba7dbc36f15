// Lists the files of the checkout that a tool works on.
import { readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const NOT_OURS = /^(?:\.git|build|build-.*|dist|node_modules|prebuilds)$/;

/**
 * Paths under `root`, relative to it and with forward slashes, sorted. A folder that is absent holds nothing.
 * @param {string} root
 * @param {{ folders?: string[], suffixes?: string[] }} [filter] folders of `root` to look in; how names must end
 * @returns {string[]}
 */
export function listFiles(root, { folders = ['.'], suffixes = [''] } = {}) {
  /** @type {string[]} */
  const found = [];
  /** @param {string} folder */
  const visit = (folder) => {
    for (const entry of readFolder(folder)) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        if (!NOT_OURS.test(entry.name)) visit(path);
      } else if (entry.isFile() && suffixes.some((suffix) => entry.name.endsWith(suffix))) {
        found.push(relative(root, path).split(sep).join('/'));
      }
    }
  };
  for (const folder of folders) visit(join(root, folder));
  return found.sort();
}

/** @param {string} folder */
function readFolder(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return [];
    throw error;
  }
}
