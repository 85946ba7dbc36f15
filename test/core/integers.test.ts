// Whole numbers at the ends of their dtypes, where int32 stands for PyTorch's int64: the rules of docs/dtypes.md.

import * as q from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';

const MOST = 2147483647;
const LEAST = -2147483648;

const int = (data: q.TensorData): q.Tensor => q.tensor(data, { dtype: 'int32' });
const byte = (data: q.TensorData): q.Tensor => q.tensor(data, { dtype: 'uint8' });
const double = (data: q.TensorData): q.Tensor => q.tensor(data, { dtype: 'float64' });

type Case = readonly [name: string, act: () => q.Tensor, dtype: q.DType, values: unknown];

const WRAPPING: readonly Case[] = [
  ['sum', () => int([MOST, 1, 5]).sum(), 'int32', LEAST + 5],
  [
    'sum along a dimension',
    () =>
      int([
        [MOST, 1],
        [MOST, MOST],
      ]).sum(1),
    'int32',
    [LEAST, -2],
  ],
  ['a long sum', () => q.full([5000], MOST, { dtype: 'int32' }).sum(), 'int32', -5000],
  ['sum of bytes', () => byte([200, 200]).sum(), 'int32', 400],
  ['sum of bool', () => q.tensor([true, true]).sum(), 'int32', 2],
  ['prod', () => int([123457, 654321, 7]).prod(), 'int32', -1472129193],
  ['prod of squares', () => int([65536, 65536, 3]).prod(), 'int32', 0],
  ['cumsum', () => int([MOST, 1, 1]).cumsum(0), 'int32', [MOST, LEAST, LEAST + 1]],
  ['cumprod', () => int([65537, 65537, 65537]).cumprod(0), 'int32', [65537, 131073, 196609]],
  ['add', () => int([MOST, LEAST]).add(int([1, -1])), 'int32', [LEAST, MOST]],
  ['add_', () => int([MOST]).add_(1), 'int32', [LEAST]],
  ['sub', () => int([LEAST]).sub(1), 'int32', [MOST]],
  ['mul', () => int([123456789]).mul(987654321), 'int32', [-67153019]],
  ['neg', () => int([LEAST, MOST]).neg(), 'int32', [LEAST, -MOST]],
  ['abs', () => int([LEAST, -MOST]).abs(), 'int32', [LEAST, MOST]],
  ['square', () => int([65537]).square(), 'int32', [131073]],
  ['pow', () => int([3, 2, -2, 7]).pow(int([40, 31, 31, 31])), 'int32', [689956897, LEAST, LEAST, 265001655]],
  ['a negative power', () => int([2, 1, -1]).pow(-1), 'int32', [0, 1, -1]],
  ['addcmul', () => int([MOST]).addcmul(int([2]), int([1])), 'int32', [LEAST + 1]],
  ['outer', () => q.outer(int([MOST]), int([2])), 'int32', [[-2]]],
  [
    'trace',
    () =>
      q.trace(
        int([
          [MOST, 0],
          [0, 1],
        ]),
      ),
    'int32',
    LEAST,
  ],
  ['scatterAdd', () => q.scatterAdd(int([MOST]), 0, int([0]), int([1])), 'int32', [LEAST]],
  ['indexAdd', () => q.indexAdd(int([MOST]), 0, int([0]), int([1])), 'int32', [LEAST]],
  ['floorDivide', () => int([LEAST]).floorDivide(-1), 'int32', [LEAST]],
  ['truncated division', () => q.div(int([LEAST]), -1, { roundingMode: 'trunc' }), 'int32', [LEAST]],
  ['remainder', () => int([LEAST]).remainder(-1), 'int32', [0]],
  ['fmod', () => int([LEAST]).fmod(-1), 'int32', [0]],
  ['shifts', () => int([1, 1, 1]).bitwiseLeftShift(int([31, 32, 33])), 'int32', [LEAST, 0, 0]],
  ['shifts to the right', () => int([-8, -8]).bitwiseRightShift(int([1, 40])), 'int32', [-4, -1]],
  ['add of bytes', () => byte([250]).add(300), 'uint8', [38]],
  ['sub of bytes', () => byte([1]).sub(2), 'uint8', [255]],
  ['mul of bytes', () => byte([20]).mul(byte([20])), 'uint8', [144]],
  ['neg of bytes', () => byte([1]).neg(), 'uint8', [255]],
];

const CASTS: readonly Case[] = [
  [
    'doubles to int32',
    () => double([3e9, -3e9, Number.NaN, Infinity, -Infinity, 1.9, -1.9, 4294967297]).to('int32'),
    'int32',
    [MOST, LEAST, 0, MOST, LEAST, 1, -1, MOST],
  ],
  [
    'floats to int32',
    () => q.tensor([3e9, -3e9, Number.NaN, Infinity, -Infinity, 1.9, -1.9]).to('int32'),
    'int32',
    [MOST, LEAST, 0, MOST, LEAST, 1, -1],
  ],
  [
    'doubles to uint8',
    () => double([300, -1, Number.NaN, 255.9, -0.5, -257]).to('uint8'),
    'uint8',
    [44, 255, 0, 255, 0, 255],
  ],
  ['int32 to uint8', () => int([300, -1, 256]).to('uint8'), 'uint8', [44, 255, 0]],
  ['doubles to bool', () => double([Number.NaN, 0, -0, 0.1]).to('bool'), 'bool', [true, false, false, true]],
  ['int32 to float32', () => int([16777217]).to('float32'), 'float32', [16777216]],
  ['into int32 in place', () => int([0, 0]).copy_(double([3e9, Number.NaN])), 'int32', [MOST, 0]],
];

const x = q.tensor([3, 1, 2]);

const INT32_FOR_INT64: Readonly<Record<string, () => q.Tensor>> = {
  argmax: () => x.argmax(),
  argmin: () => x.argmin(),
  argsort: () => q.argsort(x),
  'sort.indices': () => x.sort(0).indices,
  'max.indices': () => q.max(x, 0).indices,
  'topk.indices': () => x.topk(1).indices,
  'cummax.indices': () => x.cummax(0).indices,
  nonzero: () => x.nonzero(),
  countNonzero: () => q.countNonzero(x),
  bincount: () => q.bincount(int([1])),
  searchsorted: () => q.searchsorted(x, x),
  oneHot: () => q.nn.functional.oneHot(int([1])),
  randint: () => q.randint(0, 2, [1]),
  randperm: () => q.randperm(2),
  multinomial: () => q.multinomial(x, 1),
  trilIndices: () => q.trilIndices(2, 2),
};

const OUTSIDE: Readonly<Record<string, (value: number) => unknown>> = {
  tensor: (value) => int([[value]]),
  'tensor of typed arrays': (value) => int(Float64Array.of(value) as never),
  full: (value) => q.full([1], value, { dtype: 'int32' }),
  fullLike: (value) => q.fullLike(int([1]), value),
  fill_: (value) => int([1]).fill_(value),
  maskedFill: (value) => int([1]).maskedFill(q.tensor([true]), value),
  scatter: (value) => q.scatter(int([1]), 0, int([0]), value),
  indexPut: (value) => q.indexPut(int([1]), [0], value),
};

const MEETING: Readonly<Record<string, (value: number) => unknown>> = {
  add: (value) => int([1]).add(value),
  mul_: (value) => int([1]).mul_(value),
  lt: (value) => int([1]).lt(value),
  eq: (value) => int([1]).eq(value),
  where: (value) => q.where(q.tensor([true]), int([1]), value),
};

describe.each(BACKENDS)('$name', (engine) => {
  it.each([...WRAPPING, ...CASTS])('%s', (_name, act, dtype, values) => {
    on(engine, () => {
      const result = act();
      expect(result.dtype).toBe(dtype);
      expect(result.toArray()).toEqual(values);
    });
  });

  it.each(Object.entries(INT32_FOR_INT64))('%s is int32', (_name, act) => {
    on(engine, () => {
      expect(act().dtype).toBe('int32');
    });
  });

  it('divides integers to floats, and refuses to round a division by 0', () => {
    on(engine, () => {
      expect(int([1, 0, -1]).div(0).toArray()).toEqual([Infinity, Number.NaN, -Infinity]);
      const roundings = [
        () => int([1]).floorDivide(0),
        () => int([1]).remainder(0),
        () => int([1]).fmod(int([0])),
        () => q.div(byte([1]), byte([0]), { roundingMode: 'floor' }),
        () => q.div(int([1]), 0, { roundingMode: 'trunc' }),
      ];
      for (const act of roundings) expect(act).toThrow(q.ArgumentError);
    });
  });
});

describe('numbers that do not fit', () => {
  it.each(Object.entries(OUTSIDE))('are refused by %s', (_name, act) => {
    for (const value of [3e9, -3e9, Number.NaN, Infinity, MOST + 1])
      expect(() => act(value), String(value)).toThrow(
        /does not fit into int32, which goes from -2147483648 to 2147483647/,
      );
    act(MOST);
    act(LEAST);
  });

  it.each(Object.entries(MEETING))('are refused as the other operand of %s', (_name, act) => {
    for (const value of [3e9, -3e9, 4294967297])
      expect(() => act(value), String(value)).toThrow(q.ArgumentError);
    act(MOST);
    act(LEAST);
  });

  it('are refused for bytes', () => {
    for (const value of [256, -1, Number.NaN]) expect(() => byte([value])).toThrow(/does not fit into uint8/);
    expect(() => byte([1]).eq(300)).toThrow(q.ArgumentError);
    expect(byte([0, 255]).toArray()).toEqual([0, 255]);
  });

  it('are refused for sequences', () => {
    expect(() => q.arange(MOST - 1, MOST + 3, 1, { dtype: 'int32' })).toThrow(q.ArgumentError);
    expect(() => q.linspace(0, 3e9, 2, { dtype: 'int32' })).toThrow(q.ArgumentError);
    expect(q.arange(MOST - 1, MOST + 1, 1, { dtype: 'int32' }).toArray()).toEqual([MOST - 1, MOST]);
  });

  it('lose their fractions, and may bound a clamp', () => {
    expect(int([1.7, -1.7]).toArray()).toEqual([1, -1]);
    expect(int(Float64Array.of(2.9, MOST + 0.5) as never).toArray()).toEqual([2, MOST]);
    expect(int([MOST, 5]).clamp({ min: 10, max: 3e9 }).toArray()).toEqual([MOST, 10]);
    expect(byte([5]).clamp({ min: -1, max: 300 }).toArray()).toEqual([5]);
  });

  it('are no 64-bit integers', () => {
    expect(() => q.tensor(BigInt64Array.of(5n) as never)).toThrow(/there are no 64-bit integers; convert it/);
    expect(() => q.tensor([5n] as never)).toThrow(q.ArgumentError);
  });
});
