// Making one batch of samples.

import { ArgumentError, describe } from '../core/errors.js';
import { Tensor } from '../core/tensor.js';
import { tensor } from '../ops/create.js';
import { stack } from '../ops/join.js';
import type { Batch, Dataset, Sample } from './dataset.js';

/** The samples at these indices as one batch: by the dataset's own way, else stacked field by field. */
export function gatherBatch(dataset: Dataset, indices: Int32Array): Batch {
  if (dataset.batch !== undefined) return checkBatch('Dataset.batch', dataset.batch(indices));
  return stackSamples(Array.from(indices, (index) => dataset.get(index)));
}

/** Refuses what is no list of tensors. */
export function checkBatch(op: string, batch: Batch): Batch {
  if (!Array.isArray(batch) || batch.length === 0 || !batch.every((field) => field instanceof Tensor)) {
    throw new ArgumentError(
      op,
      'batch',
      batch,
      `a batch is an array of tensors, as [inputs, targets]; got ${describe(batch)}`,
    );
  }
  return batch;
}

function stackSamples(samples: readonly Sample[]): Tensor[] {
  const first = samples[0];
  for (const sample of samples) {
    if (!Array.isArray(sample) || sample.length === 0 || sample.length !== first.length) {
      throw new ArgumentError(
        'Dataset.get',
        'sample',
        sample,
        `a sample is an array of fields, as many in every sample; got ${describe(sample)}: return [x, y], or [x] alone`,
      );
    }
  }
  return first.map((_, field) => stackField(samples.map((sample) => sample[field])));
}

function stackField(values: readonly (Tensor | number | boolean)[]): Tensor {
  if (values.every((value) => value instanceof Tensor)) return stack(values);
  if (
    values.every((value) => typeof value === 'number') ||
    values.every((value) => typeof value === 'boolean')
  ) {
    return tensor(values);
  }
  const odd = values.find((value) => typeof value !== typeof values[0]) ?? values[0];
  throw new ArgumentError(
    'Dataset.get',
    'sample',
    odd,
    `a field holds tensors, numbers or booleans, the same kind in every sample; got ${describe(odd)}`,
  );
}
