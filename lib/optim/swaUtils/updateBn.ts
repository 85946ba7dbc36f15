// The statistics of batch normalisation for averaged weights: no step of training has computed them.

import { ArgumentError, describe } from '../../core/errors.js';
import { noGrad } from '../../core/graph.js';
import { scope } from '../../core/scope.js';
import { Tensor } from '../../core/tensor.js';
import { BatchNorm } from '../../nn/layers/batchNorm.js';
import type { Module } from '../../nn/module.js';
import { fill_, zero_ } from '../../ops/inplace.js';
import { AveragedModel } from './averagedModel.js';

/** A batch: the model's input, or a list that begins with it. */
export type Inputs = Tensor | readonly [Tensor, ...unknown[]] | readonly Tensor[];

function reset(layer: BatchNorm): void {
  const { runningMean, runningVar, numBatchesTracked } = layer;
  if (runningMean !== null) zero_(runningMean);
  if (runningVar !== null) fill_(runningVar, 1);
  if (numBatchesTracked !== null) zero_(numBatchesTracked);
}

/** Runs a function with layers that train and whose statistics become means over all batches. */
function averaging(modules: readonly Module[], layers: readonly BatchNorm[], fn: () => void): void {
  const modes = modules.map((one) => one.training);
  const momenta = layers.map((one) => one.momentum);
  const setMomentum = (layer: BatchNorm, momentum: number | null): void => {
    (layer as { momentum: number | null }).momentum = momentum;
  };
  for (const one of modules) one.training = true;
  for (const one of layers) setMomentum(one, null);
  try {
    fn();
  } finally {
    modules.forEach((one, i) => {
      one.training = modes[i];
    });
    layers.forEach((one, i) => {
      setMomentum(one, momenta[i]);
    });
  }
}

/**
 * Computes the running statistics of all batch normalisation in a model anew, as their means over the batches of a
 * loader. A batch is the model's input, or a list that begins with it; the model may be an {@link AveragedModel}.
 *
 * @throws ArgumentError where the loader gives nothing, or what is no batch.
 * @example
 * import { nn, optim, tensor } from 'quern';
 * const model = new nn.BatchNorm1d(1);
 * await optim.swaUtils.updateBn([tensor([[1], [3]]), tensor([[5], [7]])], model);
 * model.runningMean.toArray(); // => [4]
 */
export async function updateBn(
  loader: Iterable<Inputs> | AsyncIterable<Inputs>,
  model: Module,
): Promise<void> {
  const op = 'updateBn';
  const inner = model instanceof AveragedModel ? model.model : model;
  const within = (fn: () => void): void => (model instanceof AveragedModel ? model.use(fn) : fn());
  const modules = inner.modules();
  const layers = modules.filter((one): one is BatchNorm => one instanceof BatchNorm);
  if (layers.length === 0) return;
  let first = true;
  for await (const batch of loader) {
    const input: unknown = Array.isArray(batch) ? batch[0] : batch;
    if (!(input instanceof Tensor)) {
      throw new ArgumentError(
        op,
        'loader',
        batch,
        `a batch is a tensor, or a list that begins with one; got ${describe(batch)}`,
      );
    }
    // All that changes the model happens between two awaits: nobody else sees it so.
    within(() => {
      if (first) noGrad(() => layers.forEach(reset));
      averaging(modules, layers, () => {
        scope(() => noGrad(() => void inner.forward(input)));
      });
    });
    first = false;
  }
  if (first)
    throw new ArgumentError(op, 'loader', loader, 'the loader gave no batch to compute statistics of');
}
