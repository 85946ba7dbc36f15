// Transformers against PyTorch, and what golden values cannot show: causality, copies, options.

import { ArgumentError, manualSeed, nn, optim, randn, type Tensor, tensor } from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, from, type Nested, readGolden } from '../support/golden.js';

interface Case {
  readonly dtype: Floating;
  readonly kind: 'TransformerEncoder' | 'TransformerDecoder' | 'Transformer';
  readonly layers: number | null;
  readonly options: nn.TransformerLayerOptions;
  readonly masks: Record<string, Nested>;
  readonly state: Record<string, Nested>;
  readonly inputs: readonly Nested[];
  readonly gradOutput: Nested;
  readonly output: Nested;
  readonly inputGradients: readonly Nested[];
  readonly gradients: Record<string, Nested>;
}

const cases = readGolden<Case>('transformer.json');

function make({ kind, options, layers, dtype }: Case): nn.Module {
  const all = { ...options, dtype };
  if (kind === 'Transformer')
    return new nn.Transformer(4, 2, { ...all, numEncoderLayers: 2, numDecoderLayers: 1 });
  const norm = new nn.LayerNorm(4, { dtype });
  if (kind === 'TransformerEncoder') {
    const layer = new nn.TransformerEncoderLayer(4, 2, all);
    return layers === null ? layer : new nn.TransformerEncoder(layer, layers, { norm });
  }
  const layer = new nn.TransformerDecoderLayer(4, 2, all);
  return layers === null ? layer : new nn.TransformerDecoder(layer, layers, { norm });
}

function checkCase(one: Case): void {
  const { dtype } = one;
  const module = make(one);
  expect(Object.keys(module.stateDict())).toEqual(Object.keys(one.state));
  module.loadStateDict(
    Object.fromEntries(Object.entries(one.state).map(([name, values]) => [name, from(values, dtype)])),
  );
  const inputs = one.inputs.map((values) => from(values, dtype, true));
  const masks = Object.entries(one.masks).map(([name, values]) => [name, from(values, 'bool')]);
  const output = module.forward(...inputs, Object.fromEntries(masks));
  demandGolden('output', output, one.output, dtype);
  output.backward({ gradient: from(one.gradOutput, dtype) });
  inputs.forEach((x, i) => {
    demandGolden(`input gradient ${i}`, x.grad, one.inputGradients[i], dtype);
  });
  for (const [name, parameter] of module.namedParameters())
    demandGolden(`gradient of ${name}`, parameter.grad, one.gradients[name], dtype);
}

describe.each(BACKENDS)('$name', (engine) => {
  it.each(cases.map((one, i) => ({ ...one, i })))(
    'case $i: $kind, layers $layers, $options, $dtype',
    (one) => {
      on(engine, () => checkCase(one));
    },
  );
});

const SMALL = { dimFeedforward: 8, dropout: 0, batchFirst: true, dtype: 'float64' } as const;
const apart = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax().item() as number;

describe('transformers', () => {
  it('hide what comes later by isCausal as by the mask', () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, SMALL);
    const encoder = new nn.TransformerEncoder(layer, 2);
    const x = randn([2, 5, 4], { dtype: 'float64' });
    const mask = nn.Transformer.generateSquareSubsequentMask(5, { dtype: 'float64' });
    const causal = encoder.forward(x, { isCausal: true });
    expect(apart(causal, encoder.forward(x, { mask }))).toBeLessThan(1e-12);
    expect(apart(causal, encoder.forward(x))).toBeGreaterThan(1e-3);
    const model = new nn.Transformer(4, 2, { ...SMALL, numEncoderLayers: 1, numDecoderLayers: 2 });
    expect(
      apart(model.forward(x, x, { tgtIsCausal: true }), model.forward(x, x, { tgtMask: mask })),
    ).toBeLessThan(1e-12);
    expect(
      apart(
        model.forward(x, x, { srcIsCausal: true, memoryIsCausal: true }),
        model.forward(x, x, { srcMask: mask, memoryMask: mask }),
      ),
    ).toBeLessThan(1e-12);
  });

  it('copy the layer that they are given, parameters and all', () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, SMALL);
    const { layers } = new nn.TransformerEncoder(layer, 2);
    expect(layers[0].linear1.weight).not.toBe(layers[1].linear1.weight);
    expect(layers[0].linear1.weight).not.toBe(layer.linear1.weight);
    expect(layers[0].linear1.weight.toArray()).toEqual(layer.linear1.weight.toArray());
    expect(new nn.TransformerDecoder(new nn.TransformerDecoderLayer(4, 2, SMALL), 0).layers).toEqual([]);
    const drawn = new nn.Transformer(4, 2, { ...SMALL, numEncoderLayers: 2, numDecoderLayers: 1 }).encoder;
    expect(apart(drawn.layers[0].linear1.weight, drawn.layers[1].linear1.weight)).toBeGreaterThan(0);
  });

  it('take a function as activation, and drop values in training alone', () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, { ...SMALL, activation: (x) => x.relu() });
    const same = new nn.TransformerEncoderLayer(4, 2, SMALL);
    same.loadStateDict(layer.stateDict());
    const x = randn([2, 5, 4], { dtype: 'float64' });
    expect(apart(layer.forward(x), same.forward(x))).toBeLessThan(1e-12);
    const dropping = new nn.TransformerEncoderLayer(4, 2, { ...SMALL, dropout: 0.5 });
    expect(apart(dropping.forward(x), dropping.forward(x))).toBeGreaterThan(0);
    dropping.eval();
    expect(apart(dropping.forward(x), dropping.forward(x))).toBe(0);
  });

  it('learn to turn a sequence round', () => {
    manualSeed(1);
    const options = { ...SMALL, dtype: 'float32', dimFeedforward: 32 } as const;
    const layer = new nn.TransformerEncoderLayer(16, 2, options);
    const model = new nn.Sequential(
      new nn.Embedding(5, 16),
      new nn.LearnedPositionalEncoding(4, 16),
      new nn.TransformerEncoder(layer, 1),
      new nn.Linear(16, 5),
    );
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
    let loss = Number.POSITIVE_INFINITY;
    for (let step = 0; step < 250; step++) {
      const rows = Array.from({ length: 16 }, (_, i) =>
        [0, 1, 2, 3].map((k) => (i * 7 + k * k * 3 + step * (k + 1)) % 5),
      );
      const x = tensor(rows, { dtype: 'int32' });
      const target = tensor(
        rows.map((row) => [...row].reverse()),
        { dtype: 'int32' },
      );
      const found = nn.functional.crossEntropy(model.forward(x).transpose(1, 2), target);
      optimizer.zeroGrad();
      found.backward();
      optimizer.step();
      loss = found.item() as number;
    }
    expect(loss).toBeLessThan(0.1);
  });

  it('refuse what has no meaning', () => {
    const layer = new nn.TransformerEncoderLayer(4, 2, SMALL);
    expect(() => new nn.TransformerEncoderLayer(4, 2, { activation: 'swish' as never })).toThrow(
      ArgumentError,
    );
    expect(() => new nn.TransformerEncoder(layer, 1.5)).toThrow(/whole number/);
    expect(() => new nn.TransformerDecoder(layer as never, 1)).toThrow(/TransformerDecoderLayer/);
    expect(() => nn.Transformer.generateSquareSubsequentMask(-1)).toThrow(ArgumentError);
  });
});

describe('positions', () => {
  it('are coded by sines and cosines', () => {
    const table = nn.functional.sinusoidalPositions(7, 5, { dtype: 'float64', base: 100, offset: 2 });
    expect(table.shape).toEqual([7, 5]);
    const rows = table.toArray() as number[][];
    for (let p = 0; p < 7; p++) {
      for (let i = 0; i < 5; i++) {
        const angle = (p + 2) / 100 ** ((i - (i % 2)) / 5);
        expect(rows[p][i]).toBeCloseTo(i % 2 === 0 ? Math.sin(angle) : Math.cos(angle), 14);
      }
    }
    const x = randn([2, 3, 5], { dtype: 'float64' });
    const layer = new nn.SinusoidalPositionalEncoding(5);
    const want = x.add(nn.functional.sinusoidalPositions(3, 5, { dtype: 'float64' }));
    expect(apart(layer.forward(x), want)).toBe(0);
    const other = new nn.SinusoidalPositionalEncoding(5, { batchFirst: false });
    expect(apart(other.forward(x.transpose(0, 1)).transpose(0, 1), want)).toBe(0);
    expect(layer.forward(randn([40, 5])).dtype).toBe('float32');
    expect(layer.stateDict()).toEqual({});
  });

  it('are learned', () => {
    const layer = new nn.LearnedPositionalEncoding(6, 4, { dropout: 0.25, dtype: 'float64' });
    const x = randn([2, 3, 4], { dtype: 'float64' });
    layer.eval();
    expect(apart(layer.forward(x), x.add(layer.weight.narrow(0, 0, 3)))).toBe(0);
    layer.forward(x).sum().backward();
    expect((layer.weight.grad as Tensor).sum(1).toArray()).toEqual([8, 8, 8, 0, 0, 0]);
    expect(() => layer.forward(randn([7, 4], { dtype: 'float64' }))).toThrow(/rows for 6 positions/);
    expect(() => layer.forward(randn([3, 5], { dtype: 'float64' }))).toThrow(/\(T, 4\)/);
  });

  it.each([true, false])(
    'turn pairs of features, interleaved %s: products depend on distances',
    (interleaved) => {
      const [q, k] = [randn([6], { dtype: 'float64' }), randn([6], { dtype: 'float64' })];
      const turned = (x: Tensor, offset: number): Tensor =>
        nn.functional.rotaryEmbedding(x.reshape([1, 6]), { offset, interleaved, base: 50 }).reshape([6]);
      const product = (i: number, j: number): number => turned(q, i).dot(turned(k, j)).item() as number;
      expect(product(3, 1)).toBeCloseTo(product(12, 10), 12);
      expect(Math.abs(product(3, 1) - product(3, 2))).toBeGreaterThan(1e-6);
      const a = q.toArray() as number[];
      const partner = interleaved ? 1 : 3;
      expect(turned(q, 2).toArray()).toSatisfy((got: number[]) => {
        const first = a[0] * Math.cos(2) - a[partner] * Math.sin(2);
        const second = a[0] * Math.sin(2) + a[partner] * Math.cos(2);
        return Math.abs(got[0] - first) < 1e-12 && Math.abs(got[partner] - second) < 1e-12;
      });
      const layer = new nn.RotaryPositionalEmbedding(6, { interleaved, base: 50 });
      const x = randn([2, 3, 4, 6], { dtype: 'float64' });
      for (const offset of [0, 9, 1]) {
        const want = nn.functional.rotaryEmbedding(x, { offset, interleaved, base: 50 });
        expect(apart(layer.forward(x, { offset }), want)).toBe(0);
      }
    },
  );

  it('refuse what has no meaning', () => {
    expect(() => nn.functional.rotaryEmbedding(randn([2, 3]))).toThrow(/E even/);
    expect(() => nn.functional.sinusoidalPositions(2, 0)).toThrow(ArgumentError);
    expect(() => new nn.RotaryPositionalEmbedding(5)).toThrow(/even/);
    expect(() => new nn.SinusoidalPositionalEncoding(4, { base: 0 })).toThrow(/base/);
    expect(() => new nn.LearnedPositionalEncoding(0, 4)).toThrow(/maxLength/);
  });
});
