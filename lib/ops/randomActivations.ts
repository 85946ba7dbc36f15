// Activations with a part of chance: rectifiers of random slope, and samples of categories that gradients pass.

import { kernel } from '../backend/kernels.js';
import { ArgumentError } from '../core/errors.js';
import { A, B, record1 } from '../core/graph.js';
import { checkAxis } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { applyBinary, type Binary, checkFloating, Domain, fillLike, rule } from './apply.js';
import { div, mul, sub } from './binary.js';
import { gt } from './compare.js';
import { composed } from './composed.js';
import { checkBounds, sample } from './random.js';
import { leakyRelu } from './rectifiers.js';
import { argmax } from './reduce.js';
import { scatter } from './scatter.js';
import { reshape } from './shape.js';
import { softmax } from './softmax.js';
import { log } from './unary.js';
import { where } from './where.js';

export interface RReLUOptions {
  /** The least slope below 0. Default 1/8. */
  lower?: number;
  /** The largest slope below 0. Default 1/3. */
  upper?: number;
  /** Whether slopes are drawn; otherwise all are the mean of both. Default false. */
  training?: boolean;
}

const RRELU_OPTIONS = optionNames<RReLUOptions>({ lower: true, upper: true, training: true });

// The slopes are drawn for this one use, so that nobody wants their gradient.
const RRELU: Binary = {
  name: 'rrelu',
  kernel: kernel.prelu,
  domain: Domain.Floats,
  predicate: false,
  rule: rule('rrelu', {
    a: [A | B, (n, g) => where(gt(n.a as Tensor, 0), g, mul(g, n.b as Tensor))],
  }),
};

/** @internal */
export function checkSlopes(op: string, lower = 1 / 8, upper = 1 / 3): readonly [number, number] {
  checkBounds(op, lower, upper);
  return [lower, upper];
}

/**
 * x above 0 and slope · x below, elementwise, where in training each element has a slope of its own, drawn evenly from
 * [lower, upper), and otherwise their mean (Xu et al. 2015).
 *
 * @throws ArgumentError where the slopes are not finite or lower > upper; DTypeError on integers.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.rrelu(tensor([-2, 3]), { lower: 0.25, upper: 0.75 }).toArray(); // => [-1, 3]
 */
export function rrelu(x: Tensor, options: RReLUOptions = NO_OPTIONS): Tensor {
  checkFloating('rrelu', x);
  checkOptions('rrelu', options, RRELU_OPTIONS);
  const [lower, upper] = checkSlopes('rrelu', options.lower, options.upper);
  if (options.training !== true) return leakyRelu(x, { negativeSlope: (lower + upper) / 2 });
  const slopes = sample('uniform', makeTensor(x.layout.dense, x.kind), lower, upper);
  return applyBinary(RRELU, x, slopes);
}

export interface GumbelSoftmaxOptions {
  /** The temperature: the lower, the closer samples are to one category. Default 1. */
  tau?: number;
  /** Whether samples are one category, with the gradient of what they were before. Default false. */
  hard?: boolean;
}

// Past the choice of a category the gradient goes as if there had been none.
const STRAIGHT = rule('gumbelSoftmax', { a: [0, (_node, g) => g] });

const GUMBEL_OPTIONS = optionNames<GumbelSoftmaxOptions>({ tau: true, hard: true });

/**
 * Samples from categories with probabilities softmax(logits) along `dim`, such that gradients reach the logits:
 * softmax((logits + G) / tau) with G = −ln E, E exponential. With `hard` each is 1 for the largest and 0 elsewhere, and
 * its gradient that of the soft sample (Jang, Gu and Poole 2016).
 *
 * @throws ShapeError where dim is out of range; ArgumentError where tau is not above 0; DTypeError on integers.
 * @example
 * import { nn, tensor } from 'quern';
 * nn.functional.gumbelSoftmax(tensor([1e3, 0, 0]), 0, { hard: true }).toArray(); // => [1, 0, 0]
 */
export function gumbelSoftmax(logits: Tensor, dim = -1, options: GumbelSoftmaxOptions = NO_OPTIONS): Tensor {
  const op = 'gumbelSoftmax';
  checkFloating(op, logits);
  checkOptions(op, options, GUMBEL_OPTIONS);
  const axis = checkAxis(op, dim, logits.ndim);
  const { tau = 1, hard = false } = options;
  if (!(Number.isFinite(tau) && tau > 0))
    throw new ArgumentError(op, 'tau', tau, `tau is a finite number above 0; got ${String(tau)}`);
  if (logits.ndim === 0) return reshape(gumbelSoftmax(reshape(logits, [1]), 0, options), []);
  const noise = composed(() =>
    log(sample('exponential', makeTensor(logits.layout.dense, logits.kind), 1, 0)),
  );
  const soft = softmax(div(sub(logits, noise), tau), axis);
  noise.dispose();
  if (!hard || logits.size === 0) return soft;
  const chosen = composed(() => scatter(fillLike(soft, 0), axis, argmax(soft, axis, { keepdim: true }), 1));
  record1(STRAIGHT, chosen, soft, null);
  return chosen;
}
