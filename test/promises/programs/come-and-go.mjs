// node come-and-go.mjs rounds: workers load the library, train and leave, so that the pool of threads begins and ends
// again and again; prints their digests.
import { endOf, nextMessage, startWorker } from './workers-support.mjs';

const digests = [];
for (let round = 0; round < Number(process.argv[2]); round++) {
  const workers = [1, 2, 3].map(() => startWorker('training-worker.mjs', { steps: 2, seed: 1 }));
  const ends = workers.map(endOf);
  digests.push(...(await Promise.all(workers.map(nextMessage))));
  await Promise.all(ends);
}
console.log(JSON.stringify(digests));
