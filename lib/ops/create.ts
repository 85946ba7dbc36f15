// Making tensors: from data, filled, in sequences.

import { active } from '../backend/active.js';
import { kernel } from '../backend/kernels.js';
import { attributes } from '../backend/record.js';
import {
  BOOL,
  type DataArray,
  type DType,
  FLOAT32,
  FLOAT64,
  INT32,
  type Kind,
  kindOf,
  UINT8,
} from '../core/dtype.js';
import { ArgumentError, DTypeError, describe, ShapeError } from '../core/errors.js';
import { checkShape, denseLayout, type Layout } from '../core/layout.js';
import { checkOptions, NO_OPTIONS, optionNames } from '../core/options.js';
import { makeLasting, makeTensor, type Tensor } from '../core/tensor.js';
import { checkTensor, copyValues } from './apply.js';
import { checkNumber, fitting } from './whole.js';

/** Nested arrays of numbers or booleans, a typed array, or one number or boolean. */
export type TensorData = number | boolean | DataArray | readonly TensorData[];

export interface TensorOptions {
  /** Default float32, or what the data suggests. */
  dtype?: DType;
  /** Whether gradients are wanted. Default false. */
  requiresGrad?: boolean;
}

const TENSOR_OPTIONS = optionNames<TensorOptions>({ dtype: true, requiresGrad: true });

/** The code of a dtype given by a user. @internal */
export function checkDType(op: string, dtype: DType): Kind {
  const kind = kindOf(dtype);
  if (kind === undefined) {
    throw new DTypeError(
      op,
      `there is no dtype '${String(dtype)}'; there are float32, float64, int32, uint8 and bool`,
      [String(dtype)],
    );
  }
  return kind;
}

/** Marks a new tensor as a leaf that wants gradients, if asked. @internal */
export function finish(out: Tensor, options: TensorOptions): Tensor {
  if (options.requiresGrad) out.requiresGrad = true;
  return out;
}

/** The dtype that options, checked here, ask for. @internal */
export function kindFromOptions(op: string, options: TensorOptions, otherwise: Kind): Kind {
  checkOptions(op, options, TENSOR_OPTIONS);
  return options.dtype === undefined ? otherwise : checkDType(op, options.dtype);
}

function shapeOf(data: TensorData): number[] {
  const dims: number[] = [];
  let at: TensorData | undefined = data;
  while (Array.isArray(at) || ArrayBuffer.isView(at)) {
    dims.push(at.length);
    at = at[0];
  }
  return dims;
}

/** Copies nested arrays row by row; answers where the next value goes. */
function fillNested(
  into: DataArray,
  at: number,
  data: TensorData,
  dims: readonly number[],
  depth: number,
  kind: Kind,
): number {
  if (depth === dims.length) {
    if (typeof data !== 'number' && typeof data !== 'boolean') {
      throw new ArgumentError(
        'tensor',
        'data',
        data,
        `the data holds ${describe(data)} where a number or boolean is needed at depth ${depth}`,
      );
    }
    into[at] = fitting('tensor', Number(data), kind);
    return at + 1;
  }
  if (
    (!Array.isArray(data) && !ArrayBuffer.isView(data)) ||
    (data as ArrayLike<unknown>).length !== dims[depth]
  ) {
    throw new ShapeError(
      'tensor',
      `nested arrays must be of equal length: depth ${depth} holds ${dims[depth]} values first and later others`,
    );
  }
  if (ArrayBuffer.isView(data)) {
    if (depth + 1 !== dims.length)
      throw new ShapeError('tensor', `a typed array stands at depth ${depth} where deeper arrays are needed`);
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
      throw new ArgumentError(
        'tensor',
        'data',
        data,
        `the data is ${describe(data)}, and there are no 64-bit integers; convert it: Float64Array.from(data, Number)`,
      );
    }
    // The typed array's own conversion would make other numbers of those that do not fit.
    if (kind >= INT32 && kind !== BOOL && data.constructor !== into.constructor)
      for (const value of data as DataArray) fitting('tensor', value, kind);
    into.set(data as DataArray, at);
    return at + (data as DataArray).length;
  }
  let next = at;
  for (const item of data as readonly TensorData[])
    next = fillNested(into, next, item, dims, depth + 1, kind);
  return next;
}

function suggestedKind(data: TensorData): Kind {
  let at: TensorData | undefined = data;
  while (Array.isArray(at)) at = at[0];
  if (typeof at === 'boolean') return BOOL;
  if (at instanceof Float64Array) return FLOAT64;
  if (at instanceof Int32Array) return INT32;
  if (at instanceof Uint8Array || at instanceof Uint8ClampedArray) return UINT8;
  return FLOAT32;
}

/**
 * A tensor of a copy of the data: a number, a boolean, nested arrays of them, or a typed array. The dtype is
 * float32 for numbers, bool for booleans, and the typed array's own.
 *
 * @throws ShapeError where nested arrays differ in length; ArgumentError where the data is none, and where int32 or
 * uint8 have no place for a number; fractions are cut off there.
 * @example
 * import { tensor } from 'quern';
 * tensor([[1, 2], [3, 4]]).shape; // => [2, 2]
 */
export function tensor(data: TensorData, options: TensorOptions = NO_OPTIONS): Tensor {
  if (
    data === undefined ||
    data === null ||
    (typeof data === 'object' && !Array.isArray(data) && !ArrayBuffer.isView(data))
  ) {
    throw new ArgumentError(
      'tensor',
      'data',
      data,
      `data is a number, nested arrays or a typed array; got ${describe(data)}`,
    );
  }
  const kind = kindFromOptions('tensor', options, suggestedKind(data));
  const dims = shapeOf(data);
  const out = makeLasting(denseLayout(checkShape('tensor', dims)), kind);
  const size = out.size;
  const at = out.offset;
  // Two dtypes need more than the typed array's own conversion: any value but 0 is true.
  const target = kind === BOOL ? new Float64Array(size) : out.slab.view(kind).subarray(at, at + size);
  fillNested(target, 0, data, dims, 0, kind);
  if (kind === BOOL) {
    const bytes = out.slab.view(kind);
    for (let i = 0; i < size; i++) bytes[at + i] = target[i] === 0 ? 0 : 1;
  }
  return finish(out, options);
}

/** A dense tensor of zeros. @internal */
export function zerosOf(layout: Layout, kind: Kind): Tensor {
  return filledOf(layout, kind, 0);
}

/** A dense tensor filled with a number. @internal */
export function filledOf(layout: Layout, kind: Kind, value: number): Tensor {
  const out = makeTensor(layout, kind);
  attributes[0] = value;
  active.run1(kernel.fill, kind, out);
  return out;
}

function filled(
  op: string,
  shape: readonly number[],
  value: number,
  options: TensorOptions,
  otherwise: Kind,
): Tensor {
  const layout = denseLayout(checkShape(op, shape));
  const kind = kindFromOptions(op, options, otherwise);
  return finish(filledOf(layout, kind, fitting(op, value, kind)), options);
}

/**
 * A tensor of zeros.
 *
 * @throws ShapeError where the shape is none.
 * @example
 * import { zeros } from 'quern';
 * zeros([2]).toArray(); // => [0, 0]
 */
export function zeros(shape: readonly number[], options: TensorOptions = NO_OPTIONS): Tensor {
  return filled('zeros', shape, 0, options, FLOAT32);
}

/**
 * A tensor of ones.
 *
 * @throws ShapeError where the shape is none.
 * @example
 * import { ones } from 'quern';
 * ones([2]).toArray(); // => [1, 1]
 */
export function ones(shape: readonly number[], options: TensorOptions = NO_OPTIONS): Tensor {
  return filled('ones', shape, 1, options, FLOAT32);
}

/**
 * A tensor filled with a number: float32, or bool for a boolean.
 *
 * @throws ShapeError where the shape is none.
 * @example
 * import { full } from 'quern';
 * full([2], 7).toArray(); // => [7, 7]
 */
export function full(
  shape: readonly number[],
  value: number | boolean,
  options: TensorOptions = NO_OPTIONS,
): Tensor {
  return filled(
    'full',
    shape,
    typeof value === 'boolean' ? Number(value) : value,
    options,
    typeof value === 'boolean' ? BOOL : FLOAT32,
  );
}

/**
 * A tensor whose elements are whatever lay in memory.
 *
 * @throws ShapeError where the shape is none.
 * @example
 * import { empty } from 'quern';
 * empty([2, 3]).shape; // => [2, 3]
 */
export function empty(shape: readonly number[], options: TensorOptions = NO_OPTIONS): Tensor {
  return finish(
    makeTensor(denseLayout(checkShape('empty', shape)), kindFromOptions('empty', options, FLOAT32)),
    options,
  );
}

/**
 * A tensor of the shape and dtype of x whose elements are whatever lay in memory.
 *
 * @example
 * import { emptyLike, zeros } from 'quern';
 * emptyLike(zeros([2, 3])).shape; // => [2, 3]
 */
export function emptyLike(x: Tensor, options: TensorOptions = NO_OPTIONS): Tensor {
  checkTensor('emptyLike', x);
  return finish(makeTensor(x.layout.dense, kindFromOptions('emptyLike', options, x.kind)), options);
}

function like(op: string, x: Tensor, value: number, options: TensorOptions): Tensor {
  checkTensor(op, x);
  const kind = kindFromOptions(op, options, x.kind);
  return finish(filledOf(x.layout.dense, kind, fitting(op, value, kind)), options);
}

/**
 * Zeros of the shape and dtype of x.
 *
 * @example
 * import { tensor, zerosLike } from 'quern';
 * zerosLike(tensor([1, 2])).toArray(); // => [0, 0]
 */
export function zerosLike(x: Tensor, options: TensorOptions = NO_OPTIONS): Tensor {
  return like('zerosLike', x, 0, options);
}

/**
 * Ones of the shape and dtype of x.
 *
 * @example
 * import { onesLike, tensor } from 'quern';
 * onesLike(tensor([1, 2])).toArray(); // => [1, 1]
 */
export function onesLike(x: Tensor, options: TensorOptions = NO_OPTIONS): Tensor {
  return like('onesLike', x, 1, options);
}

/**
 * A number repeated in the shape and dtype of x.
 *
 * @example
 * import { fullLike, tensor } from 'quern';
 * fullLike(tensor([1, 2]), 5).toArray(); // => [5, 5]
 */
export function fullLike(x: Tensor, value: number, options: TensorOptions = NO_OPTIONS): Tensor {
  return like('fullLike', x, value, options);
}

/** A tensor of values computed one by one. */
function sequence(
  op: string,
  size: number,
  options: TensorOptions,
  otherwise: Kind,
  value: (i: number) => number,
): Tensor {
  const out = makeTensor(denseLayout([size]), kindFromOptions(op, options, otherwise));
  const data = out.slab.view(out.kind);
  for (let i = 0; i < size; i++) data[out.offset + i] = fitting(op, value(i), out.kind);
  return finish(out, options);
}

/**
 * The numbers from start (or 0) up to, not including, end, `step` apart. float32 unless a dtype is given.
 *
 * @throws ArgumentError where step is 0 or leads away from end.
 * @example
 * import { arange } from 'quern';
 * arange(1, 6, 2).toArray(); // => [1, 3, 5]
 */
export function arange(end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, step?: number, options?: TensorOptions): Tensor;
export function arange(
  first: number,
  second?: number | TensorOptions,
  step = 1,
  options: TensorOptions = NO_OPTIONS,
): Tensor {
  const start = typeof second === 'number' ? first : 0;
  const end = typeof second === 'number' ? second : first;
  for (const [name, value] of Object.entries({ start, end, step })) checkNumber('arange', name, value);
  const size = Math.ceil((end - start) / step);
  if (!Number.isFinite(size) || size < 0) {
    throw new ArgumentError('arange', 'step', step, `steps of ${step} do not lead from ${start} to ${end}`);
  }
  return sequence(
    'arange',
    size,
    second === undefined || typeof second === 'number' ? options : second,
    FLOAT32,
    (i) => start + i * step,
  );
}

/**
 * `steps` numbers from start to end, both included, evenly apart.
 *
 * @throws ArgumentError where steps is not a whole number from 0.
 * @example
 * import { linspace } from 'quern';
 * linspace(0, 1, 3).toArray(); // => [0, 0.5, 1]
 */
export function linspace(
  start: number,
  end: number,
  steps: number,
  options: TensorOptions = NO_OPTIONS,
): Tensor {
  if (!Number.isInteger(steps) || steps < 0) {
    throw new ArgumentError('linspace', 'steps', steps, `steps is a whole number from 0; got ${steps}`);
  }
  for (const [name, value] of Object.entries({ start, end })) checkNumber('linspace', name, value);
  const step = steps > 1 ? (end - start) / (steps - 1) : 0;
  // From both ends towards the middle, so that the last value is exactly `end`.
  return sequence('linspace', steps, options, FLOAT32, (i) =>
    i < steps / 2 || steps === 1 ? start + i * step : end - (steps - 1 - i) * step,
  );
}

export interface LogspaceOptions extends TensorOptions {
  /** Default 10. */
  base?: number;
}

/** @internal */
export const LOGSPACE_OPTIONS = optionNames<LogspaceOptions>({ base: true, dtype: true, requiresGrad: true });

/**
 * `steps` powers of a base, by default 10, whose exponents run evenly from start to end, both included.
 *
 * @throws ArgumentError where steps is not a whole number from 0.
 * @example
 * import { logspace } from 'quern';
 * logspace(0, 2, 3).toArray(); // => [1, 10, 100]
 */
export function logspace(
  start: number,
  end: number,
  steps: number,
  options: LogspaceOptions = NO_OPTIONS,
): Tensor {
  checkOptions('logspace', options, LOGSPACE_OPTIONS);
  const { base = 10, ...others } = options;
  if (!Number.isInteger(steps) || steps < 0) {
    throw new ArgumentError('logspace', 'steps', steps, `steps is a whole number from 0; got ${steps}`);
  }
  for (const [name, value] of Object.entries({ start, end })) checkNumber('logspace', name, value);
  const exponents = linspace(start, end, steps, { dtype: 'float64' });
  const from = exponents.slab.view(FLOAT64);
  return sequence('logspace', steps, others, FLOAT32, (i) => base ** from[exponents.offset + i]);
}

/**
 * The identity matrix of n rows, and m columns where given.
 *
 * @throws ShapeError where a size is not a whole number from 0.
 * @example
 * import { eye } from 'quern';
 * eye(2).toArray(); // => [[1, 0], [0, 1]]
 */
export function eye(n: number, m: number = n, options: TensorOptions = NO_OPTIONS): Tensor {
  const layout = denseLayout(checkShape('eye', [n, m]));
  const out = filledOf(layout, kindFromOptions('eye', options, FLOAT32), 0);
  const data = out.slab.view(out.kind);
  for (let i = 0; i < Math.min(n, m); i++) data[out.offset + i * (m + 1)] = 1;
  return finish(out, options);
}

/** A lasting copy: for parameters, buffers and state. @internal */
export function lastingCopy(x: Tensor): Tensor {
  const out = makeLasting(x.layout.dense, x.kind);
  copyValues(out, x);
  return out;
}
