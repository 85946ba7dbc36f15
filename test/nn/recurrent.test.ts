// Recurrent layers and cells: PyTorch's values, state from call to call, dropout, bits, what they refuse.

import {
  ArgumentError,
  autocast,
  GradientError,
  getNumThreads,
  gradients,
  manualSeed,
  nn,
  noGrad,
  ones,
  randn,
  ShapeError,
  setNumThreads,
  type Tensor,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { bits } from '../support/compare.js';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, from, type Nested, readGolden } from '../support/golden.js';

interface Case {
  readonly dtype: Floating;
  readonly layer: 'LSTM';
  readonly options: object;
  readonly state: Record<string, Nested>;
  readonly input: Nested;
  readonly before: readonly Nested[];
  readonly results: readonly Nested[];
  readonly gradResults: readonly Nested[];
  readonly inputGradient: Nested;
  readonly beforeGradients: readonly Nested[];
  readonly gradients: Record<string, Nested>;
}

const cases = readGolden<Case>('recurrent.json');

/** The results of a layer or cell in PyTorch's order. */
function listOf(results: Tensor | Record<string, Tensor>): Tensor[] {
  return 'layout' in results ? [results as Tensor] : Object.values(results as Record<string, Tensor>);
}

function checkCase(one: Case): void {
  const { dtype } = one;
  const module = new nn[one.layer](3, 4, { ...one.options, dtype });
  expect(Object.keys(module.stateDict())).toEqual(Object.keys(one.state));
  module.loadStateDict(
    Object.fromEntries(Object.entries(one.state).map(([name, values]) => [name, from(values, dtype)])),
  );
  const x = from(one.input, dtype, true);
  const [h, c] = one.before.map((values) => from(values, dtype, true));
  const state = h === undefined ? undefined : c === undefined ? { h } : { h, c };
  const results = listOf(module.forward(x, state) as never);
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

describe.each(BACKENDS)('$name', (engine) => {
  it.each(cases.map((one, i) => ({ ...one, i })))('case $i: $layer($options), $dtype', (one) => {
    on(engine, () => checkCase(one));
  });

  it('runs on from the state that it answered', () => {
    on(engine, () => {
      for (const name of ['RNN', 'LSTM', 'GRU'] as const) {
        const layer = new nn[name](3, 4, { numLayers: 2, dtype: 'float64' });
        const x = randn([6, 2, 3], { dtype: 'float64' });
        const whole = layer.forward(x);
        const { output: _first, ...state } = layer.forward(x.narrow(0, 0, 2));
        const rest = layer.forward(x.narrow(0, 2, 4), state as never);
        const difference = rest.output
          .sub(whole.output.narrow(0, 2, 4))
          .abs()
          .amax()
          .item();
        expect(difference, name).toBeLessThan(1e-14);
        expect(rest.h.sub(whole.h).abs().amax().item(), name).toBeLessThan(1e-14);
      }
    });
  });

  it('takes a cell through a sequence as the layer goes', () => {
    on(engine, () => {
      const layer = new nn.LSTM(3, 4, { dtype: 'float64' });
      const cell = new nn.LSTMCell(3, 4, { dtype: 'float64' });
      const names = Object.entries(layer.stateDict()).map(([name, value]) => [
        name.replace('_l0', ''),
        value,
      ]);
      cell.loadStateDict(Object.fromEntries(names));
      const x = randn([5, 2, 3], { dtype: 'float64' });
      let state: { h: Tensor; c: Tensor } | undefined;
      for (let t = 0; t < 5; t++) state = cell.forward(x.select(0, t), state);
      const { h, c } = layer.forward(x);
      expect(
        h
          .select(0, 0)
          .sub(state?.h as Tensor)
          .abs()
          .amax()
          .item(),
      ).toBeLessThan(1e-14);
      expect(
        c
          .select(0, 0)
          .sub(state?.c as Tensor)
          .abs()
          .amax()
          .item(),
      ).toBeLessThan(1e-14);
    });
  });

  it('drops states between layers in training, and only there', () => {
    on(engine, () => {
      const layer = new nn.GRU(3, 8, { numLayers: 2, dropout: 0.5 });
      const x = randn([4, 2, 3]);
      const run = (): number[] => {
        manualSeed(5);
        return [...layer.forward(x).output.dataSync()];
      };
      const trained = run();
      expect(run()).toEqual(trained);
      layer.eval();
      const evaluated = run();
      expect(evaluated).not.toEqual(trained);
      const single = new nn.GRU(3, 8, { dropout: 0.5 });
      expect(single.forward(x).output.toArray()).toEqual(single.eval().forward(x).output.toArray());
    });
  });
});

describe('recurrent layers', () => {
  it('give the same bits for any number of threads', () => {
    const before = getNumThreads();
    const found = [1, 2, 3, 7].map((threads) => {
      setNumThreads(threads);
      manualSeed(3);
      return (['RNN', 'LSTM', 'GRU'] as const).map((name) => {
        const layer = new nn[name](40, 100, { bidirectional: true });
        const { output, h } = layer.forward(randn([6, 70, 40]));
        output.square().sum().backward();
        return [output, h, ...layer.parameters().map((parameter) => parameter.grad as Tensor)].map(bits);
      });
    });
    setNumThreads(before);
    for (const other of found.slice(1)) expect(other).toEqual(found[0]);
  });

  it('begin spread evenly over ±1/√hiddenSize', () => {
    manualSeed(1);
    for (const module of [new nn.LSTM(30, 25, { numLayers: 2 }), new nn.GRUCell(30, 25)]) {
      for (const parameter of module.parameters()) {
        expect(parameter.abs().amax().item()).toBeLessThanOrEqual(0.2);
        expect(parameter.amax().item()).toBeGreaterThan(0.15);
        expect(parameter.amin().item()).toBeLessThan(-0.15);
      }
    }
  });

  it('are printed as PyTorch prints them', () => {
    expect(String(new nn.LSTM(3, 4, { numLayers: 2, batchFirst: true, bidirectional: true }))).toBe(
      'LSTM(3, 4, numLayers=2, batchFirst=true, bidirectional=true)',
    );
    expect(String(new nn.RNN(3, 4, { nonlinearity: 'relu', bias: false, dropout: 0.1 }))).toBe(
      'RNN(3, 4, bias=false, dropout=0.1, nonlinearity=relu)',
    );
    expect(String(new nn.RNNCell(3, 4, { nonlinearity: 'relu' }))).toBe('RNNCell(3, 4, nonlinearity=relu)');
    expect(String(new nn.LSTM(3, 4, { projSize: 2, numLayers: 2 }))).toBe(
      'LSTM(3, 4, projSize=2, numLayers=2)',
    );
    expect(String(new nn.LSTMCell(3, 4, { bias: false }))).toBe('LSTMCell(3, 4, bias=false)');
  });

  it('have gradients of gradients, by every path', () => {
    const layer = new nn.LSTM(2, 3, { numLayers: 2, bidirectional: true, dtype: 'float64' });
    const x = randn([3, 2, 2], { dtype: 'float64' });
    x.requiresGrad = true;
    const { output, h, c } = layer.forward(x);
    const total = output.square().sum().add(h.sum()).add(c.square().sum());
    const [fused] = gradients(total, [x], { retainGraph: true });
    const [composed] = gradients(total, [x], { createGraph: true });
    expect(composed.sub(fused).abs().amax().item()).toBeLessThan(1e-13);
    const [second] = gradients(composed.square().sum(), [layer.weightHh[0]]);
    expect(second.abs().amax().item()).toBeGreaterThan(0);
  });

  it('take their steps in full precision under autocast, and both gradients go back through the same', () => {
    manualSeed(2);
    for (const projSize of [0, 5]) {
      const layer = new nn.LSTM(6, 7, { projSize });
      const [x, c] = [randn([5, 3, 6]), randn([1, 3, 7])];
      c.requiresGrad = true;
      const plain = layer.forward(x, { c }).output;
      const output = autocast(() => layer.forward(x, { c }).output);
      expect(output.toArray()).toEqual(plain.toArray());
      const [wanted] = gradients(plain.square().sum(), [c]);
      const total = output.square().sum();
      const [fused] = gradients(total, [c], { retainGraph: true });
      const [composed] = gradients(total, [c], { createGraph: true });
      for (const found of [fused, composed]) expect(found.sub(wanted).abs().amax().item()).toBeLessThan(1e-6);
    }
  });

  it('refuse to go back through what was changed since', () => {
    const layer = new nn.GRU(2, 3);
    const total = layer.forward(ones([2, 1, 2])).output.sum();
    noGrad(() => layer.weightHh[0].add_(1));
    expect(() => total.backward()).toThrow(GradientError);
    const other = layer.forward(ones([2, 1, 2])).output;
    const sum = other.sum();
    noGrad(() => other.add_(1));
    expect(() => sum.backward()).toThrow(GradientError);
  });

  it('refuse what does not fit', () => {
    const layer = new nn.LSTM(3, 4);
    expect(() => layer.forward(ones([5, 2, 2]))).toThrow(ShapeError);
    expect(() => layer.forward(ones([3]))).toThrow(ShapeError);
    expect(() => layer.forward(ones([0, 2, 3]))).toThrow(/\[LSTM\].*\(T, N, 3\) with at least one time T/);
    expect(() => layer.forward(ones([0, 3]))).toThrow(/at least one time/);
    const batchFirst = new nn.LSTM(3, 4, { batchFirst: true });
    expect(() => batchFirst.forward(ones([2, 0, 3]))).toThrow(/\(N, T, 3\) with at least one time T/);
    expect(batchFirst.forward(ones([0, 2, 3])).output.shape).toEqual([0, 2, 4]);
    const double = { dtype: 'float64' } as const;
    expect(() => layer.forward(ones([5, 2, 3], double))).toThrow(
      /\[LSTM\] the input is float64 and the layer float32: cast/,
    );
    expect(() => layer.forward(ones([5, 2, 3]), { c: ones([1, 2, 4], double) })).toThrow(/c is float64/);
    expect(() => new nn.GRUCell(3, 4).forward(ones([2, 3], double))).toThrow(/\[GRUCell\] the input is/);
    expect(() => new nn.GRUCell(3, 4).forward(ones([2, 3]), { h: ones([2, 4], double) })).toThrow(
      /\[GRUCell\] h is float64/,
    );
    expect(() => layer.forward(ones([5, 2, 3]), { h: ones([2, 4]) })).toThrow(/h is \(1, 2, 4\)/);
    expect(() => layer.forward(ones([5, 3]), { c: ones([1, 1, 4]) })).toThrow(/c is \(1, 4\)/);
    expect(() => new nn.GRU(3, 4).forward(ones([5, 2, 3]), { c: ones([1, 2, 4]) } as never)).toThrow(
      ArgumentError,
    );
    expect(() => new nn.LSTMCell(3, 4).forward(ones([2, 2]))).toThrow(ShapeError);
    expect(() => new nn.LSTMCell(3, 4).forward(ones([2, 3]), { h: ones([4]) })).toThrow(ShapeError);
    for (const projSize of [-1, 1.5, 4])
      expect(() => new nn.LSTM(3, 4, { projSize })).toThrow(/less than hiddenSize, 4/);
    const small = new nn.LSTM(3, 4, { projSize: 2 });
    expect(() => small.forward(ones([5, 2, 3]), { h: ones([1, 2, 4]) })).toThrow(/h is \(1, 2, 2\)/);
    expect(() => small.forward(ones([5, 2, 3]), { c: ones([1, 2, 2]) })).toThrow(/c is \(1, 2, 4\)/);
    for (const options of [{ numLayers: 0 }, { dropout: 2 }, { dropout: '0.5' }, { nonlinearity: 'sin' }])
      expect(() => new nn.RNN(3, 4, options as never)).toThrow(ArgumentError);
    expect(() => new nn.LSTM(0, 4)).toThrow(ArgumentError);
    expect(() => new nn.LSTM(3, 4, { nonlinearity: 'relu' } as never)).toThrow(ArgumentError);
  });
});
