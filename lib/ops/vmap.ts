// Functions of one example, run over a batch.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { getRandomState, setRandomState } from '../core/random.js';
import { refusePromise } from '../core/scope.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { checkFunction } from './called.js';
import { stack } from './join.js';
import { select } from './slice.js';
import { mapTensors, tensorsIn } from './trees.js';

/** Options of `vmap`. */
export interface VmapOptions {
  /** The batched dimension of every argument, or one for each; null for those given whole. Default 0. */
  inDims?: number | readonly (number | null)[];
  /** Where results have the batch. Default 0. */
  outDims?: number;
  /** What random operations do: fail, draw anew for each example, or draw the same for all. Default 'error'. */
  randomness?: 'error' | 'different' | 'same';
}

const VMAP_OPTIONS = optionNames<VmapOptions>({ inDims: true, outDims: true, randomness: true });
const RANDOMNESS = ['error', 'different', 'same'];

/** The batched dimension of each argument. */
function dimsOf(inDims: VmapOptions['inDims'], args: readonly unknown[]): readonly (number | null)[] {
  if (inDims === undefined || typeof inDims === 'number') return args.map(() => inDims ?? 0);
  if (inDims.length === args.length) return inDims;
  throw new ArgumentError(
    'vmap',
    'inDims',
    inDims,
    `inDims has ${inDims.length} entries for ${args.length} arguments; give one for each, null for those given whole`,
  );
}

/** The number of examples, the same in all batched tensors. */
function batchOf(args: readonly unknown[], dims: readonly (number | null)[]): number {
  const batched = args.flatMap((arg, i) =>
    tensorsIn(arg).flatMap((tensor) => {
      const dim = dims[i];
      if (dim === null) return [];
      const length = tensor.shape.at(dim);
      if (length !== undefined) return [length];
      throw new ShapeError(
        'vmap',
        `argument ${i} has no dimension ${dim} to map over: its shape is ${showShape(tensor.shape)}`,
        [tensor.shape],
      );
    }),
  );
  if (batched.length === 0)
    throw new ArgumentError('vmap', 'inDims', dims, 'no argument holds a tensor to map over');
  if (batched.some((length) => length !== batched[0])) {
    throw new ShapeError('vmap', `the batched dimensions differ in length: ${batched.join(', ')}`);
  }
  if (batched[0] === 0)
    throw new ShapeError('vmap', 'an empty batch has no result; give at least one example');
  return batched[0];
}

/**
 * A function that runs `f`, written for one example, over a batch, and stacks the results: PyTorch's
 * `torch.func.vmap`. It calls f once for each example, on views, so f may branch and read values; it is a way to write
 * programs, not to make them faster. Gradients flow through, and `grad` and `jacobian` work inside: gradients per
 * example. Random operations are refused unless `randomness` says what they do.
 *
 * @throws ArgumentError for inDims that do not fit the arguments; ShapeError where batches differ in length or are
 * empty, or results in shape; ArgumentError for a random operation without `randomness`.
 * @example
 * import { grad, tensor, vmap } from 'quern';
 * const loss = (w, x) => w.mul(x).sum().square();
 * const perExample = vmap(grad(loss), { inDims: [null, 0] });
 * perExample(tensor([1, 2]), tensor([[1, 0], [0, 1]])).toArray(); // => [[2, 0], [0, 4]]
 */
export function vmap<Args extends readonly unknown[], Result>(
  f: (...args: Args) => Result,
  options: VmapOptions = NO_OPTIONS,
): (...args: Args) => Result {
  checkFunction('vmap', f);
  checkOptions('vmap', options, VMAP_OPTIONS);
  const { inDims, outDims = 0, randomness = 'error' } = options;
  if (!RANDOMNESS.includes(randomness)) {
    throw new ArgumentError(
      'vmap',
      'randomness',
      randomness,
      `randomness is 'error', 'different' or 'same'; got ${String(randomness)}`,
    );
  }
  return (...args) => {
    const dims = dimsOf(inDims, args);
    const count = batchOf(args, dims);
    const state = getRandomState();
    const results: unknown[] = [];
    for (let i = 0; i < count; i++) {
      if (randomness === 'same') setRandomState(state);
      const example = args.map((arg, which) => {
        const dim = dims[which];
        return dim === null ? arg : mapTensors(arg, (tensor) => select(tensor, dim, i));
      });
      results.push(refusePromise('vmap', f(...(example as unknown as Args))));
      if (randomness === 'error' && getRandomState().offset !== state.offset) {
        throw new ArgumentError(
          'vmap',
          'randomness',
          randomness,
          "the function is random; pass { randomness: 'different' } to draw for each example, or 'same' for all",
        );
      }
    }
    return stacked(results, outDims) as Result;
  };
}

/** Results of examples as one, tensor by tensor. */
function stacked(results: readonly unknown[], dim: number): unknown {
  const columns = results.map(tensorsIn);
  if (columns[0].length === 0) checkTensor('vmap', results[0]);
  if (columns.some((column) => column.length !== columns[0].length))
    throw new ShapeError('vmap', 'the function answered different numbers of tensors for different examples');
  let next = 0;
  return mapTensors(results[0], () => {
    const i = next++;
    return stack(
      columns.map((column): Tensor => column[i]),
      dim,
    );
  });
}
