// What a kernel of the plain TypeScript backend is, by the number of operands it takes.

import type { Kind } from '../../core/dtype.js';
import type { Operand, OperandList } from '../backend.js';

export type Kernel1 = (kind: Kind, out: Operand) => void;
export type Kernel2 = (kind: Kind, out: Operand, a: Operand) => void;
export type Kernel3 = (kind: Kind, out: Operand, a: Operand, b: Operand) => void;
export type Kernel4 = (kind: Kind, out: Operand, a: Operand, b: Operand, c: Operand) => void;
export type KernelMany = (kind: Kind, operands: readonly Operand[]) => void;
export type ListKernel = (kind: Kind, list: OperandList) => void;

/** Kernels by their number of operands, output included; one with an optional operand has two entries. */
export type Entry =
  | { readonly 1: Kernel1 }
  | { readonly 2: Kernel2 }
  | { readonly 3: Kernel3 }
  | { readonly 3: Kernel3; readonly 4: Kernel4 }
  | { readonly 4: Kernel4 }
  | { readonly many: KernelMany }
  | { readonly list: ListKernel };
