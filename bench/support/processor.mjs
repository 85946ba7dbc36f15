// A process that keeps one processor as busy as it can be, and says how fast it went: for each line that it is sent, a
// number of milliseconds, it answers the products of two small matrices a millisecond in the second half of that time.

import { createInterface } from 'node:readline';
import * as q from 'quern';

// In registers and the nearest cache, at nearly all that the machine's multiply-adds give: two such processes on one
// core get half each.
const SIZE = 96;

q.setNumThreads(1);
const a = q.randn([SIZE, SIZE]);
const b = q.randn([SIZE, SIZE]);

/** @param {number} milliseconds */
function rate(milliseconds) {
  const end = performance.now() + milliseconds;
  let count = 0;
  while (performance.now() < end) {
    q.matmul(a, b).dispose();
    count++;
  }
  return count / milliseconds;
}

rate(100);
console.log('ready');
for await (const line of createInterface({ input: process.stdin })) {
  const half = Number(line) / 2;
  rate(half);
  console.log(rate(half));
}
