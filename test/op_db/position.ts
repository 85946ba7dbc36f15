// Rows of the op database: positions as sines and cosines.

import * as q from 'quern';
import { at, build } from '../support/plain.js';
import { FLOATS, row } from './row.js';

const { rotaryEmbedding, sinusoidalPositions } = q.nn.functional;

export const positionRows = {
  rotaryEmbedding: row<[options?: q.nn.functional.RotaryOptions]>({
    family: 'Products and convolutions',
    fn: rotaryEmbedding,
    samples: [
      { inputs: [[3, 4]] },
      { inputs: [[2, 2, 3, 6]], args: [{ offset: 5 }] },
      { inputs: [[2, 3, 4]], args: [{ interleaved: false, base: 20 }] },
      { inputs: [[1, 2]] },
    ],
    reference: ([x], { base = 10000, offset = 0, interleaved = true } = {}) => {
      const features = x.shape[x.shape.length - 1];
      return build(x.shape, (place) => {
        const lead = place.slice(0, -1);
        const f = place[place.length - 1];
        const half = features / 2;
        const pair = interleaved ? Math.floor(f / 2) : f % half;
        const first = interleaved ? f % 2 === 0 : f < half;
        const other = interleaved ? (first ? f + 1 : f - 1) : first ? f + half : f - half;
        const angle = (offset + lead[lead.length - 1]) / base ** ((2 * pair) / features);
        const sign = first ? -1 : 1;
        return at(x, place) * Math.cos(angle) + sign * at(x, [...lead, other]) * Math.sin(angle);
      });
    },
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: [
      { name: 'odd features', act: () => rotaryEmbedding(q.ones([2, 3])), error: q.ShapeError },
      { name: 'no positions', act: () => rotaryEmbedding(q.ones([4])), error: q.ShapeError },
      {
        name: 'integers',
        act: () => rotaryEmbedding(q.ones([2, 2], { dtype: 'int32' })),
        error: q.DTypeError,
      },
      { name: 'base 0', act: () => rotaryEmbedding(q.ones([2, 2]), { base: 0 }), error: q.ArgumentError },
      {
        name: 'a negative offset',
        act: () => rotaryEmbedding(q.ones([2, 2]), { offset: -1 }),
        error: q.ArgumentError,
      },
    ],
  }),
  sinusoidalPositions: row<[length: number, features: number]>({
    family: 'Creation',
    fn: sinusoidalPositions,
    dtypeOption: true,
    samples: [
      { inputs: [], args: [5, 4] },
      { inputs: [], args: [3, 5] },
      { inputs: [], args: [1, 1] },
    ],
    reference: (_inputs, length, features) =>
      build([length, features], ([p, i]) => {
        const angle = p / 10000 ** ((i - (i % 2)) / features);
        return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
      }),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 0,
    errors: [
      { name: 'no position', act: () => sinusoidalPositions(0, 4), error: q.ArgumentError },
      { name: 'a fraction', act: () => sinusoidalPositions(2, 0.5), error: q.ArgumentError },
      {
        name: 'base 0',
        act: () => sinusoidalPositions(2, 2, { base: 0 }),
        error: q.ArgumentError,
      },
      {
        name: 'a negative offset',
        act: () => sinusoidalPositions(2, 2, { offset: -1 }),
        error: q.ArgumentError,
      },
    ],
  }),
};
