// The fused affine map with each of its activations, against the same map made of single operations.

import { add, erf, mul, randn, relu, sigmoid, type Tensor, tanh, zeros } from 'quern';
import { describe, expect, it } from 'vitest';
import { active } from '../../lib/backend/active.js';
import { kernel } from '../../lib/backend/kernels.js';
import { attributes } from '../../lib/backend/record.js';
import { ENGINES, on } from '../support/engines.js';

/** In the order of their codes. */
const ACTIVATIONS: readonly [string, (x: Tensor) => Tensor][] = [
  ['no activation', (x) => x],
  ['relu', relu],
  ['gelu', (x) => mul(mul(x, 0.5), add(erf(mul(x, Math.SQRT1_2)), 1))],
  [
    'gelu by tanh',
    (x) => mul(mul(x, 0.5), add(tanh(mul(add(x, mul(x.pow(3), 0.044715)), Math.sqrt(2 / Math.PI))), 1)),
  ],
  ['tanh', tanh],
  ['sigmoid', sigmoid],
];

function linear(x: Tensor, w: Tensor, bias: Tensor | null, code: number): Tensor {
  const out = zeros([x.shape[0], w.shape[0]], { dtype: x.dtype });
  attributes[0] = code;
  if (bias === null) active.run3(kernel.linear, x.kind, out, x, w);
  else active.run4(kernel.linear, x.kind, out, x, w, bias);
  return out;
}

describe.each(ENGINES)('linear on $name', (engine) => {
  describe.each(['float32', 'float64'] as const)('in %s', (dtype) => {
    it.each(ACTIVATIONS)('with %s', (_name, activation) => {
      const code = ACTIVATIONS.findIndex(([name]) => name === _name);
      on(engine, () => {
        for (const [m, k, n] of [
          [1, 1, 1],
          [4, 2, 8],
          [17, 33, 50],
          [3, 0, 5],
        ]) {
          const x = randn([k, m], { dtype }).t();
          const w = randn([n, k], { dtype });
          for (const bias of [null, randn([n], { dtype })]) {
            const sums = bias === null ? x.matmul(w.t()) : x.matmul(w.t()).add(bias);
            const found = linear(x, w, bias, code).sub(activation(sums));
            const worst = found.abs().amax().item();
            expect(worst).toBeLessThan(dtype === 'float32' ? 2e-5 : 1e-12);
          }
        }
      });
    });
  });

  it('refuses a code that is none', () => {
    const [x, w] = [randn([2, 3]), randn([4, 3])];
    for (const code of [6, -1, 0.5, Number.NaN])
      expect(() => on(engine, () => linear(x, w, null, code))).toThrow();
  });
});
