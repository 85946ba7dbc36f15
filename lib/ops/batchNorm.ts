// Batch normalisation as one operation, with first and second gradients. Its operands were checked by whoever calls.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import {
  A,
  B,
  checkInPlace,
  finishInPlace,
  isGradEnabled,
  type Node,
  noGrad,
  record1,
  record3,
} from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import { makeTensor, makeView, type Tensor } from '../core/tensor.js';
import { rule } from './apply.js';
import { add, mul, sub } from './binary.js';
import { mean, sum } from './reduce.js';
import { contiguous, reshape } from './shape.js';
import { rsqrt, square } from './unary.js';

/** How a batch is normalised. */
export interface BatchStatistics {
  /** (C,), or null where none are kept. */
  readonly runningMean: Tensor | null;
  readonly runningVar: Tensor | null;
  /** Whether the batch's own statistics are used, and the running ones moved towards them. */
  readonly training: boolean;
  readonly momentum: number;
  readonly eps: number;
}

const KEEP = { keepdim: true };

/** All axes but the channels'. */
function axesOf(x: Tensor): number[] {
  return x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
}

/** One row of two for each channel, of statistics or of sums, which no gradient flows through. */
function rowOf(rows: Tensor, row: number): Tensor {
  const channels = rows.shape[1];
  return makeView('batchNorm', rows, denseLayout([channels]), rows.offset + row * channels);
}

/** Values of the channels in a shape that broadcasts to x. */
function spread(values: Tensor, x: Tensor): Tensor {
  return reshape(
    values,
    x.shape.map((_, axis) => (axis === 1 ? -1 : 1)),
  );
}

/** The normalised values and the factor that made them so, of operations that have gradients. */
function normalised(node: Node): { z: Tensor; scale: Tensor } {
  const x = node.a as Tensor;
  const { training, eps } = node.saved as BatchStatistics;
  if (!training) {
    const scale = spread(rowOf(node.helper as Tensor, 1), x);
    return { z: mul(sub(x, spread(rowOf(node.helper as Tensor, 0), x)), scale), scale };
  }
  const centred = sub(x, mean(x, axesOf(x), KEEP));
  const scale = rsqrt(add(mean(square(centred), axesOf(x), KEEP), eps));
  return { z: mul(centred, scale), scale };
}

// In training (g − mean of g − z · mean of g z) · scale · weight; the running statistics are constants.
function gradientOfInput(node: Node, g: Tensor): Tensor {
  const x = node.a as Tensor;
  const { training } = node.saved as BatchStatistics;
  if (!training) {
    const scale = rowOf(node.helper as Tensor, 1);
    return mul(g, spread(node.b === null ? scale : mul(scale, node.b), x));
  }
  if (isGradEnabled()) {
    const { z, scale } = normalised(node);
    const axes = axesOf(x);
    const rest = sub(sub(g, mean(g, axes, KEEP)), mul(z, mean(mul(g, z), axes, KEEP)));
    return mul(rest, node.b === null ? scale : mul(scale, spread(node.b, x)));
  }
  const out = makeTensor(x.layout, x.kind);
  const operands = [out, contiguous(g), x, node.helper as Tensor, node.shared as Tensor];
  if (node.b !== null) operands.push(node.b);
  active.runMany(kernel.batchNormGrad, x.kind, operands);
  return out;
}

/** Σ g z for each channel and then Σ g: the gradients of weight and bias, which that of the input needs too. */
function sums(node: Node, g: Tensor): Tensor | null {
  const x = node.a as Tensor;
  const { training } = node.saved as BatchStatistics;
  if (!training && !node.b?.tracked && !node.c?.tracked) return null;
  const out = makeTensor(denseLayout([2, x.shape[1]]), x.kind);
  active.runMany(kernel.batchNormSums, x.kind, [out, contiguous(g), x, node.helper as Tensor]);
  return out;
}

const BATCH_NORM = rule('batchNorm', {
  a: [A | B, gradientOfInput],
  b: [
    A,
    (n, g) => (n.shared === null ? sum(mul(g, normalised(n).z), axesOf(n.a as Tensor)) : rowOf(n.shared, 0)),
  ],
  c: [0, (n, g) => (n.shared === null ? sum(g, axesOf(n.a as Tensor)) : rowOf(n.shared, 1))],
  shared: sums,
});

/** The mean of each channel and then its 1/√(variance + eps), with the running statistics moved in training. */
function findStatistics(x: Tensor, how: BatchStatistics): Tensor {
  const { runningMean, runningVar, training } = how;
  const out = makeTensor(denseLayout([2, x.shape[1]]), x.kind);
  const operands = [out, x];
  if (runningMean !== null && runningVar !== null) {
    operands.push(runningMean, runningVar);
    if (training) {
      noGrad(() => {
        checkInPlace('batchNorm', runningMean, false);
        checkInPlace('batchNorm', runningVar, false);
      });
    }
  }
  attributes[0] = how.eps;
  attributes[1] = how.momentum;
  attributes[2] = Number(training);
  active.runMany(kernel.batchNormStatistics, x.kind, operands);
  if (training) for (const running of operands.slice(2)) finishInPlace(running);
  return out;
}

/** (x − mean) / √(variance + eps) · weight + bias for each channel of x (N, C, …), which has elements. @internal */
export function normalizeBatch(
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  how: BatchStatistics,
): Tensor {
  const a = contiguous(x);
  const statistics = findStatistics(a, how);
  const out = makeTensor(a.layout, a.kind);
  const operands = [out, a, statistics];
  const [w, b] = [weight && contiguous(weight), bias && contiguous(bias)];
  if (w !== null) operands.push(w);
  if (w !== null && b !== null) operands.push(b);
  active.runMany(kernel.batchNorm, a.kind, operands);
  if (w === null) record1(BATCH_NORM, out, a, how);
  else record3(BATCH_NORM, out, a, w, b, how);
  if (out.node !== null) out.node.helper = statistics;
  else statistics.dispose();
  return w === null && b !== null ? add(out, spread(b, a)) : out;
}
