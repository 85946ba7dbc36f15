// The decoder of a transformer, and its layers, with PyTorch's parameters.

import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { add } from '../../ops/binary.js';
import { Module } from '../module.js';
import { MultiheadAttention } from './attention.js';
import { Dropout } from './dropout.js';
import { Linear } from './linear.js';
import { LayerNorm } from './rowNorm.js';
import type { TransformerStackOptions } from './transformerEncoder.js';
import {
  activationFunction,
  checkLayer,
  copies,
  feedForward,
  LAYER_NAMES,
  type TransformerLayerOptions,
} from './transformerParts.js';

const LAYER_OPTIONS = optionNames<TransformerLayerOptions>(LAYER_NAMES);
const STACK_OPTIONS = optionNames<TransformerStackOptions>({ norm: true });

export interface DecoderCallOptions {
  /** (T, T) or (N · heads, T, T): pairs of targets to leave out where true; floating ones are added to the scores. */
  tgtMask?: Tensor | null;
  /** (T, S) or (N · heads, T, S): the same for targets and memory. */
  memoryMask?: Tensor | null;
  /** (N, T): targets to leave out where true; floating ones are added to the scores. */
  tgtKeyPaddingMask?: Tensor | null;
  /** (N, S): the same for the memory. */
  memoryKeyPaddingMask?: Tensor | null;
  /** Whether a target sees only itself and the targets before it. Default false. */
  tgtIsCausal?: boolean;
  /** Whether target i sees only 0 to i of the memory. Default false. */
  memoryIsCausal?: boolean;
}

const CALL_OPTIONS = optionNames<DecoderCallOptions>({
  tgtMask: true,
  memoryMask: true,
  tgtKeyPaddingMask: true,
  memoryKeyPaddingMask: true,
  tgtIsCausal: true,
  memoryIsCausal: true,
});

const OP = 'TransformerDecoderLayer';

// The names in PyTorch's state dicts, so that its weights load.
const STATE_NAMES: Readonly<Record<string, string>> = {
  selfAttn: 'self_attn',
  multiheadAttn: 'multihead_attn',
};

/**
 * Self-attention among the targets, attention to the memory (the encoder's output), then two linear layers with an
 * activation between them; the input of each of the three blocks is added to its output, and the sum normalised, or
 * the block's input with `normFirst`. From targets (T, N, dModel) and memory (S, N, dModel), with N first where
 * `batchFirst` is set, to the shape of the targets (Vaswani et al. 2017).
 *
 * @throws ArgumentError where a size or option has no meaning; ShapeError, DTypeError where an input does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const layer = new nn.TransformerDecoderLayer(8, 2, { dimFeedforward: 16, batchFirst: true });
 * layer.forward(ones([3, 5, 8]), ones([3, 7, 8]), { tgtIsCausal: true }).shape; // => [3, 5, 8]
 */
export class TransformerDecoderLayer extends Module {
  readonly normFirst: boolean;
  readonly activation: (x: Tensor) => Tensor;
  selfAttn: MultiheadAttention;
  multiheadAttn: MultiheadAttention;
  linear1: Linear;
  dropout: Dropout;
  linear2: Linear;
  norm1: LayerNorm;
  norm2: LayerNorm;
  norm3: LayerNorm;
  dropout1: Dropout;
  dropout2: Dropout;
  dropout3: Dropout;

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
    this.multiheadAttn = new MultiheadAttention(dModel, nhead, { dropout, bias, batchFirst, dtype });
    this.linear1 = new Linear(dModel, dimFeedforward, { bias, dtype });
    this.dropout = new Dropout({ p: dropout });
    this.linear2 = new Linear(dimFeedforward, dModel, { bias, dtype });
    this.norm1 = new LayerNorm(dModel, { eps, bias, dtype });
    this.norm2 = new LayerNorm(dModel, { eps, bias, dtype });
    this.norm3 = new LayerNorm(dModel, { eps, bias, dtype });
    this.dropout1 = new Dropout({ p: dropout });
    this.dropout2 = new Dropout({ p: dropout });
    this.dropout3 = new Dropout({ p: dropout });
  }

  forward(tgt: Tensor, memory: Tensor, options: DecoderCallOptions = NO_OPTIONS): Tensor {
    checkOptions(`${OP}.forward`, options, CALL_OPTIONS);
    const { norm1, norm2, norm3 } = this;
    if (this.normFirst) {
      let x = add(tgt, this.attend(norm1.forward(tgt), options));
      x = add(x, this.recall(norm2.forward(x), memory, options));
      return add(x, this.feed(norm3.forward(x)));
    }
    let x = norm1.forward(add(tgt, this.attend(tgt, options)));
    x = norm2.forward(add(x, this.recall(x, memory, options)));
    return norm3.forward(add(x, this.feed(x)));
  }

  private attend(x: Tensor, call: DecoderCallOptions): Tensor {
    const [out] = this.selfAttn.forward(x, x, x, {
      attnMask: call.tgtMask,
      keyPaddingMask: call.tgtKeyPaddingMask,
      isCausal: call.tgtIsCausal,
      needWeights: false,
    });
    return this.dropout1.forward(out);
  }

  private recall(x: Tensor, memory: Tensor, call: DecoderCallOptions): Tensor {
    const [out] = this.multiheadAttn.forward(x, memory, memory, {
      attnMask: call.memoryMask,
      keyPaddingMask: call.memoryKeyPaddingMask,
      isCausal: call.memoryIsCausal,
      needWeights: false,
    });
    return this.dropout2.forward(out);
  }

  private feed(x: Tensor): Tensor {
    return this.dropout3.forward(feedForward(x, this.linear1, this.activation, this.dropout, this.linear2));
  }

  protected override *members(): Generator<[name: string, value: unknown]> {
    for (const [name, value] of super.members()) yield [STATE_NAMES[name] ?? name, value];
  }
}

/**
 * `numLayers` copies of a decoder layer in a row, and a normalisation after them. The copies begin with the same
 * values, as in PyTorch.
 *
 * @throws ArgumentError where an argument or option does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const layer = new nn.TransformerDecoderLayer(8, 2, { dimFeedforward: 16 });
 * const decoder = new nn.TransformerDecoder(layer, 2);
 * decoder.forward(ones([5, 2, 8]), ones([4, 2, 8])).shape; // => [5, 2, 8]
 */
export class TransformerDecoder extends Module {
  layers: TransformerDecoderLayer[];
  norm: Module | null;

  constructor(
    decoderLayer: TransformerDecoderLayer,
    readonly numLayers: number,
    options: TransformerStackOptions = NO_OPTIONS,
  ) {
    super();
    checkOptions('TransformerDecoder', options, STACK_OPTIONS);
    checkLayer('TransformerDecoder', 'decoderLayer', decoderLayer, TransformerDecoderLayer);
    this.layers = copies('TransformerDecoder', decoderLayer, numLayers);
    this.norm = options.norm ?? null;
  }

  forward(tgt: Tensor, memory: Tensor, options: DecoderCallOptions = NO_OPTIONS): Tensor {
    checkOptions('TransformerDecoder.forward', options, CALL_OPTIONS);
    let out = tgt;
    for (const layer of this.layers) out = layer.forward(out, memory, options);
    return this.norm === null ? out : (this.norm.forward(out) as Tensor);
  }
}
