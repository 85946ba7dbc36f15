// Gradients held against finite differences, for users who write gradients themselves.

import { FLOAT64, isFloatKind } from '../core/dtype.js';
import { ArgumentError, DTypeError, describe, GradientError, ShapeError, showShape } from '../core/errors.js';
import { enableGrad, noGrad } from '../core/graph.js';
import { gradientsFrom } from '../core/joint.js';
import { sameDims } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { refusePromise, scope } from '../core/scope.js';
import { Tensor } from '../core/tensor.js';
import { checkTensor, fillLike } from './apply.js';
import { checkFunction } from './called.js';
import { filledOf } from './create.js';
import { dataSync } from './read.js';
import { contiguous, detach } from './shape.js';

export interface GradcheckOptions {
  /** How far each element is moved to either side. Default 1e-6. */
  eps?: number;
  /** The absolute tolerance. Default 1e-5. */
  atol?: number;
  /** The relative tolerance. Default 1e-3. */
  rtol?: number;
  /** Throws where gradients differ; false answers false instead. Default true. */
  raiseException?: boolean;
  /** How much the gradients of two walks through one graph may differ. Default 0. */
  nondetTol?: number;
}

export interface GradgradcheckOptions extends GradcheckOptions {
  /** The gradients of the outputs at which second derivatives are taken, one for each. Default: some between -1 and 1. */
  gradOutputs?: Tensor | readonly Tensor[];
}

const GRADCHECK_OPTIONS = optionNames<GradcheckOptions>({
  eps: true,
  atol: true,
  rtol: true,
  raiseException: true,
  nondetTol: true,
});

const GRADGRADCHECK_OPTIONS = optionNames<GradgradcheckOptions>({
  eps: true,
  atol: true,
  rtol: true,
  raiseException: true,
  nondetTol: true,
  gradOutputs: true,
});

/** A gradient that is not what finite differences give, with where it is wrong and by how much. */
export class GradcheckError extends GradientError {
  /** The place of the input among the arguments. */
  readonly input: number;
  /** The place of the output. */
  readonly output: number;
  /** The elements of the input and of the output whose derivative differs the most. */
  readonly elements: readonly [input: readonly number[], output: readonly number[]];
  /** That derivative by the gradient, and by differences. */
  readonly analytical: number;
  readonly numerical: number;

  /** @internal */
  constructor(op: string, message: string, facts: Facts) {
    super(op, message);
    this.input = facts.input;
    this.output = facts.output;
    this.elements = facts.elements;
    this.analytical = facts.analytical;
    this.numerical = facts.numerical;
  }
}

type Facts = Pick<GradcheckError, 'input' | 'output' | 'elements' | 'analytical' | 'numerical'>;

/** What is checked, and how exactly. */
interface Check {
  readonly op: string;
  readonly call: () => Tensor[];
  readonly inputs: readonly unknown[];
  /** The places of the inputs that require gradients. */
  readonly places: readonly number[];
  readonly eps: number;
  readonly atol: number;
  readonly rtol: number;
  readonly nondetTol: number;
}

/** The index of an element by its place in row-major order. */
function indexOf(flat: number, dims: readonly number[]): number[] {
  const index = dims.map(() => 0);
  for (let d = dims.length - 1, rest = flat; d >= 0; d--) {
    index[d] = rest % dims[d];
    rest = Math.floor(rest / dims[d]);
  }
  return index;
}

function positive(op: string, name: string, value: number, least: number): number {
  if (typeof value === 'number' && value >= least && value < Number.POSITIVE_INFINITY) return value;
  throw new ArgumentError(
    op,
    name,
    value,
    `${name} is a number ${least === 0 ? 'from 0' : 'above 0'}; got ${describe(value)}`,
  );
}

/** The outputs of a call: a tensor or an array of them. */
function outputsOf(op: string, answer: unknown): Tensor[] {
  const outputs = Array.isArray(answer) ? answer : [answer];
  for (const output of outputs) {
    if (output instanceof Tensor) continue;
    throw new ArgumentError(
      op,
      'f',
      output,
      `f answers a tensor or an array of tensors; got ${describe(output)}`,
    );
  }
  return outputs;
}

function checkInput(op: string, input: Tensor, place: number): void {
  if (input.kind !== FLOAT64) {
    throw new DTypeError(
      op,
      `input ${place} requires gradients and is ${input.dtype}, whose rounding would drown the differences; ` +
        "cast it with to('float64')",
      [input.dtype],
    );
  }
  if (input.layout.repeats) {
    throw new ShapeError(
      op,
      `several elements of input ${place}, expanded or unfolded, lie in one place of memory and cannot be moved ` +
        'alone; pass a clone() of it',
      [input.shape],
    );
  }
}

function prepare(op: string, f: unknown, inputs: unknown, options: GradcheckOptions): Check {
  checkFunction(op, f);
  const list: readonly unknown[] = Array.isArray(inputs) ? inputs : [inputs];
  const places: number[] = [];
  list.forEach((input, place) => {
    if (!(input instanceof Tensor)) return;
    checkTensor(op, input);
    if (!input.tracked) return;
    checkInput(op, input, place);
    places.push(place);
  });
  if (places.length === 0) {
    throw new ArgumentError(
      op,
      'inputs',
      inputs,
      'no input requires gradients; make at least one with { dtype: "float64", requiresGrad: true }',
    );
  }
  return {
    op,
    call: () => outputsOf(op, refusePromise(op, (f as (...args: readonly unknown[]) => unknown)(...list))),
    inputs: list,
    places,
    eps: positive(op, 'eps', options.eps ?? 1e-6, Number.MIN_VALUE),
    atol: positive(op, 'atol', options.atol ?? 1e-5, 0),
    rtol: positive(op, 'rtol', options.rtol ?? 1e-3, 0),
    nondetTol: positive(op, 'nondetTol', options.nondetTol ?? 0, 0),
  };
}

/** Sets one element of an input, also through closures that read it, and answers the outputs' values there. */
function valuesAt({ call }: Check, input: Tensor, at: number, value: number): Float64Array[] {
  const memory = input.slab.view(input.kind);
  const before = memory[at];
  memory[at] = value;
  try {
    // Copies: an output may be the input itself.
    return scope(() => noGrad(call).map((output) => Float64Array.from(dataSync(output))));
  } finally {
    memory[at] = before;
  }
}

/** Derivatives of each output (rows: elements of the input) by central differences. */
function byDifferences(check: Check, input: Tensor): Float64Array[][] {
  const { strides } = input.layout;
  return Array.from({ length: input.size }, (_, flat) => {
    const at = indexOf(flat, input.shape).reduce((sum, one, d) => sum + one * strides[d], input.offset);
    const value = input.slab.view(input.kind)[at];
    const above = valuesAt(check, input, at, value + check.eps);
    const below = valuesAt(check, input, at, value - check.eps);
    return above.map((row, o) => row.map((one, i) => (one - below[o][i]) / (2 * check.eps)));
  });
}

/** Derivatives of one element of one output with respect to all inputs; zeros where it depends on none. */
function byGradient(check: Check, output: Tensor, element: number): Float64Array[] {
  return scope(() => {
    const seed = fillLike(output, 0);
    seed.slab.view(seed.kind)[seed.offset + element] = 1;
    const inputs = check.places.map((place) => check.inputs[place] as Tensor);
    const found = gradientsFrom([output], [seed], inputs, { createGraph: false, retainGraph: true });
    return found.map((gradient, i) =>
      gradient === null ? new Float64Array(inputs[i].size) : Float64Array.from(dataSync(gradient)),
    );
  });
}

/** Where the worst of differing derivatives is. */
interface Worst extends Facts {
  readonly excess: number;
  readonly count: number;
  readonly total: number;
}

function compare(
  check: Check,
  input: Tensor,
  place: number,
  output: Tensor,
  o: number,
  rows: readonly Float64Array[],
  numeric: readonly Float64Array[][],
): Worst | null {
  let worst: Worst | null = null;
  let count = 0;
  for (let j = 0; j < output.size; j++) {
    for (let i = 0; i < input.size; i++) {
      const analytical = rows[j][i];
      const numerical = numeric[i][o][j];
      const difference = Math.abs(analytical - numerical);
      const excess = difference - check.atol - check.rtol * Math.abs(numerical);
      // The difference of equal infinities is NaN.
      if (excess <= 0 || analytical === numerical) continue;
      count++;
      if (worst !== null && !(excess > worst.excess)) continue;
      worst = {
        input: place,
        output: o,
        elements: [indexOf(i, input.shape), indexOf(j, output.shape)],
        analytical,
        numerical,
        excess: Number.isNaN(excess) ? Number.POSITIVE_INFINITY : excess,
        count,
        total: 0,
      };
    }
  }
  return worst === null ? null : { ...worst, count, total: input.size * output.size };
}

function compareAll(check: Check): void {
  const { op, places, inputs, nondetTol } = check;
  const outputs = enableGrad(check.call);
  outputs.forEach((output, o) => {
    if (!isFloatKind(output.kind) || output.kind === FLOAT64) return;
    throw new DTypeError(op, `output ${o} is ${output.dtype}; compute in float64 all the way`, [
      output.dtype,
    ]);
  });
  const floating = outputs
    .map((output, o) => ({ output, o }))
    .filter(({ output }) => isFloatKind(output.kind));
  if (!floating.some(({ output }) => output.tracked)) {
    throw new GradientError(
      op,
      'no output depends on an input that requires gradients, as far as the graph knows; was it detached?',
    );
  }
  const slopes = floating.map(({ output }) =>
    Array.from({ length: output.size }, (_, j) => {
      const first = byGradient(check, output, j);
      const again = byGradient(check, output, j);
      first.forEach((row, which) => {
        const apart = row.findIndex((one, i) => Math.abs(one - again[which][i]) > nondetTol);
        if (apart < 0) return;
        throw new GradientError(
          op,
          `backward is not deterministic: two walks gave ${row[apart]} and ${again[which][apart]} for one derivative ` +
            `with respect to input ${places[which]}; set nondetTol if that is meant`,
        );
      });
      return first;
    }),
  );
  places.forEach((place, which) => {
    const input = inputs[place] as Tensor;
    const numeric = byDifferences(check, input);
    floating.forEach(({ output, o }, k) => {
      const rows = slopes[k].map((all) => all[which]);
      const worst = compare(check, input, place, output, o, rows, numeric);
      if (worst === null) return;
      const [from, to] = worst.elements;
      throw new GradcheckError(
        op,
        `the gradient of output ${o} with respect to input ${place} is wrong in ${worst.count} of ${worst.total} ` +
          `derivatives; the worst, of element [${to.join(', ')}] by element [${from.join(', ')}], is ` +
          `${worst.analytical} by backward and ${worst.numerical} by central differences, a difference of ` +
          `${Math.abs(worst.analytical - worst.numerical)}`,
        worst,
      );
    });
  });
}

/** Runs a check; answers false instead of throwing what it found, where that is wanted. */
function decide(op: string, raiseException: boolean | undefined, check: () => void): boolean {
  if (raiseException !== undefined && typeof raiseException !== 'boolean') {
    throw new ArgumentError(
      op,
      'raiseException',
      raiseException,
      `raiseException is true or false; got ${describe(raiseException)}`,
    );
  }
  try {
    scope(check);
  } catch (error) {
    if (raiseException === false && error instanceof GradientError) return false;
    throw error;
  }
  return true;
}

/**
 * Whether the gradients of `f(...inputs)` are what central differences `(f(x + eps) - f(x - eps)) / (2 eps)` give, for
 * each element of each input that requires gradients and each element of each output: PyTorch's
 * `torch.autograd.gradcheck`. Two derivatives agree where they differ by at most `atol + rtol |numerical|`. Inputs may
 * be anything; those that require gradients are float64, and their elements are moved in place meanwhile, so that `f`
 * may also reach them by other ways (a module's parameters). `f` answers a tensor or an array of them.
 *
 * @throws GradcheckError that names the input, the output, their elements and the difference; GradientError where no
 * output has a gradient, and where backward is not deterministic; DTypeError for float32; ArgumentError where no input
 * requires gradients.
 * @example
 * import { customFunction, gradcheck, tensor } from 'quern';
 * const cube = (factor) => customFunction({
 *   forward(ctx, x) {
 *     ctx.saveForBackward(x);
 *     return x.pow(3);
 *   },
 *   backward: (ctx, gradient) => gradient.mul(ctx.savedTensors[0].square()).mul(factor),
 * });
 * const x = tensor([1, 2], { dtype: 'float64', requiresGrad: true });
 * gradcheck(cube(3), [x]); // => true
 * gradcheck(cube(2), [x], { raiseException: false }); // => false
 */
export function gradcheck(
  f: (...inputs: never[]) => Tensor | readonly Tensor[],
  inputs: unknown,
  options: GradcheckOptions = NO_OPTIONS,
): boolean {
  checkOptions('gradcheck', options, GRADCHECK_OPTIONS);
  const check = prepare('gradcheck', f, inputs, options);
  return decide('gradcheck', options.raiseException, () => compareAll(check));
}

/** Numbers between -1 and 1 that nobody's random state knows of. */
function someLike(output: Tensor, seed: number): Tensor {
  const some = filledOf(output.layout.dense, output.kind, 0);
  const memory = some.slab.view(some.kind);
  for (let i = 0; i < some.size; i++)
    memory[some.offset + i] = Math.sin(12.9898 * (i + 1) + 78.233 * (seed + 1));
  return some;
}

/**
 * The same as {@link gradcheck} for second derivatives: the gradients of `f`, as functions of its inputs and of the
 * gradients that come to its outputs, are held against central differences. PyTorch's `torch.autograd.gradgradcheck`.
 *
 * @throws what {@link gradcheck} throws; ShapeError for a `gradOutputs` that does not fit its output.
 * @example
 * import { gradgradcheck, tensor } from 'quern';
 * const x = tensor([0.5, 2], { dtype: 'float64', requiresGrad: true });
 * gradgradcheck((a) => a.exp().mul(a), [x]); // => true
 */
export function gradgradcheck(
  f: (...inputs: never[]) => Tensor | readonly Tensor[],
  inputs: unknown,
  options: GradgradcheckOptions = NO_OPTIONS,
): boolean {
  const op = 'gradgradcheck';
  checkOptions(op, options, GRADGRADCHECK_OPTIONS);
  const first = prepare(op, f, inputs, options);
  const differentiable = (): Tensor[] => first.call().filter((output) => output.tracked);
  const seeds = seedsFor(op, enableGrad(differentiable), options.gradOutputs);
  const sources = first.places.map((place) => first.inputs[place] as Tensor);
  const second = (): Tensor[] =>
    enableGrad(() => {
      const found = gradientsFrom(differentiable(), seeds, sources, { createGraph: true, retainGraph: true });
      return found.map((gradient, i) => gradient ?? fillLike(sources[i], 0));
    });
  const check = prepare(op, second, [...first.inputs, ...seeds], options);
  return decide(op, options.raiseException, () => compareAll(check));
}

function seedsFor(
  op: string,
  outputs: readonly Tensor[],
  given: GradgradcheckOptions['gradOutputs'],
): Tensor[] {
  const list = given === undefined ? outputs.map(someLike) : Array.isArray(given) ? given : [given];
  if (list.length !== outputs.length) {
    throw new ArgumentError(
      op,
      'gradOutputs',
      given,
      `there are ${outputs.length} outputs with gradients and ${list.length} gradOutputs; pass one for each`,
    );
  }
  return outputs.map((output, i) => {
    checkTensor(op, list[i]);
    if (!sameDims(list[i].layout, output.layout)) {
      throw new ShapeError(
        op,
        `gradOutputs ${i} has shape ${showShape(list[i].shape)} and its output ${showShape(output.shape)}`,
        [list[i].shape, output.shape],
      );
    }
    const seed = detach(contiguous(list[i]));
    seed.requiresGrad = true;
    return seed;
  });
}
