// Tools beside layers: parameters as one long vector, and back; parametrizations; sequences of different lengths.

import { ShapeError, showShape } from '../core/errors.js';
import { checkInPlace, finishInPlace, noGrad } from '../core/graph.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor, copyValues } from '../ops/apply.js';
import { concat } from '../ops/join.js';
import { reshape } from '../ops/shape.js';
import { narrow } from '../ops/slice.js';

export * as parametrizations from './parametrizations.js';
export * as parametrize from './parametrize.js';
export * as rnn from './rnn.js';

/**
 * The elements of all parameters, one after the other, in one vector, through which gradients flow.
 *
 * @throws ArgumentError where there is no parameter.
 * @example
 * import { nn, ones } from 'quern';
 * nn.utils.parametersToVector([ones([2, 2]), ones([3])]).shape; // => [7]
 */
export function parametersToVector(parameters: Iterable<Tensor>): Tensor {
  return concat([...parameters].map((parameter) => reshape(parameter, [parameter.size])));
}

/**
 * Writes the elements of a vector over parameters, one after the other, unrecorded.
 *
 * @throws ShapeError where their numbers differ; then nothing is written.
 * @example
 * import { nn, tensor } from 'quern';
 * const layer = new nn.Linear(1, 1);
 * nn.utils.vectorToParameters(tensor([3, 4]), layer.parameters());
 * layer.weight.toArray(); // => [[3]]
 */
export function vectorToParameters(vector: Tensor, parameters: Iterable<Tensor>): void {
  const op = 'vectorToParameters';
  checkTensor(op, vector);
  const list = [...parameters];
  for (const parameter of list) checkTensor(op, parameter);
  const total = list.reduce((sum, parameter) => sum + parameter.size, 0);
  if (vector.ndim !== 1 || vector.size !== total) {
    throw new ShapeError(op, `the parameters have ${total} elements; got ${showShape(vector.shape)}`, [
      vector.shape,
    ]);
  }
  noGrad(() => {
    for (const parameter of list) checkInPlace(op, parameter, false);
    let start = 0;
    for (const parameter of list) {
      copyValues(parameter, reshape(narrow(vector, 0, start, parameter.size), parameter.shape));
      finishInPlace(parameter);
      start += parameter.size;
    }
  });
}
