// Writes FEATURES.md from the exports of the library and the op database; with --check, compares.
// Run by tsx: npm run docs:features

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as quern from 'quern';
import { active } from '../lib/backend/active.js';
import { KERNELS } from '../lib/backend/kernels.js';
import { camelCase } from '../test/catalogue/entry.js';
import { catalogue } from '../test/catalogue.js';
import { ALL, FAMILIES, FLOATS, NUMERIC } from '../test/op_db/row.js';
import { NO_OPS, rows } from '../test/op_db.js';
import { docstrings, firstSentence } from '../test/support/docstrings.js';
import { call, operandsOf, plainInputs } from '../test/support/harness.js';
import { isExported, isTested } from '../test/support/tested.js';
import { ROOT } from './support/run.mjs';

const PAGE = join(ROOT, 'FEATURES.md');

/** @typedef {import('../test/op_db/row.js').Row} Row */

const nativeKernels = new Set(
  [
    ...readFileSync(join(ROOT, 'native', 'kernels', 'kernels.def'), 'utf8').matchAll(
      /^QUERN_KERNEL\((\w+),/gm,
    ),
  ].map(([, name]) => name),
);

/**
 * The kernels that a row's samples run on.
 * @param {Row} row
 */
function kernelsOf(row) {
  /** @type {Set<string>} */
  const used = new Set();
  quern.useBackend('typescript');
  const backend = /** @type {Record<string, (...args: unknown[]) => void>} */ (
    /** @type {unknown} */ (active)
  );
  const methods = ['run1', 'run2', 'run3', 'run4', 'runMany'];
  for (const method of methods) {
    const plain = backend[method];
    backend[method] = (kernel, ...rest) => {
      used.add(KERNELS[/** @type {number} */ (kernel)]);
      plain.call(backend, kernel, ...rest);
    };
  }
  try {
    quern.noGrad(() => {
      for (const sample of row.samples) {
        const dtype = row.dtypes[0];
        const { values } = operandsOf(sample, plainInputs(row, sample, dtype), dtype, 'dense');
        call(row, sample, values, dtype);
      }
    });
  } finally {
    for (const method of methods) delete backend[method];
  }
  return used;
}

/**
 * How an operation is done on the TypeScript backend and on the native one.
 * @param {string} name
 * @param {Row} row
 */
function waysOf(name, row) {
  if (row.samples.length === 0) return ['host', 'host'];
  const used = kernelsOf(row);
  const own = used.has(name.replace(/_$/, ''));
  const way = used.size === 0 ? (row.view ? 'view' : 'host') : own ? 'kernel' : 'composed';
  const missing = [...used].filter((kernel) => !nativeKernels.has(kernel));
  return [way, missing.length === 0 ? way : `lacks ${missing.join(', ')}`];
}

/** @param {readonly string[]} dtypes */
function showDTypes(dtypes) {
  const named = /** @type {const} */ ([
    ['all', ALL],
    ['numeric', NUMERIC],
    ['floats', FLOATS],
  ]).find(([, list]) => list.length === dtypes.length && list.every((dtype) => dtypes.includes(dtype)));
  return named?.[0] ?? dtypes.join(', ');
}

/** @param {Row} row */
function showTests(row) {
  const parts = [];
  if (row.reference !== undefined) parts.push(`${row.samples.length} samples`);
  if (row.distribution !== undefined) parts.push('distribution, bits');
  if (row.specials) parts.push('NaN, ±∞, ±0');
  if (row.large !== undefined) parts.push('threads');
  if (row.errors.length > 0) parts.push(`${row.errors.length} error${row.errors.length === 1 ? '' : 's'}`);
  if (row.covered !== undefined) parts.push(`[by hand](${row.covered})`);
  return parts.join('; ');
}

/** @param {readonly (readonly string[])[]} lines the first is the head */
function table(lines) {
  const [head, ...body] = lines;
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** @typedef {import('../test/catalogue/entry.js').Entry} Entry */

/** How much of the catalogue is there, group by group. */
function catalogueTable() {
  const counts = catalogue.map(({ title, entries }) => {
    const present = entries.filter(({ quern: path }) => path !== null && isExported(path));
    const tested = present.filter(({ quern: path }) => isTested(/** @type {string} */ (path)));
    return {
      title,
      numbers: [entries.length, present.length, tested.length, entries.length - present.length],
    };
  });
  const totals = [0, 1, 2, 3].map((i) => counts.reduce((sum, { numbers }) => sum + numbers[i], 0));
  return table([
    ['group', 'entries', 'present', 'tested', 'missing'],
    ...counts.map(({ title, numbers }) => [title, ...numbers.map(String)]),
    ['**all**', ...totals.map((total) => `**${total}**`)],
  ]);
}

/** @param {Entry} entry */
const lastName = ({ torch }) => torch?.split('.').at(-1) ?? '';

/** What the catalogue lacks, those of one reason together. */
function missingTable() {
  /** @type {Map<string, string[]>} */
  const byReason = new Map();
  for (const { torch, quern: path, reason } of catalogue.flatMap((group) => group.entries)) {
    if (path !== null && isExported(path)) continue;
    const key = reason ?? 'no reason';
    byReason.set(key, [...(byReason.get(key) ?? []), `\`${torch ?? path}\``]);
  }
  if (byReason.size === 0) return 'Nothing is missing.';
  return table([['missing', 'why'], ...[...byReason].map(([reason, names]) => [names.join(', '), reason])]);
}

/** What is there by another name than PyTorch's in camelCase. */
function renamedTable() {
  const body = catalogue
    .flatMap((group) => group.entries)
    .filter((entry) => entry.torch !== null && entry.quern !== null)
    .filter((entry) => entry.quern?.split('.').at(-1) !== camelCase(lastName(entry)))
    .map(({ torch, quern: path }) => [`\`${torch}\``, `\`${path?.replace('.prototype', '')}\``]);
  return table([['PyTorch', 'Quern'], ...body]);
}

const HEAD = ['operation', 'native', 'TypeScript', 'gradient', 'second gradient', 'dtypes', 'tested'];

/** @param {string} family */
function familyTable(family) {
  const own = rows.filter(([, row]) => row.family === family).sort(([a], [b]) => (a < b ? -1 : 1));
  const body = own.map(([name, row]) => {
    const [typescript, native] = waysOf(name, row);
    const shown = name in quern ? name : `nn.functional.${name}`;
    const gradients = [1, 2].map((order) => (row.gradient >= order ? 'yes' : '–'));
    return [`\`${shown}\``, native, typescript, ...gradients, showDTypes(row.dtypes), showTests(row)];
  });
  return `## ${family}\n\n${table([HEAD, ...body])}`;
}

const documented = new Map(docstrings().map(({ name, text }) => [name, text]));

/**
 * A table of exports with what their docstrings say first.
 * @param {string} title
 * @param {object} module
 * @param {string} prefix
 * @param {(name: string, value: unknown) => boolean} [chosen]
 */
function exportTable(title, module, prefix, chosen = () => true) {
  const names = Object.entries(module)
    .filter(([name, value]) => typeof value === 'function' && chosen(name, value))
    .map(([name]) => name)
    .filter((name) => !documented.get(name)?.includes('@internal'));
  const body = names
    .sort()
    .map((name) => [`\`${prefix}${name}\``, firstSentence(documented.get(name) ?? '')]);
  return `## ${title}\n\n${table([['export', 'what it is'], ...body])}`;
}

/** @param {unknown} value */
const isClass = (value) => /^(?:abstract )?class\b/.test(String(value));

const ops = new Set(rows.map(([name]) => name));
const { nn, optim } = quern;

const page = `# Features

What Quern has, generated from its exports and from the database that its tests are generated from
(\`npm run docs:features\`; CI fails when this page is stale).

## What a PyTorch user looks for

Names of PyTorch 2.13 and where Quern stands: \`torch.nn\` and its functions, methods of modules, initialisation, methods that
write in place, optimizers, schedules and functional differentiation are all of PyTorch's; of the several hundred functions of
\`torch\` itself, those that training scripts call; and what Quern has beside them. "Present" is exported; "tested" has a row
in the database of operations, golden values from PyTorch, or a test by hand. Names are PyTorch's in camelCase
(\`log_softmax\` is \`logSoftmax\`).

${catalogueTable()}

### What is missing, and why

${missingTable()}

### What goes by another name

${renamedTable()}

## The tables below

Of each operation: how the native and the TypeScript backend do it (a kernel of its own, composed of others, as a view
without a copy, or on the host); whether it has a gradient, and that gradient one; the dtypes in which it is tested (others are
promoted or refused by name); and how it is tested. Every operation is compared with a plain reference in doubles on both
backends and on each instruction set of the machine, with operands dense, transposed, stepped and expanded; every gradient
with finite differences; and large operands with one thread and with several, which must give the same bits. "NaN, ±∞, ±0"
says that special values are compared one by one.

${FAMILIES.map(familyTable).join('\n\n')}

${exportTable('Modules', nn, 'nn.', (name) => !name.endsWith('Loss'))}

${exportTable('Loss modules', nn, 'nn.', (name) => name.endsWith('Loss'))}

${exportTable('Initialisation', nn.init, 'nn.init.')}

${exportTable('Optimizers', optim, 'optim.')}

${exportTable('Schedules of the learning rate', optim.lrScheduler, 'optim.lrScheduler.')}

${exportTable('Averages of weights', optim.swaUtils, 'optim.swaUtils.')}

${exportTable('Differentiation, memory, backends, data and files', quern, '', (name, value) => !isClass(value) && !ops.has(name) && NO_OPS.some((one) => one === name))}

${exportTable('Classes', quern, '', (name, value) => isClass(value) && !name.endsWith('Error'))}

${exportTable('Errors', quern, '', (name) => name.endsWith('Error'))}
`;

if (process.argv.includes('--check')) {
  if (!existsSync(PAGE) || readFileSync(PAGE, 'utf8') !== page) {
    console.error('FEATURES.md is stale: npm run docs:features writes it again.');
    process.exitCode = 1;
  }
} else {
  writeFileSync(PAGE, page);
}
