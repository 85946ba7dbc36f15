// What a process that serves steps measures: times of single steps, page faults, the most memory that it held.

import { readFileSync } from 'node:fs';

/** Losses of the first steps, by which it is seen that all contenders do the same. */
export const LOSSES = 4;
// A sample is long enough for the clock; a round begins with steps that do not count, for what woke up or cooled down.
const SAMPLE_SECONDS = 1e-3;
const WARM_UP = 0.25;
const LEAST_SAMPLES = 2;

const now = () => Number(process.hrtime.bigint()) / 1e9;

/**
 * The most memory that this process held, in bytes. On Linux not by getrusage, whose figure a process inherits from
 * the one that started it.
 */
export function peakBytes() {
  try {
    const kilobytes = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // No such file: another system.
  }
  return process.resourceUsage().maxRSS * 1024;
}

/**
 * Seconds of a step, many times within about `seconds`; the page faults of a step.
 *
 * @param {() => void} iteration
 * @param {number} seconds
 */
export function rounds(iteration, seconds) {
  const begin = now();
  let warm = 0;
  do {
    iteration();
    warm++;
  } while (now() - begin < WARM_UP * seconds);
  const perSample = Math.max(1, Math.round((SAMPLE_SECONDS * warm) / (now() - begin)));
  const samples = [];
  const faults = process.resourceUsage().minorPageFault;
  const start = now();
  do {
    const from = now();
    for (let i = 0; i < perSample; i++) iteration();
    samples.push((now() - from) / perSample);
  } while (samples.length < LEAST_SAMPLES || now() - start < seconds);
  const count = samples.length * perSample;
  return { samples, count, faults: (process.resourceUsage().minorPageFault - faults) / count };
}
