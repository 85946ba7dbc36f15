// XOR, the smallest problem that no single layer solves: a training loop by hand.
import { Accuracy, nn, noGrad, optim, scope, tensor } from 'quern';
import { readOptions } from './support/options.js';

const options = readOptions([], { epochs: 300 });

const x = tensor([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const y = tensor([[0], [1], [1], [0]]);

const model = new nn.Sequential(new nn.Linear(2, 16), new nn.Tanh(), new nn.Linear(16, 1));
const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });

const start = performance.now();
for (let epoch = 1; epoch <= options.epochs; epoch++) {
  const loss = scope(() => {
    const loss = nn.functional.binaryCrossEntropyWithLogits(model.forward(x), y);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss.item();
  });
  if (epoch % 100 === 0) console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}`);
}
const seconds = (performance.now() - start) / 1000;

model.eval();
const logits = noGrad(() => model.forward(x));
const accuracy = new Accuracy({ threshold: 0 });
accuracy.update(logits, y);
const answers = logits.sigmoid().toArray() as number[][];
for (const [i, [a, b]] of (x.toArray() as number[][]).entries()) {
  console.log(`${a} xor ${b}: ${answers[i][0].toFixed(3)}`);
}
if (options.json) {
  console.log(JSON.stringify({ testAccuracy: accuracy.compute(), seconds, epochs: options.epochs }));
}
