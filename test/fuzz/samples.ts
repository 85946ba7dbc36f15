// Programs whose calls are recorded: every row of the op database, forward and backward, and what has no row.
import { type DType, manualSeed, ones, rand, type Tensor } from 'quern';
import { adamStep, StepList, sgdMomentumStep, sgdStep } from '../../lib/ops/optimizer.js';
import { dropout } from '../../lib/ops/random.js';
import { unaryRows } from '../op_db/unary.js';import { binaryRows } from '../op_db/binary.js';import { reduceRows } from '../op_db/reduce.js';import { indexRows, joinRows } from '../op_db/indexing.js';import { productRows } from '../op_db/products.js';import { shapeRows } from '../op_db/shape.js';
const OP_DB = {...unaryRows,...binaryRows,...reduceRows,...indexRows,...joinRows,...productRows,...shapeRows} as Record<string, Row>;
import type { Row } from '../op_db/row.js';
import { type AnySample, call, operandsOf, plainInputs } from '../support/harness.js';
import { ARRANGEMENTS, type Arrangement } from '../support/layouts.js';

function runSample(row: Row, sample: AnySample, dtype: DType, how: Arrangement): void {
  const { values } = operandsOf(sample, plainInputs(row, sample, dtype), dtype, how);
  const differentiable = row.gradient > 0 && dtype.startsWith('float') && !row.inPlace;
  for (const value of values) {
    if (differentiable && typeof value !== 'number' && value.dtype === dtype) value.requiresGrad = true;
  }
  const results = call(row, sample, values, dtype);
  for (const result of results) if (result.requiresGrad) try { result.sum().backward({ retainGraph: true }); } catch (e) { console.log(String(e)); }
}

function runRows(): void {
  for (const row of Object.values(OP_DB)) {
    for (const dtype of row.dtypes) {
      for (const sample of row.samples) for (const how of ARRANGEMENTS) runSample(row, sample, dtype, how);
      if (row.large !== undefined) runSample(row, row.large, dtype, 'dense');
    }
  }
}

function runOptimizers(dtype: DType): void {
  const like = (...shape: number[]): Tensor => rand(shape, { dtype });
  const rows = (width: number): StepList =>
    new StepList([[7, 3], [33], [1], [0]].map((shape) => Array.from({ length: width }, () => like(...shape))));
  const momentum = { lr: 0.1, weightDecay: 0.01, maximize: false, momentum: 0.9, dampening: 0, nesterov: true };
  const moments = { lr: 0.1, weightDecay: 0.01, maximize: false, betas: [0.9, 0.99] as const, eps: 1e-8 };
  sgdStep(rows(2), 0.1, 0, false);
  for (const first of [true, false]) sgdMomentumStep(rows(3), momentum, first);
  for (const decoupled of [true, false]) adamStep(rows(4), moments, decoupled, 3);
}

export function runSamples(): void {
  manualSeed(1);
  runRows();
  for (const dtype of ['float32', 'float64'] as const) {
    runOptimizers(dtype);
    for (const shape of [[5], [3, 70]]) dropout(ones(shape, { dtype, requiresGrad: true }), { p: 0.3 }).sum().backward();
  }
}
