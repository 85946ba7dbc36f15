// node terminate.mjs times: ends as many workers in mid-training; prints the longest that one took to end, in ms, and
// whether a worker trains afterwards as one did before.
import { setTimeout as wait } from 'node:timers/promises';
import { nextMessage, startWorker } from './workers-support.mjs';

const times = Number(process.argv[2]);
const before = await nextMessage(startWorker('training-worker.mjs', { steps: 3, seed: 1 }));
let slowest = 0;
for (let i = 0; i < times; i++) {
  const worker = startWorker('training-worker.mjs', {});
  await nextMessage(worker);
  // At other points of the step each time.
  await wait((i * 7) % 50);
  const start = performance.now();
  await worker.terminate();
  slowest = Math.max(slowest, performance.now() - start);
}
const after = await nextMessage(startWorker('training-worker.mjs', { steps: 3, seed: 1 }));
console.log(JSON.stringify({ slowest, before, after }));
