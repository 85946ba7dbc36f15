// Random numbers of the TypeScript backend: Philox's known answers, and draws against a recipe in big integers.

import { describe, expect, it } from 'vitest';
import type { KernelName } from '../../../lib/backend/kernels.js';
import { BATCH, below, drawBlocks, mulHigh, rounds, words } from '../../../lib/backend/typescript/philox.js';
import { FLOAT32, FLOAT64, INT32, type Kind } from '../../../lib/core/dtype.js';
import { ArgumentError, ShapeError } from '../../../lib/core/errors.js';
import { dense, empty, error, FLOATS, read, run, samples, stored, strided } from './operands.js';

const LOW = 0xffffffffn;

/** Philox4x32-10 as its paper has it, in big integers. */
function philox(counter: readonly bigint[], key: readonly bigint[]): number[] {
  let [c0, c1, c2, c3] = counter;
  let [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const p0 = c0 * 0xd2511f53n;
    const p1 = c2 * 0xcd9e8d57n;
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & LOW, (p0 >> 32n) ^ c3 ^ k1, p0 & LOW];
    k0 = (k0 + 0x9e3779b9n) & LOW;
    k1 = (k1 + 0xbb67ae85n) & LOW;
  }
  return [c0, c1, c2, c3].map(Number);
}

const SEED = [0xdeadbeef, 0x12345678];
// The first block lies just before the counter's low half overflows.
const OFFSET = 2 ** 33 - 3;

function block(number: number): number[] {
  const at = BigInt(number);
  return philox([at & LOW, at >> 32n, 0n, 0n], SEED.map(BigInt));
}

const word = (i: number) => block(OFFSET + Math.floor(i / 4))[i % 4];
const unit = (i: number) => Math.floor(word(i) / 256) / 2 ** 24;

function draw(name: KernelName, kind: Kind, count: number, own: number[], input?: number[]): number[] {
  const out = empty(kind, [count]);
  const operands = input === undefined ? [out] : [out, dense(kind, [count], input)];
  run(name, kind, [...SEED, OFFSET, ...own], ...operands);
  return read(out);
}

const counting = (count: number) => Array.from({ length: count }, (_, i) => i);

describe('Philox4x32-10', () => {
  it("gives Random123's known answers", () => {
    // From tests/kat_vectors of Random123: counter, key, result.
    const table = [
      ['00000000 00000000 00000000 00000000', '00000000 00000000', '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
      ['ffffffff ffffffff ffffffff ffffffff', 'ffffffff ffffffff', '408f276d 41c83b0e a20bc7c6 6d5451fd'],
      ['243f6a88 85a308d3 13198a2e 03707344', 'a4093822 299f31d0', 'd16cfe09 94fdcceb 5001e420 24126ea1'],
    ].map((row) => row.map((text) => text.split(' ').map((hex) => Number.parseInt(hex, 16))));
    for (const [[c0, c1, c2, c3], [k0, k1], expected] of table) {
      rounds(0, c0, c1, c2, c3, k0, k1);
      expect([...words.subarray(0, 4)]).toEqual(expected);
      expect(philox([c0, c1, c2, c3].map(BigInt), [k0, k1].map(BigInt))).toEqual(expected);
    }
  });

  it('counts blocks up to 2^53', () => {
    for (const number of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1]) {
      drawBlocks(SEED[0], SEED[1], number, 1);
      expect([...words.subarray(0, 4)]).toEqual(block(number));
    }
  });

  it('draws batches of blocks', () => {
    drawBlocks(SEED[0], SEED[1], OFFSET, BATCH);
    expect([...words]).toEqual(counting(4 * BATCH).map(word));
  });

  it('multiplies words exactly', () => {
    const edges = [0, 1, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffff0000, 0xffffffff, 0xd2511f53];
    for (const a of edges) {
      for (const b of edges) expect(mulHigh(a, b) >>> 0).toBe(Number((BigInt(a) * BigInt(b)) >> 32n));
      expect(below(a, 2 ** 32)).toBe(a);
    }
  });
});

describe('draws', () => {
  it('uniform', () => {
    for (const count of [1, 2, 3, 5, 30]) {
      expect(draw('uniform', FLOAT32, count, [-1, 3])).toEqual(
        counting(count).map((i) => Math.fround(-1 + 4 * unit(i))),
      );
      const fine = (i: number) => {
        const [a, b] = block(OFFSET + Math.floor(i / 2)).slice((i % 2) * 2);
        return Number((BigInt(a >>> 5) << 26n) | BigInt(b >>> 6)) / 2 ** 53;
      };
      expect(draw('uniform', FLOAT64, count, [-1, 3])).toEqual(counting(count).map((i) => -1 + 4 * fine(i)));
    }
  });

  it('uniform never gives its upper end, even where it rounds there', () => {
    // float32 values near 2^24 lie two apart, so half of what is drawn would round up.
    const values = draw('uniform', FLOAT32, 200, [2 ** 24, 2 ** 24 + 2]);
    expect(values).toEqual(new Array(200).fill(2 ** 24));
  });

  it('normal', () => {
    const reference = (i: number) => {
      const pair = i % 4 < 2 ? 0 : 2;
      const [a, b] = block(OFFSET + Math.floor(i / 4)).slice(pair);
      const radius = Math.sqrt(-2 * Math.log((a + 0.5) / 2 ** 32));
      const angle = (2 * Math.PI * b) / 2 ** 32;
      return 5 + 2 * radius * (i % 2 === 0 ? Math.cos(angle) : Math.sin(angle));
    };
    for (const count of [1, 2, 3, 4, 5, 4000]) {
      const expected = counting(count).map(reference);
      const values = draw('normal', FLOAT64, count, [5, 2]);
      expect(error(values, expected)).toBeLessThan(2e-15);
      // float32 rounds the same doubles.
      expect(draw('normal', FLOAT32, count, [5, 2])).toEqual(values.map(Math.fround));
    }
    const standard = draw('normal', FLOAT64, 40_000, [0, 1]);
    const mean = standard.reduce((sum, x) => sum + x, 0) / standard.length;
    const variance = standard.reduce((sum, x) => sum + x * x, 0) / standard.length;
    expect(Math.abs(mean)).toBeLessThan(0.02);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
  });

  it('randint', () => {
    for (const [low, high] of [
      [-5, 12],
      [0, 1],
      [-(2 ** 31), 2 ** 31],
    ]) {
      const span = BigInt(high - low);
      const expected = counting(40).map((i) => low + Number((BigInt(word(i)) * span) >> 32n));
      for (const kind of [INT32, FLOAT64, FLOAT32]) {
        expect(draw('randint', kind, 40, [low, high])).toEqual(expected.map((value) => stored(kind, value)));
      }
    }
  });

  it('bernoulli', () => {
    for (const kind of FLOATS) {
      const p = counting(3000).map((i) => stored(kind, (i % 11) / 10));
      expect(draw('bernoulli', kind, 3000, [], p)).toEqual(p.map((value, i) => (unit(i) < value ? 1 : 0)));
      for (const wrong of [Number.NaN, -0.1, 1.5]) {
        expect(() => draw('bernoulli', kind, 2, [], [0.5, wrong])).toThrow(ArgumentError);
      }
    }
  });

  it('dropout', () => {
    for (const kind of FLOATS) {
      const x = samples(kind, 3001);
      const scale = stored(kind, 1 / (1 - 0.3));
      const expected = x.map((value, i) => (unit(i) < 0.3 ? 0 : stored(kind, value * scale)));
      expect(draw('dropout', kind, x.length, [0.3], x)).toEqual(expected);
      expect(draw('dropout', kind, 5, [1], [1, -1, Infinity, 0, 2])).toEqual([0, 0, 0, 0, 0]);
      expect(draw('dropout', kind, 2, [0], [1, -1])).toEqual([1, -1]);
    }
  });

  it('dropout of a view equals dropout of its copy', () => {
    const values = samples(FLOAT32, 60 * 40);
    const out = empty(FLOAT32, [60, 40]);
    run('dropout', FLOAT32, [...SEED, OFFSET, 0.5], out, strided(FLOAT32, [60, 40], [1, 60], values));
    const copy = empty(FLOAT32, [60, 40]);
    run('dropout', FLOAT32, [...SEED, OFFSET, 0.5], copy, dense(FLOAT32, [60, 40], values));
    expect(read(out)).toEqual(read(copy));
  });

  it('refuse outputs that are not contiguous', () => {
    const out = strided(FLOAT32, [2, 2], [1, 2], [0, 0, 0, 0]);
    expect(() => run('uniform', FLOAT32, [0, 0, 0, 0, 1], out)).toThrow(ShapeError);
  });
});
