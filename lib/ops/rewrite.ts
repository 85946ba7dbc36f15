// Writing in place what an operation makes of a tensor's old values: at once, or recorded.

import { checkInPlace, finishInPlace, isGradEnabled, recordInPlace } from '../core/graph.js';
import { makeView, type Tensor } from '../core/tensor.js';
import { copyValues, rule } from './apply.js';
import { clone } from './shape.js';

// What was there before is an operand of the new values, and has its gradient from them.
const REWRITE = rule('rewrite', { a: [0, () => null], b: [0, (_n, g) => g] });

/**
 * Changes x in place. Where nothing is recorded, `write` does it on x itself; else `compute` makes new values out of
 * the old ones, in a copy with x's history, and x goes on with theirs. `sources` are what is written in.
 *
 * @throws GradientError where autograd would be wrong.
 * @internal
 */
export function rewrite(
  op: string,
  x: Tensor,
  sources: readonly Tensor[],
  write: () => void,
  compute: (before: Tensor) => Tensor,
): Tensor {
  const flows = sources.some((source) => source.tracked);
  checkInPlace(op, x, flows);
  if (isGradEnabled() && (x.tracked || flows)) {
    // An alias keeps the history that x is about to lose.
    const before = makeView(op, x, x.layout, x.offset);
    before.node = x.node;
    before.tracked = x.tracked;
    const values = compute(clone(before));
    recordInPlace(REWRITE, x, values, null, null);
    copyValues(x, values);
  } else {
    write();
  }
  finishInPlace(x);
  return x;
}
