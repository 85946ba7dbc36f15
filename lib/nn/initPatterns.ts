// Initialisation with patterns: the identity, convolutions that pass their input on, sparse columns.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { checkInPlace, noGrad } from '../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from '../ops/apply.js';
import { fillNormal, fillUniform } from '../ops/random.js';
import { checkFillable, drawnValues, writeValues } from './initHost.js';

function demandMatrix(op: string, x: Tensor): readonly [number, number] {
  checkTensor(op, x);
  if (x.ndim === 2) return x.shape as readonly [number, number];
  throw new ShapeError(op, `a matrix is needed, of two dimensions; got ${showShape(x.shape)}`, [x.shape]);
}

/**
 * 1 on the diagonal and 0 elsewhere, written over a matrix, so that a linear layer passes as many inputs on as it can.
 *
 * @throws ShapeError for another number of dimensions than two.
 * @example
 * import { nn, zeros } from 'quern';
 * nn.init.eye_(zeros([2, 3])).toArray(); // => [[1, 0, 0], [0, 1, 0]]
 */
export function eye_(x: Tensor): Tensor {
  const [rows, columns] = demandMatrix('eye_', x);
  noGrad(() => checkInPlace('eye_', x, false));
  const values = new Float64Array(x.size);
  for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = 1;
  return writeValues(x, values);
}

interface DiracOptions {
  /** Of the convolution; each passes its first channels on. Default 1. */
  groups?: number;
}

const DIRAC_OPTIONS = optionNames<DiracOptions>({ groups: true });

/**
 * 1 in the middle of the kernel from each input channel to the output channel of the same number, and 0 elsewhere, written
 * over the weight (out, in, …) of a convolution of one to three dimensions, so that it passes as many channels on as it
 * can.
 *
 * @throws ShapeError for another number of dimensions than three to five; ArgumentError where the groups do not divide
 * the outputs.
 * @example
 * import { nn, zeros } from 'quern';
 * nn.init.dirac_(zeros([2, 2, 3])).toArray(); // => [[[0, 1, 0], [0, 0, 0]], [[0, 0, 0], [0, 1, 0]]]
 */
export function dirac_(weight: Tensor, options: DiracOptions = NO_OPTIONS): Tensor {
  const op = 'dirac_';
  checkTensor(op, weight);
  checkOptions(op, options, DIRAC_OPTIONS);
  const { groups = 1 } = options;
  if (weight.ndim < 3 || weight.ndim > 5) {
    throw new ShapeError(
      op,
      `the weight of a convolution has three to five dimensions, (out, in, …); got ${showShape(weight.shape)}`,
      [weight.shape],
    );
  }
  const [outputs, inputs, ...kernel] = weight.shape;
  if (!Number.isInteger(groups) || groups < 1 || outputs % groups !== 0) {
    throw new ArgumentError(
      op,
      'groups',
      groups,
      `groups is a whole number from 1 that divides the ${outputs} outputs; got ${String(groups)}`,
    );
  }
  noGrad(() => checkInPlace(op, weight, false));
  const values = new Float64Array(weight.size);
  const field = kernel.reduce((product, size) => product * size, 1);
  const middle = kernel.reduce((place, size) => place * size + Math.floor(size / 2), 0);
  const each = outputs / groups;
  if (field > 0) {
    for (let group = 0; group < groups; group++)
      for (let i = 0; i < Math.min(each, inputs); i++)
        values[((group * each + i) * inputs + i) * field + middle] = 1;
  }
  return writeValues(weight, values);
}

interface SparseOptions {
  /** The standard deviation of what is not 0. Default 0.01. */
  std?: number;
}

const SPARSE_OPTIONS = optionNames<SparseOptions>({ std: true });

/**
 * Normal numbers, but 0 in a share of the rows of each column, ⌈sparsity · rows⌉ of them drawn evenly, written over a
 * matrix (Martens 2010).
 *
 * @throws ShapeError for another number of dimensions than two; ArgumentError where sparsity does not lie in [0, 1] or std
 * is no deviation; DTypeError on integers.
 * @example
 * import { nn, zeros } from 'quern';
 * nn.init.sparse_(zeros([10, 4]), 0.75).eq(0).sum(0).toArray(); // => [8, 8, 8, 8]
 */
export function sparse_(x: Tensor, sparsity: number, options: SparseOptions = NO_OPTIONS): Tensor {
  const op = 'sparse_';
  const [rows, columns] = demandMatrix(op, x);
  checkOptions(op, options, SPARSE_OPTIONS);
  if (!(sparsity >= 0 && sparsity <= 1)) {
    throw new ArgumentError(
      op,
      'sparsity',
      sparsity,
      `sparsity is a share from 0 to 1; got ${String(sparsity)}`,
    );
  }
  const { std = 0.01 } = options;
  if (!(Number.isFinite(std) && std >= 0))
    throw new ArgumentError(op, 'std', std, `std is a finite number from 0; got ${String(std)}`);
  checkFillable(op, x);
  const values = drawnValues(x.size, (target) => fillNormal(target, 0, std));
  const order = drawnValues(x.size, (target) => fillUniform(target, 0, 1));
  const zeros = Math.ceil(sparsity * rows);
  const places = Array.from({ length: rows }, (_, row) => row);
  for (let column = 0; column < columns; column++) {
    const drawn = [...places].sort((a, b) => order[a * columns + column] - order[b * columns + column]);
    for (const row of drawn.slice(0, zeros)) values[row * columns + column] = 0;
  }
  return writeValues(x, values);
}
