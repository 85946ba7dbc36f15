// Runs the cases through contenders, a process for each trial and interleaved, and makes a table of medians and ratios.

import { spawnSync } from 'node:child_process';
import type { Case } from './cases/case.js';
import type { Contender } from './contenders/index.js';
import { digits, markdownTable, percent, time } from './support/format.js';
import { median, spread } from './support/statistics.js';

export interface Result {
  readonly case: string;
  readonly group: string;
  readonly contender: string;
  /** Seconds per iteration: one a round. Empty where the contender lacks the case. */
  readonly seconds: readonly number[];
}

/** Seconds per iteration; null where the contender lacks the case or fails on it, which is told. */
function trial(contender: Contender, name: string, threads: number | null): number | null {
  const [file, ...rest] = contender.command(name);
  const count = String(threads);
  const env =
    threads === null ? process.env : { ...process.env, QUERN_NUM_THREADS: count, OMP_NUM_THREADS: count };
  const answer = spawnSync(file, rest, { encoding: 'utf8', env });
  if (answer.status !== 0) {
    const reason = answer.stderr.split('\n').find((line) => line.includes('Error')) ?? answer.stderr.trim();
    console.error(`  ${contender.name} is left out of '${name}': ${reason}`);
    return null;
  }
  const text = answer.stdout.trim();
  return text === '' ? null : Number(text);
}

/** Every contender on every case, in turns. `threads` of null leaves each its own default. */
export function compare(
  cases: readonly Case[],
  racers: readonly Contender[],
  rounds: number,
  threads: number | null = null,
): Result[] {
  const results: Result[] = [];
  for (const one of cases) {
    process.stderr.write(`${one.name}\n`);
    const times = new Map<Contender, number[]>(racers.map((racer) => [racer, []]));
    for (let round = 0; round < rounds; round++) {
      // Who lacked the case is not asked again.
      for (const racer of racers) {
        if (round > 0 && times.get(racer)!.length === 0) continue;
        const seconds = trial(racer, one.name, threads);
        if (seconds !== null) times.get(racer)!.push(seconds);
      }
    }
    for (const racer of racers)
      results.push({ case: one.name, group: one.group, contender: racer.name, seconds: times.get(racer)! });
  }
  return results;
}

/** The median seconds of a contender in a case; NaN where it lacks it. */
export function seconds(results: readonly Result[], name: string, contender: string): number {
  const found = results.find((result) => result.case === name && result.contender.startsWith(contender));
  return found === undefined || found.seconds.length === 0 ? Number.NaN : median(found.seconds);
}

/** A row a case: time ± half the range between trials, and how many times longer each takes than the first. */
export function table(results: readonly Result[], names: readonly string[]): string {
  const head = ['case', ...names.flatMap((name, i) => (i === 0 ? [name] : [name, `× ${names[0]}`]))];
  const rows = [...new Set(results.map((result) => result.case))].map((name) => {
    const own = seconds(results, name, names[0]);
    const cells = names.flatMap((contender, i) => {
      const found = results.find((result) => result.case === name && result.contender === contender);
      if (found === undefined || found.seconds.length === 0) return i === 0 ? ['–'] : ['–', '–'];
      const middle = median(found.seconds);
      const cell = `${time(middle)} ± ${percent(spread(found.seconds))}`;
      return i === 0 ? [cell] : [cell, Number.isNaN(own) ? '–' : digits(middle / own)];
    });
    return [name, ...cells];
  });
  return markdownTable([head, ...rows]);
}
