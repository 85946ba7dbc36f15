// Tensors between threads: by toShared and fromShared, and not by themselves. Prints what came of it.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { fromShared, ones, tensor, toShared } from 'quern';
import { nextMessage } from './workers-support.mjs';

/**
 * What refuses a tensor.
 * @param {(x: import('quern').Tensor) => unknown} post
 */
function refusal(post) {
  try {
    post(ones([2]));
    return '';
  } catch (error) {
    return String(error);
  }
}

if (isMainThread) {
  const shared = toShared(
    tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: 'float64' },
    ),
  );
  const worker = new Worker(new URL(import.meta.url), { workerData: shared });
  const { there, dtype, toMain } = await nextMessage(worker);
  const toWorker = refusal((x) => worker.postMessage(x));
  const inData = refusal((x) => new Worker(new URL(import.meta.url), { workerData: { x } }));
  console.log(JSON.stringify({ here: fromShared(shared).toArray(), there, dtype, toMain, toWorker, inData }));
} else {
  const x = fromShared(workerData);
  const there = x.toArray();
  x.mul_(10);
  parentPort?.postMessage({ there, dtype: x.dtype, toMain: refusal((t) => parentPort?.postMessage(t)) });
}
