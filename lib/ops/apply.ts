// How operations are applied: operands made alike, the output made, the kernel run, the graph extended.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import {
  BOOL,
  canHold,
  DTYPES,
  FLOAT32,
  INT32,
  isFloatKind,
  type Kind,
  promoteNumber,
  promoteOperands,
} from '../core/dtype.js';
import { ArgumentError, DisposedError, DTypeError, describe, ShapeError, showShape } from '../core/errors.js';
import {
  checkInPlace,
  finishInPlace,
  Rule,
  readsOld,
  record1,
  record2,
  recordInPlace,
  type Ways,
} from '../core/graph.js';
import { broadcastLayouts, SCALAR, sameDims } from '../core/layout.js';
import { DISPOSED } from '../core/slab.js';
import { makeTensor, Tensor } from '../core/tensor.js';
import { fitting } from './whole.js';

/** What stands where PyTorch takes a tensor or a Python number. */
export type Operand = Tensor | number;

/** Which dtypes a kernel computes in. Others are computed in the nearest: integers in float32 or int32. */
export const enum Domain {
  /** Floating only: integers become float32. */
  Floats,
  /** Floating and int32: uint8 and bool are computed in int32 and come back as what they were. */
  Numeric,
  /** Every dtype. */
  All,
}

/** An elementwise operation on one operand. */
export interface Unary {
  readonly name: string;
  readonly kernel: number;
  readonly domain: Domain;
  /** Whether its results are bool. */
  readonly predicate: boolean;
  readonly rule: Rule | null;
}

/** An elementwise operation on two operands. */
export type Binary = Unary;

export function rule(name: string, ways: Ways): Rule {
  return new Rule(name, ways);
}

/** Refuses what is no tensor, by the name of the operation. */
export function checkTensor(op: string, value: unknown): asserts value is Tensor {
  if (!(value instanceof Tensor)) {
    throw new ArgumentError(
      op,
      'input',
      value,
      `a tensor is needed here; got ${describe(value)}: make one with tensor(…)`,
    );
  }
  if (value.slab === DISPOSED) throw new DisposedError(op);
}

/** Refuses what is no floating tensor, by the name of the operation and of what in it the tensor is. */
export function checkFloating(op: string, x: unknown, what = op): asserts x is Tensor {
  checkTensor(op, x);
  if (isFloatKind(x.kind)) return;
  throw new DTypeError(op, `${what} needs a floating dtype; got ${x.dtype}: cast it with to('float32')`, [
    x.dtype,
  ]);
}

/** A tensor without dimensions that holds a number, for an operation. */
export function scalarTensor(value: number, kind: Kind, op = 'tensor'): Tensor {
  const held = kind >= INT32 ? fitting(op, value, kind) : value;
  const out = makeTensor(SCALAR, kind);
  out.slab.view(kind)[out.offset] = held;
  return out;
}

const castRule: Rule = rule('to', {
  a: [0, (node, g) => castTo(g, (node.a as Tensor).kind)],
});

/** A copy of a tensor in another dtype; itself where it has that already. */
export function castTo(a: Tensor, kind: Kind): Tensor {
  if (a.kind === kind) return a;
  const out = makeTensor(a.layout.dense, kind);
  attributes[0] = a.kind;
  active.run2(kernel.cast, kind, out, a);
  if (isFloatKind(kind)) record1(castRule, out, a, null);
  return out;
}

/** Copies values over a target's, unrecorded; the dtype is the target's. */
export function copyValues(target: Tensor, source: Tensor): void {
  attributes[0] = source.kind;
  active.run2(kernel.cast, target.kind, target, source);
}

export function computeKind(domain: Domain, kind: Kind): Kind {
  if (domain === Domain.All || isFloatKind(kind)) return kind;
  return domain === Domain.Floats ? FLOAT32 : INT32;
}

export function applyUnary(op: Unary, input: Tensor): Tensor {
  if (!(input instanceof Tensor)) checkTensor(op.name, input);
  const kind = computeKind(op.domain, input.kind);
  const a = kind === input.kind ? input : castTo(input, kind);
  const out = makeTensor(a.layout.dense, op.predicate ? BOOL : kind);
  active.run2(op.kernel, kind, out, a);
  if (op.rule !== null) record1(op.rule, out, a, null);
  return op.domain === Domain.Numeric && input.kind > INT32 ? castTo(out, input.kind) : out;
}

/** Numbers that a kernel takes besides its operands, at most three. */
export type Parameters = readonly number[];

/** Rounded to the dtype computed in, so that both backends compare with the same numbers. */
export function setParameters(kind: Kind, parameters: Parameters): void {
  for (let i = 0; i < parameters.length; i++) {
    attributes[i] = kind === FLOAT32 ? Math.fround(parameters[i]) : parameters[i];
  }
}

/** {@link applyUnary} with parameters, which the rule finds as what was saved. */
export function applyUnaryWith(op: Unary, input: Tensor, parameters: Parameters): Tensor {
  checkTensor(op.name, input);
  const kind = computeKind(op.domain, input.kind);
  const a = castTo(input, kind);
  const out = makeTensor(a.layout.dense, kind);
  setParameters(kind, parameters);
  active.run2(op.kernel, kind, out, a);
  if (op.rule !== null) record1(op.rule, out, a, parameters);
  return op.domain === Domain.Numeric && input.kind > INT32 ? castTo(out, input.kind) : out;
}

/** The same for two operands of one dtype. */
export function applyBinaryWith(op: Binary, a: Tensor, b: Tensor, parameters: Parameters): Tensor {
  const out = makeTensor(broadcastLayouts(op.name, a.layout, b.layout), a.kind);
  setParameters(a.kind, parameters);
  active.run3(op.kernel, a.kind, out, a, b);
  if (op.rule !== null) record2(op.rule, out, a, b, parameters);
  return out;
}

/** The dtype in which two operands meet. */
function meet(op: string, a: Operand, b: Operand): Kind {
  if (a instanceof Tensor) {
    if (b instanceof Tensor)
      return a.kind === b.kind ? a.kind : promoteOperands(a.kind, a.layout.rank, b.kind, b.layout.rank);
    if (typeof b === 'number') return promoteNumber(a.kind, b);
    checkTensor(op, b);
  }
  if (b instanceof Tensor && typeof a === 'number') return promoteNumber(b.kind, a);
  checkTensor(op, a);
  return (a as Tensor).kind;
}

export function toOperand(value: Operand, kind: Kind, op = 'tensor'): Tensor {
  if (value instanceof Tensor) return value.kind === kind ? value : castTo(value, kind);
  return scalarTensor(value, kind, op);
}

export function applyBinary(op: Binary, x: Operand, y: Operand): Tensor {
  const met = meet(op.name, x, y);
  const kind = computeKind(op.domain, met);
  const a = toOperand(x, kind, op.name);
  const b = toOperand(y, kind, op.name);
  const out = makeTensor(broadcastLayouts(op.name, a.layout, b.layout), op.predicate ? BOOL : kind);
  active.run3(op.kernel, kind, out, a, b);
  if (op.rule !== null) record2(op.rule, out, a, b, null);
  return op.domain === Domain.Numeric && met > INT32 && !op.predicate ? castTo(out, met) : out;
}

/** Refuses to write results of a dtype into a tensor that cannot hold them. */
export function demandHolds(op: string, target: Tensor, result: Kind): void {
  if (canHold(target.kind, result)) return;
  throw new DTypeError(
    op,
    `the result is ${DTYPES[result]} and cannot be written into a ${target.dtype} tensor; cast one of them with to()`,
    [target.dtype, DTYPES[result]],
  );
}

/** Writes `op target` over the target. */
export function applyUnaryInPlace(op: Unary, target: Tensor): Tensor {
  const name = `${op.name}_`;
  checkTensor(name, target);
  const kind = computeKind(op.domain, target.kind);
  demandHolds(name, target, kind);
  checkInPlace(name, target, false);
  if (op.rule !== null) {
    const old = readsOld(op.rule, target, target) ? copyOf(target) : null;
    recordInPlace(op.rule, target, null, null, old);
  }
  if (kind === target.kind) {
    active.run2(op.kernel, kind, target, target);
  } else {
    const wide = castTo(target, kind);
    active.run2(op.kernel, kind, wide, wide);
    copyValues(target, wide);
    wide.dispose();
  }
  finishInPlace(target);
  return target;
}

/** Writes `target op y`, computed in the target's dtype where that is floating, over the target. */
export function applyBinaryInPlace(op: Binary, target: Tensor, y: Operand): Tensor {
  const name = `${op.name}_`;
  checkTensor(name, target);
  const met = meet(name, target, y);
  demandHolds(name, target, op.domain === Domain.Numeric ? met : computeKind(op.domain, met));
  const kind = computeKind(op.domain, isFloatKind(target.kind) ? target.kind : met);
  const b = apart(toOperand(y, kind, name), target);
  checkFits(name, target, b);
  checkInPlace(name, target, b.tracked);
  if (op.rule !== null)
    recordInPlace(op.rule, target, b, null, readsOld(op.rule, target, b) ? copyOf(target) : null);
  if (kind === target.kind) {
    active.run3(op.kernel, kind, target, target, b);
  } else {
    const wide = castTo(target, kind);
    active.run3(op.kernel, kind, wide, wide, b);
    copyValues(target, wide);
    wide.dispose();
  }
  finishInPlace(target);
  return target;
}

/** A dense copy, unrecorded. */
export function copyOf(x: Tensor): Tensor {
  const out = makeTensor(x.layout.dense, x.kind);
  copyValues(out, x);
  return out;
}

/** The source of a write, or a copy where writing would change it on the way: where it shows the target's memory otherwise. */
export function apart(source: Tensor, target: Tensor): Tensor {
  const overlaps =
    source.root === target.root && (source.offset !== target.offset || source.layout !== target.layout);
  if (!overlaps) return source;
  const copy = copyOf(source);
  record1(COPY, copy, source, null);
  return copy;
}

const COPY: Rule = rule('clone', { a: [0, (_n, g) => g] });

/** Refuses a source that does not broadcast to the target of a write in place. */
export function checkFits(op: string, target: Tensor, source: Tensor): void {
  if (sameDims(broadcastLayouts(op, target.layout, source.layout), target.layout)) return;
  throw new ShapeError(
    op,
    `a tensor of shape ${showShape(source.shape)} does not fit into one of shape ${showShape(target.shape)}`,
    [target.shape, source.shape],
  );
}

/** A zero gradient, for steps and other functions that are flat almost everywhere. */
export function flat(name: string): Rule {
  return rule(name, { a: [0, (_node, g) => fillLike(g, 0)] });
}

/** A new dense tensor of a tensor's shape and dtype, filled with a number. */
export function fillLike(like: Tensor, value: number): Tensor {
  const out = makeTensor(like.layout.dense, like.kind);
  attributes[0] = value;
  active.run1(kernel.fill, out.kind, out);
  return out;
}
