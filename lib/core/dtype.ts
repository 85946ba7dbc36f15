// Element types: their names, codes, sizes, typed arrays and the rule by which two of them meet.

/** The element types of a tensor. `bool` holds 0 or 1 in a byte. */
export type DType = 'float32' | 'float64' | 'int32' | 'uint8' | 'bool';

/** The code of a dtype as it travels to the backends: the index into {@link DTYPES}. */
export type Kind = number;

export const FLOAT32 = 0;
export const FLOAT64 = 1;
export const INT32 = 2;
export const UINT8 = 3;
export const BOOL = 4;

/** Names by code. */
export const DTYPES: readonly DType[] = ['float32', 'float64', 'int32', 'uint8', 'bool'];

/** Bytes of one element, by code. */
export const ITEM_SIZE: readonly number[] = [4, 8, 4, 1, 1];

/** The typed array that holds one dtype's elements. */
export type DataArray = Float32Array | Float64Array | Int32Array | Uint8Array;

const CODES: Record<DType, Kind> = {
  float32: FLOAT32,
  float64: FLOAT64,
  int32: INT32,
  uint8: UINT8,
  bool: BOOL,
};

/** The code of a dtype's name; undefined for a name that is none. */
export function kindOf(dtype: DType): Kind | undefined {
  return Object.hasOwn(CODES, dtype) ? CODES[dtype] : undefined;
}

export function isFloatKind(kind: Kind): boolean {
  return kind <= FLOAT64;
}

// Rank in the promotion order, by code: bool < uint8 < int32 < float32 < float64.
const RANK = [3, 4, 2, 1, 0];
// Category, by code: bool 0, integer 1, floating 2.
const CATEGORY = [2, 2, 1, 1, 0];

/** Whether a tensor of one dtype can take values of another in place: not floating into whole, nor whole into bool. */
export function canHold(target: Kind, value: Kind): boolean {
  return CATEGORY[value] <= CATEGORY[target];
}

/** PyTorch's promotion of two dtypes of the same standing. */
export function promoteKinds(a: Kind, b: Kind): Kind {
  return RANK[a] >= RANK[b] ? a : b;
}

/**
 * PyTorch's promotion of two operands: one without dimensions changes the other's dtype only where it is of a
 * higher category (bool, integer, floating).
 */
export function promoteOperands(a: Kind, rankA: number, b: Kind, rankB: number): Kind {
  if (a === b) return a;
  if (rankA === 0 && rankB > 0) return CATEGORY[a] > CATEGORY[b] ? a : b;
  if (rankB === 0 && rankA > 0) return CATEGORY[b] > CATEGORY[a] ? b : a;
  return promoteKinds(a, b);
}

/** The dtype that a tensor takes when it meets a JavaScript number: its own, unless the number is of a higher category. */
export function promoteNumber(kind: Kind, value: number): Kind {
  if (kind <= FLOAT64) return kind;
  if (!Number.isInteger(value)) return FLOAT32;
  return kind === BOOL ? INT32 : kind;
}

/** A typed array of one kind over part of a buffer. */
export function viewBytes(
  kind: Kind,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number,
): DataArray {
  switch (kind) {
    case FLOAT32:
      return new Float32Array(buffer, byteOffset, length);
    case FLOAT64:
      return new Float64Array(buffer, byteOffset, length);
    case INT32:
      return new Int32Array(buffer, byteOffset, length);
    default:
      return new Uint8Array(buffer, byteOffset, length);
  }
}
