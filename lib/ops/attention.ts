// Scaled dot product attention in blocks, and the same composed of plain operations, which differentiate at will.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import { BOOL, isFloatKind } from '../core/dtype.js';
import { ArgumentError, DTypeError, GradientError, ShapeError, showShape } from '../core/errors.js';
import { A, B, C, isGradEnabled, type Node, OUT, record3 } from '../core/graph.js';
import {
  broadcastLayouts,
  denseLayout,
  denseStrides,
  type Layout,
  sameDims,
  stridedLayout,
} from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { FOREVER } from '../core/scope.js';
import { makeTensor, makeView, type Tensor } from '../core/tensor.js';
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

/** What a node keeps: the settings, and gradients that its kernel made before they were asked for. */
interface Saved extends Settings {
  /** Of the mask's memory, when it was read. */
  readonly version: number;
  /** The gradients of k and v that belong to a gradient of the output. */
  readonly waiting: { of: Tensor | null; dk: Tensor | null; dv: Tensor | null };
}

const READS = A | B | C | OUT;

const ATTENTION = rule(OP, {
  a: [READS, (n, g) => (isGradEnabled() ? composedGradient(n, g, 'q') : queryGradient(n, g))],
  b: [READS, (n, g) => (isGradEnabled() ? composedGradient(n, g, 'k') : waitingGradient(n, g, 'dk'))],
  c: [READS, (n, g) => (isGradEnabled() ? composedGradient(n, g, 'v') : waitingGradient(n, g, 'dv'))],
});

/**
 * The layout of a tensor that goes the way of `like`, with other sizes in its last two dims: where the heads of that lie
 * inside its positions, as those of a projection do, this one's do too, so that the way back is a view as well.
 */
function layoutLike(like: Layout, dims: readonly number[]): Layout {
  const rank = like.rank;
  const inside = rank > 2 && like.dims[rank - 3] > 1 && like.strides[rank - 3] < like.strides[rank - 2];
  if (!inside) return denseLayout(dims);
  const turned = [...dims.slice(0, -3), dims[rank - 2], dims[rank - 3], dims[rank - 1]];
  const strides = denseStrides(turned);
  [strides[rank - 3], strides[rank - 2]] = [strides[rank - 2], strides[rank - 3]];
  return stridedLayout(dims, strides);
}

function setAttributes({ mask, scale, causal }: Settings): void {
  attributes[0] = mask === null ? 0 : mask.kind;
  attributes[1] = scale;
  attributes[2] = Number(causal);
}

function attend(q: Tensor, k: Tensor, v: Tensor, settings: Settings): Tensor {
  const rank = q.ndim;
  const out = makeTensor(layoutLike(q.layout, [...q.shape.slice(0, -1), v.shape[rank - 1]]), q.kind);
  const logSum = makeTensor(denseLayout(q.shape.slice(0, -1)), q.kind);
  setAttributes(settings);
  const operands = [out, logSum, q, k, v];
  if (settings.mask !== null) operands.push(settings.mask);
  active.runMany(kernel.attention, q.kind, operands);
  const version = settings.mask?.root.version ?? 0;
  const saved: Saved = { ...settings, version, waiting: { of: null, dk: null, dv: null } };
  record3(ATTENTION, out, q, k, v, saved);
  if (out.node === null) {
    logSum.dispose();
  } else {
    out.node.helper = logSum;
    // A list without gradients: what it holds outlives scopes as the operands do.
    if (settings.mask !== null) out.node.list = [settings.mask];
  }
  return out;
}

/** The settings of a node, with a mask that is still what it was. */
function savedOf(n: Node): Saved {
  const saved = n.saved as Saved;
  if (saved.mask !== null && saved.mask.root.version !== saved.version) {
    throw new GradientError(
      OP,
      `the mask of ${OP} was changed in place after the graph saved it; change a clone, or after backward`,
    );
  }
  return saved;
}

/** dq; dk and dv wait for their turn, which comes right after. */
function queryGradient(n: Node, g: Tensor): Tensor {
  const [q, k, v] = [n.a as Tensor, n.b as Tensor, n.c as Tensor];
  const settings = savedOf(n);
  const [dq, dk, dv] = [q, k, v].map((like) => makeTensor(layoutLike(like.layout, like.shape), like.kind));
  setAttributes(settings);
  const operands = [dq, dk, dv, g, n.out as Tensor, n.helper as Tensor, q, k, v];
  if (settings.mask !== null) operands.push(settings.mask);
  active.runMany(kernel.attentionGrad, q.kind, operands);
  const { waiting } = settings;
  waiting.dk?.dispose();
  waiting.dv?.dispose();
  waiting.of = g;
  waiting.dk = k.tracked ? kept(dk) : null;
  waiting.dv = v.tracked ? kept(dv) : null;
  return dq;
}

/** Saves a tensor from the sweep of the walk, which gives back what a rule makes on its way. */
function kept(gradient: Tensor): Tensor {
  gradient.survives = FOREVER;
  return gradient;
}

function waitingGradient(n: Node, g: Tensor, which: 'dk' | 'dv'): Tensor {
  const { waiting } = savedOf(n);
  if (waiting.of !== g || waiting[which] === null) queryGradient(n, g);
  const made = waiting[which] as Tensor;
  // A view, which the walk takes for what this rule has just made.
  const out = makeView(OP, made, made.layout, made.offset);
  waiting[which] = null;
  made.dispose();
  return out;
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

/** A gradient of plain operations, which has gradients itself. */
function composedGradient(n: Node, g: Tensor, of: 'q' | 'k' | 'v'): Tensor {
  const [q, k, v] = [n.a as Tensor, n.b as Tensor, n.c as Tensor];
  const settings = savedOf(n);
  const p = probabilities(q, k, settings);
  if (of === 'v') return matmul(matrixTranspose(p), g);
  const slopes = matmul(g, matrixTranspose(v));
  const gradient = mul(mul(p, sub(slopes, sum(mul(slopes, p), -1, KEEP))), settings.scale);
  return of === 'q' ? matmul(gradient, k) : matmul(matrixTranspose(gradient), q);
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
  const shapes = operands.map(({ shape }) => shape);
  const given = `query ${showShape(query.shape)}, key ${showShape(key.shape)}, value ${showShape(value.shape)}`;
  if (operands.some(({ ndim }) => ndim < 2)) {
    throw new ShapeError(OP, `query, key and value are (…, positions, features); got ${given}`, shapes);
  }
  const end = (x: Tensor, back: number): number => x.shape[x.ndim - back];
  if (end(query, 1) !== end(key, 1)) {
    throw new ShapeError(OP, `query and key must have the same number of features; got ${given}`, shapes);
  }
  if (end(key, 2) !== end(value, 2)) {
    throw new ShapeError(OP, `key and value must have the same number of positions; got ${given}`, shapes);
  }
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
