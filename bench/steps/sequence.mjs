// The models over sequences: a recurrent one and language models.

import { nn, zeros } from 'quern';

/** @typedef {import('quern').Tensor} Tensor */

/** The last state of an LSTM, classified. */
export class Recurrent extends nn.Module {
  lstm = new nn.LSTM(256, 256, { batchFirst: true });
  head = new nn.Linear(256, 10);

  /** @param {Tensor} x @returns {Tensor} */
  forward(x) {
    return this.head.forward(this.lstm.forward(x).output.select(1, -1));
  }
}

/** Attention and a feed-forward net, each after a normalisation and beside the identity. */
class Layer extends nn.Module {
  #heads;

  /** @param {number} width @param {number} heads */
  constructor(width, heads) {
    super();
    this.#heads = heads;
    this.norm1 = new nn.LayerNorm(width);
    this.attend = new nn.Linear(width, 3 * width);
    this.mix = new nn.Linear(width, width);
    this.norm2 = new nn.LayerNorm(width);
    this.up = new nn.Linear(width, 4 * width);
    this.gelu = new nn.GELU();
    this.down = new nn.Linear(4 * width, width);
  }

  /** @param {Tensor} x @returns {Tensor} */
  forward(x) {
    const [batch, time, width] = x.shape;
    const split = this.attend.forward(this.norm1.forward(x));
    const parts = split.view([batch, time, 3, this.#heads, width / this.#heads]).permute([2, 0, 3, 1, 4]);
    const [query, key, value] = [0, 1, 2].map((part) => parts.select(0, part));
    const mixed = nn.functional.scaledDotProductAttention(query, key, value, { isCausal: true });
    const beside = x.add(this.mix.forward(mixed.transpose(1, 2).reshape([batch, time, width])));
    const inner = this.gelu.forward(this.up.forward(this.norm2.forward(beside)));
    return beside.add(this.down.forward(inner));
  }
}

/** Radford et al., "Language models are unsupervised multitask learners" (2019), section 2.3. */
export class GPT extends nn.Module {
  /** @param {number} layers @param {number} width @param {number} heads @param {number} context */
  constructor(layers, width, heads, context) {
    super();
    this.position = new nn.Parameter(zeros([context, width]));
    this.token = new nn.Embedding(65, width);
    this.blocks = Array.from({ length: layers }, () => new Layer(width, heads));
    this.norm = new nn.LayerNorm(width);
    this.head = new nn.Linear(width, 65, { bias: false });
  }

  /** @param {Tensor} x @returns {Tensor} */
  forward(x) {
    let out = this.token.forward(x).add(this.position);
    for (const block of this.blocks) out = block.forward(out);
    return this.head.forward(this.norm.forward(out)).flatten({ startDim: 0, endDim: 1 });
  }
}
