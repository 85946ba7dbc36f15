// Documentation that is true: every example runs and gives what it says, and every public export has one.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as quern from 'quern';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ROOT } from '../setup/addon-path.js';
import { docstrings } from '../support/docstrings.js';
import { docstringExamples, pageExamples, runExample } from './examples.js';

/** Exports that need no example, each with its reason. */
const WITHOUT_EXAMPLE: Record<string, string> = {
  Tensor: 'made by functions, all of which have examples; its docstring names them',
  QuernError: 'thrown by the library, not made by its users',
  AnomalyError: 'like QuernError',
  ArgumentError: 'like QuernError',
  BackendError: 'like QuernError',
  DisposedError: 'like QuernError',
  DTypeError: 'like QuernError',
  FileFormatError: 'like QuernError',
  GradcheckError: 'like QuernError',
  GradientError: 'like QuernError',
  IndexError: 'like QuernError',
  LossError: 'like QuernError',
  MemoryError: 'like QuernError',
  ShapeError: 'like QuernError',
  StateDictError: 'like QuernError',
};

/** Functions and classes of a module and of the modules that it exports, by name. */
function exportsOf(module: object): string[] {
  return Object.entries(module).flatMap(([name, value]) => {
    if (typeof value === 'function') return [name];
    const isModule = typeof value === 'object' && value !== null && value[Symbol.toStringTag] === 'Module';
    return isModule ? exportsOf(value) : [];
  });
}

describe('public exports', () => {
  const documented = docstrings();
  // What is internal has no types in the package, though its name is there.
  const internal = new Set(
    documented.filter(({ text }) => text.includes('@internal')).map(({ name }) => name),
  );
  const exported = [...new Set(exportsOf(quern))].filter((name) => !internal.has(name));

  it('have docstrings with an example', () => {
    const lacking = exported.filter(
      (name) =>
        !(name in WITHOUT_EXAMPLE) &&
        !documented.some((one) => one.name === name && one.text.includes('@example')),
    );
    expect(lacking).toEqual([]);
  });

  it('are excused only where they exist and have none', () => {
    for (const name of Object.keys(WITHOUT_EXAMPLE)) {
      expect(exported, name).toContain(name);
      expect(
        documented.some((one) => one.name === name && one.text.includes('@example')),
        name,
      ).toBe(false);
    }
  });
});

/** Equality of plain values; fractions to six digits, for what is printed is rounded. */
function demandEqual(value: unknown, claimed: unknown, line: string): void {
  if (
    typeof claimed === 'number' &&
    typeof value === 'number' &&
    !Number.isInteger(claimed) &&
    Number.isFinite(claimed)
  ) {
    expect(Math.abs(value - claimed), `${line}: it is ${value}`).toBeLessThanOrEqual(
      1e-6 * Math.max(1, Math.abs(claimed)),
    );
    return;
  }
  if (Array.isArray(claimed) && Array.isArray(value) && claimed.length === value.length) {
    claimed.forEach((one, i) => {
      demandEqual(value[i], one, line);
    });
    return;
  }
  // 0 and −0 print alike.
  if (value !== claimed) expect(value, line).toEqual(claimed);
}

const pages = ['README.md', 'FEATURES.md', 'CONTRIBUTING.md', 'docs/dtypes.md'].filter((file) =>
  existsSync(join(ROOT, file)),
);

describe('examples', () => {
  const [backend, threads, home] = [quern.backendName(), quern.getNumThreads(), process.cwd()];
  let folder: string;

  // Examples may write files by relative names.
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'quern-examples-'));
    process.chdir(folder);
  });

  afterAll(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(() => {
    quern.useBackend(backend);
    quern.setNumThreads(threads);
    quern.manualSeed(0);
  });

  it.each(docstringExamples())('$place', async (example) => {
    let claims = 0;
    await runExample(example, (value, claimed, line) => {
      claims++;
      demandEqual(value, claimed, line);
    });
    expect(claims, 'an example makes at least one claim: `expression; // => value`').toBeGreaterThan(0);
  });

  it.each(pages.flatMap(pageExamples))('$place', (example) => runExample(example, demandEqual));
});
