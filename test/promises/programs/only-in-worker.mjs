// Loads the library in workers alone, never on the main thread; prints whether two trainings there agree.
import { nextMessage, startWorker } from './workers-support.mjs';

const first = await nextMessage(startWorker('training-worker.mjs', { steps: 3, seed: 1 }));
const second = await nextMessage(startWorker('training-worker.mjs', { steps: 3, seed: 1 }));
console.log(JSON.stringify({ first, second }));
