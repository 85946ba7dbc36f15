// Reading idx files, the format of MNIST: a magic number, the dimensions, the values in big-endian order.

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { DataArray, DType } from '../core/dtype.js';
import { FileFormatError } from '../core/errors.js';

/** What an idx file holds. */
export interface IdxData {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** The values in row-major order. */
  readonly data: DataArray;
}

interface ElementType {
  readonly dtype: DType;
  readonly bytes: number;
  make(size: number): DataArray;
  read(view: DataView, at: number): number;
}

// By the type byte of the magic number. Integers that the library has no dtype for widen to int32.
const TYPES = new Map<number, ElementType>([
  [0x08, { dtype: 'uint8', bytes: 1, make: (n) => new Uint8Array(n), read: (v, at) => v.getUint8(at) }],
  [0x09, { dtype: 'int32', bytes: 1, make: (n) => new Int32Array(n), read: (v, at) => v.getInt8(at) }],
  [0x0b, { dtype: 'int32', bytes: 2, make: (n) => new Int32Array(n), read: (v, at) => v.getInt16(at) }],
  [0x0c, { dtype: 'int32', bytes: 4, make: (n) => new Int32Array(n), read: (v, at) => v.getInt32(at) }],
  [0x0d, { dtype: 'float32', bytes: 4, make: (n) => new Float32Array(n), read: (v, at) => v.getFloat32(at) }],
  [0x0e, { dtype: 'float64', bytes: 8, make: (n) => new Float64Array(n), read: (v, at) => v.getFloat64(at) }],
]);

/**
 * Reads an idx file, compressed by gzip or not, from a path or from its bytes.
 *
 * @throws FileFormatError where the file is missing, no idx file, truncated, or longer than it says.
 * @example
 * import { readIdx } from 'quern';
 * readIdx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9)).data; // => Uint8Array.of(7, 9)
 */
export function readIdx(source: string | Uint8Array): IdxData {
  const path = typeof source === 'string' ? source : '<bytes>';
  const bytes = unzip(path, typeof source === 'string' ? readBytes(source) : source);
  if (bytes.length < 4) throw truncated(path, 4, bytes.length);
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    const magic = Array.from(bytes.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw broken(
      path,
      `it begins with ${magic} where an idx file has 00 00, a type and the number of dimensions; is it another format?`,
    );
  }
  const type = TYPES.get(bytes[2]);
  if (type === undefined) {
    throw broken(
      path,
      `its type byte is 0x${bytes[2].toString(16).padStart(2, '0')}; there are 0x08, 0x09, 0x0b, 0x0c, 0x0d and 0x0e`,
    );
  }
  const start = 4 + 4 * bytes[3];
  if (bytes.length < start) throw truncated(path, start, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: bytes[3] }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, dim) => product * dim, 1);
  const end = start + size * type.bytes;
  if (bytes.length < end) throw truncated(path, end, bytes.length);
  if (bytes.length > end) {
    throw broken(
      path,
      `${bytes.length - end} bytes follow the ${end} that its header announces; was something appended to it?`,
    );
  }
  return { dtype: type.dtype, shape, data: readValues(type, bytes, view, start, size) };
}

function readValues(
  type: ElementType,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  size: number,
): DataArray {
  if (type.dtype === 'uint8') return new Uint8Array(bytes.subarray(start));
  const data = type.make(size);
  for (let i = 0; i < size; i++) data[i] = type.read(view, start + i * type.bytes);
  return data;
}

function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw broken(
      path,
      `it cannot be read (${(cause as Error).message}); check the path, or get the data again`,
      cause,
    );
  }
}

function unzip(path: string, bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (cause) {
    throw broken(path, `its gzip stream is damaged (${(cause as Error).message}); get the file again`, cause);
  }
}

function truncated(path: string, needed: number, found: number): FileFormatError {
  return broken(path, `it is truncated: ${found} bytes where ${needed} are needed; get the file again`);
}

function broken(path: string, what: string, cause?: unknown): FileFormatError {
  const error = new FileFormatError('readIdx', path, `${path}: ${what}`);
  error.cause = cause;
  return error;
}
