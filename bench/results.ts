// All benchmarks one after the other, and what they found as bench/RESULTS.md: `npm run bench:results`.

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Report } from './support/report.js';

const PARTS = ['steps', 'kernels', 'pytorch', 'typescript', 'bars'] as const;
const TITLES = {
  steps: 'Training steps',
  kernels: 'Kernels',
  pytorch: 'Operations against PyTorch',
  typescript: 'The TypeScript backend',
  bars: 'Bars',
};

const HELP = `npm run bench:results -- [options]
  --only PART      only one of ${PARTS.join(', ')}; the others are taken from their last run, where there was one
  --write          nothing is run: the page is written from the last runs
Runs each benchmark with its defaults (about 25 minutes on two cores) and writes bench/RESULTS.md.`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit(0);
}
if (options.only !== '' && !PARTS.some((part) => part === options.only))
  throw new Error(`--only is one of ${PARTS.join(', ')}; got '${options.only}'`);

const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url));
const tsx = createRequire(import.meta.url).resolve('tsx');

function run(part: string): void {
  const script = [process.execPath, '--import', tsx, here(`${part}.ts`)];
  const answer = spawnSync(script[0], [...script.slice(1)], { stdio: 'inherit' });
  if (answer.status === 0) return;
  // A part that failed leaves the others standing; one that refused a figure says so in its own output.
  console.error(`bench:${part} ended with ${answer.status}`);
  process.exitCode = 1;
}

function report(part: string): Report | null {
  try {
    return JSON.parse(readFileSync(`bench/results/${part}.json`, 'utf8')) as Report;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** A part's tables under its title, with what reproduces them and where they were taken. */
function section(part: (typeof PARTS)[number]): string {
  const found = report(part);
  if (found === null) return '';
  const { cpu, cores, memoryGigabytes, system, node, load } = found.machine;
  return `## ${TITLES[part]}

\`${found.command}\`, ${found.date.slice(0, 16).replace('T', ' ')} UTC. ${cpu}, ${cores} cores, ${memoryGigabytes} GB, ${system},
Node ${node}; load of the machine before: ${load}.

${found.markdown}
`;
}

if (!options.write) for (const part of PARTS) if (options.only === '' || part === options.only) run(part);
const page = `# Results of the benchmarks

Written by \`npm run bench:results\`; not edited by hand. All figures of a table come from one run, in which the contenders
took turns. Each table has the command that reproduces it.

${PARTS.map(section)
  .filter((text) => text !== '')
  .join('\n')}`;
writeFileSync(here('RESULTS.md'), page);
console.log('written to bench/RESULTS.md');
