// Metrics: figures gathered over many batches, for people to read rather than to train on.

import { ArgumentError, IndexError, ShapeError, showShape } from '../core/errors.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import type { Tensor } from '../core/tensor.js';
import { eq, gt } from '../ops/compare.js';
import { dataSync, item } from '../ops/read.js';
import { argmax, sum } from '../ops/reduce.js';

/** Gathers a figure over batches. Any object with these three methods will do. */
export interface Metric<Value = unknown> {
  /** Takes in a batch's outputs and targets. Called without gradients, in a scope that ends soon after. */
  update(output: Tensor, target: Tensor): void;
  /** The figure for what came in since the last reset; NaN, where it is a number and nothing came. */
  compute(): Value;
  reset(): void;
}

/** A function of outputs and targets that answers one number as a tensor. */
export type Loss = (output: Tensor, target: Tensor) => Tensor;

/** The class that each output stands for: the largest of (N, C, …), or with one value each, above a threshold. */
function predicted(op: string, output: Tensor, target: Tensor, threshold: number): Tensor {
  const classes = output.ndim === target.ndim + 1;
  const rest = classes ? output.shape.filter((_, dim) => dim !== 1) : output.shape;
  if (rest.length !== target.ndim || rest.some((size, dim) => size !== target.shape[dim])) {
    throw new ShapeError(
      op,
      `outputs (N, C, …) belong to targets (N, …), or both have one shape; got ${showShape(output.shape)} and ${showShape(target.shape)}`,
      [output.shape, target.shape],
    );
  }
  return classes ? argmax(output, 1) : gt(output, threshold);
}

interface AccuracyOptions {
  /** For outputs of one value each: 0.5 (the default) for probabilities, 0 for logits. */
  threshold?: number;
}

const ACCURACY_OPTIONS = optionNames<AccuracyOptions>({ threshold: true });

/**
 * The share of targets that were met: by the largest of the outputs (N, C, …) for class numbers (N, …), or by
 * outputs on the right side of a threshold for targets 0 and 1 of the same shape.
 *
 * @throws ShapeError where outputs and targets do not belong together.
 * @example
 * import { Accuracy, tensor } from 'quern';
 * const accuracy = new Accuracy();
 * accuracy.update(tensor([[2, 1], [0, 3]]), tensor([0, 0], { dtype: 'int32' }));
 * accuracy.compute(); // => 0.5
 */
export class Accuracy implements Metric<number> {
  readonly #threshold: number;
  #met = 0;
  #count = 0;

  constructor(options: AccuracyOptions = NO_OPTIONS) {
    checkOptions('Accuracy', options, ACCURACY_OPTIONS);
    this.#threshold = options.threshold ?? 0.5;
  }

  update(output: Tensor, target: Tensor): void {
    this.#met += item(sum(eq(predicted('Accuracy', output, target, this.#threshold), target)));
    this.#count += target.size;
  }

  compute(): number {
    return this.#met / this.#count;
  }

  reset(): void {
    this.#met = 0;
    this.#count = 0;
  }
}

/**
 * The mean of a loss over samples: each batch counts by its size.
 *
 * @example
 * import { MeanLoss, tensor } from 'quern';
 * const error = new MeanLoss((output, target) => output.sub(target).abs().mean());
 * error.update(tensor([1, 2]), tensor([1, 4]));
 * error.update(tensor([5]), tensor([1]));
 * error.compute(); // => 2
 */
export class MeanLoss implements Metric<number> {
  readonly #loss: Loss;
  #total = 0;
  #count = 0;

  constructor(loss: Loss) {
    this.#loss = loss;
  }

  update(output: Tensor, target: Tensor): void {
    const size = target.shape[0] ?? 1;
    this.#total += size * item(this.#loss(output, target));
    this.#count += size;
  }

  compute(): number {
    return this.#total / this.#count;
  }

  reset(): void {
    this.#total = 0;
    this.#count = 0;
  }
}

/**
 * How often each class was taken for which: entry [i][j] counts the samples of class i whose largest output was j.
 *
 * @throws IndexError where a target is not one of the classes; ShapeError where outputs and targets do not belong
 * together.
 * @example
 * import { ConfusionMatrix, tensor } from 'quern';
 * const matrix = new ConfusionMatrix(2);
 * matrix.update(tensor([[2, 1], [0, 3]]), tensor([0, 0], { dtype: 'int32' }));
 * matrix.compute(); // => [[1, 1], [0, 0]]
 */
export class ConfusionMatrix implements Metric<number[][]> {
  readonly #classes: number;
  readonly #counts: Float64Array;

  constructor(classes: number) {
    if (!Number.isInteger(classes) || classes < 1) {
      throw new ArgumentError(
        'ConfusionMatrix',
        'classes',
        classes,
        `the number of classes is whole, from 1; got ${classes}`,
      );
    }
    this.#classes = classes;
    this.#counts = new Float64Array(classes * classes);
  }

  update(output: Tensor, target: Tensor): void {
    const guesses = dataSync(predicted('ConfusionMatrix', output, target, 0.5));
    const truths = dataSync(target);
    for (let i = 0; i < truths.length; i++) {
      this.#check(truths[i]);
      this.#check(guesses[i]);
    }
    for (let i = 0; i < truths.length; i++) this.#counts[truths[i] * this.#classes + guesses[i]]++;
  }

  compute(): number[][] {
    const side = this.#classes;
    return Array.from({ length: side }, (_, row) =>
      Array.from(this.#counts.subarray(row * side, (row + 1) * side)),
    );
  }

  reset(): void {
    this.#counts.fill(0);
  }

  #check(value: number): void {
    if (Number.isInteger(value) && value >= 0 && value < this.#classes) return;
    throw new IndexError(
      'ConfusionMatrix',
      `class ${value} is not one of ${this.#classes}, which count from 0`,
      value,
      this.#classes,
    );
  }
}
