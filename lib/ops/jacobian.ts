// Whole Jacobians and Hessians of functions.

import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor, fillLike } from './apply.js';
import { arranged, type Called, callOnLeaves, checkArgnums, checkFunction, pullBack } from './called.js';
import { zeros } from './create.js';
import type { GradientOf, Primals } from './derivatives.js';
import { stack } from './join.js';
import { reshape } from './shape.js';
import { mapTensors, tensorsIn } from './trees.js';

/** Options of `jacobian` and `hessian`. */
export interface JacobianOptions {
  /** The argument to differentiate by; an array of several gives an array. Default 0. */
  argnums?: number | readonly number[];
}

const JACOBIAN_OPTIONS = optionNames<JacobianOptions>({ argnums: true });

/** What a Jacobian comes as: like the arguments, once for each output of f. */
export type JacobianOf<Args extends Primals, Result, Options> = Result extends Tensor
  ? GradientOf<Args, Options>
  : GradientOf<Args, Options>[];

/** The derivatives of one output with respect to each leaf, row by row. */
function rowsOf(called: Called, output: Tensor, last: boolean): Tensor[] {
  const rows: Tensor[][] = called.leaves.map(() => []);
  for (let i = 0; i < output.size; i++) {
    const seed = fillLike(output, 0);
    seed.slab.view(seed.kind)[seed.offset + i] = 1;
    const found = pullBack(called, [output], [seed], !(last && i === output.size - 1));
    if (!called.linked) seed.dispose();
    found.forEach((row, which) => {
      rows[which].push(row);
    });
  }
  return called.leaves.map((leaf, which) => {
    const shape = [...output.shape, ...leaf.shape];
    return output.size === 0 ? zeros(shape, { dtype: leaf.dtype }) : reshape(stack(rows[which]), shape);
  });
}

function jacobianOf(
  op: string,
  f: (...args: never) => unknown,
  argnums: number | readonly number[],
  args: Primals,
): unknown {
  const called = callOnLeaves(op, f, args, checkArgnums(op, argnums, args.length));
  const outputs = tensorsIn(called.value);
  if (outputs.length === 0) checkTensor(op, called.value);
  let next = 0;
  return mapTensors(called.value, (output) =>
    arranged(args, argnums, rowsOf(called, output, ++next === outputs.length)),
  );
}

/**
 * A function that computes the Jacobian of `f`, of shape (…output, …argument): J[i, j] = ∂f_i / ∂x_j. With respect to
 * the first argument or those at `argnums`; where f answers an array, an array of Jacobians. One walk back for each
 * element of the output, so wide outputs are slow. Can be nested.
 *
 * @throws ArgumentError where f is no function; DTypeError for arguments that are not floating. Source: PyTorch's
 * `torch.func.jacrev`.
 * @example
 * import { jacobian, tensor } from 'quern';
 * jacobian((x) => x.square())(tensor([1, 2])).toArray(); // => [[2, 0], [0, 4]]
 */
export function jacobian<
  Args extends Primals,
  Result,
  const Options extends JacobianOptions = Record<never, never>,
>(
  f: (...args: Args) => Result,
  options: Options = NO_OPTIONS as Options,
): (...args: Args) => JacobianOf<Args, Result, Options> {
  checkFunction('jacobian', f);
  checkOptions('jacobian', options, JACOBIAN_OPTIONS);
  return (...args) =>
    jacobianOf('jacobian', f, options.argnums ?? 0, args) as JacobianOf<Args, Result, Options>;
}

/**
 * A function that computes the matrix of second derivatives of `f`, of shape (…output, …argument, …argument):
 * H[i, j] = ∂²f / ∂x_i ∂x_j. Several argnums give blocks: `hessian(f, { argnums: [0, 1] })(x, y)[0][1]` is by x, then y.
 *
 * @throws ArgumentError where f is no function; GradientError where an operation has no second gradient. Source:
 * PyTorch's `torch.func.hessian`.
 * @example
 * import { hessian, tensor } from 'quern';
 * hessian((x) => x.pow(3).sum())(tensor([1, 2])).toArray(); // => [[6, 0], [0, 12]]
 */
export function hessian<
  Args extends Primals,
  Result,
  const Options extends JacobianOptions = Record<never, never>,
>(
  f: (...args: Args) => Result,
  options: Options = NO_OPTIONS as Options,
): (...args: Args) => JacobianOf<Args, GradientOf<Args, Options>, Options> {
  checkFunction('hessian', f);
  checkOptions('hessian', options, JACOBIAN_OPTIONS);
  const argnums = options.argnums ?? 0;
  const first = (...args: Primals): unknown => jacobianOf('hessian', f, argnums, args);
  return (...args) =>
    jacobianOf('hessian', first, argnums, args) as JacobianOf<Args, GradientOf<Args, Options>, Options>;
}
