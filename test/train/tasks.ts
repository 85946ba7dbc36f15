// Small tasks that the trainer's tests train on.
import {
  DataLoader,
  type DataLoaderOptions,
  manualSeed,
  nn,
  optim,
  TensorDataset,
  Trainer,
  tensor,
} from 'quern';

/** Points on a line that are of class 1 from 0 on. */
export function sides(count = 32): TensorDataset {
  const points = Float32Array.from({ length: count }, (_, i) => (i + 0.5) / count - 0.5);
  const classes = Int32Array.from(points, (x) => (x >= 0 ? 1 : 0));
  return new TensorDataset(tensor(points).reshape([count, 1]), tensor(classes));
}

export function loaderOf(options: DataLoaderOptions = {}): DataLoader {
  return new DataLoader(sides(), { batchSize: 8, shuffle: true, seed: 1, ...options });
}

export function classifier(): nn.Sequential {
  manualSeed(3);
  return new nn.Sequential(
    new nn.Linear(1, 8),
    new nn.Tanh(),
    new nn.Dropout({ p: 0.1 }),
    new nn.Linear(8, 2),
  );
}

/** A trainer of a classifier, without metrics. */
export function plainTrainer(model = classifier(), lr = 0.5): Trainer {
  return new Trainer({
    model,
    optimizer: new optim.SGD(model.parameters(), { lr }),
    loss: nn.functional.crossEntropy,
  });
}
