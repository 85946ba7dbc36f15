// Losses of two tensors of one shape as one operation each, with first and second gradients.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { A, B, isGradEnabled, type Rule, record2 } from '../core/graph.js';
import { SCALAR } from '../core/layout.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { rule } from './apply.js';
import { mul, sub } from './binary.js';
import { contiguous } from './shape.js';
import { sign } from './unary.js';

type Op = 'mseLoss' | 'l1Loss';

/** The gradient with respect to x; exchanged, x and y give the one with respect to y. */
function gradient(op: Op, g: Tensor, x: Tensor, y: Tensor, factor: number): Tensor {
  if (isGradEnabled()) {
    const difference = sub(x, y);
    return op === 'mseLoss' ? mul(mul(g, 2 * factor), difference) : mul(mul(g, factor), sign(difference));
  }
  const out = makeTensor(x.layout, x.kind);
  // First, for copying has attributes of its own.
  const flowing = contiguous(g);
  attributes[0] = factor;
  active.run4(kernel[`${op}Grad`], x.kind, out, flowing, x, y);
  return out;
}

function ruleOf(op: Op): Rule {
  return rule(op, {
    a: [A | B, (n, g) => gradient(op, g, n.a as Tensor, n.b as Tensor, n.saved as number)],
    b: [A | B, (n, g) => gradient(op, g, n.b as Tensor, n.a as Tensor, n.saved as number)],
  });
}

const RULES = { mseLoss: ruleOf('mseLoss'), l1Loss: ruleOf('l1Loss') };

/**
 * Of (x − y)² or |x − y|, for operands of one shape and floating dtype: the sum times a factor; or each, where that
 * is null. @internal
 */
export function pairLoss(op: Op, x: Tensor, y: Tensor, factor: number | null): Tensor {
  const a = contiguous(x);
  const b = contiguous(y);
  const out = makeTensor(factor === null ? a.layout : SCALAR, a.kind);
  attributes[0] = Number(factor !== null);
  attributes[1] = factor ?? 1;
  active.run3(kernel[op], a.kind, out, a, b);
  record2(RULES[op], out, a, b, factor ?? 1);
  return out;
}
