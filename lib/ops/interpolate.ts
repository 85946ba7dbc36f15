// Signals, images and volumes in other sizes.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d } from './adaptivePool.js';
import { checkFloating, checkTensor } from './apply.js';
import { type Axes, checkSizes, type Sizes } from './convShape.js';
import { type Mixture, mixed, picked } from './resample.js';

const MODES = ['nearest', 'nearest-exact', 'linear', 'bilinear', 'bicubic', 'trilinear', 'area'] as const;

export type InterpolateMode = (typeof MODES)[number];

/** The modes that are made for so many axes alone. */
const AXES_OF: Partial<Record<InterpolateMode, Axes>> = { linear: 1, bilinear: 2, bicubic: 2, trilinear: 3 };

export interface UpsampleOptions {
  /** The size of the result along each axis. */
  size?: Sizes;
  /** How much larger than the input, along each axis. */
  scaleFactor?: Sizes;
  /** Default 'nearest'. */
  mode?: InterpolateMode;
  /** Whether the outer values lie on each other, rather than the outer edges of these values. Default false. */
  alignCorners?: boolean | null;
  /** Whether positions follow from the sizes, rather than from the scale factor. Default false. */
  recomputeScaleFactor?: boolean | null;
}

export interface InterpolateOptions extends UpsampleOptions {
  /** Whether 'bilinear' and 'bicubic' mean over all that a smaller result's values stand for. Default false. */
  antialias?: boolean;
}

const INTERPOLATE_OPTIONS = optionNames<InterpolateOptions>({
  size: true,
  scaleFactor: true,
  mode: true,
  alignCorners: true,
  recomputeScaleFactor: true,
  antialias: true,
});

/** @internal */
export const UPSAMPLE_OPTIONS = optionNames<UpsampleOptions>({
  size: true,
  scaleFactor: true,
  mode: true,
  alignCorners: true,
  recomputeScaleFactor: true,
});

/** Refuses a mode that there is not, or options that do not go together. @internal */
export function checkInterpolation(op: string, options: InterpolateOptions): void {
  const { size, scaleFactor, mode = 'nearest', alignCorners = null, antialias = false } = options;
  if (!MODES.includes(mode)) {
    throw new ArgumentError(op, 'mode', mode, `mode is one of ${MODES.join(', ')}; got ${String(mode)}`);
  }
  if ((size === undefined) === (scaleFactor === undefined))
    throw new ArgumentError(op, 'size', size, 'give either size or scaleFactor');
  if (alignCorners !== null && AXES_OF[mode] === undefined) {
    throw new ArgumentError(
      op,
      'alignCorners',
      alignCorners,
      `alignCorners goes with linear, bilinear, bicubic and trilinear; mode is '${mode}'`,
    );
  }
  if (antialias && mode !== 'bilinear' && mode !== 'bicubic') {
    throw new ArgumentError(
      op,
      'antialias',
      antialias,
      `antialias goes with bilinear and bicubic; mode is '${mode}'`,
    );
  }
  if (options.recomputeScaleFactor && size !== undefined) {
    throw new ArgumentError(op, 'recomputeScaleFactor', true, 'recomputeScaleFactor goes with scaleFactor');
  }
}

function factorsOf(scaleFactor: Sizes, axes: Axes): readonly number[] {
  const list = typeof scaleFactor === 'number' ? new Array<number>(axes).fill(scaleFactor) : scaleFactor;
  if (Array.isArray(list) && list.length === axes && list.every((one) => Number.isFinite(one) && one > 0))
    return list;
  throw new ArgumentError(
    'interpolate',
    'scaleFactor',
    scaleFactor,
    `scaleFactor is a finite number above 0, or one for each of ${axes} axes`,
  );
}

/** Where value i of the result lies among the input's. */
type Position = (i: number) => number;

function positionOf(from: number, to: number, scale: number, corners: boolean): Position {
  if (!corners) return (i) => (i + 0.5) * scale - 0.5;
  const step = to > 1 ? (from - 1) / (to - 1) : 0;
  return (i) => i * step;
}

const held = (at: number, size: number): number => Math.min(size - 1, Math.max(0, at));

// Positions are rounded to float32, as PyTorch rounds them, for otherwise other neighbours would be the nearest.
function nearestPlaces(from: number, to: number, scale: number, exact: boolean): number[] {
  const step = Math.fround(scale);
  return Array.from({ length: to }, (_, i) =>
    held(Math.floor(Math.fround((exact ? i + 0.5 : i) * step)), from),
  );
}

/** The two neighbours of each position, the nearer with more weight. */
function linearMixture(axis: number, from: number, to: number, position: Position): Mixture {
  const positions = Array.from({ length: to }, (_, i) => held(position(i), from));
  const first = positions.map(Math.floor);
  const share = positions.map((at, i) => at - first[i]);
  return {
    axis,
    places: [first, first.map((at) => held(at + 1, from))],
    weights: [share.map((part) => 1 - part), share],
  };
}

/** The cubic convolution kernel at a distance (Keys 1981). */
function cubic(distance: number, a: number): number {
  const x = Math.abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

/** Four neighbours of each position, those outside being the outermost. */
function cubicMixture(axis: number, from: number, to: number, position: Position): Mixture {
  const positions = Array.from({ length: to }, (_, i) => position(i));
  const taps = [-1, 0, 1, 2];
  return {
    axis,
    places: taps.map((tap) => positions.map((at) => held(Math.floor(at) + tap, from))),
    weights: taps.map((tap) => positions.map((at) => cubic(at - Math.floor(at) - tap, -0.75))),
  };
}

/** All neighbours within the kernel's reach, which grows as the result shrinks, by weights that add up to 1. */
function antialiasedMixture(
  axis: number,
  from: number,
  to: number,
  scale: number,
  cubically: boolean,
): Mixture {
  const stretch = Math.max(1, scale);
  const reach = (cubically ? 2 : 1) * stretch;
  const kernel = (distance: number): number =>
    cubically ? cubic(distance, -0.5) : Math.max(0, 1 - Math.abs(distance));
  const windows = Array.from({ length: to }, (_, i) => {
    const centre = scale * (i + 0.5);
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    const weights = Array.from({ length: end - first }, (__, k) =>
      kernel((first + k - centre + 0.5) / stretch),
    );
    const total = weights.reduce((sum, one) => sum + one, 0);
    return { first, weights: weights.map((one) => one / total) };
  });
  const most = Math.max(...windows.map(({ weights }) => weights.length));
  // A shorter window counts its first value again, with no weight.
  const taps = Array.from({ length: most }, (_, k) => k);
  return {
    axis,
    places: taps.map((k) => windows.map(({ first, weights }) => (k < weights.length ? first + k : first))),
    weights: taps.map((k) => windows.map(({ weights }) => weights[k] ?? 0)),
  };
}

const AREA = [adaptiveAvgPool1d, adaptiveAvgPool2d, adaptiveAvgPool3d] as const;

/**
 * Signals (N, C, L), images (N, C, H, W) or volumes (N, C, D, H, W) in another `size`, or `scaleFactor` times as large.
 * Modes: 'nearest', and 'nearest-exact', which rounds as image libraries do; 'linear', 'bilinear' and 'trilinear' for
 * one, two and three axes; 'bicubic' (Keys 1981, a = −0.75) for images; 'area', means over windows spread evenly.
 *
 * @throws ShapeError, DTypeError, ArgumentError where the input, a size or an option does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const x = tensor([[[1, 3]]]);
 * nn.functional.interpolate(x, { scaleFactor: 2 }).toArray(); // => [[[1, 1, 3, 3]]]
 * nn.functional.interpolate(x, { size: 3, mode: 'linear', alignCorners: true }).toArray(); // => [[[1, 2, 3]]]
 */
export function interpolate(x: Tensor, options: InterpolateOptions = NO_OPTIONS): Tensor {
  const op = 'interpolate';
  checkTensor(op, x);
  checkOptions(op, options, INTERPOLATE_OPTIONS);
  checkInterpolation(op, options);
  const { mode = 'nearest', alignCorners, antialias = false } = options;
  const axes = (x.ndim - 2) as Axes;
  const wanted = AXES_OF[mode] ?? axes;
  if (axes < 1 || axes > 3 || axes !== wanted) {
    const form =
      AXES_OF[mode] === undefined ? '(N, C, …) with one to three axes' : `(N, C, …) with ${wanted} axes`;
    throw new ShapeError(op, `mode '${mode}' takes an input ${form}; got ${showShape(x.shape)}`, [x.shape]);
  }
  checkFloating(op, x);
  const from = x.shape.slice(2);
  const factors = options.scaleFactor === undefined ? null : factorsOf(options.scaleFactor, axes);
  const to =
    factors === null
      ? checkSizes(op, 'size', options.size as Sizes, 1, axes)
      : from.map((size, i) => Math.floor(size * factors[i]));
  if (from.includes(0) || to.includes(0))
    throw new ShapeError(op, `${showShape(from)} to ${showShape(to)} has an empty side`, [x.shape]);
  if (mode === 'area') return AREA[axes - 1](x, to as never);
  let out = x;
  for (let i = 0; i < axes; i++) {
    const given = factors !== null && !options.recomputeScaleFactor;
    const scale = given ? 1 / factors[i] : from[i] / to[i];
    const mixture = mixtureOf(mode, i + 2, from[i], to[i], scale, alignCorners ?? false, antialias);
    if (mixture !== null) out = mixed(out, mixture);
    else out = picked(out, i + 2, nearestPlaces(from[i], to[i], scale, mode === 'nearest-exact'));
  }
  return out;
}

/** How values along an axis are mixed; null where each is one of the input's. */
function mixtureOf(
  mode: InterpolateMode,
  axis: number,
  from: number,
  to: number,
  scale: number,
  corners: boolean,
  antialias: boolean,
): Mixture | null {
  if (mode === 'nearest' || mode === 'nearest-exact') return null;
  if (antialias) {
    const step = corners ? (to > 1 ? (from - 1) / (to - 1) : 0) : scale;
    return antialiasedMixture(axis, from, to, step, mode === 'bicubic');
  }
  const position = positionOf(from, to, scale, corners);
  return mode === 'bicubic'
    ? cubicMixture(axis, from, to, position)
    : linearMixture(axis, from, to, position);
}
