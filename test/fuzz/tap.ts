// Stands between the library and the addon and sees what passes. To be imported before the library, which then
// calls the addon through it.
import { createRequire } from 'node:module';
import { INLINE, record } from '../../lib/backend/record.js';
import { ROOT } from '../setup/addon-path.js';

interface Addon {
  invoke: () => void;
  registerBuffer: (bytes: Uint8Array, advise: boolean) => number;
  registerLayout: (id: number) => void;
  bufferCount: () => number;
}

const nodeGypBuild = createRequire(import.meta.url)('node-gyp-build') as (folder: string) => Addon;

// The addon's object is one per process, so what is put into it here is what the library finds.
const addon = nodeGypBuild(ROOT);
const original = { ...addon };

/** The addon's own functions. */
export const { invoke, registerBuffer, bufferCount } = original;

export interface Dims {
  readonly dims: readonly number[];
  readonly strides: readonly number[];
}

/** Layouts by number. */
export const layouts = new Map<number, Dims>();

/** A layout that stands in the record. */
export function layoutAt(fields: Float64Array, at: number): Dims {
  const rank = fields[at];
  return {
    dims: [...fields.subarray(at + 1, at + 1 + rank)],
    strides: [...fields.subarray(at + 1 + rank, at + 1 + 2 * rank)],
  };
}

/** Every buffer that the library made, by number, so that recorders find their bytes; none once {@link stop} was called. */
export const buffers = new Map<number, Uint8Array>();
let holding = true;
let onCall: (() => void) | null = null;

/** Calls a function before each call that passes, or none. */
export function listen(before: (() => void) | null): void {
  onCall = before;
}

/** Ends all listening, and lets the library's buffers go. */
export function stop(): void {
  onCall = null;
  holding = false;
  buffers.clear();
}

addon.registerBuffer = (bytes, advise) => {
  const id = registerBuffer(bytes, advise);
  if (holding) buffers.set(id, bytes);
  return id;
};

addon.registerLayout = (id) => {
  layouts.set(id, layoutAt(record, INLINE));
  original.registerLayout(id);
};

addon.invoke = () => {
  onCall?.();
  invoke();
};
