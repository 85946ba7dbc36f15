// Rows of the op database: products of vectors and matrices by their names.

import * as q from 'quern';
import { at, broadcastAt, build, fromFront, mapped, type Plain } from '../support/plain.js';
import { sumOfProducts } from '../support/reference/einsum.js';
import { matmul } from '../support/reference/matmul.js';
import { noTensors } from './refusals.js';
import { type ErrorCase, FLOATS, NUMERIC, row, type Sample, type Spec } from './row.js';

const whole = (shape: readonly number[]) => q.ones(shape, { dtype: 'int32' });

const product = <Args extends readonly unknown[] = []>(spec: Omit<Spec<Args>, 'family'>) =>
  row<Args>({
    family: 'Products and convolutions',
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    ...spec,
  });

type Shapes = readonly (readonly number[])[];

const samplesOf = (...all: readonly Shapes[]): Sample<[]>[] => all.map((inputs) => ({ inputs }));

/** What products of two tensors refuse. */
const refusals = (fn: (...operands: q.Tensor[]) => unknown, shapes: Shapes, others: Shapes): ErrorCase[] => [
  {
    name: 'inner dimensions that differ',
    act: () => fn(...others.map((dims) => q.ones(dims))),
    error: q.ShapeError,
  },
  {
    name: 'other numbers of dimensions',
    act: () => fn(...shapes.map((dims) => q.ones([1, 1, ...dims]))),
    error: q.ShapeError,
  },
  { name: 'integers', act: () => fn(...shapes.map(whole)), error: q.DTypeError },
];

const [V, M, B] = [[4], [3, 4], [2, 3, 4]];

type AddArgs = [options?: q.AddProductOptions];

/** beta x + alpha · the product of the others. */
function addProduct(
  fn: (x: q.Tensor, a: q.Tensor, b: q.Tensor, options?: q.AddProductOptions) => q.Tensor,
  expression: string,
  a: readonly number[],
  b: readonly number[],
  x: readonly number[],
) {
  const empty = (dims: readonly number[]): number[] => dims.map(() => 0);
  return product<AddArgs>({
    fn,
    samples: [
      { inputs: [x, a, b] },
      { inputs: [[1], a, b], args: [{ beta: 0.5, alpha: -2 }] },
      { inputs: [[], a, b], args: [{ alpha: 3 }] },
      { inputs: [{ shape: [1], data: [Number.NaN] }, a, b], args: [{ beta: 0 }] },
      { inputs: [empty(x), empty(a), empty(b)] },
    ],
    reference: ([added, left, right], { beta = 1, alpha = 1 } = {}) => {
      const products = sumOfProducts(expression, [left, right]);
      return build(
        products.shape,
        (place) => (beta === 0 ? 0 : beta * broadcastAt(added, place)) + alpha * at(products, place),
      );
    },
    errors: [
      {
        name: 'a shape that does not broadcast',
        act: () => fn(q.ones([7]), q.ones(a), q.ones(b)),
        error: q.ShapeError,
      },
      {
        name: 'a shape that is larger',
        act: () => fn(q.ones([2, 2, 2, 2]), q.ones(a), q.ones(b)),
        error: q.ShapeError,
      },
      {
        name: 'two dtypes',
        act: () => fn(q.ones([1], { dtype: 'float64' }), q.ones(a), q.ones(b)),
        error: q.DTypeError,
      },
      {
        name: 'an option that there is not',
        act: () => fn(q.ones([1]), q.ones(a), q.ones(b), { gamma: 1 } as never),
        error: q.ArgumentError,
      },
    ],
  });
}

const power = (x: Plain, n: number): Plain => {
  const size = x.shape[x.shape.length - 1];
  const identity = build(x.shape, (place) => Number(place[place.length - 1] === place[place.length - 2]));
  let result = size === 0 ? x : identity;
  for (let i = 0; i < n; i++) result = matmul(result, x);
  return result;
};

export const matrixRows = {
  mm: product({
    fn: q.mm,
    samples: samplesOf(
      [M, [4, 2]],
      [
        [1, 1],
        [1, 1],
      ],
      [
        [2, 0],
        [0, 3],
      ],
      [
        [0, 2],
        [2, 3],
      ],
    ),
    reference: ([a, b]) => matmul(a, b),
    errors: refusals(
      q.mm,
      [
        [2, 2],
        [2, 2],
      ],
      [
        [2, 3],
        [2, 3],
      ],
    ),
  }),
  bmm: product({
    fn: q.bmm,
    samples: samplesOf(
      [B, [2, 4, 2]],
      [
        [1, 1, 1],
        [1, 1, 1],
      ],
      [
        [0, 2, 2],
        [0, 2, 2],
      ],
    ),
    reference: ([a, b]) => matmul(a, b),
    errors: [
      ...refusals(
        q.bmm,
        [
          [2, 2, 2],
          [2, 2, 2],
        ],
        [
          [2, 2, 3],
          [2, 2, 3],
        ],
      ),
      { name: 'other batches', act: () => q.bmm(q.ones([2, 2, 2]), q.ones([1, 2, 2])), error: q.ShapeError },
    ],
  }),
  mv: product({
    fn: q.mv,
    samples: samplesOf([M, V], [[1, 1], [1]], [[2, 0], [0]]),
    reference: ([a, b]) => matmul(a, b),
    errors: refusals(q.mv, [[2, 2], [2]], [[2, 3], [2]]),
  }),
  dot: product({
    fn: q.dot,
    samples: samplesOf([V, V], [[1], [1]], [[0], [0]]),
    large: { inputs: [[70000], [70000]] },
    reference: ([a, b]) => matmul(a, b),
    errors: refusals(q.dot, [[2], [2]], [[2], [3]]),
  }),
  vdot: product({
    fn: q.vdot,
    samples: samplesOf([V, V], [[0], [0]]),
    reference: ([a, b]) => matmul(a, b),
    errors: refusals(q.vdot, [[2], [2]], [[2], [3]]),
  }),
  outer: product({
    fn: q.outer,
    samples: samplesOf([V, [3]], [[1], [1]], [[0], [2]]),
    reference: ([a, b]) => build([a.shape[0], b.shape[0]], ([i, j]) => a.data[i] * b.data[j]),
    dtypes: NUMERIC,
    errors: [{ name: 'a matrix', act: () => q.outer(q.ones([2, 2]), q.ones([2])), error: q.ShapeError }],
  }),
  inner: product({
    fn: q.inner,
    samples: samplesOf(
      [V, V],
      [M, V],
      [B, [5, 4]],
      [[], M],
      [M, []],
      [
        [2, 0],
        [3, 0],
      ],
    ),
    reference: ([a, b]) => {
      if (a.shape.length === 0 || b.shape.length === 0) return mapped([a, b], (x, y) => x * y);
      const rows = (x: Plain, names: string): string => names.slice(0, x.shape.length - 1);
      const [left, right] = [rows(a, 'abc'), rows(b, 'xyz')];
      return sumOfProducts(`${left}k,${right}k->${left}${right}`, [a, b]);
    },
    errors: [
      {
        name: 'last dimensions that differ',
        act: () => q.inner(q.ones([2]), q.ones([3])),
        error: q.ShapeError,
      },
      { name: 'integers', act: () => q.inner(whole([2]), whole([2])), error: q.DTypeError },
    ],
  }),
  tensordot: product<[dims?: number | [number[], number[]], expression?: string]>({
    fn: q.tensordot,
    positional: (operands, [dims]) => [...operands, dims],
    samples: [
      { inputs: [B, [3, 4, 2]], args: [2, 'abc,bcd->ad'] },
      { inputs: [B, [4, 5]], args: [1, 'abc,cd->abd'] },
      { inputs: [[2], [3]], args: [0, 'a,b->ab'] },
      {
        inputs: [B, [4, 5, 3]],
        args: [
          [
            [1, -1],
            [2, 0],
          ],
          'abc,cdb->ad',
        ],
      },
      {
        inputs: [
          [2, 0],
          [0, 3],
        ],
        args: [1, 'ab,bc->ac'],
      },
    ],
    reference: (inputs, _dims, expression) => sumOfProducts(expression as string, inputs),
    errors: [
      {
        name: 'more than there are',
        act: () => q.tensordot(q.ones([2]), q.ones([2]), 2),
        error: q.ShapeError,
      },
      { name: 'sizes that differ', act: () => q.tensordot(q.ones([2]), q.ones([3]), 1), error: q.ShapeError },
      {
        name: 'lists of other lengths',
        act: () => q.tensordot(q.ones([2, 2]), q.ones([2, 2]), [[0, 1], [0]]),
        error: q.ShapeError,
      },
      { name: 'integers', act: () => q.tensordot(whole([2]), whole([2]), 1), error: q.DTypeError },
    ],
  }),
  addmm: addProduct(q.addmm, 'ij,jk->ik', [3, 4], [4, 2], [3, 2]),
  addmv: addProduct(q.addmv, 'ij,j->i', [3, 4], [4], [3]),
  addr: addProduct(q.addr, 'i,j->ij', [3], [4], [3, 4]),
  addbmm: addProduct(q.addbmm, 'bij,bjk->ik', [2, 3, 4], [2, 4, 2], [3, 2]),
  baddbmm: addProduct(q.baddbmm, 'bij,bjk->bik', [2, 3, 4], [2, 4, 2], [2, 3, 2]),
  multiDot: product({
    fn: q.multiDot,
    positional: (operands) => [operands],
    samples: samplesOf(
      [M, [4, 2]],
      [V, [4, 5], [5, 2]],
      [[2, 3], [3, 6], [6, 2], [2]],
      [V, V],
      [
        [2, 0],
        [0, 3],
        [3, 1],
      ],
    ),
    reference: (inputs) => inputs.reduce((all, next) => matmul(all, next)),
    errors: [
      { name: 'one matrix', act: () => q.multiDot([q.ones([2, 2])]), error: q.ArgumentError },
      { name: 'no list', act: () => q.multiDot(q.ones([2, 2]) as never), error: q.ArgumentError },
      {
        name: 'a vector in the middle',
        act: () => q.multiDot([q.ones([2, 2]), q.ones([2]), q.ones([2, 2])]),
        error: q.ShapeError,
      },
      {
        name: 'inner dimensions that differ',
        act: () => q.multiDot([q.ones([2, 3]), q.ones([2, 3])]),
        error: q.ShapeError,
      },
      {
        name: 'two dtypes',
        act: () => q.multiDot([q.ones([2, 2]), q.ones([2, 2], { dtype: 'float64' })]),
        error: q.DTypeError,
      },
    ],
  }),
  matrixPower: product<[n: number]>({
    fn: q.matrixPower,
    samples: [0, 1, 2, 3, 6]
      .map((n): Sample<[n: number]> => ({ inputs: [[2, 3, 3]], args: [n] }))
      .concat([
        { inputs: [[2, 2]], args: [5] },
        { inputs: [[0, 2, 2]], args: [2] },
      ]),
    reference: ([x], n) => power(x, n),
    domain: { low: -1, high: 1 },
    errors: [
      { name: 'no square', act: () => q.matrixPower(q.ones([2, 3]), 2), error: q.ShapeError },
      { name: 'a negative power', act: () => q.matrixPower(q.ones([2, 2]), -1), error: q.ArgumentError },
      { name: 'integers', act: () => q.matrixPower(whole([2, 2]), 2), error: q.DTypeError },
    ],
  }),
  kron: product({
    fn: q.kron,
    errors: [
      ...noTensors(q.kron, q.ones([2])),
      {
        name: 'a second operand that is no tensor',
        act: () => q.kron(q.ones([2]), 3 as never),
        error: q.ArgumentError,
      },
      {
        name: 'more dimensions than tensors have',
        act: () => q.kron(q.ones(new Array(17).fill(1)), q.ones([2])),
        error: q.ShapeError,
      },
    ],
    samples: samplesOf(
      [
        [2, 3],
        [3, 2],
      ],
      [V, [2]],
      [[], M],
      [[2], [2, 1, 3]],
      [
        [0, 2],
        [2, 2],
      ],
    ),
    reference: ([a, b]) => {
      const rank = Math.max(a.shape.length, b.shape.length);
      const sizes = (x: Plain): number[] => [...new Array<number>(rank - x.shape.length).fill(1), ...x.shape];
      const [dimsA, dimsB] = [sizes(a), sizes(b)];
      const value = (x: Plain, dims: readonly number[], place: readonly number[]): number =>
        at({ shape: dims, data: x.data }, place);
      return build(
        dimsA.map((dim, i) => dim * dimsB[i]),
        (place) =>
          value(
            a,
            dimsA,
            place.map((i, d) => Math.floor(i / dimsB[d])),
          ) *
          value(
            b,
            dimsB,
            place.map((i, d) => i % dimsB[d]),
          ),
      );
    },
    dtypes: NUMERIC,
  }),
  cross: product<[dim?: number]>({
    fn: q.cross,
    samples: [
      { inputs: [[3], [3]] },
      {
        inputs: [
          [2, 3],
          [2, 3],
        ],
      },
      {
        inputs: [
          [3, 4],
          [3, 1],
        ],
        args: [0],
      },
      {
        inputs: [
          [0, 3],
          [0, 3],
        ],
        args: [1],
      },
    ],
    reference: ([a, b], dim = -1) => {
      const axis = fromFront(dim, a.shape.length);
      const shape = mapped([a, b], () => 0).shape;
      const turn = (place: readonly number[], by: number): number[] =>
        place.map((i, d) => (d === axis ? (i + by) % 3 : i));
      return build(
        shape,
        (place) =>
          broadcastAt(a, turn(place, 1)) * broadcastAt(b, turn(place, 2)) -
          broadcastAt(a, turn(place, 2)) * broadcastAt(b, turn(place, 1)),
      );
    },
    errors: [
      { name: 'vectors of two elements', act: () => q.cross(q.ones([2]), q.ones([2])), error: q.ShapeError },
      {
        name: 'other numbers of dimensions',
        act: () => q.cross(q.ones([3]), q.ones([1, 3])),
        error: q.ShapeError,
      },
      {
        name: 'shapes that do not broadcast',
        act: () => q.cross(q.ones([2, 3]), q.ones([4, 3])),
        error: q.ShapeError,
      },
    ],
  }),
};
