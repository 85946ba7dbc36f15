// Losses of yes-or-no classification, from probabilities and from logits.

import { ArgumentError } from '../../core/errors.js';
import { A, B, C, type Node, type Rule, record2, record3 } from '../../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { sigmoid } from '../../ops/activation.js';
import { rule } from '../../ops/apply.js';
import { add, div, mul, sub } from '../../ops/binary.js';
import { clamp } from '../../ops/clamp.js';
import { composed } from '../../ops/composed.js';
import { logSigmoid } from '../../ops/logSigmoid.js';
import { dataSync } from '../../ops/read.js';
import { log, log1p, neg } from '../../ops/unary.js';
import {
  checkPairOf,
  checkWeight,
  gradientOfEach,
  type Reduction,
  type ReductionOptions,
  reduceLosses,
  reductionOf,
} from './reduction.js';

export interface BinaryCrossEntropyOptions extends ReductionOptions {
  /** Multiplied with the losses of the elements; broadcasts to them. */
  weight?: Tensor | null;
}

export interface BinaryCrossEntropyWithLogitsOptions extends BinaryCrossEntropyOptions {
  /** Multiplied with the part of the loss that a positive target has; broadcasts to the input. */
  posWeight?: Tensor | null;
}

export const BCE_OPTIONS = optionNames<BinaryCrossEntropyOptions>({ weight: true, reduction: true });
export const BCE_WITH_LOGITS_OPTIONS = optionNames<BinaryCrossEntropyWithLogitsOptions>({
  weight: true,
  reduction: true,
  posWeight: true,
});

// PyTorch's bounds: a logarithm is at least −100, and what the gradient divides by at least 1e-12 (to single precision),
// so that a probability of 0 or 1 has a finite loss and gradient.
const LEAST_LOG = { min: -100 };
const LEAST_DIVISOR = { min: Math.fround(1e-12) };

const logOf = (x: Tensor): Tensor => clamp(log(x), LEAST_LOG);
const logOfRest = (x: Tensor): Tensor => clamp(log1p(neg(x)), LEAST_LOG);

/** The gradient of each element's loss, from that of the result; operand c is the weight, where there is one. */
function gradientOfLosses(node: Node, g: Tensor): Tensor {
  const each = gradientOfEach(g, node.saved as Reduction, (node.a as Tensor).size);
  return weighted(each, node.c);
}

const BINARY = rule('binaryCrossEntropy', {
  a: [
    A | B | C,
    (n, g) => {
      const x = n.a as Tensor;
      const slope = div(sub(x, n.b as Tensor), clamp(mul(sub(1, x), x), LEAST_DIVISOR));
      return mul(gradientOfLosses(n, g), slope);
    },
  ],
  b: [A | C, (n, g) => mul(gradientOfLosses(n, g), sub(logOfRest(n.a as Tensor), logOf(n.a as Tensor)))],
});

// The logarithm of σ(x) has the derivative σ(−x).
const BINARY_WITH_LOGITS = rule('binaryCrossEntropyWithLogits', {
  a: [
    A | B | C,
    (n, g) => {
      const y = n.b as Tensor;
      return mul(gradientOfLosses(n, g), sub(sub(1, y), sigmoid(neg(n.a as Tensor))));
    },
  ],
  b: [A | C, (n, g) => mul(gradientOfLosses(n, g), neg(n.a as Tensor))],
});

/**
 * A loss that records one rule, and keeps nothing that it made on the way. A weight with a gradient of its own is left
 * to the operations.
 */
function recorded(
  gradients: Rule,
  input: Tensor,
  target: Tensor,
  weight: Tensor | null,
  reduction: Reduction,
  losses: () => Tensor,
): Tensor {
  const compute = (): Tensor => reduceLosses(weighted(losses(), weight), reduction);
  if (weight?.tracked) return compute();
  const out = composed(compute);
  record3(gradients, out, input, target, weight, reduction);
  return out;
}

/** Refuses values outside [0, 1], NaN among them. Reads the values. */
function checkUnit(op: string, name: string, x: Tensor, remedy: string): void {
  const dense = x.isContiguous;
  const values = dense ? x.slab.view(x.kind) : dataSync(x);
  const start = dense ? x.offset : 0;
  for (let i = start; i < start + x.size; i++) {
    const value = values[i];
    if (value >= 0 && value <= 1) continue;
    throw new ArgumentError(
      op,
      name,
      value,
      `the ${name} holds ${value}, and its values lie in [0, 1]: ${remedy}`,
    );
  }
}

function weighted(losses: Tensor, weight: Tensor | null): Tensor {
  return weight === null ? losses : mul(losses, weight);
}

/**
 * The cross entropy −(y ln x + (1 − y) ln(1 − x)) of probabilities x and targets y in [0, 1], of one shape; its mean,
 * sum or nothing. Logarithms are taken as −100 at least. For logits use {@link binaryCrossEntropyWithLogits}.
 *
 * @throws ArgumentError where a value does not lie in [0, 1]; ShapeError where the shapes differ; DTypeError where the
 * dtypes do.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.binaryCrossEntropy(tensor([0, 1]), tensor([1, 1])).item(); // => 50
 */
export function binaryCrossEntropy(
  input: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyOptions = NO_OPTIONS,
): Tensor {
  const op = 'binaryCrossEntropy';
  checkPairOf(op, input, target);
  checkOptions(op, options, BCE_OPTIONS);
  const weight = options.weight ?? null;
  checkWeight(op, 'weight', weight, input);
  const reduction = reductionOf(op, options, input);
  checkUnit(op, 'input', input, 'apply sigmoid, or pass logits to binaryCrossEntropyWithLogits');
  checkUnit(op, 'target', target, 'scale the targets');
  return recorded(BINARY, input, target, weight, reduction, () => {
    const losses = composed(() => sub(mul(sub(target, 1), logOfRest(input)), mul(target, logOf(input))));
    // Bounded logarithms have no gradient at their bound; the loss as a whole has one.
    record2(BINARY, losses, input, target, 'none');
    return losses;
  });
}

/**
 * {@link binaryCrossEntropy} of the probabilities σ(x), computed from the logits x without overflow:
 * (1 − y) x − (1 + (posWeight − 1) y) ln σ(x); its mean, sum or nothing.
 *
 * @throws ArgumentError where a target does not lie in [0, 1]; ShapeError where the shapes differ; DTypeError where
 * the dtypes do.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.binaryCrossEntropyWithLogits(tensor([-1000]), tensor([1])).item(); // => 1000
 */
export function binaryCrossEntropyWithLogits(
  input: Tensor,
  target: Tensor,
  options: BinaryCrossEntropyWithLogitsOptions = NO_OPTIONS,
): Tensor {
  const op = 'binaryCrossEntropyWithLogits';
  checkPairOf(op, input, target);
  checkOptions(op, options, BCE_WITH_LOGITS_OPTIONS);
  const { weight = null, posWeight = null } = options;
  checkWeight(op, 'weight', weight, input);
  checkWeight(op, 'posWeight', posWeight, input);
  const reduction = reductionOf(op, options, input);
  checkUnit(op, 'target', target, 'labels are 0 and 1');
  const losses = (scale: Tensor | null): Tensor => {
    const logs = logSigmoid(input);
    return sub(mul(sub(1, target), input), scale === null ? logs : mul(scale, logs));
  };
  if (posWeight === null)
    return recorded(BINARY_WITH_LOGITS, input, target, weight, reduction, () => losses(null));
  const scaled = losses(add(mul(sub(posWeight, 1), target), 1));
  return reduceLosses(weighted(scaled, weight), reduction);
}
