// The largest error of each elementary function, in units of the last place:
//   node scripts/ulp.mjs           float32 over all of its values, on the best instruction set; fails beyond a bound
//   node scripts/ulp.mjs --write   every function on every instruction set of this machine too; writes docs/ulp.md
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ROOT, run } from './support/run.mjs';

const FOLDER = join(ROOT, 'build-native-plain');

/** @param {string[]} args */
function build(args) {
  const codes = [run('cmake', ['-S', 'native', '-B', FOLDER, '-DCMAKE_BUILD_TYPE=Release'])];
  if (codes[0] === 0) codes.push(run('cmake', ['--build', FOLDER, ...args]));
  return Math.max(...codes);
}

/** @param {string} text what quern_ulp prints: isa, dtype, function, ulp, argument, bound, share, separated by tabs */
function page(text) {
  const rows = text
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
  const isas = [...new Set(rows.map(([isa]) => isa))];
  const lines = [
    '<!-- Written by npm run docs:ulp. -->',
    '# Errors of the elementary functions',
    '',
    'The largest error in units of the last place (ULP), with the argument where it occurs. Half a unit is what rounding',
    'itself costs. float32: against the float64 functions below, over every one of its 2³² values, or where a cell says',
    '1/16 over blocks that make up so much of them. float64: against the long double functions of the C library, over 4',
    'million samples, half of them any bits at all; lgamma below 0, which crosses zero where no formula can follow it closely,',
    'in units of the last place of 1 where it is smaller than that. The scalar kernels, which have no fused',
    'multiply-add, may err 1.3 times as much as the bound says.',
  ];
  for (const dtype of ['float32', 'float64']) {
    lines.push('', `## ${dtype}`, '', `| function | bound | ${isas.join(' | ')} |`);
    lines.push(`| --- | --- | ${isas.map(() => '---').join(' | ')} |`);
    const own = rows.filter((row) => row[1] === dtype);
    for (const name of new Set(own.map((row) => row[2]))) {
      const cells = isas.map((isa) => {
        const [, , , ulp, argument, , share] = own.find((row) => row[0] === isa && row[2] === name) ?? [];
        return `${ulp} at ${argument}${share === '1' ? '' : ` (1/${share})`}`;
      });
      lines.push(`| ${name} | ${own.find((row) => row[2] === name)?.[5]} | ${cells.join(' | ')} |`);
    }
  }
  return `${lines.join('\n')}\n`;
}

const write = process.argv.includes('--write');
process.exitCode = build(['--target', 'quern_ulp', '-j', String(availableParallelism())]);
if (!process.exitCode) {
  const { status, stdout } = spawnSync(join(FOLDER, 'quern_ulp'), write ? ['--all'] : [], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  process.stdout.write(stdout);
  process.exitCode = status ?? 1;
  if (write && status === 0) {
    mkdirSync(join(ROOT, 'docs'), { recursive: true });
    writeFileSync(join(ROOT, 'docs', 'ulp.md'), page(stdout));
  }
}
