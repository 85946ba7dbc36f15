// Rosenblatt's perceptron: threshold units with a learning rule of their own, without gradients.

import { type DType, INT32, isFloatKind } from '../../core/dtype.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../../core/errors.js';
import { noGrad } from '../../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../../core/options.js';
import { PARAMETER, type Tensor } from '../../core/tensor.js';
import { castTo, checkTensor } from '../../ops/apply.js';
import { gt } from '../../ops/compare.js';
import { zeros } from '../../ops/create.js';
import { affine } from '../../ops/linear.js';
import { dataSync } from '../../ops/read.js';
import { argmax } from '../../ops/reduce.js';
import { select } from '../../ops/slice.js';
import { writeValues } from '../initHost.js';
import { Module } from '../module.js';
import { ownCopy } from '../parameter.js';

export interface PerceptronOptions {
  /** How many classes are told apart: with 2, the default, by one unit, otherwise by one unit each. */
  numClasses?: number;
  /** Whether there is a bias, that is, a threshold other than 0. Default true. */
  bias?: boolean;
  /** Default float32. */
  dtype?: DType;
}

const PERCEPTRON_OPTIONS = optionNames<PerceptronOptions>({ numClasses: true, bias: true, dtype: true });

export interface PerceptronStepOptions {
  /** How far a mistake moves the weights. Default 1. */
  lr?: number;
}

const STEP_OPTIONS = optionNames<PerceptronStepOptions>({ lr: true });

export interface PerceptronFitOptions extends PerceptronStepOptions {
  /** At most so many passes over the samples. Default 100. */
  epochs?: number;
}

const FIT_OPTIONS = optionNames<PerceptronFitOptions>({ lr: true, epochs: true });

/** What came of {@link Perceptron.fit}. */
export interface PerceptronFit {
  /** Whether the last pass made no mistake, so that the samples are separated. */
  readonly converged: boolean;
  /** Passes over the samples, the last one included. */
  readonly epochs: number;
  /** Mistakes, and so corrections, in all of them. */
  readonly mistakes: number;
}

type Floats = Float32Array | Float64Array;

/** The weights while they learn, on the host, where a correction costs no more than the sample is long. */
interface Learning {
  readonly samples: Floats;
  readonly labels: Int32Array;
  readonly weight: Floats;
  readonly bias: Floats | null;
}

/**
 * Rosenblatt's perceptron (1958): a unit that answers 1 where w · x + b > 0 and 0 elsewhere, and learns from its mistakes,
 * one sample after the other, without gradients: w ← w + lr (y − ŷ) x and b ← b + lr (y − ŷ). With more than two classes
 * there is a unit for each, the largest w · x + b decides, and a mistake moves the right one towards x and the one that
 * was answered away from it. Weights begin at 0.
 *
 * Where a hyperplane separates two classes it makes only so many mistakes, in whatever order the samples come: at most
 * (R / γ)², where R is the length of the longest sample, with the bias's 1 appended, and γ the least distance of any to a
 * separating hyperplane through the origin (Novikoff 1962). Where none separates them, as for XOR, it never stops making
 * mistakes (Minsky and Papert 1969). For layers of units that learn by gradients, stack {@link Linear} and activations.
 *
 * @throws ArgumentError where a size or option has no meaning; in forward, step and fit also ShapeError and DTypeError
 * where samples or labels do not fit.
 * @example
 * import { nn, tensor } from 'quern';
 * const x = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]);
 * const or = new nn.Perceptron(2);
 * or.fit(x, tensor([0, 1, 1, 1], { dtype: 'int32' })).converged; // => true
 * or.forward(x).toArray(); // => [0, 1, 1, 1]
 * new nn.Perceptron(2).fit(x, tensor([0, 1, 1, 0], { dtype: 'int32' })).converged; // => false
 */
export class Perceptron extends Module {
  readonly numClasses: number;
  /** (1, inFeatures), or (numClasses, inFeatures) for more than two classes. */
  weight: Tensor;
  /** (1,), or (numClasses,) for more than two. */
  bias: Tensor | null;

  constructor(
    readonly inFeatures: number,
    options: PerceptronOptions = NO_OPTIONS,
  ) {
    super();
    checkOptions('Perceptron', options, PERCEPTRON_OPTIONS);
    const { numClasses = 2, bias = true, dtype = 'float32' } = options;
    checkWhole('inFeatures', inFeatures, 1);
    checkWhole('numClasses', numClasses, 2);
    this.numClasses = numClasses;
    const units = numClasses === 2 ? 1 : numClasses;
    this.weight = untrained([units, inFeatures], dtype);
    this.bias = bias ? untrained([units], dtype) : null;
  }

  /** w · x + b of each unit: (N, units) for x (N, inFeatures), and (units,) for (inFeatures,). */
  scores(x: Tensor): Tensor {
    this.checkSamples('Perceptron', x);
    return noGrad(() => affine(castTo(x, this.weight.kind), this.weight, this.bias));
  }

  /** The classes, int32 and from 0: (N,) for x (N, inFeatures), and one number for (inFeatures,). */
  forward(x: Tensor): Tensor {
    const scores = this.scores(x);
    return noGrad(() =>
      this.numClasses === 2 ? castTo(gt(select(scores, -1, 0), 0), INT32) : argmax(scores, -1),
    );
  }

  /** Learns from samples x (N, inFeatures) of classes y (N,) once, one after the other; answers the mistakes. */
  step(x: Tensor, y: Tensor, options: PerceptronStepOptions = NO_OPTIONS): number {
    checkOptions('Perceptron.step', options, STEP_OPTIONS);
    const lr = checkLr('Perceptron.step', options.lr);
    const learning = this.begin('Perceptron.step', x, y);
    const mistakes = this.pass(learning, lr);
    this.end(learning);
    return mistakes;
  }

  /** Learns from samples x (N, inFeatures) of classes y (N,) again and again, until all are right or the epochs over. */
  fit(x: Tensor, y: Tensor, options: PerceptronFitOptions = NO_OPTIONS): PerceptronFit {
    checkOptions('Perceptron.fit', options, FIT_OPTIONS);
    const lr = checkLr('Perceptron.fit', options.lr);
    const { epochs = 100 } = options;
    checkWhole('epochs', epochs, 1);
    const learning = this.begin('Perceptron.fit', x, y);
    let mistakes = 0;
    let epoch = 0;
    let converged = false;
    while (!converged && epoch < epochs) {
      const made = this.pass(learning, lr);
      epoch++;
      mistakes += made;
      converged = made === 0;
    }
    this.end(learning);
    return { converged, epochs: epoch, mistakes };
  }

  override extraRepr(): string {
    return `${this.inFeatures}, numClasses=${this.numClasses}, bias=${this.bias !== null}`;
  }

  private checkSamples(op: string, x: Tensor): void {
    checkTensor(op, x);
    if (x.ndim < 1 || x.ndim > 2 || x.shape[x.ndim - 1] !== this.inFeatures) {
      throw new ShapeError(
        op,
        `samples are (N, ${this.inFeatures}), or one of (${this.inFeatures},); got ${showShape(x.shape)}`,
        [x.shape],
      );
    }
  }

  private begin(op: string, x: Tensor, y: Tensor): Learning {
    this.checkSamples(op, x);
    checkTensor(op, y);
    const count = x.ndim === 1 ? 1 : x.shape[0];
    if (y.ndim > 1 || y.ndim !== x.ndim - 1 || y.size !== count) {
      throw new ShapeError(
        op,
        `there is one class for each sample of ${showShape(x.shape)}; got ${showShape(y.shape)}`,
        [x.shape, y.shape],
      );
    }
    if (isFloatKind(y.kind))
      throw new DTypeError(op, `classes are whole; got ${y.dtype}: cast them with to('int32')`, [y.dtype]);
    const labels = dataSync(noGrad(() => castTo(y, INT32))) as Int32Array;
    const wrong = labels.find((label) => label < 0 || label >= this.numClasses);
    if (wrong !== undefined) {
      throw new ArgumentError(
        op,
        'y',
        wrong,
        `classes are numbers from 0 to ${this.numClasses - 1}; got ${wrong}`,
      );
    }
    const samples = dataSync(noGrad(() => castTo(x, this.weight.kind))) as Floats;
    const odd = samples.find((value) => !Number.isFinite(value));
    if (odd !== undefined)
      throw new ArgumentError(op, 'x', odd, `samples are finite numbers; got ${odd}, which no line divides`);
    return {
      samples,
      labels,
      weight: dataSync(this.weight) as Floats,
      bias: this.bias === null ? null : (dataSync(this.bias) as Floats),
    };
  }

  private end({ weight, bias }: Learning): void {
    writeValues(this.weight, Float64Array.from(weight));
    if (this.bias !== null && bias !== null) writeValues(this.bias, Float64Array.from(bias));
  }

  /** One pass over the samples; answers how many were wrong when their turn came. */
  private pass({ samples, labels, weight, bias }: Learning, lr: number): number {
    const { inFeatures } = this;
    const units = this.weight.shape[0];
    const move = (unit: number, start: number, by: number): void => {
      for (let i = 0; i < inFeatures; i++) weight[unit * inFeatures + i] += by * samples[start + i];
      if (bias !== null) bias[unit] += by;
    };
    let mistakes = 0;
    for (let sample = 0; sample < labels.length; sample++) {
      const start = sample * inFeatures;
      let best = 0;
      let most = Number.NEGATIVE_INFINITY;
      for (let unit = 0; unit < units; unit++) {
        let score = bias === null ? 0 : bias[unit];
        for (let i = 0; i < inFeatures; i++) score += weight[unit * inFeatures + i] * samples[start + i];
        if (score > most) [best, most] = [unit, score];
      }
      const label = labels[sample];
      const answer = units === 1 ? Number(most > 0) : best;
      if (answer === label) continue;
      mistakes++;
      if (units === 1) {
        move(0, start, lr * (label - answer));
      } else {
        move(label, start, lr);
        move(answer, start, -lr);
      }
    }
    return mistakes;
  }
}

/** A parameter of zeros that no gradient flows to. */
function untrained(shape: readonly number[], dtype: DType): Tensor {
  const begin = zeros(shape, { dtype });
  if (!isFloatKind(begin.kind))
    throw new DTypeError('Perceptron', `weights are float32 or float64; got ${dtype}`, [dtype]);
  return ownCopy(begin, begin.kind, PARAMETER, false);
}

function checkWhole(name: string, value: number, least: number): void {
  if (Number.isInteger(value) && value >= least) return;
  throw new ArgumentError(
    'Perceptron',
    name,
    value,
    `${name} is a whole number from ${least}; got ${String(value)}`,
  );
}

function checkLr(op: string, lr = 1): number {
  if (Number.isFinite(lr) && lr > 0) return lr;
  throw new ArgumentError(op, 'lr', lr, `lr is a finite number above 0; got ${String(lr)}`);
}
