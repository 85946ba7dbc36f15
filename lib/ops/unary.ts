// Mathematical functions of one operand, elementwise, with gradients.

import { active } from '../backend/active.js';
import { type KernelName, kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { BOOL, isFloatKind } from '../core/dtype.js';
import { DTypeError } from '../core/errors.js';
import { A, OUT } from '../core/graph.js';
import { makeTensor, Tensor } from '../core/tensor.js';
import { applyUnary, checkTensor, Domain, flat, rule, type Unary } from './apply.js';
import { add, div, mul, pow } from './binary.js';

function define(name: KernelName, domain: Domain, gradients: Unary['rule']): Unary {
  return { name, kernel: kernel[name], domain, predicate: false, rule: gradients };
}

const NEG = define('neg', Domain.Numeric, rule('neg', { a: [0, (_n, g) => neg(g)] }));
const ABS = define('abs', Domain.Numeric, rule('abs', { a: [A, (n, g) => mul(g, sign(n.a as Tensor))] }));
const SIGN = define('sign', Domain.Numeric, flat('sign'));
const SQUARE = define(
  'square',
  Domain.Numeric,
  rule('square', { a: [A, (n, g) => mul(g, mul(n.a as Tensor, 2))] }),
);
const SQRT = define(
  'sqrt',
  Domain.Floats,
  rule('sqrt', { a: [OUT, (n, g) => div(g, mul(n.out as Tensor, 2))] }),
);
const RSQRT = define(
  'rsqrt',
  Domain.Floats,
  rule('rsqrt', { a: [OUT, (n, g) => mul(mul(g, -0.5), pow(n.out as Tensor, 3))] }),
);
const RECIPROCAL = define(
  'reciprocal',
  Domain.Floats,
  rule('reciprocal', { a: [OUT, (n, g) => neg(mul(g, square(n.out as Tensor)))] }),
);
const EXP = define('exp', Domain.Floats, rule('exp', { a: [OUT, (n, g) => mul(g, n.out as Tensor)] }));
const EXP2 = define(
  'exp2',
  Domain.Floats,
  rule('exp2', { a: [OUT, (n, g) => mul(g, mul(n.out as Tensor, Math.LN2))] }),
);
const EXPM1 = define(
  'expm1',
  Domain.Floats,
  rule('expm1', { a: [OUT, (n, g) => mul(g, add(n.out as Tensor, 1))] }),
);
const LOG = define('log', Domain.Floats, rule('log', { a: [A, (n, g) => div(g, n.a as Tensor)] }));
const LOG1P = define(
  'log1p',
  Domain.Floats,
  rule('log1p', { a: [A, (n, g) => div(g, add(n.a as Tensor, 1))] }),
);
const LOG2 = define(
  'log2',
  Domain.Floats,
  rule('log2', { a: [A, (n, g) => div(g, mul(n.a as Tensor, Math.LN2))] }),
);
const LOG10 = define(
  'log10',
  Domain.Floats,
  rule('log10', { a: [A, (n, g) => div(g, mul(n.a as Tensor, Math.LN10))] }),
);
const SIN = define('sin', Domain.Floats, rule('sin', { a: [A, (n, g) => mul(g, cos(n.a as Tensor))] }));
const COS = define('cos', Domain.Floats, rule('cos', { a: [A, (n, g) => neg(mul(g, sin(n.a as Tensor)))] }));
const TAN = define(
  'tan',
  Domain.Floats,
  rule('tan', { a: [OUT, (n, g) => mul(g, add(square(n.out as Tensor), 1))] }),
);
const ERF = define(
  'erf',
  Domain.Floats,
  rule('erf', { a: [A, (n, g) => mul(mul(g, 2 / Math.sqrt(Math.PI)), exp(neg(square(n.a as Tensor))))] }),
);
const ERFC = define(
  'erfc',
  Domain.Floats,
  rule('erfc', { a: [A, (n, g) => mul(mul(g, -2 / Math.sqrt(Math.PI)), exp(neg(square(n.a as Tensor))))] }),
);
const FLOOR = define('floor', Domain.Floats, flat('floor'));
const CEIL = define('ceil', Domain.Floats, flat('ceil'));
const ROUND = define('round', Domain.Floats, flat('round'));
const TRUNC = define('trunc', Domain.Floats, flat('trunc'));
const FRAC = define('frac', Domain.Floats, rule('frac', { a: [0, (_n, g) => g] }));

/** Those that can be written over their operand. @internal */
export const UNARY = {
  neg: NEG,
  abs: ABS,
  sign: SIGN,
  square: SQUARE,
  sqrt: SQRT,
  rsqrt: RSQRT,
  reciprocal: RECIPROCAL,
  exp: EXP,
  exp2: EXP2,
  expm1: EXPM1,
  log: LOG,
  log1p: LOG1P,
  log2: LOG2,
  log10: LOG10,
  sin: SIN,
  cos: COS,
  tan: TAN,
  erf: ERF,
  erfc: ERFC,
  frac: FRAC,
} as const;

// Whole numbers already are what rounding would make of them, and keep their dtype.
function applyRounding(op: Unary, x: Tensor): Tensor {
  checkTensor(op.name, x);
  if (!isFloatKind(x.kind)) {
    const out = makeTensor(x.layout.dense, x.kind);
    attributes[0] = x.kind;
    active.run2(kernel.cast, x.kind, out, x);
    return out;
  }
  return applyUnary(op, x);
}

/**
 * The negative −x. Elementwise, any shape. Integers keep their dtype.
 *
 * @throws DTypeError on bool.
 * @example
 * import { neg, tensor } from 'quern';
 * neg(tensor([1, -2])).toArray(); // => [-1, 2]
 */
export function neg(x: Tensor): Tensor {
  if (x instanceof Tensor && x.kind === BOOL)
    throw new DTypeError('neg', 'bool tensors have no negative; use logicalNot, or cast them with to()', [
      'bool',
    ]);
  return applyUnary(NEG, x);
}

/**
 * The absolute value |x|; its gradient at 0 is 0. Elementwise, any shape. Integers keep their dtype.
 *
 * @example
 * import { abs, tensor } from 'quern';
 * abs(tensor([1, -2])).toArray(); // => [1, 2]
 */
export function abs(x: Tensor): Tensor {
  return applyUnary(ABS, x);
}

/**
 * The sign of x: −1, 0 or 1, and 0 for NaN. Its gradient is 0. Elementwise, any shape. Integers keep their dtype.
 *
 * @example
 * import { sign, tensor } from 'quern';
 * sign(tensor([-3, 0, 2])).toArray(); // => [-1, 0, 1]
 */
export function sign(x: Tensor): Tensor {
  return applyUnary(SIGN, x);
}

/**
 * The square x². Elementwise, any shape. Integers keep their dtype.
 *
 * @example
 * import { square, tensor } from 'quern';
 * square(tensor([1, -3])).toArray(); // => [1, 9]
 */
export function square(x: Tensor): Tensor {
  return applyUnary(SQUARE, x);
}

/**
 * The square root √x; NaN below 0. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { sqrt, tensor } from 'quern';
 * sqrt(tensor([4, 9])).toArray(); // => [2, 3]
 */
export function sqrt(x: Tensor): Tensor {
  return applyUnary(SQRT, x);
}

/**
 * The reciprocal of the square root, 1/√x. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { rsqrt, tensor } from 'quern';
 * rsqrt(tensor([4, 16])).toArray(); // => [0.5, 0.25]
 */
export function rsqrt(x: Tensor): Tensor {
  return applyUnary(RSQRT, x);
}

/**
 * The reciprocal 1/x. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { reciprocal, tensor } from 'quern';
 * reciprocal(tensor([2, -4])).toArray(); // => [0.5, -0.25]
 */
export function reciprocal(x: Tensor): Tensor {
  return applyUnary(RECIPROCAL, x);
}

/**
 * The exponential eˣ. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { exp, tensor } from 'quern';
 * exp(tensor([0, 1])).toArray(); // => [1, 2.7182817459106445]
 */
export function exp(x: Tensor): Tensor {
  return applyUnary(EXP, x);
}

/**
 * The power of two 2ˣ. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { exp2, tensor } from 'quern';
 * exp2(tensor([3, -1])).toArray(); // => [8, 0.5]
 */
export function exp2(x: Tensor): Tensor {
  return applyUnary(EXP2, x);
}

/**
 * eˣ − 1, precise for small x too. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { expm1, tensor } from 'quern';
 * expm1(tensor([0])).toArray(); // => [0]
 */
export function expm1(x: Tensor): Tensor {
  return applyUnary(EXPM1, x);
}

/**
 * The natural logarithm ln x; −∞ at 0, NaN below. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { log, tensor } from 'quern';
 * log(tensor([1])).toArray(); // => [0]
 */
export function log(x: Tensor): Tensor {
  return applyUnary(LOG, x);
}

/**
 * ln(1 + x), precise for small x too. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { log1p, tensor } from 'quern';
 * log1p(tensor([0])).toArray(); // => [0]
 */
export function log1p(x: Tensor): Tensor {
  return applyUnary(LOG1P, x);
}

/**
 * The logarithm to base 2. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { log2, tensor } from 'quern';
 * log2(tensor([8, 0.5])).toArray(); // => [3, -1]
 */
export function log2(x: Tensor): Tensor {
  return applyUnary(LOG2, x);
}

/**
 * The logarithm to base 10. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { log10, tensor } from 'quern';
 * log10(tensor([100])).toArray(); // => [2]
 */
export function log10(x: Tensor): Tensor {
  return applyUnary(LOG10, x);
}

/**
 * The sine of x, in radians. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { sin, tensor } from 'quern';
 * sin(tensor([0])).toArray(); // => [0]
 */
export function sin(x: Tensor): Tensor {
  return applyUnary(SIN, x);
}

/**
 * The cosine of x, in radians. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { cos, tensor } from 'quern';
 * cos(tensor([0])).toArray(); // => [1]
 */
export function cos(x: Tensor): Tensor {
  return applyUnary(COS, x);
}

/**
 * The tangent of x, in radians. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { tan, tensor } from 'quern';
 * tan(tensor([0])).toArray(); // => [0]
 */
export function tan(x: Tensor): Tensor {
  return applyUnary(TAN, x);
}

/**
 * The error function 2/√π ∫₀ˣ e^(−t²) dt. Elementwise, any shape. Integers give float32.
 *
 * @example
 * import { erf, tensor } from 'quern';
 * erf(tensor([0])).toArray(); // => [0]
 */
export function erf(x: Tensor): Tensor {
  return applyUnary(ERF, x);
}

/**
 * The complement of the error function, 1 − erf x, precise for large x too. Elementwise, any shape. Integers give
 * float32.
 *
 * @example
 * import { erfc, tensor } from 'quern';
 * erfc(tensor([0, Infinity])).toArray(); // => [1, 0]
 */
export function erfc(x: Tensor): Tensor {
  return applyUnary(ERFC, x);
}

/**
 * The largest whole number not above x. Its gradient is 0. Elementwise, any shape. Integers keep their dtype.
 *
 * @example
 * import { floor, tensor } from 'quern';
 * floor(tensor([1.7, -1.2])).toArray(); // => [1, -2]
 */
export function floor(x: Tensor): Tensor {
  return applyRounding(FLOOR, x);
}

/**
 * The smallest whole number not below x. Its gradient is 0. Elementwise, any shape. Integers keep their dtype.
 *
 * @example
 * import { ceil, tensor } from 'quern';
 * ceil(tensor([1.2, -1.7])).toArray(); // => [2, -1]
 */
export function ceil(x: Tensor): Tensor {
  return applyRounding(CEIL, x);
}

/**
 * The nearest whole number, halves to the even one. Its gradient is 0. Elementwise, any shape. Integers keep their dtype.
 *
 * @example
 * import { round, tensor } from 'quern';
 * round(tensor([0.5, 1.5, 2.4])).toArray(); // => [0, 2, 2]
 */
export function round(x: Tensor): Tensor {
  return applyRounding(ROUND, x);
}

/**
 * x without its fraction. Its gradient is 0. Elementwise, any shape. Integers keep their dtype.
 *
 * @example
 * import { trunc, tensor } from 'quern';
 * trunc(tensor([1.7, -1.7])).toArray(); // => [1, -1]
 */
export function trunc(x: Tensor): Tensor {
  return applyRounding(TRUNC, x);
}

/**
 * The fraction x − trunc(x), of the sign of x. Elementwise, any shape.
 *
 * @throws DTypeError on integers, which have none.
 * @example
 * import { frac, tensor } from 'quern';
 * frac(tensor([1.75, -1.25])).toArray(); // => [0.75, -0.25]
 */
export function frac(x: Tensor): Tensor {
  checkTensor('frac', x);
  if (!isFloatKind(x.kind)) {
    throw new DTypeError('frac', `integers have no fraction; got ${x.dtype}: cast it with to()`, [x.dtype]);
  }
  return applyUnary(FRAC, x);
}
