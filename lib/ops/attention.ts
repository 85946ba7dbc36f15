// Scaled dot product attention in blocks, and the same composed of plain operations, which differentiate at will.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { BOOL, isFloatKind } from '../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import { isGradEnabled, type Node, recordTogether } from '../core/graph.js';
import {
  broadcastLayouts,
  denseLayout,
  denseStrides,
  type Layout,
  sameDims,
  stridedLayout,
} from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor, rule } from './apply.js';
import { add, mul, sub } from './binary.js';
import { eq, ge } from './compare.js';
import { arange } from './create.js';
import { matmul } from './matmul.js';
import { dropout } from './random.js';
import { all, sum } from './reduce.js';
import { expand, matrixTranspose, unsqueeze } from './shape.js';
import { softmax } from './softmax.js';
import { where } from './where.js';

const OP = 'scaledDotProductAttention';

const KEEP = { keepdim: true };

/** What attention knows besides q, k and v. */
interface Settings {
  /** (…, T, S), truths or terms; null: every key is seen. */
  readonly mask: Tensor | null;
  readonly causal: boolean;
  readonly scale: number;
}

const ATTENTION = rule(OP, {
  together: (n, g) => (isGradEnabled() ? composedGradients(n, g) : kernelGradients(n, g)),
});

/**
 * The layout of a tensor that goes the way of `like`, with other sizes in its last two dims: where the heads of that lie
 * inside its positions, as those of a projection do, this one's do too, so that the way back is a view as well.
 */
function layoutLike(like: Layout, dims: readonly number[]): Layout {
  const rank = like.rank;
  const inside = rank > 2 && like.dims[rank - 3] > 1 && like.strides[rank - 3] < like.strides[rank - 2];
  if (!inside) return denseLayout(dims);
  const turned = dims.slice();
  [turned[rank - 3], turned[rank - 2]] = [dims[rank - 2], dims[rank - 3]];
  const strides = denseStrides(turned);
  [strides[rank - 3], strides[rank - 2]] = [strides[rank - 2], strides[rank - 3]];
  return stridedLayout(dims, strides);
}

function setAttributes({ mask, scale, causal }: Settings): void {
  attributes[0] = mask === null ? 0 : mask.kind;
  attributes[1] = scale;
  attributes[2] = Number(causal);
}

/** The operands of a node: q, k, v and, where there is one, the mask. */
function operandsOf(q: Tensor, k: Tensor, v: Tensor, { mask }: Settings): readonly Tensor[] {
  return mask === null ? [q, k, v] : [q, k, v, mask];
}

function attend(q: Tensor, k: Tensor, v: Tensor, settings: Settings): Tensor {
  const out = makeTensor(layoutLike(q.layout, [...q.shape.slice(0, -1), v.shape[v.ndim - 1]]), q.kind);
  const logSum = makeTensor(denseLayout(q.shape.slice(0, -1)), q.kind);
  const operands = operandsOf(q, k, v, settings);
  setAttributes(settings);
  active.runMany(kernel.attention, q.kind, [out, logSum, ...operands]);
  if (!recordTogether(ATTENTION, out, operands, settings, logSum)) logSum.dispose();
  return out;
}

/** dq, dk, dv in one pass over blocks of scores, which are computed again. */
function kernelGradients(n: Node, g: Tensor): (Tensor | null)[] {
  const operands = n.list as readonly Tensor[];
  const made = operands.slice(0, 3).map((like) => makeTensor(layoutLike(like.layout, like.shape), like.kind));
  setAttributes(n.saved as Settings);
  const [out, logSum] = [n.out as Tensor, n.helper as Tensor];
  active.runMany(kernel.attentionGrad, g.kind, [...made, g, out, logSum, ...operands]);
  return operands.map((operand, i) => (operand.tracked ? made[i] : null));
}

/** softmax(scale · q · kᵀ + mask), of plain operations; rows in which no key is seen are 0. */
function probabilities(q: Tensor, k: Tensor, { mask, causal, scale }: Settings): Tensor {
  let scores = matmul(mul(q, scale), matrixTranspose(k));
  if (mask !== null) scores = mask.kind === BOOL ? where(mask, scores, -Infinity) : add(scores, mask);
  if (causal) {
    const [queries, keys] = scores.shape.slice(-2);
    scores = where(ge(unsqueeze(arange(queries), 1), arange(keys)), scores, -Infinity);
  }
  if (mask === null) return softmax(scores, -1);
  const unseen = all(eq(scores, -Infinity), -1, KEEP);
  return where(unseen, 0, softmax(where(unseen, 0, scores), -1));
}

/** The same of plain operations, which have gradients themselves. */
function composedGradients(n: Node, g: Tensor): (Tensor | null)[] {
  const [q, k, v] = n.list as readonly Tensor[];
  const settings = n.saved as Settings;
  const p = probabilities(q, k, settings);
  const slopes = matmul(g, matrixTranspose(v));
  const ds = mul(mul(p, sub(slopes, sum(mul(slopes, p), -1, KEEP))), settings.scale);
  return [
    q.tracked ? matmul(ds, k) : null,
    k.tracked ? matmul(matrixTranspose(ds), q) : null,
    v.tracked ? matmul(matrixTranspose(p), g) : null,
    ...(settings.mask === null ? [] : [null]),
  ];
}

export interface AttentionOptions {
  /** (…, T, S), broadcast: bool, true where a query sees a key, or floating, added to the scores. Default: none. */
  attnMask?: Tensor | null;
  /** The probability with which a weight is dropped. Default 0. */
  dropoutP?: number;
  /** Whether query i sees only the keys 0 to i. Default false. */
  isCausal?: boolean;
  /** What scores are multiplied with. Default 1 / √E. */
  scale?: number | null;
}

const ATTENTION_OPTIONS = optionNames<AttentionOptions>({
  attnMask: true,
  dropoutP: true,
  isCausal: true,
  scale: true,
});

/**
 * softmax(scale · query · keyᵀ + mask) · value, for query (…, T, E), key (…, S, E) and value (…, S, Ev): (…, T, Ev).
 * Leading dimensions broadcast. Computed in blocks: the T × S weights never exist, unless some of them are dropped or
 * the mask has a gradient (Vaswani et al. 2017, Dao et al. 2022). A query that sees no key gets zeros.
 *
 * @throws ShapeError, DTypeError, ArgumentError where an operand or option does not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const x = tensor([[1, 0], [0, 1]]);
 * const out = nn.functional.scaledDotProductAttention(x, x, x, { isCausal: true });
 * out.select(0, 0).toArray(); // => [1, 0]
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = NO_OPTIONS,
): Tensor {
  checkOptions(OP, options, ATTENTION_OPTIONS);
  checkOperands(query, key, value);
  const [q, k, v] = aligned([query, key, value]);
  const settings = settingsOf(q, k, options);
  if ((options.dropoutP ?? 0) > 0 || (settings.mask?.tracked && isGradEnabled())) {
    return matmul(dropped(probabilities(q, k, settings), options), v);
  }
  return attend(q, k, v, settings);
}

/** The same with the weights (…, T, S) that made it, as they were after some were dropped. @internal */
export function attentionWithWeights(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions,
): [out: Tensor, weights: Tensor] {
  checkOperands(query, key, value);
  const [q, k, v] = aligned([query, key, value]);
  const weights = dropped(probabilities(q, k, settingsOf(q, k, options)), options);
  return [matmul(weights, v), weights];
}

function dropped(weights: Tensor, { dropoutP = 0 }: AttentionOptions): Tensor {
  return dropoutP === 0 ? weights : dropout(weights, { p: dropoutP });
}

function settingsOf(q: Tensor, k: Tensor, options: AttentionOptions): Settings {
  const { dropoutP = 0, isCausal = false, attnMask = null } = options;
  if (!(dropoutP >= 0 && dropoutP <= 1)) {
    throw new ArgumentError(
      OP,
      'dropoutP',
      dropoutP,
      `dropoutP is a probability in [0, 1]; got ${String(dropoutP)}`,
    );
  }
  const scale = options.scale ?? 1 / Math.sqrt(Math.max(1, q.shape[q.ndim - 1]));
  if (!Number.isFinite(scale)) {
    throw new ArgumentError(OP, 'scale', scale, `scale is a finite number; got ${String(scale)}`);
  }
  return { mask: alignedMask(attnMask, q, k), causal: isCausal, scale };
}

function checkOperands(query: Tensor, key: Tensor, value: Tensor): void {
  const operands = [query, key, value];
  for (const operand of operands) checkTensor(OP, operand);
  if (!isFloatKind(query.kind) || key.kind !== query.kind || value.kind !== query.kind) {
    const dtypes = operands.map(({ dtype }) => dtype);
    throw new DTypeError(
      OP,
      `query, key and value must have the same floating dtype; got ${dtypes.join(', ')}: cast with to()`,
      dtypes,
    );
  }
  const end = (x: Tensor, back: number): number => x.shape[x.ndim - back];
  if (query.ndim < 2 || key.ndim < 2 || value.ndim < 2) {
    refuseShapes('query, key and value are (…, positions, features)', operands);
  }
  if (end(query, 1) !== end(key, 1)) {
    refuseShapes('query and key must have the same number of features', operands);
  }
  if (end(key, 2) !== end(value, 2)) {
    refuseShapes('key and value must have the same number of positions', operands);
  }
}

function refuseShapes(rule: string, operands: readonly Tensor[]): never {
  const shapes = operands.map(({ shape }) => shape);
  const [query, key, value] = shapes.map(showShape);
  throw new ShapeError(OP, `${rule}; got query ${query}, key ${key}, value ${value}`, shapes);
}

/** The operands with their leading dimensions broadcast, as views. */
function aligned(operands: readonly Tensor[]): readonly Tensor[] {
  const leads = operands.map(({ shape }) => denseLayout(shape.slice(0, -2)));
  const lead = broadcastLayouts(OP, broadcastLayouts(OP, leads[0], leads[1]), leads[2]);
  return operands.map((operand, i) =>
    leads[i] === lead ? operand : expand(operand, [...lead.dims, ...operand.shape.slice(-2)]),
  );
}

/** The mask as the kernels take it: of the scores' dims, bool or of their dtype. */
function alignedMask(mask: Tensor | null, q: Tensor, k: Tensor): Tensor | null {
  if (mask === null) return null;
  checkTensor(OP, mask);
  if (mask.kind !== BOOL && mask.kind !== q.kind) {
    throw new DTypeError(
      OP,
      `the mask is bool or ${q.dtype}, as the query is; got ${mask.dtype}: cast it with to()`,
      [mask.dtype, q.dtype],
    );
  }
  const scores = denseLayout([...q.shape.slice(0, -1), k.shape[k.ndim - 2]]);
  const both = broadcastLayouts(OP, mask.layout, scores);
  if (!sameDims(both, scores)) {
    throw new ShapeError(
      OP,
      `the mask ${showShape(mask.shape)} does not broadcast to the scores ${showShape(scores.dims)}`,
      [mask.shape, scores.dims],
    );
  }
  return expand(mask, scores.dims);
}
