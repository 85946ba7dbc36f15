// Small figures that Quern promises: an optimizer's call, an operation, a tiny step; a second thread that never costs
// anything, with a busy neighbour too. `npm run bench:bars`.

import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import * as q from 'quern';
import { measure } from './contenders/measure.mjs';
import { type Bar, barTable } from './support/bars.js';
import { digits, markdownTable, percent, time } from './support/format.js';
import { numberOption } from './support/options.js';
import { Processors } from './support/processors.js';
import { command, machine, publish } from './support/report.js';
import { median, spread } from './support/statistics.js';

const HELP = `npm run bench:bars -- [options]
  --rounds N      turns of one thread and several, in the second table (default 15)
  --threads N     against one (default 2)
  --json FILE     where results go (default bench/results/bars.json)`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    threads: { type: 'string', default: '2' },
    json: { type: 'string', default: 'bench/results/bars.json' },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
const rounds = numberOption('rounds', options.rounds, 1, true);
const threads = numberOption('threads', options.threads, 2, true);
const { functional } = q.nn;

// A turn of one number of threads; the first calls wake the workers and do not count.
const TURN_SECONDS = 0.03;
const WARM_UP_SECONDS = 0.004;
// What a second thread must at least be worth: in large products, in anything, and in anything beside a busy neighbour.
const PRODUCT_GAIN = 1.6;
const QUIET_GAIN = 0.95;
const BUSY_GAIN = 0.65;
const SMALL_ROUNDS = 7;

const now = (): number => Number(process.hrtime.bigint()) / 1e9;

/** A call whose result is given back at once. */
function op(make: () => () => q.Tensor): () => void {
  const run = make();
  return () => run().dispose();
}

function adam20(): () => void {
  const parameters = Array.from({ length: 20 }, () => new q.nn.Parameter(q.randn([64])));
  const optimizer = new q.optim.Adam(parameters, { lr: 1e-3 });
  q.scope(() => {
    let sum = q.tensor(0);
    for (const parameter of parameters) sum = sum.add(parameter.square().sum());
    sum.backward();
  });
  return () => optimizer.step();
}

function tinyStep(): () => void {
  const model = new q.nn.Sequential(new q.nn.Linear(2, 8), new q.nn.Tanh(), new q.nn.Linear(8, 1));
  const optimizer = new q.optim.Adam(model.parameters(), { lr: 1e-3 });
  const [x, y] = [q.randn([4, 2]), q.randn([4, 1])];
  return () => {
    const loss = functional.mseLoss(model.forward(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  };
}

interface Small {
  readonly what: string;
  /** Seconds, at most. */
  readonly bar: number;
  /** Seconds that would be good. */
  readonly aim: number;
  prepare(): () => void;
}

const SMALL: readonly Small[] = [
  { what: 'Adam, one step over 20 parameters of 64', bar: 20e-6, aim: 5e-6, prepare: adam20 },
  {
    what: 'add, 4 numbers',
    bar: 200e-9,
    aim: 100e-9,
    prepare: () =>
      op(() => {
        const [a, b] = [q.randn([4]), q.randn([4])];
        return () => q.add(a, b);
      }),
  },
  {
    what: 'add, 4 numbers, with gradient',
    bar: 300e-9,
    aim: 150e-9,
    prepare: () =>
      op(() => {
        const [a, b] = [q.randn([4], { requiresGrad: true }), q.randn([4])];
        return () => q.add(a, b);
      }),
  },
  { what: 'training step 2-8-1 tanh, batch 4, no scope', bar: 8e-6, aim: 4e-6, prepare: tinyStep },
  {
    what: 'training step 2-8-1 tanh, batch 4, in a scope',
    bar: 8e-6,
    aim: 4e-6,
    prepare: () => {
      const step = tinyStep();
      return () => q.scope(step);
    },
  },
];

/** What a second thread is tried on. */
const SHARED: readonly { what: string; least?: number; prepare(): () => void }[] = [
  ...[256, 512].map((size) => ({
    what: `matmul ${size}³`,
    least: PRODUCT_GAIN,
    prepare: () =>
      op(() => {
        const [a, b] = [q.randn([size, size]), q.randn([size, size])];
        return () => q.matmul(a, b);
      }),
  })),
  {
    what: 'conv2d 3×3, 16×64×32×32 to 64',
    prepare: () =>
      op(() => {
        const [x, w] = [q.randn([16, 64, 32, 32]), q.randn([64, 64, 3, 3])];
        return () => functional.conv2d(x, w, { padding: 1 });
      }),
  },
  {
    what: 'add, 1024×1024',
    prepare: () =>
      op(() => {
        const [a, b] = [q.randn([1024, 1024]), q.randn([1024, 1024])];
        return () => q.add(a, b);
      }),
  },
  {
    what: 'exp, 256×1024',
    prepare: () =>
      op(() => {
        const a = q.randn([256, 1024]);
        return () => q.exp(a);
      }),
  },
  {
    what: 'sum, 1024×1024',
    prepare: () =>
      op(() => {
        const a = q.randn([1024, 1024]);
        return () => q.sum(a);
      }),
  },
  {
    what: 'softmax, 256×1024',
    prepare: () =>
      op(() => {
        const a = q.randn([256, 1024]);
        return () => q.softmax(a, 1);
      }),
  },
];

/** The median seconds of a call in a turn. */
function turn(iteration: () => void, count: number): number {
  q.setNumThreads(count);
  const begin = now();
  do iteration();
  while (now() - begin < WARM_UP_SECONDS);
  const samples: number[] = [];
  const start = now();
  do {
    const from = now();
    iteration();
    samples.push(now() - from);
  } while (now() - start < TURN_SECONDS);
  return median(samples);
}

interface Gain {
  readonly one: number;
  readonly many: number;
  /** One thread's time by several threads', of each round. */
  readonly gains: readonly number[];
}

/** One thread and several in turns, so that what disturbs one disturbs both. */
function race(iteration: () => void): Gain {
  const one: number[] = [];
  const many: number[] = [];
  for (let round = 0; round < rounds; round++) {
    one.push(turn(iteration, 1));
    many.push(turn(iteration, threads));
  }
  return { one: median(one), many: median(many), gains: one.map((seconds, i) => seconds / many[i]) };
}

/** Runs `body` while another process keeps a CPU busy. */
async function withNeighbour<T>(body: () => T): Promise<T> {
  const neighbour = spawn(process.execPath, ['-e', 'for (;;);'], { stdio: 'ignore' });
  try {
    await pause(300);
    return body();
  } finally {
    neighbour.kill('SIGKILL');
  }
}

const before = machine();
q.manualSeed(0);
q.setNumThreads(1);
// In turns, so that a slow stretch of the machine falls on all alike.
const prepared = SMALL.map(({ prepare }) => prepare());
const measured: number[][] = SMALL.map(() => []);
for (let round = 0; round < SMALL_ROUNDS; round++) {
  process.stderr.write(`small things, turn ${round + 1} of ${SMALL_ROUNDS}\n`);
  for (const [i, iteration] of prepared.entries()) measured[i].push(measure(iteration));
}
const small: Bar[] = SMALL.map(({ what, bar, aim }, i) => {
  const seconds = median(measured[i]);
  return {
    what,
    bar: `at most ${time(bar)}, better ${time(aim)}`,
    measured: `${time(seconds)} ± ${percent(spread(measured[i]))} (${time(Math.min(...measured[i]))})`,
    met: seconds <= bar,
  };
});

const gains: { what: string; least: number; quiet: Gain; busy: Gain }[] = [];
const processors = await Processors.start(threads);
for (const { what, least = QUIET_GAIN, prepare } of availableParallelism() >= threads ? SHARED : []) {
  process.stderr.write(`${what}\n`);
  const iteration = prepare();
  const quiet = await processors.during(() => race(iteration));
  const busy = await processors.during(() => withNeighbour(() => race(iteration)));
  gains.push({ what, least, quiet, busy });
}
processors.end();
const cell = (gain: Gain): string => `${digits(median(gain.gains))} × ± ${percent(spread(gain.gains))}`;
const met = (gain: Gain, least: number): boolean => median(gain.gains) >= least;
const rows = gains.map(({ what, least, quiet, busy }) => [
  what,
  time(quiet.one),
  time(quiet.many),
  cell(quiet),
  cell(busy),
  `${least} ×, ${BUSY_GAIN} ×`,
  met(quiet, least) && met(busy, BUSY_GAIN) ? 'met' : '**missed**',
]);
const head = ['what', '1 thread', `${threads} threads`, 'gain', 'gain, busy neighbour', 'bars', ''];

publish(options.json, {
  date: new Date().toISOString(),
  machine: before,
  command: command('bench:bars'),
  markdown: `### Small things

One thread, from TypeScript: the median of ${SMALL_ROUNDS} turns' medians, half the range between them, and in brackets the
least.

${barTable(small)}

### ${threads} threads against one

Medians of ${rounds} turns each, and half the range of the gain between turns; then beside a process that keeps one CPU busy. The
bars: the least gain of each. ${processors.report()}

${rows.length > 0 ? markdownTable([head, ...rows]) : `This machine has fewer than ${threads} CPUs.`}`,
  results: { small, gains },
});
