// Losses for classes of very unequal size as modules.

import { NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  DICE_OPTIONS,
  type DiceLossOptions,
  diceLoss,
  FOCAL_OPTIONS,
  type FocalLossOptions,
  focalLoss,
} from '../functional/focal.js';
import { asBuffer, Loss } from './loss.js';

/**
 * The focal loss of several classes, as {@link focalLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * const classes = tensor([0, 1], { dtype: 'int32' });
 * new nn.FocalLoss().forward(tensor([[0, 1000], [0, 1000]]), classes).item(); // => 500
 */
export class FocalLoss extends Loss {
  readonly gamma: number;
  weight: Tensor | null;
  readonly ignoreIndex: number | undefined;

  constructor(options: FocalLossOptions = NO_OPTIONS) {
    super(options, FOCAL_OPTIONS);
    this.gamma = options.gamma ?? 2;
    this.weight = asBuffer(options.weight);
    this.ignoreIndex = options.ignoreIndex;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { gamma, weight, ignoreIndex, reduction } = this;
    return focalLoss(input, target, { gamma, weight, ignoreIndex, reduction });
  }
}

/**
 * What the overlap of regions lacks, as {@link diceLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.DiceLoss({ smooth: 0 }).forward(tensor([[1, 0]]), tensor([[1, 0]])).item(); // => 0
 */
export class DiceLoss extends Loss {
  readonly smooth: number;

  constructor(options: DiceLossOptions = NO_OPTIONS) {
    super(options, DICE_OPTIONS);
    this.smooth = options.smooth ?? 1;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { smooth, reduction } = this;
    return diceLoss(input, target, { smooth, reduction });
  }
}
