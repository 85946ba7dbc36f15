// Handwritten digits with fully connected layers: a training loop by hand over a data loader.
import { Accuracy, DataLoader, loadMnist, nn, noGrad, optim, scope } from 'quern';
import { firstSamples } from './support/data.js';
import { readOptions } from './support/options.js';

const options = readOptions(['limit', 'data'], { epochs: 3 });

const mnist = loadMnist(options.data);
const train = new DataLoader(firstSamples(mnist.train, options.limit), { batchSize: 64, shuffle: true });
const test = new DataLoader(firstSamples(mnist.test, options.limit), { batchSize: 500 });

const model = new nn.Sequential(
  new nn.Flatten(),
  new nn.Linear(28 * 28, 128),
  new nn.ReLU(),
  new nn.Linear(128, 10),
);
const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });

const start = performance.now();
for (let epoch = 1; epoch <= options.epochs; epoch++) {
  let total = 0;
  for await (const [x, y] of train) {
    // The scope frees the step's tensors at once. Without it all works too, with more memory and slower.
    total += scope(() => {
      const loss = nn.functional.crossEntropy(model.forward(x), y);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.item();
    });
    x.dispose();
    y.dispose();
  }
  console.log(`epoch ${epoch}: loss ${(total / train.length).toFixed(4)}`);
}
const seconds = (performance.now() - start) / 1000;

model.eval();
const accuracy = new Accuracy();
for (const [x, y] of test) scope(() => noGrad(() => accuracy.update(model.forward(x), y)));
const testAccuracy = accuracy.compute();
console.log(`test accuracy ${(100 * testAccuracy).toFixed(2)} % after ${seconds.toFixed(1)} s of training`);
if (options.json) console.log(JSON.stringify({ testAccuracy, seconds, epochs: options.epochs }));
