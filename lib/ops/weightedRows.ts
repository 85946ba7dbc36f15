// Weighted sums of a table's rows, linear in the table and in the weights: what sampling at points is made of.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { A, B, C, record3 } from '../core/graph.js';
import { denseLayout } from '../core/layout.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { rule } from './apply.js';

/** What the gradients need besides tensors. */
interface Mix {
  readonly rows: number;
  /** The index that has no part: `rows`, so that what lies outside has a number, or a row; −1: none. */
  readonly blank: number;
}

// Each of the three is linear in its two operands that are no indices, and its gradients are the other two.
const WEIGHTED_ROWS = rule('weightedRows', {
  a: [B | C, (n, g) => tableGradient(g, n.b as Tensor, n.c as Tensor, n.saved as Mix)],
  c: [A | B, (n, g) => weightGradient(n.a as Tensor, n.b as Tensor, g, n.saved as Mix)],
});
const GRAD_TABLE = rule('weightedRowsGradTable', {
  a: [B | C, (n, h) => mixedRows(h, n.b as Tensor, n.c as Tensor, n.saved as Mix)],
  c: [A | B, (n, h) => weightGradient(h, n.b as Tensor, n.a as Tensor, n.saved as Mix)],
});
const GRAD_WEIGHTS = rule('weightedRowsGradWeights', {
  a: [B | C, (n, h) => tableGradient(n.c as Tensor, n.b as Tensor, h, n.saved as Mix)],
  c: [A | B, (n, h) => mixedRows(n.a as Tensor, n.b as Tensor, h, n.saved as Mix)],
});

function mixedRows(table: Tensor, index: Tensor, weights: Tensor, mix: Mix): Tensor {
  const out = makeTensor(denseLayout([index.shape[1], table.shape[1]]), table.kind);
  attributes[0] = mix.blank;
  active.run4(kernel.weightedRows, table.kind, out, table, index, weights);
  record3(WEIGHTED_ROWS, out, table, index, weights, mix);
  return out;
}

function tableGradient(g: Tensor, index: Tensor, weights: Tensor, mix: Mix): Tensor {
  const out = makeTensor(denseLayout([mix.rows, g.shape[1]]), g.kind);
  attributes[0] = mix.blank;
  active.run4(kernel.weightedRowsGradTable, g.kind, out, g, index, weights);
  record3(GRAD_TABLE, out, g, index, weights, mix);
  return out;
}

function weightGradient(table: Tensor, index: Tensor, g: Tensor, mix: Mix): Tensor {
  const out = makeTensor(index.layout.dense, table.kind);
  attributes[0] = mix.blank;
  active.run4(kernel.weightedRowsGradWeights, table.kind, out, table, index, g);
  record3(GRAD_WEIGHTS, out, table, index, g, mix);
  return out;
}

/**
 * out[i] = Σ over k of weights[k][i] · table[index[k][i]], for a table (V, D) and lists (K, N) of int32 indices and
 * weights: (N, D). An index `blank`, which may be V, has no part. @internal
 */
export function weightedRows(table: Tensor, index: Tensor, weights: Tensor, blank = -1): Tensor {
  return mixedRows(table, index, weights, { rows: table.shape[0], blank });
}
