// Keeps every loss of a training, with its graph consumed but its value unread; prints how many bytes that retains.
// To be run with --expose-gc.
import { tinyNet, trainer } from './training.mjs';

function retained() {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const step = trainer(tinyNet());
for (let i = 0; i < 1000; i++) step();
const before = retained();
const losses = [];
for (let i = 0; i < 20_000; i++) losses.push(step());
const retainedBytes = retained() - before;
console.log(JSON.stringify({ retainedBytes, last: losses[losses.length - 1].item() }));
