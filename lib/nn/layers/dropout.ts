// Dropout as a layer.

import { ArgumentError } from '../../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { dropout } from '../../ops/random.js';
import { Module } from '../module.js';

interface DropoutOptions {
  /** The probability. Default 0.5. */
  p?: number;
}

const DROPOUT_OPTIONS = optionNames<DropoutOptions>({ p: true });

/**
 * In training, sets each element to 0 with probability p and divides the others by 1 − p; otherwise passes its input on
 * (Srivastava et al. 2014).
 *
 * @throws ArgumentError where p does not lie in [0, 1].
 * @example
 * import { nn, ones } from 'quern';
 * new nn.Dropout({ p: 0.9 }).eval().forward(ones([3])).toArray(); // => [1, 1, 1]
 */
export class Dropout extends Module {
  readonly p: number;

  constructor(options: DropoutOptions = NO_OPTIONS) {
    super();
    checkOptions('Dropout', options, DROPOUT_OPTIONS);
    this.p = options.p ?? 0.5;
    if (!(this.p >= 0 && this.p <= 1)) {
      throw new ArgumentError('Dropout', 'p', this.p, `p is a probability in [0, 1]; got ${this.p}`);
    }
  }

  forward(x: Tensor): Tensor {
    return dropout(x, { p: this.p, training: this.training });
  }

  override extraRepr(): string {
    return `p=${this.p}`;
  }
}
