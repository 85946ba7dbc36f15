// The losses of classes as one operation each, with first and second gradients. Operands were checked by who calls.

import { active } from '../backend/active.js';
import { type KernelName, kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { A, B, C, isGradEnabled, type Node, type Rule, record2, record3 } from '../core/graph.js';
import { denseLayout, SCALAR } from '../core/layout.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { fillLike, rule } from './apply.js';
import { mul, sub } from './binary.js';
import { eq } from './compare.js';
import { sum } from './reduce.js';
import { contiguous, unsqueeze } from './shape.js';
import { softmax } from './softmax.js';
import { neg } from './unary.js';
import { where } from './where.js';

type Op = 'crossEntropy' | 'nllLoss';

/** What becomes of the losses, as the kernels know it. */
export const Reduce = { none: 0, sum: 1, mean: 2 } as const;

export interface ClassLoss {
  /** Targets of this class count for nothing. */
  readonly ignored: number;
  /** The share of the target that is spread evenly over all classes. */
  readonly smoothing: number;
  readonly reduction: keyof typeof Reduce;
}

const KEEP = { keepdim: true };

function setAttributes({ ignored, smoothing, reduction }: ClassLoss): void {
  attributes[0] = ignored;
  attributes[1] = smoothing;
  attributes[2] = Reduce[reduction];
}

function runGradient(name: KernelName, node: Node, g: Tensor): Tensor {
  const x = node.a as Tensor;
  const out = makeTensor(x.layout, x.kind);
  const operands = [out, contiguous(g), x, node.helper as Tensor, node.b as Tensor];
  if (node.c !== null) operands.push(node.c);
  setAttributes(node.saved as ClassLoss);
  active.runMany(kernel[name], x.kind, operands);
  return out;
}

/**
 * With q, what the target asks for of each class, times its weight: g (softmax(x) Σ q − q); for logarithms of
 * probabilities −g q. The second kernel's gradient of 1 is −q.
 */
function gradient(op: Op, node: Node, g: Tensor): Tensor {
  if (!isGradEnabled()) return runGradient(`${op}Grad`, node, g);
  const asked = neg(runGradient('nllLossGrad', node, fillLike(g, 1)));
  const each = (node.saved as ClassLoss).reduction === 'none' ? unsqueeze(g, 1) : g;
  if (op === 'nllLoss') return mul(each, neg(asked));
  const total = sum(asked, 1, KEEP);
  // What is ignored may be infinite.
  const given = where(eq(total, 0), 0, softmax(node.a as Tensor, 1));
  return mul(each, sub(mul(given, total), asked));
}

function ruleOf(op: Op): Rule {
  return rule(op, { a: [A | B | C, (n, g) => gradient(op, n, g)] });
}

const RULES = { crossEntropy: ruleOf('crossEntropy'), nllLoss: ruleOf('nllLoss') };

/**
 * The loss of scores x (N, C, …), logits or logarithms of probabilities, for int32 classes (N, …): of the classes'
 * shape, or their sum, or that over the sum of their weights. Has no gradient with respect to the weight. @internal
 */
export function classLoss(op: Op, x: Tensor, target: Tensor, weight: Tensor | null, how: ClassLoss): Tensor {
  const a = contiguous(x);
  const classes = contiguous(target);
  const w = weight && contiguous(weight);
  const out = makeTensor(how.reduction === 'none' ? classes.layout : SCALAR, a.kind);
  const helper = makeTensor(denseLayout([2 * classes.size + 1]), a.kind);
  const operands = [out, helper, a, classes];
  if (w !== null) operands.push(w);
  setAttributes(how);
  active.runMany(kernel[op], a.kind, operands);
  if (w === null) record2(RULES[op], out, a, classes, how);
  else record3(RULES[op], out, a, classes, w, how);
  if (out.node !== null) out.node.helper = helper;
  else helper.dispose();
  return out;
}
