// Whole training steps: forward, loss, backward, Adam.

import type * as Quern from 'quern';
import type { Case } from './case.js';

type Q = typeof Quern;
type Loss = (output: Quern.Tensor, target: Quern.Tensor) => Quern.Tensor;

/** One step in a scope, as the trainer does it. */
function step(
  name: string,
  make: (q: Q) => { model: Quern.nn.Module; x: Quern.Tensor; y: Quern.Tensor; loss: Loss },
): Case {
  return {
    name,
    group: 'steps',
    prepare(q) {
      q.manualSeed(0);
      const { model, x, y, loss } = make(q);
      const optimizer = new q.optim.Adam(model.parameters(), { lr: 1e-3 });
      return () =>
        q.scope(() => {
          const value = loss(model.forward(x), y);
          optimizer.zeroGrad();
          value.backward();
          optimizer.step();
        });
    },
  };
}

export const steps: readonly Case[] = [
  step('net 2-8-1, batch 4', (q) => ({
    model: new q.nn.Sequential(new q.nn.Linear(2, 8), new q.nn.Tanh(), new q.nn.Linear(8, 1)),
    x: q.randn([4, 2]),
    y: q.randn([4, 1]),
    loss: q.nn.functional.mseLoss,
  })),
  step('mlp 784-128-10, batch 64', (q) => ({
    model: new q.nn.Sequential(new q.nn.Linear(784, 128), new q.nn.ReLU(), new q.nn.Linear(128, 10)),
    x: q.randn([64, 784]),
    y: q.randint(0, 10, [64]),
    loss: q.nn.functional.crossEntropy,
  })),
  step('mlp 784-512-512-10, batch 128', (q) => ({
    model: new q.nn.Sequential(
      new q.nn.Linear(784, 512),
      new q.nn.ReLU(),
      new q.nn.Linear(512, 512),
      new q.nn.ReLU(),
      new q.nn.Linear(512, 10),
    ),
    x: q.randn([128, 784]),
    y: q.randint(0, 10, [128]),
    loss: q.nn.functional.crossEntropy,
  })),
  step('cnn 8-16 3x3, 28x28, batch 16', (q) => ({
    model: new q.nn.Sequential(
      new q.nn.Conv2d(1, 8, 3, { padding: 1 }),
      new q.nn.ReLU(),
      new q.nn.MaxPool2d(2),
      new q.nn.Conv2d(8, 16, 3, { padding: 1 }),
      new q.nn.ReLU(),
      new q.nn.MaxPool2d(2),
      new q.nn.Flatten(),
      new q.nn.Linear(784, 10),
    ),
    x: q.randn([16, 1, 28, 28]),
    y: q.randint(0, 10, [16]),
    loss: q.nn.functional.crossEntropy,
  })),
];
