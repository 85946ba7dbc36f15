// Losses of regression and of distributions as modules.

import { checkOptions, NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  HUBER_OPTIONS,
  type HuberLossOptions,
  huberLoss,
  SMOOTH_L1_OPTIONS,
  type SmoothL1LossOptions,
  smoothL1Loss,
} from '../functional/huber.js';
import {
  GAUSSIAN_NLL_OPTIONS,
  type GaussianNLLLossOptions,
  gaussianNllLoss,
  KL_DIV_OPTIONS,
  type KLDivLossOptions,
  klDivLoss,
  POISSON_NLL_OPTIONS,
  type PoissonNLLLossOptions,
  poissonNllLoss,
} from '../functional/likelihood.js';
import { Module } from '../module.js';
import { Loss } from './loss.js';

/**
 * Square near 0 and straight beyond, as {@link smoothL1Loss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.SmoothL1Loss().forward(tensor([1, 5]), tensor([2, 2])).item(); // => 1.5
 */
export class SmoothL1Loss extends Loss {
  readonly beta: number;

  constructor(options: SmoothL1LossOptions = NO_OPTIONS) {
    super(options, SMOOTH_L1_OPTIONS);
    this.beta = options.beta ?? 1;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { beta, reduction } = this;
    return smoothL1Loss(input, target, { beta, reduction });
  }
}

/**
 * Square near 0 and straight beyond, as {@link huberLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.HuberLoss({ delta: 2 }).forward(tensor([1, 5]), tensor([2, 2])).item(); // => 2.25
 */
export class HuberLoss extends Loss {
  readonly delta: number;

  constructor(options: HuberLossOptions = NO_OPTIONS) {
    super(options, HUBER_OPTIONS);
    this.delta = options.delta ?? 1;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { delta, reduction } = this;
    return huberLoss(input, target, { delta, reduction });
  }
}

/**
 * The divergence of a distribution from the target one, as {@link klDivLoss}.
 *
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.KLDivLoss({ reduction: 'batchmean' }).forward(tensor([[-1, -2]]), tensor([[1, 0]])).item(); // => 1
 */
export class KLDivLoss extends Module {
  readonly reduction: NonNullable<KLDivLossOptions['reduction']>;
  readonly logTarget: boolean;

  constructor(options: KLDivLossOptions = NO_OPTIONS) {
    super();
    checkOptions('KLDivLoss', options, KL_DIV_OPTIONS);
    this.reduction = options.reduction ?? 'mean';
    this.logTarget = options.logTarget ?? false;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { logTarget, reduction } = this;
    return klDivLoss(input, target, { logTarget, reduction });
  }
}

/**
 * The likelihood of counts under Poisson distributions, as {@link poissonNllLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.PoissonNLLLoss().forward(tensor([0, 0]), tensor([3, 5])).item(); // => 1
 */
export class PoissonNLLLoss extends Loss {
  readonly logInput: boolean;
  readonly full: boolean;
  readonly eps: number;

  constructor(options: PoissonNLLLossOptions = NO_OPTIONS) {
    super(options, POISSON_NLL_OPTIONS);
    this.logInput = options.logInput ?? true;
    this.full = options.full ?? false;
    this.eps = options.eps ?? 1e-8;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { logInput, full, eps, reduction } = this;
    return poissonNllLoss(input, target, { logInput, full, eps, reduction });
  }
}

/**
 * The likelihood of targets under normal distributions, as {@link gaussianNllLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.GaussianNLLLoss().forward(tensor([1, 2]), tensor([3, 2]), 1).item(); // => 1
 */
export class GaussianNLLLoss extends Loss {
  readonly full: boolean;
  readonly eps: number;

  constructor(options: GaussianNLLLossOptions = NO_OPTIONS) {
    super(options, GAUSSIAN_NLL_OPTIONS);
    this.full = options.full ?? false;
    this.eps = options.eps ?? 1e-6;
  }

  forward(input: Tensor, target: Tensor, variance: Tensor | number): Tensor {
    const { full, eps, reduction } = this;
    return gaussianNllLoss(input, target, variance, { full, eps, reduction });
  }
}
