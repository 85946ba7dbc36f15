// A line search for the strong Wolfe conditions, as PyTorch's L-BFGS has it, after minFunc.

/** A point on the line: how far along, the loss there, and its slope along the line. */
export interface LinePoint {
  readonly t: number;
  readonly loss: number;
  readonly slope: number;
}

// What the loss must have fallen by, as a share of what the first slope promises, and what the slope must be left.
const SUFFICIENT_DECREASE = 1e-4;
const CURVATURE = 0.9;

/** Where the cubic through two points with these slopes is least, within bounds; their middle where it has no minimum. */
function cubicMinimum(a: LinePoint, b: LinePoint, least: number, most: number): number {
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const d1 = left.slope + right.slope - (3 * (left.loss - right.loss)) / (left.t - right.t);
  const square = d1 * d1 - left.slope * right.slope;
  if (!(square >= 0)) return (least + most) / 2;
  const d2 = Math.sqrt(square);
  const share = (right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2);
  return Math.min(Math.max(right.t - (right.t - left.t) * share, least), most);
}

/**
 * A point where the loss has fallen enough and is flat enough (Nocedal and Wright 2006, algorithms 3.5 and 3.6), or the
 * best one found in 1 + maxRounds evaluations. `reach` is the largest element of the direction: an interval in which
 * nothing moves by toleranceChange is narrow enough.
 */
export function strongWolfe<P extends LinePoint>(
  evaluate: (t: number) => P,
  origin: P,
  first: number,
  reach: number,
  toleranceChange: number,
  maxRounds: number,
): P {
  const tooHigh = (point: P): boolean =>
    point.loss > origin.loss + SUFFICIENT_DECREASE * point.t * origin.slope;
  const isFlat = (point: P): boolean => Math.abs(point.slope) <= -CURVATURE * origin.slope;

  // Outward until a minimum lies between two points.
  let previous = origin;
  let current = evaluate(first);
  let rounds = 0;
  for (; rounds < maxRounds; rounds++) {
    if (tooHigh(current) || (rounds > 1 && current.loss >= previous.loss)) break;
    if (isFlat(current)) return current;
    if (current.slope >= 0) break;
    const least = current.t + 0.01 * (current.t - previous.t);
    const next = cubicMinimum(previous, current, least, current.t * 10);
    previous = current;
    current = evaluate(next);
  }

  // Inward between them.
  const bracket: [P, P] = [rounds < maxRounds ? previous : origin, current];
  let low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
  let stalled = false;
  for (; rounds < maxRounds; rounds++) {
    const least = Math.min(bracket[0].t, bracket[1].t);
    const most = Math.max(bracket[0].t, bracket[1].t);
    if ((most - least) * reach < toleranceChange) break;
    let t = cubicMinimum(bracket[0], bracket[1], least, most);
    // Twice near the edge, or once on it, is no progress: a tenth of the way inward then.
    const margin = 0.1 * (most - least);
    if (Math.min(most - t, t - least) < margin) {
      if (stalled || t >= most || t <= least) {
        t = Math.abs(t - most) < Math.abs(t - least) ? most - margin : least + margin;
        stalled = false;
      } else {
        stalled = true;
      }
    } else {
      stalled = false;
    }
    const point = evaluate(t);
    const high = 1 - low;
    if (tooHigh(point) || point.loss >= bracket[low].loss) {
      bracket[high] = point;
      low = bracket[0].loss <= bracket[1].loss ? 0 : 1;
      continue;
    }
    if (isFlat(point)) return point;
    if (point.slope * (bracket[high].t - bracket[low].t) >= 0) bracket[high] = bracket[low];
    bracket[low] = point;
  }
  return bracket[low];
}
