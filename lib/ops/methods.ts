// Every operation as a method of Tensor: `x.add(y)` is `add(x, y)`.

import { inspect } from 'node:util';
import { type BackwardOptions, backward } from '../core/autograd.js';
import type { DataArray, DType } from '../core/dtype.js';
import { type GradientHook, listenersOf, registerHook } from '../core/gradientHooks.js';
import type { RemovableHandle } from '../core/handles.js';
import { Tensor } from '../core/tensor.js';
import type { SoftplusOptions } from './activation.js';
import * as activationOps from './activation.js';
import type { Operand } from './apply.js';
import type { DivOptions } from './binary.js';
import * as binaryOps from './binary.js';
import * as castOps from './cast.js';
import type { ClampOptions } from './clamp.js';
import * as clampOps from './clamp.js';
import * as compareOps from './compare.js';
import { elementwiseMethods } from './elementwiseMethods.js';
import { type InPlaceForms, inPlaceForms } from './inPlaceForms.js';
import * as inplaceOps from './inplace.js';
import * as maskedOps from './masked.js';
import * as matmulOps from './matmul.js';
import { matrixMethods } from './matrixMethods.js';
import type { MultinomialOptions } from './multinomial.js';
import * as multinomialOps from './multinomial.js';
import type { NonzeroOptions } from './nonzero.js';
import * as nonzeroOps from './nonzero.js';
import { type OrderMethods, orderMethods, otherOrderMethods } from './orderMethods.js';
import { show } from './print.js';
import type {
  BernoulliOptions,
  CauchyOptions,
  ExponentialOptions,
  NormalOptions,
  RangeOptions,
} from './randomInPlace.js';
import * as randomOps from './randomInPlace.js';
import type { Nested } from './read.js';
import * as readOps from './read.js';
import type { Dim, ReduceOptions, ValuesAndIndices } from './reduce.js';
import * as reduceOps from './reduce.js';
import type { ScatterReduceOptions, ScatterReduction } from './scatterReduce.js';
import * as scatterReduceOps from './scatterReduce.js';
import { shapeMethods } from './shapeMethods.js';
import * as softmaxOps from './softmax.js';
import type { SpreadOptions } from './spread.js';
import * as spreadOps from './spread.js';
import * as unaryOps from './unary.js';
import * as whereOps from './where.js';

// Written out one by one: a method of its own has type feedback of its own, and a call site that can be inlined.
const methods = {
  add(this: Tensor, b: Operand): Tensor {
    return binaryOps.add(this, b);
  },
  sub(this: Tensor, b: Operand): Tensor {
    return binaryOps.sub(this, b);
  },
  mul(this: Tensor, b: Operand): Tensor {
    return binaryOps.mul(this, b);
  },
  div(this: Tensor, b: Operand, options?: DivOptions): Tensor {
    return binaryOps.div(this, b, options);
  },
  pow(this: Tensor, b: Operand): Tensor {
    return binaryOps.pow(this, b);
  },
  maximum(this: Tensor, b: Operand): Tensor {
    return binaryOps.maximum(this, b);
  },
  minimum(this: Tensor, b: Operand): Tensor {
    return binaryOps.minimum(this, b);
  },
  add_(this: Tensor, b: Operand): Tensor {
    return binaryOps.add_(this, b);
  },
  sub_(this: Tensor, b: Operand): Tensor {
    return binaryOps.sub_(this, b);
  },
  mul_(this: Tensor, b: Operand): Tensor {
    return binaryOps.mul_(this, b);
  },
  div_(this: Tensor, b: Operand, options?: DivOptions): Tensor {
    return binaryOps.div_(this, b, options);
  },
  relu(this: Tensor): Tensor {
    return activationOps.relu(this);
  },
  tanh(this: Tensor): Tensor {
    return activationOps.tanh(this);
  },
  sigmoid(this: Tensor): Tensor {
    return activationOps.sigmoid(this);
  },
  softplus(this: Tensor, options?: SoftplusOptions): Tensor {
    return activationOps.softplus(this, options);
  },
  eq(this: Tensor, b: Operand): Tensor {
    return compareOps.eq(this, b);
  },
  ne(this: Tensor, b: Operand): Tensor {
    return compareOps.ne(this, b);
  },
  lt(this: Tensor, b: Operand): Tensor {
    return compareOps.lt(this, b);
  },
  le(this: Tensor, b: Operand): Tensor {
    return compareOps.le(this, b);
  },
  gt(this: Tensor, b: Operand): Tensor {
    return compareOps.gt(this, b);
  },
  ge(this: Tensor, b: Operand): Tensor {
    return compareOps.ge(this, b);
  },
  logicalAnd(this: Tensor, b: Operand): Tensor {
    return compareOps.logicalAnd(this, b);
  },
  logicalOr(this: Tensor, b: Operand): Tensor {
    return compareOps.logicalOr(this, b);
  },
  logicalXor(this: Tensor, b: Operand): Tensor {
    return compareOps.logicalXor(this, b);
  },
  logicalNot(this: Tensor): Tensor {
    return compareOps.logicalNot(this);
  },
  isNaN(this: Tensor): Tensor {
    return compareOps.isNaN(this);
  },
  isFinite(this: Tensor): Tensor {
    return compareOps.isFinite(this);
  },
  isInf(this: Tensor): Tensor {
    return compareOps.isInf(this);
  },
  neg(this: Tensor): Tensor {
    return unaryOps.neg(this);
  },
  abs(this: Tensor): Tensor {
    return unaryOps.abs(this);
  },
  sign(this: Tensor): Tensor {
    return unaryOps.sign(this);
  },
  square(this: Tensor): Tensor {
    return unaryOps.square(this);
  },
  sqrt(this: Tensor): Tensor {
    return unaryOps.sqrt(this);
  },
  rsqrt(this: Tensor): Tensor {
    return unaryOps.rsqrt(this);
  },
  reciprocal(this: Tensor): Tensor {
    return unaryOps.reciprocal(this);
  },
  exp(this: Tensor): Tensor {
    return unaryOps.exp(this);
  },
  expm1(this: Tensor): Tensor {
    return unaryOps.expm1(this);
  },
  log(this: Tensor): Tensor {
    return unaryOps.log(this);
  },
  log1p(this: Tensor): Tensor {
    return unaryOps.log1p(this);
  },
  log2(this: Tensor): Tensor {
    return unaryOps.log2(this);
  },
  log10(this: Tensor): Tensor {
    return unaryOps.log10(this);
  },
  sin(this: Tensor): Tensor {
    return unaryOps.sin(this);
  },
  cos(this: Tensor): Tensor {
    return unaryOps.cos(this);
  },
  tan(this: Tensor): Tensor {
    return unaryOps.tan(this);
  },
  erf(this: Tensor): Tensor {
    return unaryOps.erf(this);
  },
  floor(this: Tensor): Tensor {
    return unaryOps.floor(this);
  },
  ceil(this: Tensor): Tensor {
    return unaryOps.ceil(this);
  },
  round(this: Tensor): Tensor {
    return unaryOps.round(this);
  },
  trunc(this: Tensor): Tensor {
    return unaryOps.trunc(this);
  },
  clamp(this: Tensor, options: ClampOptions): Tensor {
    return clampOps.clamp(this, options);
  },
  sum(this: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
    return reduceOps.sum(this, dim, options);
  },
  mean(this: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
    return reduceOps.mean(this, dim, options);
  },
  prod(this: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
    return reduceOps.prod(this, dim, options);
  },
  amax(this: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
    return reduceOps.amax(this, dim, options);
  },
  amin(this: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
    return reduceOps.amin(this, dim, options);
  },
  any(this: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
    return reduceOps.any(this, dim, options);
  },
  all(this: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
    return reduceOps.all(this, dim, options);
  },
  logsumexp(this: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
    return spreadOps.logsumexp(this, dim, options);
  },
  argmax(this: Tensor, dim?: number, options?: ReduceOptions): Tensor {
    return reduceOps.argmax(this, dim, options);
  },
  argmin(this: Tensor, dim?: number, options?: ReduceOptions): Tensor {
    return reduceOps.argmin(this, dim, options);
  },
  variance(this: Tensor, dim?: Dim, options?: SpreadOptions): Tensor {
    return spreadOps.variance(this, dim, options);
  },
  std(this: Tensor, dim?: Dim, options?: SpreadOptions): Tensor {
    return spreadOps.std(this, dim, options);
  },
  softmax(this: Tensor, dim: number): Tensor {
    return softmaxOps.softmax(this, dim);
  },
  logSoftmax(this: Tensor, dim: number): Tensor {
    return softmaxOps.logSoftmax(this, dim);
  },
  matmul(this: Tensor, b: Tensor): Tensor {
    return matmulOps.matmul(this, b);
  },
  scatterReduce(
    this: Tensor,
    dim: number,
    index: Tensor,
    source: Tensor,
    reduce: ScatterReduction,
    options?: ScatterReduceOptions,
  ): Tensor {
    return scatterReduceOps.scatterReduce(this, dim, index, source, reduce, options);
  },
  maskedSelect(this: Tensor, mask: Tensor): Tensor {
    return maskedOps.maskedSelect(this, mask);
  },
  maskedScatter(this: Tensor, mask: Tensor, source: Tensor): Tensor {
    return maskedOps.maskedScatter(this, mask, source);
  },
  maskedScatter_(this: Tensor, mask: Tensor, source: Tensor): Tensor {
    return maskedOps.maskedScatter_(this, mask, source);
  },
  multinomial(this: Tensor, numSamples: number, options?: MultinomialOptions): Tensor {
    return multinomialOps.multinomial(this, numSamples, options);
  },
  uniform_(this: Tensor, options?: RangeOptions): Tensor {
    return randomOps.uniform_(this, options);
  },
  normal_(this: Tensor, options?: NormalOptions): Tensor {
    return randomOps.normal_(this, options);
  },
  logNormal_(this: Tensor, options?: NormalOptions): Tensor {
    return randomOps.logNormal_(this, options);
  },
  exponential_(this: Tensor, options?: ExponentialOptions): Tensor {
    return randomOps.exponential_(this, options);
  },
  cauchy_(this: Tensor, options?: CauchyOptions): Tensor {
    return randomOps.cauchy_(this, options);
  },
  geometric_(this: Tensor, p: number): Tensor {
    return randomOps.geometric_(this, p);
  },
  bernoulli_(this: Tensor, options?: BernoulliOptions): Tensor {
    return randomOps.bernoulli_(this, options);
  },
  random_(this: Tensor, options?: RangeOptions): Tensor {
    return randomOps.random_(this, options);
  },
  copy_(this: Tensor, source: Tensor): Tensor {
    return inplaceOps.copy_(this, source);
  },
  fill_(this: Tensor, value: number): Tensor {
    return inplaceOps.fill_(this, value);
  },
  zero_(this: Tensor): Tensor {
    return inplaceOps.zero_(this);
  },
  to(this: Tensor, dtype: DType): Tensor {
    return castOps.to(this, dtype);
  },
  item(this: Tensor): Nested {
    return readOps.item(this);
  },
  dataSync(this: Tensor): DataArray {
    return readOps.dataSync(this);
  },
  data(this: Tensor): Promise<DataArray> {
    return readOps.data(this);
  },
  toArray(this: Tensor): Nested {
    return readOps.toArray(this);
  },
  maskedFill(this: Tensor, mask: Tensor, value: Operand): Tensor {
    return whereOps.maskedFill(this, mask, value);
  },
};

type Methods = typeof methods &
  typeof elementwiseMethods &
  typeof shapeMethods &
  typeof orderMethods &
  typeof matrixMethods &
  InPlaceForms;

interface OtherMethods {
  max(): Tensor;
  max(dim: number, options?: ReduceOptions): ValuesAndIndices;
  min(): Tensor;
  min(dim: number, options?: ReduceOptions): ValuesAndIndices;
  nonzero(options?: { asTuple?: false }): Tensor;
  nonzero(options: { asTuple: true }): Tensor[];
  nonzero(options: NonzeroOptions): Tensor | Tensor[];
  /**
   * Computes the gradients of this tensor with respect to every leaf that requires them, and adds them to the
   * leaves' `grad`. Afterwards the graph is gone, unless it is retained.
   */
  backward(options?: BackwardOptions): void;
  /** Sets whether gradients are wanted for it, which only leaves can change; answers the tensor. */
  requiresGrad_(on?: boolean): Tensor;
  /** Makes a tensor that is no leaf keep its gradient in backward. */
  retainGrad(): void;
  /**
   * Has a function called with the gradient of this tensor whenever a backward has computed it. What the function
   * answers takes the gradient's place, in what it flows on to, in `grad` and in what `gradients` answers; if it answers
   * nothing, it only looks. Hooks run in order. A leaf's run at the end of the backward, with all that came to it. The
   * handle ends the hook.
   *
   * @throws GradientError where the tensor does not require gradients. In backward: ArgumentError, ShapeError or
   * DTypeError where the hook answers what is no gradient of the tensor.
   * @example
   * import { tensor } from 'quern';
   * const w = tensor([1, 2], { requiresGrad: true });
   * const handle = w.registerHook((gradient) => gradient.clamp({ max: 1 }));
   * w.mul(tensor([0.5, 3])).sum().backward();
   * w.grad.toArray(); // => [0.5, 1]
   * handle.remove();
   */
  registerHook(hook: GradientHook): RemovableHandle;
}

declare module '../core/tensor.js' {
  interface Tensor extends Methods, OtherMethods, OrderMethods {}
}

const others: OtherMethods & ThisType<Tensor> = {
  max(dim?: number, options?: ReduceOptions): never {
    return reduceOps.max(this, dim as number, options) as never;
  },
  min(dim?: number, options?: ReduceOptions): never {
    return reduceOps.min(this, dim as number, options) as never;
  },
  nonzero(options?: NonzeroOptions): never {
    return nonzeroOps.nonzero(this, options as NonzeroOptions) as never;
  },
  backward(options?: BackwardOptions): void {
    backward(this, options);
  },
  requiresGrad_(on = true): Tensor {
    this.requiresGrad = on;
    return this;
  },
  retainGrad(): void {
    if (this.node !== null) listenersOf(this).retains = true;
  },
  registerHook(hook: GradientHook): RemovableHandle {
    return registerHook(this, hook);
  },
};

function install(table: object): void {
  for (const [name, value] of Object.entries(table)) {
    Object.defineProperty(Tensor.prototype, name, { value, writable: true, configurable: true });
  }
}

install(methods);
install(elementwiseMethods);
install(inPlaceForms);
install(others);
install(shapeMethods);
install(orderMethods);
install(otherOrderMethods);
install(matrixMethods);
install({
  toString(this: Tensor): string {
    return show(this);
  },
});
Object.defineProperty(Tensor.prototype, inspect.custom, {
  value(this: Tensor): string {
    return show(this);
  },
});
