// Reductions over some or all dimensions, with gradients.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { BOOL, INT32, isFloatKind, type Kind } from '../core/dtype.js';
import { ShapeError, showShape } from '../core/errors.js';
import { A, OUT, type Rule, record1 } from '../core/graph.js';
import { checkAxis, type Dim, denseLayout, type Layout, type Reduced } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, makeView, type Tensor } from '../core/tensor.js';
import { castTo, checkFloating, checkTensor, rule } from './apply.js';
import { div, mul } from './binary.js';
import { eq, isNaN, logicalOr } from './compare.js';
import { ones } from './create.js';
import { gather } from './gather.js';
import { concat } from './join.js';
import { checkAxes, expandTo, permute, reshape, reshaped } from './shape.js';
import { narrow } from './slice.js';

export type { Dim };

export interface ReduceOptions {
  /** Keeps the reduced dimensions, with size 1. Default false. */
  keepdim?: boolean;
}

const KEEP: ReduceOptions = { keepdim: true };
/** @internal */
export const REDUCE_OPTIONS = optionNames<ReduceOptions>({ keepdim: true });

/** Whether two lists of dimensions are the same. */
function sameDim(a: Dim | undefined, b: Dim | undefined): boolean {
  if (a === b) return true;
  return (
    typeof a === 'object' &&
    typeof b === 'object' &&
    a.length === b.length &&
    a.every((axis, i) => axis === b[i])
  );
}

/** The layouts of a reduction's result. @internal */
export function reducedLayouts(op: string, layout: Layout, dim: Dim | undefined): Reduced {
  if (layout.reduced !== null && sameDim(dim, layout.reducedDim)) return layout.reduced;
  const axes = checkAxes(op, dim, layout.rank);
  const reduces = (axis: number): boolean => axes === null || axes.length === 0 || axes.includes(axis);
  layout.reduced = {
    kept: denseLayout(layout.dims.map((size, axis) => (reduces(axis) ? 1 : size))),
    dropped: denseLayout(layout.dims.filter((_, axis) => !reduces(axis))),
  };
  layout.reducedDim = typeof dim === 'object' ? dim.slice() : dim;
  return layout.reduced;
}

function applyReduce(
  op: string,
  code: number,
  kind: Kind,
  outKind: Kind,
  x: Tensor,
  dim: Dim | undefined,
  keepdim: boolean,
  gradients: Rule | null,
): Tensor {
  return runReduce(code, kind, outKind, x, reducedLayouts(op, x.layout, dim), keepdim, gradients);
}

/** Writes the sums to the dims of `target`, a dense tensor of the same dtype, over it, unrecorded. @internal */
export function sumInto(target: Tensor, x: Tensor): void {
  const { kept } = fittingLayouts(x, target.layout);
  active.run2(kernel.sum, x.kind, makeView('sum', target, kept, target.offset), x);
}

function runReduce(
  code: number,
  kind: Kind,
  outKind: Kind,
  x: Tensor,
  to: Reduced,
  keepdim: boolean,
  gradients: Rule | null,
): Tensor {
  const out = makeTensor(to.kept, outKind);
  active.run2(code, kind, out, x);
  if (!keepdim) out.layout = to.dropped;
  if (gradients !== null) record1(gradients, out, x, to.kept);
  return out;
}

/** The layouts of a sum over the dimensions that broadcasting added to `like` or stretched. */
function fittingLayouts(x: Tensor, like: Layout): Reduced {
  const memo = x.layout.fitting;
  if (memo.partner !== like) {
    const lead = x.ndim - like.rank;
    const kept = x.shape.map((size, i) => (i < lead || like.dims[i - lead] === 1 ? 1 : size));
    memo.answer = { kept: denseLayout(kept), dropped: like.dense };
    memo.partner = like;
  }
  return memo.answer as Reduced;
}

/** Sums a floating tensor over the dimensions that broadcasting added to `like` or stretched. @internal */
export function sumTo(x: Tensor, like: Layout): Tensor {
  return runReduce(kernel.sum, x.kind, x.kind, x, fittingLayouts(x, like), false, SUM);
}

/** A gradient or result of a reduction, in the shape with reduced dimensions of size 1. @internal */
export function keptShape(g: Tensor, kept: unknown): Tensor {
  const layout = kept as Layout;
  if (g.layout === layout) return g;
  return g.isContiguous ? reshaped('reshape', g, layout) : reshape(g, layout.dims);
}

const SUM = rule('sum', { a: [0, (n, g) => expandTo(keptShape(g, n.saved), (n.a as Tensor).layout.dense)] });

/**
 * The sum over `dim` (one, several, or all dimensions). Empty sums are 0. int32, uint8 and bool sum in int32, which
 * wraps around beyond ±2³¹ (PyTorch's int64 does so beyond ±2⁶³).
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { sum, tensor } from 'quern';
 * sum(tensor([[1, 2], [3, 4]]), 1, { keepdim: true }).toArray(); // => [[3], [7]]
 */
export function sum(x: Tensor, dim?: Dim, options: ReduceOptions = NO_OPTIONS): Tensor {
  checkTensor('sum', x);
  checkOptions('sum', options, REDUCE_OPTIONS);
  const a = isFloatKind(x.kind) ? x : castTo(x, INT32);
  return applyReduce('sum', kernel.sum, a.kind, a.kind, a, dim, options.keepdim ?? false, SUM);
}

/** How many elements each one of a reduction's result was made of. @internal */
export function countOf(x: Layout, kept: Layout): number {
  return kept.size === 0 ? 1 : x.size / kept.size;
}

const MEAN = rule('mean', {
  a: [
    0,
    (n, g) => {
      const { dense } = (n.a as Tensor).layout;
      const kept = n.saved as Layout;
      return expandTo(keptShape(div(g, countOf(dense, kept)), kept), dense);
    },
  ],
});

/**
 * The arithmetic mean over `dim` (one, several, or all dimensions): the sum divided by the count; NaN of nothing.
 *
 * @throws ShapeError where dim is out of range; DTypeError on integers.
 * @example
 * import { mean, tensor } from 'quern';
 * mean(tensor([[1, 2], [3, 5]]), 0).toArray(); // => [2, 3.5]
 */
export function mean(x: Tensor, dim?: Dim, options: ReduceOptions = NO_OPTIONS): Tensor {
  checkFloating('mean', x);
  checkOptions('mean', options, REDUCE_OPTIONS);
  return applyReduce('mean', kernel.mean, x.kind, x.kind, x, dim, options.keepdim ?? false, MEAN);
}

/** How many elements some dimensions of a tensor span. */
function count(x: Tensor, axes: readonly number[]): number {
  return axes.reduce((product, i) => product * x.shape[i], 1);
}

/** The gradient of a product needs the products of all others, which division would lose at zeros. */
const PROD = rule('prod', {
  a: [
    A,
    (n, g) => {
      const x = n.a as Tensor;
      const kept = n.saved as Layout;
      if (x.size === 0) return mul(keptShape(g, kept), x);
      const axes = x.shape.map((_, i) => i);
      const reduced = axes.filter((i) => kept.dims[i] === 1);
      const others = axes.filter((i) => kept.dims[i] !== 1);
      const order = [...others, ...reduced];
      const rows = reshape(permute(x, order), [count(x, others), count(x, reduced)]);
      const back = order.map((_, i) => order.indexOf(i));
      const rest = permute(
        reshape(
          productsOfOthers(rows),
          order.map((i) => x.shape[i]),
        ),
        back,
      );
      return mul(keptShape(g, kept), rest);
    },
  ],
});

/** For each element of each row, the product of the others: what stands before times what stands after. */
function productsOfOthers(rows: Tensor): Tensor {
  const n = rows.shape[1];
  let before = shifted(rows, true);
  let after = shifted(rows, false);
  for (let step = 1; step < n; step *= 2) {
    before = mul(
      before,
      concat([ones([rows.shape[0], step], { dtype: rows.dtype }), narrow(before, 1, 0, n - step)], 1),
    );
    after = mul(
      after,
      concat([narrow(after, 1, step, n - step), ones([rows.shape[0], step], { dtype: rows.dtype })], 1),
    );
  }
  return mul(before, after);
}

function shifted(rows: Tensor, right: boolean): Tensor {
  const n = rows.shape[1];
  const edge = ones([rows.shape[0], 1], { dtype: rows.dtype });
  return right ? concat([edge, narrow(rows, 1, 0, n - 1)], 1) : concat([narrow(rows, 1, 1, n - 1), edge], 1);
}

/**
 * The product over `dim` (one, several, or all dimensions); 1 of nothing. Integers multiply in int32, which wraps.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { prod, tensor } from 'quern';
 * prod(tensor([2, 3, 4])).item(); // => 24
 */
export function prod(x: Tensor, dim?: Dim, options: ReduceOptions = NO_OPTIONS): Tensor {
  checkTensor('prod', x);
  checkOptions('prod', options, REDUCE_OPTIONS);
  const a = isFloatKind(x.kind) ? x : castTo(x, INT32);
  return applyReduce('prod', kernel.prod, a.kind, a.kind, a, dim, options.keepdim ?? false, PROD);
}

/** Extrema that occur several times share the gradient evenly; where NaN is the extremum of all, NaN does. */
function extremum(name: string, all: boolean): Rule {
  return rule(name, {
    a: [
      A | OUT,
      (n, g) => {
        const x = n.a as Tensor;
        const equal = eq(x, keptShape(n.out as Tensor, n.saved));
        const hits = castTo(all ? logicalOr(equal, isNaN(x)) : equal, x.kind);
        const axes = reducedAxes((n.a as Tensor).layout, n.saved as Layout);
        return mul(div(hits, sum(hits, axes, KEEP)), keptShape(g, n.saved));
      },
    ],
  });
}

/** @internal */
export function reducedAxes(from: Layout, kept: Layout): number[] {
  return from.dims.map((_, i) => i).filter((i) => kept.dims[i] === 1);
}

const AMAX = extremum('amax', false);
const AMIN = extremum('amin', false);
const MAX = extremum('max', true);
const MIN = extremum('min', true);

function applyExtremum(
  op: 'amax' | 'amin',
  x: Tensor,
  dim: Dim | undefined,
  options: ReduceOptions,
  gradients: Rule,
): Tensor {
  checkTensor(op, x);
  checkOptions(op, options, REDUCE_OPTIONS);
  const { kept } = reducedLayouts(op, x.layout, dim);
  if (x.size === 0 && kept.size > 0) throw noElements(op, x);
  const a = isFloatKind(x.kind) ? x : castTo(x, INT32);
  return castTo(
    applyReduce(op, kernel[op], a.kind, a.kind, a, dim, options.keepdim ?? false, gradients),
    x.kind,
  );
}

function noElements(op: string, x: Tensor): ShapeError {
  return new ShapeError(op, `a tensor of shape ${showShape(x.shape)} has no elements there to choose from`, [
    x.shape,
  ]);
}

/**
 * The largest value over `dim` (one, several, or all dimensions); NaN where there is one. Equal values share the
 * gradient.
 *
 * @throws ShapeError where dim is out of range, or there is nothing to choose from.
 * @example
 * import { amax, tensor } from 'quern';
 * amax(tensor([[1, 4], [3, 2]]), 0).toArray(); // => [3, 4]
 */
export function amax(x: Tensor, dim?: Dim, options: ReduceOptions = NO_OPTIONS): Tensor {
  return applyExtremum('amax', x, dim, options, AMAX);
}

/**
 * The smallest value over `dim` (one, several, or all dimensions); NaN where there is one. Equal values share the
 * gradient.
 *
 * @throws ShapeError where dim is out of range, or there is nothing to choose from.
 * @example
 * import { amin, tensor } from 'quern';
 * amin(tensor([[1, 4], [3, 2]]), 0).toArray(); // => [1, 2]
 */
export function amin(x: Tensor, dim?: Dim, options: ReduceOptions = NO_OPTIONS): Tensor {
  return applyExtremum('amin', x, dim, options, AMIN);
}

function applyArg(op: 'argmax' | 'argmin', x: Tensor, dim: number | undefined, keepdim: boolean): Tensor {
  const axis = dim === undefined ? -1 : checkAxis(op, dim, x.ndim);
  const { kept, dropped } = reducedLayouts(op, x.layout, axis < 0 ? undefined : axis);
  if (x.size === 0 && kept.size > 0) throw noElements(op, x);
  const a = isFloatKind(x.kind) ? x : castTo(x, INT32);
  const out = makeTensor(kept, INT32);
  attributes[0] = x.ndim === 0 ? -1 : axis;
  active.run2(kernel[op], a.kind, out, a);
  if (!keepdim) out.layout = dropped;
  return out;
}

/**
 * The index (int32) of the largest value along `dim`, or in row-major order of all; the first of equal ones, and of
 * NaN where there is one.
 *
 * @throws ShapeError where dim is out of range, or there is nothing to choose from.
 * @example
 * import { argmax, tensor } from 'quern';
 * argmax(tensor([[1, 4], [3, 2]]), 1).toArray(); // => [1, 0]
 */
export function argmax(x: Tensor, dim?: number, options: ReduceOptions = NO_OPTIONS): Tensor {
  checkTensor('argmax', x);
  checkOptions('argmax', options, REDUCE_OPTIONS);
  return applyArg('argmax', x, dim, options.keepdim ?? false);
}

/**
 * The index (int32) of the smallest value along `dim`, or in row-major order of all; the first of equal ones, and
 * of NaN where there is one.
 *
 * @throws ShapeError where dim is out of range, or there is nothing to choose from.
 * @example
 * import { argmin, tensor } from 'quern';
 * argmin(tensor([[1, 4], [3, 2]]), 1).toArray(); // => [0, 1]
 */
export function argmin(x: Tensor, dim?: number, options: ReduceOptions = NO_OPTIONS): Tensor {
  checkTensor('argmin', x);
  checkOptions('argmin', options, REDUCE_OPTIONS);
  return applyArg('argmin', x, dim, options.keepdim ?? false);
}

/** Extreme values along a dimension, and where they stand. */
export interface ValuesAndIndices {
  readonly values: Tensor;
  readonly indices: Tensor;
}

function extremeAlong(op: 'argmax' | 'argmin', x: Tensor, dim: number, keepdim: boolean): ValuesAndIndices {
  const at = applyArg(op, x, dim, true);
  const axis = checkAxis(op, dim, x.ndim);
  if (x.ndim === 0) return { values: reshape(x, []), indices: at };
  const values = gather(x, axis, at);
  if (keepdim) return { values, indices: at };
  const dims = x.shape.filter((_, i) => i !== axis);
  return { values: reshape(values, dims), indices: reshape(at, dims) };
}

/**
 * The largest value of all, as {@link amax}; or with `dim` the largest along it and their indices, where the
 * gradient flows to the one chosen.
 *
 * @throws ShapeError where dim is out of range, or there is nothing to choose from.
 * @example
 * import { max, tensor } from 'quern';
 * max(tensor([[1, 4], [3, 2]]), 1).values.toArray(); // => [4, 3]
 */
export function max(x: Tensor): Tensor;
export function max(x: Tensor, dim: number, options?: ReduceOptions): ValuesAndIndices;
export function max(x: Tensor, dim?: number, options: ReduceOptions = NO_OPTIONS): Tensor | ValuesAndIndices {
  checkTensor('max', x);
  checkOptions('max', options, REDUCE_OPTIONS);
  return dim === undefined
    ? applyExtremum('amax', x, dim, options, MAX)
    : extremeAlong('argmax', x, dim, options.keepdim ?? false);
}

/**
 * The smallest value of all, as {@link amin}; or with `dim` the smallest along it and their indices, where the
 * gradient flows to the one chosen.
 *
 * @throws ShapeError where dim is out of range, or there is nothing to choose from.
 * @example
 * import { min, tensor } from 'quern';
 * min(tensor([[1, 4], [3, 2]]), 1).indices.toArray(); // => [0, 1]
 */
export function min(x: Tensor): Tensor;
export function min(x: Tensor, dim: number, options?: ReduceOptions): ValuesAndIndices;
export function min(x: Tensor, dim?: number, options: ReduceOptions = NO_OPTIONS): Tensor | ValuesAndIndices {
  checkTensor('min', x);
  checkOptions('min', options, REDUCE_OPTIONS);
  return dim === undefined
    ? applyExtremum('amin', x, dim, options, MIN)
    : extremeAlong('argmin', x, dim, options.keepdim ?? false);
}

/**
 * Whether any value over `dim` is true (not 0); false of nothing.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { any, tensor } from 'quern';
 * any(tensor([0, 2])).item(); // => true
 */
export function any(x: Tensor, dim?: Dim, options: ReduceOptions = NO_OPTIONS): Tensor {
  checkTensor('any', x);
  checkOptions('any', options, REDUCE_OPTIONS);
  return applyReduce('any', kernel.any, BOOL, BOOL, castTo(x, BOOL), dim, options.keepdim ?? false, null);
}

/**
 * Whether all values over `dim` are true (not 0); true of nothing.
 *
 * @throws ShapeError where dim is out of range.
 * @example
 * import { all, tensor } from 'quern';
 * all(tensor([0, 2])).item(); // => false
 */
export function all(x: Tensor, dim?: Dim, options: ReduceOptions = NO_OPTIONS): Tensor {
  checkTensor('all', x);
  checkOptions('all', options, REDUCE_OPTIONS);
  return applyReduce('all', kernel.all, BOOL, BOOL, castTo(x, BOOL), dim, options.keepdim ?? false, null);
}
