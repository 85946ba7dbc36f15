// Elementwise kernels of the TypeScript backend against plain references, in every arrangement of their operands.

import { describe, expect, it } from 'vitest';
import type { KernelName } from '../../../lib/backend/kernels.js';
import { BOOL, FLOAT32, FLOAT64, INT32, type Kind, UINT8 } from '../../../lib/core/dtype.js';
import { DTypeError } from '../../../lib/core/errors.js';
import {
  arrangements,
  at,
  dense,
  empty,
  error,
  FLOATS,
  indicesOf,
  NUMERIC,
  onlyOwnTouched,
  read,
  run,
  samples,
  sizeOf,
  stored,
  strided,
  tolerance,
} from './operands.js';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

type Unary = (x: number) => number;
type Binary = (x: number, y: number) => number;

const realUnary: Partial<Record<KernelName, Unary>> = {
  sqrt: Math.sqrt,
  rsqrt: (x) => x ** -0.5,
  reciprocal: (x) => x ** -1,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  log2: Math.log2,
  log10: Math.log10,
  sin: Math.sin,
  cos: Math.cos,
  tan: (x) => Math.sin(x) / Math.cos(x),
  tanh: (x) => 1 - 2 / (Math.exp(2 * x) + 1),
  sigmoid: (x) => Math.exp(x) / (1 + Math.exp(x)),
  softplus: (x) => Math.log(1 + Math.exp(x)),
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
};

const numericUnary: Partial<Record<KernelName, Unary>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sign: (x) => Math.sign(x) || 0,
  square: (x) => x * x,
  relu: (x) => Math.max(x, 0),
};

const numericBinary: Partial<Record<KernelName, Binary>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  maximum: Math.max,
  minimum: Math.min,
};

const realBinary: Partial<Record<KernelName, Binary>> = {
  div: (x, y) => x / y,
  reluGrad: (g, y) => (y > 0 ? g : 0),
  tanhGrad: (g, y) => g * (1 - y ** 2),
  sigmoidGrad: (g, y) => g * y * (1 - y),
};

const comparisons: Partial<Record<KernelName, Binary>> = {
  eq: (x, y) => Number(x === y),
  ne: (x, y) => Number(x !== y),
  lt: (x, y) => Number(x < y),
  le: (x, y) => Number(x <= y),
  gt: (x, y) => Number(x > y),
  ge: (x, y) => Number(x >= y),
};

const logic: Partial<Record<KernelName, Binary>> = {
  logicalAnd: (x, y) => Number(x === 1 && y === 1),
  logicalOr: (x, y) => Number(x === 1 || y === 1),
  logicalXor: (x, y) => Number(x !== y),
};

const SHAPES = [[], [1], [7], [3, 4], [2, 3, 5], [2, 0, 3], [33, 70]];
const PAIRS: [number[], number[], number[]][] = [
  [[4], [4], [4]],
  [
    [3, 4],
    [3, 4],
    [3, 4],
  ],
  [[3, 4], [3, 4], []],
  [[3, 4], [], [3, 4]],
  [[3, 4], [4], [3, 1]],
  [
    [2, 3, 4],
    [3, 1],
    [2, 1, 4],
  ],
  [
    [2, 0],
    [2, 1],
    [1, 0],
  ],
  [[1, 1], [1], [1, 1]],
  [[40, 60], [40, 1], [60]],
];

function checkUnary(name: KernelName, kind: Kind, f: Unary): void {
  for (const dims of SHAPES) {
    const values = samples(kind, sizeOf(dims), 7);
    for (const x of arrangements(kind, dims, values)) {
      const expected = read(x).map((value) => stored(kind, f(value)));
      for (const out of arrangements(kind, dims, new Float64Array(sizeOf(dims)))) {
        run(name, kind, {}, out, x);
        expect(error(read(out), expected), `${name} (${dims})`).toBeLessThanOrEqual(tolerance(kind));
        expect(onlyOwnTouched(out)).toBe(true);
      }
    }
  }
}

function checkBinary(name: KernelName, kind: Kind, outKind: Kind, f: Binary): void {
  for (const [dims, xDims, yDims] of PAIRS) {
    const xs = arrangements(kind, xDims, samples(kind, sizeOf(xDims), 3));
    const ys = arrangements(kind, yDims, samples(kind, sizeOf(yDims), 4));
    for (const [i, x] of xs.entries()) {
      for (const [j, y] of ys.entries()) {
        const expected = indicesOf(dims).map((index) => stored(outKind, f(at(x, index), at(y, index))));
        const out = arrangements(outKind, dims, new Float64Array(sizeOf(dims)))[(i + j) % 3];
        run(name, kind, {}, out, x, y);
        expect(error(read(out), expected), `${name} (${dims})`).toBeLessThanOrEqual(tolerance(outKind));
        expect(onlyOwnTouched(out)).toBe(true);
      }
    }
  }
}

describe('one operand', () => {
  for (const [name, f] of Object.entries(realUnary)) {
    it(name, () => {
      for (const kind of FLOATS) checkUnary(name as KernelName, kind, f);
    });
  }
  for (const [name, f] of Object.entries(numericUnary)) {
    it(name, () => {
      for (const kind of NUMERIC) checkUnary(name as KernelName, kind, f);
    });
  }

  function apply(name: KernelName, kind: Kind, values: number[], given = {}): number[] {
    const out = empty(name.startsWith('is') || name === 'logicalNot' ? BOOL : kind, [values.length]);
    run(name, kind, given, out, dense(kind, [values.length], values));
    return read(out);
  }

  it('erf, to the last digits', () => {
    // Values of the error function to 17 digits (Python's math.erf).
    const table = [
      [0, 0],
      [1e-300, 1.1283791670955127e-300],
      [1e-8, 1.1283791670955126e-8],
      [0.1, 0.1124629160182849],
      [0.5, 0.5204998778130465],
      [0.84, 0.7651427114549946],
      [0.9, 0.7969082124228322],
      [1, 0.8427007929497149],
      [1.2, 0.9103139782296354],
      [1.3, 0.9340079449406524],
      [2, 0.9953222650189527],
      [2.8, 0.9999249868053346],
      [3, 0.9999779095030014],
      [4.5, 0.9999999998033839],
      [6, 1],
      [inf, 1],
    ];
    for (const [x, expected] of table) {
      const [plus, minus] = apply('erf', FLOAT64, [x, -x]);
      expect(Math.abs(plus - expected)).toBeLessThanOrEqual(2.3e-16 * expected);
      expect(minus).toBe(-plus);
    }
    expect(apply('erf', FLOAT64, [nan])).toEqual([nan]);
  });

  it('rounds half to even and keeps signs of zero', () => {
    const values = [0.5, 1.5, 2.5, -0.5, -1.5, -0.2, 0.49999999999999994, 4503599627370497, -0, nan, -inf];
    expect(apply('round', FLOAT64, values)).toEqual([
      0,
      2,
      2,
      -0,
      -2,
      -0,
      0,
      4503599627370497,
      -0,
      nan,
      -inf,
    ]);
  });

  it('passes NaN through comparisons, except for sign', () => {
    expect(apply('relu', FLOAT32, [nan, -inf, -0])).toEqual([nan, 0, 0]);
    expect(apply('sign', FLOAT32, [nan, -inf, -0, 0.1])).toEqual([0, -1, 0, 1]);
    expect(apply('clamp', FLOAT32, [nan, 5, -5], { 0: -1, 1: 1 })).toEqual([nan, 1, -1]);
    expect(apply('clamp', FLOAT32, [5, -5], { 0: -inf, 1: 1 })).toEqual([1, -5]);
    expect(apply('clamp', FLOAT32, [5, 0], { 0: 3, 1: 1 })).toEqual([1, 1]);
    expect(apply('clamp', INT32, [5, -5], { 0: -inf, 1: 1e12 })).toEqual([5, -5]);
  });

  it('softplus is straight beyond its threshold, sigmoid saturates', () => {
    expect(apply('softplus', FLOAT64, [20.5, 800, -800])).toEqual([20.5, 800, 0]);
    expect(apply('sigmoid', FLOAT64, [800, -800])).toEqual([1, 0]);
  });

  it('wraps int32', () => {
    expect(apply('neg', INT32, [-(2 ** 31), 5])).toEqual([-(2 ** 31), -5]);
    expect(apply('abs', INT32, [-(2 ** 31), -5])).toEqual([-(2 ** 31), 5]);
    expect(apply('square', INT32, [65537])).toEqual([131073]);
  });

  it('predicates', () => {
    const values = [1, nan, inf, -inf, 0];
    expect(apply('isNaN', FLOAT32, values)).toEqual([0, 1, 0, 0, 0]);
    expect(apply('isFinite', FLOAT64, values)).toEqual([1, 0, 0, 0, 1]);
    expect(apply('isInf', FLOAT32, values)).toEqual([0, 0, 1, 1, 0]);
    expect(apply('logicalNot', BOOL, [0, 1])).toEqual([1, 0]);
  });

  it('refuses dtypes that it has no kernel for', () => {
    expect(() => apply('exp', INT32, [1])).toThrow(DTypeError);
    expect(() => apply('neg', BOOL, [1])).toThrow('[neg] has no kernel for bool');
  });
});

describe('two operands', () => {
  for (const [name, f] of Object.entries(numericBinary)) {
    it(name, () => {
      for (const kind of NUMERIC) checkBinary(name as KernelName, kind, kind, f);
    });
  }
  for (const [name, f] of Object.entries(realBinary)) {
    it(name, () => {
      for (const kind of FLOATS) checkBinary(name as KernelName, kind, kind, f);
    });
  }
  for (const [name, f] of Object.entries(comparisons)) {
    it(name, () => {
      for (const kind of [...NUMERIC, UINT8, BOOL]) checkBinary(name as KernelName, kind, BOOL, f);
    });
  }
  for (const [name, f] of Object.entries(logic)) {
    it(name, () => checkBinary(name as KernelName, BOOL, BOOL, f));
  }

  function apply(name: KernelName, kind: Kind, x: number[], y: number[], outKind = kind): number[] {
    const out = empty(outKind, [x.length]);
    run(name, kind, {}, out, dense(kind, [x.length], x), dense(kind, [y.length], y));
    return read(out);
  }

  it('follows C in powers', () => {
    expect(apply('pow', FLOAT64, [1, 1, -1, 2, nan, -8, 0], [nan, inf, -inf, 10, 0, 1 / 3, -1])).toEqual([
      1,
      1,
      1,
      1024,
      1,
      nan,
      inf,
    ]);
    expect(apply('pow', INT32, [3, -2, 7, 1, -1, -1, 2, 0], [5, 3, 40, -4, -3, -4, -1, 0])).toEqual([
      243,
      -8,
      Number(BigInt.asIntN(32, 7n ** 40n)),
      1,
      -1,
      1,
      0,
      1,
    ]);
  });

  it('wraps int32', () => {
    const most = 2 ** 31 - 1;
    expect(apply('add', INT32, [most], [1])).toEqual([-(2 ** 31)]);
    expect(apply('sub', INT32, [-(2 ** 31)], [1])).toEqual([most]);
    expect(apply('mul', INT32, [most], [most])).toEqual([1]);
  });

  it('passes NaN through maximum and minimum, and compares it as unequal', () => {
    expect(apply('maximum', FLOAT32, [nan, 1, -inf], [1, nan, inf])).toEqual([nan, nan, inf]);
    expect(apply('minimum', FLOAT32, [nan, 1, -inf], [1, nan, inf])).toEqual([nan, nan, -inf]);
    expect(apply('eq', FLOAT32, [nan], [nan], BOOL)).toEqual([0]);
    expect(apply('ne', FLOAT32, [nan], [nan], BOOL)).toEqual([1]);
    expect(apply('reluGrad', FLOAT32, [3, 3], [nan, 0])).toEqual([3, 0]);
  });

  it('works in place, on views too', () => {
    const x = strided(FLOAT32, [3, 40], [80, 2], samples(FLOAT32, 120, 5));
    const y = dense(FLOAT32, [40], samples(FLOAT32, 40, 6));
    const expected = indicesOf([3, 40]).map((index) => Math.fround(at(x, index) + at(y, index)));
    run('add', FLOAT32, {}, x, x, y);
    expect(read(x)).toEqual(expected);
    expect(onlyOwnTouched(x)).toBe(true);
  });
});

describe('where', () => {
  it('chooses, broadcasting all three', () => {
    for (const kind of [FLOAT32, FLOAT64, INT32, UINT8, BOOL]) {
      const dims = [4, 3, 5];
      for (const x of arrangements(kind, [3, 1], samples(kind, 3, 1))) {
        for (const y of arrangements(kind, [4, 3, 5], samples(kind, 60, 2))) {
          const condition = dense(BOOL, [4, 1, 5], samples(BOOL, 20, 3));
          const out = empty(kind, dims);
          run('where', kind, {}, out, condition, x, y);
          const expected = indicesOf(dims).map((i) => (at(condition, i) !== 0 ? at(x, i) : at(y, i)));
          expect(read(out)).toEqual(expected);
        }
      }
    }
  });
});
