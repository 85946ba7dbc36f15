// Functions and layers that read at given places, or compare two inputs, against PyTorch; and what it does not show.

import { ArgumentError, gradients, manualSeed, nn, ones, Tensor, tensor } from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';
import { demandGolden, type Floating, from, type Nested, readGolden } from '../support/golden.js';

interface GivenTensor {
  readonly whole: boolean;
  readonly values: Nested;
}

/** A tensor, or what stands for itself: a number, a list, a name. */
type Given = GivenTensor | number | string | boolean | readonly number[];

interface SamplingCase {
  readonly dtype: Floating;
  readonly name: string;
  readonly inputs: readonly Given[];
  readonly options: Readonly<Record<string, Given>>;
  readonly gradOutput: Nested;
  readonly output: Nested;
  readonly indices?: Nested;
  /** Of inputs and options, in their order; null for what has none. */
  readonly inputGradients: readonly (Nested | null)[];
  readonly second?: { readonly directions: readonly Nested[]; readonly gradients: readonly Nested[] };
  // Of layers alone.
  readonly sizes?: readonly unknown[];
  readonly layerOptions?: object;
  readonly state?: Readonly<Record<string, Nested>>;
  readonly gradients?: Readonly<Record<string, Nested>>;
  readonly stateAfter?: Readonly<Record<string, Nested>>;
}

type Call = (...parameters: unknown[]) => Tensor;

const cases = readGolden<SamplingCase>('sampling.json');

function valueOf(given: Given, dtype: Floating): unknown {
  if (typeof given !== 'object' || !('whole' in given)) return given;
  return given.whole ? from(given.values, 'int32') : from(given.values, dtype, true);
}

function layerOf({ name, sizes, layerOptions, state, dtype }: SamplingCase): nn.Module | null {
  if (sizes === undefined) return null;
  const make = (nn as unknown as Record<string, new (...parameters: unknown[]) => nn.Module>)[name];
  const module = new make(...sizes, layerOptions).to(dtype);
  module.loadStateDict(
    Object.fromEntries(Object.entries(state ?? {}).map(([key, values]) => [key, from(values, dtype)])),
  );
  return module;
}

/** The layer of a case, its tensors, and a call of it. */
function prepared(one: SamplingCase) {
  const module = layerOf(one);
  const inputs = one.inputs.map((given) => valueOf(given, one.dtype));
  const options = Object.fromEntries(
    Object.entries(one.options).map(([key, given]) => [key, valueOf(given, one.dtype)]),
  );
  const every = [...inputs, ...Object.values(options)];
  // Layers whose calls take no options get none.
  const parameters = Object.keys(options).length > 0 ? [...inputs, options] : inputs;
  const call = module === null ? (nn.functional as unknown as Record<string, Call>)[one.name] : null;
  const run = (): Tensor => (module === null ? (call as Call)(...parameters) : module.forward(...parameters));
  return { module, inputs, every, run };
}

function checkCase(one: SamplingCase): void {
  const { dtype, name, second } = one;
  const { module, inputs, every, run } = prepared(one);
  const output = run();
  demandGolden('output', output, one.output, dtype);
  output.backward({ gradient: from(one.gradOutput, dtype) });
  every.forEach((value, i) => {
    const want = one.inputGradients[i];
    if (want === null) return;
    const { grad, shape } = value as Tensor;
    // No gradient at all is one of zeros.
    demandGolden(`gradient ${i}`, grad ?? ones(shape, { dtype }).mul(0), want, dtype);
  });
  for (const [key, parameter] of module?.namedParameters() ?? [])
    demandGolden(`gradient of ${key}`, parameter.grad, one.gradients?.[key] as Nested, dtype);
  for (const [key, values] of Object.entries(one.stateAfter ?? {}))
    demandGolden(key, module?.stateDict()[key] as Tensor, values, dtype);
  if (one.indices !== undefined) {
    const pool = (nn.functional as unknown as Record<string, (...all: unknown[]) => nn.functional.Maxima>)[
      name
    ];
    const { indices } = pool(...inputs, { ...one.options, returnIndices: true });
    expect(indices.toArray()).toEqual(one.indices);
  }
  if (second === undefined) return;
  const free = every.filter((value): value is Tensor => value instanceof Tensor && value.requiresGrad);
  const firsts = gradients(run(), free, { gradient: from(one.gradOutput, dtype), createGraph: true });
  const total = firsts
    .map((first, i) => first.mul(from(second.directions[i], dtype)).sum())
    .reduce((sum, part) => sum.add(part));
  gradients(total, free).forEach((found, i) => {
    demandGolden(`second gradient ${i}`, found, second.gradients[i], dtype);
  });
}

describe.each(BACKENDS)('$name', (engine) => {
  it.each(cases.map((one, i) => ({ ...one, i })))('case $i: $name, $options, $dtype', (one) => {
    on(engine, () => checkCase(one));
  });
});

describe('tables of vectors', () => {
  const table = tensor([
    [1, 2],
    [3, 4],
    [5, 6],
  ]);

  it('can be made of trained ones, which stay as they are', () => {
    const layer = nn.Embedding.fromPretrained(table, { paddingIdx: 0 });
    expect(layer.weight.requiresGrad).toBe(false);
    expect(layer.weight.toArray()).toEqual(table.toArray());
    expect([layer.numEmbeddings, layer.embeddingDim, layer.paddingIdx]).toEqual([3, 2, 0]);
    expect(nn.Embedding.fromPretrained(table, { freeze: false }).weight.requiresGrad).toBe(true);
    const bags = nn.EmbeddingBag.fromPretrained(table.to('float64'), { mode: 'max', freeze: false });
    expect([bags.mode, bags.weight.dtype, bags.weight.requiresGrad]).toEqual(['max', 'float64', true]);
    expect(() => nn.Embedding.fromPretrained(ones([3]))).toThrow(/\[Embedding.fromPretrained\] the table is/);
  });

  it('draw no numbers where they are given', () => {
    manualSeed(3);
    const want = new nn.Linear(2, 2).weight.toArray();
    manualSeed(3);
    nn.Embedding.fromPretrained(table);
    expect(new nn.Linear(2, 2).weight.toArray()).toEqual(want);
  });

  it('keep the row of padding at zero, and give it no gradient', () => {
    const bags = new nn.EmbeddingBag(4, 3, { paddingIdx: -1, mode: 'sum' });
    expect(bags.paddingIdx).toBe(3);
    expect(bags.weight.toArray()[3]).toEqual([0, 0, 0]);
    bags
      .forward(tensor([[3, 1]], { dtype: 'int32' }))
      .sum()
      .backward();
    expect(bags.weight.grad?.toArray()).toEqual([
      [0, 0, 0],
      [1, 1, 1],
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  // PyTorch 2.13 divides by the count of another row here.
  it('share the gradient of a row among the places that name it', () => {
    const weight = ones([4, 1], { requiresGrad: true });
    const indices = tensor(
      [
        [1, 0, 3],
        [1, 1, 2],
      ],
      { dtype: 'int32' },
    );
    const sums = nn.functional.embeddingBag(indices, weight, { mode: 'sum', scaleGradByFreq: true });
    sums.backward({ gradient: tensor([[3], [6]]) });
    expect(weight.grad?.toArray()).toEqual([[3], [5], [6], [3]]);
  });

  it('print what they are', () => {
    expect(String(new nn.EmbeddingBag(4, 3, { mode: 'max', includeLastOffset: true }))).toBe(
      'EmbeddingBag(4, 3, mode=max, includeLastOffset=true)',
    );
    expect(String(new nn.Embedding(4, 3, { maxNorm: 2, normType: 1, scaleGradByFreq: true }))).toBe(
      'Embedding(4, 3, maxNorm=2, normType=1, scaleGradByFreq=true)',
    );
  });

  it('refuse what has no meaning', () => {
    expect(() => new nn.EmbeddingBag(2, 2, { mode: 'min' as never })).toThrow(ArgumentError);
    expect(() => new nn.Embedding(2, 2, { maxNorm: -1 })).toThrow(/maxNorm is a finite number from 0/);
    expect(() => new nn.Embedding(2, 2, { normType: 0 })).toThrow(/normType is a number above 0/);
  });
});

describe('maxima', () => {
  const image = tensor([
    [
      [1, 2],
      [6, 4],
    ],
  ]);

  it('come alone, or with where they lie, as the type of the layer says', () => {
    const { values, indices } = new nn.MaxPool2d(2, { returnIndices: true }).forward(image);
    expect([values.toArray(), indices.toArray()]).toEqual([[[[6]]], [[[2]]]]);
    const [plain, stepped]: Tensor[] = [new nn.MaxPool2d(2), new nn.MaxPool2d(2, { stride: 1 })].map((pool) =>
      pool.forward(image),
    );
    expect([plain.toArray(), stepped.toArray()]).toEqual([[[[6]]], [[[6]]]]);
    expect(new nn.AdaptiveMaxPool2d(1, { returnIndices: true }).forward(image).indices.item()).toBe(2);
  });

  it('that meet in one place leave the last one, and the gradient to it', () => {
    const x = tensor([[3, 5]], { requiresGrad: true });
    const indices = tensor([[1, 1]], { dtype: 'int32' });
    const out = nn.functional.maxUnpool1d(x, indices, 2, { stride: 1 });
    expect(out.toArray()).toEqual([[0, 5, 0]]);
    out.sum().backward();
    expect(x.grad?.toArray()).toEqual([[0, 1]]);
  });
});

describe('the nearest values', () => {
  it('have a gradient for the image and none for the grid, which may be tracked alone', () => {
    const grid = tensor([[[[0.2, -0.3]]]], { requiresGrad: true });
    const image = ones([1, 1, 2, 2], { requiresGrad: true });
    nn.functional.gridSample(image, grid, { mode: 'nearest' }).sum().backward();
    expect([image.grad?.sum().item(), grid.grad]).toEqual([1, null]);
    const out = nn.functional.gridSample(image.detach(), grid, { mode: 'nearest' });
    out.sum().backward();
    expect([out.item(), grid.grad]).toEqual([1, null]);
  });
});

describe('layers print what they are', () => {
  it.each([
    [
      new nn.Bilinear(2, 3, 4, { bias: false }),
      'Bilinear(in1Features=2, in2Features=3, outFeatures=4, bias=false)',
    ],
    [new nn.LocalResponseNorm(5), 'LocalResponseNorm(5, alpha=0.0001, beta=0.75, k=1)'],
    [new nn.PairwiseDistance({ p: 1 }), 'PairwiseDistance(p=1, eps=0.000001, keepdim=false)'],
    [new nn.CosineSimilarity(-1), 'CosineSimilarity(dim=-1, eps=1e-8)'],
    [new nn.MaxUnpool2d(2, { stride: [1, 2] }), 'MaxUnpool2d(kernelSize=2, stride=(1, 2), padding=0)'],
    [new nn.LPPool1d(2, 3), 'LPPool1d(normType=2, kernelSize=3, stride=3, ceilMode=false)'],
    [new nn.AdaptiveMaxPool3d([2, null, 3]), 'AdaptiveMaxPool3d(outputSize=(2, null, 3))'],
    [new nn.UpsamplingBilinear2d({ scaleFactor: 2 }), 'UpsamplingBilinear2d(scaleFactor=2)'],
    [new nn.UpsamplingNearest2d({ size: [3, 4] }), 'UpsamplingNearest2d(size=(3, 4))'],
  ])('%s', (module, text) => {
    expect(String(module)).toBe(text);
  });
});

describe('layers refuse what has no meaning', () => {
  it.each([
    ['features', () => new nn.Bilinear(0, 2, 2), /in1Features is a whole number from 1/],
    ['a size', () => new nn.LocalResponseNorm(0), /size is a whole number from 1/],
    ['an order', () => new nn.PairwiseDistance({ p: Number.NaN }), /p is a number/],
    ['a length', () => new nn.CosineSimilarity(1, { eps: -1 }), /eps is a finite number from 0/],
    ['a dimension', () => new nn.CosineSimilarity(0.5), /dim is a whole number/],
    ['a norm', () => new nn.LPPool2d(0, 2), /normType is a finite number but 0/],
    ['a window', () => new nn.MaxUnpool1d(0), /kernelSize/],
    [
      'a signal for an image',
      () => new nn.UpsamplingNearest2d({ size: 2 }).forward(ones([1, 1, 2])),
      /\(N, C, H, W\)/,
    ],
    [
      'both sizes',
      () => new nn.UpsamplingBilinear2d({ size: 2, scaleFactor: 2 }),
      /either size or scaleFactor/,
    ],
  ])('%s', (_name, act, message) => {
    expect(act).toThrow(message);
  });
});

describe.each(BACKENDS)('at the edges, on $name', (engine) => {
  it.each(['bilinear', 'nearest', 'bicubic'] as const)(
    'points far beyond a border have its value: %s',
    (mode) => {
      on(engine, () => {
        const image = tensor([
          [
            [
              [1, 2],
              [3, 4],
            ],
          ],
        ]);
        const points = tensor([
          [
            [
              [1e10, 1e10],
              [-1e10, 1e10],
              [3e9, -5],
              [-7, -3e38],
            ],
          ],
        ]);
        const found = nn.functional.gridSample(image, points, { mode, paddingMode: 'border' });
        expect(found.toArray()).toEqual([[[[4, 3, 2, 1]]]]);
      });
    },
  );

  it('padding takes no part in the maximum of a bag, of −∞ neither', () => {
    on(engine, () => {
      const table = tensor(
        [
          [1, 2],
          [-Infinity, -Infinity],
        ],
        { requiresGrad: true },
      );
      const bags = tensor([[0, 1]], { dtype: 'int32' });
      const found = nn.functional.embeddingBag(bags, table, { mode: 'max', paddingIdx: 0 });
      expect(found.toArray()).toEqual([[-Infinity, -Infinity]]);
      found.backward({ gradient: ones([1, 2]) });
      expect((table.grad as Tensor).toArray()[0]).toEqual([0, 0]);
    });
  });

  it.each(['sum', 'mean', 'max'] as const)('a wrong index is named by bags of mode %s', (mode) => {
    on(engine, () => {
      const bags = tensor([[0, 3]], { dtype: 'int32' });
      const run = () => nn.functional.embeddingBag(bags, ones([3, 2]), { mode });
      expect(run).toThrow(/^\[embeddingBag\] index 3 is out of range for a table of 3 rows/);
    });
  });

  it('the norm of a window of zeros has no slope', () => {
    on(engine, () => {
      const x = tensor([[0, 0, 3, 4]], { requiresGrad: true });
      nn.functional.lpPool1d(x, 2, 2).sum().backward();
      expect((x.grad as Tensor).allClose(tensor([[0, 0, 0.6, 0.8]]))).toBe(true);
    });
  });
});
