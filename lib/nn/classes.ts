// The classes of which modules were made, so that a summary can watch the forward of modules that no field shows.

import type { Module } from './module.js';

type Forward = (this: Module, ...inputs: unknown[]) => unknown;

// Weakly, for a class may be made in a function, and hold what that closes over.
const known = new WeakSet<object>();
let classes: WeakRef<{ prototype: object }>[] = [];

/** Remembers the class of a module that is being made. @internal */
export function rememberClass(type: { prototype: object }): void {
  if (known.has(type)) return;
  known.add(type);
  classes.push(new WeakRef(type));
}

/** The prototypes of those classes and of what they extend. */
function prototypes(): Set<object> {
  classes = classes.filter((one) => one.deref() !== undefined);
  const found = new Set<object>();
  for (const one of classes) {
    let prototype: object | null = one.deref()?.prototype ?? null;
    while (prototype !== null && prototype !== Object.prototype && !found.has(prototype)) {
      found.add(prototype);
      prototype = Object.getPrototypeOf(prototype);
    }
  }
  return found;
}

/** Runs a function while every forward that is a method tells whose it is before it runs. @internal */
export function watchingForwards<T>(tell: (module: Module) => void, fn: () => T): T {
  const before: [prototype: object, forward: PropertyDescriptor][] = [];
  try {
    for (const prototype of prototypes()) {
      const own = Object.getOwnPropertyDescriptor(prototype, 'forward');
      if (typeof own?.value !== 'function' || !own.configurable) continue;
      const forward = own.value as Forward;
      const watched: Forward = function (...inputs) {
        tell(this);
        return forward.apply(this, inputs);
      };
      before.push([prototype, own]);
      Object.defineProperty(prototype, 'forward', { ...own, value: watched });
    }
    return fn();
  } finally {
    for (const [prototype, own] of before) Object.defineProperty(prototype, 'forward', own);
  }
}
