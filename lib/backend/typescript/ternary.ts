// The elementwise kernel of three operands: a choice by a condition.

import type { Kind } from '../../core/dtype.js';
import type { Operand } from '../backend.js';
import { chunkAfter, feeds, sink } from './feed.js';

export function where(_kind: Kind, out: Operand, condition: Operand, x: Operand, y: Operand): void {
  const layout = out.layout;
  const total = layout.size;
  const [c, a, b] = feeds;
  c.aim(condition, layout);
  a.aim(x, layout);
  b.aim(y, layout);
  sink.aim(out);
  for (let done = 0; done < total; ) {
    const count = chunkAfter(done, total);
    const ci = c.take(count);
    const ai = a.take(count);
    const bi = b.take(count);
    const [o, chosen, yes, no] = [sink.array, c.array, a.array, b.array];
    const oi = sink.at;
    for (let i = 0; i < count; i++) o[oi + i] = chosen[ci + i] !== 0 ? yes[ai + i] : no[bi + i];
    sink.put(count);
    done += count;
  }
}
