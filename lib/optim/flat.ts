// Vectors over all parameters end to end, and the few sums that L-BFGS makes of them.

import { type Kind, promoteKinds } from '../core/dtype.js';
import { noGrad } from '../core/graph.js';
import { keep, scope } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { castTo } from '../ops/apply.js';
import { add_, mul } from '../ops/binary.js';
import { lastingCopy, zerosLike } from '../ops/create.js';
import { copy_ } from '../ops/inplace.js';
import { concat } from '../ops/join.js';
import { item } from '../ops/read.js';
import { amax, sum } from '../ops/reduce.js';
import { flatten, reshape } from '../ops/shape.js';
import { narrow } from '../ops/slice.js';
import { abs } from '../ops/unary.js';

/** A tensor that outlives all scopes; the caller disposes of it. */
export function own(make: () => Tensor): Tensor {
  return keep(scope(() => noGrad(() => lastingCopy(make()))));
}

function read(make: () => Tensor): number {
  return scope(() => noGrad(() => item(make()) as number));
}

export function dot(a: Tensor, b: Tensor): number {
  return read(() => sum(mul(a, b)));
}

export function greatest(a: Tensor): number {
  return a.size === 0 ? 0 : read(() => amax(abs(a)));
}

export function absoluteSum(a: Tensor): number {
  return read(() => sum(abs(a)));
}

/** a ← a + factor · b. */
export function addScaled(a: Tensor, b: Tensor, factor: number): void {
  scope(() => noGrad(() => add_(a, mul(b, factor))));
}

/** Parameters as one vector. */
export class FlatParameters {
  readonly #parameters: readonly Tensor[];
  readonly #kind: Kind;

  constructor(parameters: readonly Tensor[]) {
    this.#parameters = parameters;
    this.#kind = parameters.map((one) => one.kind).reduce(promoteKinds);
  }

  get size(): number {
    return this.#parameters.reduce((total, one) => total + one.size, 0);
  }

  #join(partOf: (parameter: Tensor) => Tensor): Tensor {
    return own(() => concat(this.#parameters.map((one) => castTo(flatten(partOf(one)), this.#kind))));
  }

  /** A copy of the values. */
  values(): Tensor {
    return this.#join((one) => one);
  }

  /** A copy of the gradients; 0 where there is none. */
  gradients(): Tensor {
    return this.#join((one) => one.grad ?? zerosLike(one));
  }

  /** A copy of a vector in the dtype of these. */
  copy(vector: Tensor): Tensor {
    return own(() => castTo(vector, this.#kind));
  }

  /** Calls `write` on each parameter with its part of a vector. */
  #each(vector: Tensor, write: (parameter: Tensor, part: Tensor) => void): void {
    scope(() =>
      noGrad(() => {
        let start = 0;
        for (const one of this.#parameters) {
          write(one, castTo(reshape(narrow(vector, 0, start, one.size), one.shape), one.kind));
          start += one.size;
        }
      }),
    );
  }

  /** Moves all by factor · direction. */
  move(direction: Tensor, factor: number): void {
    this.#each(direction, (parameter, part) => add_(parameter, mul(part, factor)));
  }

  /** Sets all to values. */
  set(values: Tensor): void {
    this.#each(values, copy_);
  }
}
