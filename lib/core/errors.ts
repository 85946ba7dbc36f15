// The named errors of the library. Each carries its facts as fields and says what to do where that is known.

/** What every error of the library extends: `op` names the operation that refused. */
export class QuernError extends Error {
  readonly op: string;
  constructor(op: string, message: string) {
    super(`[${op}] ${message}`);
    this.name = new.target.name;
    this.op = op;
  }
}

/** Shapes that do not fit the operation or one another. */
export class ShapeError extends QuernError {
  readonly shapes: readonly (readonly number[])[];
  constructor(op: string, message: string, shapes: readonly (readonly number[])[] = []) {
    super(op, message);
    this.shapes = shapes;
  }
}

/** A dtype that has no meaning for the operation. */
export class DTypeError extends QuernError {
  readonly dtypes: readonly string[];
  constructor(op: string, message: string, dtypes: readonly string[] = []) {
    super(op, message);
    this.dtypes = dtypes;
  }
}

/** An index, axis or class outside its range. */
export class IndexError extends QuernError {
  readonly index: number;
  readonly limit: number;
  constructor(op: string, message: string, index: number, limit: number) {
    super(op, message);
    this.index = index;
    this.limit = limit;
  }
}

/** A value that has no meaning for the argument it was given for. */
export class ArgumentError extends QuernError {
  readonly argument: string;
  readonly value: unknown;
  constructor(op: string, argument: string, value: unknown, message: string) {
    super(op, message);
    this.argument = argument;
    this.value = value;
  }
}

/** A tensor used after its memory was given back. */
export class DisposedError extends QuernError {
  constructor(op: string) {
    super(
      op,
      'a tensor was used after it was disposed; return it from its scope, wrap it in keep(), or dispose of it later',
    );
  }
}

/** Something that automatic differentiation cannot do, or can no longer do right. */
export class GradientError extends QuernError {}

/** What an {@link AnomalyError} knows. */
interface AnomalyFacts {
  readonly value: 'NaN' | 'infinity';
  readonly phase: 'forward' | 'backward';
  readonly kernel: string;
  readonly module: string | null;
  readonly calledAt: string | null;
}

/** A NaN or an infinity that anomaly detection found; `op` is the operation, in backward the one differentiated. */
export class AnomalyError extends QuernError {
  readonly value: 'NaN' | 'infinity';
  readonly phase: 'forward' | 'backward';
  /** What wrote it. */
  readonly kernel: string;
  /** The module in whose forward the operation ran, as far as that is known. */
  readonly module: string | null;
  /** Where the operation was called, as file:line:column, as far as that is known. */
  readonly calledAt: string | null;
  constructor(op: string, message: string, facts: AnomalyFacts) {
    super(op, message);
    this.value = facts.value;
    this.phase = facts.phase;
    this.kernel = facts.kernel;
    this.module = facts.module;
    this.calledAt = facts.calledAt;
  }
}

/** Memory that could not be had, or more of it than one buffer can hold. */
export class MemoryError extends QuernError {
  readonly bytes: number;
  constructor(op: string, message: string, bytes: number) {
    super(op, message);
    this.bytes = bytes;
  }
}

/** A backend that is missing or was asked for what this machine lacks. */
export class BackendError extends QuernError {}

/** A file that is not what it should be. */
export class FileFormatError extends QuernError {
  readonly path: string;
  constructor(op: string, path: string, message: string) {
    super(op, message);
    this.path = path;
  }
}

/** A state dict that does not fit the module or optimizer it was given to; `problems` lists all that is wrong. */
export class StateDictError extends QuernError {
  readonly problems: readonly string[];
  constructor(op: string, problems: readonly string[]) {
    super(op, `the state dict does not fit, and nothing was loaded: ${problems.join('; ')}`);
    this.problems = problems;
  }
}

/** A value as errors say what they got: number 0.25, Tensor. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'object') return value.constructor?.name ?? 'an object';
  return `${typeof value} ${String(value)}`;
}

/** A shape as errors print it: (2, 3). */
export function showShape(dims: readonly number[]): string {
  return dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(', ')})`;
}
