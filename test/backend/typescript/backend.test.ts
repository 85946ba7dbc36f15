// What the TypeScript backend does at its entry, for every kernel alike.

import { describe, expect, it } from 'vitest';
import type { Operand } from '../../../lib/backend/backend.js';
import { KERNELS, kernel } from '../../../lib/backend/kernels.js';
import { FLOAT32 } from '../../../lib/core/dtype.js';
import { BackendError, DisposedError } from '../../../lib/core/errors.js';
import { DISPOSED } from '../../../lib/core/slab.js';
import { backend, dense } from './operands.js';

const good = () => dense(FLOAT32, [2], [1, 2]);
const gone = (): Operand => ({ ...good(), slab: DISPOSED });

describe('the TypeScript backend', () => {
  it('names the op that met a disposed tensor, whichever operand it was', () => {
    for (let id = 0; id < KERNELS.length; id++) {
      const calls = [
        () => backend.run1(id, FLOAT32, gone()),
        () => backend.run2(id, FLOAT32, good(), gone()),
        () => backend.run3(id, FLOAT32, good(), gone(), good()),
        () => backend.run4(id, FLOAT32, good(), good(), good(), gone()),
        () => backend.runList(id, FLOAT32, { width: 2, rows: [[good(), gone()]], encoded: good() }),
      ];
      for (const call of calls) {
        expect(call).toThrow(DisposedError);
        expect(call).toThrow(`[${KERNELS[id]}]`);
      }
    }
  });

  it('refuses numbers of operands and kernels that there are not', () => {
    expect(() => backend.run2(kernel.add, FLOAT32, good(), good())).toThrow(BackendError);
    expect(() => backend.run4(kernel.matmul, FLOAT32, good(), good(), good(), good())).toThrow('[matmul]');
    expect(() => backend.run1(kernel.sgd, FLOAT32, good())).toThrow(BackendError);
    for (const wrong of [-1, KERNELS.length, 0.5, Number.NaN]) {
      expect(() => backend.run1(wrong, FLOAT32, good())).toThrow(BackendError);
    }
  });
});
