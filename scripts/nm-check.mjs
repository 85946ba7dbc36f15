// Checks each instruction set's object: exactly one global symbol, its fill function, and nothing weak. A weak
// symbol compiled under two sets of flags is merged by the linker, and the survivor may not run on this machine.
//   node scripts/nm-check.mjs [build folder] [nm]

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from './native-build.mjs';

/** @param {string} folder */
function findObjects(folder) {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => /isa_\w+(\.cc)?\.o$/.test(path))
    .map((path) => join(folder, path));
}

/**
 * Complaints about the objects under `folder`, which must hold those of every ISA of `architecture`.
 * @param {string} folder
 * @param {string} architecture
 */
export function checkObjects(folder, architecture, nm = 'nm') {
  const objects = existsSync(folder) ? findObjects(folder) : [];
  const complaints = [];
  for (const { name, architectures } of build.isas) {
    if (!architectures.includes(architecture)) continue;
    const mine = objects.filter((path) => path.includes(`isa_${name}.`));
    if (mine.length === 0) complaints.push(`no object of isa_${name}.cc under ${folder}; build first`);
    for (const object of mine) {
      // Types in capitals are global, w, v, W, V weak, u unique; U is merely used here.
      const symbols = execFileSync(nm, ['-P', object], { encoding: 'utf8' })
        .split('\n')
        .map((line) => line.split(' '))
        .filter(([symbol, type]) => symbol && type !== 'U' && /[A-Zwvu]/.test(type));
      const wrong = symbols.filter(([symbol, type]) => type !== 'T' || symbol !== `quern_fill_${name}`);
      for (const [symbol, type] of wrong) complaints.push(`${object}: ${symbol} has type ${type}`);
      if (symbols.length - wrong.length !== 1) complaints.push(`${object}: quern_fill_${name} is missing`);
    }
  }
  return complaints;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const complaints = checkObjects(process.argv[2] ?? 'build', process.arch, process.argv[3]);
  for (const complaint of complaints) console.error(complaint);
  if (complaints.length > 0) process.exit(1);
  console.log('nm-check: one global symbol in each object, nothing weak');
}
