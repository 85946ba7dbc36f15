// Losses as modules: their options fixed once, their weights saved with the model.

import type { Tensor } from '../../core/tensor.js';
import {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
} from '../functional/binaryCrossEntropy.js';
import {
  type CrossEntropyOptions,
  crossEntropy,
  type NLLLossOptions,
  nllLoss,
} from '../functional/crossEntropy.js';
import { type Reduction, type ReductionOptions, reductionOf } from '../functional/reduction.js';
import { l1Loss, mseLoss } from '../functional/regression.js';
import { Module } from '../module.js';
import { buffer } from '../parameter.js';

/** What all losses share. */
abstract class Loss extends Module {
  readonly reduction: Reduction;

  constructor(options: ReductionOptions) {
    super();
    this.reduction = reductionOf(this.constructor.name, options);
  }
}

const asBuffer = (weight: Tensor | null | undefined): Tensor | null => (weight ? buffer(weight) : null);

/**
 * The mean squared error, as {@link mseLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.MSELoss().forward(tensor([1, 2]), tensor([1, 4])).item(); // => 2
 */
export class MSELoss extends Loss {
  constructor(options: ReductionOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this);
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
  constructor(options: ReductionOptions = {}) {
    super(options);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this);
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

  constructor(options: BinaryCrossEntropyOptions = {}) {
    super(options);
    this.weight = asBuffer(options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, this);
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

  constructor(options: BinaryCrossEntropyWithLogitsOptions = {}) {
    super(options);
    this.weight = asBuffer(options.weight);
    this.posWeight = asBuffer(options.posWeight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(input, target, this);
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

  constructor(options: NLLLossOptions = {}) {
    super(options);
    this.weight = asBuffer(options.weight);
    this.ignoreIndex = options.ignoreIndex;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return nllLoss(input, target, this);
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

  constructor(options: CrossEntropyOptions = {}) {
    super(options);
    this.weight = asBuffer(options.weight);
    this.ignoreIndex = options.ignoreIndex;
    this.labelSmoothing = options.labelSmoothing ?? 0;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return crossEntropy(input, target, this);
  }
}
