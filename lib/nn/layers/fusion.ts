// Pairs of layers that one operation computes: a layer and the activation after it, in one pass over the output.

import type { Tensor } from '../../core/tensor.js';
import { ACTIVATIONS, type Activation, affine } from '../../ops/linear.js';
import type { Module } from '../module.js';
import { ReLU, Sigmoid, Tanh } from './activations.js';
import { Linear } from './linear.js';

/** The activation that a layer is; null for any other, and for one whose forward somebody has replaced. */
function activationOf(layer: Module): Activation | null {
  switch (layer.forward) {
    case ReLU.prototype.forward:
      return ACTIVATIONS.relu;
    case Tanh.prototype.forward:
      return ACTIVATIONS.tanh;
    case Sigmoid.prototype.forward:
      return ACTIVATIONS.sigmoid;
    default:
      return null;
  }
}

/** What two layers in a row compute, at once; null where they are no such pair, and must run one by one. */
export function forwardPair(layer: Module, next: Module, x: Tensor): Tensor | null {
  if (layer.forward !== Linear.prototype.forward) return null;
  const activation = activationOf(next);
  if (activation === null) return null;
  const { weight, bias } = layer as Linear;
  return affine(x, weight, bias, activation);
}
