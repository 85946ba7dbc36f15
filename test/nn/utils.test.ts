// Parameters as one vector, and back.

import { ArgumentError, arange, nn, ShapeError, type Tensor } from 'quern';
import { expect, it } from 'vitest';

it('parameters become a vector, through which gradients flow, and come back', () => {
  const layer = new nn.Linear(2, 3);
  const vector = nn.utils.parametersToVector(layer.parameters());
  expect(vector.toArray()).toEqual([
    ...(layer.weight.flatten().toArray() as number[]),
    ...((layer.bias as Tensor).toArray() as number[]),
  ]);
  vector.mul(arange(9)).sum().backward();
  expect(layer.weight.grad?.toArray()).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
  nn.utils.vectorToParameters(arange(9), layer.parameters());
  expect(layer.bias?.toArray()).toEqual([6, 7, 8]);
  expect(() => nn.utils.vectorToParameters(arange(8), layer.parameters())).toThrow(ShapeError);
  expect(() => nn.utils.parametersToVector([])).toThrow(ArgumentError);
});
