// Starting workers and hearing from them.
import { Worker } from 'node:worker_threads';

/**
 * Starts a file of this folder as a worker.
 * @param {string} name
 * @param {unknown} workerData
 */
export function startWorker(name, workerData) {
  return new Worker(new URL(`./${name}`, import.meta.url), { workerData });
}

/**
 * The next message of a worker; its error, or its end without a message, rejects.
 * @param {Worker} worker
 * @returns {Promise<any>}
 */
export function nextMessage(worker) {
  return new Promise((resolve, reject) => {
    const onExit = (/** @type {number} */ code) =>
      reject(new Error(`the worker ended with code ${code} and said nothing`));
    worker.once('error', reject);
    worker.once('exit', onExit);
    worker.once('message', (message) => {
      worker.off('error', reject);
      worker.off('exit', onExit);
      resolve(message);
    });
  });
}

/**
 * The end of a worker: its exit code.
 * @param {Worker} worker
 */
export function endOf(worker) {
  return new Promise((resolve) => {
    worker.once('exit', resolve);
  });
}
