// What training reports: the figures of an epoch, and the calls on the way to it.

import type { Metric } from './metrics.js';

/** Metrics by name. */
export type Metrics = Readonly<Record<string, Metric>>;

/** The mean loss over samples, and each metric's figure. */
export type Results<M extends Metrics> = { readonly loss: number } & {
  readonly [Name in keyof M]: ReturnType<M[Name]['compute']>;
};

/** How an epoch went. */
export interface EpochResult<M extends Metrics> {
  /** Counted from 1. */
  readonly epoch: number;
  /** Time for training and validation. */
  readonly seconds: number;
  /** Gathered while the model was changing; so worse than what it can do at the end. */
  readonly train: Results<M>;
  /** Null where no validation was asked for. */
  readonly validation: Results<M> | null;
}

/** A step that was taken. */
export interface BatchResult {
  readonly epoch: number;
  /** Counted from 1. */
  readonly batch: number;
  readonly loss: number;
}

/** Functions that training calls on its way. Those for epochs may be async: training waits for them. */
export interface Callbacks<M extends Metrics = Metrics> {
  onEpochStart?(epoch: number): unknown;
  /** The gradients are there and the optimizer has not used them yet: the place to clip them. */
  onGradients?(): void;
  onBatchEnd?(result: BatchResult): void;
  /** Answering false ends training. The place to step a scheduler, to save, and to stop early. */
  onEpochEnd?(result: EpochResult<M>): unknown;
}
