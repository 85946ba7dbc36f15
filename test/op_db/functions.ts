// Rows of the op database: more functions of one operand (exponentials, angles, hyperbolas, gamma).

import * as q from 'quern';
import { mapped } from '../support/plain.js';
import * as f from '../support/reference/special.js';
import { noTensors } from './refusals.js';
import { FLOATS, NUMERIC, row, type Sample, type Spec } from './row.js';

const SAMPLES = [
  { inputs: [[]] },
  { inputs: [[1]] },
  { inputs: [[7]] },
  { inputs: [[3, 0]] },
  { inputs: [[2, 3, 5]] },
  { inputs: [[4, 67]] },
];
const LARGE = { inputs: [[130, 515]] };

const floating = (
  fn: (x: q.Tensor) => q.Tensor,
  reference: (x: number) => number,
  spec: Partial<Spec<[]>> = {},
) =>
  row({
    family: 'Mathematical functions',
    fn,
    samples: SAMPLES,
    large: LARGE,
    reference: ([x]) => mapped([x], reference),
    result: 'float',
    specials: true,
    gradient: 2,
    errors: noTensors(fn),
    ...spec,
  });

const inside = { low: -0.9, high: 0.9 };
const positive = { low: 0.3, high: 6 };

const orders: Sample<[n: number]>[] = [
  { inputs: [[7]], args: [1] },
  { inputs: [[]], args: [2] },
  { inputs: [[2, 3, 5]], args: [3] },
  { inputs: [[3, 0]], args: [5] },
  { inputs: [[4, 67]], args: [0] },
  { inputs: [{ shape: [9], domain: { low: 3, high: 6 } }], args: [12] },
  { inputs: [{ shape: [6], data: [-0.5, -1.25, -7.75, -20.3, 0.25, 400] }], args: [1] },
  { inputs: [{ shape: [6], data: [-0.5, -1.5, -7.5, -2.4, 1.25, 400] }], args: [4] },
];

const replaced: Sample<[options?: { nan?: number; posinf?: number; neginf?: number }]>[] = [
  { inputs: [[7]] },
  { inputs: [[2, 3, 5]], args: [{ nan: 2 }] },
  { inputs: [[3, 0]], args: [{ posinf: 1, neginf: -1 }] },
  { inputs: [[]] },
];

export const functionRows = {
  exp2: floating(q.exp2, (x) => 2 ** x),
  asin: floating(q.asin, Math.asin, { domain: inside }),
  acos: floating(q.acos, Math.acos, { domain: inside }),
  atan: floating(q.atan, Math.atan),
  sinh: floating(q.sinh, Math.sinh),
  cosh: floating(q.cosh, Math.cosh),
  asinh: floating(q.asinh, Math.asinh),
  acosh: floating(q.acosh, Math.acosh, { domain: { low: 1, high: 5 }, smooth: { low: 1.2, high: 5 } }),
  atanh: floating(q.atanh, Math.atanh, { domain: inside }),
  erfc: floating(q.erfc, f.erfc),
  lgamma: floating(q.lgamma, f.lgamma, { precision: 'summed', smooth: positive }),
  digamma: floating(q.digamma, f.digamma, { precision: 'summed', smooth: positive }),
  polygamma: row<[n: number]>({
    family: 'Mathematical functions',
    fn: q.polygamma,
    samples: orders,
    large: { inputs: [[130, 515]], args: [1] },
    positional: (operands, args) => [...args, ...operands],
    reference: ([x], n) => mapped([x], (value) => f.polygamma(n, value)),
    result: 'float',
    // Beside the zeros of even orders below 0 terms cancel.
    precision: 'summed',
    specials: true,
    gradient: 2,
    domain: positive,
    errors: [
      {
        name: 'an order that is not whole',
        act: () => q.polygamma(0.5, q.ones([2])),
        error: q.ArgumentError,
      },
      { name: 'an order that is too high', act: () => q.polygamma(31, q.ones([2])), error: q.ArgumentError },
    ],
  }),
  frac: floating(q.frac, (x) => x - Math.trunc(x), {
    dtypes: FLOATS,
    precision: 'exact',
    smooth: { low: -3, high: 3, only: (x) => Math.abs(x - Math.round(x)) > 0.05 },
    errors: [{ name: 'integers', act: () => q.frac(q.ones([2], { dtype: 'int32' })), error: q.DTypeError }],
  }),
  nanToNum: row<[options?: { nan?: number; posinf?: number; neginf?: number }]>({
    family: 'Mathematical functions',
    fn: q.nanToNum,
    samples: replaced,
    large: LARGE,
    reference: ([x], { nan = 0, posinf = Number.MAX_VALUE, neginf = -Number.MAX_VALUE } = {}) =>
      mapped([x], (value) => {
        if (Number.isNaN(value)) return nan;
        return Number.isFinite(value) ? value : value > 0 ? posinf : neginf;
      }),
    dtypes: NUMERIC,
    precision: 'exact',
    gradient: 2,
    errors: [
      ...noTensors(q.nanToNum),
      {
        name: 'a substitute that is no number',
        act: () => q.nanToNum(q.ones([2]), { posinf: '1' as never }),
        error: q.ArgumentError,
      },
    ],
  }),
};
