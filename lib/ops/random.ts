// Random tensors, and dropout. One seed gives the same bits on both backends.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { DTYPES, FLOAT32, FLOAT64, INT32, isFloatKind, type Kind, promoteKinds } from '../core/dtype.js';
import { ArgumentError, DTypeError, describe } from '../core/errors.js';
import { record1 } from '../core/graph.js';
import { broadcastLayouts, checkShape, denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { seedHigh, seedLow, takeBlocks } from '../core/random.js';
import { makeTensor, Tensor } from '../core/tensor.js';
import { castTo, checkFloating, checkTensor, type Operand, rule } from './apply.js';
import { add, mul } from './binary.js';
import { lt } from './compare.js';
import { composed } from './composed.js';
import { finish, kindFromOptions, type TensorOptions } from './create.js';
import { any } from './reduce.js';

/** A place in the stream of random numbers. */
interface Place {
  readonly seedLow: number;
  readonly seedHigh: number;
  readonly block: number;
}

/** Takes the blocks that `size` elements need. */
function takePlace(size: number, perBlock: number): Place {
  return { seedLow, seedHigh, block: takeBlocks(Math.ceil(size / perBlock)) };
}

function setPlace(place: Place): void {
  attributes[0] = place.seedLow;
  attributes[1] = place.seedHigh;
  attributes[2] = place.block;
}

/** Takes the blocks that `size` elements need, and says so to the kernel. @internal */
export function drawPlace(size: number, perBlock: number): void {
  setPlace(takePlace(size, perBlock));
}

/** Laws of one or two numbers, by their kernels. @internal */
export type Law = 'uniform' | 'normal' | 'randint' | 'exponential' | 'logNormal' | 'cauchy' | 'geometric';

/** Draws over a dense tensor. @internal */
export function sample(op: Law, out: Tensor, first: number, second: number): Tensor {
  // float64 uniforms use two words an element, everything else one.
  setPlace(takePlace(out.size, op === 'uniform' && out.kind === FLOAT64 ? 2 : 4));
  attributes[3] = first;
  attributes[4] = second;
  active.run1(kernel[op], out.kind, out);
  return out;
}

/** A new floating tensor of random numbers. @internal */
export function drawn(
  op: string,
  distribution: Law,
  shape: readonly number[],
  first: number,
  second: number,
  options: TensorOptions,
): Tensor {
  const layout = denseLayout(checkShape(op, shape));
  return finish(sample(distribution, makeTensor(layout, floatKind(op, options)), first, second), options);
}

function floatKind(op: string, options: TensorOptions): Kind {
  const kind = kindFromOptions(op, options, FLOAT32);
  if (!isFloatKind(kind))
    throw new DTypeError(op, `${op} makes floating tensors; got dtype ${options.dtype}`, [
      String(options.dtype),
    ]);
  return kind;
}

/**
 * Numbers spread evenly over [0, 1).
 *
 * @throws ShapeError where the shape is none; DTypeError for integers.
 * @example
 * import { rand } from 'quern';
 * rand([2, 3]).shape; // => [2, 3]
 */
export function rand(shape: readonly number[], options: TensorOptions = NO_OPTIONS): Tensor {
  return drawn('rand', 'uniform', shape, 0, 1, options);
}

/**
 * Numbers spread evenly over [low, high).
 *
 * @throws ArgumentError where the bounds are not finite or low > high.
 * @example
 * import { uniform } from 'quern';
 * uniform([100], -1, 1).abs().amax().item() <= 1; // => true
 */
export function uniform(
  shape: readonly number[],
  low: number,
  high: number,
  options: TensorOptions = NO_OPTIONS,
): Tensor {
  checkBounds('uniform', low, high);
  return drawn('uniform', 'uniform', shape, low, high, options);
}

/** @internal */
export function checkBounds(op: string, low: number, high: number): void {
  if (!Number.isFinite(low) || !Number.isFinite(high) || low > high) {
    throw new ArgumentError(
      op,
      'low',
      low,
      `low and high are finite numbers, low not above high; got ${low} and ${high}`,
    );
  }
}

/**
 * Numbers from the standard normal distribution (Box and Muller 1958).
 *
 * @throws ShapeError where the shape is none; DTypeError for integers.
 * @example
 * import { randn } from 'quern';
 * randn([2, 3]).shape; // => [2, 3]
 */
export function randn(shape: readonly number[], options: TensorOptions = NO_OPTIONS): Tensor {
  return drawn('randn', 'normal', shape, 0, 1, options);
}

/**
 * Numbers from the normal distribution with a mean and a standard deviation (Box and Muller 1958): in a shape, or for
 * each element of tensors that broadcast, through which no gradient flows.
 *
 * @throws ArgumentError where they are not finite or std < 0; ShapeError where the tensors do not broadcast.
 * @example
 * import { normal, tensor } from 'quern';
 * normal([3], 5, 0).toArray(); // => [5, 5, 5]
 * normal(tensor([1, 2]), tensor([0, 0])).toArray(); // => [1, 2]
 */
export function normal(shape: readonly number[], mean: number, std: number, options?: TensorOptions): Tensor;
export function normal(mean: Tensor, std: Operand): Tensor;
export function normal(mean: number, std: Tensor): Tensor;
export function normal(
  first: readonly number[] | Operand,
  second: Operand,
  std?: number,
  options: TensorOptions = NO_OPTIONS,
): Tensor {
  if (first instanceof Tensor || second instanceof Tensor) return normalAround(first as Operand, second);
  const mean = second;
  const shape = first as readonly number[];
  checkNormal('normal', mean, std as number);
  return drawn('normal', 'normal', shape, mean, std as number, options);
}

/** Normal numbers with a mean and a deviation of its own for each element. */
function normalAround(mean: Operand, std: Operand): Tensor {
  const tensors = [mean, std].filter((one) => one instanceof Tensor);
  for (const one of tensors) checkTensor('normal', one);
  const kind = tensors.map((one) => one.kind).reduce((a, b) => promoteKinds(a, b));
  if (!isFloatKind(kind))
    throw new DTypeError('normal', `a mean and a deviation are floating; got ${DTYPES[kind]}`, [
      DTYPES[kind],
    ]);
  if (std instanceof Tensor) {
    if (any(lt(std, 0)).item())
      throw new ArgumentError('normal', 'std', std, 'a deviation is not below 0; some are');
  } else {
    checkNormal('normal', 0, std);
  }
  const layout = tensors.map((one) => one.layout).reduce((a, b) => broadcastLayouts('normal', a, b)).dense;
  return composed(() => {
    const noise = sample('normal', makeTensor(layout, kind), 0, 1);
    return add(mul(noise, std), mean);
  });
}

/** @internal */
export function checkNormal(op: string, mean: number, std: number): void {
  if (!Number.isFinite(mean) || !Number.isFinite(std) || std < 0) {
    throw new ArgumentError(
      op,
      'std',
      std,
      `mean and std are finite numbers, std not below 0; got ${mean} and ${std}`,
    );
  }
}

/**
 * Whole numbers spread evenly from low up to, not including, high: int32 unless another dtype is given.
 *
 * @throws ArgumentError where the bounds are not whole or leave nothing.
 * @example
 * import { randint } from 'quern';
 * randint(3, 4, [2]).toArray(); // => [3, 3]
 */
export function randint(
  low: number,
  high: number,
  shape: readonly number[],
  options: TensorOptions = NO_OPTIONS,
): Tensor {
  if (
    !Number.isInteger(low) ||
    !Number.isInteger(high) ||
    low >= high ||
    low < -(2 ** 31) ||
    high > 2 ** 31
  ) {
    throw new ArgumentError(
      'randint',
      'high',
      high,
      `low and high are whole 32-bit numbers with low < high; got ${low} and ${high}`,
    );
  }
  const layout = denseLayout(checkShape('randint', shape));
  const kind = kindFromOptions('randint', options, INT32);
  const out = sample('randint', makeTensor(layout, kind > INT32 ? INT32 : kind), low, high);
  return finish(castTo(out, kind), options);
}

/**
 * The whole numbers from 0 to n − 1 in random order, int32 (Fisher and Yates).
 *
 * @throws ArgumentError where n is not a whole number from 0.
 * @example
 * import { randperm } from 'quern';
 * randperm(5).sum().item(); // => 10
 */
export function randperm(n: number, options: TensorOptions = NO_OPTIONS): Tensor {
  if (!Number.isInteger(n) || n < 0)
    throw new ArgumentError('randperm', 'n', n, `n is a whole number from 0; got ${n}`);
  const kind = kindFromOptions('randperm', options, INT32);
  const order = makeTensor(denseLayout([n]), INT32);
  const data = order.slab.view(INT32);
  const at = order.offset;
  for (let i = 0; i < n; i++) data[at + i] = i;
  // One draw for each exchange, from ever smaller ranges.
  const draws = rand([n], { dtype: 'float64' });
  const chance = draws.slab.view(FLOAT64);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(chance[draws.offset + i] * (i + 1));
    const held = data[at + i];
    data[at + i] = data[at + j];
    data[at + j] = held;
  }
  draws.dispose();
  return finish(castTo(order, kind), options);
}

/**
 * 1 with the probability that stands in x, else 0, elementwise; of x's dtype.
 *
 * @throws ArgumentError where a probability does not lie in [0, 1].
 * @example
 * import { bernoulli, tensor } from 'quern';
 * bernoulli(tensor([0, 1])).toArray(); // => [0, 1]
 */
export function bernoulli(x: Tensor): Tensor {
  checkTensor('bernoulli', x);
  if (!isFloatKind(x.kind))
    throw new DTypeError('bernoulli', `probabilities are floating; got ${x.dtype}`, [x.dtype]);
  const out = makeTensor(x.layout.dense, x.kind);
  setPlace(takePlace(x.size, 4));
  active.run2(kernel.bernoulli, x.kind, out, x);
  return out;
}

/** Numbers spread evenly over [low, high), written over x in place. Unrecorded: for initialisation. @internal */
export function fillUniform(x: Tensor, low: number, high: number): Tensor {
  checkBounds('uniform_', low, high);
  return sample('uniform', x, low, high);
}

/** Normal numbers written over x in place. Unrecorded: for initialisation. @internal */
export function fillNormal(x: Tensor, mean: number, std: number): Tensor {
  checkNormal('normal_', mean, std);
  return sample('normal', x, mean, std);
}

/** What dropout remembers: a place in the stream instead of a mask. */
interface Dropped extends Place {
  readonly p: number;
}

const DROPOUT = rule('dropout', { a: [0, (n, g) => drop(g, n.saved as Dropped)] });

function drop(x: Tensor, how: Dropped): Tensor {
  const out = makeTensor(x.layout.dense, x.kind);
  setPlace(how);
  attributes[3] = how.p;
  active.run2(kernel.dropout, x.kind, out, x);
  record1(DROPOUT, out, x, how);
  return out;
}

export interface DropoutOptions {
  /** The probability. Default 0.5. */
  p?: number;
  /** Whether anything is dropped at all. Default true. */
  training?: boolean;
}

/** @internal */
export const DROPOUT_OPTIONS = optionNames<DropoutOptions>({ p: true, training: true });

/**
 * Sets each element to 0 with probability p and divides the others by 1 − p, which keeps the mean; x itself
 * outside training (Srivastava et al. 2014).
 *
 * @throws ArgumentError where p does not lie in [0, 1].
 * @example
 * import { nn, ones } from 'quern';
 * nn.functional.dropout(ones([3]), { p: 0.5, training: false }).toArray(); // => [1, 1, 1]
 */
export function dropout(x: Tensor, options: DropoutOptions = NO_OPTIONS): Tensor {
  checkTensor('dropout', x);
  checkOptions('dropout', options, DROPOUT_OPTIONS);
  const p = checkP('dropout', options.p);
  checkFloating('dropout', x);
  if (options.training === false || p === 0) return x;
  return dropped(x, p);
}

/** Dropout, of what was checked. @internal */
export function dropped(x: Tensor, p: number): Tensor {
  return drop(x, { ...takePlace(x.size, 4), p });
}

/** A probability of dropout, by default 0.5. @internal */
export function checkP(op: string, p = 0.5): number {
  if (typeof p === 'number' && p >= 0 && p <= 1) return p;
  throw new ArgumentError(
    op,
    'p',
    p,
    `p is a probability in [0, 1]; got ${typeof p === 'number' ? p : describe(p)}`,
  );
}
