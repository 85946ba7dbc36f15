// A backend that shows what its kernels wrote to somebody who watches. It takes the place of the plain one meanwhile.

import type { Kind } from '../core/dtype.js';
import type { Backend, Operand, OperandList } from './backend.js';
import { KERNELS, type KernelName } from './kernels.js';

/** Who looks at what kernels write. */
export interface KernelWatcher {
  /** Whether an operand, which is about to be written over, holds what is looked for. */
  holds(operand: Operand): boolean;
  /** Called after a kernel with the inputs that it left as they were; `held` says whether one written over held it. */
  ran(name: KernelName, outputs: readonly Operand[], inputs: readonly Operand[], held: boolean): void;
}

// Which operands kernels of many write; the others write the first.
const WRITTEN: Partial<Record<KernelName, readonly number[]>> = {
  lstm: [0, 1, 2],
  gru: [0, 1, 2],
  batchNormStatistics: [0, 2, 3],
  attentionGrad: [0, 1, 2],
  rnnGrad: [0, 1],
  lstmGrad: [0, 1],
  gruGrad: [0, 1],
};
const FIRST = [0];
// An operand that is written for the gradient: no result to look at, and no input either.
const HELPER: Partial<Record<KernelName, number>> = {
  attention: 1,
  layerNorm: 1,
  rmsNorm: 1,
  crossEntropy: 1,
  nllLoss: 1,
};

export class WatchedBackend implements Backend {
  readonly name: Backend['name'];
  readonly #inner: Backend;
  readonly #watcher: KernelWatcher;

  constructor(inner: Backend, watcher: KernelWatcher) {
    this.name = inner.name;
    this.#inner = inner;
    this.#watcher = watcher;
  }

  #watch(kernel: number, outputs: readonly Operand[], inputs: readonly Operand[], run: () => void): void {
    const isWritten = ({ slab, offset }: Operand): boolean =>
      outputs.some((output) => output.slab === slab && output.offset === offset);
    const held = inputs.some((input) => isWritten(input) && this.#watcher.holds(input));
    run();
    const kept = inputs.filter((input) => !isWritten(input));
    this.#watcher.ran(KERNELS[kernel], outputs, kept, held);
  }

  run1(kernel: number, kind: Kind, out: Operand): void {
    this.#watch(kernel, [out], [], () => this.#inner.run1(kernel, kind, out));
  }

  run2(kernel: number, kind: Kind, out: Operand, a: Operand): void {
    this.#watch(kernel, [out], [a], () => this.#inner.run2(kernel, kind, out, a));
  }

  run3(kernel: number, kind: Kind, out: Operand, a: Operand, b: Operand): void {
    this.#watch(kernel, [out], [a, b], () => this.#inner.run3(kernel, kind, out, a, b));
  }

  run4(kernel: number, kind: Kind, out: Operand, a: Operand, b: Operand, c: Operand): void {
    this.#watch(kernel, [out], [a, b, c], () => this.#inner.run4(kernel, kind, out, a, b, c));
  }

  runMany(kernel: number, kind: Kind, operands: readonly Operand[]): void {
    const places = WRITTEN[KERNELS[kernel]] ?? FIRST;
    const outputs = places.flatMap((place) => operands[place] ?? []);
    const helper = HELPER[KERNELS[kernel]];
    const inputs = operands.filter((_, place) => !places.includes(place) && place !== helper);
    this.#watch(kernel, outputs, inputs, () => this.#inner.runMany(kernel, kind, operands));
  }

  runList(kernel: number, kind: Kind, list: OperandList): void {
    const operands = list.rows.flat();
    this.#watch(kernel, operands, operands, () => this.#inner.runList(kernel, kind, list));
  }
}
