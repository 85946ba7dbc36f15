// Grids of points and values at them in plain arrays, point by point.

import { at, build, indicesOf, type Plain } from '../plain.js';

export interface SamplingOptions {
  mode?: string;
  paddingMode?: string;
  alignCorners?: boolean;
}

export function affineGrid(theta: Plain, size: readonly number[], options: SamplingOptions = {}): Plain {
  const [n, , ...sides] = size;
  const axes = sides.length;
  return build([n, ...sides, axes], ([image, ...index]) => {
    const point = sides.map((side, axis) => {
      const i = index[axis];
      if (options.alignCorners) return side === 1 ? 0 : (2 * i) / (side - 1) - 1;
      return (2 * i + 1) / side - 1;
    });
    const row = index[axes];
    // x belongs to the last side.
    return [...point.reverse(), 1].reduce((sum, value, k) => sum + value * at(theta, [image, row, k]), 0);
  });
}

/** A coordinate mirrored at both ends until it lies between them. */
function reflect(x: number, low: number, high: number): number {
  if (low === high) return 0;
  let place = x;
  while (place < low || place > high) place = place < low ? 2 * low - place : 2 * high - place;
  return place;
}

function brought(
  x: number,
  size: number,
  { paddingMode = 'zeros', alignCorners = false }: SamplingOptions,
): number {
  if (paddingMode === 'zeros') return x;
  const low = alignCorners ? 0 : -0.5;
  const place = paddingMode === 'border' ? x : reflect(x, low, size - 1 - low);
  return Math.min(size - 1, Math.max(0, place));
}

const halfToEven = (x: number): number => {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
};

/** Which places count for a coordinate, and how much. */
function tapsOf(x: number, size: number, options: SamplingOptions): [place: number, weight: number][] {
  const { mode = 'bilinear' } = options;
  if (mode === 'nearest') return [[halfToEven(brought(x, size, options)), 1]];
  if (mode === 'bilinear') {
    const place = brought(x, size, options);
    const first = Math.floor(place);
    return [
      [first, 1 - (place - first)],
      [first + 1, place - first],
    ];
  }
  const kernel = (distance: number): number => {
    const [d, a] = [Math.abs(distance), -0.75];
    return d <= 1 ? ((a + 2) * d - (a + 3)) * d * d + 1 : ((a * d - 5 * a) * d + 8 * a) * d - 4 * a;
  };
  const first = Math.floor(x);
  return [-1, 0, 1, 2].map((k) => [brought(first + k, size, options), kernel(x - first - k)]);
}

export function gridSample(input: Plain, grid: Plain, options: SamplingOptions = {}): Plain {
  const [n, channels, ...sides] = input.shape;
  const axes = sides.length;
  return build([n, channels, ...grid.shape.slice(1, -1)], ([image, channel, ...index]) => {
    const taps = sides.map((size, axis) => {
      const x = at(grid, [image, ...index, axes - 1 - axis]);
      const place = options.alignCorners ? ((x + 1) / 2) * (size - 1) : ((x + 1) * size - 1) / 2;
      return tapsOf(Number.isFinite(place) ? place : -100, size, options);
    });
    let total = 0;
    for (const chosen of indicesOf(taps.map((list) => list.length))) {
      const places = chosen.map((k, axis) => taps[axis][k][0]);
      if (places.some((place, axis) => place < 0 || place >= sides[axis])) continue;
      const weight = chosen.reduce((product, k, axis) => product * taps[axis][k][1], 1);
      total += weight * at(input, [image, channel, ...places]);
    }
    return total;
  });
}
