// What the native backend's status codes mean, as named errors.

import { DTYPES, type Kind } from '../core/dtype.js';
import {
  ArgumentError,
  BackendError,
  DisposedError,
  IndexError,
  MemoryError,
  QuernError,
  ShapeError,
  showShape,
} from '../core/errors.js';
import { DISPOSED } from '../core/slab.js';
import type { Operand } from './backend.js';
import { KERNELS } from './kernels.js';
import { FAILURE, record, STATUS } from './record.js';

// The codes of native/core/call.h.
const UNKNOWN_KERNEL = 1;
const DEAD_BUFFER = 2;
const UNKNOWN_LAYOUT = 3;
const OUT_OF_BOUNDS = 4;
const SHAPE_MISMATCH = 5;
const BAD_ATTRIBUTE = 6;
const INDEX_OUT_OF_RANGE = 7;
const OUT_OF_MEMORY = 8;
const DIVISION_BY_ZERO = 10;

/** Throws the error that the record's status stands for. */
export function throwStatus(kernel: number, kind: Kind, operands: readonly Operand[]): never {
  const status = record[STATUS];
  const op = KERNELS[kernel] ?? `kernel ${kernel}`;
  if (operands.some((operand) => operand.slab === DISPOSED)) throw new DisposedError(op);
  const shapes = operands.map((operand) => operand.layout.dims);
  switch (status) {
    case UNKNOWN_KERNEL:
      throw new BackendError(op, `the native backend has no ${op} for ${DTYPES[kind]}`);
    case SHAPE_MISMATCH:
      throw new ShapeError(op, `operands do not fit together: ${shapes.map(showShape).join(', ')}`, shapes);
    case BAD_ATTRIBUTE:
      if (op === 'bernoulli') throw probabilityError(record[FAILURE + 1]);
      if (op === 'standardGamma' || op === 'poisson') throw parameterError(op, record[FAILURE + 1]);
      throw new ArgumentError(
        op,
        'attribute',
        record[FAILURE + 1],
        `an argument has no meaning here: ${record[FAILURE + 1]}`,
      );
    case INDEX_OUT_OF_RANGE:
      throw indexError(op, record[FAILURE + 1], record[FAILURE + 2], record[FAILURE + 3]);
    case DIVISION_BY_ZERO:
      throw divisionError(op);
    case OUT_OF_MEMORY:
      throw new MemoryError(op, 'working memory could not be had; use smaller batches', 0);
    case DEAD_BUFFER:
    case UNKNOWN_LAYOUT:
    case OUT_OF_BOUNDS:
      throw new BackendError(op, `the call record is damaged (status ${status}); please report it`);
    default:
      throw new QuernError(op, `the native backend answered status ${status}`);
  }
}

/** The error for a value in an index tensor, alike in both backends. */
export function indexError(op: string, value: number, limit: number, axis: number): IndexError {
  return new IndexError(op, `index ${value} is out of range for dim ${axis} of size ${limit}`, value, limit);
}

/** The error for a value in a tensor of probabilities, alike in both backends. */
export function probabilityError(value: number): ArgumentError {
  return new ArgumentError('bernoulli', 'p', value, `probabilities lie in [0, 1]; got ${value}`);
}

/** The error for a value in a tensor of a distribution's parameters, alike in both backends. */
export function parameterError(op: 'standardGamma' | 'poisson', value: number): ArgumentError {
  return op === 'poisson'
    ? new ArgumentError(op, 'rate', value, `rates are finite numbers from 0; got ${value}`)
    : new ArgumentError(
        op,
        'concentration',
        value,
        `concentrations are finite numbers above 0; got ${value}`,
      );
}

/** The error for integers divided by 0, alike in both backends. */
export function divisionError(op: string): ArgumentError {
  return new ArgumentError(
    op,
    'divisor',
    0,
    'a divisor of integers is 0, and they have no infinity; divide floating tensors instead, made by to()',
  );
}
