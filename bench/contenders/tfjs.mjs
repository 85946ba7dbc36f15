// Runs one case in TensorFlow.js: `tfjs.mjs cpu|wasm <case>`. Prints seconds per iteration; nothing for a case that it
// lacks.

import { measure } from './measure.mjs';

const [backend, name] = process.argv.slice(2);

// Installed by whoever wants the comparison; its types are not needed for it.
const library = '@tensorflow/tfjs';
// It advertises its addon for Node on the console.
console.warn = () => {};
const tf = await import(library);
if (backend === 'wasm') {
  const wasm = await import(`${library}-backend-wasm`);
  wasm.setThreadsCount(Number(process.env.QUERN_NUM_THREADS ?? 1));
}
await tf.setBackend(backend);
await tf.ready();

/**
 * An operation on random operands, computed to the end.
 *
 * @param {(...operands: any[]) => any} operation
 * @param {...number[]} shapes
 */
function op(operation, ...shapes) {
  const operands = shapes.map((shape) => tf.randomNormal(shape));
  return () => {
    const out = operation(...operands);
    out.dataSync();
    out.dispose();
  };
}

/**
 * A training step with Adam.
 *
 * @param {any[]} layers
 * @param {any} x
 * @param {(output: any) => any} loss
 */
function step(layers, x, loss) {
  const model = tf.sequential({ layers });
  const optimizer = tf.train.adam(1e-3);
  return () => {
    const value = optimizer.minimize(() => loss(model.apply(x)), true);
    value?.dataSync();
    value?.dispose();
  };
}

/** @param {number} batch @param {...number} sizes */
function mlp(batch, ...sizes) {
  const layers = sizes.slice(1).map((units, i) =>
    tf.layers.dense({
      units,
      activation: i < sizes.length - 2 ? 'relu' : 'linear',
      inputShape: i === 0 ? [sizes[0]] : undefined,
    }),
  );
  const y = tf.oneHot(tf.randomUniform([batch], 0, 10, 'int32'), 10);
  return step(layers, tf.randomNormal([batch, sizes[0]]), (out) => tf.losses.softmaxCrossEntropy(y, out));
}

function net() {
  const layers = [
    tf.layers.dense({ units: 8, activation: 'tanh', inputShape: [2] }),
    tf.layers.dense({ units: 1 }),
  ];
  const y = tf.randomNormal([4, 1]);
  return step(layers, tf.randomNormal([4, 2]), (out) => tf.losses.meanSquaredError(y, out));
}

function cnn() {
  const conv = (/** @type {number} */ filters, /** @type {number[] | undefined} */ inputShape = undefined) =>
    tf.layers.conv2d({ filters, kernelSize: 3, padding: 'same', activation: 'relu', inputShape });
  const pool = () => tf.layers.maxPooling2d({ poolSize: 2 });
  const layers = [
    conv(8, [28, 28, 1]),
    pool(),
    conv(16),
    pool(),
    tf.layers.flatten(),
    tf.layers.dense({ units: 10 }),
  ];
  const y = tf.oneHot(tf.randomUniform([16], 0, 10, 'int32'), 10);
  return step(layers, tf.randomNormal([16, 28, 28, 1]), (out) => tf.losses.softmaxCrossEntropy(y, out));
}

/** @type {Record<string, () => () => void>} */
const CASES = {
  'add, 4': () => op(tf.add, [4], [4]),
  'add, 1024x1024': () => op(tf.add, [1024, 1024], [1024, 1024]),
  'add row, 1024x1024': () => op(tf.add, [1024, 1024], [1024]),
  'exp, 256x1024': () => op(tf.exp, [256, 1024]),
  'tanh, 256x1024': () => op(tf.tanh, [256, 1024]),
  'sum, 1024x1024': () => op((a) => tf.sum(a), [1024, 1024]),
  'sum of rows, 1024x1024': () => op((a) => tf.sum(a, 1), [1024, 1024]),
  'softmax, 256x1024': () => op((a) => tf.softmax(a), [256, 1024]),
  'matmul, 64x64': () => op((a, b) => tf.matMul(a, b), [64, 64], [64, 64]),
  'matmul, 256x256': () => op((a, b) => tf.matMul(a, b), [256, 256], [256, 256]),
  'matmul, 512x512': () => op((a, b) => tf.matMul(a, b), [512, 512], [512, 512]),
  'conv2d 3x3, 16x32x28x28 to 32': () =>
    op((x, w) => tf.conv2d(x, w, 1, 'same'), [16, 28, 28, 32], [3, 3, 32, 32]),
  'maxPool2d 2, 16x32x28x28': () => op((x) => tf.maxPool(x, 2, 2, 'valid'), [16, 28, 28, 32]),
  'net 2-8-1, batch 4': net,
  'mlp 784-128-10, batch 64': () => mlp(64, 784, 128, 10),
  'mlp 784-512-512-10, batch 128': () => mlp(128, 784, 512, 512, 10),
  'cnn 8-16 3x3, 28x28, batch 16': cnn,
};

if (name === '--version') console.log(tf.version.tfjs);
else if (name in CASES) console.log(measure(CASES[name]()));
