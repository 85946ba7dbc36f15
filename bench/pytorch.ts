// Convolutions and functions in the second cache against PyTorch, one thread each: `npm run bench:pytorch`.

import { parseArgs } from 'node:util';
import { rivals } from './cases/rivals.js';
import { compare, seconds, table } from './compare.js';
import { backends, pytorch } from './contenders/index.js';
import { type Bar, barTable } from './support/bars.js';
import { digits } from './support/format.js';
import { numberOption } from './support/options.js';
import { command, machine, publish } from './support/report.js';

const HELP = `npm run bench:pytorch -- [options]
  --only TEXT      only cases whose name contains TEXT
  --rounds N       trials of each case and contender (default 3)
  --json FILE      where results go (default bench/results/pytorch.json)
PyTorch is that of python3, or of QUERN_PEER_PYTHON.`;

// How many times faster than PyTorch each group is to be.
const LEAST = { convolutions: 1.3, 'in L2': 2 };

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string', default: 'bench/results/pytorch.json' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const rounds = numberOption('rounds', options.rounds, 1, true);
const before = machine();
const chosen = rivals.filter((one) => one.name.includes(options.only));
const racers = [backends()[0], ...pytorch()];
const results = compare(chosen, racers, rounds, 1);

const bars = chosen.map(({ name, group }): Bar => {
  const ahead = seconds(results, name, 'PyTorch') / seconds(results, name, 'native');
  const least = LEAST[group as keyof typeof LEAST];
  return {
    what: name,
    bar: `${least} × or more`,
    measured: Number.isNaN(ahead) ? '–' : `${digits(ahead)} ×`,
    met: Number.isNaN(ahead) ? null : ahead >= least,
  };
});
publish(options.json, {
  date: new Date().toISOString(),
  machine: before,
  command: command('bench:pytorch'),
  markdown: `### Operations, native and PyTorch

One thread each; median of ${rounds} processes' medians, half the range between them, and how many times longer than native.
Convolutions are forward and backward: with the gradients of images and weights, in a first layer of the weights alone.

${table(
  results,
  racers.map((racer) => racer.name),
)}

### Bars against PyTorch

${barTable(bars)}`,
  results,
});
