// Layers beyond golden values: initialisation, randomness, what they refuse.

import {
  ArgumentError,
  DTypeError,
  gradients,
  manualSeed,
  nn,
  ones,
  ShapeError,
  type Tensor,
  tensor,
  zeros,
} from 'quern';
import { describe, expect, it } from 'vitest';
import { BACKENDS, on } from '../support/engines.js';

function spread(x: Tensor): { mean: number; std: number; low: number; high: number } {
  return { mean: x.mean().item(), std: x.std().item(), low: x.amin().item(), high: x.amax().item() };
}

describe('initialisation', () => {
  const weight = (): Tensor => zeros([200, 50, 2, 2], { dtype: 'float64' });
  const fanIn = 200;
  const fanOut = 800;

  it.each([
    ['kaimingUniform_', {}, Math.sqrt(2 / fanIn), true],
    ['kaimingUniform_', { a: Math.sqrt(5) }, Math.sqrt(1 / 3 / fanIn), true],
    ['kaimingUniform_', { mode: 'fanOut', nonlinearity: 'tanh' }, 5 / 3 / Math.sqrt(fanOut), true],
    ['kaimingNormal_', { nonlinearity: 'relu' }, Math.sqrt(2 / fanIn), false],
    ['xavierUniform_', {}, Math.sqrt(2 / (fanIn + fanOut)), true],
    ['xavierUniform_', { gain: 2 }, 2 * Math.sqrt(2 / (fanIn + fanOut)), true],
    ['xavierNormal_', { gain: 0.5 }, 0.5 * Math.sqrt(2 / (fanIn + fanOut)), false],
  ] as const)('%s %o', (name, options, std, uniform) => {
    manualSeed(1);
    const drawn = spread(nn.init[name](weight(), options as never));
    // 40,000 numbers: their mean and spread are known to a fraction of a percent.
    expect(Math.abs(drawn.mean)).toBeLessThan(0.03 * std);
    expect(drawn.std / std).toBeCloseTo(1, 1.5);
    const limit = Math.sqrt(3) * std;
    if (uniform) {
      expect(drawn.low).toBeGreaterThanOrEqual(-limit);
      expect(drawn.high).toBeLessThanOrEqual(limit);
      expect(drawn.high).toBeGreaterThan(0.99 * limit);
    } else {
      expect(drawn.high).toBeGreaterThan(3 * std);
    }
  });

  it('knows the gains', () => {
    const gains = [
      'linear',
      'conv2d',
      'convTranspose3d',
      'sigmoid',
      'tanh',
      'relu',
      'leakyRelu',
      'selu',
    ] as const;
    expect(gains.map((name) => nn.init.calculateGain(name))).toEqual([
      1,
      1,
      1,
      1,
      5 / 3,
      Math.SQRT2,
      Math.sqrt(2 / 1.0001),
      0.75,
    ]);
    expect(() => nn.init.calculateGain('softmax' as never)).toThrow(/there is no gain for 'softmax'/);
  });

  it('writes views and parameters in place', () => {
    const x = zeros([3, 2]);
    nn.init.constant_(x.t(), 2);
    expect(nn.init.uniform_(x.t(), { a: 5, b: 6 }).isContiguous).toBe(false);
    expect(x.amin().item()).toBeGreaterThanOrEqual(5);
    const parameter = new nn.Parameter(zeros([2]));
    expect(nn.init.zeros_(nn.init.ones_(parameter))).toBe(parameter);
    expect(parameter.toArray()).toEqual([0, 0]);
    nn.init.normal_(parameter, { mean: 3, std: 0 });
    expect([parameter.toArray(), parameter.requiresGrad, parameter.isLeaf]).toEqual([[3, 3], true, true]);
  });

  it('refuses what has no meaning', () => {
    expect(() => nn.init.kaimingUniform_(zeros([3]))).toThrow(ShapeError);
    expect(() => nn.init.kaimingNormal_(zeros([3, 3]), { mode: 'fan_in' as never })).toThrow(ArgumentError);
    expect(() => nn.init.xavierUniform_(zeros([3, 3]), { gain: Number.NaN })).toThrow(ArgumentError);
    expect(() => nn.init.uniform_(zeros([3]), { a: 2, b: 1 })).toThrow(ArgumentError);
    expect(() => nn.init.normal_(zeros([3], { dtype: 'int32' }))).toThrow(DTypeError);
  });

  it('begins layers as PyTorch does', () => {
    manualSeed(2);
    for (const layer of [
      new nn.Linear(64, 500),
      new nn.Conv2d(8, 100, [4, 4], { groups: 2 }),
      new nn.Conv1d(16, 400, 4),
      new nn.Conv3d(4, 400, [1, 4, 4]),
      new nn.ConvTranspose1d(100, 256, 1, { groups: 4 }),
      new nn.ConvTranspose2d(64, 256, 1, { groups: 4 }),
      new nn.ConvTranspose3d(64, 256, 2, { groups: 32 }),
    ]) {
      for (const parameter of layer.parameters()) {
        const { low, high, mean } = spread(parameter);
        const bound = 1 / 8;
        expect(high).toBeLessThanOrEqual(bound);
        expect(low).toBeGreaterThanOrEqual(-bound);
        expect(high - low).toBeGreaterThan(1.9 * bound);
        expect(Math.abs(mean)).toBeLessThan(0.1 * bound);
      }
    }
    expect(new nn.Linear(0, 2).forward(zeros([3, 0])).toArray()).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
  });

  it('prints layers with what differs from the default', () => {
    expect(String(new nn.Conv1d(2, 4, [5], { padding: 'same', groups: 2 }))).toBe(
      'Conv1d(2, 4, kernelSize=5, stride=1, padding=same, groups=2)',
    );
    expect(String(new nn.Conv3d(1, 2, [1, 3, 3], { padding: [0, 1, 1], bias: false }))).toBe(
      'Conv3d(1, 2, kernelSize=(1, 3, 3), stride=1, padding=(0, 1, 1), bias=false)',
    );
    expect(String(new nn.ConvTranspose2d(3, 2, 4, { stride: 2, padding: 1, outputPadding: [0, 1] }))).toBe(
      'ConvTranspose2d(3, 2, kernelSize=4, stride=2, padding=1, outputPadding=(0, 1))',
    );
    expect(String(new nn.MaxPool1d(3, { stride: 2 }))).toBe(
      'MaxPool1d(kernelSize=3, stride=2, padding=0, dilation=1, ceilMode=false)',
    );
    expect(String(new nn.AvgPool3d([1, 2, 2]))).toBe(
      'AvgPool3d(kernelSize=(1, 2, 2), stride=(1, 2, 2), padding=0)',
    );
    expect(String(new nn.AdaptiveAvgPool2d([7, null]))).toBe('AdaptiveAvgPool2d(outputSize=(7, null))');
  });

  it('repeats itself for a seed', () => {
    const draw = (): unknown => {
      manualSeed(9);
      return new nn.Conv2d(1, 2, 3).weight.toArray();
    };
    expect(draw()).toEqual(draw());
  });
});

describe.each(BACKENDS)('$name', (engine) => {
  it('batch normalisation in evaluation has second gradients, and leaves its statistics', () => {
    on(engine, () => {
      const layer = new nn.BatchNorm1d(1, { eps: 0, dtype: 'float64' }).eval();
      layer.loadStateDict(
        { running_mean: tensor([1]), running_var: tensor([4]), weight: tensor([3]) },
        { strict: false },
      );
      const x = tensor([[2], [5]], { dtype: 'float64', requiresGrad: true });
      const y = layer.forward(x);
      expect(y.toArray()).toEqual([[1.5], [6]]);
      const [first, weight] = gradients(y.square().sum(), [x, layer.weight as Tensor], { createGraph: true });
      expect([first.toArray(), weight.toArray()]).toEqual([[[4.5], [18]], [25.5]]);
      const [second, mixed] = gradients(first.sum(), [x, layer.weight as Tensor]);
      expect([second.toArray(), mixed.toArray()]).toEqual([[[4.5], [4.5]], [15]]);
      expect(layer.runningMean?.toArray()).toEqual([1]);
    });
  });

  it('batch normalisation keeps its statistics over a batch without elements', () => {
    on(engine, () => {
      const layer = new nn.BatchNorm1d(2);
      expect(layer.forward(zeros([0, 2])).shape).toEqual([0, 2]);
      expect([layer.runningMean?.toArray(), layer.runningVar?.toArray()]).toEqual([
        [0, 0],
        [1, 1],
      ]);
    });
  });

  it('dropout zeroes the share p in training and passes evaluation', () => {
    on(engine, () => {
      manualSeed(4);
      const layer = new nn.Dropout({ p: 0.25 });
      const x = ones([100, 100], { requiresGrad: true });
      const out = layer.forward(x);
      const kept = out.ne(0).to('float32');
      expect(kept.mean().item()).toBeCloseTo(0.75, 1);
      expect(out.amax().item()).toBeCloseTo(4 / 3, 6);
      out.sum().backward();
      expect(x.grad?.sub(out).abs().amax().item()).toBe(0);
      expect(layer.eval().forward(x)).toBe(x);
    });
  });

  it('linear has second gradients, and takes transposed and expanded operands', () => {
    on(engine, () => {
      const options = { dtype: 'float64', requiresGrad: true } as const;
      const x = tensor(
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        options,
      );
      const weight = tensor(
        [
          [1, -1],
          [2, 0.5],
        ],
        options,
      );
      const out = nn.functional.linear(x, weight.t(), { bias: tensor([1, 1], options) });
      expect(out.toArray()).toEqual([
        [6, 1],
        [12, 0],
        [18, -1],
      ]);
      const [dx] = gradients(out.square().sum(), [x], { createGraph: true });
      const [dw] = gradients(dx.sum(), [weight]);
      // d/dw of Σ 2 (x W + b) Wᵀ, checked by a difference.
      const along = (step: number): number => {
        const moved = weight.detach().add(
          tensor(
            [
              [step, 0],
              [0, 0],
            ],
            { dtype: 'float64' },
          ),
        );
        const y = nn.functional.linear(x.detach(), moved.t(), { bias: tensor([1, 1], { dtype: 'float64' }) });
        return y.mul(2).matmul(moved.t()).sum().item();
      };
      expect(dw.toArray()[0][0]).toBeCloseTo((along(1e-4) - along(-1e-4)) / 2e-4, 5);
      const wide = tensor([[1], [2]]).expand([2, 3]);
      expect(nn.functional.linear(wide, ones([1, 3])).toArray()).toEqual([[3], [6]]);
      expect(nn.functional.linear(ones([2, 0, 3]), ones([4, 3])).shape).toEqual([2, 0, 4]);
    });
  });

  it('oneHot marks classes', () => {
    on(engine, () => {
      const classes = tensor([[1, 0]], { dtype: 'int32' });
      expect(nn.functional.oneHot(classes).toArray()).toEqual([
        [
          [0, 1],
          [1, 0],
        ],
      ]);
      expect(nn.functional.oneHot(tensor(2, { dtype: 'int32' }), { numClasses: 4 }).toArray()).toEqual([
        0, 0, 1, 0,
      ]);
      expect(() => nn.functional.oneHot(classes, { numClasses: 1 })).toThrow(
        /class 1 is out of range: there are 1 classes/,
      );
      expect(() => nn.functional.oneHot(tensor([-1, 3], { dtype: 'int32' }))).toThrow(/class -1/);
      expect(() => nn.functional.oneHot(tensor([1]))).toThrow(DTypeError);
      expect(() => nn.functional.oneHot(zeros([0], { dtype: 'int32' }))).toThrow(/numClasses/);
    });
  });
});

describe('refusals', () => {
  it.each<[string, () => unknown, new (...parameters: never[]) => Error, RegExp]>([
    [
      'features',
      () => new nn.Linear(3, 2).forward(ones([5, 4])),
      ShapeError,
      /\(5, 4\) must end in the 3 features/,
    ],
    ['a scalar', () => new nn.Linear(1, 2).forward(ones([])), ShapeError, /features/],
    [
      'mixed dtypes',
      () => new nn.Linear(1, 2).forward(ones([1, 1], { dtype: 'float64' })),
      DTypeError,
      /float64, float32/,
    ],
    [
      'a bias',
      () => nn.functional.linear(ones([1, 2]), ones([3, 2]), { bias: ones([2]) }),
      ShapeError,
      /bias is \(3,\)/,
    ],
    ['a weight', () => nn.functional.linear(ones([1, 2]), ones([2])), ShapeError, /weight is \(out, in\)/],
    ['a size', () => new nn.Linear(1.5, 2), ArgumentError, /inFeatures/],
    ['an integer dtype', () => new nn.Linear(1, 2, { dtype: 'int32' }), DTypeError, /float32 or float64/],
    ['groups', () => new nn.Conv2d(3, 4, 3, { groups: 2 }), ArgumentError, /inChannels/],
    ['a kernel', () => new nn.Conv2d(3, 4, 0), ArgumentError, /kernelSize/],
    [
      'a padding mode',
      () => new nn.Conv2d(3, 4, 3, { paddingMode: 'same' as never }),
      ArgumentError,
      /paddingMode/,
    ],
    ['a padding', () => new nn.ReflectionPad1d([1] as never), ArgumentError, /padding/],
    ['groups of channels', () => new nn.GroupNorm(2, 3), ArgumentError, /numGroups/],
    ['a factor', () => new nn.PixelShuffle(0), ArgumentError, /upscaleFactor/],
    ['an upsampling without a size', () => new nn.Upsample({}), ArgumentError, /size/],
    ['transposed groups', () => new nn.ConvTranspose1d(4, 3, 3, { groups: 2 }), ArgumentError, /outChannels/],
    ['a padding', () => new nn.Conv1d(1, 1, 3, { padding: -1 }), ArgumentError, /\[Conv1d\] padding/],
    [
      'an outputPadding',
      () => new nn.ConvTranspose3d(1, 1, 3, { outputPadding: [1, 1] as never }),
      ArgumentError,
      /three of them/,
    ],
    [
      'an option of another layer',
      () => new nn.Conv3d(1, 1, 3, { outputPadding: 1 } as never),
      ArgumentError,
      /there is no option 'outputPadding'/,
    ],
    ['a window', () => new nn.MaxPool2d(-1), ArgumentError, /kernelSize/],
    ['windows', () => new nn.AvgPool3d([1, 2] as never), ArgumentError, /three of them; got \[1, 2\]/],
    ['a target', () => new nn.AdaptiveAvgPool2d([0, null]), ArgumentError, /outputSize/],
    ['a probability', () => new nn.Dropout({ p: 1.5 }), ArgumentError, /probability/],
    ['a dim', () => new nn.Softmax(undefined as never), ArgumentError, /dim/],
    [
      'images in BatchNorm1d',
      () => new nn.BatchNorm1d(2).forward(ones([1, 2, 3, 4])),
      ShapeError,
      /BatchNorm1d/,
    ],
    ['rows in BatchNorm2d', () => new nn.BatchNorm2d(2).forward(ones([3, 2])), ShapeError, /BatchNorm2d/],
    ['channels', () => new nn.BatchNorm1d(2).forward(ones([3, 4])), ShapeError, /has 4 channels/],
    [
      'one value a channel',
      () => new nn.BatchNorm1d(2).forward(ones([1, 2])),
      ShapeError,
      /one value a channel/,
    ],
    ['momentum', () => new nn.BatchNorm1d(2, { momentum: 2 }), ArgumentError, /momentum/],
    ['eps', () => new nn.BatchNorm1d(2, { eps: -1 }), ArgumentError, /eps/],
    [
      'no statistics',
      () => nn.functional.batchNorm(ones([2, 2]), null, null),
      ArgumentError,
      /running statistics/,
    ],
    ['half of them', () => nn.functional.batchNorm(ones([2, 2]), ones([2]), null), ArgumentError, /both/],
  ])('%s', (_what, run, kind, message) => {
    expect(run).toThrow(kind);
    expect(run).toThrow(message);
  });
});
