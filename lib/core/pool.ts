// Memory for tensors: small ones cut from slabs by size class, large ones from buffers that are used again.

import { ArgumentError } from './errors.js';
import { ALIGNMENT, newBuffer, Slab, type SlotOwner } from './slab.js';

const SMALL_SLAB = 16 * 1024;
const MEDIUM_SLAB = 256 * 1024;
const MEDIUM_FROM = 512;
const LARGE_FROM = 32 * 1024;
// From here on the kernel's huge pages save most of the price of first touches.
const ADVISE_FROM = 4 * 1024 * 1024;

/** Byte offset of the slot that the last {@link allocate} cut from the slab it returned. */
export let allocatedAt = 0;

/** Whether memory that is given back is filled with NaN, so that a use after release shows. */
const poison = poisonSetting();

function poisonSetting(): boolean {
  const setting = process.env.QUERN_POISON ?? '';
  if (setting !== '' && setting !== '0' && setting !== '1') {
    throw new ArgumentError('memory', 'QUERN_POISON', setting, `QUERN_POISON is 0 or 1; got ${setting}`);
  }
  return setting === '1';
}

const statistics = { largeAllocations: 0, slabs: 0, pooledBytes: 0, liveBytes: 0, peakBytes: 0 };

/** Bytes behind living buffers, as the native backend's weak references know it; null without that backend. */
let countLive: (() => number) | null = null;

export function onCountLive(count: () => number): void {
  countLive = count;
}

function makeSlab(bytes: number, owner: SlotOwner | null): Slab {
  const slab = new Slab(newBuffer(bytes), bytes, owner, bytes >= ADVISE_FROM);
  statistics.liveBytes += bytes;
  // What the collector took is unknown here, so a new peak is believed only after a count.
  if (statistics.liveBytes > statistics.peakBytes) {
    if (countLive !== null) statistics.liveBytes = countLive();
    if (statistics.liveBytes > statistics.peakBytes) statistics.peakBytes = statistics.liveBytes;
  }
  return slab;
}

/** Slots of one size. Slabs with freed slots wait in `partial`; full ones are held by their tensors alone. */
class SlotClass implements SlotOwner {
  readonly #slot: number;
  readonly #slabBytes: number;
  readonly #partial: Slab[] = [];
  #current: Slab | null = null;

  constructor(slot: number) {
    this.#slot = slot;
    this.#slabBytes = slot <= MEDIUM_FROM ? SMALL_SLAB : MEDIUM_SLAB;
  }

  take(): Slab {
    let slab = this.#current;
    if (slab === null || (slab.free.length === 0 && slab.next + this.#slot > slab.base + slab.bytes)) {
      slab = this.#partial.pop() ?? this.#grow();
      this.#current = slab;
    }
    if (slab.free.length > 0) {
      allocatedAt = slab.free.pop() as number;
      statistics.pooledBytes -= this.#slot;
    } else {
      allocatedAt = slab.next;
      slab.next += this.#slot;
    }
    return slab;
  }

  giveBack(slab: Slab, byteOffset: number): void {
    if (slab.free.length === 0 && slab !== this.#current) this.#partial.push(slab);
    slab.free.push(byteOffset);
    statistics.pooledBytes += this.#slot;
    if (poison) poisonBytes(slab, byteOffset, this.#slot);
  }

  empty(): void {
    for (const slab of this.#partial) statistics.pooledBytes -= slab.free.length * this.#slot;
    if (this.#current !== null) statistics.pooledBytes -= this.#current.free.length * this.#slot;
    this.#partial.length = 0;
    this.#current = null;
  }

  #grow(): Slab {
    statistics.slabs++;
    return makeSlab(this.#slabBytes, this);
  }
}

/** Buffers that one tensor has to itself, kept by size when it gives them back. */
class LargePool implements SlotOwner {
  readonly #waiting = new Map<number, Slab[]>();

  take(bytes: number): Slab {
    const size = largeClass(bytes);
    const slab = this.#waiting.get(size)?.pop();
    if (slab !== undefined) {
      statistics.pooledBytes -= size;
      allocatedAt = slab.base;
      return slab;
    }
    const fresh = makeSlab(size, this);
    statistics.largeAllocations++;
    allocatedAt = fresh.base;
    return fresh;
  }

  giveBack(slab: Slab): void {
    let stack = this.#waiting.get(slab.bytes);
    if (stack === undefined) {
      stack = [];
      this.#waiting.set(slab.bytes, stack);
    }
    stack.push(slab);
    statistics.pooledBytes += slab.bytes;
    if (poison) poisonBytes(slab, slab.base, slab.bytes);
  }

  empty(): void {
    for (const stack of this.#waiting.values()) {
      for (const slab of stack) statistics.pooledBytes -= slab.bytes;
    }
    this.#waiting.clear();
  }
}

// Eight classes to each power of two: at most an eighth of a buffer lies idle.
function largeClass(bytes: number): number {
  // In whole pages, so that 32 bits serve up to 16 TB.
  const step = 4096 * (1 << Math.max(0, 28 - Math.clz32(Math.floor(bytes / 4096))));
  return Math.ceil(bytes / step) * step;
}

function poisonBytes(slab: Slab, byteOffset: number, bytes: number): void {
  // All bits set is NaN in both floating dtypes.
  new Uint8Array(slab.buffer, byteOffset, bytes).fill(0xff);
}

const SLOT_SIZES = [8, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768];

// What lives long has slabs of its own: among temporaries one kept tensor would pin a slab of dropped ones.
const passing = SLOT_SIZES.map((slot) => new SlotClass(slot));
const lasting = SLOT_SIZES.map((slot) => new SlotClass(slot));
const large = new LargePool();

/**
 * A slab with room for `bytes`, which start at {@link allocatedAt}, uninitialised. `long` for what outlives a
 * step: parameters, optimizer state, data.
 */
export function allocate(bytes: number, long: boolean): Slab {
  if (bytes > LARGE_FROM) return large.take(bytes);
  const classes = long ? lasting : passing;
  if (bytes <= 8) return classes[0].take();
  if (bytes <= ALIGNMENT) return classes[1].take();
  return classes[27 - Math.clz32(bytes - 1)].take();
}

/** Gives a slot back for use again. */
export function release(slab: Slab, byteOffset: number): void {
  slab.owner?.giveBack(slab, byteOffset);
}

/** What {@link memory} reports. All figures are bytes, but for the two counts. */
export interface MemoryReport {
  /** In living buffers, less what waits in the pool: tensors, and dropped ones that the collector has not taken yet. */
  readonly inUse: number;
  /** Given back and kept for the next tensor. */
  readonly pooled: number;
  /** The most that living buffers came to. */
  readonly peak: number;
  /** Buffers over 32 KB made so far: a steady program makes none. */
  readonly largeAllocations: number;
  /** Slabs for small tensors made so far. */
  readonly slabs: number;
}

/**
 * How much memory tensors take: bytes in use, pooled, and at the peak.
 *
 * Memory that was merely dropped counts as in use until the collector takes it. Without the native backend it
 * counts for good, for nothing else sees the collector's work.
 *
 * @example
 * import { memory, zeros } from 'quern';
 * const before = memory().inUse;
 * const held = zeros([1024, 1024]);
 * memory().inUse - before >= 4 * 1024 * 1024; // => true
 * held.dispose();
 */
export function memory(): MemoryReport {
  if (countLive !== null) statistics.liveBytes = countLive();
  return {
    inUse: Math.max(0, statistics.liveBytes - statistics.pooledBytes),
    pooled: statistics.pooledBytes,
    peak: statistics.peakBytes,
    largeAllocations: statistics.largeAllocations,
    slabs: statistics.slabs,
  };
}

/**
 * Lets the collector have the memory that waits in the pool.
 *
 * @example
 * import { emptyCache, memory, zeros } from 'quern';
 * zeros([100000]).dispose();
 * emptyCache();
 * memory().pooled; // => 0
 */
export function emptyCache(): void {
  large.empty();
  for (const one of passing) one.empty();
  for (const one of lasting) one.empty();
}
