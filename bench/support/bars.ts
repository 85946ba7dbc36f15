// Bars that a figure must reach, as a table.

import { markdownTable } from './format.js';

export interface Bar {
  readonly what: string;
  readonly bar: string;
  readonly measured: string;
  /** Null where it could not be measured. */
  readonly met: boolean | null;
}

export function barTable(bars: readonly Bar[]): string {
  const rows = bars.map(({ what, bar, measured, met }) => [
    what,
    bar,
    measured,
    met === null ? 'not measured' : met ? 'met' : '**missed**',
  ]);
  return markdownTable([['what', 'bar', 'measured', ''], ...rows]);
}
