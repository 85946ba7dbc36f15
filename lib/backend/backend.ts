// What a backend is: something that runs kernels on operands that lie in slabs.

import type { Kind } from '../core/dtype.js';
import type { Layout } from '../core/layout.js';
import type { Slab } from '../core/slab.js';

/** What kernels see of a tensor. */
export interface Operand {
  readonly slab: Slab;
  /** Of the element with index zero, in elements from the start of the slab's buffer. */
  readonly offset: number;
  readonly layout: Layout;
  readonly kind: Kind;
}

/** Rows of contiguous arrays of equal length, one row a parameter: the operands of an optimizer's kernel. */
export interface OperandList {
  readonly width: number;
  readonly rows: readonly (readonly Operand[])[];
  /** The same rows as numbers, for the native backend: width × (buffer, offset), then the length. */
  readonly encoded: Operand;
}

/**
 * One entry per number of operands, the output first. `kind` is the dtype computed in; scalar arguments stand in
 * {@link attributes}. A call throws a named error where an operand is disposed of, does not fit, or holds an
 * index out of range.
 */
export interface Backend {
  readonly name: 'native' | 'typescript';
  run1(kernel: number, kind: Kind, out: Operand): void;
  run2(kernel: number, kind: Kind, out: Operand, a: Operand): void;
  run3(kernel: number, kind: Kind, out: Operand, a: Operand, b: Operand): void;
  run4(kernel: number, kind: Kind, out: Operand, a: Operand, b: Operand, c: Operand): void;
  /** For kernels with more operands, whose work outweighs an array. */
  runMany(kernel: number, kind: Kind, operands: readonly Operand[]): void;
  runList(kernel: number, kind: Kind, list: OperandList): void;
}
