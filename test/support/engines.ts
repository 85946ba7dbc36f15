// What operations can run on here: the TypeScript backend, and the native one on each instruction set.

import { type BackendName, backendName, useBackend } from 'quern';
import { availableIsas, currentIsa, forceIsa } from '../../lib/backend/active.js';
import { addonPath } from '../setup/addon-path.js';

export interface Engine {
  readonly name: string;
  readonly backend: BackendName;
  readonly isa: string | null;
}

const isas = availableIsas();
if (isas.length === 0 && (process.env.CI || addonPath() !== undefined)) {
  throw new Error(
    'the addon does not load, so nothing native would be tested; build it with npm run build:native',
  );
}

export const TYPESCRIPT: Engine = { name: 'typescript', backend: 'typescript', isa: null };

/** The native backend, the best instruction set first; empty where there is no addon. */
export const NATIVE: readonly Engine[] = isas.map((isa) => ({
  name: `native ${isa}`,
  backend: 'native',
  isa,
}));

/** Both backends, native on its best instruction set alone. */
export const BACKENDS: readonly Engine[] = [TYPESCRIPT, ...NATIVE.slice(0, 1)];

export const ENGINES: readonly Engine[] = [TYPESCRIPT, ...NATIVE];

/** Runs a function on an engine and goes back to what was in force. */
export function on<T>(engine: Engine, run: () => T): T {
  const [backend, isa] = [backendName(), currentIsa()];
  useBackend(engine.backend);
  if (engine.isa !== null) forceIsa(engine.isa);
  try {
    return run();
  } finally {
    if (isa !== null) forceIsa(isa);
    useBackend(backend);
  }
}
