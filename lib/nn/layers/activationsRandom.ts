// Rectifiers of random slope, as a layer.

import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { checkSlopes, rrelu } from '../../ops/randomActivations.js';
import { Module } from '../module.js';

interface SlopeOptions {
  /** The least slope below 0. Default 1/8. */
  lower?: number;
  /** The largest slope below 0. Default 1/3. */
  upper?: number;
}

const SLOPE_OPTIONS = optionNames<SlopeOptions>({ lower: true, upper: true });

/**
 * x above 0 and slope · x below, elementwise: in training each element has a slope of its own, drawn evenly from
 * [lower, upper), and in evaluation their mean (Xu et al. 2015).
 *
 * @throws ArgumentError where the slopes are not finite or lower > upper.
 * @example
 * import { nn, tensor } from 'quern';
 * const layer = new nn.RReLU({ lower: 0.25, upper: 0.75 });
 * layer.eval().forward(tensor([-2, 3])).toArray(); // => [-1, 3]
 */
export class RReLU extends Module {
  readonly lower: number;
  readonly upper: number;

  constructor(options: SlopeOptions = NO_OPTIONS) {
    super();
    checkOptions('RReLU', options, SLOPE_OPTIONS);
    [this.lower, this.upper] = checkSlopes('RReLU', options.lower, options.upper);
  }

  forward(x: Tensor): Tensor {
    return rrelu(x, { lower: this.lower, upper: this.upper, training: this.training });
  }

  override extraRepr(): string {
    return `lower=${this.lower}, upper=${this.upper}`;
  }
}
