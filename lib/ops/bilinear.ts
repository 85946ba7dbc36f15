// Bilinear maps of pairs of vectors.

import { isFloatKind } from '../core/dtype.js';
import { DTypeError, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkTensor } from './apply.js';
import { mul } from './binary.js';
import { affine } from './linear.js';
import { reshape } from './shape.js';

export interface BilinearFunctionOptions {
  /** (O,), added to the result. */
  bias?: Tensor | null;
}

const BILINEAR_OPTIONS = optionNames<BilinearFunctionOptions>({ bias: true });

function checkOperands(op: string, x: Tensor, y: Tensor, weight: Tensor, bias: Tensor | null): void {
  for (const one of [x, y, weight]) checkTensor(op, one);
  if (bias !== null) checkTensor(op, bias);
  const given = bias === null ? [x, y, weight] : [x, y, weight, bias];
  const dtypes = given.map((one) => one.dtype);
  if (!isFloatKind(x.kind) || given.some((one) => one.kind !== x.kind)) {
    throw new DTypeError(
      op,
      `operands must have the same floating dtype; got ${dtypes.join(', ')}: cast with to()`,
      dtypes,
    );
  }
  const shapes = given.map((one) => one.shape);
  if (weight.ndim !== 3)
    throw new ShapeError(op, `the weight is (out, in1, in2); got ${showShape(weight.shape)}`, shapes);
  const [out, ...features] = weight.shape;
  const lead = x.shape.slice(0, -1);
  const alike = x.ndim > 0 && x.ndim === y.ndim && lead.every((dim, i) => dim === y.shape[i]);
  if (!alike || x.shape[lead.length] !== features[0] || y.shape[lead.length] !== features[1]) {
    throw new ShapeError(
      op,
      `the inputs are (…, ${features[0]}) and (…, ${features[1]}), otherwise of one shape, for the weight ` +
        `${showShape(weight.shape)}; got ${showShape(x.shape)} and ${showShape(y.shape)}`,
      shapes,
    );
  }
  if (bias !== null && (bias.ndim !== 1 || bias.shape[0] !== out))
    throw new ShapeError(op, `the bias is (${out},); got ${showShape(bias.shape)}`, shapes);
}

/**
 * x (…, I) and y (…, J) to (…, O): out[o] = Σ x[i] · weight[o, i, j] · y[j] + bias[o], with the weight (O, I, J).
 *
 * @throws ShapeError, DTypeError where an operand does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const weight = tensor([[[1, 0], [0, 2]]]);
 * nn.functional.bilinear(tensor([[3, 4]]), tensor([[5, 6]]), weight).toArray(); // => [[63]]
 */
export function bilinear(
  x: Tensor,
  y: Tensor,
  weight: Tensor,
  options: BilinearFunctionOptions = NO_OPTIONS,
): Tensor {
  const op = 'bilinear';
  checkOptions(op, options, BILINEAR_OPTIONS);
  const { bias = null } = options;
  checkOperands(op, x, y, weight, bias);
  const [out, first, second] = weight.shape;
  const lead = x.shape.slice(0, -1);
  const rows = lead.reduce((product, dim) => product * dim, 1);
  // A linear map of all products of two features: one large matrix product.
  const products = mul(reshape(x, [rows, first, 1]), reshape(y, [rows, 1, second]));
  const flat = affine(
    reshape(products, [rows, first * second]),
    reshape(weight, [out, first * second]),
    bias,
  );
  return reshape(flat, [...lead, out]);
}
