// The header of a safetensors file: what it says, and whether that can be true of the bytes behind it.

import { BOOL, FLOAT32, FLOAT64, INT32, ITEM_SIZE, type Kind, UINT8 } from '../core/dtype.js';
import { FileFormatError } from '../core/errors.js';
import { MAX_RANK } from '../core/layout.js';

/** How a file stores values: the dtype they are read into, and their bytes in the file. */
export interface Storage {
  readonly kind: Kind;
  readonly bytes: number;
}

/** One tensor of a file. */
export interface Entry {
  readonly name: string;
  readonly storage: Storage;
  readonly shape: readonly number[];
  /** Of its first byte, from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

/** Names of the dtypes in files, by code. */
export const FILE_DTYPES: readonly string[] = ['F32', 'F64', 'I32', 'U8', 'BOOL'];

/** What is no tensor but strings about the file. */
export const METADATA = '__metadata__';

// I64 is what PyTorch counts in (BatchNorm's batches); such values nearly always fit into int32.
const STORAGES = new Map<string, Storage>([
  ...[FLOAT32, FLOAT64, INT32, UINT8, BOOL].map((kind): [string, Storage] => [
    FILE_DTYPES[kind],
    { kind, bytes: ITEM_SIZE[kind] },
  ]),
  ['I64', { kind: INT32, bytes: 8 }],
]);

export function broken(path: string, what: string, cause?: unknown): FileFormatError {
  const error = new FileFormatError('loadSafetensors', path, `${path}: ${what}`);
  error.cause = cause;
  return error;
}

/** The tensors that a header announces, checked against one another and the number of bytes behind the header. */
export function parseHeader(path: string, text: string, dataBytes: number): Entry[] {
  const entries = Object.entries(parseObject(path, text))
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => parseEntry(path, name, value));
  let covered = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== covered) {
      const how = entry.begin < covered ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw broken(
        path,
        `tensor "${entry.name}" begins at byte ${entry.begin} where ${covered} is due: it ${how}`,
      );
    }
    covered = entry.end;
  }
  if (covered > dataBytes) {
    throw broken(
      path,
      `it is truncated: its tensors take ${covered} bytes and ${dataBytes} are there; get the file again`,
    );
  }
  if (covered < dataBytes)
    throw broken(path, `${dataBytes - covered} bytes follow the last tensor; was something appended to it?`);
  return entries;
}

function parseObject(path: string, text: string): Record<string, unknown> {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw broken(
      path,
      `its header is not JSON (${(cause as Error).message}); is it a safetensors file?`,
      cause,
    );
  }
  if (!isRecord(header)) throw broken(path, 'its header is not a JSON object; is it a safetensors file?');
  return header;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function parseEntry(path: string, name: string, value: unknown): Entry {
  const where = `tensor "${name}"`;
  if (!isRecord(value)) throw broken(path, `${where} is described by no object`);
  const { dtype, shape, data_offsets: offsets } = value;
  const storage = typeof dtype === 'string' ? STORAGES.get(dtype) : undefined;
  if (storage === undefined) {
    const known = [...STORAGES.keys()].join(', ');
    throw broken(
      path,
      `${where} has dtype ${JSON.stringify(dtype)}; this library reads ${known}: convert it where it was made`,
    );
  }
  if (!Array.isArray(shape) || !shape.every(isCount) || shape.length > MAX_RANK) {
    throw broken(
      path,
      `${where} has the shape ${JSON.stringify(shape)}; up to ${MAX_RANK} whole numbers from 0 are one`,
    );
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount) || offsets[0] > offsets[1]) {
    throw broken(
      path,
      `${where} has the offsets ${JSON.stringify(offsets)}, where a begin and an end in bytes are needed`,
    );
  }
  const needed = shape.reduce((product, dim) => product * dim, storage.bytes);
  const [begin, end] = offsets;
  if (end - begin !== needed) {
    throw broken(
      path,
      `${where} of shape (${shape.join(', ')}) and dtype ${dtype} needs ${needed} bytes and has ${end - begin}`,
    );
  }
  return { name, storage, shape, begin, end };
}
