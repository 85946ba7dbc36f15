// The native backend against the plain TypeScript one and TensorFlow.js, one thread each: `npm run bench:typescript`.

import { parseArgs } from 'node:util';
import { cases } from './cases/index.js';
import { compare, seconds, table } from './compare.js';
import { backends, tfjs } from './contenders/index.js';
import { type Bar, barTable } from './support/bars.js';
import { digits } from './support/format.js';
import { numberOption } from './support/options.js';
import { command, machine, publish } from './support/report.js';

const HELP = `npm run bench:typescript -- [options]
  --only TEXT      only cases whose name contains TEXT
  --rounds N       trials of each case and contender (default 3)
  --json FILE      where results go (default bench/results/typescript.json)
TensorFlow.js takes part where it is installed:
  npm install --no-save @tensorflow/tfjs @tensorflow/tfjs-backend-wasm`;

const CNN = 'cnn 8-16 3x3, 28x28, batch 16';
const MATMUL = 'matmul, 256x256';
const CONV = 'conv2d 3x3, 16x32x28x28 to 32';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string', default: 'bench/results/typescript.json' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const rounds = numberOption('rounds', options.rounds, 1, true);
const before = machine();
const racers = [...backends(), ...tfjs()];
const results = compare(
  cases.filter((one) => one.name.includes(options.only)),
  racers,
  rounds,
  1,
);

/** A bar on a figure that may be missing. */
function bar(what: string, text: string, figure: number, unit: string, least: number): Bar {
  const missing = Number.isNaN(figure);
  return {
    what,
    bar: text,
    measured: missing ? '–' : `${digits(figure)} ${unit}`,
    met: missing ? null : figure >= least,
  };
}

const speedup = seconds(results, CNN, 'typescript') / seconds(results, CNN, 'native');
const gigaflops = (2 * 256 ** 3) / seconds(results, MATMUL, 'typescript') / 1e9;
const ahead = seconds(results, CONV, 'tfjs-cpu') / seconds(results, CONV, 'typescript');
publish(options.json, {
  date: new Date().toISOString(),
  machine: before,
  command: command('bench:typescript'),
  markdown: `### Native, TypeScript and TensorFlow.js

One thread each; median of ${rounds} processes' medians, half the range between them, and how many times longer than native.

${table(
  results,
  racers.map((racer) => racer.name),
)}

### Bars of the TypeScript backend

${barTable([
  bar(`native against TypeScript, ${CNN}`, '40 × or more', speedup, '×', 40),
  bar(`TypeScript, ${MATMUL}`, '2 GFLOP/s or more', gigaflops, 'GFLOP/s', 2),
  bar(`TypeScript against tfjs-cpu, ${CONV}`, 'not slower', ahead, '×', 1),
])}`,
  results,
});
