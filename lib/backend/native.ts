// The native backend: loads the addon and passes it call records. Nothing else in the library touches the addon.

import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Kind } from '../core/dtype.js';
import { ArgumentError, BackendError } from '../core/errors.js';
import { type Layout, onNewLayout } from '../core/layout.js';
import { onCountLive } from '../core/pool.js';
import { onNewBuffer } from '../core/slab.js';
import type { Backend, Operand, OperandList } from './backend.js';
import { KERNELS } from './kernels.js';
import {
  ATTRIBUTES,
  COUNT,
  FAILURE,
  INLINE,
  INLINE_STRIDE,
  KERNEL,
  KIND,
  OPERANDS,
  ROWS,
  record,
  STATUS,
} from './record.js';
import { throwStatus } from './status.js';

interface Addon {
  bind(record: Float64Array, names: readonly string[]): void;
  invoke(): void;
  registerBuffer(bytes: Uint8Array, advise: boolean): number;
  registerLayout(id: number): void;
  liveBytes(): number;
  setThreadCount(count: number): void;
  threadCount(): number;
  isas(): string[];
  isa(): string;
  forceIsa(name: string | null): void;
}

/** Writes operand `index` of the next call. */
function put(index: number, operand: Operand): void {
  const at = OPERANDS + 3 * index;
  record[at] = operand.slab.id;
  record[at + 1] = operand.offset;
  const id = operand.layout.id;
  record[at + 2] = id !== 0 ? id : putInline(index, operand.layout);
}

/** Writes a layout that has no number into the record itself; answers the place, negative as a sign of it. */
function putInline(index: number, layout: Layout): number {
  const at = INLINE + index * INLINE_STRIDE;
  writeLayout(at, layout);
  return -at;
}

function writeLayout(at: number, layout: Layout): void {
  const rank = layout.rank;
  record[at] = rank;
  for (let i = 0; i < rank; i++) {
    record[at + 1 + i] = layout.dims[i];
    record[at + 1 + rank + i] = layout.strides[i];
  }
}

export class NativeBackend implements Backend {
  readonly name = 'native';
  readonly #addon: Addon;
  readonly #invoke: () => void;

  constructor(addon: Addon) {
    this.#addon = addon;
    this.#invoke = addon.invoke;
    addon.bind(record, KERNELS);
    onNewBuffer((bytes, advise) => {
      const id = addon.registerBuffer(bytes, advise);
      return { id, misalignment: record[FAILURE] };
    });
    onNewLayout((layout) => {
      writeLayout(INLINE, layout);
      addon.registerLayout(layout.id);
    });
    onCountLive(() => addon.liveBytes());
  }

  run1(kernel: number, kind: Kind, out: Operand): void {
    record[KERNEL] = kernel;
    record[KIND] = kind;
    record[COUNT] = 1;
    put(0, out);
    this.#invoke();
    if (record[STATUS] !== 0) throwStatus(kernel, kind, [out]);
  }

  run2(kernel: number, kind: Kind, out: Operand, a: Operand): void {
    record[KERNEL] = kernel;
    record[KIND] = kind;
    record[COUNT] = 2;
    put(0, out);
    put(1, a);
    this.#invoke();
    if (record[STATUS] !== 0) throwStatus(kernel, kind, [out, a]);
  }

  run3(kernel: number, kind: Kind, out: Operand, a: Operand, b: Operand): void {
    record[KERNEL] = kernel;
    record[KIND] = kind;
    record[COUNT] = 3;
    put(0, out);
    put(1, a);
    put(2, b);
    this.#invoke();
    if (record[STATUS] !== 0) throwStatus(kernel, kind, [out, a, b]);
  }

  run4(kernel: number, kind: Kind, out: Operand, a: Operand, b: Operand, c: Operand): void {
    record[KERNEL] = kernel;
    record[KIND] = kind;
    record[COUNT] = 4;
    put(0, out);
    put(1, a);
    put(2, b);
    put(3, c);
    this.#invoke();
    if (record[STATUS] !== 0) throwStatus(kernel, kind, [out, a, b, c]);
  }

  runMany(kernel: number, kind: Kind, operands: readonly Operand[]): void {
    record[KERNEL] = kernel;
    record[KIND] = kind;
    record[COUNT] = operands.length;
    for (let i = 0; i < operands.length; i++) put(i, operands[i]);
    this.#invoke();
    if (record[STATUS] !== 0) throwStatus(kernel, kind, operands);
  }

  runList(kernel: number, kind: Kind, list: OperandList): void {
    record[KERNEL] = kernel;
    record[KIND] = kind;
    record[COUNT] = 1;
    record[OPERANDS] = list.encoded.slab.id;
    record[OPERANDS + 1] = list.encoded.offset;
    record[OPERANDS + 2] = 0;
    record[ATTRIBUTES + ROWS] = list.rows.length;
    this.#invoke();
    if (record[STATUS] !== 0) throwStatus(kernel, kind, list.rows.flat());
  }

  get threads(): number {
    return this.#addon.threadCount();
  }

  set threads(count: number) {
    this.#addon.setThreadCount(count);
  }

  get isa(): string {
    return this.#addon.isa();
  }

  get isas(): readonly string[] {
    return this.#addon.isas();
  }

  forceIsa(name: string | null): void {
    const available = this.#addon.isas();
    if (name !== null && !available.includes(name)) {
      throw new BackendError(
        'isa',
        `the instruction set '${name}' is not to be had here; this machine and build offer ${available.join(', ')}`,
      );
    }
    this.#addon.forceIsa(name);
  }
}

let loaded: NativeBackend | null = null;
let failure: Error | null = null;

/** Loads the addon, once; null when there is none that this Node can load, for the reason in {@link loadFailure}. */
export function loadNative(): NativeBackend | null {
  if (loaded !== null || failure !== null) return loaded;
  const root = fileURLToPath(new URL('../..', import.meta.url));
  let addon: Addon;
  try {
    addon = createRequire(import.meta.url)('node-gyp-build')(root) as Addon;
  } catch (error) {
    failure = error as Error;
    return null;
  }
  const backend = new NativeBackend(addon);
  const isa = process.env.QUERN_ISA;
  if (isa !== undefined && isa !== '') backend.forceIsa(isa);
  const threads = process.env.QUERN_NUM_THREADS;
  if (threads !== undefined && threads !== '')
    backend.threads = checkThreads('QUERN_NUM_THREADS', Number(threads));
  loaded = backend;
  return loaded;
}

/** Why the addon could not be loaded. */
export function loadFailure(): Error | null {
  return failure;
}

export function checkThreads(argument: string, count: number): number {
  if (!Number.isInteger(count) || count < 1) {
    throw new ArgumentError('threads', argument, count, `${argument} is a whole number from 1; got ${count}`);
  }
  return count;
}
