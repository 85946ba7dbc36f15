// Whether an export exists, and with what it is tested.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as quern from 'quern';
import { inPlaceForms } from '../../lib/ops/inPlaceForms.js';
import type { Row } from '../op_db/row.js';
import { NO_OPS, opDb } from '../op_db.js';
import { ROOT } from '../setup/addon-path.js';

/** The object that holds an export, by a path such as `nn.functional.conv2d`; null where a step of it is missing. */
function holderOf(path: string): object | null {
  let holder: unknown = quern;
  for (const step of path.split('.').slice(0, -1)) {
    holder = (holder as Record<string, unknown>)[step];
    if (holder === undefined || holder === null) return null;
  }
  return holder as object;
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1);

/** Whether there is an export, or a member of a class, at a path. */
export function isExported(path: string): boolean {
  const holder = holderOf(path);
  return holder !== null && nameOf(path) in holder;
}

/** The row of an operation; a method that writes in place has that of the function by its name. */
export function rowOf(path: string): Row | undefined {
  const name = nameOf(path);
  const [first, second] = path.split('.');
  const isOperation = path === name ? !NO_OPS.some((other) => other === name) : second === 'functional';
  const writes = first === 'Tensor' && name.endsWith('_');
  return (isOperation || writes) && Object.hasOwn(opDb, name) ? opDb[name as 'add'] : undefined;
}

// These hold names of exports for their own sake.
const TABLES = [/^docs\//, /^promises\/options/];

function filesOf(folder: string, suffix: string): string[] {
  const files = readdirSync(join(ROOT, 'test', folder), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith(suffix)).map((file) => join(folder, file));
}

const read = (file: string): string => readFileSync(join(ROOT, 'test', file), 'utf8');

/** What the golden files call their cases: layers, losses, optimizers, schedules. */
const inGolden = new Set(
  filesOf('golden', '.json')
    .filter((file) => !file.endsWith('names.json'))
    .flatMap((file) => [...read(file).matchAll(/"([A-Z]\w*)"/g)].map(([, name]) => name)),
);

/**
 * What tests call, construct, extend or assign, with the name before its dot: `nn.Linear`, `.backward`, `grad`; and the
 * names with which rows of their tables begin.
 */
const used = new Set(
  filesOf('', '.test.ts')
    .filter((file) => !TABLES.some((table) => table.test(file)))
    .flatMap((file) => {
      const code = read(file).replace(/^\s*\/\/.*$|\/\*[\s\S]*?\*\//gm, '');
      const uses = code.matchAll(
        /(?<!function )(?:(\w*)[!)\]]*\.)?\b(\w+)(?=\()|(\w*)\.(\w+)(?= = )|(?<=extends )(\w+)\.(\w+)/g,
      );
      const firstInRows = [...code.matchAll(/\[\s*'(\w+)',/g)].map(([, name]) => name);
      const names = [...uses].flatMap(([, holder, name, changed, field, outer, base]) => {
        const pair = [holder ?? changed ?? outer, name ?? field ?? base];
        return pair[0] === undefined ? [name] : [pair.join('.'), `.${pair[1]}`];
      });
      return [...firstInRows, ...names];
    }),
);

function isUsed(path: string): boolean {
  const name = nameOf(path);
  return used.has(`${path.split('.').at(-2) ?? 'q'}.${name}`) || used.has(name);
}

/** Whether a class is what a tested class beside it extends. */
function isTestedBase(path: string): boolean {
  const holder = holderOf(path) as Record<string, unknown>;
  const base = holder[nameOf(path)];
  const folder = path.slice(0, path.lastIndexOf('.') + 1);
  return Object.entries(holder).some(
    ([name, value]) =>
      typeof base === 'function' &&
      typeof value === 'function' &&
      value.prototype instanceof base &&
      isTested(folder + name),
  );
}

/**
 * Whether there are tests of an export: a row of the op database with something to compare it with; a case of a golden
 * file; the tests of all methods in place; a test that calls it, makes one or extends it, or that does so with a class
 * that extends it.
 */
export function isTested(path: string): boolean {
  if (!isExported(path)) return false;
  const row = rowOf(path);
  const compared = row?.reference ?? row?.distribution ?? row?.covered;
  const name = nameOf(path);
  if (path.includes('.prototype.')) {
    return compared !== undefined || Object.hasOwn(inPlaceForms, name) || used.has(`.${name}`);
  }
  return compared !== undefined || inGolden.has(name) || isUsed(path) || isTestedBase(path);
}
