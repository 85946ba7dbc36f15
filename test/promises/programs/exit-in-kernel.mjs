// node exit-in-kernel.mjs size: ends the process, with code 7, while a worker is inside the product of two square
// matrices; prints the time of that moment, and how long the product takes.
import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { isMainThread, parentPort, workerData } from 'node:worker_threads';
import { nextMessage, startWorker } from './workers-support.mjs';

if (isMainThread) {
  const worker = startWorker('exit-in-kernel.mjs', Number(process.argv[2]));
  const once = await nextMessage(worker);
  await wait(once / 4);
  writeSync(1, JSON.stringify({ at: Date.now(), once }));
  process.exit(7);
} else {
  const { matmul, rand, scope } = await import('quern');
  const [a, b] = [rand([workerData, workerData]), rand([workerData, workerData])];
  const start = performance.now();
  scope(() => void matmul(a, b));
  parentPort?.postMessage(performance.now() - start);
  for (;;) scope(() => void matmul(a, b));
}
