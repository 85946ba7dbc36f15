// Rows of the op database: sums of products in Einstein's notation, diagonals.

import * as q from 'quern';
import { at, build, fromFront } from '../support/plain.js';
import { sumOfProducts } from '../support/reference/einsum.js';
import { FLOATS, row } from './row.js';

const M = [3, 4];
const V = [4];
const B = [2, 3, 4];

export const einsumRows = {
  einsum: row<[equation: string, plain?: string]>({
    family: 'Products and convolutions',
    fn: q.einsum,
    positional: (operands, [equation]) => [equation, ...operands],
    samples: [
      { inputs: [M, [4, 2]], args: ['ij,jk->ik'] },
      { inputs: [M, [4, 2]], args: ['ij, jk', 'ij,jk->ik'] },
      { inputs: [M], args: ['ba', 'ba->ab'] },
      { inputs: [M], args: ['ij->', 'ij->'] },
      { inputs: [[3, 3]], args: ['ii', 'ii->'] },
      { inputs: [[3, 3]], args: ['ii->i'] },
      { inputs: [[2, 3, 3, 2]], args: ['ijji->ji'] },
      { inputs: [[3, 3, 3]], args: ['iii->i'] },
      { inputs: [V, [3]], args: ['i,j', 'i,j->ij'] },
      { inputs: [M, M], args: ['ij,ij->ij'] },
      { inputs: [M, M], args: ['ij,ij->i'] },
      { inputs: [B, [2, 4, 5]], args: ['bij,bjk->bik'] },
      { inputs: [B, [2, 5, 4]], args: ['bij,bkj->kbi'] },
      {
        inputs: [
          [2, 3, 4, 5],
          [2, 6, 4, 5],
        ],
        args: ['bqhd,bkhd->bhqk'],
      },
      {
        inputs: [
          [2, 3],
          [3, 4],
          [4, 5],
        ],
        args: ['ab,bc,cd->ad'],
      },
      {
        inputs: [
          [2, 3],
          [2, 4, 5],
          [3, 5],
        ],
        args: ['bn,bam,nm->ba'],
      },
      {
        inputs: [
          [2, 3, 4],
          [4, 5],
        ],
        args: ['...j,jk->...k', 'xyj,jk->xyk'],
      },
      {
        inputs: [
          [2, 1, 3],
          [4, 3],
        ],
        args: ['...i,...i', 'xyi,yi->xy'],
      },
      { inputs: [[2, 3, 4]], args: ['i...->...', 'ixy->xy'] },
      { inputs: [[2, 3, 4]], args: ['...ij->...ji', 'xij->xji'] },
      {
        inputs: [
          [1, 4],
          [3, 4],
        ],
        args: ['ij,ij->i'],
      },
      { inputs: [M, []], args: ['ij,->ij'] },
      {
        inputs: [
          [2, 0],
          [0, 3],
        ],
        args: ['ij,jk->ik'],
      },
      { inputs: [[0]], args: ['i->'] },
    ],
    large: {
      inputs: [
        [6, 50, 40],
        [6, 40, 30],
      ],
      args: ['bij,bjk->ikb'],
    },
    reference: (inputs, equation, plain = equation) => sumOfProducts(plain, inputs),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      {
        name: 'sizes that differ',
        act: () => q.einsum('ij,jk', q.ones([2, 3]), q.ones([2, 3])),
        error: q.ShapeError,
      },
      { name: 'a diagonal of no square', act: () => q.einsum('ii', q.ones([2, 3])), error: q.ShapeError },
      {
        name: 'dimensions that are not named',
        act: () => q.einsum('i', q.ones([2, 3])),
        error: q.ShapeError,
      },
      { name: 'another number of operands', act: () => q.einsum('i,i', q.ones([2])), error: q.ArgumentError },
      { name: 'signs that mean nothing', act: () => q.einsum('i+', q.ones([2])), error: q.ArgumentError },
      { name: 'two arrows', act: () => q.einsum('i->i->i', q.ones([2])), error: q.ArgumentError },
      {
        name: 'a result of something else',
        act: () => q.einsum('i->j', q.ones([2])),
        error: q.ArgumentError,
      },
      {
        name: 'a label twice in the result',
        act: () => q.einsum('i->ii', q.ones([2])),
        error: q.ArgumentError,
      },
      { name: 'integers', act: () => q.einsum('i', q.ones([2], { dtype: 'int32' })), error: q.DTypeError },
      {
        name: 'two dtypes',
        act: () => q.einsum('i,i', q.ones([2]), q.ones([2], { dtype: 'float64' })),
        error: q.DTypeError,
      },
    ],
  }),
  diagonal: row<[options?: q.DiagonalOptions]>({
    family: 'Parts',
    fn: q.diagonal,
    samples: [
      { inputs: [[3, 3]] },
      { inputs: [[2, 4]], args: [{ offset: 1 }] },
      { inputs: [[4, 2]], args: [{ offset: -2 }] },
      { inputs: [[2, 3, 4]], args: [{ dim1: 1, dim2: 2 }] },
      { inputs: [[2, 3, 4]], args: [{ dim1: -1, dim2: 0, offset: -1 }] },
      { inputs: [[2, 3]], args: [{ offset: 5 }] },
      { inputs: [[0, 3]] },
    ],
    reference: ([x], { offset = 0, dim1 = 0, dim2 = 1 } = {}) => {
      const [rowAxis, columnAxis] = [fromFront(dim1, x.shape.length), fromFront(dim2, x.shape.length)];
      const others = x.shape.map((_, d) => d).filter((d) => d !== rowAxis && d !== columnAxis);
      const pairs: [number, number][] = [];
      for (let i = 0; i < x.shape[rowAxis]; i++) {
        if (i + offset >= 0 && i + offset < x.shape[columnAxis]) pairs.push([i, i + offset]);
      }
      return build([...others.map((d) => x.shape[d]), pairs.length], (place) => {
        const [i, j] = pairs[place[place.length - 1]];
        const index = x.shape.map((_, d) =>
          d === rowAxis ? i : d === columnAxis ? j : place[others.indexOf(d)],
        );
        return at(x, index);
      });
    },
    precision: 'exact',
    gradient: 2,
    view: true,
    errors: [
      { name: 'a vector', act: () => q.diagonal(q.ones([2])), error: q.ShapeError },
      {
        name: 'one dimension twice',
        act: () => q.diagonal(q.ones([2, 2]), { dim1: 1 }),
        error: q.ShapeError,
      },
      {
        name: 'an offset that is not whole',
        act: () => q.diagonal(q.ones([2, 2]), { offset: 0.5 }),
        error: q.ArgumentError,
      },
    ],
  }),
  trace: row({
    family: 'Reductions',
    fn: q.trace,
    samples: [{ inputs: [[3, 3]] }, { inputs: [[2, 4]] }, { inputs: [[0, 2]] }],
    reference: ([x]) => {
      const n = Math.min(...x.shape);
      return {
        shape: [],
        data: [Array.from({ length: n }, (_, i) => at(x, [i, i])).reduce((sum, v) => sum + v, 0)],
      };
    },
    result: 'sum',
    precision: 'summed',
    gradient: 2,
    errors: [{ name: 'a batch', act: () => q.trace(q.ones([2, 2, 2])), error: q.ShapeError }],
  }),
};
