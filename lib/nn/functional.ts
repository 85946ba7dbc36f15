// The functions that layers and losses are made of: re-exports only.

export { type GeluOptions, gelu, relu, sigmoid, silu, softplus, tanh } from '../ops/activation.js';
export { type Conv2dOptions, conv2d, type Pair } from '../ops/conv.js';
export { linear } from '../ops/linear.js';
export { logSigmoid } from '../ops/logSigmoid.js';
export { type AvgPoolOptions, avgPool2d, type MaxPoolOptions, maxPool2d } from '../ops/pool2d.js';
export { dropout } from '../ops/random.js';
export {
  type LayerNormOptions,
  layerNorm,
  type NormalizedShape,
  type RMSNormOptions,
  rmsNorm,
} from '../ops/rowNorm.js';
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
