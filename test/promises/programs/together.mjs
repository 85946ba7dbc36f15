// Two workers train at once, and then one after the other; prints the digests of both runs.
import { nextMessage, startWorker } from './workers-support.mjs';

/** @param {number} seed */
const train = (seed) => nextMessage(startWorker('training-worker.mjs', { steps: 10, seed }));
const together = await Promise.all([train(1), train(2)]);
const alone = [await train(1), await train(2)];
console.log(JSON.stringify({ together, alone }));
