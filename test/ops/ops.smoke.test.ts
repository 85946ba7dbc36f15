// A few operations of each kind, forward and backward on both backends: whether anything works at all.

import { describe, it } from 'vitest';
import { opDb } from '../op_db.js';
import { BACKENDS } from '../support/engines.js';
import { checkAllForward, checkGradients } from '../support/generated.js';

const FEW = [
  'add',
  'exp',
  'sum',
  'matmul',
  'softmax',
  'conv2d',
  'maxPool2d',
  'transpose',
  'gather',
  'concat',
  'mul_',
] as const;

describe.each(BACKENDS)('$name', (engine) => {
  it.each(FEW)('%s', (name) => {
    checkAllForward(opDb[name], engine, false);
    checkGradients(opDb[name], engine, 'dense');
  });
});
