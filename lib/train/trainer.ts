// The trainer: epochs of steps over batches, metrics, validation, progress, and stopping in an orderly way.

import { backward } from '../core/autograd.js';
import { ArgumentError, describe, QuernError } from '../core/errors.js';
import { noGrad } from '../core/graph.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { keep, scope } from '../core/scope.js';
import { Tensor } from '../core/tensor.js';
import type { Batch } from '../data/dataset.js';
import { lastingCopy } from '../ops/create.js';
import { cat } from '../ops/join.js';
import { item } from '../ops/read.js';
import { type Batches, forEachBatch } from './batches.js';
import type { Callbacks, EpochResult, Metrics, Results } from './callbacks.js';
import { LossError } from './errors.js';
import type { Loss } from './metrics.js';
import { type LossLike, lossFunction, type Model, type Stepper, setMode } from './model.js';
import { openProgress, type Progress } from './progress.js';
import { summarize } from './summary.js';

export interface TrainerOptions<M extends Metrics> {
  model: Model;
  optimizer: Stepper;
  /** A function of outputs and targets, or a loss module. */
  loss: LossLike;
  /** Figures to report besides the loss, by name: `{ accuracy: new Accuracy() }`. */
  metrics?: M;
  /** What to call as training goes. */
  callbacks?: readonly Callbacks<M>[];
  /** Whether to show on stdout how training goes. Default false. */
  progress?: boolean;
  /** Whether to go on when a loss is NaN or infinite. Default false. */
  allowNonFinite?: boolean;
}

export interface RunOptions {
  /** Stops the run after the step in progress; what it promised is then rejected with the signal's reason. */
  signal?: AbortSignal;
}

export interface FitOptions<M extends Metrics> extends RunOptions, Callbacks<M> {
  /** How often to go through the loader. */
  epochs: number;
  /** Batches to evaluate after each epoch. */
  validation?: Batches;
}

const TRAINER_OPTIONS = optionNames<TrainerOptions<Metrics>>({
  model: true,
  optimizer: true,
  loss: true,
  metrics: true,
  callbacks: true,
  progress: true,
  allowNonFinite: true,
});
const RUN_OPTIONS = optionNames<RunOptions>({ signal: true });
const FIT_OPTIONS = optionNames<FitOptions<Metrics>>({
  epochs: true,
  validation: true,
  signal: true,
  onEpochStart: true,
  onGradients: true,
  onBatchEnd: true,
  onEpochEnd: true,
});

/** Sums of a run over batches. */
interface Totals {
  loss: number;
  samples: number;
}

/**
 * Trains a model. A batch is `[inputs, targets]`; of more than two tensors the last is the target and the others
 * are the arguments of `forward`.
 *
 * Each step runs in a scope, so a step makes no large buffer once the first few have. Between steps the event loop
 * turns every 10 ms or so: a server goes on answering, in turns as long as one step.
 *
 * @throws ArgumentError where something is given that cannot be trained.
 * @example
 * import { Accuracy, DataLoader, nn, optim, tensor, TensorDataset, Trainer } from 'quern';
 * const model = new nn.Sequential(new nn.Linear(1, 8), new nn.ReLU(), new nn.Linear(8, 2));
 * const trainer = new Trainer({
 *   model,
 *   optimizer: new optim.Adam(model.parameters(), { lr: 0.1 }),
 *   loss: nn.functional.crossEntropy,
 *   metrics: { accuracy: new Accuracy() },
 * });
 * const dataset = new TensorDataset(tensor([[-2], [-1], [1], [2]]), tensor([0, 0, 1, 1], { dtype: 'int32' }));
 * const history = await trainer.fit(new DataLoader(dataset, { batchSize: 2, shuffle: true, seed: 1 }), { epochs: 20 });
 * history[19].train.accuracy; // => 1
 */
export class Trainer<M extends Metrics = Record<never, never>> {
  readonly model: Model;
  readonly optimizer: Stepper;
  readonly metrics: M;
  readonly #loss: Loss;
  readonly #callbacks: readonly Callbacks<M>[];
  readonly #showsProgress: boolean;
  readonly #allowNonFinite: boolean;
  #history: EpochResult<M>[] = [];
  #fitting = false;
  /** The last run over batches that was asked for, whatever came of it. */
  #lastRun: Promise<unknown> = Promise.resolve();

  constructor(options: TrainerOptions<M>) {
    checkOptions('Trainer', options, TRAINER_OPTIONS);
    const { model, optimizer } = options;
    if (typeof model?.forward !== 'function' || typeof model.train !== 'function') {
      throw new ArgumentError(
        'Trainer',
        'model',
        model,
        `a model is an nn.Module with a forward; got ${describe(model)}`,
      );
    }
    if (typeof optimizer?.step !== 'function' || typeof optimizer.zeroGrad !== 'function') {
      throw new ArgumentError(
        'Trainer',
        'optimizer',
        optimizer,
        `an optimizer has step() and zeroGrad(); got ${describe(optimizer)}`,
      );
    }
    if (options.metrics !== undefined && 'loss' in options.metrics) {
      throw new ArgumentError(
        'Trainer',
        'metrics',
        options.metrics,
        'no metric can be called loss: the trainer reports its own by that name',
      );
    }
    this.model = model;
    this.optimizer = optimizer;
    this.metrics = options.metrics ?? ({} as M);
    this.#loss = lossFunction(options.loss);
    this.#callbacks = options.callbacks ?? [];
    this.#showsProgress = options.progress ?? false;
    this.#allowNonFinite = options.allowNonFinite ?? false;
  }

  /** The epochs that the last `fit` has finished, also where it was stopped. */
  get history(): readonly EpochResult<M>[] {
    return this.#history;
  }

  /**
   * Trains for some epochs; answers how each went. The model is in training mode meanwhile and then as it was.
   *
   * @throws LossError where a loss is not finite, before the step that it would spoil; ArgumentError where the
   * loader gives nothing; QuernError where it is fitting already; the signal's reason where it stopped the run.
   */
  async fit(loader: Batches, options: FitOptions<M>): Promise<readonly EpochResult<M>[]> {
    checkOptions('Trainer.fit', options, FIT_OPTIONS);
    const { epochs, signal, validation } = options;
    if (!Number.isSafeInteger(epochs) || epochs < 1) {
      throw new ArgumentError(
        'Trainer.fit',
        'epochs',
        epochs,
        `epochs is a whole number from 1; got ${String(epochs)}`,
      );
    }
    if (this.#fitting) {
      throw new QuernError(
        'Trainer.fit',
        'this trainer is fitting already; await that, or use a trainer and a model of its own',
      );
    }
    this.#fitting = true;
    const history: EpochResult<M>[] = [];
    this.#history = history;
    const callbacks = [...this.#callbacks, options];
    let progress: Progress | null = null;
    try {
      if (this.#showsProgress) progress = await openProgress(process.stdout);
      for (let epoch = 1; epoch <= epochs; epoch++) {
        for (const one of callbacks) await one.onEpochStart?.(epoch);
        const start = performance.now();
        progress?.begin(epoch, epochs, lengthOf(loader));
        const train = await this.#trainEpoch(loader, epoch, callbacks, progress, signal);
        const checked = validation === undefined ? null : await this.evaluate(validation, { signal });
        const result = { epoch, seconds: (performance.now() - start) / 1000, train, validation: checked };
        history.push(result);
        progress?.end(summarize(result, epochs));
        let goesOn = true;
        for (const one of callbacks) goesOn = (await one.onEpochEnd?.(result)) !== false && goesOn;
        if (!goesOn) break;
      }
    } finally {
      progress?.close();
      this.#fitting = false;
    }
    return history;
  }

  /**
   * The loss and the metrics over a loader's batches. The model is in evaluation mode meanwhile and then as it was.
   * While this trainer fits it waits for the end of the epoch.
   *
   * @throws ArgumentError where the loader gives nothing; the signal's reason where it stopped the run.
   */
  async evaluate(loader: Batches, options: RunOptions = NO_OPTIONS): Promise<Results<M>> {
    checkOptions('Trainer.evaluate', options, RUN_OPTIONS);
    return this.#run(false, async () => {
      const totals = this.#beginTotals();
      const evaluateBatch = (batch: Batch): void => {
        const { inputs, target } = splitBatch('Trainer.evaluate', batch);
        const output = this.model.forward(...inputs);
        this.#count(totals, item(this.#loss(output, target)), output, target);
      };
      await forEachBatch('Trainer.evaluate', loader, options.signal, (batch) =>
        noGrad(() => evaluateBatch(batch)),
      );
      return this.#results(totals);
    });
  }

  /**
   * What the model answers in evaluation mode: for a tensor at once; for a loader all of its batches, joined along
   * the first dimension. Of batches of several tensors the last is taken for a target and left out. While this
   * trainer fits, a loader waits for the end of the epoch, and a tensor does not.
   *
   * @throws ArgumentError where the loader gives nothing; the signal's reason where it stopped the run.
   */
  predict(input: Tensor): Tensor;
  predict(loader: Batches, options?: RunOptions): Promise<Tensor>;
  predict(input: Tensor | Batches, options: RunOptions = NO_OPTIONS): Tensor | Promise<Tensor> {
    checkOptions('Trainer.predict', options, RUN_OPTIONS);
    if (!(input instanceof Tensor)) return this.#predictAll(input, options.signal);
    const restore = setMode(this.model, false);
    try {
      return scope(() => noGrad(() => this.model.forward(input)));
    } finally {
      restore();
    }
  }

  async #predictAll(loader: Batches, signal: AbortSignal | undefined): Promise<Tensor> {
    const outputs: Tensor[] = [];
    try {
      await this.#run(false, () =>
        forEachBatch('Trainer.predict', loader, signal, (batch) => {
          const inputs = batch.length === 1 ? batch : batch.slice(0, -1);
          // Copies, for a model may answer a view of its input, which ends with the batch.
          outputs.push(keep(noGrad(() => lastingCopy(this.model.forward(...inputs)))));
        }),
      );
      return cat(outputs);
    } finally {
      for (const output of outputs) output.dispose();
    }
  }

  async #trainEpoch(
    loader: Batches,
    epoch: number,
    callbacks: readonly Callbacks<M>[],
    progress: Progress | null,
    signal: AbortSignal | undefined,
  ): Promise<Results<M>> {
    return this.#run(true, async () => {
      const totals = this.#beginTotals();
      let count = 0;
      await forEachBatch('Trainer.fit', loader, signal, (batch) => {
        const loss = this.#trainBatch(batch, totals, epoch, ++count, callbacks);
        for (const one of callbacks) one.onBatchEnd?.({ epoch, batch: count, loss });
        progress?.step(count, totals.loss / totals.samples);
      });
      return this.#results(totals);
    });
  }

  #trainBatch(
    batch: Batch,
    totals: Totals,
    epoch: number,
    count: number,
    callbacks: readonly Callbacks<M>[],
  ): number {
    const { inputs, target } = splitBatch('Trainer.fit', batch);
    const output = this.model.forward(...inputs);
    const loss = this.#loss(output, target);
    const value = item(loss);
    if (!Number.isFinite(value) && !this.#allowNonFinite)
      throw new LossError('Trainer.fit', value, epoch, count);
    this.optimizer.zeroGrad();
    backward(loss);
    for (const one of callbacks) one.onGradients?.();
    this.optimizer.step();
    noGrad(() => this.#count(totals, value, output, target));
    return value;
  }

  /** Goes through batches in a mode of the model, after the runs before: two at once would share mode and metrics. */
  #run<T>(training: boolean, go: () => Promise<T>): Promise<T> {
    const run = this.#lastRun.then(async () => {
      const restore = setMode(this.model, training);
      try {
        return await go();
      } finally {
        restore();
      }
    });
    this.#lastRun = run.catch(() => undefined);
    return run;
  }

  #beginTotals(): Totals {
    for (const metric of Object.values(this.metrics)) metric.reset();
    return { loss: 0, samples: 0 };
  }

  #count(totals: Totals, loss: number, output: Tensor, target: Tensor): void {
    const size = target.shape[0] ?? 1;
    totals.loss += loss * size;
    totals.samples += size;
    for (const metric of Object.values(this.metrics)) metric.update(output, target);
  }

  #results(totals: Totals): Results<M> {
    const figures = Object.entries(this.metrics).map(([name, metric]) => [name, metric.compute()]);
    return { loss: totals.loss / totals.samples, ...Object.fromEntries(figures) };
  }
}

function splitBatch(op: string, batch: Batch): { inputs: readonly Tensor[]; target: Tensor } {
  if (batch.length < 2) {
    throw new ArgumentError(
      op,
      'batch',
      batch,
      'a batch of one tensor has no target; the loader must give [inputs, targets]',
    );
  }
  return { inputs: batch.slice(0, -1), target: batch[batch.length - 1] };
}

function lengthOf(loader: Batches): number | undefined {
  const { length } = loader as { length?: unknown };
  return typeof length === 'number' ? length : undefined;
}
