// Results as a table: medians, spread, and how many times longer each contender takes than the native backend.

import type { Result } from './run.js';

function median(seconds: readonly number[]): number {
  return seconds[seconds.length >> 1];
}

function time(seconds: number): string {
  if (seconds < 1e-6) return `${(seconds * 1e9).toFixed(0)} ns`;
  if (seconds < 1e-3) return `${(seconds * 1e6).toPrecision(3)} µs`;
  return `${(seconds * 1e3).toPrecision(3)} ms`;
}

/** A Markdown table, a row a case: time ± half the spread, and the ratio to the first contender. */
export function table(results: readonly Result[], names: readonly string[]): string {
  const rows = [['case', ...names.flatMap((name, i) => (i === 0 ? [name] : [name, `× ${names[0]}`]))]];
  for (const name of new Set(results.map((result) => result.case))) {
    const row = [name];
    const own = results.find((result) => result.case === name && result.contender === names[0]);
    names.forEach((contender, i) => {
      const seconds =
        results.find((result) => result.case === name && result.contender === contender)?.seconds ?? [];
      if (seconds.length === 0) {
        row.push('–', ...(i === 0 ? [] : ['–']));
        return;
      }
      const spread = Math.round((50 * (seconds[seconds.length - 1] - seconds[0])) / median(seconds));
      row.push(`${time(median(seconds))} ± ${spread} %`);
      if (i > 0) row.push((median(seconds) / median(own?.seconds ?? [Number.NaN])).toPrecision(3));
    });
    rows.push(row);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}
