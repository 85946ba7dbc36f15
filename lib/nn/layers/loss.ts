// What losses as modules share.

import { checkOptions, type OptionNames } from '../../core/options.js';
import type { Tensor } from '../../core/tensor.js';
import { type Reduction, type ReductionOptions, reductionOf } from '../functional/reduction.js';
import { Module } from '../module.js';
import { buffer } from '../parameter.js';

/** A loss with its reduction. */
export abstract class Loss extends Module {
  readonly reduction: Reduction;

  constructor(options: ReductionOptions, names: OptionNames) {
    super();
    checkOptions(this.constructor.name, options, names);
    this.reduction = reductionOf(this.constructor.name, options);
  }
}

/** A weight as part of what is saved. */
export const asBuffer = (weight: Tensor | null | undefined): Tensor | null =>
  weight ? buffer(weight) : null;
