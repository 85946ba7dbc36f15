// Runs the cases through the contenders, a process for each trial and interleaved, and reports medians and ratios.
// `npm run bench`, or `npm run bench -- --peers --only matmul --rounds 5 --json file`; `--help` explains.

import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { getNumThreads } from 'quern';
import { cases } from './cases/index.js';
import { type Contender, contenders } from './contenders/index.js';
import { table } from './table.js';

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
const rounds = Number(options.rounds);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds is a whole number from 1; got ${options.rounds}`);

/** Seconds per iteration; null where the contender lacks the case. */
function trial(contender: Contender, name: string): number | null {
  const [file, ...rest] = contender.command(name);
  const answer = spawnSync(file, rest, { encoding: 'utf8' });
  if (answer.status !== 0) throw new Error(`${contender.name} failed on '${name}':\n${answer.stderr}`);
  const text = answer.stdout.trim();
  return text === '' ? null : Number(text);
}

export interface Result {
  readonly case: string;
  readonly group: string;
  readonly contender: string;
  /** Seconds per iteration: one a round, sorted. Empty where the contender lacks the case. */
  readonly seconds: readonly number[];
}

const racers = contenders(options.peers);
const chosen = cases.filter((one) => one.name.includes(options.only));
const results: Result[] = [];
for (const one of chosen) {
  const times = new Map<Contender, number[]>(racers.map((racer) => [racer, []]));
  for (let round = 0; round < rounds; round++) {
    for (const racer of racers) {
      const seconds = trial(racer, one.name);
      if (seconds !== null) times.get(racer)?.push(seconds);
    }
  }
  for (const racer of racers) {
    const seconds = (times.get(racer) ?? []).sort((a, b) => a - b);
    results.push({ case: one.name, group: one.group, contender: racer.name, seconds });
  }
  process.stderr.write(`${one.name}\n`);
}

const machine = {
  cpu: cpus()[0].model,
  cores: cpus().length,
  threads: getNumThreads(),
  node: process.version,
};
console.log(`${machine.cpu}, ${machine.cores} cores, ${machine.threads} threads, Node ${machine.node}`);
console.log(
  table(
    results,
    racers.map((racer) => racer.name),
  ),
);
mkdirSync(dirname(options.json), { recursive: true });
writeFileSync(
  options.json,
  `${JSON.stringify({ date: new Date().toISOString(), machine, rounds, results }, null, 2)}\n`,
);
console.log(`\nwritten to ${options.json}`);
