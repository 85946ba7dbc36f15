// Smaller data, for a quick look.
import { type Dataset, Subset } from 'quern';

/** The first samples of a dataset; all of them where it has no more. */
export function firstSamples(dataset: Dataset, limit: number): Dataset {
  if (limit >= dataset.size) return dataset;
  return new Subset(
    dataset,
    Int32Array.from({ length: limit }, (_, i) => i),
  );
}
