// The call record: one preallocated array through which every call reaches the native backend.

/** Status, kernel, dtype, operands, attributes, failure facts and inline layouts, at the places named below. */
export const record = new Float64Array(544);

export const STATUS = 0;
export const KERNEL = 1;
export const KIND = 2;
export const COUNT = 3;
/** Operand i stands at OPERANDS + 3 i: buffer id, offset in elements, layout id. The output comes first. */
export const OPERANDS = 4;
export const ATTRIBUTES = 40;
export const FAILURE = 56;
/** Layouts without a number: rank, dims, strides. Operand i's stands at INLINE + i * INLINE_STRIDE. */
export const INLINE = 64;
export const INLINE_STRIDE = 40;

/** The scalar attributes of the next call. Ops fill them, kernels of both backends read them. */
export const attributes = record.subarray(ATTRIBUTES, ATTRIBUTES + 16);

/** Which attribute of a product says how it is computed: 0 in full, 1 with operands rounded to bfloat16. */
export const PRECISION = 14;

/** Which attribute of a list kernel holds the number of rows. */
export const ROWS = 15;
