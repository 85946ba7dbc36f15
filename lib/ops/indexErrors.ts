// Indices out of range, in the words of the operation that was asked for.

import { IndexError } from '../core/errors.js';

/** What `run` answers; an IndexError from inside it comes out as `say` puts it. @internal */
export function withIndexErrors<T>(run: () => T, say: (error: IndexError) => IndexError): T {
  try {
    return run();
  } catch (error) {
    throw error instanceof IndexError ? say(error) : error;
  }
}
