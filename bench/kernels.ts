// The kernels against the machine's limits, on each of its instruction sets: `npm run bench:kernels`. Builds the native
// program quern_bench and turns what it prints into tables.

import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { availableIsas } from '../lib/backend/active.js';
import { digits, markdownTable, percent, time } from './support/format.js';
import { numberOption } from './support/options.js';
import { command, machine, publish } from './support/report.js';

const HELP = `npm run bench:kernels -- [options]
  --only TEXT        only cases whose group and name contain TEXT
  --isa NAME         only this instruction set (default: each that the machine has)
  --threads N        beside one thread (default 2)
  --milliseconds N   of each case (default 200 on the best instruction set, a third of that on the others)
  --json FILE        where results go (default bench/results/kernels.json)
Needs CMake and a C++17 compiler.`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    isa: { type: 'string', default: '' },
    threads: { type: 'string', default: `${Math.min(2, availableParallelism())}` },
    milliseconds: { type: 'string', default: '200' },
    json: { type: 'string', default: 'bench/results/kernels.json' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const threads = numberOption('threads', options.threads, 1, true);
const milliseconds = numberOption('milliseconds', options.milliseconds, 1);

/** Best time of a call, work a nanosecond, and the machine's limit for it at the same time. */
interface Figure {
  readonly ns: number;
  readonly rate: number;
  readonly limit: number;
}

interface Row {
  readonly isa: string;
  readonly group: string;
  readonly name: string;
  readonly unit: string;
  readonly one: Figure;
  readonly many: Figure;
  /** What the threads bring. */
  readonly gain: number;
}

function run(file: string, args: readonly string[], stdout: 'ignore' | 'pipe'): string {
  const answer = spawnSync(file, args, { encoding: 'utf8', stdio: ['ignore', stdout, 'inherit'] });
  if (answer.error) throw new Error(`${file} cannot be started: ${answer.error.message}`);
  if (answer.status !== 0) throw new Error(`failed: ${[file, ...args].join(' ')}`);
  return answer.stdout ?? '';
}

/** Builds the program; its path. */
function build(): string {
  const folder = 'build-native-bench';
  run('cmake', ['-S', 'native', '-B', folder, '-DCMAKE_BUILD_TYPE=Release'], 'ignore');
  const jobs = String(availableParallelism());
  run('cmake', ['--build', folder, '--target', 'quern_bench', '-j', jobs], 'ignore');
  return join(folder, 'quern_bench');
}

function measure(program: string, isa: string, budget: number): Row[] {
  const args = ['--json', '--isa', isa, '--threads', String(threads), '--milliseconds', String(budget)];
  const text = run(program, options.only === '' ? args : [...args, options.only], 'pipe');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

const part = (figure: Figure): string => (figure.limit > 0 ? percent(figure.rate / figure.limit) : '–');

/** One instruction set's cases: one thread, several, and how near they come to the limits. */
function fullTable(rows: readonly Row[]): string {
  const head = ['case', 'time', 'rate', 'of the limit', `${threads} threads`, 'of their limit', 'gain'];
  const body = rows.map((row) => [
    `${row.group} ${row.name}`,
    time(row.one.ns / 1e9),
    `${digits(row.one.rate)} ${row.unit}`,
    part(row.one),
    `${digits(row.many.rate)} ${row.unit}`,
    part(row.many),
    `${row.gain.toFixed(2)} ×`,
  ]);
  return markdownTable([head, ...body]);
}

/** The instruction sets beside each other, one thread. */
function isaTable(all: ReadonlyMap<string, readonly Row[]>): string {
  const names = [...all.keys()];
  const first = all.get(names[0])!;
  const body = first.map((row) => [
    `${row.group} ${row.name}`,
    ...names.map((isa) => {
      const other = all.get(isa)!.find((one) => one.group === row.group && one.name === row.name);
      return other === undefined ? '–' : `${digits(other.one.rate)} ${other.unit} (${part(other.one)})`;
    }),
  ]);
  return markdownTable([['case', ...names], ...body]);
}

/** The best limits that were seen: what the percentages are about. */
function limits(rows: readonly Row[]): string {
  const groups = new Map<string, { one: number; many: number }>();
  for (const row of rows) {
    const kind = row.unit === 'GB/s' ? `streaming in ${row.group}, GB/s` : 'multiply-adds, GFLOP/s';
    const old = groups.get(kind) ?? { one: 0, many: 0 };
    groups.set(kind, { one: Math.max(old.one, row.one.limit), many: Math.max(old.many, row.many.limit) });
  }
  return [...groups].map(([kind, { one, many }]) => `${kind}: ${digits(one)}, ${digits(many)}`).join('; ');
}

const before = machine();
const program = build();
const sets = options.isa === '' ? availableIsas() : [options.isa];
const all = new Map<string, Row[]>();
sets.forEach((isa, i) => {
  process.stderr.write(`${isa}\n`);
  all.set(isa, measure(program, isa, i === 0 ? milliseconds : milliseconds / 3));
});
const best = all.get(sets[0])!;
publish(options.json, {
  date: new Date().toISOString(),
  machine: before,
  command: command('bench:kernels'),
  markdown: `### Kernels, ${sets[0]}

Best of many repetitions, float32, one thread (its own time) and ${threads} (by the clock); beside each, the part of the
machine's limit, which is sampled between the repetitions: multiply-adds in registers, or streaming through arrays of the
same size. Limits seen (one thread, ${threads} threads): ${limits(best)}. Convolutions count the flops of the direct sum, whatever
method they use. A product is M×K×N with N or T for how each operand lies.

${fullTable(best)}${
  sets.length > 1 ? `\n\n### Kernels by instruction set, one thread\n\n${isaTable(all)}` : ''
}`,
  results: [...all.values()].flat(),
});
