// One line about an epoch.

import type { EpochResult, Metrics } from './callbacks.js';

/** `epoch 2/5: loss 0.1234, accuracy 0.9612; validation: loss 0.1301, accuracy 0.9587 (12.3 s)` */
export function summarize(result: EpochResult<Metrics>, epochs: number): string {
  const validation = result.validation === null ? '' : `; validation: ${figures(result.validation)}`;
  return `epoch ${result.epoch}/${epochs}: ${figures(result.train)}${validation} (${result.seconds.toFixed(1)} s)`;
}

/** The results that are numbers; a confusion matrix has no place in a line. */
function figures(results: Readonly<Record<string, unknown>>): string {
  return Object.entries(results)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .map(([name, value]) => `${name} ${value.toFixed(4)}`)
    .join(', ');
}
