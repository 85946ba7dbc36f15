// Images and volumes read at the points of a grid, between their values.

import { INT32, isFloatKind } from '../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import { B, noGrad, record2 } from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { castTo, checkTensor, copyOf, rule } from './apply.js';
import { add, div, mul, sub } from './binary.js';
import { clamp } from './clamp.js';
import { ge, gt, le, logicalAnd, lt, ne } from './compare.js';
import { composed } from './composed.js';
import { filledOf } from './create.js';
import { remainder } from './division.js';
import { stack } from './join.js';
import { listOf } from './resample.js';
import { permute, reshape } from './shape.js';
import { select } from './slice.js';
import { abs, floor, round } from './unary.js';
import { weightedRows } from './weightedRows.js';
import { where } from './where.js';

const MODES = ['bilinear', 'nearest', 'bicubic'] as const;
const PADDING_MODES = ['zeros', 'border', 'reflection'] as const;

export type GridSampleMode = (typeof MODES)[number];
export type GridSamplePadding = (typeof PADDING_MODES)[number];

export interface GridSampleOptions {
  /** How values between others come about; 'bilinear' is trilinear for volumes, 'bicubic' is for images. Default 'bilinear'. */
  mode?: GridSampleMode;
  /** What lies outside: zeros, the outermost values, or the input mirrored. Default 'zeros'. */
  paddingMode?: GridSamplePadding;
  /** Whether −1 and 1 are the centres of the outer values, rather than their outer edges. Default false. */
  alignCorners?: boolean;
}

const GRID_SAMPLE_OPTIONS = optionNames<GridSampleOptions>({
  mode: true,
  paddingMode: true,
  alignCorners: true,
});

interface How {
  readonly mode: GridSampleMode;
  readonly padding: GridSamplePadding;
  readonly corners: boolean;
}

/** Where points that are no numbers, or far beyond counting, are taken to lie: outside, as PyTorch has it. */
const OUTSIDE = -100;
const FARTHEST = 2 ** 30;

/** How many values along an axis a point is made of, from which before it on. */
const TAPS = { nearest: 1, bilinear: 2, bicubic: 4 } as const;
const FIRST_TAP = { nearest: 0, bilinear: 0, bicubic: -1 } as const;

// A fold of the axis: the gradient is turned round or ends where the coordinate is.
const FOLDED = rule('gridSample', { a: [B, (n, g) => mul(g, n.b as Tensor)] });
// The nearest value stays the same under small changes of the grid.
const NEAREST = rule('gridSample', { a: [0, (_n, g) => g], b: [0, () => null] });

/** Coordinates in [−1, 1] counted in values along a side. */
function counted(x: Tensor, size: number, corners: boolean): Tensor {
  const from1 = add(x, 1);
  return corners ? mul(from1, (size - 1) / 2) : sub(mul(from1, size / 2), 0.5);
}

const within = (x: Tensor, low: number, high: number): Tensor => logicalAnd(gt(x, low), lt(x, high));

/** What mirrors lie at, and how far apart. */
function mirrors(size: number, corners: boolean): readonly [low: number, span: number] {
  return corners ? [0, size - 1] : [-0.5, size];
}

/** Coordinates mirrored until they lie between the mirrors. */
function mirrored(x: Tensor, size: number, corners: boolean): Tensor {
  const [low, span] = mirrors(size, corners);
  if (span === 0) return mul(x, 0);
  const distance = abs(sub(x, low));
  const folds = floor(div(distance, span));
  const rest = sub(distance, mul(folds, span));
  return add(where(ne(remainder(folds, 2), 0), sub(span, rest), rest), low);
}

/** The slope of {@link mirrored}: 1 or −1. */
function mirroredSlope(x: Tensor, size: number, corners: boolean): Tensor {
  const [low, span] = mirrors(size, corners);
  if (span === 0) return mul(x, 0);
  const folds = floor(div(abs(sub(x, low)), span));
  const turned = sub(1, mul(remainder(folds, 2), 2));
  return where(lt(x, low), mul(turned, -1), turned);
}

/** Coordinates, or whole places, that a padding other than zeros brings back inside. */
function inside(x: Tensor, size: number, { padding, corners }: How): Tensor {
  if (padding === 'zeros') return x;
  return clamp(padding === 'border' ? x : mirrored(x, size, corners), { min: 0, max: size - 1 });
}

function folded(x: Tensor, size: number, how: How): Tensor {
  const { padding, corners } = how;
  if (padding === 'zeros') return x;
  const out = composed(() => inside(x, size, how));
  const slope = composed(() => {
    const free = padding === 'border' ? x : mirrored(x, size, corners);
    const stays = castTo(within(free, 0, size - 1), x.kind);
    return padding === 'border' ? stays : mul(stays, mirroredSlope(x, size, corners));
  });
  record2(FOLDED, out, x, slope, null);
  return out;
}

/** The lists that a tap for each axis makes, the last axis changing fastest. */
function combinations(taps: number, axes: number): number[][] {
  if (axes === 0) return [[]];
  return combinations(taps, axes - 1).flatMap((list) => Array.from({ length: taps }, (_, k) => [...list, k]));
}

/** The rows of the table that points are made of, (K, N, P); behind the last where it lies outside. */
function rowsOf(coordinates: readonly Tensor[], sides: readonly number[], how: How): Tensor {
  const { mode, padding } = how;
  const [n] = coordinates[0].shape;
  const volume = sides.reduce((product, size) => product * size, 1);
  const axes = coordinates.map((x, axis) => {
    const first = mode === 'nearest' ? round(x) : floor(x);
    return Array.from({ length: TAPS[mode] }, (_, k) => {
      const tap = add(first, FIRST_TAP[mode] + k);
      const place = mode === 'bicubic' ? inside(tap, sides[axis], how) : tap;
      const counts = padding === 'zeros' ? logicalAnd(ge(place, 0), le(place, sides[axis] - 1)) : null;
      return { at: castTo(clamp(place, { min: 0, max: sides[axis] - 1 }), INT32), counts };
    });
  });
  const images = reshape(listOf(Array.from({ length: n }, (_, i) => i * volume)), [n, 1]);
  const lists = combinations(TAPS[mode], sides.length).map((taps) => {
    const chosen = taps.map((k, axis) => axes[axis][k]);
    const inImage = chosen.slice(1).reduce((row, { at }, i) => add(mul(row, sides[i + 1]), at), chosen[0].at);
    const row = add(inImage, images);
    if (padding !== 'zeros') return row;
    const counts = chosen.map((one) => one.counts as Tensor).reduce((all, one) => logicalAnd(all, one));
    return where(counts, row, n * volume);
  });
  return stack(lists);
}

/** The cubic convolution kernel (Keys 1981, a = −0.75) up to distance 1, and from there to 2. */
const near = (x: Tensor): Tensor => add(mul(mul(sub(mul(x, 1.25), 2.25), x), x), 1);
const far = (x: Tensor): Tensor => add(mul(sub(mul(add(mul(x, -0.75), 3.75), x), 6), x), 3);

/** How much each tap along an axis counts. */
function weightsAlong(x: Tensor, mode: GridSampleMode): Tensor[] {
  const share = sub(
    x,
    noGrad(() => floor(x)),
  );
  const others = sub(1, share);
  if (mode === 'bilinear') return [others, share];
  return [far(add(share, 1)), near(share), near(others), far(add(others, 1))];
}

/** How much each of the rows of {@link rowsOf} counts, (K, N, P). */
function weightsOf(coordinates: readonly Tensor[], mode: GridSampleMode): Tensor {
  const axes = coordinates.map((x) => weightsAlong(x, mode));
  const lists = combinations(TAPS[mode], axes.length).map((taps) =>
    taps.map((k, axis) => axes[axis][k]).reduce((product, weight) => mul(product, weight)),
  );
  return stack(lists);
}

function checkOperands(op: string, input: Tensor, grid: Tensor, mode: GridSampleMode): void {
  const axes = input.ndim - 2;
  const shapes = [input.shape, grid.shape];
  if (axes < 2 || axes > 3 || grid.ndim !== input.ndim || grid.shape[input.ndim - 1] !== axes) {
    throw new ShapeError(
      op,
      `the input is (N, C, H, W) with a grid (N, H', W', 2), or (N, C, D, H, W) with (N, D', H', W', 3); got ` +
        `${showShape(input.shape)} and ${showShape(grid.shape)}`,
      shapes,
    );
  }
  if (input.shape[0] !== grid.shape[0]) {
    throw new ShapeError(
      op,
      `the input ${showShape(input.shape)} and the grid ${showShape(grid.shape)} must have the same N`,
      shapes,
    );
  }
  if (input.shape.slice(2).includes(0))
    throw new ShapeError(op, `the input ${showShape(input.shape)} has an empty side`, [input.shape]);
  if (mode === 'bicubic' && axes === 3) {
    throw new ShapeError(
      op,
      `mode 'bicubic' is for images (N, C, H, W); got ${showShape(input.shape)}`,
      shapes,
    );
  }
  if (!isFloatKind(input.kind) || input.kind !== grid.kind) {
    throw new DTypeError(
      op,
      `input and grid must have the same floating dtype; got ${input.dtype} and ${grid.dtype}: cast with to()`,
      [input.dtype, grid.dtype],
    );
  }
}

function checkChoice(op: string, name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new ArgumentError(op, name, value, `${name} is one of ${choices.join(', ')}; got ${String(value)}`);
}

/**
 * The values of images (N, C, H, W) at the points of a grid (N, H', W', 2): (N, C, H', W'). A point is (x, y), with −1
 * the left or upper edge of the image and 1 the right or lower one; volumes (N, C, D, H, W) take points (x, y, z). The
 * gradient flows to both; with mode 'nearest' there is none for the grid. "Spatial transformer networks" (Jaderberg et
 * al. 2015).
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const image = tensor([[[[1, 2], [3, 4]]]]);
 * const points = tensor([[[[0, 0], [-1, 1], [0.5, -0.5]]]]);
 * nn.functional.gridSample(image, points, { alignCorners: true }).toArray(); // => [[[[2.5, 3, 2.25]]]]
 */
export function gridSample(input: Tensor, grid: Tensor, options: GridSampleOptions = NO_OPTIONS): Tensor {
  const op = 'gridSample';
  checkTensor(op, input);
  checkTensor(op, grid);
  checkOptions(op, options, GRID_SAMPLE_OPTIONS);
  const { mode = 'bilinear', paddingMode = 'zeros', alignCorners = false } = options;
  checkChoice(op, 'mode', mode, MODES);
  checkChoice(op, 'paddingMode', paddingMode, PADDING_MODES);
  checkOperands(op, input, grid, mode);
  const how: How = { mode, padding: paddingMode, corners: alignCorners };
  const [n, channels, ...sides] = input.shape;
  const to = grid.shape.slice(1, -1);
  const points = to.reduce((product, size) => product * size, 1);
  const volume = sides.reduce((product, size) => product * size, 1);
  const coordinates = sides.map((size, axis) => {
    const x = reshape(select(grid, grid.ndim - 1, sides.length - 1 - axis), [n, points]);
    const free = counted(x, size, alignCorners);
    // Beyond the edge every value is the edge's own, however far; a bicubic point reaches two values away.
    const place = paddingMode === 'border' ? clamp(free, { min: -3, max: size + 2 }) : free;
    const own = where(lt(abs(place), FARTHEST), place, OUTSIDE);
    return mode === 'bicubic' ? own : folded(own, size, how);
  });
  const lists = [TAPS[mode] ** sides.length, n * points];
  const index = composed(() => reshape(rowsOf(coordinates, sides, how), lists));
  const table = reshape(permute(input, [0, ...sides.map((_, i) => i + 2), 1]), [n * volume, channels]);
  const weights =
    mode === 'nearest'
      ? filledOf(denseLayout(lists), input.kind, 1)
      : reshape(weightsOf(coordinates, mode), lists);
  const mixed = weightedRows(table, index, weights, paddingMode === 'zeros' ? n * volume : -1);
  const sampled = reshape(permute(reshape(mixed, [n, points, channels]), [0, 2, 1]), [n, channels, ...to]);
  if (mode !== 'nearest') return sampled;
  const out = copyOf(sampled);
  record2(NEAREST, out, sampled, grid, null);
  return out;
}
