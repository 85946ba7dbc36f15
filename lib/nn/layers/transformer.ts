// The whole transformer: encoder, decoder, and the mask that hides what comes later.

import type { DType } from '../../core/dtype.js';
import { ArgumentError } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { full } from '../../ops/create.js';
import { triu } from '../../ops/triangle.js';
import { xavierUniform_ } from '../init.js';
import { Module } from '../module.js';
import { LayerNorm } from './rowNorm.js';
import {
  type DecoderCallOptions,
  TransformerDecoder,
  TransformerDecoderLayer,
} from './transformerDecoder.js';
import { TransformerEncoder, TransformerEncoderLayer } from './transformerEncoder.js';
import { LAYER_NAMES, type TransformerLayerOptions } from './transformerParts.js';

export interface TransformerOptions extends TransformerLayerOptions {
  /** Default 6. */
  numEncoderLayers?: number;
  /** Default 6. */
  numDecoderLayers?: number;
}

const OPTIONS = optionNames<TransformerOptions>({
  numEncoderLayers: true,
  numDecoderLayers: true,
  ...LAYER_NAMES,
});

export interface TransformerCallOptions extends DecoderCallOptions {
  /** (S, S) or (N · heads, S, S): pairs of sources to leave out where true; floating ones are added to the scores. */
  srcMask?: Tensor | null;
  /** (N, S): sources to leave out where true; floating ones are added to the scores. */
  srcKeyPaddingMask?: Tensor | null;
  /** Whether a source sees only itself and the sources before it. Default false. */
  srcIsCausal?: boolean;
}

const CALL_OPTIONS = optionNames<TransformerCallOptions>({
  srcMask: true,
  tgtMask: true,
  memoryMask: true,
  srcKeyPaddingMask: true,
  tgtKeyPaddingMask: true,
  memoryKeyPaddingMask: true,
  srcIsCausal: true,
  tgtIsCausal: true,
  memoryIsCausal: true,
});

interface MaskOptions {
  /** Default float32. */
  dtype?: DType;
}

const MASK_OPTIONS = optionNames<MaskOptions>({ dtype: true });

/**
 * An encoder and a decoder with a normalisation after each: from sources (S, N, dModel) and targets (T, N, dModel),
 * with N first where `batchFirst` is set, to (T, N, dModel). Embeddings, positions and the last linear layer are the
 * user's (Vaswani et al. 2017).
 *
 * @throws ArgumentError where a size or option has no meaning; ShapeError, DTypeError where an input does not fit.
 * @example
 * import { nn, ones } from 'quern';
 * const model = new nn.Transformer(8, 2, { numEncoderLayers: 1, numDecoderLayers: 1, dimFeedforward: 16 });
 * model.forward(ones([5, 3, 8]), ones([4, 3, 8]), { tgtIsCausal: true }).shape; // => [4, 3, 8]
 */
export class Transformer extends Module {
  encoder: TransformerEncoder;
  decoder: TransformerDecoder;

  constructor(
    readonly dModel = 512,
    readonly nhead = 8,
    options: TransformerOptions = NO_OPTIONS,
  ) {
    super();
    checkOptions('Transformer', options, OPTIONS);
    const { numEncoderLayers = 6, numDecoderLayers = 6, ...rest } = options;
    const norm = (): LayerNorm =>
      new LayerNorm(dModel, { eps: rest.layerNormEps, bias: rest.bias, dtype: rest.dtype });
    const encoderLayer = new TransformerEncoderLayer(dModel, nhead, rest);
    this.encoder = new TransformerEncoder(encoderLayer, numEncoderLayers, { norm: norm() });
    const decoderLayer = new TransformerDecoderLayer(dModel, nhead, rest);
    this.decoder = new TransformerDecoder(decoderLayer, numDecoderLayers, { norm: norm() });
    this.resetParameters();
  }

  /** Draws all matrices anew by {@link xavierUniform_}, which makes the copies of a layer differ. */
  resetParameters(): void {
    for (const parameter of this.parameters()) if (parameter.ndim > 1) xavierUniform_(parameter);
  }

  forward(src: Tensor, tgt: Tensor, options: TransformerCallOptions = NO_OPTIONS): Tensor {
    checkOptions('Transformer.forward', options, CALL_OPTIONS);
    const { srcMask, srcKeyPaddingMask, srcIsCausal, ...rest } = options;
    const memory = this.encoder.forward(src, { mask: srcMask, srcKeyPaddingMask, isCausal: srcIsCausal });
    return this.decoder.forward(tgt, memory, rest);
  }

  /**
   * (size, size) with 0 where a position sees itself or an earlier one and −∞ above, to be added to scores. The option
   * `isCausal` does the same without a matrix.
   *
   * @example
   * import { nn } from 'quern';
   * nn.Transformer.generateSquareSubsequentMask(2).toArray(); // => [[0, -Infinity], [0, 0]]
   */
  static generateSquareSubsequentMask(size: number, options: MaskOptions = NO_OPTIONS): Tensor {
    const op = 'generateSquareSubsequentMask';
    checkOptions(op, options, MASK_OPTIONS);
    if (!Number.isInteger(size) || size < 0)
      throw new ArgumentError(op, 'size', size, `size is a whole number from 0; got ${String(size)}`);
    return triu(full([size, size], Number.NEGATIVE_INFINITY, { dtype: options.dtype ?? 'float32' }), {
      diagonal: 1,
    });
  }
}
