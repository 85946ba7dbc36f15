// Programs whose calls are recorded: every row of the op database, forward and backward, and the optimizers' steps.
import { type DType, gradients, manualSeed, rand, type Tensor } from 'quern';
import * as steps from '../../lib/ops/optimizer.js';
import type { Row } from '../op_db/row.js';
import { rows } from '../op_db.js';
import { type AnySample, call, operandsOf, plainInputs } from '../support/harness.js';
import { ARRANGEMENTS, type Arrangement } from '../support/layouts.js';

function runSample(row: Row, sample: AnySample, dtype: DType, how: Arrangement): void {
  const { values } = operandsOf(sample, plainInputs(row, sample, dtype), dtype, how);
  const inputs = values.filter(
    (value): value is Tensor => typeof value !== 'number' && value.dtype === dtype,
  );
  if (row.gradient > 0 && dtype.startsWith('float') && !row.inPlace) {
    for (const input of inputs) input.requiresGrad = true;
  }
  for (const result of call(row, sample, values, dtype)) {
    if (result.requiresGrad) differentiate(result, inputs, row.gradient > 1);
  }
}

/** Its gradients, and theirs. Of its square, so that the first ones depend on the inputs. */
function differentiate(result: Tensor, inputs: readonly Tensor[], twice: boolean): void {
  const first = gradients(result.square().sum(), inputs, {
    createGraph: twice,
    retainGraph: true,
    allowUnused: true,
  });
  for (const gradient of first) {
    if (gradient?.requiresGrad)
      gradients(gradient.square().sum(), inputs, { retainGraph: true, allowUnused: true });
  }
}

function runOptimizers(dtype: DType): void {
  const list = (width: number): steps.StepList =>
    new steps.StepList(
      [[7, 3], [33], [1], [0]].map((shape) =>
        Array.from({ length: width }, (): Tensor => rand(shape, { dtype })),
      ),
    );
  const momentum = {
    lr: 0.1,
    weightDecay: 0.01,
    maximize: false,
    momentum: 0.9,
    dampening: 0,
    nesterov: true,
  };
  const moments = {
    lr: 0.1,
    weightDecay: 0.01,
    maximize: false,
    betas: [0.9, 0.99] as const,
    eps: 1e-8,
    decoupledWeightDecay: true,
  };
  const square = { ...momentum, alpha: 0.9, rho: 0.9, eps: 1e-8, lrDecay: 0.1, lambd: 1e-4 };
  steps.sgdStep(list(2), momentum);
  for (const first of [true, false]) steps.sgdMomentumStep(list(3), momentum, first);
  steps.averageStep(list(2), 0.9);
  for (const decoupled of [true, false]) {
    steps.adamStep(list(4), { ...moments, amsgrad: false }, decoupled, 3);
    steps.adamStep(list(5), { ...moments, amsgrad: true }, decoupled, 3);
  }
  steps.nadamStep(list(4), moments, 3, 0.8, 0.9, 0.5);
  for (const step of [1, 100]) steps.radamStep(list(4), moments, step);
  steps.adamaxStep(list(4), moments, 3);
  steps.lambStep(list(4), moments, 3);
  for (const centered of [0, 1]) {
    for (const kept of [0, 1]) {
      steps.rmspropStep(list(3 + centered + kept), {
        ...square,
        centered: centered > 0,
        momentum: 0.9 * kept,
      });
    }
  }
  steps.adagradStep(list(3), square, 3);
  steps.adadeltaStep(list(4), square);
  steps.rpropStep(list(4), { etas: [0.5, 1.2], stepSizes: [1e-6, 50], maximize: false });
  steps.asgdStep(list(3), square, 0.1, 0.5);
  steps.lionStep(list(3), moments);
}

export function runSamples(): void {
  manualSeed(1);
  for (const [, row] of rows) {
    // Nothing is written over a tensor that repeats its elements.
    const arrangements = ARRANGEMENTS.filter((how) => !(row.inPlace && how === 'expanded'));
    for (const dtype of row.dtypes) {
      for (const sample of row.samples) for (const how of arrangements) runSample(row, sample, dtype, how);
      if (row.large !== undefined) runSample(row, row.large, dtype, 'dense');
    }
  }
  for (const dtype of ['float32', 'float64'] as const) runOptimizers(dtype);
}
