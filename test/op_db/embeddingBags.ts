// Rows of the op database: sums, means and maxima of the rows of a table.

import * as q from 'quern';
import { at, build, type Plain } from '../support/plain.js';
import { FLOATS, row } from './row.js';

const { embeddingBag } = q.nn.functional;

const whole = (shape: readonly number[], data: readonly number[]) => ({
  shape,
  data,
  dtype: 'int32' as const,
});
const int = (data: number | readonly number[] | readonly (readonly number[])[]) =>
  q.tensor(data as number[], { dtype: 'int32' });

interface Options {
  mode?: 'sum' | 'mean' | 'max';
  paddingIdx?: number;
}

/** What the third operand is: offsets, or weights; or offsets with the last one, where there is none. */
type Third = 'offsets' | 'perSampleWeights' | readonly number[];

/** The places in the list of indices that each bag holds. */
function bagsOf(indices: Plain, limits: readonly number[] | undefined): number[][] {
  const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
  if (limits !== undefined) return limits.slice(1).map((end, bag) => range(limits[bag], end));
  const [count, each] = indices.shape;
  return range(0, count).map((bag) => range(bag * each, (bag + 1) * each));
}

function reference(
  [weight, indices, operand]: readonly Plain[],
  { mode = 'mean', paddingIdx }: Options = {},
  third: Third = 'offsets',
): Plain {
  const [rows, width] = weight.shape;
  const padding = paddingIdx === undefined ? null : (paddingIdx + rows) % rows;
  const starts = third === 'offsets' ? operand?.data : undefined;
  const bags = bagsOf(
    indices,
    typeof third === 'string' ? starts && [...starts, indices.data.length] : third,
  );
  return build([bags.length, width], ([bag, column]) => {
    const places = bags[bag].filter((place) => indices.data[place] !== padding);
    if (places.length === 0) return 0;
    const share = (place: number): number => (third === 'perSampleWeights' ? operand.data[place] : 1);
    const values = places.map((place) => share(place) * at(weight, [indices.data[place], column]));
    if (mode === 'max') return Math.max(...values);
    const total = values.reduce((sum, value) => sum + value, 0);
    return mode === 'sum' ? total : total / values.length;
  });
}

const table = () => q.ones([3, 2]);
const pairs = () =>
  int([
    [0, 1],
    [2, 2],
  ]);

export const embeddingBagRows = {
  embeddingBag: row<[options?: Options, third?: Third]>({
    family: 'Indexing',
    fn: embeddingBag,
    positional: ([weight, index, operand], [options, third = 'offsets']) => {
      const all = { ...(options as Options) };
      if (Array.isArray(third))
        return [index, weight, { ...all, offsets: int(third), includeLastOffset: true }];
      return [index, weight, operand === undefined ? all : { ...all, [third as string]: operand }];
    },
    samples: [
      { inputs: [[4, 3], whole([2, 3], [1, 0, 3, 1, 1, 2])] },
      { inputs: [[4, 3], whole([2, 3], [1, 0, 3, 1, 1, 2])], args: [{ mode: 'sum', paddingIdx: 1 }] },
      { inputs: [[4, 3], whole([2, 2], [1, 1, 3, 1])], args: [{ paddingIdx: -3 }] },
      { inputs: [[4, 3], whole([2, 3], [1, 0, 3, 1, 1, 2])], args: [{ mode: 'max' }] },
      { inputs: [[4, 3], whole([2, 2], [1, 1, 3, 1])], args: [{ mode: 'max', paddingIdx: 1 }] },
      { inputs: [[4, 2], whole([2, 2], [1, 1, 3, 1]), [2, 2]], args: [{ mode: 'sum' }, 'perSampleWeights'] },
      {
        inputs: [[4, 2], whole([2, 2], [1, 1, 3, 1]), [2, 2]],
        args: [{ mode: 'sum', paddingIdx: 1 }, 'perSampleWeights'],
      },
      { inputs: [[4, 3], whole([5], [1, 0, 3, 1, 1]), whole([4], [0, 2, 2, 3])] },
      { inputs: [[4, 3], whole([5], [1, 0, 3, 1, 1]), whole([3], [0, 2, 4])], args: [{ mode: 'sum' }] },
      { inputs: [[4, 3], whole([5], [1, 0, 3, 1, 1]), whole([3], [0, 3, 5])], args: [{ mode: 'max' }] },
      // Offsets that must end with the indices are no operand: expanded, they would all be 0.
      { inputs: [[4, 3], whole([5], [1, 0, 3, 1, 1])], args: [{ paddingIdx: 1 }, [0, 2, 2, 5]] },
      { inputs: [[4, 3], whole([6], [1, 0, 3, 1, 1, 2]), whole([3], [0, 2, 4])], args: [{ mode: 'max' }] },
      {
        inputs: [[4, 3], whole([5], [1, 1, 3, 1, 2]), whole([4], [0, 2, 2, 3])],
        args: [{ mode: 'max', paddingIdx: 1 }],
      },
      { inputs: [[3, 2], whole([0], []), whole([2], [0, 0])], args: [{ mode: 'max' }] },
      { inputs: [[3, 2], whole([0, 2], [])] },
      { inputs: [[3, 2], whole([2, 0], [])] },
      { inputs: [[3, 0], whole([2, 1], [2, 1])] },
    ],
    large: {
      inputs: [
        [97, 64],
        whole(
          [70, 9],
          Array.from({ length: 630 }, (_, i) => (i * i) % 97),
        ),
      ],
    },
    reference,
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    kinkAtTies: true,
    errors: [
      { name: 'an index out of range', act: () => embeddingBag(int([[3]]), table()), error: q.IndexError },
      { name: 'floats for indices', act: () => embeddingBag(q.ones([2, 2]), table()), error: q.DTypeError },
      {
        name: 'a table of integers',
        act: () => embeddingBag(pairs(), table().to('int32')),
        error: q.DTypeError,
      },
      {
        name: 'a table of one dimension',
        act: () => embeddingBag(pairs(), q.ones([3])),
        error: q.ShapeError,
      },
      { name: 'a list without offsets', act: () => embeddingBag(int([0]), table()), error: q.ArgumentError },
      {
        name: 'rows with offsets',
        act: () => embeddingBag(pairs(), table(), { offsets: int([0]) }),
        error: q.ArgumentError,
      },
      {
        name: 'one index alone',
        act: () => embeddingBag(int(0), table(), { offsets: int([0]) }),
        error: q.ShapeError,
      },
      {
        name: 'offsets that begin late',
        act: () => embeddingBag(int([0, 1]), table(), { offsets: int([1]) }),
        error: q.ArgumentError,
      },
      {
        name: 'offsets that descend',
        act: () => embeddingBag(int([0, 1]), table(), { offsets: int([0, 2, 1]) }),
        error: q.ArgumentError,
      },
      {
        name: 'offsets behind the last index',
        act: () => embeddingBag(int([0, 1]), table(), { offsets: int([0, 3]) }),
        error: q.ArgumentError,
      },
      {
        name: 'a last offset that is not the end',
        act: () => embeddingBag(int([0, 1]), table(), { offsets: int([0, 1]), includeLastOffset: true }),
        error: q.ArgumentError,
      },
      {
        name: 'floats for offsets',
        act: () => embeddingBag(int([0, 1]), table(), { offsets: q.zeros([1]) }),
        error: q.DTypeError,
      },
      {
        name: 'offsets of two dimensions',
        act: () => embeddingBag(int([0, 1]), table(), { offsets: int([[0]]) }),
        error: q.ShapeError,
      },
      {
        name: 'weights for a mean',
        act: () => embeddingBag(pairs(), table(), { perSampleWeights: q.ones([2, 2]) }),
        error: q.ArgumentError,
      },
      {
        name: 'weights of another shape',
        act: () => embeddingBag(pairs(), table(), { mode: 'sum', perSampleWeights: q.ones([4]) }),
        error: q.ShapeError,
      },
      {
        name: 'weights of another dtype',
        act: () =>
          embeddingBag(pairs(), table(), {
            mode: 'sum',
            perSampleWeights: q.ones([2, 2], { dtype: 'float64' }),
          }),
        error: q.DTypeError,
      },
      {
        name: 'a mode that there is not',
        act: () => embeddingBag(pairs(), table(), { mode: 'min' as never }),
        error: q.ArgumentError,
      },
      {
        name: 'padding out of range',
        act: () => embeddingBag(pairs(), table(), { paddingIdx: 3 }),
        error: q.ArgumentError,
      },
      {
        name: 'a shared gradient of a maximum',
        act: () => embeddingBag(pairs(), table(), { mode: 'max', scaleGradByFreq: true }),
        error: q.ArgumentError,
      },
      {
        name: 'a negative norm',
        act: () => embeddingBag(pairs(), table(), { maxNorm: -1 }),
        error: q.ArgumentError,
      },
      {
        name: 'a norm of order 0',
        act: () => embeddingBag(pairs(), table(), { maxNorm: 1, normType: 0 }),
        error: q.ArgumentError,
      },
    ],
  }),
};
