// Neural networks: modules, layers, losses, initialisation. Re-exports only.

export type { RemovableHandle } from '../core/handles.js';
export type { FullBackwardHook, FullBackwardPreHook, ModuleGradients } from './backwardHooks.js';
export type { Reduction, ReductionOptions } from './functional/reduction.js';
export * as functional from './functional.js';
export type { ForwardHook, ForwardPreHook, HookOptions } from './hooks.js';
export * as init from './init.js';
export {
  GELU,
  LogSigmoid,
  LogSoftmax,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softmax2d,
  Softmin,
  Softplus,
  Tanh,
} from './layers/activations.js';
export {
  CELU,
  ELU,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  LeakyReLU,
  PReLU,
  type PReLUOptions,
  ReLU6,
  SELU,
  Threshold,
} from './layers/activationsPiecewise.js';
export { RReLU } from './layers/activationsRandom.js';
export { GLU, Hardshrink, Mish, Softshrink, Softsign, Tanhshrink } from './layers/activationsSmooth.js';
export {
  AdaptiveAvgPool1d,
  AdaptiveAvgPool2d,
  AdaptiveAvgPool3d,
  AdaptiveMaxPool1d,
  AdaptiveMaxPool2d,
  AdaptiveMaxPool3d,
} from './layers/adaptivePooling.js';
export {
  type AttentionCallOptions,
  MultiheadAttention,
  type MultiheadAttentionOptions,
} from './layers/attention.js';
export { BatchNorm1d, BatchNorm2d, BatchNorm3d, type BatchNormLayerOptions } from './layers/batchNorm.js';
export { Bilinear, type BilinearOptions } from './layers/bilinear.js';
export { ModuleDict, ModuleList, ParameterDict, ParameterList } from './layers/containers.js';
export {
  Conv1d,
  type Conv1dLayerOptions,
  Conv2d,
  type Conv2dLayerOptions,
  Conv3d,
  type Conv3dLayerOptions,
  type PaddingMode,
} from './layers/conv.js';
export {
  ConvTranspose1d,
  type ConvTranspose1dLayerOptions,
  ConvTranspose2d,
  type ConvTranspose2dLayerOptions,
  ConvTranspose3d,
  type ConvTranspose3dLayerOptions,
} from './layers/convTranspose.js';
export { CosineSimilarity, PairwiseDistance } from './layers/distance.js';
export {
  AlphaDropout,
  Dropout,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  FeatureAlphaDropout,
} from './layers/dropout.js';
export { Embedding, type EmbeddingOptions, type PretrainedOptions } from './layers/embedding.js';
export {
  EmbeddingBag,
  type EmbeddingBagCallOptions,
  type EmbeddingBagOptions,
  type PretrainedBagOptions,
} from './layers/embeddingBag.js';
export {
  GroupNorm,
  type GroupNormLayerOptions,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type InstanceNormLayerOptions,
} from './layers/groupNorm.js';
export { Linear, type LinearOptions } from './layers/linear.js';
export { LocalResponseNorm } from './layers/localResponseNorm.js';
export { BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, MSELoss, NLLLoss } from './layers/losses.js';
export { CTCLoss } from './layers/lossesCtc.js';
export { DiceLoss, FocalLoss } from './layers/lossesFocal.js';
export {
  CosineEmbeddingLoss,
  HingeEmbeddingLoss,
  HingeLoss,
  MarginRankingLoss,
  MultiLabelMarginLoss,
  MultiLabelSoftMarginLoss,
  MultiMarginLoss,
  SoftMarginLoss,
  TripletMarginLoss,
  TripletMarginWithDistanceLoss,
} from './layers/lossesMargin.js';
export {
  GaussianNLLLoss,
  HuberLoss,
  KLDivLoss,
  PoissonNLLLoss,
  SmoothL1Loss,
} from './layers/lossesRegression.js';
export { LPPool1d, LPPool2d, LPPool3d } from './layers/lpPooling.js';
export { MaxUnpool1d, MaxUnpool2d, MaxUnpool3d } from './layers/maxUnpooling.js';
export {
  CircularPad1d,
  CircularPad2d,
  CircularPad3d,
  ConstantPad1d,
  ConstantPad2d,
  ConstantPad3d,
  type Padding1d,
  type Padding2d,
  type Padding3d,
  ReflectionPad1d,
  ReflectionPad2d,
  ReflectionPad3d,
  ReplicationPad1d,
  ReplicationPad2d,
  ReplicationPad3d,
  ZeroPad1d,
  ZeroPad2d,
  ZeroPad3d,
} from './layers/padding.js';
export {
  Perceptron,
  type PerceptronFit,
  type PerceptronFitOptions,
  type PerceptronOptions,
  type PerceptronStepOptions,
} from './layers/perceptron.js';
export {
  AvgPool1d,
  AvgPool2d,
  AvgPool3d,
  type IndicesOption,
  MaxPool1d,
  MaxPool2d,
  MaxPool3d,
  type Pooled,
} from './layers/pooling.js';
export {
  type LearnedEncodingOptions,
  LearnedPositionalEncoding,
  type PositionalEncodingOptions,
  type RotaryCallOptions,
  type RotaryEmbeddingOptions,
  RotaryPositionalEmbedding,
  type SinusoidalEncodingOptions,
  SinusoidalPositionalEncoding,
} from './layers/position.js';
export {
  GRU,
  type InitialState,
  type InitialStateAndCell,
  LSTM,
  type LSTMLayerOptions,
  type PackedStates,
  type PackedStatesAndCells,
  type RecurrentOptions,
  RNN,
  type RNNLayerOptions,
} from './layers/recurrent.js';
export {
  type CellOptions,
  type CellState,
  GRUCell,
  LSTMCell,
  type LSTMCellState,
  RNNCell,
  type RNNCellOptions,
} from './layers/recurrentCells.js';
export {
  ChannelShuffle,
  Fold,
  PixelShuffle,
  PixelUnshuffle,
  Unfold,
  Upsample,
  UpsamplingBilinear2d,
  UpsamplingNearest2d,
  type UpsamplingOptions,
} from './layers/resampling.js';
export {
  LayerNorm,
  type LayerNormLayerOptions,
  RMSNorm,
  type RMSNormLayerOptions,
} from './layers/rowNorm.js';
export { Sequential } from './layers/sequential.js';
export { Flatten, Identity, Unflatten } from './layers/shape.js';
export { Transformer, type TransformerCallOptions, type TransformerOptions } from './layers/transformer.js';
export {
  type DecoderCallOptions,
  TransformerDecoder,
  TransformerDecoderLayer,
} from './layers/transformerDecoder.js';
export {
  type EncoderCallOptions,
  type EncoderLayerCallOptions,
  TransformerEncoder,
  TransformerEncoderLayer,
  type TransformerStackOptions,
} from './layers/transformerEncoder.js';
export type { FeedForwardActivation, TransformerLayerOptions } from './layers/transformerParts.js';
export { Module } from './module.js';
export { buffer, Parameter, type ParameterConstructor, type ParameterOptions } from './parameter.js';
export type { LoadOptions, LoadReport, StateDict } from './state.js';
export type { SummaryOptions } from './summary.js';
export * as utils from './utils.js';
