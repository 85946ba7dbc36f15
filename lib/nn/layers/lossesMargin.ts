// Losses of labels 1 and −1, of classes and of vectors that should lie apart by a margin, as modules.

import { NO_OPTIONS } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import {
  MULTI_MARGIN_OPTIONS,
  MULTILABEL_SOFT_MARGIN_OPTIONS,
  type MultilabelSoftMarginLossOptions,
  type MultiMarginLossOptions,
  multilabelMarginLoss,
  multilabelSoftMarginLoss,
  multiMarginLoss,
} from '../functional/classMargin.js';
import {
  hingeEmbeddingLoss,
  hingeLoss,
  MARGIN_OPTIONS,
  type MarginOptions,
  marginRankingLoss,
  softMarginLoss,
} from '../functional/margin.js';
import {
  cosineEmbeddingLoss,
  type DistanceFunction,
  TRIPLET_OPTIONS,
  TRIPLET_WITH_DISTANCE_OPTIONS,
  type TripletMarginLossOptions,
  type TripletMarginWithDistanceLossOptions,
  tripletMarginLoss,
  tripletMarginWithDistanceLoss,
} from '../functional/metric.js';
import { REDUCTION_OPTIONS, type ReductionOptions } from '../functional/reduction.js';
import { asBuffer, Loss } from './loss.js';

/**
 * The hinge of support vector machines, as {@link hingeLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.HingeLoss().forward(tensor([2, 0.5]), tensor([1, -1])).item(); // => 0.75
 */
export class HingeLoss extends Loss {
  readonly margin: number;

  constructor(options: MarginOptions = NO_OPTIONS) {
    super(options, MARGIN_OPTIONS);
    this.margin = options.margin ?? 1;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this;
    return hingeLoss(input, target, { margin, reduction });
  }
}

/**
 * Of distances that should be small or beyond a margin, as {@link hingeEmbeddingLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.HingeEmbeddingLoss().forward(tensor([2, 0.5]), tensor([1, -1])).item(); // => 1.25
 */
export class HingeEmbeddingLoss extends Loss {
  readonly margin: number;

  constructor(options: MarginOptions = NO_OPTIONS) {
    super(options, MARGIN_OPTIONS);
    this.margin = options.margin ?? 1;
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this;
    return hingeEmbeddingLoss(input, target, { margin, reduction });
  }
}

/**
 * A soft hinge of labels 1 and −1, as {@link softMarginLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.SoftMarginLoss().forward(tensor([-1000]), tensor([1])).item(); // => 1000
 */
export class SoftMarginLoss extends Loss {
  constructor(options: ReductionOptions = NO_OPTIONS) {
    super(options, REDUCTION_OPTIONS);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return softMarginLoss(input, target, { reduction: this.reduction });
  }
}

/**
 * Of scores whose order is known, as {@link marginRankingLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.MarginRankingLoss().forward(tensor([1, 5]), tensor([3, 2]), tensor([1, 1])).item(); // => 1
 */
export class MarginRankingLoss extends Loss {
  readonly margin: number;

  constructor(options: MarginOptions = NO_OPTIONS) {
    super(options, MARGIN_OPTIONS);
    this.margin = options.margin ?? 0;
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this;
    return marginRankingLoss(input1, input2, target, { margin, reduction });
  }
}

/**
 * Of vectors by the angle between them, as {@link cosineEmbeddingLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.CosineEmbeddingLoss().forward(tensor([[0, 1]]), tensor([[1, 0]]), tensor([1])).item(); // => 1
 */
export class CosineEmbeddingLoss extends Loss {
  readonly margin: number;

  constructor(options: MarginOptions = NO_OPTIONS) {
    super(options, MARGIN_OPTIONS);
    this.margin = options.margin ?? 0;
  }

  forward(input1: Tensor, input2: Tensor, target: Tensor): Tensor {
    const { margin, reduction } = this;
    return cosineEmbeddingLoss(input1, input2, target, { margin, reduction });
  }
}

/**
 * The hinge of several classes, as {@link multiMarginLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * const classes = tensor([0], { dtype: 'int32' });
 * new nn.MultiMarginLoss().forward(tensor([[1, 2, 0, -3]]), classes).item(); // => 0.5
 */
export class MultiMarginLoss extends Loss {
  readonly p: number;
  readonly margin: number;
  weight: Tensor | null;

  constructor(options: MultiMarginLossOptions = NO_OPTIONS) {
    super(options, MULTI_MARGIN_OPTIONS);
    this.p = options.p ?? 1;
    this.margin = options.margin ?? 1;
    this.weight = asBuffer(options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { p, margin, weight, reduction } = this;
    return multiMarginLoss(input, target, { p, margin, weight, reduction });
  }
}

/**
 * The hinge of several right classes at once, as {@link multilabelMarginLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * const classes = tensor([[2, 0, -1, 1]], { dtype: 'int32' });
 * new nn.MultiLabelMarginLoss().forward(tensor([[1, 0.5, 2, 0]]), classes).item(); // => 0.125
 */
export class MultiLabelMarginLoss extends Loss {
  constructor(options: ReductionOptions = NO_OPTIONS) {
    super(options, REDUCTION_OPTIONS);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    return multilabelMarginLoss(input, target, { reduction: this.reduction });
  }
}

/**
 * The cross entropy of each label by itself, as {@link multilabelSoftMarginLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * new nn.MultiLabelSoftMarginLoss().forward(tensor([[1000, -1000]]), tensor([[1, 1]])).item(); // => 500
 */
export class MultiLabelSoftMarginLoss extends Loss {
  weight: Tensor | null;

  constructor(options: MultilabelSoftMarginLossOptions = NO_OPTIONS) {
    super(options, MULTILABEL_SOFT_MARGIN_OPTIONS);
    this.weight = asBuffer(options.weight);
  }

  forward(input: Tensor, target: Tensor): Tensor {
    const { weight, reduction } = this;
    return multilabelSoftMarginLoss(input, target, { weight, reduction });
  }
}

/**
 * Of vectors nearer to one than to another, as {@link tripletMarginLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * const [anchor, positive, negative] = [tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 2]])];
 * new nn.TripletMarginLoss({ eps: 0 }).forward(anchor, positive, negative).item(); // => 4
 */
export class TripletMarginLoss extends Loss {
  readonly margin: number;
  readonly p: number;
  readonly eps: number;
  readonly swap: boolean;

  constructor(options: TripletMarginLossOptions = NO_OPTIONS) {
    super(options, TRIPLET_OPTIONS);
    this.margin = options.margin ?? 1;
    this.p = options.p ?? 2;
    this.eps = options.eps ?? 1e-6;
    this.swap = options.swap ?? false;
  }

  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { margin, p, eps, swap, reduction } = this;
    return tripletMarginLoss(anchor, positive, negative, { margin, p, eps, swap, reduction });
  }
}

/**
 * The same with any distance, as {@link tripletMarginWithDistanceLoss}.
 *
 * @throws ArgumentError for an unknown reduction.
 * @example
 * import { nn, tensor } from 'quern';
 * const loss = new nn.TripletMarginWithDistanceLoss({ distanceFunction: (a, b) => a.sub(b).abs().sum(-1) });
 * loss.forward(tensor([[0, 0]]), tensor([[3, 4]]), tensor([[0, 2]])).item(); // => 6
 */
export class TripletMarginWithDistanceLoss extends Loss {
  readonly distanceFunction: DistanceFunction | null;
  readonly margin: number;
  readonly swap: boolean;

  constructor(options: TripletMarginWithDistanceLossOptions = NO_OPTIONS) {
    super(options, TRIPLET_WITH_DISTANCE_OPTIONS);
    this.distanceFunction = options.distanceFunction ?? null;
    this.margin = options.margin ?? 1;
    this.swap = options.swap ?? false;
  }

  forward(anchor: Tensor, positive: Tensor, negative: Tensor): Tensor {
    const { distanceFunction, margin, swap, reduction } = this;
    return tripletMarginWithDistanceLoss(anchor, positive, negative, {
      distanceFunction,
      margin,
      swap,
      reduction,
    });
  }
}
