// Going through batches: each step in a scope, letting the event loop turn, until a signal says stop.

import { ArgumentError, describe } from '../core/errors.js';
import { scope } from '../core/scope.js';
import { Tensor } from '../core/tensor.js';
import type { Batch } from '../data/dataset.js';
import { DataLoader } from '../data/loader.js';
import { turn, turnIsDue } from '../data/turn.js';

/** A DataLoader, or whatever else gives batches, at once or asynchronously. */
export type Batches = Iterable<Batch> | AsyncIterable<Batch>;

/**
 * Takes `step` for each batch; answers how many there were.
 *
 * A DataLoader's batch is made inside the step's scope and ends with it. Others are made outside: their makers may
 * hold tensors from one batch to the next, and a scope held open while something is awaited would take in the
 * tensors of whoever runs meanwhile.
 */
export async function forEachBatch(
  op: string,
  batches: Batches,
  signal: AbortSignal | undefined,
  step: (batch: Batch) => void,
): Promise<number> {
  let count = 0;
  const take = (batch: Batch): void => {
    step(checkBatch(op, batch));
    count++;
  };
  const rest = async (): Promise<void> => {
    signal?.throwIfAborted();
    if (!turnIsDue()) return;
    await turn();
    signal?.throwIfAborted();
  };
  checkBatches(op, batches);
  signal?.throwIfAborted();
  if (batches instanceof DataLoader) {
    const iterator = batches[Symbol.iterator]();
    const next = (): boolean => {
      const { done, value } = iterator.next();
      if (!done) take(value);
      return !done;
    };
    while (scope(next)) await rest();
  } else {
    for await (const batch of batches) {
      scope(() => take(batch));
      await rest();
    }
  }
  if (count === 0) {
    throw new ArgumentError(
      op,
      'loader',
      batches,
      'the loader gave no batch; its dataset is empty, dropLast drops its only batch, or it is a generator that was used up before',
    );
  }
  return count;
}

function checkBatches(op: string, batches: Batches): void {
  const given = Object(batches);
  const gives =
    typeof given[Symbol.iterator] === 'function' || typeof given[Symbol.asyncIterator] === 'function';
  if (gives && typeof batches !== 'string') return;
  throw new ArgumentError(
    op,
    'loader',
    batches,
    `a DataLoader or another iterable of batches is needed; got ${describe(batches)}`,
  );
}

function checkBatch(op: string, batch: Batch): Batch {
  if (Array.isArray(batch) && batch.length > 0 && batch.every((field) => field instanceof Tensor))
    return batch;
  throw new ArgumentError(
    op,
    'batch',
    batch,
    `a batch is an array of tensors, [inputs, targets]; got ${describe(batch)}`,
  );
}
