// Members of a module by name and by pattern.

import { ArgumentError, describe } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';

/** The entry of a name. @internal */
export function named<T>(op: string, entries: readonly (readonly [string, T])[], name: string): T {
  const found = entries.find(([one]) => one === name);
  if (found !== undefined) return found[1];
  const names = entries.map(([one]) => one).filter((one) => one !== '');
  const some = names.slice(0, 12).join(', ') + (names.length > 12 ? ', …' : '');
  throw new ArgumentError(op, 'name', name, `there is no '${String(name)}'; there are ${some || 'none'}`);
}

/** The parameters whose names a pattern fits: `*` in a string stands for anything, dots included. @internal */
export function matching(
  op: string,
  entries: readonly (readonly [string, Tensor])[],
  pattern: string | RegExp,
): Tensor[] {
  if (typeof pattern !== 'string' && !(pattern instanceof RegExp)) {
    throw new ArgumentError(
      op,
      'pattern',
      pattern,
      `a pattern is a string, in which * stands for anything, or a RegExp; got ${describe(pattern)}`,
    );
  }
  const literal = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
  const found = entries.filter(([name]) =>
    typeof pattern === 'string'
      ? new RegExp(`^${pattern.split('*').map(literal).join('.*')}$`).test(name)
      : name.search(pattern) >= 0,
  );
  // A pattern that is misspelt would otherwise train in silence what was to stay as it is.
  if (found.length > 0) return found.map(([, parameter]) => parameter);
  const names = entries.map(([name]) => name);
  const some = names.slice(0, 12).join(', ') + (names.length > 12 ? ', …' : '');
  throw new ArgumentError(
    op,
    'pattern',
    pattern,
    `no parameter's name fits ${String(pattern)}; the names are ${some || 'none'}`,
  );
}
