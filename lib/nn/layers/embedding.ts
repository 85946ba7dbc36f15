// The table of vectors that indices name.

import { DTYPES, type DType } from '../../core/dtype.js';
import { ArgumentError } from '../../core/errors.js';
import { noGrad } from '../../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  checkMaxNorm,
  checkPadding,
  checkTable,
  type EmbeddingFunctionOptions,
  embedding,
} from '../../ops/embedding.js';
import { zero_ } from '../../ops/inplace.js';
import { select } from '../../ops/slice.js';
import { normal_ } from '../init.js';
import { Module } from '../module.js';
import { emptyParameter, Parameter } from '../parameter.js';

export interface EmbeddingOptions extends EmbeddingFunctionOptions {
  /** Default float32. */
  dtype?: DType;
}

export interface PretrainedOptions extends EmbeddingFunctionOptions {
  /** Whether the table stays as it is. Default true. */
  freeze?: boolean;
}

const EMBEDDING_OPTIONS = optionNames<EmbeddingOptions>({
  paddingIdx: true,
  maxNorm: true,
  normType: true,
  scaleGradByFreq: true,
  dtype: true,
});

const PRETRAINED_OPTIONS = optionNames<PretrainedOptions>({
  freeze: true,
  paddingIdx: true,
  maxNorm: true,
  normType: true,
  scaleGradByFreq: true,
});

/** What tables of vectors share, with or without bags: the weight, and what is done to it. */
export abstract class VectorTable extends Module {
  readonly paddingIdx: number | null;
  readonly maxNorm: number | null;
  readonly normType: number;
  readonly scaleGradByFreq: boolean;
  weight: Tensor;

  /** The weight is a copy of `trained`, where that is given, and else begins with normal numbers. */
  constructor(
    name: string,
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingOptions,
    trained: Pretrained | null,
  ) {
    super();
    checkSize(name, 'numEmbeddings', numEmbeddings);
    checkSize(name, 'embeddingDim', embeddingDim);
    checkMaxNorm(name, options);
    const padding = checkPadding(name, options.paddingIdx, numEmbeddings);
    this.paddingIdx = padding < 0 ? null : padding;
    this.maxNorm = options.maxNorm ?? null;
    this.normType = options.normType ?? 2;
    this.scaleGradByFreq = options.scaleGradByFreq ?? false;
    if (trained !== null) {
      this.weight = new Parameter(trained.embeddings, { requiresGrad: !trained.freeze });
      return;
    }
    this.weight = emptyParameter(name, [numEmbeddings, embeddingDim], options.dtype ?? 'float32');
    this.resetParameters();
  }

  /** Draws the weight anew. */
  resetParameters(): void {
    normal_(this.weight);
    const { paddingIdx } = this;
    if (paddingIdx !== null) noGrad(() => zero_(select(this.weight, 0, paddingIdx)));
  }

  /** What the function takes besides indices and weight. */
  protected get tableOptions(): EmbeddingFunctionOptions {
    const { paddingIdx, maxNorm, normType, scaleGradByFreq } = this;
    return { paddingIdx, maxNorm, normType, scaleGradByFreq };
  }

  override extraRepr(): string {
    const parts = [`${this.numEmbeddings}, ${this.embeddingDim}`];
    if (this.paddingIdx !== null) parts.push(`paddingIdx=${this.paddingIdx}`);
    if (this.maxNorm !== null) parts.push(`maxNorm=${this.maxNorm}`);
    if (this.normType !== 2) parts.push(`normType=${this.normType}`);
    if (this.scaleGradByFreq) parts.push('scaleGradByFreq=true');
    return parts.join(', ');
  }
}

/** A table that was trained before, and whether it stays as it is. */
export interface Pretrained {
  readonly embeddings: Tensor;
  readonly freeze: boolean;
}

/** Refuses what is no trained table. */
export function checkPretrained(op: string, embeddings: Tensor, freeze = true): Pretrained {
  checkTable(op, embeddings);
  return { embeddings, freeze };
}

/**
 * A table of numEmbeddings vectors: from indices of any shape (…) to (…, embeddingDim). The weight (numEmbeddings,
 * embeddingDim) begins with normal numbers, and with zeros in the row `paddingIdx`, which gets no gradient.
 *
 * @throws ArgumentError where a size is not a whole number from 0, or an option has no meaning.
 * @example
 * import { nn, tensor } from 'quern';
 * const tokens = tensor([[3, 1], [0, 3]], { dtype: 'int32' });
 * new nn.Embedding(5, 8).forward(tokens).shape; // => [2, 2, 8]
 */
export class Embedding extends VectorTable {
  constructor(numEmbeddings: number, embeddingDim: number, options?: EmbeddingOptions);
  /** @internal */
  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    options: EmbeddingOptions,
    trained: Pretrained | null,
  );
  constructor(
    numEmbeddings: number,
    embeddingDim: number,
    options: EmbeddingOptions = NO_OPTIONS,
    trained: Pretrained | null = null,
  ) {
    checkOptions('Embedding', options, EMBEDDING_OPTIONS);
    super('Embedding', numEmbeddings, embeddingDim, options, trained);
  }

  /**
   * A layer over a copy of a table (numEmbeddings, embeddingDim), which is not trained further unless `freeze` is false.
   *
   * @throws ShapeError, DTypeError where the table is none; ArgumentError where an option has no meaning.
   * @example
   * import { nn, tensor } from 'quern';
   * const layer = nn.Embedding.fromPretrained(tensor([[1, 2], [3, 4]]));
   * layer.forward(tensor([1], { dtype: 'int32' })).toArray(); // => [[3, 4]]
   */
  static fromPretrained(embeddings: Tensor, options: PretrainedOptions = NO_OPTIONS): Embedding {
    const op = 'Embedding.fromPretrained';
    checkOptions(op, options, PRETRAINED_OPTIONS);
    const { freeze, ...others } = options;
    const trained = checkPretrained(op, embeddings, freeze);
    const [rows, features] = embeddings.shape;
    return new Embedding(rows, features, { ...others, dtype: DTYPES[embeddings.kind] }, trained);
  }

  forward(indices: Tensor): Tensor {
    return embedding(indices, this.weight, this.tableOptions);
  }
}

function checkSize(op: string, name: string, size: number): void {
  if (Number.isInteger(size) && size >= 0) return;
  throw new ArgumentError(op, name, size, `${name} is a whole number from 0; got ${size}`);
}
