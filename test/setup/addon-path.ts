// Where the addon of this checkout lies, found as the library finds it.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

// The package brings no types; this is the part of it that we use.
const nodeGypBuild = createRequire(import.meta.url)('node-gyp-build') as { path(folder: string): string };

/** The addon's file; undefined when there is none. */
export function addonPath(): string | undefined {
  try {
    return nodeGypBuild.path(ROOT);
  } catch {
    return undefined;
  }
}
