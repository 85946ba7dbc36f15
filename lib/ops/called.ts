// Functions called to be differentiated: with leaves of their own in the place of arguments, linked to those after.

import { ArgumentError, DTypeError, describe } from '../core/errors.js';
import { enableGrad, isGradEnabled, type Node, record1 } from '../core/graph.js';
import { asLeaves, gradientsFrom } from '../core/joint.js';
import { refusePromise } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor, fillLike, rule } from './apply.js';
import { detach } from './shape.js';
import { mapTensors, tensorsIn } from './trees.js';

const ALIAS = rule('detach', { a: [0, (_node, gradient) => gradient] });

/** Whether something else than the leaves that gradients flow to is among what tensors were computed from. */
function reachesOthers(outputs: readonly Tensor[], leaves: ReadonlySet<Tensor>): boolean {
  const seen = new Set<Node>();
  const waiting = [...outputs];
  for (let tensor = waiting.pop(); tensor !== undefined; tensor = waiting.pop()) {
    if (!tensor.tracked || leaves.has(tensor)) continue;
    const { node } = tensor;
    if (node === null) return true;
    if (seen.has(node)) continue;
    seen.add(node);
    node.held(waiting);
  }
  return false;
}

/** A function with its result for some arguments, ready to be differentiated with respect to them. */
export interface Called {
  /** What the function answered. */
  readonly value: unknown;
  /** What stood in the place of the tensors in the arguments, in order. */
  readonly leaves: readonly Tensor[];
  /** Whether what is differentiated is differentiated in its turn, or was made with parameters outside. */
  readonly linked: boolean;
}

/** A leaf to stand for a tensor; integers are refused. */
function leafOf(op: string, primal: Tensor): Tensor {
  checkTensor(op, primal);
  if (primal.dtype !== 'float32' && primal.dtype !== 'float64') {
    throw new DTypeError(
      op,
      `only floating tensors have gradients; an argument to differentiate by is ${primal.dtype}: cast it with to('float32')`,
      [primal.dtype],
    );
  }
  const leaf = detach(primal);
  leaf.requiresGrad = true;
  return leaf;
}

/** Calls `f` with leaves in the place of the tensors in its arguments at `argnums`. */
export function callOnLeaves(
  op: string,
  f: (...args: never) => unknown,
  args: readonly unknown[],
  argnums: readonly number[],
): Called {
  const primals: Tensor[] = [];
  const leaves: Tensor[] = [];
  const replaced = [...args];
  for (const which of argnums) {
    replaced[which] = mapTensors(args[which], (primal) => {
      const leaf = leafOf(op, primal);
      primals.push(primal);
      leaves.push(leaf);
      return leaf;
    });
    if (tensorsIn(args[which]).length > 0) continue;
    throw new ArgumentError(
      op,
      `argument ${which}`,
      args[which],
      `argument ${which} is to be differentiated by, and holds no tensor; got ${describe(args[which])}`,
    );
  }
  const outside = isGradEnabled();
  const value = refusePromise(
    op,
    enableGrad(() => f(...(replaced as never))),
  );
  const linked =
    outside && (primals.some((primal) => primal.tracked) || reachesOthers(tensorsIn(value), new Set(leaves)));
  // After the call, so that no walk from the result goes into what made the arguments.
  if (linked) {
    leaves.forEach((leaf, i) => {
      record1(ALIAS, leaf, primals[i], null);
    });
  }
  return { value, leaves, linked };
}

/** The result as callers get it: its own history is nobody's business unless it goes on outside. */
export function handedOut({ linked }: Called, value: unknown): unknown {
  return linked ? value : mapTensors(value, (tensor) => (tensor.tracked ? detach(tensor) : tensor));
}

/** The gradients with respect to the leaves of outputs, each times what is given; zeros where they depend on none. */
export function pullBack(
  { leaves, linked }: Called,
  outputs: readonly Tensor[],
  given: readonly Tensor[],
  keepGraph: boolean,
): Tensor[] {
  const found = asLeaves(leaves, () =>
    gradientsFrom(outputs, given, leaves, { createGraph: linked, retainGraph: linked || keepGraph }),
  );
  return found.map((gradient, i) => gradient ?? fillLike(leaves[i], 0));
}

/** Puts tensors, one for each tensor in the arguments, into the shape that these have; one alone for one number. */
export function arranged(
  args: readonly unknown[],
  argnums: number | readonly number[],
  found: readonly unknown[],
): unknown {
  let next = 0;
  const like = (which: number): unknown => mapTensors(args[which], () => found[next++]);
  return typeof argnums === 'number' ? like(argnums) : argnums.map(like);
}

/** Refuses argnums that are no places of arguments; answers them as a list. */
export function checkArgnums(
  op: string,
  argnums: number | readonly number[],
  count: number,
): readonly number[] {
  const list = typeof argnums === 'number' ? [argnums] : argnums;
  const good =
    Array.isArray(list) &&
    list.length > 0 &&
    new Set(list).size === list.length &&
    list.every((which) => Number.isInteger(which) && which >= 0 && which < count);
  if (good) return list;
  throw new ArgumentError(
    op,
    'argnums',
    argnums,
    `argnums is the index of an argument, or an array of different ones; there are ${count} arguments, and it is ` +
      JSON.stringify(argnums),
  );
}

/** Refuses what is no function. */
export function checkFunction(op: string, f: unknown): void {
  if (typeof f !== 'function') throw new ArgumentError(op, 'f', f, 'a function of tensors is needed');
}
