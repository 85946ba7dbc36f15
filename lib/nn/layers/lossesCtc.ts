// The loss of sequences as a module.

import { NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { CTC_OPTIONS, type CTCLossOptions, ctcLoss, type Lengths } from '../functional/ctc.js';
import { Loss } from './loss.js';

/**
 * Of sequences whose places in time are unknown, as {@link ctcLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor, zeros } from 'quern';
 * const targets = tensor([[1]], { dtype: 'int32' });
 * new nn.CTCLoss().forward(zeros([1, 1, 2]), targets, [1], [1]).exp().item(); // => 1
 */
export class CTCLoss extends Loss {
  readonly blank: number;
  readonly zeroInfinity: boolean;

  constructor(options: CTCLossOptions = NO_OPTIONS) {
    super(options, CTC_OPTIONS);
    this.blank = options.blank ?? 0;
    this.zeroInfinity = options.zeroInfinity ?? false;
  }

  forward(logProbs: Tensor, targets: Tensor, inputLengths: Lengths, targetLengths: Lengths): Tensor {
    const { blank, zeroInfinity, reduction } = this;
    return ctcLoss(logProbs, targets, inputLengths, targetLengths, { blank, zeroInfinity, reduction });
  }
}
