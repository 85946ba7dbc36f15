// Elementwise kernels of one operand: powers of two, trigonometric inverses, hyperbolic functions, gamma.

import { attributes } from '../record.js';
import { unaryTable } from './elementwise.js';
import { erfc } from './erf.js';
import { digamma, lgamma, polygamma } from './gamma.js';

export const functionKernels = unaryTable({
  exp2: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = 2 ** x[xi + i];
    },
  },
  asin: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.asin(x[xi + i]);
    },
  },
  acos: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.acos(x[xi + i]);
    },
  },
  atan: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.atan(x[xi + i]);
    },
  },
  sinh: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.sinh(x[xi + i]);
    },
  },
  cosh: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.cosh(x[xi + i]);
    },
  },
  asinh: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.asinh(x[xi + i]);
    },
  },
  acosh: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.acosh(x[xi + i]);
    },
  },
  atanh: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = Math.atanh(x[xi + i]);
    },
  },
  erfc: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = erfc(x[xi + i]);
    },
  },
  lgamma: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = lgamma(x[xi + i]);
    },
  },
  digamma: {
    float: (o, oi, x, xi, n) => {
      for (let i = 0; i < n; i++) o[oi + i] = digamma(x[xi + i]);
    },
  },
  // Attribute 0: the order.
  polygamma: {
    float: (o, oi, x, xi, n) => {
      const order = attributes[0];
      for (let i = 0; i < n; i++) o[oi + i] = polygamma(order, x[xi + i]);
    },
  },
});
