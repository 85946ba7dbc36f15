// Times one iteration, as the median of samples that are each long enough for the clock.

// V8 goes on compiling for about so long: a step of a small CNN needs a second to come to its speed.
const WARM_UP_SECONDS = 1.5;
const SAMPLE_SECONDS = 0.02;
const SAMPLES = 25;
const MOST_SECONDS = 4;

const now = () => Number(process.hrtime.bigint()) / 1e9;

/**
 * Seconds per call of `iteration`, the median of many samples.
 *
 * @param {() => void} iteration
 * @returns {number}
 */
export function measure(iteration) {
  const begin = now();
  let count = 0;
  do {
    iteration();
    count++;
  } while (now() - begin < WARM_UP_SECONDS);
  const perSample = Math.max(1, Math.round((SAMPLE_SECONDS * count) / (now() - begin)));
  const samples = [];
  const start = now();
  while (samples.length < SAMPLES && (samples.length < 3 || now() - start < MOST_SECONDS)) {
    const from = now();
    for (let i = 0; i < perSample; i++) iteration();
    samples.push((now() - from) / perSample);
  }
  return samples.sort((a, b) => a - b)[samples.length >> 1];
}
