// The functions that layers and losses are made of: re-exports only.

export {
  type GeluOptions,
  gelu,
  relu,
  type SoftplusOptions,
  sigmoid,
  silu,
  softplus,
  tanh,
} from '../ops/activation.js';
export {
  type AdaptiveMaxPoolOptions,
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  type TargetPair,
  type TargetSingle,
  type TargetTriple,
} from '../ops/adaptivePool.js';
export { type AffineGridOptions, affineGrid } from '../ops/affineGrid.js';
export { type AttentionOptions, scaledDotProductAttention } from '../ops/attention.js';
export { type BilinearFunctionOptions, bilinear } from '../ops/bilinear.js';
export {
  type Conv1dOptions,
  type Conv2dOptions,
  type Conv3dOptions,
  conv1d,
  conv2d,
  conv3d,
} from '../ops/conv.js';
export type { Pair, Single, Triple } from '../ops/convShape.js';
export {
  type ConvTranspose1dOptions,
  type ConvTranspose2dOptions,
  type ConvTranspose3dOptions,
  convTranspose1d,
  convTranspose2d,
  convTranspose3d,
} from '../ops/convTranspose.js';
export { alphaDropout, dropout1d, dropout2d, dropout3d, featureAlphaDropout } from '../ops/dropout.js';
export { type EmbeddingFunctionOptions, embedding } from '../ops/embedding.js';
export {
  type EmbeddingBagFunctionOptions,
  type EmbeddingBagMode,
  embeddingBag,
} from '../ops/embeddingBag.js';
export {
  type GridSampleMode,
  type GridSampleOptions,
  type GridSamplePadding,
  gridSample,
} from '../ops/gridSample.js';
export { type GroupNormOptions, groupNorm } from '../ops/groupNorm.js';
export { type InterpolateMode, type InterpolateOptions, interpolate } from '../ops/interpolate.js';
export { linear } from '../ops/linear.js';
export { type LocalResponseNormOptions, localResponseNorm } from '../ops/localResponseNorm.js';
export { logSigmoid } from '../ops/logSigmoid.js';
export {
  type LpPool1dOptions,
  type LpPool3dOptions,
  type LpPoolOptions,
  lpPool1d,
  lpPool2d,
  lpPool3d,
} from '../ops/lpPool.js';
export {
  type IndicesAsked,
  type IndicesNotAsked,
  type MaxPool1dOptions,
  type MaxPool3dOptions,
  type MaxPoolOptions,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from '../ops/maxPool.js';
export {
  type MaxUnpool1dOptions,
  type MaxUnpool3dOptions,
  type MaxUnpoolOptions,
  maxUnpool1d,
  maxUnpool2d,
  maxUnpool3d,
  type UnpoolSize,
} from '../ops/maxUnpool.js';
export { type PadMode, type PadOptions, pad } from '../ops/pad.js';
export { fold, type PatchOptions, unfold } from '../ops/patches.js';
export { channelShuffle, pixelShuffle, pixelUnshuffle } from '../ops/pixelShuffle.js';
export {
  type AvgPool1dOptions,
  type AvgPool3dOptions,
  type AvgPoolOptions,
  avgPool1d,
  avgPool2d,
  avgPool3d,
} from '../ops/pool.js';
export type { Maxima } from '../ops/poolImages.js';
export {
  type RotaryOptions,
  rotaryEmbedding,
  type SinusoidOptions,
  sinusoidalPositions,
} from '../ops/position.js';
export { type DropoutOptions, dropout } from '../ops/random.js';
export {
  type GumbelSoftmaxOptions,
  gumbelSoftmax,
  type RReLUOptions,
  rrelu,
} from '../ops/randomActivations.js';
export {
  type AlphaOptions,
  celu,
  elu,
  type HardtanhOptions,
  hardsigmoid,
  hardswish,
  hardtanh,
  type LeakyReluOptions,
  leakyRelu,
  prelu,
  relu6,
  selu,
  threshold,
} from '../ops/rectifiers.js';
export {
  type GRUOptions,
  gru,
  type LSTMOptions,
  lstm,
  type Nonlinearity,
  type RNNOptions,
  rnn,
  type States,
  type StatesAndCells,
} from '../ops/recurrent.js';
export {
  type LayerNormOptions,
  layerNorm,
  type NormalizedShape,
  type RMSNormOptions,
  rmsNorm,
} from '../ops/rowNorm.js';
export {
  cosineSimilarity,
  type NormalizeOptions,
  normalize,
  type PairwiseDistanceOptions,
  pairwiseDistance,
  type SimilarityOptions,
} from '../ops/similarity.js';
export {
  glu,
  hardshrink,
  mish,
  type ShrinkOptions,
  softshrink,
  softsign,
  tanhshrink,
} from '../ops/softActivations.js';
export { logSoftmax, softmax, softmin } from '../ops/softmax.js';
export { type BatchNormOptions, batchNorm } from './functional/batchNorm.js';
export {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from './functional/binaryCrossEntropy.js';
export {
  type MultilabelSoftMarginLossOptions,
  type MultiMarginLossOptions,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
} from './functional/classMargin.js';
export {
  type CrossEntropyOptions,
  crossEntropy,
  type NLLLossOptions,
  nllLoss,
} from './functional/crossEntropy.js';
export { type CTCLossOptions, ctcLoss, type Lengths } from './functional/ctc.js';
export {
  type DiceLossOptions,
  diceLoss,
  type FocalLossOptions,
  focalLoss,
  type SigmoidFocalLossOptions,
  sigmoidFocalLoss,
} from './functional/focal.js';
export {
  type HuberLossOptions,
  huberLoss,
  type SmoothL1LossOptions,
  smoothL1Loss,
} from './functional/huber.js';
export { type InstanceNormOptions, instanceNorm } from './functional/instanceNorm.js';
export {
  type GaussianNLLLossOptions,
  gaussianNllLoss,
  type KLDivLossOptions,
  klDivLoss,
  type PoissonNLLLossOptions,
  poissonNllLoss,
} from './functional/likelihood.js';
export {
  hingeEmbeddingLoss,
  hingeLoss,
  type MarginOptions,
  marginRankingLoss,
  softMarginLoss,
} from './functional/margin.js';
export {
  cosineEmbeddingLoss,
  type DistanceFunction,
  type TripletMarginLossOptions,
  type TripletMarginWithDistanceLossOptions,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from './functional/metric.js';
export { oneHot } from './functional/oneHot.js';
export type { Reduction, ReductionOptions } from './functional/reduction.js';
export { l1Loss, mseLoss } from './functional/regression.js';
