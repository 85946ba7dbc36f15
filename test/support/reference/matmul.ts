// The matrix product in plain arrays, from its definition.

import { at, broadcastShape, build, type Plain } from '../plain.js';

export function matmul(left: Plain, right: Plain): Plain {
  const a: Plain = left.shape.length === 1 ? { ...left, shape: [1, ...left.shape] } : left;
  const b: Plain = right.shape.length === 1 ? { ...right, shape: [...right.shape, 1] } : right;
  const inner = a.shape[a.shape.length - 1];
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const rows = a.shape[a.shape.length - 2];
  const columns = b.shape[b.shape.length - 1];
  const whole = build([...batch, rows, columns], (index) => {
    const place = index.slice(0, -2);
    const [i, j] = index.slice(-2);
    let total = 0;
    for (let k = 0; k < inner; k++) total += matrixAt(a, place, i, k) * matrixAt(b, place, k, j);
    return total;
  });
  const dropped = [
    left.shape.length === 1 ? batch.length : -1,
    right.shape.length === 1 ? batch.length + 1 : -1,
  ];
  return { shape: whole.shape.filter((_, axis) => !dropped.includes(axis)), data: whole.data };
}

/** Element (i, j) of the matrix that broadcasts to a place in the batch. */
function matrixAt(x: Plain, place: readonly number[], i: number, j: number): number {
  const lead = place.length - (x.shape.length - 2);
  const own = x.shape.slice(0, -2).map((dim, axis) => (dim === 1 ? 0 : place[lead + axis]));
  return at(x, [...own, i, j]);
}
