// Every operation against its reference: each dtype, each arrangement of operands, each backend and instruction set.

import { describe, it } from 'vitest';
import { rows } from '../op_db.js';
import { ENGINES } from '../support/engines.js';
import { checkAllForward, checkSpecials } from '../support/generated.js';

describe.each(ENGINES)('$name', (engine) => {
  for (const [name, row] of rows) {
    if (row.reference === undefined) continue;
    it(`${name} gives what the reference gives`, () => checkAllForward(row, engine, false));
    if (row.specials) it(`${name} of NaN, infinities and zeros`, () => checkSpecials(row, engine));
  }
});
