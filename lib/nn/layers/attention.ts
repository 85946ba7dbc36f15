// Multi-head attention, with PyTorch's parameters.

import { BOOL, type DType } from '../../core/dtype.js';
import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { checkTensor } from '../../ops/apply.js';
import {
  type AttentionOptions,
  attentionWithWeights,
  scaledDotProductAttention,
} from '../../ops/attention.js';
import { add } from '../../ops/binary.js';
import { logicalNot, logicalOr } from '../../ops/compare.js';
import { zeros } from '../../ops/create.js';
import { affine } from '../../ops/linear.js';
import { mean } from '../../ops/reduce.js';
import { permute, reshape, transpose, unsqueeze } from '../../ops/shape.js';
import { narrow, select } from '../../ops/slice.js';
import { where } from '../../ops/where.js';
import { xavierUniform_, zeros_ } from '../init.js';
import { Module } from '../module.js';
import { emptyParameter } from '../parameter.js';
import { Linear } from './linear.js';

export interface MultiheadAttentionOptions {
  /** The probability with which a weight is dropped in training. Default 0. */
  dropout?: number;
  /** Whether the projections add a bias. Default true. */
  bias?: boolean;
  /** Features of a key. Default embedDim. */
  kdim?: number | null;
  /** Features of a value. Default embedDim. */
  vdim?: number | null;
  /** Whether inputs are (N, L, E), not (L, N, E). Default false. */
  batchFirst?: boolean;
  /** Default float32. */
  dtype?: DType;
}

const LAYER_OPTIONS = optionNames<MultiheadAttentionOptions>({
  dropout: true,
  bias: true,
  kdim: true,
  vdim: true,
  batchFirst: true,
  dtype: true,
});

export interface AttentionCallOptions {
  /** (N, S), or (S,) without a batch: keys to leave out where true; floating ones are added to the scores. */
  keyPaddingMask?: Tensor | null;
  /** Whether the weights are answered too, which takes a matrix of all of them. Default true. */
  needWeights?: boolean;
  /** (L, S) or (N · heads, L, S): pairs to leave out where true; floating ones are added to the scores. */
  attnMask?: Tensor | null;
  /** Whether the weights are averaged over the heads. Default true. */
  averageAttnWeights?: boolean;
  /** Whether query i sees only the keys 0 to i. Default false. */
  isCausal?: boolean;
}

const CALL_OPTIONS = optionNames<AttentionCallOptions>({
  keyPaddingMask: true,
  needWeights: true,
  attnMask: true,
  averageAttnWeights: true,
  isCausal: true,
});

const OP = 'MultiheadAttention';

// The names in PyTorch's state dicts, so that its weights load.
const STATE_NAMES: Readonly<Record<string, string>> = {
  inProjWeight: 'in_proj_weight',
  qProjWeight: 'q_proj_weight',
  kProjWeight: 'k_proj_weight',
  vProjWeight: 'v_proj_weight',
  inProjBias: 'in_proj_bias',
  outProj: 'out_proj',
};

/**
 * Attention of several heads: query, key and value are projected, each head attends to its share of the features, and
 * the heads' outputs, side by side, are projected again (Vaswani et al. 2017). From query (L, N, embedDim), key (S, N,
 * kdim) and value (S, N, vdim) to (L, N, embedDim) and the weights (N, L, S); without N for inputs without a batch,
 * with N first where `batchFirst` is set. Masks are PyTorch's: true leaves a pair out.
 *
 * @throws ArgumentError where a size or option has no meaning; ShapeError, DTypeError where an input does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const attention = new nn.MultiheadAttention(8, 2, { batchFirst: true });
 * const x = ones([3, 5, 8]);
 * const [out, weights] = attention.forward(x, x, x);
 * out.shape; // => [3, 5, 8]
 * weights.shape; // => [3, 5, 5]
 */
export class MultiheadAttention extends Module {
  readonly kdim: number;
  readonly vdim: number;
  readonly dropout: number;
  readonly batchFirst: boolean;
  /** The projections of query, key and value, one above the other; null where their inputs differ in size. */
  inProjWeight: Tensor | null = null;
  qProjWeight: Tensor | null = null;
  kProjWeight: Tensor | null = null;
  vProjWeight: Tensor | null = null;
  inProjBias: Tensor | null = null;
  outProj: Linear;

  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    options: MultiheadAttentionOptions = NO_OPTIONS,
  ) {
    super();
    checkOptions(OP, options, LAYER_OPTIONS);
    this.kdim = options.kdim ?? embedDim;
    this.vdim = options.vdim ?? embedDim;
    this.dropout = options.dropout ?? 0;
    this.batchFirst = options.batchFirst ?? false;
    checkSizes({ embedDim, numHeads, kdim: this.kdim, vdim: this.vdim });
    if (embedDim % numHeads !== 0) {
      throw new ArgumentError(
        OP,
        'numHeads',
        numHeads,
        `${embedDim} features do not divide into ${numHeads} heads`,
      );
    }
    if (!(this.dropout >= 0 && this.dropout <= 1)) {
      throw new ArgumentError(
        OP,
        'dropout',
        this.dropout,
        `dropout is a probability in [0, 1]; got ${this.dropout}`,
      );
    }
    const { dtype = 'float32', bias = true } = options;
    if (this.kdim === embedDim && this.vdim === embedDim) {
      this.inProjWeight = emptyParameter(OP, [3 * embedDim, embedDim], dtype);
    } else {
      this.qProjWeight = emptyParameter(OP, [embedDim, embedDim], dtype);
      this.kProjWeight = emptyParameter(OP, [embedDim, this.kdim], dtype);
      this.vProjWeight = emptyParameter(OP, [embedDim, this.vdim], dtype);
    }
    if (bias) this.inProjBias = emptyParameter(OP, [3 * embedDim], dtype);
    this.outProj = new Linear(embedDim, embedDim, { bias, dtype });
    this.resetParameters();
  }

  /** Draws the weights anew and clears the biases. */
  resetParameters(): void {
    for (const weight of [this.inProjWeight, this.qProjWeight, this.kProjWeight, this.vProjWeight]) {
      if (weight !== null) xavierUniform_(weight);
    }
    this.outProj.resetParameters();
    if (this.inProjBias !== null) zeros_(this.inProjBias);
    if (this.outProj.bias !== null) zeros_(this.outProj.bias);
  }

  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: AttentionCallOptions = NO_OPTIONS,
  ): [out: Tensor, weights: Tensor | null] {
    checkOptions(`${OP}.forward`, options, CALL_OPTIONS);
    for (const input of [query, key, value]) checkTensor(OP, input);
    this.checkInputs(query, key, value);
    const batched = query.ndim === 3;
    const [q, k, v] = this.projected(query, key, value).map((x) => this.heads(x));
    const settings: AttentionOptions = {
      attnMask: this.mask(options, q, k),
      isCausal: options.isCausal,
      dropoutP: this.training ? this.dropout : 0,
    };
    if (options.needWeights === false) {
      return [this.joined(scaledDotProductAttention(q, k, v, settings), batched), null];
    }
    const [out, each] = attentionWithWeights(q, k, v, settings);
    const weights = (options.averageAttnWeights ?? true) ? mean(each, 1) : each;
    return [this.joined(out, batched), batched ? weights : select(weights, 0, 0)];
  }

  /** Inputs through their projections; one product does for inputs that are the same tensor. */
  private projected(query: Tensor, key: Tensor, value: Tensor): readonly Tensor[] {
    const { embedDim, inProjWeight, inProjBias } = this;
    const bias = (part: number, parts: number): Tensor | null =>
      inProjBias === null ? null : narrow(inProjBias, 0, part * embedDim, parts * embedDim);
    if (inProjWeight === null) {
      const weights = [this.qProjWeight, this.kProjWeight, this.vProjWeight] as readonly Tensor[];
      return [query, key, value].map((x, i) => affine(x, weights[i], bias(i, 1)));
    }
    const project = (x: Tensor, part: number, parts: number): Tensor[] => {
      const weight = parts === 3 ? inProjWeight : narrow(inProjWeight, 0, part * embedDim, parts * embedDim);
      const all = affine(x, weight, parts === 3 ? inProjBias : bias(part, parts));
      return Array.from({ length: parts }, (_, i) => narrow(all, -1, i * embedDim, embedDim));
    };
    if (query === key && key === value) return project(query, 0, 3);
    if (key === value) return [...project(query, 0, 1), ...project(key, 1, 2)];
    return [query, key, value].flatMap((x, i) => project(x, i, 1));
  }

  /** (N, heads, positions, features) of an input. */
  private heads(x: Tensor): Tensor {
    const features = this.embedDim / this.numHeads;
    const split = reshape(x, [...x.shape.slice(0, -1), this.numHeads, features]);
    if (x.ndim === 2) return unsqueeze(transpose(split, 0, 1), 0);
    return permute(split, this.batchFirst ? [0, 2, 1, 3] : [1, 2, 0, 3]);
  }

  /** The way back, and the last projection. */
  private joined(out: Tensor, batched: boolean): Tensor {
    const [n, , positions] = out.shape;
    const axes = this.batchFirst || !batched ? [0, 2, 1, 3] : [2, 0, 1, 3];
    const lead = !batched ? [positions] : this.batchFirst ? [n, positions] : [positions, n];
    return this.outProj.forward(reshape(permute(out, axes), [...lead, this.embedDim]));
  }

  private checkInputs(query: Tensor, key: Tensor, value: Tensor): void {
    const shapes = [query.shape, key.shape, value.shape];
    const given = `query ${showShape(query.shape)}, key ${showShape(key.shape)}, value ${showShape(value.shape)}`;
    const rank = query.ndim;
    if ((rank !== 2 && rank !== 3) || key.ndim !== rank || value.ndim !== rank) {
      const form = this.batchFirst ? '(N, L, E)' : '(L, N, E)';
      throw new ShapeError(
        OP,
        `query, key and value are ${form}, or (L, E) without a batch; got ${given}`,
        shapes,
      );
    }
    const sizes = [this.embedDim, this.kdim, this.vdim];
    if (shapes.some((shape, i) => shape[rank - 1] !== sizes[i])) {
      throw new ShapeError(
        OP,
        `query, key and value end in ${sizes.join(', ')} features; got ${given}`,
        shapes,
      );
    }
    const batch = this.batchFirst ? 0 : 1;
    const others = shapes.slice(1).some((shape) => rank === 3 && shape[batch] !== query.shape[batch]);
    if (others || key.shape.slice(0, -1).some((dim, i) => dim !== value.shape[i])) {
      throw new ShapeError(OP, `batches, or the positions of key and value, differ: ${given}`, shapes);
    }
  }

  /** Both masks as attention takes them: for (N, heads, L, S), true where a key is seen. */
  private mask(
    { attnMask = null, keyPaddingMask = null }: AttentionCallOptions,
    q: Tensor,
    k: Tensor,
  ): Tensor | null {
    const [n, heads, queries] = q.shape;
    const keys = k.shape[2];
    const pairs =
      attnMask === null
        ? null
        : shaped('attnMask', attnMask, [
            [
              [queries, keys],
              [queries, keys],
            ],
            [
              [n * heads, queries, keys],
              [n, heads, queries, keys],
            ],
          ]);
    const padding =
      keyPaddingMask === null
        ? null
        : shaped('keyPaddingMask', keyPaddingMask, [
            [
              [n, keys],
              [n, 1, 1, keys],
            ],
            ...(n === 1 ? [[[keys], [1, 1, 1, keys]] as const] : []),
          ]);
    if (pairs === null || padding === null) {
      const mask = pairs ?? padding;
      return mask === null || mask.kind !== BOOL ? mask : logicalNot(mask);
    }
    if (pairs.kind === BOOL && padding.kind === BOOL) return logicalNot(logicalOr(pairs, padding));
    return add(terms(pairs, q), terms(padding, q));
  }

  protected override *members(): Generator<[name: string, value: unknown]> {
    for (const [name, value] of super.members()) yield [STATE_NAMES[name] ?? name, value];
  }

  override extraRepr(): string {
    return (
      `${this.embedDim}, ${this.numHeads}, dropout=${this.dropout}, bias=${this.inProjBias !== null}, ` +
      `batchFirst=${this.batchFirst}`
    );
  }
}

/** A mask of one of some shapes, in the form that belongs to it. */
function shaped(
  name: string,
  mask: Tensor,
  forms: readonly (readonly [given: readonly number[], wanted: readonly number[]])[],
): Tensor {
  checkTensor(OP, mask);
  for (const [given, wanted] of forms) {
    if (given.length === mask.ndim && given.every((dim, i) => dim === mask.shape[i]))
      return reshape(mask, wanted);
  }
  throw new ShapeError(
    OP,
    `${name} is ${forms.map(([given]) => showShape(given)).join(' or ')}; got ${showShape(mask.shape)}`,
    [mask.shape],
  );
}

/** What a mask adds to scores of q's dtype. */
function terms(mask: Tensor, q: Tensor): Tensor {
  return mask.kind === BOOL ? where(mask, Number.NEGATIVE_INFINITY, zeros([], { dtype: q.dtype })) : mask;
}

function checkSizes(sizes: Readonly<Record<string, number>>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (Number.isInteger(size) && size >= 1) continue;
    throw new ArgumentError(OP, name, size, `${name} is a whole number from 1; got ${String(size)}`);
  }
}
