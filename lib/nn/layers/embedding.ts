// The table of vectors that indices name.

import type { DType } from '../../core/dtype.js';
import { ArgumentError } from '../../core/errors.js';
import { noGrad } from '../../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { checkPadding, embedding } from '../../ops/embedding.js';
import { zero_ } from '../../ops/inplace.js';
import { select } from '../../ops/slice.js';
import { normal_ } from '../init.js';
import { Module } from '../module.js';
import { emptyParameter } from '../parameter.js';

export interface EmbeddingOptions {
  /** The row that begins as zeros and gets no gradient; negative ones count from the end. Default: none. */
  paddingIdx?: number | null;
  /** Default float32. */
  dtype?: DType;
}

const EMBEDDING_OPTIONS = optionNames<EmbeddingOptions>({ paddingIdx: true, dtype: true });

/**
 * A table of numEmbeddings vectors: from indices of any shape (…) to (…, embeddingDim). The weight (numEmbeddings,
 * embeddingDim) begins with normal numbers.
 *
 * @throws ArgumentError where a size is not a whole number from 0, or paddingIdx is out of range.
 * @example
 * import { nn, tensor } from 'quern';
 * const tokens = tensor([[3, 1], [0, 3]], { dtype: 'int32' });
 * new nn.Embedding(5, 8).forward(tokens).shape; // => [2, 2, 8]
 */
export class Embedding extends Module {
  readonly paddingIdx: number | null;
  weight: Tensor;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingOptions = NO_OPTIONS,
  ) {
    super();
    checkSize('numEmbeddings', numEmbeddings);
    checkSize('embeddingDim', embeddingDim);
    checkOptions('Embedding', options, EMBEDDING_OPTIONS);
    const padding = checkPadding('Embedding', options.paddingIdx, numEmbeddings);
    this.paddingIdx = padding < 0 ? null : padding;
    this.weight = emptyParameter('Embedding', [numEmbeddings, embeddingDim], options.dtype ?? 'float32');
    this.resetParameters();
  }

  /** Draws the weight anew. */
  resetParameters(): void {
    normal_(this.weight);
    const { paddingIdx } = this;
    if (paddingIdx !== null) noGrad(() => zero_(select(this.weight, 0, paddingIdx)));
  }

  forward(indices: Tensor): Tensor {
    return embedding(indices, this.weight, { paddingIdx: this.paddingIdx });
  }

  override extraRepr(): string {
    const padding = this.paddingIdx === null ? '' : `, paddingIdx=${this.paddingIdx}`;
    return `${this.numEmbeddings}, ${this.embeddingDim}${padding}`;
  }
}

function checkSize(name: string, size: number): void {
  if (Number.isInteger(size) && size >= 0) return;
  throw new ArgumentError('Embedding', name, size, `${name} is a whole number from 0; got ${size}`);
}
