// The encoder of a transformer, and its layers, with PyTorch's parameters.

import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { add } from '../../ops/binary.js';
import { Module } from '../module.js';
import { MultiheadAttention } from './attention.js';
import { Dropout } from './dropout.js';
import { Linear } from './linear.js';
import { LayerNorm } from './rowNorm.js';
import {
  activationFunction,
  checkLayer,
  copies,
  feedForward,
  LAYER_NAMES,
  type TransformerLayerOptions,
} from './transformerParts.js';

const LAYER_OPTIONS = optionNames<TransformerLayerOptions>(LAYER_NAMES);

export interface EncoderLayerCallOptions {
  /** (L, L) or (N · heads, L, L): pairs to leave out where true; floating ones are added to the scores. */
  srcMask?: Tensor | null;
  /** (N, L): positions to leave out where true; floating ones are added to the scores. */
  srcKeyPaddingMask?: Tensor | null;
  /** Whether a position sees only itself and those before it. Default false. */
  isCausal?: boolean;
}

const LAYER_CALL = optionNames<EncoderLayerCallOptions>({
  srcMask: true,
  srcKeyPaddingMask: true,
  isCausal: true,
});

const OP = 'TransformerEncoderLayer';

/**
 * Self-attention, then two linear layers with an activation between them; the input of each block is added to its
 * output, and the sum normalised: x ← norm1(x + attention(x)), x ← norm2(x + linear2(activation(linear1(x)))), or with
 * `normFirst` x ← x + attention(norm1(x)), and so on. From (L, N, dModel), (N, L, dModel) with `batchFirst`, or
 * (L, dModel), to the same shape (Vaswani et al. 2017).
 *
 * @throws ArgumentError where a size or option has no meaning; ShapeError, DTypeError where an input does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true });
 * layer.forward(ones([3, 5, 8]), { isCausal: true }).shape; // => [3, 5, 8]
 */
export class TransformerEncoderLayer extends Module {
  readonly normFirst: boolean;
  readonly activation: (x: Tensor) => Tensor;
  selfAttn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;

  constructor(
    readonly dModel: number,
    readonly nhead: number,
    options: TransformerLayerOptions = NO_OPTIONS,
  ) {
    super();
    checkOptions(OP, options, LAYER_OPTIONS);
    const { dimFeedforward = 2048, dropout = 0.1, layerNormEps: eps = 1e-5, dtype, bias = true } = options;
    const { batchFirst = false, normFirst = false } = options;
    this.normFirst = normFirst;
    this.activation = activationFunction(OP, options.activation ?? 'relu');
    this.selfAttn = new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst, dtype });
    this.linear1 = new Linear(dModel, dimFeedforward, { bias, dtype });
    this.dropout = new Dropout({ p: dropout });
    this.linear2 = new Linear(dimFeedforward, dModel, { bias, dtype });
    this.norm1 = new LayerNorm(dModel, { eps, bias, dtype });
    this.norm2 = new LayerNorm(dModel, { eps, bias, dtype });
    this.dropout1 = new Dropout({ p: dropout });
    this.dropout2 = new Dropout({ p: dropout });
  }

  forward(src: Tensor, options: EncoderLayerCallOptions = NO_OPTIONS): Tensor {
    checkOptions(`${OP}.forward`, options, LAYER_CALL);
    if (this.normFirst) {
      const x = add(src, this.attend(this.norm1.forward(src), options));
      return add(x, this.feed(this.norm2.forward(x)));
    }
    const x = this.norm1.forward(add(src, this.attend(src, options)));
    return this.norm2.forward(add(x, this.feed(x)));
  }

  private attend(x: Tensor, { srcMask, srcKeyPaddingMask, isCausal }: EncoderLayerCallOptions): Tensor {
    const [out] = this.selfAttn.forward(x, x, x, {
      attnMask: srcMask,
      keyPaddingMask: srcKeyPaddingMask,
      isCausal,
      needWeights: false,
    });
    return this.dropout1.forward(out);
  }

  private feed(x: Tensor): Tensor {
    return this.dropout2.forward(feedForward(x, this.linear1, this.activation, this.dropout, this.linear2));
  }

  protected override *members(): Generator<[name: string, value: unknown]> {
    for (const [name, value] of super.members()) yield [name === 'selfAttn' ? 'self_attn' : name, value];
  }
}

export interface TransformerStackOptions {
  /** What the output of the last layer passes. Default: nothing. */
  norm?: Module | null;
}

const STACK_OPTIONS = optionNames<TransformerStackOptions>({ norm: true });

export interface EncoderCallOptions {
  /** (L, L) or (N · heads, L, L): pairs to leave out where true; floating ones are added to the scores. */
  mask?: Tensor | null;
  /** (N, L): positions to leave out where true; floating ones are added to the scores. */
  srcKeyPaddingMask?: Tensor | null;
  /** Whether a position sees only itself and those before it. Default false. */
  isCausal?: boolean;
}

const ENCODER_CALL = optionNames<EncoderCallOptions>({
  mask: true,
  srcKeyPaddingMask: true,
  isCausal: true,
});

/**
 * `numLayers` copies of an encoder layer in a row, and a normalisation after them. The copies begin with the same
 * values, as in PyTorch.
 *
 * @throws ArgumentError where an argument or option does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const layer = new nn.TransformerEncoderLayer(8, 2, { dimFeedforward: 16 });
 * const encoder = new nn.TransformerEncoder(layer, 3, { norm: new nn.LayerNorm(8) });
 * encoder.forward(ones([5, 2, 8])).shape; // => [5, 2, 8]
 */
export class TransformerEncoder extends Module {
  layers: TransformerEncoderLayer[];
  norm: Module | null;

  constructor(
    encoderLayer: TransformerEncoderLayer,
    readonly numLayers: number,
    options: TransformerStackOptions = NO_OPTIONS,
  ) {
    super();
    checkOptions('TransformerEncoder', options, STACK_OPTIONS);
    checkLayer('TransformerEncoder', 'encoderLayer', encoderLayer, TransformerEncoderLayer);
    this.layers = copies('TransformerEncoder', encoderLayer, numLayers);
    this.norm = options.norm ?? null;
  }

  forward(src: Tensor, options: EncoderCallOptions = NO_OPTIONS): Tensor {
    checkOptions('TransformerEncoder.forward', options, ENCODER_CALL);
    const { mask, srcKeyPaddingMask, isCausal } = options;
    let out = src;
    for (const layer of this.layers) out = layer.forward(out, { srcMask: mask, srcKeyPaddingMask, isCausal });
    return this.norm === null ? out : (this.norm.forward(out) as Tensor);
  }
}
