// Truncated normal numbers, by the inverse of the normal distribution function.

import { ArgumentError } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { tensor } from '../ops/create.js';
import { checkNormal, fillUniform } from '../ops/random.js';
import { item } from '../ops/read.js';
import { erfc } from '../ops/unary.js';
import { checkFillable, drawnValues, writeValues } from './initHost.js';

interface TruncNormalOptions {
  /** Of the distribution before it is cut. Default 0. */
  mean?: number;
  /** Of the distribution before it is cut. Default 1. */
  std?: number;
  /** The least value. Default −2. */
  a?: number;
  /** The largest value. Default 2. */
  b?: number;
}

const TRUNC_NORMAL_OPTIONS = optionNames<TruncNormalOptions>({ mean: true, std: true, a: true, b: true });

/** The probability of less than z. */
function phi(z: number): number {
  const x = tensor(-z / Math.SQRT2, { dtype: 'float64' });
  const tail = erfc(x);
  const value = (item(tail) as number) / 2;
  x.dispose();
  tail.dispose();
  return value;
}

const polynomial = (x: number, coefficients: readonly number[]): number =>
  coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);

// Wichura, "Algorithm AS 241: the percentage points of the normal distribution" (1988), PPND16: 16 digits.
const CENTRE = [
  [
    3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
    45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
  ],
  [
    1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867,
    39307.89580009271061, 28729.085735721942674, 5226.495278852545925,
  ],
] as const;
const NEAR = [
  [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
  ],
  [
    1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
    0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
  ],
] as const;
const FAR = [
  [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
    0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ],
  [
    1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
    1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
  ],
] as const;

const ratio = (x: number, [above, below]: readonly [readonly number[], readonly number[]]): number =>
  polynomial(x, above) / polynomial(x, below);

/** The z below which a normal number lies with probability p, for 0 < p < 1. */
function quantile(p: number): number {
  const q = p - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(0.180625 - q * q, CENTRE);
  const r = Math.sqrt(-Math.log(Math.min(p, 1 - p)));
  const z = r <= 5 ? ratio(r - 1.6, NEAR) : ratio(r - 5, FAR);
  return q < 0 ? -z : z;
}

/**
 * Normal numbers of a mean and a standard deviation, drawn anew wherever they leave [a, b], written over x. The bounds
 * are values, not multiples of the deviation. Computed from even numbers by the inverse of the distribution function.
 *
 * @throws ArgumentError where a number is not finite, std ≤ 0 or a ≥ b, or where next to nothing of the distribution lies
 * between the bounds; DTypeError on integers.
 * @example
 * import { nn, zeros } from 'quern';
 * nn.init.truncNormal_(zeros([100]), { std: 0.02, a: -0.04, b: 0.04 }).abs().amax().item() <= 0.04; // => true
 */
export function truncNormal_(x: Tensor, options: TruncNormalOptions = NO_OPTIONS): Tensor {
  const op = 'truncNormal_';
  checkOptions(op, options, TRUNC_NORMAL_OPTIONS);
  const { mean = 0, std = 1, a = -2, b = 2 } = options;
  checkNormal(op, mean, std);
  if (std === 0) throw new ArgumentError(op, 'std', std, 'std is above 0; use constant_ for one value');
  if (!(Number.isFinite(a) && Number.isFinite(b) && a < b))
    throw new ArgumentError(op, 'a', a, `a and b are finite numbers with a < b; got ${a} and ${b}`);
  checkFillable(op, x);
  // In the upper half probabilities crowd below 1, so that bounds there are turned over.
  const turned = a > mean;
  const [low, high] = [(a - mean) / std, (b - mean) / std];
  const [from, to] = turned ? [phi(-high), phi(-low)] : [phi(low), phi(high)];
  if (!(from < to && to > 0)) {
    throw new ArgumentError(
      op,
      'a',
      a,
      `next to nothing of a normal distribution of mean ${mean} and deviation ${std} lies between ${a} and ${b}`,
    );
  }
  const values = drawnValues(x.size, (target) => fillUniform(target, from, to));
  for (let i = 0; i < values.length; i++) {
    const z = quantile(values[i]);
    values[i] = Math.min(b, Math.max(a, mean + std * (turned ? -z : z)));
  }
  return writeValues(x, values);
}
