// The whole product: every operation, sample, dtype, arrangement, backend and instruction set.

import { describe, it } from 'vitest';
import { rows } from '../op_db.js';
import { ENGINES } from '../support/engines.js';
import { checkAllForward, checkGradients, gradientArrangementsFor } from '../support/generated.js';

describe.each(ENGINES)('$name', (engine) => {
  for (const [name, row] of rows) {
    if (row.reference !== undefined) it(`${name}`, () => checkAllForward(row, engine, true));
    if (row.gradient === 0) continue;
    for (const how of gradientArrangementsFor(row))
      it(`${name}, gradients, ${how}`, () => checkGradients(row, engine, how));
  }
});
