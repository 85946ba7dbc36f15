// The results of the steps as Markdown: times and ratios, memory, losses.

import { digits, markdownTable, megabytes, percent, time } from '../support/format.js';
import { geometricMean, median, spread } from '../support/statistics.js';
import { TOLERANCE } from './losses.js';
import type { Round } from './worker.js';

/** What one contender did in one step. */
export interface Outcome {
  readonly contender: string;
  readonly own: boolean;
  readonly version: string;
  readonly baseline: number;
  readonly losses: readonly number[];
  readonly rounds: Round[];
  /** The most memory that the process held, in bytes. */
  peak: number;
}

export interface StepResult {
  readonly name: string;
  readonly title: string;
  readonly outcomes: readonly Outcome[];
}

const NONE = '–';

/** The median of each round; a contender's figure is the median of these. */
function medians(outcome: Outcome): number[] {
  return outcome.rounds.map((round) => median(round.samples));
}

function figure(outcome: Outcome): number {
  return median(medians(outcome));
}

function best(outcome: Outcome): number {
  return Math.min(...outcome.rounds.flatMap((round) => round.samples));
}

/** The columns' contenders, in the order in which they first appear. */
function contendersOf(results: readonly StepResult[]): Outcome[] {
  const seen = new Map<string, Outcome>();
  for (const outcome of results.flatMap((result) => result.outcomes))
    if (!seen.has(outcome.contender)) seen.set(outcome.contender, outcome);
  return [...seen.values()];
}

/** A table with a column a contender. */
function columns(
  results: readonly StepResult[],
  cell: (outcome: Outcome) => string,
  more: { head: readonly string[]; cells(result: StepResult): readonly string[] } = {
    head: [],
    cells: () => [],
  },
): string {
  const contenders = contendersOf(results);
  const head = ['step', ...contenders.map((one) => `${one.contender} ${one.version}`.trim()), ...more.head];
  const rows = results.map((result) => [
    result.title,
    ...contenders.map(({ contender }) => {
      const outcome = result.outcomes.find((one) => one.contender === contender);
      return outcome === undefined ? NONE : cell(outcome);
    }),
    ...more.cells(result),
  ]);
  return markdownTable([head, ...rows]);
}

/** How many times longer the fastest peer takes, by medians and by best times. */
function ratios(result: StepResult): { median: number; best: number } | null {
  const own = result.outcomes.find((one) => one.own);
  const peers = result.outcomes.filter((one) => !one.own);
  if (own === undefined || peers.length === 0) return null;
  return {
    median: Math.min(...peers.map(figure)) / figure(own),
    best: Math.min(...peers.map(best)) / best(own),
  };
}

function memoryCell(outcome: Outcome): string {
  const faults = median(outcome.rounds.map((round) => round.faults));
  return `${megabytes(outcome.peak)} (+${megabytes(outcome.peak - outcome.baseline)}), ${digits(faults)}`;
}

function largeCells(result: StepResult): string[] {
  const own = result.outcomes.filter((one) => one.own);
  return [own.map((one) => digits(median(one.rounds.map((round) => round.large ?? 0)))).join(', ')];
}

export function stepTables(
  results: readonly StepResult[],
  threads: number,
  rounds: number,
  processors: string,
): string {
  const all = results.map(ratios).filter((ratio) => ratio !== null);
  const mean = all.length === 0 ? NONE : digits(geometricMean(all.map((ratio) => ratio.median)));
  return `### Time of a training step

Median of ${rounds} rounds' medians, half the range between rounds, and in brackets the best sample; ${threads} threads each; float32;
forward, loss, backward, Adam. The contenders take turns, a process each. \`unscoped\` is Quern without a scope around the
step. The last column: how many times longer the fastest peer takes, by medians (by best samples). Geometric mean: ${mean}.
${processors}

${columns(results, (one) => `${time(figure(one))} ± ${percent(spread(medians(one)))} (${time(best(one))})`, {
  head: ['fastest peer ÷ Quern'],
  cells: (result) => {
    const ratio = ratios(result);
    return [ratio === null ? NONE : `${digits(ratio.median)} (${digits(ratio.best)})`];
  },
})}

### Memory of a training step

Most resident memory of the process in MB (in brackets what it is above the process after its imports), and page faults a
step. The last column: buffers over 32 KB that Quern allocates in a step, scoped and unscoped.

${columns(results, memoryCell, { head: ['large buffers a step'], cells: largeCells })}

### Losses

Of the first steps, all from one file of weights and one batch. Who differs by more than ${TOLERANCE} (relative) is refused.

${columns(results, (one) => one.losses.map((loss) => loss.toFixed(5)).join(' '))}`;
}
