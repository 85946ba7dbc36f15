// Neural networks: modules, layers, losses, initialisation. Re-exports only.

export type { Reduction, ReductionOptions } from './functional/reduction.js';
export * as functional from './functional.js';
export * as init from './init.js';
export { LogSigmoid, LogSoftmax, ReLU, Sigmoid, Softmax, Softplus, Tanh } from './layers/activations.js';
export {
  type AttentionCallOptions,
  MultiheadAttention,
  type MultiheadAttentionOptions,
} from './layers/attention.js';
export { BatchNorm1d, BatchNorm2d, type BatchNormLayerOptions } from './layers/batchNorm.js';
export { Conv2d, type Conv2dLayerOptions } from './layers/conv2d.js';
export { Dropout } from './layers/dropout.js';
export { Embedding, type EmbeddingOptions } from './layers/embedding.js';
export { Linear, type LinearOptions } from './layers/linear.js';
export { BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, L1Loss, MSELoss, NLLLoss } from './layers/losses.js';
export { AvgPool2d, MaxPool2d } from './layers/pooling.js';
export { Sequential } from './layers/sequential.js';
export { Flatten, Identity } from './layers/shape.js';
export { Module } from './module.js';
export { buffer, Parameter, type ParameterConstructor, type ParameterOptions } from './parameter.js';
export type { LoadOptions, LoadReport, StateDict } from './state.js';
export type { SummaryOptions } from './summary.js';
