// How figures are written, and tables of them.

/** A duration with three digits and the fitting unit. */
export function time(seconds: number): string {
  if (seconds < 1e-6) return `${(seconds * 1e9).toFixed(0)} ns`;
  if (seconds < 1e-3) return `${digits(seconds * 1e6)} µs`;
  return `${digits(seconds * 1e3)} ms`;
}

/** Three digits, none of them an exponent's. */
export function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

export function percent(fraction: number): string {
  return `${Math.round(100 * fraction)} %`;
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)}`;
}

/** A Markdown table: the first row is its head; all columns but the first are figures, aligned to the right. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`));
  return [line(rows[0]), `|${rule.join('|')}|`, ...rows.slice(1).map(line)].join('\n');
}
