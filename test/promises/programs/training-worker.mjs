// A worker that trains: `steps` steps, after which it posts the digest, or until somebody ends it.
import { parentPort, workerData } from 'node:worker_threads';
import { scope } from 'quern';
import { bitsOfTraining, convNet, trainer } from './training.mjs';

if (workerData.steps === undefined) {
  const step = trainer(convNet());
  scope(step);
  parentPort?.postMessage('training');
  for (;;) scope(step);
}
parentPort?.postMessage(bitsOfTraining(convNet, workerData.steps, { seed: workerData.seed }));
