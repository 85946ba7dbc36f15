// Where living tensors were made, for whoever looks for a leak. Off unless asked: a stack trace costs microseconds.

import type { Tensor } from './tensor.js';

/** A living tensor, as {@link livingTensors} lists it. */
export interface LivingTensor {
  readonly shape: readonly number[];
  readonly dtype: string;
  /** The stack of calls that made it. */
  readonly madeAt: string;
}

interface Trace {
  readonly tensor: WeakRef<Tensor>;
  readonly madeAt: string;
}

/** Whether new tensors leave a trace. */
export let tracing = false;
let traces: Trace[] = [];

/**
 * Records from now on where each tensor is made, for {@link livingTensors}. Slow: for finding leaks.
 *
 * @example
 * import { livingTensors, trackTensors, zeros } from 'quern';
 * trackTensors(true);
 * const held = zeros([2, 3]);
 * livingTensors().length; // => 1
 * trackTensors(false);
 * held.dispose();
 */
export function trackTensors(on: boolean): void {
  tracing = on;
  traces = [];
}

/** Called for each new tensor while tracing is on. */
export function trace(tensor: Tensor): void {
  const { stack = '' } = new Error('made');
  // The first three lines are the message, this function and the tensor's maker.
  traces.push({ tensor: new WeakRef(tensor), madeAt: stack.split('\n').slice(3).join('\n') });
}

/**
 * The tensors made since {@link trackTensors} was turned on that were neither disposed of nor collected, and where
 * they were made.
 *
 * @example
 * import { livingTensors } from 'quern';
 * livingTensors(); // => []
 */
export function livingTensors(): LivingTensor[] {
  traces = traces.filter(({ tensor }) => tensor.deref()?.disposed === false);
  return traces.flatMap(({ tensor, madeAt }) => {
    const living = tensor.deref();
    return living === undefined ? [] : [{ shape: living.shape, dtype: living.dtype, madeAt }];
  });
}
