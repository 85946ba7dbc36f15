// What the layers of transformers share: options, activations, the feed-forward block.

import type { DType } from '../../core/dtype.js';
import { ArgumentError, describe } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { gelu, relu } from '../../ops/activation.js';
import type { Module } from '../module.js';
import { ReLU } from './activations.js';
import type { Dropout } from './dropout.js';
import { forwardPair } from './fusion.js';
import type { Linear } from './linear.js';

/** What stands between the two linear layers of a feed-forward block. */
export type FeedForwardActivation = 'relu' | 'gelu' | ((x: Tensor) => Tensor);

export interface TransformerLayerOptions {
  /** Features between the two linear layers. Default 2048. */
  dimFeedforward?: number;
  /** The probability with which values, and weights of attention, are dropped in training. Default 0.1. */
  dropout?: number;
  /** 'relu', 'gelu' or a function. Default 'relu'. */
  activation?: FeedForwardActivation;
  /** Added to the variances in the normalisations. Default 1e-5. */
  layerNormEps?: number;
  /** Whether inputs are (N, L, E), not (L, N, E). Default false. */
  batchFirst?: boolean;
  /** Whether each block normalises its input instead of the sum after it. Default false. */
  normFirst?: boolean;
  /** Whether the linear layers and normalisations have biases. Default true. */
  bias?: boolean;
  /** Default float32. */
  dtype?: DType;
}

/** @internal */
export const LAYER_NAMES = {
  dimFeedforward: true,
  dropout: true,
  activation: true,
  layerNormEps: true,
  batchFirst: true,
  normFirst: true,
  bias: true,
  dtype: true,
} as const;

const FUNCTIONS = { relu, gelu: (x: Tensor) => gelu(x) } as const;

/** The function that an option names. @internal */
export function activationFunction(op: string, activation: FeedForwardActivation): (x: Tensor) => Tensor {
  if (typeof activation === 'function') return activation;
  if (Object.hasOwn(FUNCTIONS, activation)) return FUNCTIONS[activation];
  throw new ArgumentError(
    op,
    'activation',
    activation,
    `activation is 'relu', 'gelu' or a function; got ${describe(activation)}`,
  );
}

// Shows the fusion of pairs which activation follows; it has no state.
const RELU = new ReLU();

/** linear2(dropout(activation(linear1(x)))), the first product and relu in one operation. @internal */
export function feedForward(
  x: Tensor,
  linear1: Linear,
  activation: (x: Tensor) => Tensor,
  dropout: Dropout,
  linear2: Linear,
): Tensor {
  const pair = activation === relu ? forwardPair(linear1, RELU, x) : null;
  return linear2.forward(dropout.forward(pair ?? activation(linear1.forward(x))));
}

/** Copies of a layer, each with parameters of its own; they begin with the same values, as in PyTorch. @internal */
export function copies<Layer extends Module>(op: string, layer: Layer, numLayers: number): Layer[] {
  if (!Number.isInteger(numLayers) || numLayers < 0) {
    throw new ArgumentError(
      op,
      'numLayers',
      numLayers,
      `numLayers is a whole number from 0; got ${String(numLayers)}`,
    );
  }
  return Array.from({ length: numLayers }, () => layer.clone());
}

/** Refuses what is no layer. @internal */
export function checkLayer<Layer extends Module>(
  op: string,
  name: string,
  layer: unknown,
  type: abstract new (...parameters: never[]) => Layer,
): asserts layer is Layer {
  if (layer instanceof type) return;
  throw new ArgumentError(op, name, layer, `${name} is a ${type.name}; got ${describe(layer)}`);
}
