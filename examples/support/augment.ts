// Pictures that are never twice the same.
import {
  type Batch,
  type Dataset,
  randint,
  type Sample,
  type Tensor,
  type TensorDataset,
  tensor,
} from 'quern';

const SHIFT = 2;
const PLACES = 2 * SHIFT + 1;

/** Pictures (1, H, W), each time mirrored or not and shifted by up to two pixels; zeros come in from the edges. */
export class Augmented implements Dataset {
  readonly size: number;
  readonly #pixels: Float32Array;
  readonly #labels: Int32Array;
  readonly #height: number;
  readonly #width: number;

  constructor(pictures: TensorDataset, size: number) {
    const [images, labels] = pictures.tensors;
    this.size = Math.min(size, pictures.size);
    this.#pixels = images.dataSync() as Float32Array;
    this.#labels = labels.dataSync() as Int32Array;
    [this.#height, this.#width] = images.shape.slice(2);
  }

  get(index: number): Sample {
    const [images, labels] = this.batch(Int32Array.of(index));
    return [images.select(0, 0), labels.select(0, 0)];
  }

  batch(indices: Int32Array): Batch {
    const [height, width] = [this.#height, this.#width];
    const out = new Float32Array(indices.length * height * width);
    const chance = randint(0, 2 * PLACES * PLACES, [indices.length], { dtype: 'int32' }).dataSync();
    indices.forEach((index, i) => {
      const mirrored = chance[i] % 2 === 1;
      const place = Math.floor(chance[i] / 2);
      const down = Math.floor(place / PLACES) - SHIFT;
      const right = (place % PLACES) - SHIFT;
      for (let row = Math.max(0, down); row < Math.min(height, height + down); row++) {
        const from = (index * height + row - down) * width;
        const to = (i * height + row) * width;
        for (let column = Math.max(0, right); column < Math.min(width, width + right); column++) {
          const source = column - right;
          out[to + column] = this.#pixels[from + (mirrored ? width - 1 - source : source)];
        }
      }
    });
    return [images(out, indices.length, height, width), tensor(indices.map((index) => this.#labels[index]))];
  }
}

function images(values: Float32Array, count: number, height: number, width: number): Tensor {
  return tensor(values).view([count, 1, height, width]);
}
