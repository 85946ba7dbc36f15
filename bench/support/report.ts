// What a benchmark leaves behind: a JSON file with everything, and the Markdown of its tables in it.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname } from 'node:path';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGigabytes: number;
  readonly system: string;
  readonly node: string;
  /** Of the minute before: above 0.2 or so, others were at work. */
  readonly load: number;
}

export interface Report {
  readonly date: string;
  readonly machine: Machine;
  /** What reproduces it. */
  readonly command: string;
  /** The tables and what is to be said about them. */
  readonly markdown: string;
  readonly results: unknown;
}

export function machine(): Machine {
  return {
    cpu: cpus()[0].model,
    cores: cpus().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    load: Number(loadavg()[0].toFixed(2)),
  };
}

/** The command of an npm script with the arguments of this process, as somebody else would type it. */
export function command(script: string): string {
  const given = process.argv.slice(2);
  return `npm run ${script}${given.length > 0 ? ` -- ${given.join(' ')}` : ''}`;
}

/** Prints the tables and writes the file. */
export function publish(path: string, report: Report): void {
  console.log(`\n${report.markdown}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(report, null, 1)}\n`);
  console.log(`\nwritten to ${path}`);
}
