// Padding, patches and interpolation in plain arrays, from their definitions.

import { at, build, type Plain } from '../plain.js';

type Sizes = number | readonly number[];

const perAxis = (value: Sizes, axes: number): readonly number[] =>
  typeof value === 'number' ? new Array<number>(axes).fill(value) : value;

export interface PadOptions {
  mode?: string;
  value?: number;
}

/** The place that a padded one shows; null outside. */
function source(mode: string, place: number, size: number): number | null {
  if (place >= 0 && place < size) return place;
  if (mode === 'constant') return null;
  if (mode === 'replicate') return place < 0 ? 0 : size - 1;
  if (mode === 'circular') return place < 0 ? place + size : place - size;
  return place < 0 ? -place : 2 * size - 2 - place;
}

export function pad(x: Plain, padding: readonly number[], options: PadOptions = {}): Plain {
  const { mode = 'constant', value = 0 } = options;
  const rank = x.shape.length;
  const before = x.shape.map((_, axis) => padding[2 * (rank - 1 - axis)] ?? 0);
  const shape = x.shape.map((size, axis) => size + before[axis] + (padding[2 * (rank - 1 - axis) + 1] ?? 0));
  return build(shape, (index) => {
    const from = index.map((i, axis) => source(mode, i - before[axis], x.shape[axis]));
    return from.some((i) => i === null) ? value : at(x, from as number[]);
  });
}

export interface PatchOptions {
  dilation?: Sizes;
  padding?: Sizes;
  stride?: Sizes;
}

/** The images (N, C, …) of what may lack its batch dimension, and the result without it again. */
function batched(x: Plain, rank: number, f: (x: Plain) => Plain): Plain {
  if (x.shape.length === rank) return f(x);
  const out = f({ shape: [1, ...x.shape], data: x.data });
  return { shape: out.shape.slice(1), data: out.data };
}

/** How many patches lie along each side, and where a point of one lies. */
function patches(sides: readonly number[], kernelSize: Sizes, options: PatchOptions) {
  const window = perAxis(kernelSize, 2);
  const [dilation, padding, stride] = [options.dilation ?? 1, options.padding ?? 0, options.stride ?? 1].map(
    (value) => perAxis(value, 2),
  );
  const count = sides.map(
    (side, i) => Math.floor((side + 2 * padding[i] - dilation[i] * (window[i] - 1) - 1) / stride[i]) + 1,
  );
  const along = (i: number, patch: number, point: number): number =>
    patch * stride[i] - padding[i] + point * dilation[i];
  return { window, count, along };
}

export function unfold(input: Plain, kernelSize: Sizes, options: PatchOptions = {}): Plain {
  return batched(input, 4, (x) => {
    const [n, c, h, w] = x.shape;
    const { window, count, along } = patches([h, w], kernelSize, options);
    const points = window[0] * window[1];
    return build([n, c * points, count[0] * count[1]], ([image, row, column]) => {
      const point = row % points;
      const i = along(0, Math.floor(column / count[1]), Math.floor(point / window[1]));
      const j = along(1, column % count[1], point % window[1]);
      return i < 0 || i >= h || j < 0 || j >= w ? 0 : at(x, [image, Math.floor(row / points), i, j]);
    });
  });
}

export function fold(input: Plain, outputSize: Sizes, kernelSize: Sizes, options: PatchOptions = {}): Plain {
  return batched(input, 3, (x) => {
    const sides = perAxis(outputSize, 2);
    const { window, count, along } = patches(sides, kernelSize, options);
    const points = window[0] * window[1];
    return build([x.shape[0], x.shape[1] / points, ...sides], ([image, channel, i, j]) => {
      let total = 0;
      for (let point = 0; point < points; point++) {
        for (let column = 0; column < count[0] * count[1]; column++) {
          const row = along(0, Math.floor(column / count[1]), Math.floor(point / window[1]));
          const across = along(1, column % count[1], point % window[1]);
          if (row === i && across === j) total += at(x, [image, channel * points + point, column]);
        }
      }
      return total;
    });
  });
}

export interface InterpolateOptions {
  size?: Sizes;
  scaleFactor?: Sizes;
  mode?: string;
  alignCorners?: boolean | null;
  recomputeScaleFactor?: boolean | null;
  antialias?: boolean;
}

function cubic(x: number, a: number): number {
  const t = Math.abs(x);
  if (t < 1) return (a + 2) * t ** 3 - (a + 3) * t ** 2 + 1;
  return t < 2 ? a * t ** 3 - 5 * a * t ** 2 + 8 * a * t - 4 * a : 0;
}

const linear = (x: number): number => Math.max(0, 1 - Math.abs(x));

/** The weight of each of the input's values in value i of the result. */
function weights(from: number, to: number, scale: number, options: InterpolateOptions, i: number): number[] {
  const { mode = 'nearest', alignCorners, antialias } = options;
  const all = new Array<number>(from).fill(0);
  const add = (place: number, weight: number): void => {
    all[Math.min(from - 1, Math.max(0, place))] += weight;
  };
  if (mode === 'nearest') add(Math.floor(i * scale), 1);
  else if (mode === 'nearest-exact') add(Math.floor((i + 0.5) * scale), 1);
  else if (mode === 'area') {
    const [first, end] = [Math.floor((i * from) / to), Math.ceil(((i + 1) * from) / to)];
    for (let k = first; k < end; k++) add(k, 1 / (end - first));
  } else if (antialias) {
    const corners = alignCorners ? (from - 1) / (to - 1) : scale;
    const wide = Math.max(1, corners);
    const seen = all.map((_, k) => {
      const distance = (k + 0.5 - corners * (i + 0.5)) / wide;
      return mode === 'bicubic' ? cubic(distance, -0.5) : linear(distance);
    });
    const total = seen.reduce((sum, one) => sum + one, 0);
    return seen.map((one) => one / total);
  } else {
    const where = alignCorners ? (to > 1 ? (i * (from - 1)) / (to - 1) : 0) : (i + 0.5) * scale - 0.5;
    const reach = mode === 'bicubic' ? 2 : 1;
    const centre = mode === 'bicubic' ? where : Math.max(0, where);
    for (let k = Math.floor(centre) - reach; k <= Math.floor(centre) + reach; k++)
      add(k, mode === 'bicubic' ? cubic(centre - k, -0.75) : linear(centre - k));
  }
  return all;
}

export function interpolate(x: Plain, options: InterpolateOptions = {}): Plain {
  const axes = x.shape.length - 2;
  const factors = options.scaleFactor === undefined ? null : perAxis(options.scaleFactor, axes);
  const to = factors
    ? factors.map((factor, i) => Math.floor(x.shape[i + 2] * factor))
    : perAxis(options.size as Sizes, axes);
  return to.reduce((now, size, i) => {
    const axis = i + 2;
    const from = x.shape[axis];
    const scale = factors && !options.recomputeScaleFactor ? 1 / factors[i] : from / size;
    const shape = now.shape.map((old, k) => (k === axis ? size : old));
    const all = Array.from({ length: size }, (_, k) => weights(from, size, scale, options, k));
    return build(shape, (index) => {
      let total = 0;
      all[index[axis]].forEach((weight, place) => {
        if (weight === 0) return;
        total +=
          weight *
          at(
            now,
            index.map((one, k) => (k === axis ? place : one)),
          );
      });
      return total;
    });
  }, x);
}

/** The places of the input's values as they are rearranged. */
export function pixelShuffle(x: Plain, r: number): Plain {
  const [c, h, w] = x.shape.slice(-3);
  return build([...x.shape.slice(0, -3), c / (r * r), h * r, w * r], (index) => {
    const [channel, i, j] = index.slice(-3);
    const from = channel * r * r + (i % r) * r + (j % r);
    return at(x, [...index.slice(0, -3), from, Math.floor(i / r), Math.floor(j / r)]);
  });
}

export function pixelUnshuffle(x: Plain, r: number): Plain {
  const [c, h, w] = x.shape.slice(-3);
  return build([...x.shape.slice(0, -3), c * r * r, h / r, w / r], (index) => {
    const [channel, i, j] = index.slice(-3);
    const point = channel % (r * r);
    const place = [Math.floor(channel / (r * r)), i * r + Math.floor(point / r), j * r + (point % r)];
    return at(x, [...index.slice(0, -3), ...place]);
  });
}

export function channelShuffle(x: Plain, groups: number): Plain {
  const each = x.shape[1] / groups;
  return build(x.shape, ([n, c, ...rest]) =>
    at(x, [n, (c % groups) * each + Math.floor(c / groups), ...rest]),
  );
}
