// A residual net of twenty layers on pictures of clothes.
import { Accuracy, DataLoader, nn, optim, Trainer } from 'quern';
import { ResNet20 } from './models/resnet.js';
import { Augmented } from './support/augment.js';
import { FASHION_FOLDER, firstSamples, loadFashion } from './support/data.js';
import { readOptions } from './support/options.js';

const options = readOptions(
  ['limit', 'data'],
  { epochs: 10 },
  {
    data: `--data FOLDER  the files of Fashion-MNIST, or of any such data set; without it ${FASHION_FOLDER}`,
  },
);

const { train, test } = loadFashion(options.data);
const pictures = new Augmented(train, options.limit);
const trainLoader = new DataLoader(pictures, {
  batchSize: Math.min(128, pictures.size),
  shuffle: true,
  dropLast: true,
});
const testLoader = new DataLoader(firstSamples(test, options.limit), { batchSize: 250 });

const model = new ResNet20(1, 10);
const optimizer = new optim.SGD(model.parameters(), {
  lr: 0.1,
  momentum: 0.9,
  nesterov: true,
  weightDecay: 5e-4,
});
const schedule = new optim.lrScheduler.OneCycleLR(optimizer, 0.2, {
  totalSteps: options.epochs * trainLoader.length,
  cycleMomentum: false,
});
const trainer = new Trainer({
  model,
  optimizer,
  loss: nn.functional.crossEntropy,
  metrics: { accuracy: new Accuracy() },
  progress: true,
});

const start = performance.now();
const history = await trainer.fit(trainLoader, {
  epochs: options.epochs,
  validation: testLoader,
  onBatchEnd: () => schedule.step(),
});
const seconds = (performance.now() - start) / 1000;

const accuracy = history.at(-1)?.validation?.accuracy ?? Number.NaN;
console.log(`test accuracy ${(100 * accuracy).toFixed(2)} % after ${seconds.toFixed(0)} s of training`);
if (options.json) console.log(JSON.stringify({ testAccuracy: accuracy, seconds, epochs: options.epochs }));
