// Order in plain arrays: rows along one dimension, sorted or picked from.

import { at, build, fromFront, type Plain } from '../plain.js';

/** From each row along a dimension the numbers that f makes of it, `length` of them. */
export function alongDim(
  x: Plain,
  dim: number,
  length: number,
  f: (values: readonly number[]) => readonly number[],
): Plain {
  if (x.shape.length === 0) return { shape: [], data: f(x.data) };
  const axis = fromFront(dim, x.shape.length);
  const rows = new Map<string, readonly number[]>();
  const put = (place: readonly number[], i: number): number[] =>
    place.map((old, d) => (d === axis ? i : old));
  return build(
    x.shape.map((size, d) => (d === axis ? length : size)),
    (place) => {
      const key = String(put(place, 0));
      let row = rows.get(key);
      if (row === undefined) {
        row = f(Array.from({ length: x.shape[axis] }, (_, i) => at(x, put(place, i))));
        rows.set(key, row);
      }
      return row[place[axis]];
    },
  );
}

/** How many elements lie along a dimension. */
export function lengthAlong(x: Plain, dim: number): number {
  return x.shape.length === 0 ? 1 : x.shape[fromFront(dim, x.shape.length)];
}

/** Two numbers by their order, NaN being the greatest. */
export function compare(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return Number(a > b) - Number(a < b);
}

/** The indices of values in order; equal ones keep theirs. */
export function sortedIndices(values: readonly number[], descending = false): number[] {
  const order = values.map((_, i) => i);
  return order.sort((a, b) => (descending ? -1 : 1) * compare(values[a], values[b]) || a - b);
}

/** The index of the median: of the first NaN where there is one, unless that counts for nothing. */
export function medianIndex(values: readonly number[], skipNaN: boolean): number {
  const order = sortedIndices(values);
  const numbers = values.filter((value) => !Number.isNaN(value)).length;
  if (numbers === 0 || (numbers < values.length && !skipNaN)) return order[numbers];
  return order[Math.floor((numbers - 1) / 2)];
}

/** The last index of the smallest of the most frequent values; of the first NaN where all occur once. */
export function modeIndex(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) {
    if (!Number.isNaN(value)) counts.set(value + 0, (counts.get(value + 0) ?? 0) + 1);
  }
  const most = Math.max(0, ...counts.values());
  const nan = values.findIndex(Number.isNaN);
  if (most <= 1 && nan >= 0) return nan;
  const chosen = Math.min(...[...counts].filter(([, count]) => count === most).map(([value]) => value));
  return values.lastIndexOf(chosen);
}

/** The value at rank q (n − 1) of the sorted numbers. */
export function quantileOf(values: readonly number[], q: number, how: string, skipNaN: boolean): number {
  const numbers = values.filter((value) => !Number.isNaN(value)).sort(compare);
  if (numbers.length === 0 || (numbers.length < values.length && !skipNaN)) return Number.NaN;
  const rank = q * (numbers.length - 1);
  const [low, high] = [numbers[Math.floor(rank)], numbers[Math.ceil(rank)]];
  switch (how) {
    case 'lower':
      return low;
    case 'higher':
      return high;
    case 'nearest': {
      const even = Math.round(rank / 2) * 2;
      return numbers[Math.abs(rank % 1) === 0.5 ? even : Math.round(rank)];
    }
    case 'midpoint':
      return low === high ? low : (low + high) / 2;
    default:
      return low === high ? low : low + (rank % 1) * (high - low);
  }
}
