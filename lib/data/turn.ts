// Turns of the event loop in long work, in which whoever else waits is served.

import { setImmediate } from 'node:timers/promises';

// Long enough that a turn costs next to nothing, short enough that a request barely notices.
const INTERVAL_MS = 10;

// One clock for the whole thread: many short loops in a row must let it turn as one long loop does.
let last = performance.now();

/** Whether it is time to let the event loop turn. `if (turnIsDue()) await turn()` */
export function turnIsDue(): boolean {
  return performance.now() - last >= INTERVAL_MS;
}

/** Lets the event loop turn once. */
export async function turn(): Promise<void> {
  await setImmediate();
  last = performance.now();
}
