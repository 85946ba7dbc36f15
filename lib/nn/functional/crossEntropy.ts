// Losses of classification among several classes, from logits and from logarithms of probabilities.

import { INT32, isFloatKind, UINT8 } from '../../core/dtype.js';
import { ArgumentError, DTypeError, IndexError, ShapeError, showShape } from '../../core/errors.js';
import { A, B, C, type Node, record3 } from '../../core/graph.js';
import { sameDims } from '../../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { castTo, checkTensor, rule } from '../../ops/apply.js';
import { add, mul, sub } from '../../ops/binary.js';
import { classLoss } from '../../ops/classLoss.js';
import { composed } from '../../ops/composed.js';
import { sum } from '../../ops/reduce.js';
import { reshape, unsqueeze } from '../../ops/shape.js';
import { logSoftmax, softmax } from '../../ops/softmax.js';
import { neg } from '../../ops/unary.js';
import {
  gradientOfEach,
  type Reduction,
  type ReductionOptions,
  reduceLosses,
  reductionOf,
} from './reduction.js';

export interface NLLLossOptions extends ReductionOptions {
  /** (C,), a factor for each class; the mean is then the weighted one. */
  weight?: Tensor | null;
  /** Samples of this class count for nothing. Default −100. */
  ignoreIndex?: number;
}

export interface CrossEntropyOptions extends NLLLossOptions {
  /** The share of the target that is spread evenly over all classes, in [0, 1]. Default 0. */
  labelSmoothing?: number;
}

export const NLL_OPTIONS = optionNames<NLLLossOptions>({ weight: true, ignoreIndex: true, reduction: true });
export const CROSS_ENTROPY_OPTIONS = optionNames<CrossEntropyOptions>({
  weight: true,
  ignoreIndex: true,
  reduction: true,
  labelSmoothing: true,
});

const IGNORED = -100;
const KEEP = { keepdim: true };

/**
 * The cross entropy of logits (N, C, …) or (C,) and targets: classes (N, …) or a scalar, int32, with the loss
 * −ln softmax(x)[class]; or probabilities of the logits' shape and dtype, with the loss −Σ p ln softmax(x). Its mean,
 * sum or nothing; the mean of weighted classes is divided by the sum of the weights.
 *
 * @throws IndexError where a class is not in [0, C); ShapeError, DTypeError, ArgumentError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const classes = tensor([1], { dtype: 'int32' });
 * nn.functional.crossEntropy(tensor([[0, 1000]]), classes).item(); // => 0
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor,
  options: CrossEntropyOptions = NO_OPTIONS,
): Tensor {
  const op = 'crossEntropy';
  checkLogs(op, 'logits', input);
  checkTensor(op, target);
  checkOptions(op, options, CROSS_ENTROPY_OPTIONS);
  const smoothing = options.labelSmoothing ?? 0;
  if (!(smoothing >= 0 && smoothing <= 1)) {
    throw new ArgumentError(
      op,
      'labelSmoothing',
      smoothing,
      `labelSmoothing lies in [0, 1]; got ${smoothing}`,
    );
  }
  // Targets are checked first: their error is the clearer one.
  if (!isFloatKind(target.kind)) {
    checkClasses(op, input, target);
    return lossOfClasses(op, input, target, options);
  }
  checkProbabilities(op, input, target, options);
  const weight = checkClassWeight(op, input, options);
  const reduction = reductionOf(op, options, input);
  const loss = lossOfProbabilities(batched(input), batched(target), weight, { smoothing, reduction });
  return input.ndim === 1 && reduction === 'none' ? reshape(loss, []) : loss;
}

/**
 * The negative log-likelihood: −logs[class] for logarithms of probabilities (N, C, …) or (C,), such as logSoftmax
 * makes, and classes (N, …) or a scalar, int32. Its mean, sum or nothing; the mean of weighted classes is divided by
 * the sum of the weights.
 *
 * @throws IndexError where a class is not in [0, C); ShapeError, DTypeError, ArgumentError where something does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const classes = tensor([1, 0], { dtype: 'int32' });
 * nn.functional.nllLoss(tensor([[-1, -2], [-4, -8]]), classes).item(); // => 3
 */
export function nllLoss(input: Tensor, target: Tensor, options: NLLLossOptions = NO_OPTIONS): Tensor {
  const op = 'nllLoss';
  checkLogs(op, 'input', input);
  checkTensor(op, target);
  checkOptions(op, options, NLL_OPTIONS);
  checkClasses(op, input, target);
  return lossOfClasses(op, input, target, options);
}

function batched(x: Tensor): Tensor {
  return x.ndim === 1 ? unsqueeze(x, 0) : x;
}

function lossOfClasses(
  op: 'crossEntropy' | 'nllLoss',
  scores: Tensor,
  target: Tensor,
  options: CrossEntropyOptions,
): Tensor {
  const { ignoreIndex: ignored = IGNORED, labelSmoothing: smoothing = 0 } = options;
  if (!Number.isInteger(ignored)) {
    throw new ArgumentError(op, 'ignoreIndex', ignored, `ignoreIndex is a whole number; got ${ignored}`);
  }
  const weight = checkClassWeight(op, scores, options);
  const reduction = reductionOf(op, options, scores);
  const classes = castTo(target, INT32);
  try {
    const single = scores.ndim === 1;
    const batch = single ? reshape(classes, [1]) : classes;
    const loss = classLoss(op, batched(scores), batch, weight, { ignored, smoothing, reduction });
    return single && reduction === 'none' ? reshape(loss, []) : loss;
  } catch (error) {
    throw error instanceof IndexError ? outOfRange(op, error) : error;
  }
}

/** The error of a gather, as one of classes. */
export function outOfRange(op: string, { index, limit }: IndexError): IndexError {
  return new IndexError(
    op,
    `class ${index} is out of range: there are ${limit} classes, from 0`,
    index,
    limit,
  );
}

/** A tensor (C,) in the shape in which it multiplies (N, C, …). */
function perClass(weight: Tensor, logs: Tensor): Tensor {
  return reshape(
    weight,
    logs.shape.map((dim, axis) => (axis === 1 ? dim : 1)),
  );
}

interface Smoothed {
  readonly smoothing: number;
  readonly reduction: Reduction;
}

/** What the target asks for of each class, times the class's weight. */
function askedFor(target: Tensor, weight: Tensor | null, smoothing: number): Tensor {
  const asked = smoothing > 0 ? add(mul(target, 1 - smoothing), smoothing / target.shape[1]) : target;
  return weight === null ? asked : mul(asked, perClass(weight, target));
}

/** The gradient of the losses (N, 1, …) from that of the result. */
function gradientOfLosses(node: Node, g: Tensor): Tensor {
  const { reduction } = node.saved as Smoothed;
  const x = node.a as Tensor;
  return reduction === 'none' ? unsqueeze(g, 1) : gradientOfEach(g, reduction, x.size / x.shape[1]);
}

// With q, what is asked for: softmax(x) Σ q − q.
const OF_PROBABILITIES = rule('crossEntropy', {
  a: [
    A | B | C,
    (n, g) => {
      const asked = askedFor(n.b as Tensor, n.c, (n.saved as Smoothed).smoothing);
      const slope = sub(mul(softmax(n.a as Tensor, 1), sum(asked, 1, KEEP)), asked);
      return mul(gradientOfLosses(n, g), slope);
    },
  ],
  b: [
    A | C,
    (n, g) => {
      const slope = mul(logSoftmax(n.a as Tensor, 1), (n.saved as Smoothed).smoothing - 1);
      const weighted = n.c === null ? slope : mul(slope, perClass(n.c, slope));
      return mul(gradientOfLosses(n, g), weighted);
    },
  ],
});

function lossOfProbabilities(x: Tensor, target: Tensor, weight: Tensor | null, how: Smoothed): Tensor {
  const compute = (): Tensor => {
    const parts = mul(logSoftmax(x, 1), askedFor(target, weight, how.smoothing));
    return reduceLosses(neg(sum(parts, 1)), how.reduction);
  };
  // A weight with a gradient of its own is left to the operations.
  if (weight?.tracked) return compute();
  const out = composed(compute);
  record3(OF_PROBABILITIES, out, x, target, weight, how);
  return out;
}

function checkLogs(op: string, name: string, input: Tensor): void {
  checkTensor(op, input);
  if (!isFloatKind(input.kind)) {
    throw new DTypeError(op, `the ${name} must be floating; got ${input.dtype}: cast with to()`, [
      input.dtype,
    ]);
  }
  if (input.ndim === 0) {
    throw new ShapeError(op, `the ${name} have a dimension of classes, (N, C, …) or (C,); got a scalar`, [
      input.shape,
    ]);
  }
}

function checkClasses(op: string, input: Tensor, target: Tensor): void {
  if (target.kind !== INT32 && target.kind !== UINT8) {
    throw new DTypeError(op, `classes are int32; got ${target.dtype}: cast them with to('int32')`, [
      target.dtype,
    ]);
  }
  const wanted = input.ndim === 1 ? [] : input.shape.filter((_, axis) => axis !== 1);
  if (target.ndim === wanted.length && wanted.every((dim, i) => dim === target.shape[i])) return;
  throw new ShapeError(
    op,
    `for an input ${showShape(input.shape)} the classes have shape ${showShape(wanted)}; got ${showShape(target.shape)}: ` +
      'reshape or squeeze them (a loss does not broadcast)',
    [input.shape, target.shape],
  );
}

function checkProbabilities(op: string, input: Tensor, target: Tensor, options: CrossEntropyOptions): void {
  if (!sameDims(input.layout, target.layout)) {
    throw new ShapeError(
      op,
      `a floating target holds probabilities of the shape ${showShape(input.shape)} of the logits; got ` +
        `${showShape(target.shape)}: for classes, cast it with to('int32')`,
      [input.shape, target.shape],
    );
  }
  if (input.kind !== target.kind) {
    throw new DTypeError(
      op,
      `the logits are ${input.dtype} and the target ${target.dtype}; cast one of them with to()`,
      [input.dtype, target.dtype],
    );
  }
  if (options.ignoreIndex !== undefined && options.ignoreIndex >= 0) {
    throw new ArgumentError(
      op,
      'ignoreIndex',
      options.ignoreIndex,
      'probabilities have no class to ignore; leave ignoreIndex out',
    );
  }
}

function checkClassWeight(op: string, input: Tensor, options: NLLLossOptions): Tensor | null {
  const weight = options.weight ?? null;
  if (weight === null) return null;
  checkTensor(op, weight);
  const classCount = input.shape[input.ndim === 1 ? 0 : 1];
  if (weight.ndim !== 1 || weight.shape[0] !== classCount) {
    throw new ShapeError(
      op,
      `the weight holds one number for each of the ${classCount} classes; got ${showShape(weight.shape)}`,
      [input.shape, weight.shape],
    );
  }
  if (weight.kind !== input.kind) {
    throw new DTypeError(
      op,
      `the input is ${input.dtype} and the weight ${weight.dtype}; cast it with to()`,
      [input.dtype, weight.dtype],
    );
  }
  return weight;
}
