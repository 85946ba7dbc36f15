// Pairs of layers that one operation computes: a layer and the activation after it, in one pass over the output.

import type { Tensor } from '../../core/tensor.js';
import { convolveActivated } from '../../ops/conv.js';
import type { Axes } from '../../ops/convShape.js';
import { ACTIVATIONS, type Activation, affine } from '../../ops/linear.js';
import type { Module } from '../module.js';
import { ReLU, Sigmoid, Tanh } from './activations.js';
import { Conv1d, Conv2d, Conv3d } from './conv.js';
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

/** The axes along which a layer convolves; 0 for any other, and for one whose forward somebody has replaced. */
function axesOf(layer: Module): Axes | 0 {
  switch (layer.forward) {
    case Conv1d.prototype.forward:
      return 1;
    case Conv2d.prototype.forward:
      return 2;
    case Conv3d.prototype.forward:
      return 3;
    default:
      return 0;
  }
}

/** What two layers in a row compute, at once; null where they are no such pair, and must run one by one. */
export function forwardPair(layer: Module, next: Module, x: Tensor): Tensor | null {
  const activation = activationOf(next);
  if (activation === null) return null;
  if (layer.forward === Linear.prototype.forward) {
    const { weight, bias } = layer as Linear;
    return affine(x, weight, bias, activation);
  }
  const axes = axesOf(layer);
  if (axes === 0) return null;
  const convolution = layer as Conv1d | Conv2d | Conv3d;
  const { weight, bias, stride, dilation, groups } = convolution;
  const { input, padding } = convolution.padded(x);
  return convolveActivated(axes, input, weight, { bias, stride, padding, dilation, groups }, activation);
}
