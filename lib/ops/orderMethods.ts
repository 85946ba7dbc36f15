// Reductions, scans, sorting and counting as methods of Tensor.

import type { Dim } from '../core/layout.js';
import type { Tensor } from '../core/tensor.js';
import type { DeviationAndMean, MinAndMax, VarianceAndMean } from './aggregate.js';
import * as aggregateOps from './aggregate.js';
import type { QuantileOptions } from './median.js';
import * as medianOps from './median.js';
import type { DistanceOptions, NormOptions } from './norm.js';
import * as normOps from './norm.js';
import type { ReduceOptions, ValuesAndIndices } from './reduce.js';
import * as scanOps from './scan.js';
import type { BincountOptions, HistcOptions, Histogram, HistogramOptions, SearchOptions } from './search.js';
import * as searchOps from './search.js';
import type { SortOptions, TopkOptions } from './sort.js';
import * as sortOps from './sort.js';
import type { SpreadOptions } from './spread.js';
import * as spreadOps from './spread.js';
import type { Asked, ConsecutiveOptions, UniqueOptions, UniqueValues } from './unique.js';
import * as uniqueOps from './unique.js';

/** Methods by the names of their functions, for `methods.ts` to install. */
export const orderMethods = {
  nansum(this: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
    return aggregateOps.nansum(this, dim, options);
  },
  nanmean(this: Tensor, dim?: Dim, options?: ReduceOptions): Tensor {
    return aggregateOps.nanmean(this, dim, options);
  },
  countNonzero(this: Tensor, dim?: Dim): Tensor {
    return aggregateOps.countNonzero(this, dim);
  },
  aminmax(this: Tensor, dim?: number, options?: ReduceOptions): MinAndMax {
    return aggregateOps.aminmax(this, dim, options);
  },
  /** The same as `variance`, by PyTorch's name, which no function can have in JavaScript. */
  var(this: Tensor, dim?: Dim, options?: SpreadOptions): Tensor {
    return spreadOps.variance(this, dim, options);
  },
  varMean(this: Tensor, dim?: Dim, options?: SpreadOptions): VarianceAndMean {
    return aggregateOps.varMean(this, dim, options);
  },
  stdMean(this: Tensor, dim?: Dim, options?: SpreadOptions): DeviationAndMean {
    return aggregateOps.stdMean(this, dim, options);
  },
  norm(this: Tensor, dim?: Dim, options?: NormOptions): Tensor {
    return normOps.norm(this, dim, options);
  },
  dist(this: Tensor, b: Tensor, options?: DistanceOptions): Tensor {
    return normOps.dist(this, b, options);
  },
  cdist(this: Tensor, b: Tensor, options?: DistanceOptions): Tensor {
    return normOps.cdist(this, b, options);
  },
  cumsum(this: Tensor, dim: number): Tensor {
    return scanOps.cumsum(this, dim);
  },
  cumprod(this: Tensor, dim: number): Tensor {
    return scanOps.cumprod(this, dim);
  },
  logcumsumexp(this: Tensor, dim: number): Tensor {
    return scanOps.logcumsumexp(this, dim);
  },
  cummax(this: Tensor, dim: number): ValuesAndIndices {
    return scanOps.cummax(this, dim);
  },
  cummin(this: Tensor, dim: number): ValuesAndIndices {
    return scanOps.cummin(this, dim);
  },
  sort(this: Tensor, dim?: number, options?: SortOptions): ValuesAndIndices {
    return sortOps.sort(this, dim, options);
  },
  argsort(this: Tensor, dim?: number, options?: SortOptions): Tensor {
    return sortOps.argsort(this, dim, options);
  },
  msort(this: Tensor): Tensor {
    return sortOps.msort(this);
  },
  topk(this: Tensor, k: number, dim?: number, options?: TopkOptions): ValuesAndIndices {
    return sortOps.topk(this, k, dim, options);
  },
  kthvalue(this: Tensor, k: number, dim?: number, options?: ReduceOptions): ValuesAndIndices {
    return medianOps.kthvalue(this, k, dim, options);
  },
  mode(this: Tensor, dim?: number, options?: ReduceOptions): ValuesAndIndices {
    return medianOps.mode(this, dim, options);
  },
  quantile(this: Tensor, q: number | readonly number[], dim?: number, options?: QuantileOptions): Tensor {
    return medianOps.quantile(this, q, dim, options);
  },
  nanquantile(this: Tensor, q: number | readonly number[], dim?: number, options?: QuantileOptions): Tensor {
    return medianOps.nanquantile(this, q, dim, options);
  },
  searchsorted(this: Tensor, values: Tensor, options?: SearchOptions): Tensor {
    return searchOps.searchsorted(this, values, options);
  },
  bucketize(this: Tensor, boundaries: Tensor, options?: SearchOptions): Tensor {
    return searchOps.bucketize(this, boundaries, options);
  },
  bincount(this: Tensor, options?: BincountOptions): Tensor {
    return searchOps.bincount(this, options);
  },
  histc(this: Tensor, options?: HistcOptions): Tensor {
    return searchOps.histc(this, options);
  },
  histogram(this: Tensor, bins: number | Tensor, options?: HistogramOptions): Histogram {
    return searchOps.histogram(this, bins, options);
  },
};

/** What answers a tensor or several, by its arguments. */
export interface OrderMethods {
  median(): Tensor;
  median(dim: number, options?: ReduceOptions): ValuesAndIndices;
  nanmedian(): Tensor;
  nanmedian(dim: number, options?: ReduceOptions): ValuesAndIndices;
  unique(options: UniqueOptions & Asked): UniqueValues;
  unique(options?: UniqueOptions): Tensor;
  uniqueConsecutive(options: ConsecutiveOptions & Asked): UniqueValues;
  uniqueConsecutive(options?: ConsecutiveOptions): Tensor;
}

/** Those methods, for `methods.ts` to install. */
export const otherOrderMethods: OrderMethods & ThisType<Tensor> = {
  median(dim?: number, options?: ReduceOptions): never {
    return medianOps.median(this, dim as number, options) as never;
  },
  nanmedian(dim?: number, options?: ReduceOptions): never {
    return medianOps.nanmedian(this, dim as number, options) as never;
  },
  unique(options?: UniqueOptions): never {
    return uniqueOps.unique(this, options) as never;
  },
  uniqueConsecutive(options?: ConsecutiveOptions): never {
    return uniqueOps.uniqueConsecutive(this, options) as never;
  },
};
