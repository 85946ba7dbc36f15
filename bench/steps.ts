// Whole training steps, forward, loss, backward and Adam, in Quern and its peers: `npm run bench:steps`.

import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Contender, contenders } from './steps/contenders.js';
import { writeInputs } from './steps/inputs.js';
import { disagreement } from './steps/losses.js';
import { type Spec, specs } from './steps/specs.js';
import { type Outcome, type StepResult, stepTables } from './steps/tables.js';
import { type Ready, Worker } from './steps/worker.js';
import { numberOption } from './support/options.js';
import { Processors } from './support/processors.js';
import { command, machine, publish } from './support/report.js';

const HELP = `npm run bench:steps -- [options]
  --only TEXT     only steps whose name contains TEXT: ${specs.map((spec) => spec.name).join(', ')}
  --threads N     of every contender (default 2)
  --rounds N      turns that each contender has (default 5)
  --seconds S     length of a turn (default 0.6)
  --gap S         quiet time between turns (default 0.3)
  --json FILE     where results go (default bench/results/steps.json)
Peers (PyTorch, JAX with optax, Keras with TensorFlow) are those that python3, or QUERN_PEER_PYTHON, has.`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: `${Math.min(2, availableParallelism())}` },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '0.6' },
    gap: { type: 'string', default: '0.3' },
    json: { type: 'string', default: 'bench/results/steps.json' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const threads = numberOption('threads', options.threads, 1, true);
const rounds = numberOption('rounds', options.rounds, 1, true);
const seconds = numberOption('seconds', options.seconds, 0);
const gap = numberOption('gap', options.gap, 0);

interface Racer {
  readonly contender: Contender;
  readonly worker: Worker;
  readonly ready: Ready;
  readonly outcome: Outcome;
}

/** Those that start and whose first losses are those of the others; the others are named, with the reason. */
async function lineUp(spec: Spec, inputs: string): Promise<Racer[]> {
  const racers: Racer[] = [];
  for (const contender of all) {
    const started = await Worker.start(contender.command(spec.name, inputs, threads));
    if (typeof started === 'string') {
      console.error(`  ${contender.name} is left out of '${spec.name}': ${started}`);
      continue;
    }
    const { version, baseline, losses } = started.ready;
    const outcome = {
      contender: contender.name,
      own: contender.own,
      version,
      baseline,
      losses,
      rounds: [],
      peak: 0,
    };
    racers.push({ contender, ...started, outcome });
  }
  // Nobody wins by computing something else.
  const reference = racers.find((racer) => !racer.contender.own) ?? racers[0];
  const agreeing: Racer[] = [];
  for (const racer of racers) {
    const complaint = disagreement(racer.ready.losses, reference.ready.losses);
    if (complaint === null) {
      agreeing.push(racer);
      continue;
    }
    console.error(`\n!!! ${racer.contender.name} is REFUSED in '${spec.name}': ${complaint},`);
    console.error(
      `!!! against ${reference.contender.name}: it does not compute the same. No figure is given.\n`,
    );
    process.exitCode = 1;
    await racer.worker.end();
  }
  return agreeing;
}

/** One turn of a contender; whether it is still there after it. */
async function turn({ contender, worker, outcome }: Racer): Promise<boolean> {
  await pause(1000 * gap);
  try {
    outcome.rounds.push(await processors.during(() => worker.round(seconds)));
    return true;
  } catch (error) {
    console.error(`  ${contender.name} is left out: ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

async function race(spec: Spec): Promise<StepResult> {
  process.stderr.write(`${spec.title}\n`);
  let racers = await lineUp(spec, writeInputs(spec, 'bench/results/inputs'));
  // The first round is for compilers and caches, and does not count.
  for (let round = 0; round <= rounds; round++) {
    const standing: Racer[] = [];
    for (const racer of racers) if (await turn(racer)) standing.push(racer);
    racers = standing;
    if (round === 0) for (const { outcome } of racers) outcome.rounds.length = 0;
  }
  for (const { worker, outcome } of racers) outcome.peak = await worker.end();
  return { name: spec.name, title: spec.title, outcomes: racers.map((racer) => racer.outcome) };
}

const before = machine();
const all = contenders();
const processors = await Processors.start(threads);
const results: StepResult[] = [];
for (const spec of specs.filter((one) => one.name.includes(options.only))) results.push(await race(spec));
processors.end();
publish(options.json, {
  date: new Date().toISOString(),
  machine: before,
  command: command('bench:steps'),
  markdown: stepTables(results, threads, rounds, processors.report()),
  results,
});
