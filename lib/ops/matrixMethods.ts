// Products of matrices and what is made of them as methods of Tensor.

import type { Tensor } from '../core/tensor.js';
import type { DiagonalOptions } from './diagonal.js';
import * as diagonalOps from './diagonal.js';
import * as matrixOps from './matrix.js';
import type { AddProductOptions } from './products.js';
import * as productOps from './products.js';

/** Methods by the names of their functions, for `methods.ts` to install. */
export const matrixMethods = {
  mm(this: Tensor, b: Tensor): Tensor {
    return productOps.mm(this, b);
  },
  bmm(this: Tensor, b: Tensor): Tensor {
    return productOps.bmm(this, b);
  },
  mv(this: Tensor, b: Tensor): Tensor {
    return productOps.mv(this, b);
  },
  dot(this: Tensor, b: Tensor): Tensor {
    return productOps.dot(this, b);
  },
  vdot(this: Tensor, b: Tensor): Tensor {
    return productOps.vdot(this, b);
  },
  outer(this: Tensor, b: Tensor): Tensor {
    return productOps.outer(this, b);
  },
  inner(this: Tensor, b: Tensor): Tensor {
    return productOps.inner(this, b);
  },
  tensordot(
    this: Tensor,
    b: Tensor,
    dims?: number | readonly [readonly number[], readonly number[]],
  ): Tensor {
    return productOps.tensordot(this, b, dims);
  },
  addmm(this: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions): Tensor {
    return productOps.addmm(this, a, b, options);
  },
  addmv(this: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions): Tensor {
    return productOps.addmv(this, a, b, options);
  },
  addr(this: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions): Tensor {
    return productOps.addr(this, a, b, options);
  },
  addbmm(this: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions): Tensor {
    return productOps.addbmm(this, a, b, options);
  },
  baddbmm(this: Tensor, a: Tensor, b: Tensor, options?: AddProductOptions): Tensor {
    return productOps.baddbmm(this, a, b, options);
  },
  matrixPower(this: Tensor, n: number): Tensor {
    return matrixOps.matrixPower(this, n);
  },
  kron(this: Tensor, b: Tensor): Tensor {
    return matrixOps.kron(this, b);
  },
  cross(this: Tensor, b: Tensor, dim?: number): Tensor {
    return matrixOps.cross(this, b, dim);
  },
  diagonal(this: Tensor, options?: DiagonalOptions): Tensor {
    return diagonalOps.diagonal(this, options);
  },
  trace(this: Tensor): Tensor {
    return diagonalOps.trace(this);
  },
};
