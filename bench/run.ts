// The cases through the native and the TypeScript backend, and peers where asked for: `npm run bench`, or
// `npm run bench -- --peers --only matmul --rounds 5 --json file`; `--help` explains.

import { parseArgs } from 'node:util';
import { getNumThreads } from 'quern';
import { cases } from './cases/index.js';
import { compare, table } from './compare.js';
import { backends, pytorch, tfjs } from './contenders/index.js';
import { numberOption } from './support/options.js';
import { command, machine, publish } from './support/report.js';

const HELP = `npm run bench -- [options]
  --peers          also PyTorch (python3, or QUERN_PEER_PYTHON) and TensorFlow.js, where they are installed
  --only TEXT      only cases whose name contains TEXT
  --rounds N       trials of each case and contender (default 3)
  --json FILE      where results go (default bench/results/latest.json)`;

const { values: options } = parseArgs({
  options: {
    peers: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string', default: 'bench/results/latest.json' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const rounds = numberOption('rounds', options.rounds, 1, true);
const racers = options.peers ? [...backends(), ...pytorch(), ...tfjs()] : backends();
const before = machine();
const results = compare(
  cases.filter((one) => one.name.includes(options.only)),
  racers,
  rounds,
);
const { cpu, cores, node } = before;
publish(options.json, {
  date: new Date().toISOString(),
  machine: before,
  command: command('bench'),
  markdown: `${cpu}, ${cores} cores, ${getNumThreads()} threads, Node ${node}; ${rounds} trials

${table(
  results,
  racers.map((racer) => racer.name),
)}`,
  results,
});
