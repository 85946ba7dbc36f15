// Attention and embeddings against PyTorch, and what golden values cannot show: errors, layouts, chance.

import {
  ArgumentError,
  add,
  arange,
  GradientError,
  gradients,
  manualSeed,
  matmul,
  memory,
  nn,
  noGrad,
  ones,
  randn,
  ShapeError,
  scope,
  softmax,
  type Tensor,
  tensor,
  where,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, from, type Nested, readGolden } from '../support/golden.js';

interface AttentionCase {
  readonly dtype: Floating;
  readonly attention: { readonly isCausal: boolean; readonly scale?: number };
  readonly inputs: readonly Nested[];
  readonly mask?: Nested;
  readonly maskOfTruths?: boolean;
  readonly gradOutput: Nested;
  readonly output: Nested;
  readonly gradients: readonly Nested[];
}

interface HeadsCase {
  readonly dtype: Floating;
  readonly heads: nn.MultiheadAttentionOptions;
  readonly call: nn.AttentionCallOptions;
  readonly masks: Record<string, Nested>;
  readonly truths: readonly string[];
  readonly state: Record<string, Nested>;
  readonly inputs: readonly Nested[];
  readonly same: boolean;
  readonly gradOutput: Nested;
  readonly output: Nested;
  readonly weights: Nested | null;
  readonly gradients: readonly Nested[];
  readonly parameterGradients: Record<string, Nested>;
}

interface EmbeddingCase {
  readonly dtype: Floating;
  readonly embedding: { readonly paddingIdx?: number };
  readonly weight: Nested;
  readonly indices: Nested;
  readonly gradOutput: Nested;
  readonly output: Nested;
  readonly gradient: Nested;
}

const F = nn.functional;
const cases = readGolden<AttentionCase | HeadsCase | EmbeddingCase>('attention.json');

/** A mask; what is far below all scores stands for −∞, which JSON has no word for. */
function maskFrom(values: Nested, isTruth: boolean, dtype: Floating): Tensor {
  if (isTruth) return from(values, 'bool');
  const mask = from(values, dtype);
  return mask
    .lt(-1e30)
    .logicalNot()
    .to(dtype)
    .log()
    .add(mask.clamp({ min: -1e30 }));
}

function demandGradients(inputs: readonly Tensor[], want: readonly Nested[], dtype: Floating): void {
  for (const [i, x] of inputs.entries()) demandGolden(`gradient ${i}`, x.grad, want[i], dtype);
}

function checkAttention({ dtype, attention, inputs, mask, maskOfTruths, ...want }: AttentionCase): void {
  const [q, k, v] = inputs.map((values) => from(values, dtype, true));
  const attnMask = mask === undefined ? null : maskFrom(mask, maskOfTruths === true, dtype);
  const out = F.scaledDotProductAttention(q, k, v, { attnMask, ...attention });
  demandGolden('output', out, want.output, dtype);
  out.backward({ gradient: from(want.gradOutput, dtype) });
  demandGradients([q, k, v], want.gradients, dtype);
}

function checkHeads({ dtype, heads, call, masks, truths, same, ...want }: HeadsCase): void {
  const layer = new nn.MultiheadAttention(6, 3, { ...heads, dtype });
  layer.loadStateDict(
    Object.fromEntries(Object.entries(want.state).map(([name, values]) => [name, from(values, dtype)])),
  );
  expect(Object.keys(layer.stateDict())).toEqual(Object.keys(want.state));
  const inputs = want.inputs.map((values) => from(values, dtype, true));
  const [q, k, v] = same ? [inputs[0], inputs[0], inputs[0]] : inputs;
  const given = Object.entries(masks).map(([name, mask]) => [
    name,
    maskFrom(mask, truths.includes(name), dtype),
  ]);
  const [out, weights] = layer.forward(q, k, v, { ...call, ...Object.fromEntries(given) });
  demandGolden('output', out, want.output, dtype);
  if (want.weights === null) expect(weights).toBeNull();
  else demandGolden('weights', weights, want.weights, dtype);
  out.backward({ gradient: from(want.gradOutput, dtype) });
  demandGradients(inputs, want.gradients, dtype);
  for (const [name, parameter] of layer.namedParameters())
    demandGolden(`gradient of ${name}`, parameter.grad, want.parameterGradients[name], dtype);
}

function checkEmbedding({ dtype, embedding, ...want }: EmbeddingCase): void {
  const layer = new nn.Embedding(6, 4, { ...embedding, dtype });
  layer.loadStateDict({ weight: from(want.weight, dtype) });
  const out = layer.forward(from(want.indices, 'int32'));
  demandGolden('output', out, want.output, dtype);
  out.backward({ gradient: from(want.gradOutput, dtype) });
  demandGolden('gradient', layer.weight.grad, want.gradient, dtype);
}

describe.each(BACKENDS)('$name', (engine) => {
  it.each(cases.map((one, i) => ({ ...one, i })))('is what PyTorch gives: case $i, $dtype', (one) => {
    on(engine, () => {
      if ('attention' in one) checkAttention(one);
      else if ('heads' in one) checkHeads(one);
      else checkEmbedding(one);
    });
  });

  it('attends to views of one projection as to copies of them', () => {
    on(engine, () => {
      const joint = randn([2, 70, 3, 4, 8], { dtype: 'float64' });
      joint.requiresGrad = true;
      const parts = (): Tensor[] => [0, 1, 2].map((i) => joint.select(2, i).transpose(1, 2));
      const [q, k, v] = parts();
      const out = F.scaledDotProductAttention(q, k, v, { isCausal: true });
      // The heads side by side again: no copy.
      expect(out.transpose(1, 2).isContiguous).toBe(true);
      const weight = randn([2, 4, 70, 8], { dtype: 'float64' });
      const [found] = gradients(out.mul(weight).sum(), [joint]);
      const [a, b, c] = parts().map((part) => part.contiguous());
      const place = arange(70);
      const future = where(place.gt(place.unsqueeze(1)), -Infinity, zeros([], { dtype: 'float64' }));
      const scores = add(matmul(a, b.transpose(2, 3)).mul(1 / Math.sqrt(8)), future);
      const want = matmul(softmax(scores, -1), c);
      expect(out.sub(want).abs().amax().item()).toBeLessThan(1e-12);
      const [wanted] = gradients(want.mul(weight).sum(), [joint]);
      expect(found.sub(wanted).abs().amax().item()).toBeLessThan(1e-12);
    });
  });

  it('drops weights, by the seed', () => {
    on(engine, () => {
      const [q, k] = [zeros([1, 2]), zeros([4000, 2])];
      const draw = (): number => {
        manualSeed(3);
        return F.scaledDotProductAttention(q, k, ones([4000, 1]), { dropoutP: 0.25 }).item();
      };
      const first = draw();
      expect(first).not.toBe(1);
      expect(Math.abs(first - 1)).toBeLessThan(0.05);
      expect(draw()).toBe(first);
    });
  });

  it('differentiates a mask of terms', () => {
    on(engine, () => {
      const x = tensor([[0], [0]], { dtype: 'float64' });
      const attnMask = zeros([2, 2], { dtype: 'float64', requiresGrad: true });
      F.scaledDotProductAttention(x, x, tensor([[1], [3]], { dtype: 'float64' }), { attnMask })
        .sum()
        .backward();
      // p = ½ each: p (v − p · v)
      expect(attnMask.grad?.toArray()).toEqual([
        [-0.5, 0.5],
        [-0.5, 0.5],
      ]);
    });
  });

  it('refuses a mask that was changed since', () => {
    on(engine, () => {
      const x = ones([2, 2], { requiresGrad: true });
      const attnMask = zeros([2, 2]);
      const out = F.scaledDotProductAttention(x, x, x, { attnMask });
      attnMask.add_(1);
      expect(() => out.sum().backward()).toThrow(GradientError);
    });
  });

  it('keeps what backward needs beyond a scope', () => {
    on(engine, () => {
      const x = randn([2, 4], { requiresGrad: true });
      const loss = scope(() => F.scaledDotProductAttention(x, x, x, { attnMask: ones([2, 2]) }).sum());
      const [found] = gradients(loss, [x]);
      const [wanted] = gradients(F.scaledDotProductAttention(x, x, x).sum(), [x]);
      // Every term of the mask is the same, so nothing changes.
      expect(found.sub(wanted).abs().amax().item()).toBeLessThan(1e-6);
    });
  });

  it('makes no new buffers once it runs', () => {
    on(engine, () => {
      const x = randn([2, 200, 64], { requiresGrad: true });
      const step = (): void => scope(() => F.scaledDotProductAttention(x, x, x).sum().backward());
      step();
      step();
      const { largeAllocations } = memory();
      for (let i = 0; i < 3; i++) step();
      expect(memory().largeAllocations).toBe(largeAllocations);
    });
  });
});

describe('Embedding', () => {
  it('begins with zeros at the padding', () => {
    const layer = new nn.Embedding(4, 3, { paddingIdx: -1 });
    expect(layer.paddingIdx).toBe(3);
    expect(layer.weight.select(0, 3).toArray()).toEqual([0, 0, 0]);
    expect(layer.weight.abs().sum().item()).toBeGreaterThan(0);
    expect(String(layer.extraRepr())).toBe('4, 3, paddingIdx=3');
  });

  it('adds gradients up over calls', () => {
    const layer = new nn.Embedding(2, 1);
    const index = tensor([1, 1], { dtype: 'int32' });
    layer.forward(index).sum().backward();
    layer.forward(index).sum().backward();
    expect(layer.weight.grad?.toArray()).toEqual([[0], [4]]);
  });

  it('refuses sizes and padding that there are not', () => {
    expect(() => new nn.Embedding(-1, 2)).toThrow(ArgumentError);
    expect(() => new nn.Embedding(2, 0.5)).toThrow(ArgumentError);
    expect(() => new nn.Embedding(2, 2, { paddingIdx: 2 })).toThrow(ArgumentError);
  });
});

describe('MultiheadAttention', () => {
  it('drops weights in training alone', () => {
    const layer = new nn.MultiheadAttention(4, 2, { dropout: 0.5, batchFirst: true });
    const x = randn([1, 30, 4]);
    const run = (): Tensor => noGrad(() => layer.forward(x, x, x, { needWeights: false })[0]);
    expect(run().toArray()).not.toEqual(run().toArray());
    layer.eval();
    expect(run().toArray()).toEqual(run().toArray());
  });

  it('is causal on demand', () => {
    const layer = new nn.MultiheadAttention(4, 2);
    const x = randn([3, 1, 4]);
    const [, weights] = layer.forward(x, x, x, { isCausal: true });
    expect(weights?.shape).toEqual([1, 3, 3]);
    expect(weights?.select(1, 0).toArray()).toEqual([[1, 0, 0]]);
  });

  it('refuses what does not fit', () => {
    expect(() => new nn.MultiheadAttention(6, 4)).toThrow(ArgumentError);
    expect(() => new nn.MultiheadAttention(0, 1)).toThrow(ArgumentError);
    expect(() => new nn.MultiheadAttention(4, 2, { dropout: -1 })).toThrow(ArgumentError);
    const layer = new nn.MultiheadAttention(4, 2);
    const x = ones([3, 2, 4]);
    expect(() => layer.forward(x, x, ones([3, 2, 5]))).toThrow(ShapeError);
    expect(() => layer.forward(x, ones([3, 1, 4]), ones([3, 1, 4]))).toThrow(ShapeError);
    expect(() => layer.forward(ones([4]), x, x)).toThrow(ShapeError);
    expect(() => layer.forward(x, x, x, { attnMask: ones([2, 2]) })).toThrow(ShapeError);
    expect(() => layer.forward(x, x, x, { keyPaddingMask: ones([3, 3]) })).toThrow(ShapeError);
  });
});
