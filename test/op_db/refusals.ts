// Error inputs that whole families share: what stands in the place of a tensor and is none.

import * as q from 'quern';
import type { ErrorCase } from './row.js';

const IMPOSTORS: Readonly<Record<string, unknown>> = {
  'a number': 3,
  'a string': 'x',
  null: null,
  'an array': [1, 2],
  'a typed array': Float32Array.of(1, 2),
  'a promise of a tensor': Promise.resolve(q.ones([2])),
  'what only looks like a tensor': { ...q.ones([2]) },
};

/** The errors of a function whose first argument is a tensor; `rest` are the others. */
export function noTensors(fn: unknown, ...rest: readonly unknown[]): ErrorCase[] {
  const call = (x: unknown): unknown => (fn as (...args: readonly unknown[]) => unknown)(x, ...rest);
  const disposed = (): unknown => {
    const gone = q.ones([2]);
    gone.dispose();
    return call(gone);
  };
  return [
    ...Object.entries(IMPOSTORS).map(([name, impostor]) => ({
      name: `${name} where a tensor is needed`,
      act: () => call(impostor),
      error: q.ArgumentError,
    })),
    { name: 'a tensor that was disposed of', act: disposed, error: q.DisposedError },
  ];
}
