// The models of the steps in Quern, and what each takes for its loss.

import { mean, nn } from 'quern';
import { GPT, Recurrent } from './sequence.mjs';

const { crossEntropy, mseLoss } = nn.functional;

/** @typedef {import('quern').Tensor} Tensor */
/** @typedef {{ model: nn.Module, loss: (x: Tensor, y: Tensor) => Tensor }} Step */

/**
 * @param {nn.Module} model
 * @param {(output: Tensor, target: Tensor) => Tensor} loss
 * @returns {Step}
 */
function step(model, loss) {
  return { model, loss: (x, y) => loss(model.forward(x), y) };
}

/** @param {Tensor} output @param {Tensor} target */
const languageLoss = (output, target) => crossEntropy(output, target.flatten());

/** Two convolutions and, where the shapes differ, a third beside them. */
class Block extends nn.Module {
  /** @param {number} inputs @param {number} outputs */
  constructor(inputs, outputs) {
    super();
    const narrows = inputs !== outputs;
    this.conv1 = new nn.Conv2d(inputs, outputs, 3, { stride: narrows ? 2 : 1, padding: 1, bias: false });
    this.norm1 = new nn.BatchNorm2d(outputs);
    this.conv2 = new nn.Conv2d(outputs, outputs, 3, { padding: 1, bias: false });
    this.norm2 = new nn.BatchNorm2d(outputs);
    this.short = narrows ? new nn.Conv2d(inputs, outputs, 1, { stride: 2, bias: false }) : null;
    this.scale = narrows ? new nn.BatchNorm2d(outputs) : null;
  }

  /** @param {Tensor} x @returns {Tensor} */
  forward(x) {
    const inner = this.norm1.forward(this.conv1.forward(x)).relu();
    const beside = this.short && this.scale ? this.scale.forward(this.short.forward(x)) : x;
    return this.norm2.forward(this.conv2.forward(inner)).add(beside).relu();
  }
}

/** He et al., "Deep residual learning for image recognition" (2016), section 4.2, with projections. */
class ResNet20 extends nn.Module {
  conv = new nn.Conv2d(3, 16, 3, { padding: 1, bias: false });
  norm = new nn.BatchNorm2d(16);
  blocks = [16, 16, 16, 16, 32, 32, 32, 64, 64].map(
    (inputs, i) => new Block(inputs, 16 << Math.floor(i / 3)),
  );
  head = new nn.Linear(64, 10);

  /** @param {Tensor} x @returns {Tensor} */
  forward(x) {
    let out = this.norm.forward(this.conv.forward(x)).relu();
    for (const block of this.blocks) out = block.forward(out);
    return this.head.forward(mean(out, [2, 3]));
  }
}

/** @type {Record<string, () => Step>} */
export const models = {
  net: () => step(new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1)), mseLoss),
  mlp: () =>
    step(new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10)), crossEntropy),
  mlp512: () =>
    step(
      new nn.Sequential(
        new nn.Linear(784, 512),
        new nn.ReLU(),
        new nn.Linear(512, 512),
        new nn.ReLU(),
        new nn.Linear(512, 10),
      ),
      crossEntropy,
    ),
  cnn: () =>
    step(
      new nn.Sequential(
        new nn.Conv2d(1, 32, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Conv2d(32, 64, 3, { padding: 1 }),
        new nn.ReLU(),
        new nn.MaxPool2d(2),
        new nn.Flatten(),
        new nn.Linear(64 * 7 * 7, 128),
        new nn.ReLU(),
        new nn.Linear(128, 10),
      ),
      crossEntropy,
    ),
  resnet20: () => step(new ResNet20(), crossEntropy),
  lstm: () => step(new Recurrent(), crossEntropy),
  gpt4: () => step(new GPT(4, 128, 4, 64), languageLoss),
  gpt6: () => step(new GPT(6, 384, 6, 256), languageLoss),
};
