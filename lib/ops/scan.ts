// Scans along a dimension: running sums, products, extremes and logarithms of sums, with gradients of every order.

import { active } from '../backend/active.js';
import { type KernelName, kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { INT32, isFloatKind } from '../core/dtype.js';
import { A, OUT, type Rule, record1, record2 } from '../core/graph.js';
import { checkAxis, denseLayout } from '../core/layout.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { castTo, checkFloating, checkTensor, rule } from './apply.js';
import { mul, sub } from './binary.js';
import { filledOf } from './create.js';
import { pickRule } from './gather.js';
import { concat } from './join.js';
import type { ValuesAndIndices } from './reduce.js';
import { contiguous, reshape } from './shape.js';
import { narrow } from './slice.js';
import { exp } from './unary.js';

/** Along which axis, and whether from its end to its beginning. */
interface Course {
  readonly axis: number;
  readonly reverse: boolean;
}

function setAttributes({ axis, reverse }: Course): void {
  attributes[0] = axis;
  attributes[1] = Number(reverse);
}

function turned({ axis, reverse }: Course): Course {
  return { axis, reverse: !reverse };
}

/** x one step on in the course of a scan, and a value where it begins. */
function following(x: Tensor, { axis, reverse }: Course, value: number): Tensor {
  const n = x.shape[axis];
  if (n === 0) return x;
  const edge = filledOf(denseLayout(x.shape.map((dim, i) => (i === axis ? 1 : dim))), x.kind, value);
  return reverse
    ? concat([narrow(x, axis, 1, n - 1), edge], axis)
    : concat([edge, narrow(x, axis, 0, n - 1)], axis);
}

// With G the recurrence of the incoming gradient the other way, by the factors one step ahead, the gradient of b is G
// and that of a is G times the result before.
const RECURRENCE = rule('recurrence', {
  a: [
    A | OUT,
    (n, g) => {
      const course = n.saved as Course;
      return mul(backRecurrence(n.a as Tensor, g, course), following(n.out as Tensor, course, 0));
    },
  ],
  b: [A, (n, g) => backRecurrence(n.a as Tensor, g, n.saved as Course)],
});

function backRecurrence(a: Tensor, g: Tensor, course: Course): Tensor {
  const back = turned(course);
  return recurrence(following(a, back, 0), g, back);
}

/** out = a · (out before) + b, beginning with b: what gradients of scans are made of. */
function recurrence(a: Tensor, b: Tensor, course: Course): Tensor {
  const [factors, added] = [contiguous(a), contiguous(b)];
  const out = makeTensor(added.layout, added.kind);
  setAttributes(course);
  active.run3(kernel.recurrence, out.kind, out, factors, added);
  record2(RECURRENCE, out, factors, added, course);
  return out;
}

function scan(name: KernelName, x: Tensor, course: Course, gradients: Rule): Tensor {
  const a = contiguous(x.ndim === 0 ? reshape(x, [1]) : x);
  const out = makeTensor(a.layout, a.kind);
  setAttributes(course);
  active.run2(kernel[name], a.kind, out, a);
  record1(gradients, out, a, course);
  return x.ndim === 0 ? reshape(out, []) : out;
}

/** An integer tensor in the dtype that sums are kept in. */
function summable(x: Tensor): Tensor {
  return isFloatKind(x.kind) ? x : castTo(x, INT32);
}

const CUMSUM: Rule = rule('cumsum', {
  a: [0, (n, g) => scan('cumsum', g, turned(n.saved as Course), CUMSUM)],
});

/**
 * Running sums along `dim`: out[i] = x[0] + … + x[i]. Of x's shape; int32, uint8 and bool sum in int32, which wraps.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { cumsum, tensor } from 'quern';
 * cumsum(tensor([1, 2, 3]), 0).toArray(); // => [1, 3, 6]
 */
export function cumsum(x: Tensor, dim: number): Tensor {
  checkTensor('cumsum', x);
  const axis = checkAxis('cumsum', dim, x.ndim);
  return scan('cumsum', summable(x), { axis, reverse: false }, CUMSUM);
}

// An element's gradient is the product before it times Σ g · (the product between it and each later one), which is a
// recurrence: no division, so zeros do no harm.
const CUMPROD: Rule = rule('cumprod', {
  a: [
    A | OUT,
    (n, g) => {
      const course = n.saved as Course;
      return mul(following(n.out as Tensor, course, 1), backRecurrence(n.a as Tensor, g, course));
    },
  ],
});

/**
 * Running products along `dim`: out[i] = x[0] · … · x[i]. Of x's shape; integers multiply in int32, which wraps.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { cumprod, tensor } from 'quern';
 * cumprod(tensor([1, 2, 3, 4]), 0).toArray(); // => [1, 2, 6, 24]
 */
export function cumprod(x: Tensor, dim: number): Tensor {
  checkTensor('cumprod', x);
  const axis = checkAxis('cumprod', dim, x.ndim);
  return scan('cumprod', summable(x), { axis, reverse: false }, CUMPROD);
}

// dx = eˣ⁻ʸ D with D[i] = g[i] + exp(y[i] − y[i + 1]) D[i + 1]: no exponent is positive.
const LOGCUMSUMEXP = rule('logcumsumexp', {
  a: [
    A | OUT,
    (n, g) => {
      const [x, y, course] = [n.a as Tensor, n.out as Tensor, n.saved as Course];
      const steps = exp(sub(following(y, course, Number.NEGATIVE_INFINITY), y));
      return mul(exp(sub(x, y)), backRecurrence(steps, g, course));
    },
  ],
});

/**
 * ln of the running sums of eˣ along `dim`, without overflow. Of x's shape.
 *
 * @throws ShapeError where dim is out of range; DTypeError on integers.
 * @example
 * import { logcumsumexp, tensor } from 'quern';
 * logcumsumexp(tensor([1000, 1000]), 0).toArray(); // => [1000, 1000.693115234375]
 */
export function logcumsumexp(x: Tensor, dim: number): Tensor {
  checkFloating('logcumsumexp', x);
  const axis = checkAxis('logcumsumexp', dim, x.ndim);
  return scan('logcumsumexp', x, { axis, reverse: false }, LOGCUMSUMEXP);
}

const CUMMAX = pickRule('cummax');
const CUMMIN = pickRule('cummin');

function scanExtreme(op: 'cummax' | 'cummin', x: Tensor, dim: number, gradients: Rule): ValuesAndIndices {
  checkTensor(op, x);
  const axis = checkAxis(op, dim, x.ndim);
  const a = contiguous(summable(x.ndim === 0 ? reshape(x, [1]) : x));
  const values = makeTensor(a.layout, a.kind);
  const indices = makeTensor(a.layout, INT32);
  setAttributes({ axis, reverse: false });
  active.run3(kernel[op], a.kind, values, indices, a);
  record2(gradients, values, a, indices, axis);
  const own = castTo(values, x.kind);
  return x.ndim === 0
    ? { values: reshape(own, []), indices: reshape(indices, []) }
    : { values: own, indices };
}

/**
 * The largest value so far along `dim`, and the index (int32) of the last element that equals it. From a NaN on, NaN.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { cummax, tensor } from 'quern';
 * const { values, indices } = cummax(tensor([1, 3, 2, 3]), 0);
 * values.toArray(); // => [1, 3, 3, 3]
 * indices.toArray(); // => [0, 1, 1, 3]
 */
export function cummax(x: Tensor, dim: number): ValuesAndIndices {
  return scanExtreme('cummax', x, dim, CUMMAX);
}

/**
 * The smallest value so far along `dim`, and the index (int32) of the last element that equals it. From a NaN on, NaN.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { cummin, tensor } from 'quern';
 * cummin(tensor([3, 1, 2]), 0).values.toArray(); // => [3, 1, 1]
 */
export function cummin(x: Tensor, dim: number): ValuesAndIndices {
  return scanExtreme('cummin', x, dim, CUMMIN);
}
