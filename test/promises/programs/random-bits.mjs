// Prints a digest of each random function's results from one seed.
import {
  bernoulli,
  full,
  manualSeed,
  nn,
  normal,
  ones,
  rand,
  randint,
  randn,
  randperm,
  uniform,
} from 'quern';
import { digest } from './training.mjs';

const SHAPE = [37, 1001];
/** @type {Record<string, (dtype: import('quern').DType) => import('quern').Tensor>} */
const DRAWS = {
  rand: (dtype) => rand(SHAPE, { dtype }),
  uniform: (dtype) => uniform(SHAPE, -3, 7.5, { dtype }),
  randn: (dtype) => randn(SHAPE, { dtype }),
  normal: (dtype) => normal(SHAPE, 2, 0.5, { dtype }),
  bernoulli: (dtype) => bernoulli(full(SHAPE, 0.3, { dtype })),
  dropout: (dtype) => nn.functional.dropout(ones(SHAPE, { dtype }), { p: 0.4 }),
  randint: () => randint(-5, 1000, SHAPE, { dtype: 'int32' }),
  randperm: () => randperm(10_007),
};
/** @type {Record<string, string>} */
const digests = {};
for (const [name, draw] of Object.entries(DRAWS)) {
  for (const dtype of /** @type {const} */ (['float32', 'float64'])) {
    manualSeed(20260101n);
    digests[`${name} ${dtype}`] = digest([draw(dtype), draw(dtype)]);
  }
}
console.log(JSON.stringify(digests));
