// Composites that record one rule of their own: what they make on the way goes back at once.

import { setGradEnabled } from '../core/graph.js';
import { sweepBut, track, unwatch, watch } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';

/** Computes a tensor from other operations, unrecorded, and gives their results back but for that one. @internal */
export function composed(compute: () => Tensor): Tensor {
  const before = setGradEnabled(false);
  const mark = watch();
  let out: Tensor | null = null;
  let fresh = false;
  try {
    out = compute();
  } finally {
    fresh = sweepBut(mark, out);
    unwatch(mark);
    setGradEnabled(before);
  }
  // Sweeping forgot it, and a scope outside must know it.
  if (fresh) track(out);
  return out;
}
