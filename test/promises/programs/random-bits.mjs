// Prints a digest of each random function's results from one seed.
import {
  bernoulli,
  full,
  manualSeed,
  multinomial,
  nn,
  normal,
  ones,
  poisson,
  rand,
  randint,
  randn,
  randperm,
  standardGamma,
  uniform,
  zeros,
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
  dropout2d: (dtype) => nn.functional.dropout2d(ones([37, 91, 3, 2], { dtype }), { p: 0.4 }),
  alphaDropout: (dtype) => nn.functional.alphaDropout(ones(SHAPE, { dtype }), { p: 0.4 }),
  rrelu: (dtype) => nn.functional.rrelu(full(SHAPE, -1, { dtype }), { training: true }),
  truncNormal_: (dtype) => nn.init.truncNormal_(zeros(SHAPE, { dtype }), { std: 0.02, a: -0.03, b: 0.04 }),
  sparse_: (dtype) => nn.init.sparse_(zeros(SHAPE, { dtype }), 0.3),
  randint: () => randint(-5, 1000, SHAPE, { dtype: 'int32' }),
  randperm: () => randperm(10_007),
  exponential_: (dtype) => zeros(SHAPE, { dtype }).exponential_({ lambd: 0.7 }),
  logNormal_: (dtype) => zeros(SHAPE, { dtype }).logNormal_(),
  cauchy_: (dtype) => zeros(SHAPE, { dtype }).cauchy_(),
  geometric_: (dtype) => zeros(SHAPE, { dtype }).geometric_(0.01),
  standardGamma: (dtype) => standardGamma(uniform(SHAPE, 0.01, 30, { dtype })),
  poisson: (dtype) => poisson(uniform(SHAPE, 0, 60, { dtype })),
  multinomial: (dtype) => multinomial(rand(SHAPE, { dtype }), 20),
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
