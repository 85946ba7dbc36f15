// Elementwise kernels of two operands: arithmetic, comparisons, logic, gradients of activations.

import { attributes } from '../record.js';
import { geluSlope, geluTanhSlope, hardswishSlope, mishSlope, siluSlope } from './activation.js';
import { type BinaryLoop, binaryTable } from './elementwise.js';

const maximum: BinaryLoop = (o, oi, x, xi, y, yi, n) => {
  for (let i = 0; i < n; i++) {
    const a = x[xi + i];
    const b = y[yi + i];
    o[oi + i] = a > b || Number.isNaN(a) ? a : b;
  }
};

const minimum: BinaryLoop = (o, oi, x, xi, y, yi, n) => {
  for (let i = 0; i < n; i++) {
    const a = x[xi + i];
    const b = y[yi + i];
    o[oi + i] = a < b || Number.isNaN(a) ? a : b;
  }
};

export const binaryKernels = binaryTable({
  add: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] + y[yi + i];
    },
    int: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = (x[xi + i] + y[yi + i]) | 0;
    },
  },
  sub: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] - y[yi + i];
    },
    int: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = (x[xi + i] - y[yi + i]) | 0;
    },
  },
  mul: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] * y[yi + i];
    },
    int: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.imul(x[xi + i], y[yi + i]);
    },
  },
  div: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] / y[yi + i];
    },
  },
  pow: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = power(x[xi + i], y[yi + i]);
    },
    int: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = integerPower(x[xi + i], y[yi + i]);
    },
  },
  atan2: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.atan2(x[xi + i], y[yi + i]);
    },
  },
  hypot: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.hypot(x[xi + i], y[yi + i]);
    },
  },
  copysign: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) {
        const b = y[yi + i];
        const size = Math.abs(x[xi + i]);
        o[oi + i] = b < 0 || Object.is(b, -0) ? -size : size;
      }
    },
  },
  xlogy: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) {
        const a = x[xi + i];
        const b = y[yi + i];
        o[oi + i] = a === 0 && !Number.isNaN(b) ? 0 : a * Math.log(b);
      }
    },
  },
  logaddexp: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) {
        const a = x[xi + i];
        const b = y[yi + i];
        // Of two infinities of one sign the difference is none.
        o[oi + i] = a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
      }
    },
  },
  prelu: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) {
        const a = x[xi + i];
        o[oi + i] = a > 0 ? a : a * y[yi + i];
      }
    },
  },
  bitwiseAnd: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] & y[yi + i];
    },
  },
  bitwiseOr: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] | y[yi + i];
    },
  },
  bitwiseXor: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] ^ y[yi + i];
    },
  },
  // Shifts by less than none or by all bits leave what shifting one by one would: 0, or the sign.
  bitwiseLeftShift: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) {
        const by = y[yi + i];
        o[oi + i] = by < 0 || by > 31 ? 0 : x[xi + i] << by;
      }
    },
  },
  bitwiseRightShift: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) {
        const by = y[yi + i];
        o[oi + i] = x[xi + i] >> (by < 0 || by > 31 ? 31 : by);
      }
    },
  },
  maximum: { float: maximum, int: maximum },
  minimum: { float: minimum, int: minimum },
  eq: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] === y[yi + i] ? 1 : 0;
    },
  },
  ne: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] !== y[yi + i] ? 1 : 0;
    },
  },
  lt: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] < y[yi + i] ? 1 : 0;
    },
  },
  le: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] <= y[yi + i] ? 1 : 0;
    },
  },
  gt: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] > y[yi + i] ? 1 : 0;
    },
  },
  ge: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] >= y[yi + i] ? 1 : 0;
    },
  },
  logicalAnd: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] & y[yi + i];
    },
  },
  logicalOr: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] | y[yi + i];
    },
  },
  logicalXor: {
    any: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] ^ y[yi + i];
    },
  },
  // Of the incoming gradient (first) and the activation's output (second).
  reluGrad: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = y[yi + i] <= 0 ? 0 : x[xi + i];
    },
  },
  tanhGrad: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) {
        const a = x[xi + i];
        const b = y[yi + i];
        o[oi + i] = a * (1 - b * b);
      }
    },
  },
  sigmoidGrad: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) {
        const a = x[xi + i];
        const b = y[yi + i];
        o[oi + i] = a * b * (1 - b);
      }
    },
  },
  // and of its input (second).
  geluGrad: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] * geluSlope(y[yi + i]);
    },
  },
  geluTanhGrad: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] * geluTanhSlope(y[yi + i]);
    },
  },
  siluGrad: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] * siluSlope(y[yi + i]);
    },
  },
  mishGrad: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] * mishSlope(y[yi + i]);
    },
  },
  hardswishGrad: {
    float: (o, oi, x, xi, y, yi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] * hardswishSlope(y[yi + i]);
    },
  },
  leakyReluGrad: {
    float: (o, oi, x, xi, y, yi, n) => {
      const slope = attributes[0];
      for (let i = 0; i < n; i++) o[oi + i] = y[yi + i] > 0 ? x[xi + i] : x[xi + i] * slope;
    },
  },
  eluGrad: {
    float: (o, oi, x, xi, y, yi, n) => {
      const [a, s, k] = attributes;
      for (let i = 0; i < n; i++) {
        const v = y[yi + i];
        o[oi + i] = x[xi + i] * (v <= 0 ? a * k * Math.exp(v * k) : s);
      }
    },
  },
  // The gradient strictly between two bounds, times a factor.
  gateGrad: {
    float: (o, oi, x, xi, y, yi, n) => {
      const [low, high, factor] = attributes;
      for (let i = 0; i < n; i++) {
        const v = y[yi + i];
        o[oi + i] = v <= low || v >= high ? 0 : x[xi + i] * factor;
      }
    },
  },
});

// C's pow: one to any power and minus one to an infinite one are 1, where JavaScript says NaN.
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && Math.abs(exponent) === Number.POSITIVE_INFINITY)) return 1;
  return base ** exponent;
}

// By squaring, modulo 2^32. A negative power is the whole part of a fraction: 0, but for the bases 1 and -1.
function integerPower(base: number, exponent: number): number {
  if (exponent < 0) return base === 1 ? 1 : base === -1 ? ((exponent & 1) === 0 ? 1 : -1) : 0;
  let result = 1;
  for (let square = base, bits = exponent; bits > 0; bits >>= 1, square = Math.imul(square, square)) {
    if ((bits & 1) === 1) result = Math.imul(result, square);
  }
  return result;
}
