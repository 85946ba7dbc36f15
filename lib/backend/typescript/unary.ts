// Elementwise kernels of one operand: arithmetic, functions of the reals, predicates.

import { attributes } from '../record.js';
import { gelu, geluTanh, sigmoid } from './activation.js';
import { type UnaryLoop, unaryTable } from './elementwise.js';
import { erf } from './erf.js';

// NaN passes through wherever a comparison decides; float32 results are rounded once, by the store.

const relu: UnaryLoop = (o, oi, x, xi, n) => {
  for (let i = 0; i < n; i++) {
    const v = x[xi + i];
    o[oi + i] = v <= 0 ? 0 : v;
  }
};

const sign: UnaryLoop = (o, oi, x, xi, n) => {
  for (let i = 0; i < n; i++) {
    const v = x[xi + i];
    o[oi + i] = v > 0 ? 1 : v < 0 ? -1 : 0;
  }
};

// Doubles from here on are whole.
const WHOLE = 2 ** 52;

export const unaryKernels = unaryTable({
  neg: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = -x[xi + i];
    },
    int: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = -x[xi + i] | 0;
    },
  },
  abs: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.abs(x[xi + i]);
    },
    int: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.abs(x[xi + i]) | 0;
    },
  },
  sign: { float: sign, int: sign },
  square: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) {
        const v = x[xi + i];
        o[oi + i] = v * v;
      }
    },
    int: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) {
        const v = x[xi + i];
        o[oi + i] = Math.imul(v, v);
      }
    },
  },
  relu: { float: relu, int: relu },
  sqrt: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.sqrt(x[xi + i]);
    },
  },
  rsqrt: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = 1 / Math.sqrt(x[xi + i]);
    },
  },
  reciprocal: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = 1 / x[xi + i];
    },
  },
  exp: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.exp(x[xi + i]);
    },
  },
  expm1: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.expm1(x[xi + i]);
    },
  },
  log: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.log(x[xi + i]);
    },
  },
  log1p: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.log1p(x[xi + i]);
    },
  },
  log2: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.log2(x[xi + i]);
    },
  },
  log10: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.log10(x[xi + i]);
    },
  },
  sin: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.sin(x[xi + i]);
    },
  },
  cos: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.cos(x[xi + i]);
    },
  },
  tan: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.tan(x[xi + i]);
    },
  },
  tanh: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.tanh(x[xi + i]);
    },
  },
  sigmoid: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = sigmoid(x[xi + i]);
    },
  },
  // PyTorch's threshold: beyond 20 the logarithm adds less than a float32's rounding.
  softplus: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) {
        const v = x[xi + i];
        o[oi + i] = v > 20 ? v : Math.log1p(Math.exp(v));
      }
    },
  },
  gelu: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = gelu(x[xi + i]);
    },
  },
  geluTanh: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = geluTanh(x[xi + i]);
    },
  },
  silu: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] * sigmoid(x[xi + i]);
    },
  },
  erf: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = erf(x[xi + i]);
    },
  },
  floor: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.floor(x[xi + i]);
    },
  },
  ceil: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.ceil(x[xi + i]);
    },
  },
  // Half to even: adding 2^52 leaves no bit below the unit, and the addition rounds so.
  round: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) {
        const v = x[xi + i];
        o[oi + i] = Math.abs(v) < WHOLE ? (v > 0 ? v + WHOLE - WHOLE : v < 0 ? -(WHOLE - v - WHOLE) : v) : v;
      }
    },
  },
  trunc: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.trunc(x[xi + i]);
    },
  },
  frac: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) {
        const v = x[xi + i];
        o[oi + i] = v - Math.trunc(v);
      }
    },
  },
  // Attributes: what stands for NaN and the two infinities.
  nanToNum: {
    float: (o, oi, x, xi, n) => {
      const [missing, above, below] = attributes;
      for (let i = 0; i < n; i++) {
        const v = x[xi + i];
        if (Number.isFinite(v)) o[oi + i] = v;
        else o[oi + i] = Number.isNaN(v) ? missing : v > 0 ? above : below;
      }
    },
  },
  clamp: {
    float: (o, oi, x, xi, n) => {
      const low = attributes[0];
      const high = attributes[1];
      for (let i = 0; i < n; i++) {
        const v = x[xi + i];
        const t = v <= low ? low : v;
        o[oi + i] = t >= high ? high : t;
      }
    },
    int: (o, oi, x, xi, n) => {
      const low = saturate(attributes[0]);
      const high = saturate(attributes[1]);
      for (let i = 0; i < n; i++) {
        const v = x[xi + i];
        const t = v <= low ? low : v;
        o[oi + i] = t >= high ? high : t;
      }
    },
  },
  isNaN: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) {
        const v = x[xi + i];
        o[oi + i] = Number.isNaN(v) ? 1 : 0;
      }
    },
  },
  isFinite: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Number.isFinite(x[xi + i]) ? 1 : 0;
    },
  },
  isInf: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.abs(x[xi + i]) === Number.POSITIVE_INFINITY ? 1 : 0;
    },
  },
  logicalNot: {
    any: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] === 0 ? 1 : 0;
    },
  },
});

function saturate(bound: number): number {
  return Math.min(Math.max(bound, -2147483648), 2147483647);
}
