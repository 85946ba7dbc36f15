// Safetensors files: what is written is read again, a file is replaced in one piece, and damage is refused.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ArgumentError,
  DisposedError,
  type DType,
  FileFormatError,
  loadSafetensors,
  saveSafetensors,
  type Tensor,
  tensor,
  zeros,
} from 'quern';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'quern-safetensors-'));
  path = join(folder, 'model.safetensors');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** The header of the file, and where the data begin. */
function headerOf(file: Buffer): { header: Record<string, Record<string, unknown>>; start: number } {
  const length = Number(file.readBigUInt64LE());
  return { header: JSON.parse(file.toString('utf8', 8, 8 + length)), start: 8 + length };
}

function write(header: unknown, data: Uint8Array = new Uint8Array()): void {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path, Buffer.concat([length, text, data]));
}

function refusal(): FileFormatError {
  try {
    loadSafetensors(path);
  } catch (error) {
    expect(error).toBeInstanceOf(FileFormatError);
    expect((error as FileFormatError).path).toBe(path);
    expect((error as Error).message).toContain(path);
    return error as FileFormatError;
  }
  throw new Error('nothing was thrown');
}

describe('saveSafetensors and loadSafetensors', () => {
  it.each<DType>(['float32', 'float64', 'int32', 'uint8', 'bool'])('keep %s', (dtype) => {
    const made = tensor(
      [
        [0, 1, 2],
        [3, 4, 250],
      ],
      { dtype },
    );
    saveSafetensors(path, { made });
    const { made: read } = loadSafetensors(path);
    expect([read.dtype, read.shape]).toEqual([dtype, [2, 3]]);
    expect(read.toArray()).toEqual(made.toArray());
  });

  it('keep views, scalars, empty and large tensors, and odd names', () => {
    const large = zeros([300, 300]).add(tensor([[1.5]]));
    const named: Record<string, Tensor> = {
      'layers.0.weight': tensor([
        [1, 2],
        [3, 4],
      ]).transpose(0, 1),
      scalar: tensor(7, { dtype: 'int32' }),
      empty: zeros([0, 3]),
      ['__proto__']: tensor([1]),
      'ein "Name" – 名': tensor([2]),
      large,
    };
    saveSafetensors(path, named);
    const read = loadSafetensors(path);
    expect(Object.keys(read).sort()).toEqual(Object.keys(named).sort());
    for (const name of Object.keys(named)) {
      expect(read[name].shape).toEqual(named[name].shape);
      expect(read[name].toArray()).toEqual(named[name].toArray());
    }
  });

  it('write what the format asks for: metadata, aligned data without holes', () => {
    const bytes = tensor([1, 2, 3], { dtype: 'uint8' });
    saveSafetensors(path, { bytes, wide: tensor([1], { dtype: 'float64' }) }, { metadata: { made: 'here' } });
    const { header, start } = headerOf(readFileSync(path));
    expect(header).toEqual({
      __metadata__: { made: 'here' },
      wide: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
      bytes: { dtype: 'U8', shape: [3], data_offsets: [8, 11] },
    });
    expect(start % 8).toBe(0);
    expect(Object.keys(loadSafetensors(path))).toEqual(['wide', 'bytes']);
  });

  it('read int64 as int32 where the values fit', () => {
    const header = { count: { dtype: 'I64', shape: [2], data_offsets: [0, 16] } };
    write(header, new Uint8Array(BigInt64Array.of(5n, -6n).buffer));
    const { count } = loadSafetensors(path);
    expect([count.dtype, count.toArray()]).toEqual(['int32', [5, -6]]);
    write(header, new Uint8Array(BigInt64Array.of(5n, 2n ** 31n).buffer));
    expect(refusal().message).toContain('2147483648');
  });
});

describe('saveSafetensors', () => {
  it('keeps the old file and leaves nothing behind where it fails', () => {
    saveSafetensors(path, { x: tensor([1]) });
    const gone = tensor([1]);
    gone.dispose();
    expect(() => saveSafetensors(path, { x: tensor([2]), gone })).toThrow(DisposedError);
    expect(() => saveSafetensors(path, { x: 2 as unknown as Tensor })).toThrow(ArgumentError);
    expect(() => saveSafetensors(path, { __metadata__: tensor([2]) })).toThrow(ArgumentError);
    const metadata = { epoch: 3 } as unknown as Record<string, string>;
    expect(() => saveSafetensors(path, { x: tensor([2]) }, { metadata })).toThrow(ArgumentError);
    // A folder in the way fails at the last moment, when all is written.
    expect(() => saveSafetensors(folder, { x: tensor([2]) })).toThrow();
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
    expect(loadSafetensors(path).x.toArray()).toEqual([1]);
  });

  it('replaces a file', () => {
    saveSafetensors(path, { x: tensor([1]) });
    saveSafetensors(path, { x: tensor([2]) });
    expect(loadSafetensors(path).x.toArray()).toEqual([2]);
    expect(readdirSync(folder)).toEqual(['model.safetensors']);
  });
});

describe('loadSafetensors refuses', () => {
  const entry = (over: object = {}) => ({ dtype: 'F32', shape: [2], data_offsets: [0, 8], ...over });
  const data = new Uint8Array(8);

  it('a file that is not there, and a folder', () => {
    expect(refusal().message).toContain('check the path');
    path = folder;
    refusal();
  });

  it('a file cut anywhere, and one with more behind it', () => {
    saveSafetensors(path, { x: tensor([1, 2, 3]), y: tensor([4], { dtype: 'float64' }) });
    const whole = readFileSync(path);
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      refusal();
    }
    writeFileSync(path, Buffer.concat([whole, Buffer.from([0])]));
    expect(refusal().message).toContain('1 bytes follow');
  });

  it.each<[string, unknown, string]>([
    ['no JSON', '{"x":', 'not JSON'],
    ['JSON that is no object', '[1]', 'not a JSON object'],
    ['an entry that is no object', { x: 5 }, 'described by no object'],
    ['an unknown dtype', { x: entry({ dtype: 'BF16' }) }, 'BF16'],
    ['no dtype', { x: entry({ dtype: undefined }) }, 'dtype'],
    ['a negative dimension', { x: entry({ shape: [-2] }) }, 'shape'],
    ['a fraction of a dimension', { x: entry({ shape: [2.5] }) }, 'shape'],
    ['too many dimensions', { x: entry({ shape: [2, ...Array(20).fill(1)] }) }, 'shape'],
    ['a shape that is no list', { x: entry({ shape: 2 }) }, 'shape'],
    ['a shape of another size', { x: entry({ shape: [3] }) }, 'needs 12 bytes and has 8'],
    ['a shape beyond all numbers', { x: entry({ shape: [2 ** 40, 2 ** 40] }) }, 'needs'],
    ['offsets in reverse', { x: entry({ data_offsets: [8, 0] }) }, 'offsets'],
    ['one offset', { x: entry({ data_offsets: [0] }) }, 'offsets'],
    ['offsets beyond the end', { x: entry({ shape: [4], data_offsets: [0, 16] }) }, 'truncated'],
    ['a hole at the start', { x: entry({ shape: [1], data_offsets: [4, 8] }) }, 'hole'],
    ['overlapping tensors', { x: entry(), y: entry({ shape: [1], data_offsets: [4, 8] }) }, 'overlaps'],
    ['the same bytes twice', { x: entry(), y: entry() }, 'overlaps'],
    ['bytes behind the last tensor', { x: entry({ shape: [1], data_offsets: [0, 4] }) }, '4 bytes follow'],
  ])('%s', (_, header, message) => {
    write(header, data);
    expect(refusal().message).toContain(message);
  });

  it('a header that is longer than the file, or than any header', () => {
    const file = Buffer.alloc(16);
    file.writeBigUInt64LE(9n);
    writeFileSync(path, file);
    expect(refusal().message).toContain('truncated');
    file.writeBigUInt64LE(2n ** 63n);
    writeFileSync(path, file);
    expect(refusal().message).toContain('more than the format allows');
  });

  it('text that is not UTF-8', () => {
    const file = Buffer.alloc(10, 0xff);
    file.writeBigUInt64LE(2n);
    writeFileSync(path, file);
    expect(refusal().message).toContain('UTF-8');
  });

  it('bools that are neither 0 nor 1', () => {
    write({ x: { dtype: 'BOOL', shape: [2], data_offsets: [0, 2] } }, Uint8Array.of(1, 2));
    expect(refusal().message).toContain('bytes other than 0 and 1');
  });
});
