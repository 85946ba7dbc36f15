// Connectionist temporal classification: the forward-backward recursions over the lattice of alignments, all sequences
// of a batch at once. Operands were checked by who calls.

import { INT32, type Kind } from '../core/dtype.js';
import { isGradEnabled, type Node, recordTogether } from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import type { Tensor } from '../core/tensor.js';
import { rule, scalarTensor } from './apply.js';
import { add, mul, sub } from './binary.js';
import { clamp } from './clamp.js';
import { eq, gt, logicalAnd, logicalOr, lt, ne } from './compare.js';
import { composed } from './composed.js';
import { arange, filledOf, zerosOf } from './create.js';
import { gather, scatterAdd } from './gather.js';
import { concat, stack } from './join.js';
import { logaddexp } from './pairs.js';
import { amax, sum } from './reduce.js';
import { detach, expand, reshape, unsqueeze } from './shape.js';
import { narrow, select } from './slice.js';
import { exp, log, neg } from './unary.js';
import { where } from './where.js';

// The logarithm of what cannot be. Infinity would make NaN of gradients; this is as good, for no sum of real logarithms
// comes near, and float32 holds it a hundred million times over.
const NEVER = -1e30;

/** The states that alignments pass: a blank before, between and behind the labels, L = 2 S + 1. */
export interface Lattice {
  /** (N, L), the class that each state emits. */
  readonly classes: Tensor;
  /** (N, L), 0 where a state is reached from the last but one too, and else {@link NEVER}. */
  readonly skip: Tensor;
  /** (N, L), 0 where alignments end, and else {@link NEVER}. */
  readonly ends: Tensor;
  /** (N, 1), int32: the number of time steps. */
  readonly times: Tensor;
}

const KEEP = { keepdim: true };

/** The lattice of labels (N, S), of which `lengths` (N,) are real, over `times` (N,) steps; all int32. @internal */
export function latticeOf(
  labels: Tensor,
  blank: number,
  lengths: Tensor,
  times: Tensor,
  kind: Kind,
): Lattice {
  const [batch, most] = labels.shape;
  const count = 2 * most + 1;
  const blanks = filledOf(denseLayout([batch, most]), INT32, blank);
  const pairs = reshape(stack([blanks, labels], 2), [batch, 2 * most]);
  const last = filledOf(denseLayout([batch, 1]), INT32, blank);
  const classes = concat([pairs, last], 1);
  // Blanks, and labels equal to the one before, are reached through all states in between.
  const before = concat(
    [expand(last, [batch, Math.min(2, count)]), narrow(classes, 1, 0, Math.max(count - 2, 0))],
    1,
  );
  const chance = (possible: Tensor): Tensor =>
    where(possible, scalarTensor(0, kind), scalarTensor(NEVER, kind));
  const skip = chance(logicalAnd(ne(classes, blank), ne(classes, before)));
  const place = arange(count, { dtype: 'int32' });
  const final = unsqueeze(mul(lengths, 2), 1);
  const ends = chance(logicalOr(eq(place, final), eq(place, sub(final, 1))));
  return { classes, skip, ends, times: unsqueeze(times, 1) };
}

/** One step of a recursion: where nothing is recorded, what it makes on the way goes back at once. */
function step(compute: () => Tensor): Tensor {
  return isGradEnabled() ? compute() : composed(compute);
}

/** ln(eᵃ + eᵇ + eᶜ), where c needs a skip. */
function joined(a: Tensor, b: Tensor, c: Tensor, skip: Tensor): Tensor {
  return logaddexp(logaddexp(a, b), add(c, skip));
}

/** The logarithms of the probabilities that states emit their classes, (T, N, L). */
function emissions(logs: Tensor, { classes }: Lattice): Tensor {
  const index = expand(unsqueeze(classes, 0), [logs.shape[0], ...classes.shape]);
  return clamp(gather(logs, 2, index), { min: NEVER });
}

function impossible(lattice: Lattice, columns: number, kind: Kind): Tensor {
  return filledOf(denseLayout([lattice.classes.shape[0], columns]), kind, NEVER);
}

/** The probability to be in a state after each time step, as logarithms (N, L), one tensor a step; the first, before. */
function forward(emitted: Tensor, lattice: Lattice): Tensor[] {
  const [steps, , count] = emitted.shape;
  const pad = impossible(lattice, 2, emitted.kind);
  const start = filledOf(denseLayout([pad.shape[0], 1]), emitted.kind, 0);
  const alphas = [concat([start, impossible(lattice, count - 1, emitted.kind)], 1)];
  for (let t = 0; t < steps; t++) {
    const alpha = alphas[t];
    const next = step(() => {
      const padded = concat([pad, alpha], 1);
      const from = (back: number): Tensor => narrow(padded, 1, 2 - back, count);
      const reached = add(joined(alpha, from(1), from(2), lattice.skip), select(emitted, 0, t));
      return where(gt(lattice.times, t), reached, alpha);
    });
    alphas.push(next);
  }
  return alphas;
}

/** The probability to end well from a state after each time step, likewise; the last, after all. */
function backward(emitted: Tensor, lattice: Lattice): Tensor[] {
  const [steps, , count] = emitted.shape;
  const pad = impossible(lattice, 2, emitted.kind);
  const skip = narrow(concat([lattice.skip, pad], 1), 1, 2, count);
  const betas = [lattice.ends];
  for (let t = steps - 1; t > 0; t--) {
    const beta = betas[betas.length - 1];
    const next = step(() => {
      const padded = concat([add(beta, select(emitted, 0, t)), pad], 1);
      const to = (ahead: number): Tensor => narrow(padded, 1, ahead, count);
      return where(gt(lattice.times, t), joined(to(0), to(1), to(2), skip), lattice.ends);
    });
    betas.push(next);
  }
  return betas.reverse();
}

/** ln Σ exp over the states in which alignments end, (N, 1). */
function likelihood(last: Tensor, { ends }: Lattice): Tensor {
  const scores = add(last, ends);
  // Two states at most are ends: the largest score is one of theirs.
  const top = amax(detach(scores), 1, KEEP);
  return add(log(sum(exp(sub(scores, top)), 1, KEEP)), top);
}

/** How often a state is passed at a time step, over all alignments, with the sign of a gradient of −ln p: (T, N, C). */
function gradient(logs: Tensor, lattice: Lattice, g: Tensor, zeroInfinity: boolean): Tensor {
  const emitted = emissions(logs, lattice);
  const steps = logs.shape[0];
  const alphas = forward(emitted, lattice);
  const betas = backward(emitted, lattice);
  const whole = likelihood(alphas[steps], lattice);
  const never = lt(whole, NEVER / 2);
  const slope = where(never, zeroInfinity ? 0 : Number.NaN, neg(unsqueeze(g, 1)));
  const passed = betas.map((beta, t) =>
    step(() => {
      const share = exp(sub(add(alphas[t + 1], beta), where(never, 0, whole)));
      return where(gt(lattice.times, t), mul(share, slope), 0);
    }),
  );
  const index = expand(unsqueeze(lattice.classes, 0), emitted.shape);
  return scatterAdd(zerosOf(logs.layout.dense, logs.kind), 2, index, stack(passed, 0));
}

const CTC = rule('ctcLoss', {
  together: (n: Node, g) => {
    const [logs, classes, skip, ends, times] = n.list as readonly Tensor[];
    const lattice = { classes, skip, ends, times };
    const zeroInfinity = n.saved as boolean;
    const compute = (): Tensor => gradient(logs, lattice, g, zeroInfinity);
    return [isGradEnabled() ? compute() : composed(compute), null, null, null, null];
  },
});

/**
 * The negative logarithm of the lattices' probabilities (N,), Infinity where no alignment is possible, from logarithms
 * (T, N, C). `zeroInfinity` makes the gradient there 0 and not NaN. @internal
 */
export function ctcNll(logs: Tensor, lattice: Lattice, zeroInfinity: boolean): Tensor {
  const out = composed(() => {
    const alphas = forward(emissions(logs, lattice), lattice);
    const whole = likelihood(alphas[alphas.length - 1], lattice);
    const nll = where(lt(whole, NEVER / 2), Number.POSITIVE_INFINITY, neg(whole));
    return reshape(nll, [nll.shape[0]]);
  });
  const { classes, skip, ends, times } = lattice;
  recordTogether(CTC, out, [logs, classes, skip, ends, times], zeroInfinity, null);
  return out;
}
