// Going through batches: each step in a scope, with pauses for the event loop, until a signal says stop.

import { ArgumentError } from '../core/errors.js';
import { scope } from '../core/scope.js';
import { Tensor } from '../core/tensor.js';
import type { Batch } from '../data/dataset.js';
import { Pause } from '../data/pause.js';
import { describe } from '../ops/apply.js';

/** A DataLoader, or whatever else gives batches. What gives them synchronously has them freed after each step. */
export type Batches = Iterable<Batch> | AsyncIterable<Batch>;

/**
 * Takes `step` for each batch; answers how many there were.
 *
 * A scope may not stay open while something is awaited: it would take in the tensors of whoever runs meanwhile. So
 * batches that come asynchronously are left to the collector; the others are made inside the step's scope.
 */
export async function forEachBatch(
  op: string,
  batches: Batches,
  signal: AbortSignal | undefined,
  step: (batch: Batch) => void,
): Promise<number> {
  const pause = new Pause();
  let count = 0;
  const take = (batch: Batch): void => {
    step(checkBatch(op, batch));
    count++;
  };
  const breathe = async (): Promise<void> => {
    await pause.take();
    signal?.throwIfAborted();
  };
  signal?.throwIfAborted();
  if (isSync(op, batches)) {
    const iterator = batches[Symbol.iterator]();
    const next = (): boolean => {
      const { done, value } = iterator.next();
      if (!done) take(value);
      return !done;
    };
    try {
      while (scope(next)) {
        signal?.throwIfAborted();
        if (pause.due) await breathe();
      }
    } finally {
      iterator.return?.();
    }
  } else {
    for await (const batch of batches) {
      scope(() => take(batch));
      signal?.throwIfAborted();
      if (pause.due) await breathe();
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

function isSync(op: string, batches: Batches): batches is Iterable<Batch> {
  const given = Object(batches);
  if (typeof given[Symbol.iterator] === 'function' && typeof batches !== 'string') return true;
  if (typeof given[Symbol.asyncIterator] === 'function') return false;
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
