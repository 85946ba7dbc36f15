// Handwritten digits with a small convolutional net: the trainer, metrics, and a model in a file.
import { Accuracy, ConfusionMatrix, DataLoader, loadMnist, nn, optim, saveSafetensors, Trainer } from 'quern';
import { firstSamples } from './support/data.js';
import { drawConfusion, drawPicture, sideBySide } from './support/draw.js';
import { readOptions } from './support/options.js';

const options = readOptions(['limit', 'save', 'data'], { epochs: 3, save: 'mnist-cnn.safetensors' });

const LEARNING_RATE = 2e-3;

const mnist = loadMnist(options.data);
const train = firstSamples(mnist.train, options.limit);
const test = firstSamples(mnist.test, options.limit);
const trainLoader = new DataLoader(train, { batchSize: 64, shuffle: true });
const testLoader = new DataLoader(test, { batchSize: 250 });

const model = new nn.Sequential(
  new nn.Conv2d(1, 16, 3, { padding: 1 }),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Conv2d(16, 32, 3, { padding: 1 }),
  new nn.ReLU(),
  new nn.MaxPool2d(2),
  new nn.Flatten(),
  new nn.Linear(32 * 7 * 7, 128),
  new nn.ReLU(),
  new nn.Dropout({ p: 0.25 }),
  new nn.Linear(128, 10),
);
const optimizer = new optim.Adam(model.parameters(), { lr: LEARNING_RATE });
const trainer = new Trainer({
  model,
  optimizer,
  loss: nn.functional.crossEntropy,
  metrics: { accuracy: new Accuracy() },
  progress: true,
});

let step = 0;
const steps = options.epochs * trainLoader.length;
const start = performance.now();
await trainer.fit(trainLoader, {
  epochs: options.epochs,
  onBatchEnd() {
    // Half a cosine, from the full learning rate down to nothing.
    step++;
    optimizer.paramGroups[0].lr = (LEARNING_RATE / 2) * (1 + Math.cos((Math.PI * step) / steps));
  },
});
const seconds = (performance.now() - start) / 1000;

const logits = await trainer.predict(testLoader);
const truth = mnist.test.tensors[1].narrow(0, 0, test.size);
const [accuracy, confusion] = [new Accuracy(), new ConfusionMatrix(10)];
accuracy.update(logits, truth);
confusion.update(logits, truth);
const testAccuracy = accuracy.compute();

console.log(`\n${drawConfusion(confusion.compute())}\n`);
showMistakes(logits.argmax(1).toArray(), truth.toArray());
console.log(`test accuracy ${(100 * testAccuracy).toFixed(2)} % after ${seconds.toFixed(1)} s of training`);
if (options.save !== undefined) {
  saveSafetensors(options.save, model.stateDict(), { metadata: { testAccuracy: testAccuracy.toFixed(4) } });
  console.log(`saved the model to ${options.save}`);
}
if (options.json) console.log(JSON.stringify({ testAccuracy, seconds, epochs: options.epochs }));

/** Draws the first few digits that the model took for others. */
function showMistakes(answers: number[], truths: number[]): void {
  const mistaken = answers.flatMap((answer, i) => (answer === truths[i] ? [] : [i])).slice(0, 3);
  const pictures = mistaken.map((i) => ({
    title: `${truths[i]}, taken for ${answers[i]}`,
    lines: drawPicture(mnist.test.get(i)[0].toArray()[0], 1),
  }));
  if (pictures.length > 0) console.log(`${sideBySide(pictures)}\n`);
}
