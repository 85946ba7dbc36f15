// Prints the backend, its threads, and that it computes.
import { backendName, getNumThreads, ones } from 'quern';

const sum = ones([3])
  .matmul(ones([3]))
  .item();
console.log(JSON.stringify({ backend: backendName(), threads: getNumThreads(), sum }));
