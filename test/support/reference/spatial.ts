// Convolution and pooling along any number of axes in plain arrays, from their definitions.

import { at, build, indicesOf, type Plain, sizeOf } from '../plain.js';

type Sizes = number | readonly number[];

export interface ConvOptions {
  stride?: Sizes;
  padding?: Sizes | 'same' | 'valid';
  dilation?: Sizes;
  groups?: number;
}

export interface ConvTransposeOptions {
  stride?: Sizes;
  padding?: Sizes;
  outputPadding?: Sizes;
  dilation?: Sizes;
  groups?: number;
}

export interface PoolOptions {
  stride?: Sizes;
  padding?: Sizes;
  dilation?: Sizes;
  ceilMode?: boolean;
  countIncludePad?: boolean;
  divisorOverride?: number;
  returnIndices?: boolean;
}

const perAxis = (value: Sizes, axes: number): readonly number[] =>
  typeof value === 'number' ? new Array<number>(axes).fill(value) : value;

/** An input without its batch dimension gets one, and loses it again. */
function batched(x: Plain, axes: number, f: (x: Plain) => Plain): Plain {
  if (x.shape.length === axes + 2) return f(x);
  const out = f({ shape: [1, ...x.shape], data: x.data });
  return { shape: out.shape.slice(1), data: out.data };
}

const inside = (place: readonly number[], shape: readonly number[]): boolean =>
  place.every((p, i) => p >= 0 && p < shape[i + 2]);

export function conv(
  axes: number,
  input: Plain,
  weight: Plain,
  options: ConvOptions = {},
  bias: Plain | null = null,
): Plain {
  const stride = perAxis(options.stride ?? 1, axes);
  const dilation = perAxis(options.dilation ?? 1, axes);
  const groups = options.groups ?? 1;
  const [outputs, taken, ...window] = weight.shape;
  const wanted = options.padding ?? 0;
  const padding =
    wanted === 'same'
      ? window.map((size, i) => Math.floor((dilation[i] * (size - 1)) / 2))
      : perAxis(wanted === 'valid' ? 0 : wanted, axes);
  return batched(input, axes, (x) => {
    const to = window.map((size, i) => {
      if (wanted === 'same') return x.shape[i + 2];
      const reach = dilation[i] * (size - 1) + 1;
      return Math.floor((x.shape[i + 2] + 2 * padding[i] - reach) / stride[i]) + 1;
    });
    return build([x.shape[0], outputs, ...to], ([n, o, ...place]) => {
      const first = Math.floor(o / (outputs / groups)) * taken;
      let total = bias === null ? 0 : bias.data[o];
      let w = o * taken * sizeOf(window);
      for (const tap of indicesOf([taken, ...window])) {
        const from = place.map((p, i) => p * stride[i] - padding[i] + tap[i + 1] * dilation[i]);
        if (inside(from, x.shape)) total += weight.data[w] * at(x, [n, first + tap[0], ...from]);
        w++;
      }
      return total;
    });
  });
}

/** Each input adds its value times the kernel to the result. */
export function convTranspose(
  axes: number,
  input: Plain,
  weight: Plain,
  options: ConvTransposeOptions = {},
  bias: Plain | null = null,
): Plain {
  const stride = perAxis(options.stride ?? 1, axes);
  const padding = perAxis(options.padding ?? 0, axes);
  const added = perAxis(options.outputPadding ?? 0, axes);
  const dilation = perAxis(options.dilation ?? 1, axes);
  const groups = options.groups ?? 1;
  const [channels, ofGroup, ...window] = weight.shape;
  return batched(input, axes, (x) => {
    const to = window.map(
      (size, i) =>
        (x.shape[i + 2] - 1) * stride[i] - 2 * padding[i] + dilation[i] * (size - 1) + added[i] + 1,
    );
    const shape = [x.shape[0], ofGroup * groups, ...to];
    const sums = [...build(shape, ([, o]) => (bias === null ? 0 : bias.data[o])).data];
    for (const [n, c, ...place] of indicesOf(x.shape)) {
      const first = Math.floor(c / (channels / groups)) * ofGroup;
      const value = at(x, [n, c, ...place]);
      for (const [o, ...tap] of indicesOf([ofGroup, ...window])) {
        const into = place.map((p, i) => p * stride[i] - padding[i] + tap[i] * dilation[i]);
        if (!inside(into, shape)) continue;
        const index = [n, first + o, ...into].reduce((sum, p, i) => sum * shape[i] + p, 0);
        sums[index] += value * at(weight, [c, o, ...tap]);
      }
    }
    return { shape, data: sums };
  });
}

/** Where the windows of a pooling lie along one side. */
function windowStarts(
  size: number,
  reach: number,
  stride: number,
  padding: number,
  ceilMode: boolean,
): number[] {
  const starts: number[] = [];
  for (let start = -padding; ; start += stride) {
    const fits = start + reach <= size + padding;
    // In ceil mode one more may hang over the end, if it begins inside the input or the padding before it.
    const hangs = ceilMode && start < size && start + reach - stride < size + padding;
    if (!fits && !hangs) return starts;
    starts.push(start);
  }
}

const most = (values: readonly number[]): number => {
  let best = Number.NEGATIVE_INFINITY;
  for (const value of values) if (Number.isNaN(value) || value > best) best = value;
  return best;
};

/** What each window of a pooling of maxima holds, in order: values, and their places in row-major order. */
function maxWindows(
  axes: number,
  input: Plain,
  kernelSize: Sizes,
  options: PoolOptions,
  value: (values: readonly number[], places: readonly number[]) => number,
): Plain {
  const window = perAxis(kernelSize, axes);
  const stride = perAxis(options.stride ?? window, axes);
  const padding = perAxis(options.padding ?? 0, axes);
  const dilation = perAxis(options.dilation ?? 1, axes);
  return batched(input, axes, (x) => {
    const sides = x.shape.slice(2);
    const starts = window.map((size, i) =>
      windowStarts(sides[i], dilation[i] * (size - 1) + 1, stride[i], padding[i], options.ceilMode ?? false),
    );
    return build([x.shape[0], x.shape[1], ...starts.map((list) => list.length)], ([n, c, ...place]) => {
      const values: number[] = [];
      const places: number[] = [];
      for (const tap of indicesOf(window)) {
        const from = place.map((p, i) => starts[i][p] + tap[i] * dilation[i]);
        if (!inside(from, x.shape)) continue;
        values.push(at(x, [n, c, ...from]));
        places.push(from.reduce((sum, p, i) => sum * sides[i] + p, 0));
      }
      return value(values, places);
    });
  });
}

/** Where the largest value lies first, or the last NaN. */
const placeOfMost = (values: readonly number[], places: readonly number[]): number => {
  const nan = values.findLastIndex(Number.isNaN);
  return places[nan >= 0 ? nan : values.indexOf(most(values))];
};

export function maxPool(axes: number, x: Plain, kernelSize: Sizes, options: PoolOptions = {}): Plain {
  return maxWindows(axes, x, kernelSize, options, most);
}

/** Where in its signal, plane or volume each of {@link maxPool}'s values lies. */
export function maxPlaces(axes: number, x: Plain, kernelSize: Sizes, options: PoolOptions = {}): Plain {
  return maxWindows(axes, x, kernelSize, options, placeOfMost);
}

/** Values at the places that indices name, among zeros. */
export function maxUnpool(axes: number, x: Plain, indices: Plain, to: readonly number[]): Plain {
  const lead = x.shape.slice(0, -axes);
  const [from, size] = [sizeOf(x.shape.slice(-axes)), sizeOf(to)];
  const data = new Array<number>(sizeOf(lead) * size).fill(0);
  x.data.forEach((value, i) => {
    data[Math.floor(i / from) * size + indices.data[i]] = value;
  });
  return { shape: [...lead, ...to], data };
}

export function avgPool(axes: number, input: Plain, kernelSize: Sizes, options: PoolOptions = {}): Plain {
  const window = perAxis(kernelSize, axes);
  const stride = perAxis(options.stride ?? window, axes);
  const padding = perAxis(options.padding ?? 0, axes);
  return batched(input, axes, (x) => {
    const starts = window.map((size, i) =>
      windowStarts(x.shape[i + 2], size, stride[i], padding[i], options.ceilMode ?? false),
    );
    return build([x.shape[0], x.shape[1], ...starts.map((list) => list.length)], ([n, c, ...place]) => {
      let total = 0;
      let counted = 0;
      for (const tap of indicesOf(window)) {
        const from = place.map((p, i) => starts[i][p] + tap[i]);
        if (from.some((p, i) => p >= x.shape[i + 2] + padding[i])) continue;
        const real = inside(from, x.shape);
        if (real) total += at(x, [n, c, ...from]);
        if (real || (options.countIncludePad ?? true)) counted++;
      }
      return total / (options.divisorOverride ?? counted);
    });
  });
}

/** The places and values of each window of an adaptive pooling, in order. */
function adaptive(
  axes: number,
  input: Plain,
  outputSize: number | readonly (number | null)[],
  value: (values: readonly number[], places: readonly number[]) => number,
): Plain {
  return batched(input, axes, (x) => {
    const sides = x.shape.slice(2);
    const to = sides.map((side, i) => (typeof outputSize === 'number' ? outputSize : outputSize[i]) ?? side);
    return build([x.shape[0], x.shape[1], ...to], ([n, c, ...place]) => {
      const first = place.map((p, i) => Math.floor((p * sides[i]) / to[i]));
      const window = place.map((p, i) => Math.ceil(((p + 1) * sides[i]) / to[i]) - first[i]);
      const values: number[] = [];
      const places: number[] = [];
      for (const tap of indicesOf(window)) {
        const from = tap.map((t, i) => first[i] + t);
        values.push(at(x, [n, c, ...from]));
        places.push(from.reduce((sum, p, i) => sum * sides[i] + p, 0));
      }
      return value(values, places);
    });
  });
}

export function adaptiveAvgPool(
  axes: number,
  x: Plain,
  outputSize: number | readonly (number | null)[],
): Plain {
  return adaptive(axes, x, outputSize, (values) => values.reduce((sum, v) => sum + v, 0) / values.length);
}

export function adaptiveMaxPool(
  axes: number,
  x: Plain,
  outputSize: number | readonly (number | null)[],
): Plain {
  return adaptive(axes, x, outputSize, most);
}

/** Where in its plane each of {@link adaptiveMaxPool}'s values lies first. */
export function adaptiveMaxPlaces(
  axes: number,
  x: Plain,
  outputSize: number | readonly (number | null)[],
): Plain {
  return adaptive(axes, x, outputSize, placeOfMost);
}
