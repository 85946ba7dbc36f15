// Derivatives of functions: gradients, and products of the Jacobian with vectors from either side.

import { DTypeError, GradientError, ShapeError, showShape } from '../core/errors.js';
import { enableGrad } from '../core/graph.js';
import { asLeaves, gradientsFrom } from '../core/joint.js';
import { sameDims } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor, fillLike } from './apply.js';
import {
  arranged,
  type Called,
  callOnLeaves,
  checkArgnums,
  checkFunction,
  handedOut,
  pullBack,
} from './called.js';
import { mapTensors, tensorsIn } from './trees.js';

/** Arguments of a function: tensors, arrays and objects of them, and whatever else it takes. */
export type Primals = readonly unknown[];

/** Options of `grad` and `valueAndGrad`. */
export interface DifferentiationOptions {
  /** The argument to differentiate by; an array of several gives an array of gradients. Default 0. */
  argnums?: number | readonly number[];
  /** Whether f answers [value, something else], which is handed on. Default false. */
  hasAux?: boolean;
}

const DIFFERENTIATION_OPTIONS = optionNames<DifferentiationOptions>({ argnums: true, hasAux: true });

/** The gradient that options ask for: one like an argument, or an array. */
export type GradientOf<Args extends Primals, Options> = Options extends { argnums: readonly number[] }
  ? Args[number][]
  : Options extends { argnums: infer Which extends number }
    ? Args[Which]
    : Args[0];

/** The gradient alone, or with the auxiliary result: [gradient, aux]. */
export type GradResult<Args extends Primals, Result, Options> = Options extends { hasAux: true }
  ? [GradientOf<Args, Options>, Result extends readonly [Tensor, infer Aux] ? Aux : never]
  : GradientOf<Args, Options>;

/** The one number to differentiate, refused where it is none. */
function scalarOf(op: string, value: unknown): Tensor {
  checkTensor(op, value);
  if (value.size !== 1) {
    throw new GradientError(
      op,
      `only a tensor with one element has a gradient; the function's result has shape ${showShape(value.shape)}: ` +
        'reduce it (sum, mean), or take vjp or jacobian',
    );
  }
  return value;
}

function differentiate(
  op: string,
  f: (...args: never) => unknown,
  options: DifferentiationOptions,
  args: Primals,
): { value: unknown; gradient: unknown } {
  const argnums = options.argnums ?? 0;
  const called = callOnLeaves(op, f, args, checkArgnums(op, argnums, args.length));
  const { value } = called;
  const hasAux = options.hasAux ?? false;
  if (hasAux && !(Array.isArray(value) && value.length === 2)) {
    throw new GradientError(
      op,
      'with { hasAux: true } the function answers [value, aux]; it answered no pair',
    );
  }
  const scalar = scalarOf(op, hasAux ? (value as [unknown])[0] : value);
  // The auxiliary result may hold the value's history, which is gone after a walk that nobody repeats.
  const slopes = pullBack(called, [scalar], [fillLike(scalar, 1)], false);
  return { value: handedOut(called, value), gradient: arranged(args, argnums, slopes) };
}

/**
 * A function that computes the value of `f` and its gradient, with respect to its first argument or to those at
 * `argnums`. Arguments may be tensors, or arrays and objects of tensors, whose gradients come in the same form; those
 * on which f does not depend are zeros. With `hasAux`, f answers [value, aux], and the result is [[value, aux],
 * gradient]. Can be nested for higher derivatives; tensors that require gradients and are captured by f get theirs.
 *
 * @throws ArgumentError where f is no function; GradientError where its result has more than one element; DTypeError
 * for arguments that are not floating.
 * @example
 * import { tensor, valueAndGrad } from 'quern';
 * const [value, slope] = valueAndGrad((x) => x.pow(3))(tensor(2));
 * [value.item(), slope.item()]; // => [8, 12]
 * const [, both] = valueAndGrad((x, y) => x.mul(y), { argnums: [0, 1] })(tensor(2), tensor(3));
 * both.map((one) => one.item()); // => [3, 2]
 */
export function valueAndGrad<
  Args extends Primals,
  Result,
  const Options extends DifferentiationOptions = Record<never, never>,
>(
  f: (...args: Args) => Result,
  options: Options = NO_OPTIONS as Options,
): (...args: Args) => [Result, GradientOf<Args, Options>] {
  checkFunction('valueAndGrad', f);
  checkOptions('valueAndGrad', options, DIFFERENTIATION_OPTIONS);
  return (...args) => {
    const { value, gradient } = differentiate('valueAndGrad', f, options, args);
    return [value as Result, gradient as GradientOf<Args, Options>];
  };
}

/**
 * A function that computes the gradient of `f`, with respect to its first argument or to those at `argnums`: PyTorch's
 * `torch.func.grad`. Arguments may be tensors, or arrays and objects of tensors. With `hasAux`, f answers [value,
 * aux], and the result is [gradient, aux]. Can be nested for higher derivatives.
 *
 * @throws ArgumentError where f is no function; GradientError where its result has more than one element; DTypeError
 * for arguments that are not floating.
 * @example
 * import { grad, tensor } from 'quern';
 * const f = (x) => x.pow(3);
 * grad(grad(f))(tensor(2)).item(); // => 12
 * grad((p) => p.a.mul(p.b))({ a: tensor(2), b: tensor(5) }).a.item(); // => 5
 */
export function grad<
  Args extends Primals,
  Result,
  const Options extends DifferentiationOptions = Record<never, never>,
>(
  f: (...args: Args) => Result,
  options: Options = NO_OPTIONS as Options,
): (...args: Args) => GradResult<Args, Result, Options> {
  checkFunction('grad', f);
  checkOptions('grad', options, DIFFERENTIATION_OPTIONS);
  return (...args) => {
    const { value, gradient } = differentiate('grad', f, options, args);
    const result = options.hasAux === true ? [gradient, (value as [unknown, unknown])[1]] : gradient;
    return result as GradResult<Args, Result, Options>;
  };
}

/** Tensors that fit others one by one: as many, of the same shapes and dtypes. */
function matching(op: string, what: string, given: unknown, like: readonly Tensor[]): Tensor[] {
  const list = tensorsIn(given);
  if (list.length !== like.length) {
    throw new ShapeError(op, `${list.length} ${what} for ${like.length} tensors; give one for each`);
  }
  list.forEach((one, i) => {
    checkTensor(op, one);
    if (!sameDims(one.layout, like[i].layout)) {
      throw new ShapeError(
        op,
        `${what}: number ${i} has shape ${showShape(one.shape)}, and its tensor ${showShape(like[i].shape)}`,
        [one.shape, like[i].shape],
      );
    }
    if (one.kind !== like[i].kind) {
      throw new DTypeError(
        op,
        `${what}: number ${i} is ${one.dtype}, and its tensor ${like[i].dtype}; cast it with to()`,
        [one.dtype, like[i].dtype],
      );
    }
  });
  return list;
}

const placesOf = (primals: Primals): number[] => primals.map((_, i) => i);

function outputsOf(op: string, called: Called): Tensor[] {
  const outputs = tensorsIn(called.value);
  if (outputs.length === 0)
    throw new GradientError(op, 'the function answered no tensor; it returns one, or an array of them');
  return outputs;
}

/**
 * The outputs of `f` at its primals and the function that pulls vectors back: uᵀJ, where J is the Jacobian and u has
 * the form of the outputs. It answers one product for each primal, and can be called again and again.
 *
 * @throws ShapeError or DTypeError for a vector that does not fit the outputs. Source: PyTorch's `torch.func.vjp`.
 * @example
 * import { tensor, vjp } from 'quern';
 * const [y, pull] = vjp((x) => x.square(), tensor([1, 2, 3]));
 * y.toArray(); // => [1, 4, 9]
 * pull(tensor([1, 0, 1]))[0].toArray(); // => [2, 0, 6]
 */
export function vjp<Args extends Primals, Result>(
  f: (...primals: Args) => Result,
  ...primals: Args
): [outputs: Result, pull: (cotangents: Result) => { -readonly [I in keyof Args]: Args[I] }] {
  checkFunction('vjp', f);
  const places = placesOf(primals);
  const called = callOnLeaves('vjp', f, primals, places);
  const outputs = outputsOf('vjp', called);
  const pull = (cotangents: Result): { -readonly [I in keyof Args]: Args[I] } => {
    const given = matching('vjp', 'cotangents', cotangents, outputs);
    const recorded = called.linked || given.some((one) => one.tracked);
    const found = pullBack({ ...called, linked: recorded }, outputs, given, true);
    return arranged(primals, places, found) as { -readonly [I in keyof Args]: Args[I] };
  };
  return [handedOut(called, called.value) as Result, pull];
}

/**
 * The outputs of `f` at its primals and their change along tangents: Jt, where J is the Jacobian and t has the form of
 * the primals. Computed by two walks back, for uᵀJ is linear in u: every operation on the way needs a second gradient.
 *
 * @throws ShapeError or DTypeError for tangents that do not fit the primals. Source: PyTorch's `torch.func.jvp`.
 * @example
 * import { jvp, tensor } from 'quern';
 * const [y, dy] = jvp((x) => x.square(), [tensor([1, 2])], [tensor([1, 10])]);
 * [y.toArray(), dy.toArray()]; // => [[1, 4], [2, 40]]
 */
export function jvp<Args extends Primals, Result>(
  f: (...primals: Args) => Result,
  primals: Args,
  tangents: Args,
): [outputs: Result, tangents: Result] {
  checkFunction('jvp', f);
  const along = matching('jvp', 'tangents', tangents, tensorsIn(primals));
  const called = callOnLeaves('jvp', f, primals, placesOf(primals));
  const outputs = outputsOf('jvp', called);
  const recorded = called.linked || along.some((one) => one.tracked);
  const vectors = outputs.map((output) => {
    const vector = fillLike(output, 0);
    vector.requiresGrad = true;
    return vector;
  });
  const pulled = enableGrad(() => pullBack({ ...called, linked: true }, outputs, vectors, true));
  const pushed = asLeaves(called.leaves, () =>
    gradientsFrom(pulled, along, vectors, { createGraph: recorded, retainGraph: recorded }),
  );
  let next = 0;
  const changes = mapTensors(called.value, () => {
    const i = next++;
    return pushed[i] ?? fillLike(outputs[i], 0);
  });
  return [handedOut(called, called.value) as Result, changes as Result];
}
