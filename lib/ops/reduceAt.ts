// What meets in one place is multiplied, or the largest or smallest stays: kernels, and their gradients.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { INT32 } from '../core/dtype.js';
import { A, B, C, type Node, OUT, type Rule, record3 } from '../core/graph.js';
import type { Tensor } from '../core/tensor.js';
import { castTo, copyOf, rule } from './apply.js';
import { div, mul } from './binary.js';
import { eq } from './compare.js';
import { gather, scatterAdd } from './gather.js';
import { reshape } from './shape.js';
import { where } from './where.js';

const onesWhere = (mask: Tensor, like: Tensor): Tensor => castTo(mask, like.kind);

/** The product of all factors but one's own: of those that are not 0 if none of the others is. */
function others(factor: Tensor, zeros: Tensor, product: Tensor): Tensor {
  const isZero = eq(factor, 0);
  const ofZero = where(eq(zeros, 1), product, 0);
  const ofOther = where(eq(zeros, 0), div(product, where(isZero, 1, factor)), 0);
  return where(isZero, ofZero, ofOther);
}

/** For each place the number of factors that are 0, and the product of those that are not. */
function factors(n: Node): { zeros: Tensor; product: Tensor } {
  const [x, index, source] = [n.a as Tensor, n.b as Tensor, n.c as Tensor];
  const axis = n.saved as number;
  const ofX = eq(x, 0);
  const ofSource = eq(source, 0);
  return {
    zeros: scatterAdd(onesWhere(ofX, x), axis, index, onesWhere(ofSource, source)),
    product: reducedAt('prod', where(ofX, 1, x), axis, index, where(ofSource, 1, source)),
  };
}

const PROD = rule('scatterReduce', {
  a: [
    A | B | C,
    (n, g) => {
      const { zeros, product } = factors(n);
      return mul(g, others(n.a as Tensor, zeros, product));
    },
  ],
  c: [
    A | B | C,
    (n, g) => {
      const { zeros, product } = factors(n);
      const take = (x: Tensor): Tensor => gather(x, n.saved as number, n.b as Tensor);
      return mul(take(g), others(n.c as Tensor, take(zeros), take(product)));
    },
  ],
});

/** The gradient, shared evenly among all that are the extreme value of their place. */
function share(n: Node, g: Tensor): Tensor {
  const out = n.out as Tensor;
  const index = n.b as Tensor;
  const axis = n.saved as number;
  const source = n.c as Tensor;
  const chosen = eq(source, gather(out, axis, index));
  const count = scatterAdd(onesWhere(eq(n.a as Tensor, out), g), axis, index, onesWhere(chosen, g));
  return div(g, count);
}

const EXTREME = rule('scatterReduce', {
  a: [A | B | C | OUT, (n, g) => mul(onesWhere(eq(n.a as Tensor, n.out as Tensor), g), share(n, g))],
  c: [
    A | B | C | OUT,
    (n, g) => {
      const take = (x: Tensor): Tensor => gather(x, n.saved as number, n.b as Tensor);
      return mul(onesWhere(eq(n.c as Tensor, take(n.out as Tensor)), g), take(share(n, g)));
    },
  ],
});

const KERNELS: Readonly<Record<'prod' | 'amax' | 'amin', readonly [number, Rule]>> = {
  prod: [kernel.scatterProd, PROD],
  amax: [kernel.scatterAmax, EXTREME],
  amin: [kernel.scatterAmin, EXTREME],
};

/** x with the values of a source reduced into it along an axis, all of them checked before. @internal */
export function reducedAt(
  reduce: 'prod' | 'amax' | 'amin',
  x: Tensor,
  axis: number,
  index: Tensor,
  source: Tensor,
): Tensor {
  if (x.ndim === 0) {
    const [one, place, value] = [x, index, source].map((part) => reshape(part, [1]));
    return reshape(reducedAt(reduce, one, 0, place, value), []);
  }
  // There are no kernels for bytes.
  if (x.kind > INT32)
    return castTo(reducedAt(reduce, castTo(x, INT32), axis, index, castTo(source, INT32)), x.kind);
  const [run, gradients] = KERNELS[reduce];
  const out = copyOf(x);
  attributes[0] = axis;
  active.run3(run, x.kind, out, index, source);
  record3(gradients, out, x, index, source, axis);
  return out;
}
