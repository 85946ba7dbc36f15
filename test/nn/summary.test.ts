// Summaries of models that hide something: in private fields, variables, plain tensors; and of those that do not.

import { nn, noGrad, ones, optim, type Tensor } from 'quern';
import { describe, expect, it } from 'vitest';

const hiddenIn = (model: nn.Module, shape: readonly number[] = [1, 2]): string | undefined =>
  /^Hidden params: (.*)$/m.exec(model.summary(shape))?.[1];

class Private extends nn.Module {
  readonly #layer = new nn.Linear(2, 8);
  readonly out = new nn.Linear(8, 1);
  readonly #norm = new nn.BatchNorm1d(1);

  forward(x: Tensor): Tensor {
    return this.#norm.forward(this.out.forward(this.#layer.forward(x).relu()));
  }

  freezeAll(): this {
    this.#layer.requiresGrad_(false);
    this.#norm.requiresGrad_(false);
    return this;
  }
}

describe('a summary', () => {
  it('says what private fields hide', () => {
    const model = new Private();
    const text = model.summary([2, 2]);
    expect(text).toContain('Total params: 9\n');
    expect(text).toMatch(/Hidden params: \d+, in tensors of shapes \[8, 2\], \[8\].*\[1\]/);
    expect(text).toMatch(/#private.*\n.*optimizers do not reach them/);
    // Frozen ones as well, which no gradient reaches.
    expect(hiddenIn(model.freezeAll(), [2, 2])).toMatch(/\[8, 2\], \[8\]/);
    expect(noGrad(() => hiddenIn(model, [2, 2]))).toMatch(/\[8, 2\]/);
  });

  it('says so where nothing else is there, and what plain tensors and variables hide', () => {
    const weight = ones([2, 3], { requiresGrad: true });
    class Captured extends nn.Module {
      forward(x: Tensor): Tensor {
        return x.matmul(weight);
      }
    }
    expect(new Captured().summary([1, 2])).toContain('Total params: 0');
    expect(hiddenIn(new Captured())).toBe('6, in tensors of shapes [2, 3]');
    class Plain extends nn.Module {
      scale = ones([2], { requiresGrad: true });
      forward(x: Tensor): Tensor {
        return x.mul(this.scale);
      }
    }
    expect(hiddenIn(new Plain())).toBe('2, in tensors of shapes [2]');
    expect(hiddenIn(new nn.Sequential(new Captured(), new nn.Linear(3, 1)))).toMatch(/^6,/);
  });

  it('says which modules eval() does not reach, with parameters or without', () => {
    const unreached = (model: nn.Module): string | undefined =>
      /^Hidden modules, in training mode: (.*)$/m.exec(model.summary([2, 2]))?.[1];
    expect(unreached(new Private())).toBe('Linear, BatchNorm1d');
    class Noisy extends nn.Module {
      readonly layer = new nn.Linear(2, 2);
      readonly #dropout = new nn.Dropout();
      forward(x: Tensor): Tensor {
        return this.#dropout.forward(this.layer.forward(x));
      }
      override train(mode = true): this {
        this.#dropout.train(mode);
        return super.train(mode);
      }
    }
    const { forward } = nn.Dropout.prototype;
    expect(unreached(new Noisy())).toBe('Dropout');
    // In evaluation mode already: nothing goes wrong there.
    expect(unreached(new Noisy().eval())).toBeUndefined();
    expect(nn.Dropout.prototype.forward).toBe(forward);
    const averaged = new optim.swaUtils.AveragedModel(
      new nn.Sequential(new nn.Linear(2, 2), new nn.Dropout()),
    );
    expect(averaged.summary([2, 2])).not.toContain('Hidden');
    expect(new nn.Sequential(new nn.Linear(2, 2), new nn.ReLU()).summary([2, 2])).not.toContain('Hidden');
  });

  it('counts what is listed under another name, and what takes no part, as no secret', () => {
    class Listed extends nn.Module {
      readonly #weight = new nn.Parameter(ones([2, 2]));
      readonly #unused = new nn.Linear(3, 3);
      forward(x: Tensor): Tensor {
        return x.matmul(this.#weight.t()).add(this.#unused.inFeatures);
      }
      protected override *members(): Generator<[name: string, value: unknown]> {
        yield ['weight', this.#weight];
      }
    }
    expect(new Listed().summary([1, 2])).toContain('Total params: 4');
    expect(hiddenIn(new Listed())).toBeUndefined();
  });

  it('has nothing to say of the layers of the library', () => {
    const { weightNorm, spectralNorm } = nn.utils.parametrizations;
    const image = new nn.Sequential(
      new nn.Conv2d(1, 4, 3),
      new nn.BatchNorm2d(4),
      new nn.ReLU(),
      spectralNorm(new nn.ConvTranspose2d(4, 2, 3)),
      new nn.InstanceNorm2d(2, { affine: true, trackRunningStats: true }),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      weightNorm(new nn.Linear(18, 4)),
      new nn.PReLU(),
      new nn.LayerNorm(4),
    );
    expect(hiddenIn(image, [2, 1, 6, 6])).toBeUndefined();
    expect(hiddenIn(new nn.LSTM(2, 3, { numLayers: 2, bidirectional: true }), [4, 1, 2])).toBeUndefined();
    // As arrays, objects show the shapes of all that is in them.
    expect(new nn.LSTM(2, 3).summary([4, 1, 2])).toMatch(/LSTM +\[4, 1, 3\], \[1, 1, 3\], \[1, 1, 3\] +\d/);
    expect(hiddenIn(new nn.GRU(2, 3), [4, 1, 2])).toBeUndefined();
    const encoder = new nn.TransformerEncoder(new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8 }), 2);
    expect(hiddenIn(encoder, [3, 1, 4])).toBeUndefined();
    const embedding = new nn.Sequential(new nn.Embedding(5, 4), new nn.RotaryPositionalEmbedding(4));
    expect(embedding.summary([1, 3], { dtype: 'int32' })).not.toContain('Hidden');
  });

  it('runs models that change their input in place, and names the errors of those that fail', () => {
    class InPlace extends nn.Module {
      readonly #layer = new nn.Linear(2, 1);
      forward(x: Tensor): Tensor {
        x.narrow(1, 0, 1).add_(1);
        return this.#layer.forward(x);
      }
    }
    expect(hiddenIn(new InPlace())).toBe('3, in tensors of shapes [1, 2], [1]');
    expect(() => new nn.Linear(3, 1).summary([1, 2])).toThrow(/3 features/);
    const layer = new nn.Linear(2, 1);
    layer.summary([1, 2]);
    expect([layer.training, Object.hasOwn(layer, 'forward'), layer.weight.grad]).toEqual([true, false, null]);
  });
});
