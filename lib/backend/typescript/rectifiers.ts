// Elementwise kernels of activations made of pieces, and of mish. Attributes are their parameters.

import { attributes } from '../record.js';
import { hardsigmoid, mish } from './activation.js';
import { type UnaryLoop, unaryTable } from './elementwise.js';

const threshold: UnaryLoop = (o, oi, x, xi, n) => {
  const [bound, value] = attributes;
  for (let i = 0; i < n; i++) {
    const v = x[xi + i];
    o[oi + i] = v <= bound ? value : v;
  }
};

export const rectifierKernels = unaryTable({
  leakyRelu: {
    float: (o, oi, x, xi, n) => {
      const slope = attributes[0];
      for (let i = 0; i < n; i++) {
        const v = x[xi + i];
        o[oi + i] = v > 0 ? v : v * slope;
      }
    },
  },
  // a (e^(k x) − 1) below 0, s x above.
  elu: {
    float: (o, oi, x, xi, n) => {
      const [a, s, k] = attributes;
      for (let i = 0; i < n; i++) {
        const v = x[xi + i];
        o[oi + i] = v < 0 ? a * Math.expm1(v * k) : v * s;
      }
    },
  },
  mish: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = mish(x[xi + i]);
    },
  },
  hardswish: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = x[xi + i] * hardsigmoid(x[xi + i]);
    },
  },
  hardsigmoid: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = hardsigmoid(x[xi + i]);
    },
  },
  // x nearer to 0 by a bound, and 0 within it.
  softshrink: {
    float: (o, oi, x, xi, n) => {
      const bound = attributes[0];
      for (let i = 0; i < n; i++) {
        const v = x[xi + i];
        o[oi + i] = v > bound ? v - bound : v < -bound ? v + bound : v * 0;
      }
    },
  },
  hardshrink: {
    float: (o, oi, x, xi, n) => {
      const bound = attributes[0];
      for (let i = 0; i < n; i++) {
        const v = x[xi + i];
        o[oi + i] = v >= -bound && v <= bound ? 0 : v;
      }
    },
  },
  threshold: { float: threshold, int: threshold },
});
