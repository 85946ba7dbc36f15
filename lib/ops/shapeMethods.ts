// The methods of tensors that rearrange, join, choose and place elements.

import type { Tensor } from '../core/tensor.js';
import type { Operand } from './apply.js';
import type { DiagEmbedOptions, DiagOptions } from './diag.js';
import * as diagOps from './diag.js';
import type { Rot90Options } from './flip.js';
import * as flipOps from './flip.js';
import * as gatherOps from './gather.js';
import * as joinOps from './join.js';
import * as nonzeroOps from './nonzero.js';
import * as repeatOps from './repeat.js';
import type { ScatterOptions } from './scatter.js';
import * as scatterOps from './scatter.js';
import type { FlattenOptions } from './shape.js';
import * as shapeOps from './shape.js';
import * as shapeAsOps from './shapeAs.js';
import type { SliceOptions } from './slice.js';
import * as sliceOps from './slice.js';
import * as stackingOps from './stacking.js';
import * as subscriptOps from './subscript.js';
import type { IndexPart } from './subscriptSpec.js';
import type { PutOptions } from './take.js';
import * as takeOps from './take.js';
import type { TriangleOptions } from './triangle.js';
import * as triangleOps from './triangle.js';
import * as unfoldOps from './unfold.js';

/** Methods by the names of their functions, for `methods.ts` to install. */
export const shapeMethods = {
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
};
