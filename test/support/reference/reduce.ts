// Reductions in plain arrays: the values behind each place of the result, folded.

import type { Dim, ReduceOptions } from 'quern';
import { at, build, fromFront, indicesOf, type Plain, sizeOf } from '../plain.js';

function reducedAxes(rank: number, dim: Dim | undefined): number[] {
  const all = Array.from({ length: rank }, (_, axis) => axis);
  if (dim === undefined) return all;
  const list = typeof dim === 'number' ? [dim] : dim;
  return list.length === 0 ? all : list.map((axis) => fromFront(axis, rank));
}

/** Folds the values over `dim`, in row-major order, into one. */
export function reduced(
  x: Plain,
  dim: Dim | undefined,
  options: ReduceOptions | undefined,
  fold: (values: readonly number[]) => number,
): Plain {
  const axes = reducedAxes(x.shape.length, dim);
  const inner = x.shape.map((size, axis) => (axes.includes(axis) ? size : 1));
  const outer = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const kept = build(outer, (place) => {
    const values: number[] = [];
    for (const index of indicesOf(inner))
      values.push(
        at(
          x,
          index.map((i, axis) => i + place[axis]),
        ),
      );
    return fold(values);
  });
  if (options?.keepdim) return kept;
  return { shape: x.shape.filter((_, axis) => !axes.includes(axis)), data: kept.data };
}

export function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

export function mean(values: readonly number[]): number {
  return total(values) / values.length;
}

export function variance(values: readonly number[], correction: number): number {
  const centre = mean(values);
  return total(values.map((value) => (value - centre) ** 2)) / Math.max(0, values.length - correction);
}

export function logsumexp(values: readonly number[]): number {
  const peak = values.reduce(
    (most, value) => (Number.isNaN(value) || value > most ? value : most),
    Number.NEGATIVE_INFINITY,
  );
  if (!Number.isFinite(peak)) return peak;
  return peak + Math.log(total(values.map((value) => Math.exp(value - peak))));
}

/** Where the first extreme value stands; NaN is more extreme than any number. */
export function firstExtreme(values: readonly number[], beats: (a: number, b: number) => boolean): number {
  const nan = values.findIndex(Number.isNaN);
  if (nan >= 0) return nan;
  return values.reduce((best, value, i) => (beats(value, values[best]) ? i : best), 0);
}

/** A function from rows to rows along one dimension, of the same shape. */
export function alongRows(x: Plain, dim: number, f: (values: readonly number[]) => readonly number[]): Plain {
  const axis = fromFront(dim, x.shape.length);
  const length = x.shape[axis] ?? 1;
  const step = sizeOf(x.shape.slice(axis + 1));
  const data = new Array<number>(x.data.length);
  for (let row = 0; row < x.data.length / length; row++) {
    const start = Math.floor(row / step) * step * length + (row % step);
    const places = Array.from({ length }, (_, i) => start + i * step);
    const values = f(places.map((place) => x.data[place]));
    places.forEach((place, i) => {
      data[place] = values[i];
    });
  }
  return { shape: x.shape, data };
}
