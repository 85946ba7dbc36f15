// What the programs of this folder train, and how they tell whether two trainings came to the same bits.
import { createHash } from 'node:crypto';
import { manualSeed, nn, optim, randint, randn, scope } from 'quern';

/** @import { Tensor } from 'quern' */

/**
 * What is trained: a model, its input, what it should answer, and how far it is off.
 * @typedef {{ model: nn.Sequential, x: Tensor, y: Tensor, loss: (input: Tensor, target: Tensor) => Tensor }} Net
 */

/**
 * A digest of tensors' bits.
 * @param {readonly Tensor[]} tensors
 */
export function digest(tensors) {
  const hash = createHash('sha256');
  for (const tensor of tensors) {
    const values = tensor.dataSync();
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

/**
 * The smallest net worth training: 2-8-1.
 * @returns {Net}
 */
export function tinyNet() {
  const model = new nn.Sequential(new nn.Linear(2, 8), new nn.Tanh(), new nn.Linear(8, 1));
  return { model, x: randn([16, 2]), y: randn([16, 1]), loss: nn.functional.mseLoss };
}

/**
 * A net whose activations have `batch` × `width` float32 elements.
 * @param {number} batch
 * @param {number} width
 * @returns {Net}
 */
export function wideNet(batch, width) {
  const model = new nn.Sequential(new nn.Linear(8, width), new nn.ReLU(), new nn.Linear(width, 1));
  return { model, x: randn([batch, 8]), y: randn([batch, 1]), loss: nn.functional.mseLoss };
}

/**
 * Convolutions, batch statistics and dropout, on work enough for several threads.
 * @returns {Net}
 */
export function convNet() {
  const model = new nn.Sequential(
    new nn.Conv2d(1, 8, 3, { padding: 1 }),
    new nn.BatchNorm2d(8),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(8, 16, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.AvgPool2d(2),
    new nn.Flatten(),
    new nn.Dropout({ p: 0.25 }),
    new nn.Linear(16 * 49, 128),
    new nn.Tanh(),
    new nn.Linear(128, 10),
  );
  const y = randint(0, 10, [48], { dtype: 'int32' });
  return { model, x: randn([48, 1, 28, 28]), y, loss: nn.functional.crossEntropy };
}

/**
 * A function that does one step of training and answers the loss.
 * @param {Net} net
 */
export function trainer({ model, x, y, loss }) {
  const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
  return () => {
    const error = loss(model.forward(x), y);
    optimizer.zeroGrad();
    error.backward();
    optimizer.step();
    return error;
  };
}

/**
 * Trains a net from a seed; answers the digest of its losses and parameters.
 * @param {() => Net} makeNet
 * @param {number} steps
 */
export function bitsOfTraining(makeNet, steps, { scoped = true, seed = 1 } = {}) {
  manualSeed(seed);
  const net = makeNet();
  const step = trainer(net);
  const losses = [];
  for (let i = 0; i < steps; i++) losses.push(scoped ? scope(step) : step());
  return digest([...losses, ...net.model.parameters()]);
}
