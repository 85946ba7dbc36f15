// What a benchmark case is: a name that every contender knows, and what Quern does for it.

import type * as Quern from 'quern';

export interface Case {
  readonly name: string;
  readonly group: 'ops' | 'steps' | 'convolutions' | 'in L2';
  /** Prepares the data; answers what is timed, one iteration. */
  prepare(q: typeof Quern): () => void;
}
