// Packed sequences: PyTorch's values, through recurrent layers and alone, gradients of gradients, what they refuse.

import {
  ArgumentError,
  DTypeError,
  getNumThreads,
  gradients,
  manualSeed,
  nn,
  noGrad,
  ones,
  randn,
  ShapeError,
  scope,
  setNumThreads,
  type Tensor,
  tensor,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { bits } from '../support/compare.js';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, from, type Nested, readGolden } from '../support/golden.js';

const { rnn } = nn.utils;
const KINDS = ['RNN', 'LSTM', 'GRU'] as const;

interface Fields {
  readonly data: Nested;
  readonly batchSizes: readonly number[];
  readonly sortedIndices: readonly number[] | null;
  readonly unsortedIndices: readonly number[] | null;
}

interface LayerCase {
  readonly kind: 'layer';
  readonly dtype: Floating;
  readonly layer: (typeof KINDS)[number];
  readonly options: object;
  readonly batchFirst: boolean;
  readonly enforceSorted: boolean;
  readonly lengths: readonly number[];
  readonly state: Record<string, Nested>;
  readonly input: Nested;
  readonly before: readonly Nested[];
  readonly packed: Fields;
  readonly outputData: Nested;
  readonly results: readonly Nested[];
  readonly gradResults: readonly Nested[];
  readonly inputGradient: Nested;
  readonly beforeGradients: readonly Nested[];
  readonly gradients: Record<string, Nested>;
}

interface ShapeCase {
  readonly kind: 'shape';
  readonly sequences: readonly Nested[];
  readonly lengths: readonly number[];
  readonly packed: Fields;
  readonly padded: Nested;
  readonly paddedTimesFirst: Nested;
  readonly paddedLeft: Nested;
  readonly padPacked: Nested;
  readonly unpacked: readonly Nested[];
  readonly unpadded: readonly Nested[];
}

const cases = readGolden<LayerCase | ShapeCase>('packed.json');
const layerCases = cases.filter((one) => one.kind === 'layer');
const shapeCases = cases.filter((one) => one.kind === 'shape');

function demandPacked(got: nn.utils.rnn.PackedSequence, want: Fields): void {
  const list = (index: Tensor | null) => index && index.toArray();
  expect(got.batchSizes.toArray()).toEqual(want.batchSizes);
  expect(list(got.sortedIndices)).toEqual(want.sortedIndices);
  expect(list(got.unsortedIndices)).toEqual(want.unsortedIndices);
  demandGolden('packed data', got.data, want.data, got.data.dtype as Floating);
}

/** A layer over packed sequences: its output, and the last states and cells. */
function through(
  layer: nn.RNN | nn.LSTM | nn.GRU,
  packed: nn.utils.rnn.PackedSequence,
  state?: object,
): { output: nn.utils.rnn.PackedSequence; last: Tensor[] } {
  const { output, ...last } = (layer as nn.GRU).forward(packed, state);
  return { output, last: Object.values(last) };
}

function checkLayer(one: LayerCase): void {
  const { dtype, batchFirst, enforceSorted } = one;
  const module = new nn[one.layer](3, 4, { ...one.options, batchFirst, dtype });
  module.loadStateDict(
    Object.fromEntries(Object.entries(one.state).map(([name, values]) => [name, from(values, dtype)])),
  );
  const x = from(one.input, dtype, true);
  const [h, c] = one.before.map((values) => from(values, dtype, true));
  const state = h === undefined ? undefined : c === undefined ? { h } : { h, c };
  const lengths = tensor([...one.lengths], { dtype: 'int32' });
  const packed = rnn.packPaddedSequence(x, lengths, { batchFirst, enforceSorted });
  demandPacked(packed, one.packed);
  const { output, last } = through(module, packed, state);
  demandPacked(output, { ...one.packed, data: one.outputData });
  const padded = rnn.padPackedSequence(output, {
    batchFirst,
    paddingValue: 0.5,
    totalLength: Math.max(...one.lengths) + 1,
  });
  expect(padded.lengths.toArray()).toEqual(one.lengths);
  const results = [padded.output, ...last];
  expect(results.length).toBe(one.results.length);
  results.forEach((result, i) => {
    demandGolden(`result ${i}`, result, one.results[i], dtype);
  });
  results
    .map((result, i) => result.mul(from(one.gradResults[i], dtype)).sum())
    .reduce((total, part) => total.add(part))
    .backward();
  demandGolden('input gradient', x.grad, one.inputGradient, dtype);
  [h, c].forEach((before, i) => {
    if (before !== undefined)
      demandGolden(`gradient of state ${i}`, before.grad, one.beforeGradients[i], dtype);
  });
  for (const [name, parameter] of module.namedParameters())
    demandGolden(`gradient of ${name}`, parameter.grad, one.gradients[name], dtype);
}

function checkShapes(one: ShapeCase): void {
  const sequences = one.sequences.map((values) => from(values, 'float64'));
  const demand = (label: string, got: Tensor, want: Nested) => demandGolden(label, got, want, 'float64');
  const packed = rnn.packSequence(sequences, { enforceSorted: false });
  demandPacked(packed, one.packed);
  const padded = rnn.padSequence(sequences, { batchFirst: true, paddingValue: -1 });
  demand('padded', padded, one.padded);
  demand('times first', rnn.padSequence(sequences), one.paddedTimesFirst);
  demand(
    'padded left',
    rnn.padSequence(sequences, { batchFirst: true, paddingValue: 2, paddingSide: 'left' }),
    one.paddedLeft,
  );
  const repadded = rnn.padPackedSequence(packed, { paddingValue: 3, totalLength: 5 });
  demand('packed and padded', repadded.output, one.padPacked);
  const lists = [rnn.unpackSequence(packed), rnn.unpadSequence(padded, one.lengths, { batchFirst: true })];
  [one.unpacked, one.unpadded].forEach((wanted, i) => {
    expect(lists[i].length).toBe(wanted.length);
    wanted.forEach((values, n) => {
      demand(`sequence ${n}`, lists[i][n], values);
    });
  });
}

describe.each(BACKENDS)('$name', (engine) => {
  it.each(layerCases.map((one, i) => ({ ...one, i })))(
    'layer $i: $layer($options) over lengths $lengths, $dtype',
    (one) => {
      on(engine, () => checkLayer(one));
    },
  );

  it.each(shapeCases)('sequences of lengths $lengths', (one) => {
    on(engine, () => checkShapes(one));
  });

  it('gives each sequence what it has alone', () => {
    on(engine, () => {
      for (const name of KINDS) {
        manualSeed(4);
        const layer = new nn[name](5, 33, { numLayers: 2, bidirectional: true, dtype: 'float64' });
        const sequences = [3, 7, 1, 7, 2, 5].map((length) => randn([length, 5], { dtype: 'float64' }));
        const { output, last } = through(layer, rnn.packSequence(sequences, { enforceSorted: false }));
        rnn.unpackSequence(output).forEach((own, n) => {
          const { output: alone, ...states } = layer.forward(sequences[n]);
          expect(own.sub(alone).abs().amax().item(), `${name} ${n}`).toBeLessThan(1e-13);
          Object.values(states).forEach((state, i) => {
            expect(last[i].select(1, n).sub(state).abs().amax().item(), `${name} ${n}`).toBeLessThan(1e-13);
          });
        });
      }
    });
  });

  it('drops states between layers in training', () => {
    on(engine, () => {
      const layer = new nn.GRU(3, 8, { numLayers: 2, dropout: 0.5 });
      const packed = rnn.packSequence([randn([4, 3]), randn([2, 3])]);
      const run = (): unknown => {
        manualSeed(5);
        return layer.forward(packed).output.data.toArray();
      };
      const trained = run();
      expect(run()).toEqual(trained);
      layer.eval();
      expect(run()).not.toEqual(trained);
    });
  });

  it('has gradients of gradients, by every path', () => {
    on(engine, () => {
      for (const name of KINDS) {
        const layer = new nn[name](2, 3, { numLayers: 2, bidirectional: true, dtype: 'float64' });
        const x = randn([4, 3, 2], { dtype: 'float64' });
        x.requiresGrad = true;
        const packed = rnn.packPaddedSequence(x, [2, 4, 1], { enforceSorted: false });
        const { output, last } = through(layer, packed);
        const total = last.reduce((sum, state) => sum.add(state.square().sum()), output.data.square().sum());
        const [fused] = gradients(total, [x], { retainGraph: true });
        const [composed] = gradients(total, [x], { createGraph: true });
        expect(composed.sub(fused).abs().amax().item()).toBeLessThan(1e-13);
        const [second] = gradients(composed.square().sum(), [layer.weightHh[0]]);
        expect(second.abs().amax().item()).toBeGreaterThan(0);
      }
    });
  });
});

describe('packed sequences', () => {
  it('give the same bits for any number of threads', () => {
    const before = getNumThreads();
    const found = [1, 2, 3, 7].map((threads) => {
      setNumThreads(threads);
      manualSeed(3);
      return KINDS.map((name) => {
        const layer = new nn[name](20, 64, { bidirectional: true });
        const lengths = Array.from({ length: 70 }, (_, n) => 1 + ((n * 7) % 9));
        const packed = rnn.packPaddedSequence(randn([9, 70, 20]), lengths, { enforceSorted: false });
        const { output, last } = through(layer, packed);
        output.data.square().sum().backward();
        return [output.data, ...last, ...layer.parameters().map(({ grad }) => grad as Tensor)].map(bits);
      });
    });
    setNumThreads(before);
    for (const other of found.slice(1)) expect(other).toEqual(found[0]);
  });

  it('outlive the scope that they are returned from', () => {
    const layer = new nn.LSTM(2, 3);
    const packed = scope(() => layer.forward(rnn.packSequence([ones([2, 2]), ones([1, 2])])).output);
    expect(rnn.padPackedSequence(packed).output.shape).toEqual([2, 2, 3]);
  });

  it('need no gradient', () => {
    const layer = new nn.GRU(2, 3, { bidirectional: true });
    const packed = rnn.packSequence([ones([2, 2]), ones([1, 2])]);
    const recorded = layer.forward(packed);
    const { output, h } = noGrad(() => layer.forward(packed));
    expect(output.data.requiresGrad).toBe(false);
    expect(output.data.toArray()).toEqual(recorded.output.data.toArray());
    expect(h.toArray()).toEqual(recorded.h.toArray());
  });

  it('pass gradients back to each sequence, packed, padded and taken apart', () => {
    const lengths = [2, 4, 1];
    const sequences = lengths.map((length) => randn([length, 3]));
    const weights = lengths.map((length) => randn([length, 3]));
    for (const one of sequences) one.requiresGrad = true;
    const ways: (() => Tensor[])[] = [
      () => rnn.unpackSequence(rnn.packSequence(sequences, { enforceSorted: false })),
      () => rnn.unpadSequence(rnn.padSequence(sequences), lengths),
      () =>
        rnn.unpadSequence(rnn.padSequence(sequences, { batchFirst: true }), lengths, { batchFirst: true }),
    ];
    for (const way of ways) {
      const total = way()
        .map((one, n) => one.mul(weights[n]).sum())
        .reduce((sum, part) => sum.add(part));
      const found = gradients(total, sequences).map((gradient) => gradient.toArray());
      expect(found).toEqual(weights.map((weight) => weight.toArray()));
    }
  });

  it('are made of parts, with either order of indices', () => {
    const [data, sizes] = [tensor([1, 2, 3]), tensor([2, 1], { dtype: 'int32' })];
    const sortedIndices = tensor([1, 0], { dtype: 'int32' });
    const packed = new rnn.PackedSequence(data, sizes, { sortedIndices });
    expect(packed.unsortedIndices?.toArray()).toEqual([1, 0]);
    expect(rnn.padPackedSequence(packed).output.toArray()).toEqual([
      [2, 1],
      [0, 3],
    ]);
    expect(new rnn.PackedSequence(data, sizes).sortedIndices).toBe(null);
    expect(packed.to('float32')).toBe(packed);
    const double = packed.to('float64');
    expect(double.data.dtype).toBe('float64');
    expect(double.sortedIndices).toBe(sortedIndices);
    expect(() => new rnn.PackedSequence(data, tensor([2, 2], { dtype: 'int32' }))).toThrow(ShapeError);
    expect(() => new rnn.PackedSequence(data, tensor([1, 2], { dtype: 'int32' }))).toThrow(ArgumentError);
    expect(() => new rnn.PackedSequence(data, tensor([3, 0], { dtype: 'int32' }))).toThrow(ArgumentError);
    expect(() => new rnn.PackedSequence(data, tensor([2, 1]))).toThrow(DTypeError);
    for (const order of [[0, 0], [0], [0, 2], [-1, 0]]) {
      const wrong = tensor(order, { dtype: 'int32' });
      expect(() => new rnn.PackedSequence(data, sizes, { sortedIndices: wrong })).toThrow(ArgumentError);
    }
    const permutation = tensor([3, 0, 2, 1], { dtype: 'int32' });
    expect(rnn.invertPermutation(permutation).toArray()).toEqual([1, 3, 2, 0]);
    expect(() => rnn.invertPermutation(tensor([1, 2], { dtype: 'int32' }))).toThrow(ArgumentError);
    const unsortedIndices = tensor([0, 1], { dtype: 'int32' });
    expect(() => new rnn.PackedSequence(data, sizes, { unsortedIndices })).toThrow(/inverse/);
    expect(() => new rnn.PackedSequence(data, sizes, { sortedIndices, unsortedIndices })).toThrow(/inverse/);
  });

  it('refuse lengths that do not fit', () => {
    const x = ones([3, 2, 1]);
    const pack = (lengths: unknown, options?: object) => () =>
      rnn.packPaddedSequence(x, lengths as number[], options);
    expect(pack([3, 0])).toThrow(/sequence 1 is 0/);
    expect(pack([4, 1])).toThrow(/in \[1, 3\]; that of sequence 0 is 4/);
    expect(pack([2, 1.5])).toThrow(ArgumentError);
    expect(pack([1, 2])).toThrow(/enforceSorted: false/);
    expect(pack([1, 2], { enforceSorted: false })).not.toThrow();
    expect(pack([3])).toThrow(ShapeError);
    expect(pack(3)).toThrow(ArgumentError);
    expect(pack(ones([2]))).toThrow(DTypeError);
    expect(() => rnn.packPaddedSequence(ones([3]), [1, 1, 1])).toThrow(ShapeError);
    expect(() => rnn.packPaddedSequence(ones([3, 0, 1]), [])).toThrow(ShapeError);
    expect(() => rnn.packSequence([])).toThrow(ArgumentError);
    expect(() => rnn.packSequence([ones([1]), ones([2])])).toThrow(/enforceSorted: false/);
    expect(() => rnn.packSequence([ones([1]), ones([0])])).toThrow(/at least 1; that of sequence 1 is 0/);
    expect(() => rnn.packSequence([ones([2, 1]), ones([2, 2])])).toThrow(ShapeError);
    expect(() => rnn.padSequence([ones([]), ones([1])])).toThrow(ShapeError);
    expect(() => rnn.padSequence([ones([1])], { paddingSide: 'top' as 'left' })).toThrow(ArgumentError);
    expect(() => rnn.unpadSequence(x, [4, 0])).toThrow(ArgumentError);
    expect(rnn.unpadSequence(x, [2, 0]).map((one) => one.shape)).toEqual([
      [2, 1],
      [0, 1],
    ]);
    expect(() => rnn.padPackedSequence(x as never)).toThrow(/a PackedSequence/);
    const packed = rnn.packSequence([ones([3, 1])]);
    expect(() => rnn.padPackedSequence(packed, { totalLength: 2 })).toThrow(/from 3/);
    expect(rnn.padSequence([ones([0, 2]), ones([0, 2])]).shape).toEqual([0, 2, 2]);
  });

  it('fit the layer', () => {
    const packed = rnn.packSequence([ones([3, 2]), ones([1, 2])]);
    expect(() => new nn.LSTM(3, 4).forward(packed)).toThrow(/\(Σ lengths, 3\); got \(4, 2\)/);
    expect(() => new nn.GRU(2, 4).forward(rnn.packSequence([ones([3])]))).toThrow(ShapeError);
    expect(() => new nn.LSTM(2, 4).forward(packed, { h: ones([1, 3, 4]) })).toThrow(/h is \(1, 2, 4\)/);
    expect(() => new nn.LSTM(2, 4, { dtype: 'float64' }).forward(packed)).toThrow(DTypeError);
  });
});

describe('sizes that nothing has memory for', () => {
  const one = ones([1, 1]);

  it.each([[2147483647], [150000000], [1e12]])('batchSizes of %d are refused', (size) => {
    const run = () => nn.functional.rnn(one, one, one, { batchSizes: [size] });
    expect(run).toThrow(ShapeError);
    expect(run).toThrow(/as many rows as the sum of batchSizes/);
  });

  it('a packed sequence of more rows than it has is refused', () => {
    const sizes = tensor([2147483647], { dtype: 'int32' });
    expect(() => new nn.utils.rnn.PackedSequence(one, sizes)).toThrow(ShapeError);
  });

  it('padding that the dtype cannot hold is refused', () => {
    const bytes = [ones([2], { dtype: 'uint8' }), ones([1], { dtype: 'uint8' })];
    expect(() => nn.utils.rnn.padSequence(bytes, { paddingValue: -1 })).toThrow(/-1 does not fit into uint8/);
  });
});
