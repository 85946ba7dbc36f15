// The checks that every kernel of this backend shares; shapes were validated where the op was entered.

import { DTYPES, INT32, type Kind } from '../../core/dtype.js';
import { DTypeError, IndexError, ShapeError } from '../../core/errors.js';
import type { Operand } from '../backend.js';
import { chunkAfter, feeds } from './feed.js';

export function refuseKind(op: string, kind: Kind): never {
  throw new DTypeError(op, `has no kernel for ${DTYPES[kind] ?? `dtype code ${kind}`}`, [DTYPES[kind]]);
}

/** For the kernels that walk their operands as plain arrays. */
export function demandDense(op: string, operand: Operand): void {
  if (!operand.layout.contiguous) {
    throw new ShapeError(op, 'expects contiguous operands', [operand.layout.dims]);
  }
}

/** For operands of one family of layouts: images (N, C, H, W), say. */
export function demandRank(op: string, operand: Operand, rank: number): void {
  if (operand.layout.rank !== rank) {
    throw new ShapeError(op, `expects ${rank} dimensions, got ${operand.layout.rank}`, [operand.layout.dims]);
  }
}

/** Reads all of an index tensor, so that nothing is written before every value is known to lie in [0, limit). */
export function checkIndices(op: string, index: Operand, axis: number, limit: number): void {
  if (index.kind !== INT32) refuseKind(op, index.kind);
  const total = index.layout.size;
  const feed = feeds[0];
  feed.aim(index, index.layout);
  for (let done = 0; done < total; ) {
    const count = chunkAfter(done, total);
    const at = feed.take(count);
    const values = feed.array;
    for (let i = at; i < at + count; i++) {
      const value = values[i];
      if (value < 0 || value >= limit) {
        throw new IndexError(
          op,
          `index ${value} is out of range for dim ${axis} of size ${limit}`,
          value,
          limit,
        );
      }
    }
    done += count;
  }
}
