// A slab: one buffer that V8 owns, registered once with the native backend, from which tensors are cut.

import {
  BOOL,
  type DataArray,
  FLOAT32,
  FLOAT64,
  INT32,
  ITEM_SIZE,
  type Kind,
  UINT8,
  viewBytes,
} from './dtype.js';
import { DisposedError, MemoryError } from './errors.js';

/** What a slab gives its freed slots back to; null for a buffer that one tensor has to itself. */
export interface SlotOwner {
  giveBack(slab: Slab, byteOffset: number): void;
}

/** Alignment of the first byte that a slab hands out. */
export const ALIGNMENT = 64;

let registerBuffer:
  | ((bytes: Uint8Array<ArrayBufferLike>, advise: boolean) => { id: number; misalignment: number })
  | null = null;

/** The native backend's registration of buffers. Must be set before the first tensor is made. */
export function onNewBuffer(hook: typeof registerBuffer): void {
  registerBuffer = hook;
}

export class Slab {
  /** The native backend's number for the buffer; 0 where there is none. */
  readonly id: number;
  readonly buffer: ArrayBufferLike;
  /** Bytes it offers, from `base` on. */
  readonly bytes: number;
  /** The first aligned byte. */
  readonly base: number;
  readonly owner: SlotOwner | null;
  /** Byte offsets of slots that came back. */
  readonly free: number[] = [];
  /** The first byte that was never handed out. */
  next: number;

  #float32: Float32Array | null = null;
  #float64: Float64Array | null = null;
  #int32: Int32Array | null = null;
  #uint8: Uint8Array | null = null;

  constructor(buffer: ArrayBufferLike | null, bytes: number, owner: SlotOwner | null, advise: boolean) {
    if (buffer === null) {
      this.buffer = new ArrayBuffer(0);
      this.id = 0;
      this.base = 0;
    } else {
      this.buffer = buffer;
      // The backend's weak reference is to this array, so the slab keeps it.
      this.#uint8 = new Uint8Array(buffer);
      const place = registerBuffer?.(this.#uint8, advise) ?? { id: 0, misalignment: 0 };
      this.id = place.id;
      this.base = (ALIGNMENT - place.misalignment) % ALIGNMENT;
    }
    this.bytes = bytes;
    this.owner = owner;
    this.next = this.base;
  }

  /** The whole buffer as elements of one kind. */
  view(kind: Kind): DataArray {
    switch (kind) {
      case FLOAT32:
        this.#float32 ??= this.#make(FLOAT32) as Float32Array;
        return this.#float32;
      case FLOAT64:
        this.#float64 ??= this.#make(FLOAT64) as Float64Array;
        return this.#float64;
      case INT32:
        this.#int32 ??= this.#make(INT32) as Int32Array;
        return this.#int32;
      case UINT8:
      case BOOL:
        this.#uint8 ??= this.#make(UINT8) as Uint8Array;
        return this.#uint8;
      default:
        throw new RangeError(`unknown dtype code ${kind}`);
    }
  }

  #make(kind: Kind): DataArray {
    if (this === DISPOSED) throw new DisposedError('read');
    return viewBytes(kind, this.buffer, 0, Math.floor(this.buffer.byteLength / ITEM_SIZE[kind]));
  }
}

/** The slab of tensors that were disposed of: every backend refuses it. */
export const DISPOSED = new Slab(null, 0, null, false);

const MAX_BUFFER = 2 ** 32;

/** A buffer of uninitialised bytes that V8 owns, with room to align its start. */
export function newBuffer(bytes: number): ArrayBuffer {
  if (bytes + ALIGNMENT > MAX_BUFFER) {
    throw new MemoryError(
      'allocate',
      `one tensor would need ${bytes} bytes, and one buffer holds at most 4 GiB here; split it along a dimension`,
      bytes,
    );
  }
  try {
    // The one way to a buffer that V8 owns and nobody zeroes first.
    return Buffer.allocUnsafeSlow(bytes + ALIGNMENT).buffer as ArrayBuffer;
  } catch (cause) {
    const error = new MemoryError(
      'allocate',
      `${bytes} bytes could not be had; free tensors or use smaller batches`,
      bytes,
    );
    error.cause = cause;
    throw error;
  }
}
