// Programs whose calls are recorded: every row of the op database, forward and backward, and the optimizers' steps.
import { type DType, gradients, manualSeed, rand, type Tensor } from 'quern';
import { adamStep, StepList, sgdMomentumStep, sgdStep } from '../../lib/ops/optimizer.js';
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
  const list = (width: number): StepList =>
    new StepList(
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
  const moments = { lr: 0.1, weightDecay: 0.01, maximize: false, betas: [0.9, 0.99] as const, eps: 1e-8 };
  sgdStep(list(2), 0.1, 0, false);
  for (const first of [true, false]) sgdMomentumStep(list(3), momentum, first);
  for (const decoupled of [true, false]) adamStep(list(4), moments, decoupled, 3);
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
