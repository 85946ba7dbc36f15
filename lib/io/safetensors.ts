// Tensors in files: the safetensors format, which many libraries read (huggingface.co/docs/safetensors).

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { BOOL, INT32, ITEM_SIZE } from '../core/dtype.js';
import { ArgumentError, DisposedError, describe, QuernError } from '../core/errors.js';
import { checkShape, denseLayout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeLasting, Tensor } from '../core/tensor.js';
import { contiguous } from '../ops/shape.js';
import { writeAtomically } from './atomic.js';
import { broken, type Entry, FILE_DTYPES, METADATA, parseHeader } from './header.js';

export interface SafetensorsOptions {
  /** Strings about the file, kept in its header. */
  metadata?: Readonly<Record<string, string>>;
}

const SAVE_OPTIONS = optionNames<SafetensorsOptions>({ metadata: true });

// The header begins after its own length, and ends where every dtype is aligned.
const LENGTH_BYTES = 8;
const HEADER_LIMIT = 100_000_000;
// One call reads less than 2 GiB on every system.
const CHUNK = 2 ** 30;

/**
 * Writes tensors by name, as `model.stateDict()` gives them, to a safetensors file. The file is replaced in one
 * piece: whatever happens meanwhile, the path holds either what it held before or all of the new tensors.
 *
 * @throws ArgumentError where a value is no tensor or the metadata no strings; DisposedError for a tensor that is gone.
 * @example
 * import { loadSafetensors, saveSafetensors, tensor } from 'quern';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const path = join(tmpdir(), 'quern-example.safetensors');
 * saveSafetensors(path, { weight: tensor([1, 2]) });
 * loadSafetensors(path).weight.toArray(); // => [1, 2]
 */
export function saveSafetensors(
  path: string,
  tensors: Readonly<Record<string, Tensor>>,
  options: SafetensorsOptions = NO_OPTIONS,
): void {
  checkOptions('saveSafetensors', options, SAVE_OPTIONS);
  const named = Object.entries(tensors);
  for (const [name, value] of named) checkSavable(name, value);
  checkMetadata(options.metadata);
  // Wide dtypes first, so that each tensor is aligned in the file; then by name, so that files can be compared.
  named.sort(([a, x], [b, y]) => ITEM_SIZE[y.kind] - ITEM_SIZE[x.kind] || (a < b ? -1 : 1));
  writeAtomically(path, parts(named, options.metadata));
}

function checkSavable(name: string, value: unknown): void {
  if (!(value instanceof Tensor)) {
    throw new ArgumentError(
      'saveSafetensors',
      'tensors',
      value,
      `"${name}" is no tensor but ${describe(value)}`,
    );
  }
  if (value.disposed) throw new DisposedError(`saveSafetensors "${name}"`);
  if (name === METADATA) {
    throw new ArgumentError(
      'saveSafetensors',
      'tensors',
      value,
      `a tensor cannot be called ${METADATA}; the format keeps that name`,
    );
  }
}

function checkMetadata(metadata: Readonly<Record<string, string>> = {}): void {
  for (const [key, value] of Object.entries(metadata)) {
    if (typeof value !== 'string') {
      throw new ArgumentError(
        'saveSafetensors',
        'metadata',
        value,
        `metadata are strings; "${key}" is ${describe(value)}`,
      );
    }
  }
}

function* parts(
  named: readonly (readonly [string, Tensor])[],
  metadata: Readonly<Record<string, string>> | undefined,
): Generator<Uint8Array> {
  let offset = 0;
  const entries = named.map(([name, { kind, shape, size }]) => {
    const begin = offset;
    offset += size * ITEM_SIZE[kind];
    return [name, { dtype: FILE_DTYPES[kind], shape, data_offsets: [begin, offset] }];
  });
  const all = metadata === undefined ? entries : [[METADATA, metadata], ...entries];
  const json = Buffer.from(JSON.stringify(Object.fromEntries(all)));
  const padded = Math.ceil(json.length / LENGTH_BYTES) * LENGTH_BYTES;
  const header = Buffer.alloc(LENGTH_BYTES + padded, ' ');
  header.writeBigUInt64LE(BigInt(padded));
  json.copy(header, LENGTH_BYTES);
  yield header;
  for (const [, one] of named) {
    const dense = contiguous(one);
    yield bytesOf(dense);
    if (dense !== one) dense.dispose();
  }
}

/** The memory of a contiguous tensor. */
function bytesOf(one: Tensor): Uint8Array {
  const width = ITEM_SIZE[one.kind];
  return new Uint8Array(one.slab.buffer, one.offset * width, one.size * width);
}

/**
 * Reads the tensors of a safetensors file, by name. Files of other libraries may hold float32, float64, int32,
 * int64 (read as int32), uint8 and bool. A damaged file is refused as a whole.
 *
 * @throws FileFormatError where the file is missing, no safetensors file, or its parts do not fit together.
 * @example
 * import { loadSafetensors, saveSafetensors, tensor } from 'quern';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * const path = join(tmpdir(), 'quern-example.safetensors');
 * saveSafetensors(path, { bias: tensor([true, false]) });
 * loadSafetensors(path).bias.dtype; // => 'bool'
 */
export function loadSafetensors(path: string): Record<string, Tensor> {
  const file = openFile(path);
  const made: Tensor[] = [];
  try {
    const length = fstatSync(file).size;
    const { text, dataStart } = readHeader(path, file, length);
    const entries = parseHeader(path, text, length - dataStart);
    for (const entry of entries) made.push(readTensor(path, file, dataStart, entry));
    // Unlike assignment, this makes a plain property of any name.
    return Object.fromEntries(entries.map(({ name }, i) => [name, made[i]]));
  } catch (error) {
    for (const one of made) one.dispose();
    throw error instanceof QuernError
      ? error
      : broken(path, `it cannot be read (${(error as Error).message})`, error);
  } finally {
    closeSync(file);
  }
}

function openFile(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    throw broken(path, `it cannot be opened (${(cause as Error).message}); check the path`, cause);
  }
}

function readHeader(path: string, file: number, length: number): { text: string; dataStart: number } {
  if (length < LENGTH_BYTES)
    throw broken(
      path,
      `it is truncated: ${length} bytes, and the header's length alone takes ${LENGTH_BYTES}`,
    );
  const lengthBytes = Buffer.alloc(LENGTH_BYTES);
  readInto(path, file, lengthBytes, 0);
  const announced = lengthBytes.readBigUInt64LE();
  if (announced > HEADER_LIMIT) {
    throw broken(
      path,
      `its header would be ${announced} bytes long, more than the format allows; is it a safetensors file?`,
    );
  }
  const dataStart = LENGTH_BYTES + Number(announced);
  if (dataStart > length)
    throw broken(
      path,
      `it is truncated: its header ends at byte ${dataStart} of ${length}; get the file again`,
    );
  const header = new Uint8Array(Number(announced));
  readInto(path, file, header, LENGTH_BYTES);
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header), dataStart };
  } catch (cause) {
    throw broken(path, 'its header is not UTF-8; is it a safetensors file?', cause);
  }
}

function readTensor(path: string, file: number, dataStart: number, entry: Entry): Tensor {
  const { kind, bytes } = entry.storage;
  const out = makeLasting(denseLayout(checkShape('loadSafetensors', entry.shape)), kind);
  try {
    const at = dataStart + entry.begin;
    if (bytes === ITEM_SIZE[kind]) readInto(path, file, bytesOf(out), at);
    else readInt64(path, file, out, at, entry.name);
    if (kind === BOOL && bytesOf(out).some((byte) => byte > 1)) {
      throw broken(path, `tensor "${entry.name}" is bool and holds bytes other than 0 and 1`);
    }
    return out;
  } catch (error) {
    out.dispose();
    throw error;
  }
}

function readInt64(path: string, file: number, out: Tensor, position: number, name: string): void {
  const values = new BigInt64Array(out.size);
  readInto(path, file, new Uint8Array(values.buffer), position);
  const target = out.slab.view(INT32);
  for (let i = 0; i < values.length; i++) {
    if (BigInt.asIntN(32, values[i]) !== values[i]) {
      throw broken(path, `tensor "${name}" is I64 and its value ${values[i]} does not fit into int32`);
    }
    target[out.offset + i] = Number(values[i]);
  }
}

function readInto(path: string, file: number, bytes: Uint8Array, position: number): void {
  let at = 0;
  while (at < bytes.length) {
    const count = readSync(file, bytes, at, Math.min(CHUNK, bytes.length - at), position + at);
    if (count === 0) throw broken(path, 'it became shorter while it was read');
    at += count;
  }
}
