// The docstrings of the library, read from its sources.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../setup/addon-path.js';

/** A documented declaration. */
export interface Docstring {
  readonly name: string;
  /** The comment between its marks. */
  readonly text: string;
}

const DOCSTRING =
  /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:export\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\*?|class|const|let)\s+(\w+)/g;

/** Every file of the library, from the root of the checkout. */
export function sources(): string[] {
  const files = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' });
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => join('lib', file))
    .sort();
}

export function read(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

export function docstrings(): Docstring[] {
  return sources().flatMap((file) =>
    [...read(file).matchAll(DOCSTRING)].map(([, text, name]) => ({ name, text })),
  );
}

/** What a docstring says first, in one line. */
export function firstSentence(text: string): string {
  const plain = text.replace(/^\s*\* ?/gm, ' ').replace(/\{@link (\w+)\}/g, '`$1`');
  const [first] = plain.split(/\n\s*\n|@\w/);
  return first
    .replace(/\s+/g, ' ')
    .trim()
    .split(/(?<! al)\.(?: |$)/)[0];
}
