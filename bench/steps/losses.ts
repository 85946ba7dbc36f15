// Whether two contenders do the same: by their losses in the first steps, from the same weights and batch.

/**
 * How far the losses may lie apart, relatively. The first, before any update, by rounding alone. The later ones by a
 * little more: Adam's first updates are ±lr whatever a gradient's size, so a rounding error decides where it is nearly
 * nothing; and Keras keeps one bias in an LSTM where the others keep two, each of which moves.
 */
const FIRST = 1e-4;
const LATER = 5e-3;

export const TOLERANCE = `${FIRST} for the first loss and ${LATER} for the later ones`;

/** What is wrong with the losses; null where they agree. */
export function disagreement(losses: readonly number[], reference: readonly number[]): string | null {
  for (let i = 0; i < reference.length; i++) {
    const apart = Math.abs(losses[i] - reference[i]) / Math.abs(reference[i]);
    const bound = i === 0 ? FIRST : LATER;
    if (!(apart <= bound)) return `loss ${i + 1} is ${losses[i]} instead of ${reference[i]}`;
  }
  return null;
}
