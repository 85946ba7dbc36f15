// The backend in force, and the calls that choose and configure it.

import { ArgumentError, BackendError } from '../core/errors.js';
import type { Backend } from './backend.js';
import { checkThreads, loadFailure, loadNative } from './native.js';
import { TypeScriptBackend } from './typescript/index.js';
import { type KernelWatcher, WatchedBackend } from './watched.js';

/** The names of the two backends. */
export type BackendName = Backend['name'];

const typescript = new TypeScriptBackend();
const HOW_TO_BUILD =
  'build it with `npm run build:native` in a checkout (needs a C++17 compiler, make and Python), or install a ' +
  'release that has a prebuild for this platform';

/** What every operation runs on. */
export let active: Backend = typescript;

function choose(): Backend {
  const wanted = process.env.QUERN_BACKEND;
  // Loaded even if another is wanted, for a program may switch later and its buffers must be known by then.
  const native = loadNative();
  if (wanted === 'typescript') return typescript;
  if (wanted !== undefined && wanted !== '' && wanted !== 'native') {
    throw new ArgumentError(
      'backend',
      'QUERN_BACKEND',
      wanted,
      `QUERN_BACKEND is native or typescript; got ${wanted}`,
    );
  }
  if (native !== null) return native;
  if (wanted === 'native') throw missing();
  process.emitWarning(
    `Quern's native addon could not be loaded, so the much slower TypeScript backend is used: ${HOW_TO_BUILD}. ` +
      'Set QUERN_BACKEND=typescript to use it without this warning.',
    'QuernWarning',
  );
  return typescript;
}

function missing(): BackendError {
  const error = new BackendError('backend', `the native addon could not be loaded: ${HOW_TO_BUILD}`);
  error.cause = loadFailure();
  return error;
}

let chosen = choose();
let watcher: KernelWatcher | null = null;
active = chosen;

function activate(backend: Backend): void {
  chosen = backend;
  active = watcher === null ? backend : new WatchedBackend(backend, watcher);
}

/** Shows somebody from now on what each kernel writes, on whatever backend; null ends it. */
export function watchKernels(who: KernelWatcher | null): void {
  watcher = who;
  activate(chosen);
}

/**
 * Switches the backend, at any time: tensors made before go on working.
 *
 * @example
 * import { backendName, useBackend } from 'quern';
 * const before = backendName();
 * useBackend('typescript');
 * backendName(); // => 'typescript'
 * useBackend(before);
 */
export function useBackend(name: BackendName): void {
  if (name === 'typescript') {
    activate(typescript);
    return;
  }
  if (name !== 'native') {
    throw new ArgumentError(
      'useBackend',
      'name',
      name,
      `a backend is 'native' or 'typescript'; got ${String(name)}`,
    );
  }
  const native = loadNative();
  if (native === null) throw missing();
  activate(native);
}

/**
 * The name of the backend in use.
 *
 * @example
 * import { backendName, useBackend } from 'quern';
 * useBackend('typescript');
 * backendName(); // => 'typescript'
 */
export function backendName(): BackendName {
  return active.name;
}

/**
 * Sets how many threads native kernels use, in the whole process. The default is what the container allows.
 * The results are the same bits for any number.
 *
 * @example
 * import { getNumThreads, setNumThreads } from 'quern';
 * setNumThreads(1);
 * getNumThreads(); // => 1
 */
export function setNumThreads(count: number): void {
  checkThreads('count', count);
  const native = loadNative();
  if (native !== null) native.threads = count;
}

/**
 * How many threads native kernels use; 1 where there is no native backend.
 *
 * @example
 * import { getNumThreads } from 'quern';
 * getNumThreads() >= 1; // => true
 */
export function getNumThreads(): number {
  return loadNative()?.threads ?? 1;
}

/** The instruction set that native kernels use; null where there is no native backend. For tests and reports. */
export function currentIsa(): string | null {
  return loadNative()?.isa ?? null;
}

/** The instruction sets that this build and machine have, the best first. For tests and reports. */
export function availableIsas(): readonly string[] {
  return loadNative()?.isas ?? [];
}

/** Forces an instruction set; null goes back to the best. For tests: users set QUERN_ISA. */
export function forceIsa(name: string | null): void {
  const native = loadNative();
  if (native === null) throw missing();
  native.forceIsa(name);
}
