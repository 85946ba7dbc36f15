// A small generative pre-trained transformer.
import { arange, nn, type Tensor } from 'quern';

export interface GptOptions {
  layers?: number;
  width?: number;
  heads?: number;
  dropout?: number;
}

/** Causal attention and a feed-forward net, each after a normalisation and beside the identity. */
class Block extends nn.Module {
  norm1: nn.LayerNorm;
  attend: nn.Linear;
  mix: nn.Linear;
  norm2: nn.LayerNorm;
  inner: nn.Sequential;
  drop: nn.Dropout;
  readonly heads: number;

  constructor(width: number, heads: number, dropout: number) {
    super();
    this.norm1 = new nn.LayerNorm(width);
    this.attend = new nn.Linear(width, 3 * width);
    this.mix = new nn.Linear(width, width);
    this.norm2 = new nn.LayerNorm(width);
    this.inner = new nn.Sequential(
      new nn.Linear(width, 4 * width),
      new nn.GELU(),
      new nn.Linear(4 * width, width),
    );
    this.drop = new nn.Dropout({ p: dropout });
    this.heads = heads;
  }

  forward(x: Tensor): Tensor {
    const [batch, time, width] = x.shape;
    const [query, key, value] = this.attend
      .forward(this.norm1.forward(x))
      .view([batch, time, 3, this.heads, width / this.heads])
      .permute([2, 0, 3, 1, 4])
      .unbind(0);
    const mixed = nn.functional.scaledDotProductAttention(query, key, value, { isCausal: true });
    const attended = this.mix.forward(mixed.transpose(1, 2).reshape([batch, time, width]));
    const beside = x.add(this.drop.forward(attended));
    return beside.add(this.drop.forward(this.inner.forward(this.norm2.forward(beside))));
  }
}

/** Radford et al., "Language models are unsupervised multitask learners" (2019), section 2.3. */
export class Gpt extends nn.Module {
  token: nn.Embedding;
  position: nn.Embedding;
  drop: nn.Dropout;
  blocks: Block[];
  norm: nn.LayerNorm;
  head: nn.Linear;
  readonly context: number;

  constructor(vocabulary: number, context: number, options: GptOptions = {}) {
    super();
    const { layers = 4, width = 128, heads = 4, dropout = 0.1 } = options;
    this.token = new nn.Embedding(vocabulary, width);
    this.position = new nn.Embedding(context, width);
    this.drop = new nn.Dropout({ p: dropout });
    this.blocks = Array.from({ length: layers }, () => new Block(width, heads, dropout));
    this.norm = new nn.LayerNorm(width);
    this.head = new nn.Linear(width, vocabulary, { bias: false });
    this.context = context;
    for (const [name, parameter] of this.namedParameters()) {
      if (name.endsWith('bias')) nn.init.zeros_(parameter);
      else if (parameter.ndim === 2) nn.init.normal_(parameter, { std: 0.02 });
    }
  }

  /** From the numbers of characters (N, T), T at most `context`, to the scores of those that follow. */
  forward(x: Tensor): Tensor {
    const places = arange(x.shape[1], { dtype: 'int32' });
    let out = this.drop.forward(this.token.forward(x).add(this.position.forward(places)));
    for (const block of this.blocks) out = block.forward(out);
    return this.head.forward(this.norm.forward(out));
  }
}
