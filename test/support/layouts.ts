// Tensors from plain arrays, in every way in which they can lie in memory.

import { type DataArray, type DType, type Tensor, tensor } from 'quern';
import { at, build, type Plain } from './plain.js';

export const ARRANGEMENTS = ['dense', 'transposed', 'stepped', 'expanded'] as const;

export type Arrangement = (typeof ARRANGEMENTS)[number];

function typed(data: readonly number[], dtype: DType): DataArray {
  if (dtype === 'float32') return Float32Array.from(data);
  if (dtype === 'float64') return Float64Array.from(data);
  return dtype === 'int32' ? Int32Array.from(data) : Uint8Array.from(data);
}

/** A tensor in row-major order. */
export function dense(x: Plain, dtype: DType): Tensor {
  return tensor(typed(x.data, dtype), { dtype }).reshape(x.shape);
}

/** The same values along the last dimension, as an expanded tensor has them. */
function repeated(x: Plain): Plain {
  const last = x.shape.length - 1;
  return build(x.shape, (index) => at(x, [...index.slice(0, last), 0]));
}

/** A window with a step in every dimension; what lies around it is not a number, or 77 in integers. */
function stepped(x: Plain, dtype: DType): Tensor {
  const inside = (i: number): boolean => i % 2 === 1;
  const outer = x.shape.map((dim) => 2 * dim + 1);
  const filler = dtype === 'bool' ? 1 : dtype.startsWith('float') ? Number.NaN : 77;
  const around = build(outer, (index) =>
    index.every(inside)
      ? at(
          x,
          index.map((i) => (i - 1) / 2),
        )
      : filler,
  );
  let view = dense(around, dtype);
  x.shape.forEach((dim, axis) => {
    view = view.slice(axis, { start: 1, end: 1 + 2 * dim, step: 2 });
  });
  return view;
}

function transposed(x: Plain, dtype: DType): Tensor {
  const axes = x.shape.map((_, axis) => axis).reverse();
  const turned = build(
    axes.map((axis) => x.shape[axis]),
    (index) => at(x, [...index].reverse()),
  );
  return dense(turned, dtype).permute(axes);
}

/** A tensor in an arrangement, and what it holds: an expanded one repeats values. */
export function arrange(x: Plain, dtype: DType, how: Arrangement): { plain: Plain; tensor: Tensor } {
  const rank = x.shape.length;
  if (how === 'expanded' && rank > 0 && x.data.length > 0) {
    const plain = repeated(x);
    const narrow = build([...x.shape.slice(0, -1), 1], (index) => at(plain, index));
    return { plain, tensor: dense(narrow, dtype).expand(x.shape) };
  }
  if (how === 'transposed' && rank > 1) return { plain: x, tensor: transposed(x, dtype) };
  if (how === 'stepped' && rank > 0) return { plain: x, tensor: stepped(x, dtype) };
  return { plain: x, tensor: dense(x, dtype) };
}
