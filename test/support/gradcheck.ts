// Gradients against finite differences in doubles: of a function, and of its gradient.

import { enableGrad, gradients, mul, noGrad, sum, type Tensor, zerosLike } from 'quern';
import { type Arrangement, arrange } from './layouts.js';
import type { Plain } from './plain.js';
import { draw, stream } from './values.js';

/** A function of float64 tensors. */
export type Differentiable = (inputs: readonly Tensor[]) => readonly Tensor[];

const STEP = 1e-5;
const TOLERANCE = 1e-6;
// Every element of a small operand is moved alone; larger ones are moved as a whole in some directions.
const ALONE = 16;
const DIRECTIONS = 5;

const WEIGHTS = { low: -1, high: 1 };

/** The results weighted and added up: one number to differentiate. */
function project(results: readonly Tensor[], weights: readonly Tensor[]): Tensor {
  return results.map((result, i) => sum(mul(result, weights[i]))).reduce((total, part) => total.add(part));
}

function weightsFor(results: readonly Tensor[]): Plain[] {
  return results.map((result, i) => draw(result.shape, 'float64', WEIGHTS, 99 + i));
}

function leaf(x: Plain, how: Arrangement): Tensor {
  const tensor = arrange(x, 'float64', how).tensor.detach();
  tensor.requiresGrad = true;
  return tensor;
}

/** Directions in which an operand is moved. */
function directions(x: Plain): number[][] {
  const size = x.data.length;
  if (size <= ALONE) return x.data.map((_, at) => x.data.map((_value, i) => (i === at ? 1 : 0)));
  const next = stream(size);
  return Array.from({ length: DIRECTIONS }, () => x.data.map(() => 2 * next() - 1));
}

function moved(x: Plain, direction: readonly number[], step: number): Plain {
  return { shape: x.shape, data: x.data.map((value, i) => value + step * direction[i]) };
}

/** Throws unless the gradients of `f` are those that finite differences give. */
export function gradcheck(
  label: string,
  f: Differentiable,
  inputs: readonly Plain[],
  how: Arrangement = 'dense',
): void {
  // What an expanded operand holds is what the function is differentiated at.
  const points = inputs.map((input) => arrange(input, 'float64', how).plain);
  const leaves = points.map((point) => leaf(point, how));
  const results = f(leaves);
  const weights = weightsFor(results);
  const fixed = weights.map((weight) => arrange(weight, 'float64', 'dense').tensor);
  const total = project(results, fixed);
  const found = total.requiresGrad ? gradients(total, leaves, { allowUnused: true }) : leaves.map(() => null);
  const value = (at: readonly Plain[]): number =>
    noGrad(() => project(f(at.map((point) => arrange(point, 'float64', 'dense').tensor)), fixed).item());

  points.forEach((point, which) => {
    const slope = found[which]?.dataSync() ?? new Float64Array(point.data.length);
    if (found[which] !== null && String(found[which]?.shape) !== String(point.shape)) {
      throw new Error(
        `${label}: the gradient of operand ${which} has shape (${found[which]?.shape}), not (${point.shape})`,
      );
    }
    for (const direction of directions(point)) {
      const side = (step: number): number =>
        value(points.map((one, i) => (i === which ? moved(one, direction, step) : one)));
      const numeric = (side(STEP) - side(-STEP)) / (2 * STEP);
      const analytic = direction.reduce((all, part, i) => all + part * slope[i], 0);
      if (!(Math.abs(numeric - analytic) <= TOLERANCE * (1 + Math.abs(numeric)))) {
        throw new Error(
          `${label}: the gradient of operand ${which} along [${direction.slice(0, 16)}] is ${analytic}, and ${numeric} by differences`,
        );
      }
    }
  });
}

/** The same for the gradient of `f`, as a function of its operands and of the gradient that comes in. */
export function gradgradcheck(
  label: string,
  f: Differentiable,
  inputs: readonly Plain[],
  how: Arrangement = 'dense',
): void {
  const weights = weightsFor(
    noGrad(() => f(inputs.map((input) => arrange(input, 'float64', 'dense').tensor))),
  );
  const gradient: Differentiable = (all) =>
    enableGrad(() => {
      const leaves = all.slice(0, inputs.length).map(following);
      const total = project(f(leaves), all.slice(inputs.length));
      const found = gradients(total, leaves, { createGraph: true, allowUnused: true });
      return found.map((slope, i) => slope ?? zerosLike(leaves[i]));
    });
  gradcheck(`${label}, second`, gradient, [...inputs, ...weights], how);
}

/** The tensor itself where gradients flow to it, else an alias to which they do. */
function following(x: Tensor): Tensor {
  if (x.requiresGrad) return x;
  const alias = x.detach();
  alias.requiresGrad = true;
  return alias;
}
