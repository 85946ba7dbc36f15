// Every operation as a method of Tensor: `x.add(y)` is `add(x, y)`.

import { inspect } from 'node:util';
import { type BackwardOptions, backward } from '../core/autograd.js';
import type { DataArray, DType } from '../core/dtype.js';
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
import type { DiagEmbedOptions, DiagOptions } from './diag.js';
import * as diagOps from './diag.js';
import type { Rot90Options } from './flip.js';
import * as flipOps from './flip.js';
import { elementwiseMethods } from './elementwiseMethods.js';
import * as gatherOps from './gather.js';
import { type InPlaceForms, inPlaceForms } from './inPlaceForms.js';
import * as inplaceOps from './inplace.js';
import * as joinOps from './join.js';
import * as maskedOps from './masked.js';
import * as matmulOps from './matmul.js';
import { matrixMethods } from './matrixMethods.js';
import { type OrderMethods, orderMethods, otherOrderMethods } from './orderMethods.js';
import type { MultinomialOptions } from './multinomial.js';
import * as multinomialOps from './multinomial.js';
import type { NonzeroOptions } from './nonzero.js';
import * as nonzeroOps from './nonzero.js';
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
import * as repeatOps from './repeat.js';
import type { ScatterOptions } from './scatter.js';
import * as scatterOps from './scatter.js';
import type { ScatterReduceOptions, ScatterReduction } from './scatterReduce.js';
import * as scatterReduceOps from './scatterReduce.js';
import type { FlattenOptions } from './shape.js';
import * as shapeOps from './shape.js';
import * as shapeAsOps from './shapeAs.js';
import type { SliceOptions } from './slice.js';
import * as sliceOps from './slice.js';
import * as softmaxOps from './softmax.js';
import type { SpreadOptions } from './spread.js';
import * as spreadOps from './spread.js';
import * as stackingOps from './stacking.js';
import * as subscriptOps from './subscript.js';
import type { IndexPart } from './subscriptSpec.js';
import type { PutOptions } from './take.js';
import * as takeOps from './take.js';
import type { TriangleOptions } from './triangle.js';
import * as triangleOps from './triangle.js';
import type { ClampOptions } from './unary.js';
import * as unaryOps from './unary.js';
import * as unfoldOps from './unfold.js';
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
  reshape(this: Tensor, shape: readonly number[]): Tensor {
    return shapeOps.reshape(this, shape);
  },
  view(this: Tensor, shape: readonly number[]): Tensor {
    return shapeOps.view(this, shape);
  },
  flatten(this: Tensor, options?: FlattenOptions): Tensor {
    return shapeOps.flatten(this, options);
  },
  unflatten(this: Tensor, dim: number, sizes: readonly number[]): Tensor {
    return shapeOps.unflatten(this, dim, sizes);
  },
  squeeze(this: Tensor, dim?: number): Tensor {
    return shapeOps.squeeze(this, dim);
  },
  unsqueeze(this: Tensor, dim: number): Tensor {
    return shapeOps.unsqueeze(this, dim);
  },
  permute(this: Tensor, dims: readonly number[]): Tensor {
    return shapeOps.permute(this, dims);
  },
  transpose(this: Tensor, dim0: number, dim1: number): Tensor {
    return shapeOps.transpose(this, dim0, dim1);
  },
  t(this: Tensor): Tensor {
    return shapeOps.t(this);
  },
  movedim(this: Tensor, source: number, destination: number): Tensor {
    return shapeOps.movedim(this, source, destination);
  },
  expand(this: Tensor, shape: readonly number[]): Tensor {
    return shapeOps.expand(this, shape);
  },
  broadcastTo(this: Tensor, shape: readonly number[]): Tensor {
    return shapeOps.broadcastTo(this, shape);
  },
  ravel(this: Tensor): Tensor {
    return shapeAsOps.ravel(this);
  },
  swapaxes(this: Tensor, axis0: number, axis1: number): Tensor {
    return shapeAsOps.swapaxes(this, axis0, axis1);
  },
  viewAs(this: Tensor, other: Tensor): Tensor {
    return shapeAsOps.viewAs(this, other);
  },
  reshapeAs(this: Tensor, other: Tensor): Tensor {
    return shapeAsOps.reshapeAs(this, other);
  },
  expandAs(this: Tensor, other: Tensor): Tensor {
    return shapeAsOps.expandAs(this, other);
  },
  repeat(this: Tensor, sizes: readonly number[]): Tensor {
    return repeatOps.repeat(this, sizes);
  },
  tile(this: Tensor, dims: readonly number[]): Tensor {
    return repeatOps.tile(this, dims);
  },
  repeatInterleave(this: Tensor, repeats: number | Tensor, dim?: number): Tensor {
    return repeatOps.repeatInterleave(this, repeats, dim);
  },
  flip(this: Tensor, dims: number | readonly number[]): Tensor {
    return flipOps.flip(this, dims);
  },
  fliplr(this: Tensor): Tensor {
    return flipOps.fliplr(this);
  },
  flipud(this: Tensor): Tensor {
    return flipOps.flipud(this);
  },
  roll(this: Tensor, shifts: number | readonly number[], dims?: number | readonly number[]): Tensor {
    return flipOps.roll(this, shifts, dims);
  },
  rot90(this: Tensor, options?: Rot90Options): Tensor {
    return flipOps.rot90(this, options);
  },
  /**
   * A view of all windows of `size` elements along `dimension`, `step` apart: that dimension becomes the number of
   * windows, and the elements of a window are a new one at the end.
   *
   * @example
   * import { arange } from 'quern';
   * arange(5).unfold(0, 3, 2).toArray(); // => [[0, 1, 2], [2, 3, 4]]
   */
  unfold(this: Tensor, dimension: number, size: number, step: number): Tensor {
    return unfoldOps.unfold(this, dimension, size, step);
  },
  contiguous(this: Tensor): Tensor {
    return shapeOps.contiguous(this);
  },
  clone(this: Tensor): Tensor {
    return shapeOps.clone(this);
  },
  detach(this: Tensor): Tensor {
    return shapeOps.detach(this);
  },
  narrow(this: Tensor, dim: number, start: number, length: number): Tensor {
    return sliceOps.narrow(this, dim, start, length);
  },
  slice(this: Tensor, dim: number, options?: SliceOptions): Tensor {
    return sliceOps.slice(this, dim, options);
  },
  select(this: Tensor, dim: number, index: number): Tensor {
    return sliceOps.select(this, dim, index);
  },
  gather(this: Tensor, dim: number, index: Tensor): Tensor {
    return gatherOps.gather(this, dim, index);
  },
  scatterAdd(this: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
    return gatherOps.scatterAdd(this, dim, index, source);
  },
  indexSelect(this: Tensor, dim: number, index: Tensor): Tensor {
    return gatherOps.indexSelect(this, dim, index);
  },
  indexAdd(this: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
    return gatherOps.indexAdd(this, dim, index, source);
  },
  scatter(this: Tensor, dim: number, index: Tensor, source: Operand, options?: ScatterOptions): Tensor {
    return scatterOps.scatter(this, dim, index, source, options);
  },
  scatter_(this: Tensor, dim: number, index: Tensor, source: Operand, options?: ScatterOptions): Tensor {
    return scatterOps.scatter_(this, dim, index, source, options);
  },
  scatterAdd_(this: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
    return scatterOps.scatterAdd_(this, dim, index, source);
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
  indexCopy(this: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
    return scatterOps.indexCopy(this, dim, index, source);
  },
  indexCopy_(this: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
    return scatterOps.indexCopy_(this, dim, index, source);
  },
  indexFill(this: Tensor, dim: number, index: Tensor, value: number): Tensor {
    return scatterOps.indexFill(this, dim, index, value);
  },
  indexFill_(this: Tensor, dim: number, index: Tensor, value: number): Tensor {
    return scatterOps.indexFill_(this, dim, index, value);
  },
  indexAdd_(this: Tensor, dim: number, index: Tensor, source: Tensor): Tensor {
    return scatterOps.indexAdd_(this, dim, index, source);
  },
  take(this: Tensor, index: Tensor): Tensor {
    return takeOps.take(this, index);
  },
  takeAlongDim(this: Tensor, index: Tensor, dim?: number): Tensor {
    return takeOps.takeAlongDim(this, index, dim);
  },
  put_(this: Tensor, index: Tensor, source: Tensor, options?: PutOptions): Tensor {
    return takeOps.put_(this, index, source, options);
  },
  index(this: Tensor, indices: readonly IndexPart[]): Tensor {
    return subscriptOps.index(this, indices);
  },
  indexPut(this: Tensor, indices: readonly IndexPart[], values: Operand, options?: PutOptions): Tensor {
    return subscriptOps.indexPut(this, indices, values, options);
  },
  indexPut_(this: Tensor, indices: readonly IndexPart[], values: Operand, options?: PutOptions): Tensor {
    return subscriptOps.indexPut_(this, indices, values, options);
  },
  argwhere(this: Tensor): Tensor {
    return nonzeroOps.argwhere(this);
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
  tensorSplit(this: Tensor, indicesOrSections: number | readonly number[], dim?: number): Tensor[] {
    return stackingOps.tensorSplit(this, indicesOrSections, dim);
  },
  split(this: Tensor, sizes: number | readonly number[], dim?: number): Tensor[] {
    return joinOps.split(this, sizes, dim);
  },
  chunk(this: Tensor, chunks: number, dim?: number): Tensor[] {
    return joinOps.chunk(this, chunks, dim);
  },
  unbind(this: Tensor, dim?: number): Tensor[] {
    return joinOps.unbind(this, dim);
  },
  diag(this: Tensor, options?: DiagOptions): Tensor {
    return diagOps.diag(this, options);
  },
  diagEmbed(this: Tensor, options?: DiagEmbedOptions): Tensor {
    return diagOps.diagEmbed(this, options);
  },
  tril(this: Tensor, options?: TriangleOptions): Tensor {
    return triangleOps.tril(this, options);
  },
  triu(this: Tensor, options?: TriangleOptions): Tensor {
    return triangleOps.triu(this, options);
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

type Methods = typeof methods & typeof orderMethods & typeof matrixMethods;
type Methods = typeof methods & typeof elementwiseMethods & InPlaceForms;

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
  /** Makes a tensor that is no leaf keep its gradient in backward. */
  retainGrad(): void;
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
  retainGrad(): void {
    this.retainsGradient = true;
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
