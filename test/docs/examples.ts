// Finds the examples in docstrings and pages, and runs them as the modules that they are.

import * as quern from 'quern';
// What Vitest itself compiles with.
import { transformWithOxc } from 'vite';
import { read, sources } from '../support/docstrings.js';

export interface Example {
  /** Where it stands: file and line. */
  readonly place: string;
  readonly code: string;
}

const COMMENT = /\/\*\*((?:(?!\*\/)[\s\S])*)\*\//g;

const lineOf = (text: string, index: number): number => text.slice(0, index).split('\n').length;

/** The code under every @example of the library. */
export function docstringExamples(): Example[] {
  return sources().flatMap((file) => {
    const text = read(file);
    return [...text.matchAll(COMMENT)].flatMap((comment) =>
      [...comment[1].matchAll(/@example\b((?:(?!\n\s*\* @)[\s\S])*)/g)].map((found) => ({
        place: `${file}:${lineOf(text, comment.index + 3 + found.index)}`,
        code: found[1].replace(/^\s*\* ?/gm, ''),
      })),
    );
  });
}

/** The blocks of TypeScript in a page. */
export function pageExamples(file: string): Example[] {
  const text = read(file);
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map((block) => ({
    place: `${file}:${lineOf(text, block.index)}`,
    code: block[1],
  }));
}

/** `expression; // => value` becomes a call that compares both. */
function withChecks(code: string): string {
  const lines = code.split('\n');
  // Where the statement that a line belongs to begins.
  let start = 0;
  lines.forEach((line, i) => {
    const claim = /^(.*);\s*\/\/ => (.*)$/.exec(line);
    if (claim !== null) {
      lines[start] = `__check((${lines[start]}`;
      lines[i] =
        `${i === start ? `__check((${claim[1]}` : claim[1]}), (${claim[2]}), ${JSON.stringify(line.trim())});`;
    }
    if (claim !== null || /[;{}]\s*(\/\/.*)?$/.test(line) || line.trim() === '') start = i + 1;
  });
  return lines.join('\n');
}

/** Imports from the library become constants, others dynamic imports. */
function withoutImports(code: string): string {
  return code.replace(
    /^import\s+(?:\{([^}]*)\}|\*\s+as\s+(\w+)|(\w+))\s+from\s+["']([^"']+)["'];?/gm,
    (_all, names, all, single, from) => {
      const source = from === 'quern' ? '__quern' : `await __import('${from}')`;
      if (names !== undefined) return `const {${names.replace(/\bas\b/g, ':')}} = ${source};`;
      return all !== undefined ? `const ${all} = ${source};` : `const { default: ${single} } = ${source};`;
    },
  );
}

export type Check = (value: unknown, claimed: unknown, line: string) => void;

const SILENT = {
  log: () => undefined,
  table: () => undefined,
  info: () => undefined,
  error: () => undefined,
};

/** Runs an example; each of its claims goes to `check`. */
export async function runExample({ code, place }: Example, check: Check): Promise<void> {
  const plain = await transformWithOxc(withChecks(code), `${place.replace(/\W/g, '_')}.ts`, {
    sourcemap: false,
    typescript: { onlyRemoveTypeImports: true },
  });
  const Module = Object.getPrototypeOf(async () => undefined).constructor as new (
    ...args: string[]
  ) => (...args: unknown[]) => Promise<void>;
  await new Module('__quern', '__check', '__import', 'console', withoutImports(plain.code))(
    quern,
    check,
    (name: string) => import(name),
    SILENT,
  );
}
