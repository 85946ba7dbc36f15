// Dropout as layers.

import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { alphaDropout, dropout1d, dropout2d, dropout3d, featureAlphaDropout } from '../../ops/dropout.js';
import { checkP, dropout } from '../../ops/random.js';
import { Module } from '../module.js';

interface DropoutOptions {
  /** The probability. Default 0.5. */
  p?: number;
}

const DROPOUT_OPTIONS = optionNames<DropoutOptions>({ p: true });

abstract class Dropping extends Module {
  readonly p: number;

  constructor(options: DropoutOptions = NO_OPTIONS) {
    super();
    checkOptions(new.target.name, options, DROPOUT_OPTIONS);
    this.p = checkP(new.target.name, options.p);
  }

  override extraRepr(): string {
    return `p=${this.p}`;
  }
}

/**
 * In training, sets each element to 0 with probability p and divides the others by 1 − p; otherwise passes its input on
 * (Srivastava et al. 2014).
 *
 * @throws ArgumentError where p does not lie in [0, 1].
 * @example
 * import { nn, ones } from 'quern';
 * new nn.Dropout({ p: 0.9 }).eval().forward(ones([3])).toArray(); // => [1, 1, 1]
 */
export class Dropout extends Dropping {
  forward(x: Tensor): Tensor {
    return dropout(x, { p: this.p, training: this.training });
  }
}

/**
 * In training, sets each channel of x (N, C, L) or (C, L) to 0 with probability p and divides the others by 1 − p;
 * otherwise passes its input on (Tompson et al. 2015).
 *
 * @throws ArgumentError where p does not lie in [0, 1]. In forward: ShapeError for another number of dimensions.
 * @example
 * import { nn, ones } from 'quern';
 * const y = new nn.Dropout1d().forward(ones([2, 3, 4]));
 * y.amax(2).equal(y.amin(2)); // => true
 */
export class Dropout1d extends Dropping {
  forward(x: Tensor): Tensor {
    return dropout1d(x, { p: this.p, training: this.training });
  }
}

/**
 * In training, sets each channel of x (N, C, H, W) to 0 with probability p and divides the others by 1 − p; otherwise
 * passes its input on (Tompson et al. 2015). As in PyTorch, x of three dimensions is (N, C, L).
 *
 * @throws ArgumentError where p does not lie in [0, 1]. In forward: ShapeError for another number of dimensions.
 * @example
 * import { nn, ones } from 'quern';
 * const y = new nn.Dropout2d({ p: 0.25 }).forward(ones([2, 3, 4, 4]));
 * y.amax([2, 3]).equal(y.amin([2, 3])); // => true
 */
export class Dropout2d extends Dropping {
  forward(x: Tensor): Tensor {
    return dropout2d(x, { p: this.p, training: this.training });
  }
}

/**
 * In training, sets each channel of x (N, C, D, H, W) or (C, D, H, W) to 0 with probability p and divides the others by
 * 1 − p; otherwise passes its input on (Tompson et al. 2015).
 *
 * @throws ArgumentError where p does not lie in [0, 1]. In forward: ShapeError for another number of dimensions.
 * @example
 * import { nn, ones } from 'quern';
 * new nn.Dropout3d().eval().forward(ones([2, 1, 1, 1])).flatten().toArray(); // => [1, 1]
 */
export class Dropout3d extends Dropping {
  forward(x: Tensor): Tensor {
    return dropout3d(x, { p: this.p, training: this.training });
  }
}

/**
 * Dropout to go with {@link SELU}: in training, sets each element to SELU's limit below 0 with probability p, then scales
 * and shifts all so that mean 0 and variance 1 stay what they are; otherwise passes its input on (Klambauer et al.
 * 2017).
 *
 * @throws ArgumentError where p does not lie in [0, 1].
 * @example
 * import { nn, ones } from 'quern';
 * new nn.AlphaDropout({ p: 0.1 }).eval().forward(ones([2])).toArray(); // => [1, 1]
 */
export class AlphaDropout extends Dropping {
  forward(x: Tensor): Tensor {
    return alphaDropout(x, { p: this.p, training: this.training });
  }
}

/**
 * {@link AlphaDropout} of whole channels of x (N, C, …) (Klambauer et al. 2017).
 *
 * @throws ArgumentError where p does not lie in [0, 1]. In forward: ShapeError below two dimensions.
 * @example
 * import { nn, ones } from 'quern';
 * const y = new nn.FeatureAlphaDropout().forward(ones([2, 3, 4]));
 * y.amax(2).equal(y.amin(2)); // => true
 */
export class FeatureAlphaDropout extends Dropping {
  forward(x: Tensor): Tensor {
    return featureAlphaDropout(x, { p: this.p, training: this.training });
  }
}
