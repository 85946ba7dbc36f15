// Pauses in long work, in which the event loop serves whoever else waits.

import { setImmediate } from 'node:timers/promises';

// Long enough that a turn of the event loop costs next to nothing, short enough that a request barely notices.
const INTERVAL_MS = 10;

/** Tells when it is time to let the event loop turn. `if (pause.due) await pause.take()` */
export class Pause {
  #last = performance.now();

  get due(): boolean {
    return performance.now() - this.#last >= INTERVAL_MS;
  }

  async take(): Promise<void> {
    await setImmediate();
    this.#last = performance.now();
  }
}
