// The table of vectors that bags of indices name, summed up.

import { DTYPES } from '../../core/dtype.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  BAG_CALL_OPTIONS,
  type BagCallOptions,
  type BagTableOptions,
  checkBagMode,
  type EmbeddingBagMode,
  embeddingBag,
} from '../../ops/embeddingBag.js';
import { checkPretrained, type EmbeddingOptions, type Pretrained, VectorTable } from './embedding.js';

export interface EmbeddingBagOptions extends EmbeddingOptions, BagTableOptions {}

export interface PretrainedBagOptions extends BagTableOptions {
  /** Whether the table stays as it is. Default true. */
  freeze?: boolean;
}

export type EmbeddingBagCallOptions = BagCallOptions;

const EMBEDDING_BAG_OPTIONS = optionNames<EmbeddingBagOptions>({
  maxNorm: true,
  normType: true,
  scaleGradByFreq: true,
  mode: true,
  includeLastOffset: true,
  paddingIdx: true,
  dtype: true,
});

const PRETRAINED_OPTIONS = optionNames<PretrainedBagOptions>({
  freeze: true,
  maxNorm: true,
  normType: true,
  scaleGradByFreq: true,
  mode: true,
  includeLastOffset: true,
  paddingIdx: true,
});

/**
 * A table of numEmbeddings vectors, and the mean, sum or maximum over each bag of those that its indices name: from
 * (B, K), or (L,) with `offsets`, to (B, embeddingDim), as `nn.functional.embeddingBag`. The weight (numEmbeddings,
 * embeddingDim) begins with normal numbers, and with zeros in the row `paddingIdx`, which takes no part.
 *
 * @throws ArgumentError where a size is not a whole number from 0, or an option has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * const bags = new nn.EmbeddingBag(5, 8, { mode: 'sum' });
 * const [list, offsets] = [tensor([3, 1, 0, 3], { dtype: 'int32' }), tensor([0, 1, 1], { dtype: 'int32' })];
 * bags.forward(list, { offsets }).shape; // => [3, 8]
 */
export class EmbeddingBag extends VectorTable {
  readonly mode: EmbeddingBagMode;
  readonly includeLastOffset: boolean;

  constructor(numEmbeddings: number, embeddingDim: number, options?: EmbeddingBagOptions);
  /** @internal */
  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    options: EmbeddingBagOptions,
    trained: Pretrained | null,
  );
  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    options: EmbeddingBagOptions = NO_OPTIONS,
    trained: Pretrained | null = null,
  ) {
    checkOptions('EmbeddingBag', options, EMBEDDING_BAG_OPTIONS);
    super('EmbeddingBag', numEmbeddings, embeddingDim, options, trained);
    this.mode = checkBagMode('EmbeddingBag', options.mode);
    this.includeLastOffset = options.includeLastOffset ?? false;
  }

  /**
   * A layer over a copy of a table (numEmbeddings, embeddingDim), which is not trained further unless `freeze` is false.
   *
   * @throws ShapeError, DTypeError where the table is none; ArgumentError where an option has no meaning.
   * @example
   * import { nn, tensor } from 'quern';
   * const layer = nn.EmbeddingBag.fromPretrained(tensor([[1, 2], [3, 4]]));
   * layer.forward(tensor([[1, 0]], { dtype: 'int32' })).toArray(); // => [[2, 3]]
   */
  static fromPretrained(embeddings: Tensor, options: PretrainedBagOptions = NO_OPTIONS): EmbeddingBag {
    const op = 'EmbeddingBag.fromPretrained';
    checkOptions(op, options, PRETRAINED_OPTIONS);
    const { freeze, ...others } = options;
    const trained = checkPretrained(op, embeddings, freeze);
    const [rows, features] = embeddings.shape;
    return new EmbeddingBag(rows, features, { ...others, dtype: DTYPES[embeddings.kind] }, trained);
  }

  forward(indices: Tensor, options: EmbeddingBagCallOptions = NO_OPTIONS): Tensor {
    checkOptions('EmbeddingBag.forward', options, BAG_CALL_OPTIONS);
    const { mode, includeLastOffset } = this;
    return embeddingBag(indices, this.weight, { ...this.tableOptions, ...options, mode, includeLastOffset });
  }

  override extraRepr(): string {
    const last = this.includeLastOffset ? ', includeLastOffset=true' : '';
    return `${super.extraRepr()}, mode=${this.mode}${last}`;
  }
}
