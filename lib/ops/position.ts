// Positions as numbers: tables of sines and cosines, and the rotation of features by them.

import { ArgumentError, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { checkFloating } from './apply.js';
import { add, mul, sub } from './binary.js';
import { type TensorOptions, tensor } from './create.js';
import { concat, stack } from './join.js';
import { reshape } from './shape.js';
import { narrow, select } from './slice.js';

export interface SinusoidOptions extends Pick<TensorOptions, 'dtype'> {
  /** The longest wave is 2π · base. Default 10000. */
  base?: number;
  /** The first position. Default 0. */
  offset?: number;
}

const SINUSOID_OPTIONS = optionNames<SinusoidOptions>({ base: true, offset: true, dtype: true });

/** Refuses a base that is no number above 0. @internal */
export function checkBase(op: string, base: number): void {
  if (base > 0 && Number.isFinite(base)) return;
  throw new ArgumentError(op, 'base', base, `base is a number above 0; got ${String(base)}`);
}

/** Refuses what is no whole number from a bound. @internal */
export function checkFrom(op: string, name: string, value: number, bound: number): void {
  if (Number.isInteger(value) && value >= bound) return;
  throw new ArgumentError(op, name, value, `${name} is a whole number from ${bound}; got ${String(value)}`);
}

/** The angles p / base^(2i / features), a row for each position, in float64. */
function angles(offset: number, length: number, features: number, base: number): number[][] {
  const half = Math.ceil(features / 2);
  return Array.from({ length }, (_, p) =>
    Array.from({ length: half }, (_, i) => (offset + p) / base ** ((2 * i) / features)),
  );
}

/**
 * A code for each position, (length, features): sin(p / base^(2i / features)) at 2i and the cosine at 2i + 1 (Vaswani
 * et al. 2017).
 *
 * @throws ArgumentError where a number has no meaning.
 * @example
 * import { nn } from 'quern';
 * nn.functional.sinusoidalPositions(1, 4).toArray(); // => [[0, 1, 0, 1]]
 */
export function sinusoidalPositions(
  length: number,
  features: number,
  options: SinusoidOptions = NO_OPTIONS,
): Tensor {
  const op = 'sinusoidalPositions';
  checkOptions(op, options, SINUSOID_OPTIONS);
  const { base = 10000, offset = 0, dtype = 'float32' } = options;
  checkFrom(op, 'length', length, 1);
  checkFrom(op, 'features', features, 1);
  checkFrom(op, 'offset', offset, 0);
  checkBase(op, base);
  const rows = angles(offset, length, features, base).map((row) =>
    row.flatMap((angle) => [Math.sin(angle), Math.cos(angle)]).slice(0, features),
  );
  return tensor(rows, { dtype });
}

export interface RotaryOptions {
  /** The slowest turn has a period near 2π · base. Default 10000. */
  base?: number;
  /** The position of the first row. Default 0. */
  offset?: number;
  /** Whether features 2i and 2i + 1 turn together; otherwise i and i + E / 2 do. Default true. */
  interleaved?: boolean;
}

const ROTARY_OPTIONS = optionNames<RotaryOptions>({ base: true, offset: true, interleaved: true });

/** Cosines and sines of the angles of rotary embeddings, each (length, features / 2). @internal */
export function rotaryTable(
  offset: number,
  length: number,
  features: number,
  base: number,
  dtype: Tensor['dtype'],
): readonly [cos: Tensor, sin: Tensor] {
  const rows = angles(offset, length, features, base);
  return [
    tensor(
      rows.map((row) => row.map(Math.cos)),
      { dtype },
    ),
    tensor(
      rows.map((row) => row.map(Math.sin)),
      { dtype },
    ),
  ];
}

/** Turns pairs of features of x by the angles of a table. @internal */
export function rotate(x: Tensor, cos: Tensor, sin: Tensor, interleaved: boolean): Tensor {
  const half = x.shape[x.ndim - 1] / 2;
  const pairs = interleaved ? reshape(x, [...x.shape.slice(0, -1), half, 2]) : x;
  const a = interleaved ? select(pairs, -1, 0) : narrow(x, -1, 0, half);
  const b = interleaved ? select(pairs, -1, 1) : narrow(x, -1, half, half);
  const turned = [sub(mul(a, cos), mul(b, sin)), add(mul(a, sin), mul(b, cos))];
  return interleaved ? reshape(stack(turned, -1), x.shape) : concat(turned, -1);
}

/** Refuses what has no positions and no pairs of features. @internal */
export function checkRotary(op: string, x: Tensor): void {
  checkFloating(op, x);
  if (x.ndim < 2 || x.shape[x.ndim - 1] % 2 !== 0 || x.size === 0) {
    throw new ShapeError(op, `the input is (…, T, E) with E even, and not empty; got ${showShape(x.shape)}`, [
      x.shape,
    ]);
  }
}

/**
 * Turns each pair of features of x (…, T, E) by an angle that grows with the position: pair i at position p by
 * p / base^(2i / E). Products of queries and keys so turned depend on the distance of their positions alone (Su et al.
 * 2021).
 *
 * @throws ShapeError, DTypeError, ArgumentError where the input or an option does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const x = ones([2, 4]);
 * nn.functional.rotaryEmbedding(x).select(0, 0).toArray(); // => [1, 1, 1, 1]
 */
export function rotaryEmbedding(x: Tensor, options: RotaryOptions = NO_OPTIONS): Tensor {
  const op = 'rotaryEmbedding';
  checkOptions(op, options, ROTARY_OPTIONS);
  const { base = 10000, offset = 0, interleaved = true } = options;
  checkRotary(op, x);
  checkBase(op, base);
  checkFrom(op, 'offset', offset, 0);
  const [cos, sin] = rotaryTable(offset, x.shape[x.ndim - 2], x.shape[x.ndim - 1], base, x.dtype);
  return rotate(x, cos, sin, interleaved);
}
