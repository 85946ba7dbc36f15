// Losses as modules: their options fixed once, their weights saved with the model.

import { NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  BCE_OPTIONS,
  BCE_WITH_LOGITS_OPTIONS,
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from '../functional/binaryCrossEntropy.js';
import {
  CROSS_ENTROPY_OPTIONS,
  type CrossEntropyOptions,
  crossEntropy,
  NLL_OPTIONS,
  type NLLLossOptions,
  nllLoss,
} from '../functional/crossEntropy.js';
import { REDUCTION_OPTIONS, type ReductionOptions } from '../functional/reduction.js';
import { l1Loss, mseLoss } from '../functional/regression.js';
import { asBuffer, Loss } from './loss.js';

/**
 * The mean squared error, as {@link mseLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.MSELoss().forward(tensor([1, 2]), tensor([1, 4])).item(); // => 2
 */
export class MSELoss extends Loss {
  constructor(options: ReductionOptions = NO_OPTIONS) {
    super(options, REDUCTION_OPTIONS);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, { reduction: this.reduction });
  }
}

/**
 * The mean absolute error, as {@link l1Loss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.L1Loss().forward(tensor([1, 2]), tensor([1, 4])).item(); // => 1
 */
export class L1Loss extends Loss {
  constructor(options: ReductionOptions = NO_OPTIONS) {
    super(options, REDUCTION_OPTIONS);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, { reduction: this.reduction });
  }
}

/**
 * The cross entropy of probabilities and targets in [0, 1], as {@link binaryCrossEntropy}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.BCELoss().forward(tensor([0, 1]), tensor([1, 1])).item(); // => 50
 */
export class BCELoss extends Loss {
  weight: Tensor | null;

  constructor(options: BinaryCrossEntropyOptions = NO_OPTIONS) {
    super(options, BCE_OPTIONS);
    this.weight = asBuffer(options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this;
    return binaryCrossEntropy(input, target, { weight, reduction });
  }
}

/**
 * The cross entropy of logits and targets in [0, 1], as {@link binaryCrossEntropyWithLogits}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.BCEWithLogitsLoss().forward(tensor([-1000]), tensor([1])).item(); // => 1000
 */
export class BCEWithLogitsLoss extends Loss {
  weight: Tensor | null;
  posWeight: Tensor | null;

  constructor(options: BinaryCrossEntropyWithLogitsOptions = NO_OPTIONS) {
    super(options, BCE_WITH_LOGITS_OPTIONS);
    this.weight = asBuffer(options.weight);
    this.posWeight = asBuffer(options.posWeight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, posWeight, reduction } = this;
    return binaryCrossEntropyWithLogits(input, target, { weight, posWeight, reduction });
  }

  /** PyTorch's name in state dicts. */
  protected override *members(): Generator<[name: string, value: unknown]> {
    for (const [name, value] of super.members()) yield [name === 'posWeight' ? 'pos_weight' : name, value];
  }
}

/**
 * The negative log-likelihood of logarithms of probabilities and classes, as {@link nllLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * const classes = tensor([1, 0], { dtype: 'int32' });
 * new nn.NLLLoss().forward(tensor([[-1, -2], [-4, -8]]), classes).item(); // => 3
 */
export class NLLLoss extends Loss {
  weight: Tensor | null;
  readonly ignoreIndex: number | undefined;

  constructor(options: NLLLossOptions = NO_OPTIONS) {
    super(options, NLL_OPTIONS);
    this.weight = asBuffer(options.weight);
    this.ignoreIndex = options.ignoreIndex;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction } = this;
    return nllLoss(input, target, { weight, ignoreIndex, reduction });
  }
}

/**
 * The cross entropy of logits and classes or probabilities, as {@link crossEntropy}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * const classes = tensor([1], { dtype: 'int32' });
 * new nn.CrossEntropyLoss().forward(tensor([[0, 1000]]), classes).item(); // => 0
 */
export class CrossEntropyLoss extends Loss {
  weight: Tensor | null;
  readonly ignoreIndex: number | undefined;
  readonly labelSmoothing: number;

  constructor(options: CrossEntropyOptions = NO_OPTIONS) {
    super(options, CROSS_ENTROPY_OPTIONS);
    this.weight = asBuffer(options.weight);
    this.ignoreIndex = options.ignoreIndex;
    this.labelSmoothing = options.labelSmoothing ?? 0;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, ignoreIndex, reduction, labelSmoothing } = this;
    return crossEntropy(input, target, { weight, ignoreIndex, reduction, labelSmoothing });
  }
}
