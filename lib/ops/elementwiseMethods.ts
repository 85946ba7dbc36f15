// The methods of elementwise operations beyond arithmetic: `x.atan2(y)` is `atan2(x, y)`.

import type { Tensor } from '../core/tensor.js';
import type { Operand } from './apply.js';
import * as bitwiseOps from './bitwise.js';
import type { CloseOptions } from './close.js';
import * as closeOps from './close.js';
import * as divisionOps from './division.js';
import * as gammaOps from './gamma.js';
import { type NanToNumOptions, nanToNum } from './nanToNum.js';
import * as pairOps from './pairs.js';
import type { AddcOptions } from './ternary.js';
import * as ternaryOps from './ternary.js';
import * as trigonometricOps from './trigonometric.js';
import * as unaryOps from './unary.js';

// Written out one by one, as those of methods.ts.
export const elementwiseMethods = {
  exp2(this: Tensor): Tensor {
    return unaryOps.exp2(this);
  },
  erfc(this: Tensor): Tensor {
    return unaryOps.erfc(this);
  },
  frac(this: Tensor): Tensor {
    return unaryOps.frac(this);
  },
  asin(this: Tensor): Tensor {
    return trigonometricOps.asin(this);
  },
  acos(this: Tensor): Tensor {
    return trigonometricOps.acos(this);
  },
  atan(this: Tensor): Tensor {
    return trigonometricOps.atan(this);
  },
  sinh(this: Tensor): Tensor {
    return trigonometricOps.sinh(this);
  },
  cosh(this: Tensor): Tensor {
    return trigonometricOps.cosh(this);
  },
  asinh(this: Tensor): Tensor {
    return trigonometricOps.asinh(this);
  },
  acosh(this: Tensor): Tensor {
    return trigonometricOps.acosh(this);
  },
  atanh(this: Tensor): Tensor {
    return trigonometricOps.atanh(this);
  },
  lgamma(this: Tensor): Tensor {
    return gammaOps.lgamma(this);
  },
  digamma(this: Tensor): Tensor {
    return gammaOps.digamma(this);
  },
  polygamma(this: Tensor, n: number): Tensor {
    return gammaOps.polygamma(n, this);
  },
  nanToNum(this: Tensor, options?: NanToNumOptions): Tensor {
    return nanToNum(this, options);
  },
  floorDivide(this: Tensor, b: Operand): Tensor {
    return divisionOps.floorDivide(this, b);
  },
  remainder(this: Tensor, b: Operand): Tensor {
    return divisionOps.remainder(this, b);
  },
  fmod(this: Tensor, b: Operand): Tensor {
    return divisionOps.fmod(this, b);
  },
  atan2(this: Tensor, b: Operand): Tensor {
    return pairOps.atan2(this, b);
  },
  hypot(this: Tensor, b: Operand): Tensor {
    return pairOps.hypot(this, b);
  },
  copysign(this: Tensor, b: Operand): Tensor {
    return pairOps.copysign(this, b);
  },
  xlogy(this: Tensor, b: Operand): Tensor {
    return pairOps.xlogy(this, b);
  },
  logaddexp(this: Tensor, b: Operand): Tensor {
    return pairOps.logaddexp(this, b);
  },
  bitwiseAnd(this: Tensor, b: Operand): Tensor {
    return bitwiseOps.bitwiseAnd(this, b);
  },
  bitwiseOr(this: Tensor, b: Operand): Tensor {
    return bitwiseOps.bitwiseOr(this, b);
  },
  bitwiseXor(this: Tensor, b: Operand): Tensor {
    return bitwiseOps.bitwiseXor(this, b);
  },
  bitwiseNot(this: Tensor): Tensor {
    return bitwiseOps.bitwiseNot(this);
  },
  bitwiseLeftShift(this: Tensor, b: Operand): Tensor {
    return bitwiseOps.bitwiseLeftShift(this, b);
  },
  bitwiseRightShift(this: Tensor, b: Operand): Tensor {
    return bitwiseOps.bitwiseRightShift(this, b);
  },
  lerp(this: Tensor, b: Tensor, weight: Operand): Tensor {
    return ternaryOps.lerp(this, b, weight);
  },
  addcmul(this: Tensor, a: Tensor, b: Tensor, options?: AddcOptions): Tensor {
    return ternaryOps.addcmul(this, a, b, options);
  },
  addcdiv(this: Tensor, a: Tensor, b: Tensor, options?: AddcOptions): Tensor {
    return ternaryOps.addcdiv(this, a, b, options);
  },
  isClose(this: Tensor, b: Tensor, options?: CloseOptions): Tensor {
    return closeOps.isClose(this, b, options);
  },
  allClose(this: Tensor, b: Tensor, options?: CloseOptions): boolean {
    return closeOps.allClose(this, b, options);
  },
  equal(this: Tensor, b: Tensor): boolean {
    return closeOps.equal(this, b);
  },
};
