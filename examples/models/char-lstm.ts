// A language model of characters: an embedding, a long short-term memory, a layer that scores the next character.
import { nn, noGrad, type Tensor } from 'quern';

export interface CharLstmOptions {
  embedding?: number;
  hidden?: number;
  layers?: number;
  dropout?: number;
}

/** Where a model stands in a text: the states and cells of its layers. */
export interface Memory {
  h: Tensor;
  c: Tensor;
}

/** After Graves, "Generating sequences with recurrent neural networks" (2013), section 3. */
export class CharLstm extends nn.Module {
  embedding: nn.Embedding;
  lstm: nn.LSTM;
  head: nn.Linear;

  constructor(vocabulary: number, options: CharLstmOptions = {}) {
    super();
    const { embedding = 64, hidden = 256, layers = 2, dropout = 0.1 } = options;
    this.embedding = new nn.Embedding(vocabulary, embedding);
    this.lstm = new nn.LSTM(embedding, hidden, { numLayers: layers, dropout, batchFirst: true });
    this.head = new nn.Linear(hidden, vocabulary);
  }

  /** From the numbers of characters (N, T) to the scores of those that follow (N, T, vocabulary). */
  forward(x: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(this.embedding.forward(x)).output);
  }

  /** Reads on from where it stood: the scores after the last character (N, vocabulary), and where it stands then. */
  readOn(x: Tensor, memory: Partial<Memory> = {}): { scores: Tensor; memory: Memory } {
    return noGrad(() => {
      const { output, h, c } = this.lstm.forward(this.embedding.forward(x), memory);
      return { scores: this.head.forward(output.select(1, -1)), memory: { h, c } };
    });
  }
}
