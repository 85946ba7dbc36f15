// Penalties on the size of weights, as terms of a loss.

import { ArgumentError, describe } from '../core/errors.js';
import { Tensor } from '../core/tensor.js';
import { castTo, checkTensor } from '../ops/apply.js';
import { add, mul } from '../ops/binary.js';
import { sum } from '../ops/reduce.js';
import { abs, square } from '../ops/unary.js';
import { notNegative } from './options.js';

function parametersOf(op: string, params: Tensor | Iterable<Tensor>): Tensor[] {
  const iterable = params instanceof Tensor || typeof params?.[Symbol.iterator] === 'function';
  const list = params instanceof Tensor ? [params] : iterable ? [...params] : [];
  for (const one of list) checkTensor(op, one);
  if (list.length > 0) return list;
  throw new ArgumentError(
    op,
    'params',
    params,
    `params are the tensors to penalize, such as model.parameters(); got ${iterable ? 'none' : describe(params)}`,
  );
}

/** The sum of a term of each tensor, in the widest of their dtypes. */
function total(list: readonly Tensor[], term: (x: Tensor) => Tensor): Tensor {
  const kind = Math.max(...list.map((one) => one.kind));
  return list.map((one) => castTo(term(one), kind)).reduce((a, b) => add(a, b));
}

const absolute = (x: Tensor): Tensor => sum(abs(x));
const squared = (x: Tensor): Tensor => sum(square(x));

/**
 * The lasso: weight · Σ |w| over all elements of the given tensors, to be added to a loss. It makes weights exactly 0
 * where they matter little (Tibshirani 1996).
 *
 * @throws ArgumentError where nothing is given to penalize, or weight is not a number from 0.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([3, -4], { requiresGrad: true });
 * const penalty = optim.l1Penalty([w], 0.5);
 * penalty.backward();
 * [penalty.item(), w.grad.toArray()]; // => [3.5, [0.5, -0.5]]
 */
export function l1Penalty(params: Tensor | Iterable<Tensor>, weight: number): Tensor {
  const op = 'l1Penalty';
  return mul(total(parametersOf(op, params), absolute), notNegative(op, 'weight', weight));
}

/**
 * Ridge: weight · Σ w² over all elements of the given tensors, to be added to a loss. Its gradient is 2 · weight · w:
 * that of an optimizer's weightDecay of 2 · weight where the decay is not decoupled (Hoerl and Kennard 1970).
 *
 * @throws ArgumentError where nothing is given to penalize, or weight is not a number from 0.
 * @example
 * import { optim, tensor } from 'quern';
 * const w = tensor([3, -4], { requiresGrad: true });
 * const penalty = optim.l2Penalty([w], 0.5);
 * penalty.backward();
 * [penalty.item(), w.grad.toArray()]; // => [12.5, [3, -4]]
 */
export function l2Penalty(params: Tensor | Iterable<Tensor>, weight: number): Tensor {
  const op = 'l2Penalty';
  return mul(total(parametersOf(op, params), squared), notNegative(op, 'weight', weight));
}

/**
 * The elastic net: l1 · Σ |w| + l2 · Σ w² over all elements of the given tensors, to be added to a loss (Zou and Hastie
 * 2005).
 *
 * @throws ArgumentError where nothing is given to penalize, or l1 or l2 is not a number from 0.
 * @example
 * import { optim, tensor } from 'quern';
 * optim.elasticNetPenalty([tensor([3, -4])], 1, 0.5).item(); // => 19.5
 */
export function elasticNetPenalty(params: Tensor | Iterable<Tensor>, l1: number, l2: number): Tensor {
  const op = 'elasticNetPenalty';
  const list = parametersOf(op, params);
  return add(
    mul(total(list, absolute), notNegative(op, 'l1', l1)),
    mul(total(list, squared), notNegative(op, 'l2', l2)),
  );
}
