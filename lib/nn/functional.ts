// The functions that layers and losses are made of: re-exports only.

export { relu, sigmoid, softplus, tanh } from '../ops/activation.js';
export { type AttentionOptions, scaledDotProductAttention } from '../ops/attention.js';
export { type Conv2dOptions, conv2d, type Pair } from '../ops/conv.js';
export { embedding } from '../ops/embedding.js';
export { linear } from '../ops/linear.js';
export { logSigmoid } from '../ops/logSigmoid.js';
export { type AvgPoolOptions, avgPool2d, type MaxPoolOptions, maxPool2d } from '../ops/pool2d.js';
export { dropout } from '../ops/random.js';
export { logSoftmax, softmax } from '../ops/softmax.js';
export { type BatchNormOptions, batchNorm } from './functional/batchNorm.js';
export {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from './functional/binaryCrossEntropy.js';
export {
  type CrossEntropyOptions,
  crossEntropy,
  type NLLLossOptions,
  nllLoss,
} from './functional/crossEntropy.js';
export { oneHot } from './functional/oneHot.js';
export type { Reduction, ReductionOptions } from './functional/reduction.js';
export { l1Loss, mseLoss } from './functional/regression.js';
