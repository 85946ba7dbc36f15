// The errors that training itself can run into.

import { QuernError } from '../core/errors.js';

/** A loss that is not finite. The step was not taken: the model is as it was before it. */
export class LossError extends QuernError {
  readonly loss: number;
  readonly epoch: number;
  /** Counted from 1. */
  readonly batch: number;

  constructor(op: string, loss: number, epoch: number, batch: number) {
    super(
      op,
      `the loss is ${loss} at batch ${batch} of epoch ${epoch}; lower the learning rate, clip the gradients, look for ` +
        'NaN or huge values in the data, or allow it with allowNonFinite: true',
    );
    this.loss = loss;
    this.epoch = epoch;
    this.batch = batch;
  }
}
