// No input crashes the process or passes in silence: each gets an error with a name, the operation, the facts and,
// where one is known, the remedy.

import {
  ArgumentError,
  arange,
  argmax,
  bernoulli,
  cat,
  DisposedError,
  DTypeError,
  enableGrad,
  fromShared,
  full,
  GradientError,
  gather,
  IndexError,
  indexAdd,
  indexSelect,
  MemoryError,
  manualSeed,
  matmul,
  maximum,
  memory,
  nn,
  noGrad,
  ones,
  optim,
  type QuernError,
  randint,
  ShapeError,
  scatterAdd,
  scope,
  setNumThreads,
  stack,
  type Tensor,
  tensor,
  toShared,
  uniform,
  useBackend,
  where,
  zeros,
} from 'quern';
import { afterAll, describe, expect, it } from 'vitest';
import { BACKENDS } from '../support/engines.js';

type Case = readonly [
  what: string,
  act: () => unknown,
  error: abstract new (...args: never[]) => QuernError,
  message: RegExp,
];

const F = nn.functional;
const int = (data: number | number[] | number[][]): Tensor => tensor(data, { dtype: 'int32' });
// What the types forbid, JavaScript programs do all the same.
// biome-ignore lint/suspicious/noExplicitAny: that is the point
const wrong = (value: unknown): any => value;
const parameter = (): Tensor => ones([1], { requiresGrad: true });

const SHAPES: readonly Case[] = [
  [
    'sizes that do not broadcast',
    () => zeros([2, 3]).add(zeros([4])),
    ShapeError,
    /\[add\].*\(2, 3\) and \(4,\)/,
  ],
  [
    'inner dimensions that differ',
    () => matmul(zeros([2, 3]), zeros([4, 5])),
    ShapeError,
    /\[matmul\].*\(2, 3\) × \(4, 5\)/,
  ],
  [
    'a loss that would broadcast',
    () => F.mseLoss(zeros([4, 1]), zeros([4])),
    ShapeError,
    /\[mseLoss\].*reshape/,
  ],
  [
    'fewer classes than rows',
    () => F.crossEntropy(zeros([4, 3]), int([0, 1])),
    ShapeError,
    /\(4, 3\).*\(2,\).*reshape/,
  ],
  [
    'features that a layer does not take',
    () => new nn.Linear(3, 2).forward(zeros([4, 4])),
    ShapeError,
    /\(4, 4\).*3 features/,
  ],
  [
    'channels that a layer does not take',
    () => new nn.Conv2d(3, 2, 3).forward(zeros([1, 1, 5, 5])),
    ShapeError,
    /1 channels.*takes 3/,
  ],
  [
    'a kernel larger than the image',
    () => F.conv2d(ones([1, 1, 5, 5]), ones([1, 1, 7, 7])),
    ShapeError,
    /\(7, 7\)/,
  ],
  ['sizes that do not fill a shape', () => zeros([2, 3]).reshape([4]), ShapeError, /\(2, 3\).*\(4,\)/],
  [
    'joined shapes that differ',
    () => cat([zeros([2, 2]), zeros([2, 3])], 0),
    ShapeError,
    /\(2, 2\) and \(2, 3\)/,
  ],
  ['stacked shapes that differ', () => stack([zeros([2]), zeros([3])]), ShapeError, /\(2,\) and \(3,\)/],
  ['ragged arrays', () => tensor([[1, 2], [3]]), ShapeError, /equal length/],
  ['a negative size', () => zeros([-1]), ShapeError, /whole numbers/],
  ['a fraction as size', () => zeros([1.5]), ShapeError, /whole numbers/],
  ['a shape that is no array', () => zeros(wrong(3)), ArgumentError, /such as \[2, 3\]/],
];

const DTYPES: readonly Case[] = [
  [
    'two floating dtypes',
    () => matmul(zeros([2, 2]), zeros([2, 2], { dtype: 'float64' })),
    DTypeError,
    /cast with to\(\)/,
  ],
  [
    'integers in a layer',
    () => new nn.Linear(2, 2).forward(int([[1, 2]])),
    DTypeError,
    /int32.*cast with to\(\)/,
  ],
  ['floating indices', () => gather(zeros([2]), 0, zeros([1])), DTypeError, /cast it with to\('int32'\)/],
  ['floating classes', () => F.nllLoss(zeros([2, 3]), zeros([2])), DTypeError, /cast/],
  ['gradients of integers', () => ones([2], { dtype: 'int32', requiresGrad: true }), GradientError, /int32/],
  ['a result that does not fit in place', () => int([1]).add_(0.5), DTypeError, /cast/],
  [
    'a dtype that there is not',
    () => zeros([1], { dtype: wrong('float16') }),
    DTypeError,
    /float32, float64/,
  ],
  ['no tensor', () => maximum(wrong('3'), 1), ArgumentError, /make one with tensor/],
  ['nothing at all', () => wrong(matmul)(), ArgumentError, /got undefined/],
];

const INDICES: readonly Case[] = [
  ['gather', () => gather(zeros([2, 2]), 0, int([[2, 0]])), IndexError, /index 2 .*dim 0 of size 2/],
  ['gather from the end', () => gather(zeros([2, 2]), 0, int([[-1, 0]])), IndexError, /index -1/],
  ['indexSelect', () => indexSelect(zeros([3]), 0, int([3])), IndexError, /index 3 .*size 3/],
  ['scatterAdd', () => scatterAdd(zeros([3]), 0, int([5]), ones([1])), IndexError, /index 5 .*size 3/],
  ['indexAdd', () => indexAdd(zeros([3]), 0, int([5]), ones([1])), IndexError, /index 5 .*size 3/],
  ['select', () => zeros([3]).select(0, 3), IndexError, /index 3/],
  ['narrow', () => zeros([3]).narrow(0, 2, 2), IndexError, /size 3/],
  ['a class', () => F.crossEntropy(zeros([2, 3]), int([0, 3])), IndexError, /class 3 .*3 classes/],
  ['an axis of a sum', () => zeros([2, 2]).sum(2), ShapeError, /dim 2 .*\[-2, 1\]/],
  ['an axis of a softmax', () => zeros([2, 2]).softmax(-3), ShapeError, /dim -3 .*\[-2, 1\]/],
  ['an axis that is no number', () => zeros([2, 2]).sum(Number.NaN), ShapeError, /dim NaN/],
  ['an axis named twice', () => zeros([2, 2]).permute([0, 0]), ShapeError, /\(0, 0\)/],
];

const NUMBERS: readonly Case[] = [
  [
    'a NaN learning rate',
    () => new optim.Adam([parameter()], { lr: Number.NaN }),
    ArgumentError,
    /lr is a finite number.*NaN/,
  ],
  [
    'a negative one',
    () => new optim.SGD([parameter()], { lr: -1 }),
    ArgumentError,
    /lr is a finite number from 0/,
  ],
  [
    'an infinite one',
    () => new optim.SGD([parameter()], { lr: Number.POSITIVE_INFINITY }),
    ArgumentError,
    /finite/,
  ],
  [
    'one set later',
    () => {
      const optimizer = new optim.SGD([parameter()], { lr: 1 });
      optimizer.paramGroups[0].lr = Number.NaN;
    },
    ArgumentError,
    /lr is a finite number/,
  ],
  [
    'a momentum',
    () => new optim.SGD([parameter()], { lr: 1, momentum: Number.NaN }),
    ArgumentError,
    /momentum/,
  ],
  [
    'an option that there is not',
    () => new optim.SGD([parameter()], wrong({ lr: 1, momentom: 0 })),
    ArgumentError,
    /there are lr, momentum/,
  ],
  ['no parameters', () => new optim.SGD([], { lr: 1 }), ArgumentError, /no parameters/],
  ['a computed parameter', () => new optim.SGD([parameter().mul(2)], { lr: 1 }), ArgumentError, /leaves/],
  ['a probability', () => F.dropout(ones([2]), { p: 2 }), ArgumentError, /\[0, 1\]; got 2/],
  ['a probability in a tensor', () => bernoulli(tensor([0.5, 2])), ArgumentError, /\[0, 1\]; got 2/],
  ['a range', () => uniform([2], 0, Number.NaN), ArgumentError, /finite/],
  ['an empty range', () => randint(3, 3, [2]), ArgumentError, /low < high/],
  ['a step', () => arange(0, 10, 0), ArgumentError, /step/],
  [
    'a stride',
    () => F.conv2d(ones([1, 1, 4, 4]), ones([1, 1, 2, 2]), { stride: 0 }),
    ArgumentError,
    /stride is a whole number from 1/,
  ],
  ['a padding', () => F.maxPool2d(ones([1, 1, 4, 4]), 2, { padding: 2 }), ArgumentError, /half the window/],
  ['a seed', () => manualSeed(0.5), ArgumentError, /whole number/],
  ['threads', () => setNumThreads(0), ArgumentError, /whole number from 1/],
  ['a backend', () => useBackend(wrong('cuda')), ArgumentError, /'native' or 'typescript'/],
];

const EMPTY: readonly Case[] = [
  ['the largest of nothing', () => zeros([0]).amax(), ShapeError, /no elements/],
  ['its place', () => argmax(zeros([2, 0]), 1), ShapeError, /no elements/],
  ['the item of nothing', () => zeros([0]).item(), ShapeError, /toArray\(\)/],
  ['nothing to join', () => cat([], 0), ArgumentError, /at least one tensor/],
  [
    'the mean loss of no elements',
    () => F.mseLoss(zeros([0, 3]), zeros([0, 3])),
    ShapeError,
    /skip empty batches/,
  ],
  [
    'the mean loss of no rows',
    () => F.crossEntropy(zeros([0, 3]), zeros([0], { dtype: 'int32' })),
    ShapeError,
    /skip empty batches/,
  ],
  [
    'one row in batch normalisation',
    () => new nn.BatchNorm1d(3).forward(zeros([1, 3])),
    ShapeError,
    /larger batch or eval/,
  ],
];

const ASYNC: readonly Case[] = [
  ['scope', () => scope(async () => 1), ArgumentError, /openScope/],
  ['noGrad', () => noGrad(async () => 1), ArgumentError, /between the awaits/],
  ['enableGrad', () => enableGrad(async () => 1), ArgumentError, /between the awaits/],
];

const GRADIENTS: readonly Case[] = [
  ['a leaf written in place', () => parameter().add_(1), GradientError, /noGrad/],
  [
    'backward from many elements',
    () => ones([2], { requiresGrad: true }).mul(2).backward(),
    GradientError,
    /reduce it|gradient/,
  ],
  ['backward from what needs none', () => ones([]).backward(), GradientError, /does not require gradients/],
  [
    'a second backward',
    () => {
      const loss = parameter().square().sum();
      loss.backward();
      loss.backward();
    },
    GradientError,
    /retainGraph/,
  ],
];

const GROUPS = {
  'mismatched shapes': SHAPES,
  'wrong dtypes': DTYPES,
  'indices and axes out of range': INDICES,
  'numbers without meaning': NUMBERS,
  'empty tensors where they mean nothing': EMPTY,
  'async functions where they must be synchronous': ASYNC,
  'misuse of gradients': GRADIENTS,
};

/** Disposed tensors in each kind of operation; x is two by two. */
const USES: Readonly<Record<string, (x: Tensor) => unknown>> = {
  'a function of one operand': (x) => x.exp(),
  'the first of two operands': (x) => x.add(1),
  'the second of two operands': (x) => ones([2, 2]).mul(x),
  'a comparison': (x) => x.lt(0),
  'a choice': (x) => where(ones([2, 2]).gt(0), x, 0),
  'a cast': (x) => x.to('float64'),
  'a sum': (x) => x.sum(),
  'a largest index': (x) => x.argmax(),
  'a softmax': (x) => x.softmax(0),
  'a matrix product': (x) => matmul(ones([2, 2]), x),
  'a layer': (x) => new nn.Linear(2, 1).forward(x),
  'a convolution': (x) => F.conv2d(ones([1, 1, 2, 2]), x.reshape([1, 1, 2, 2])),
  'a pooling': (x) => F.maxPool2d(x.reshape([1, 1, 2, 2]), 2),
  indices: (x) => gather(x, 0, int([[0, 0]])),
  'a view': (x) => x.reshape([4]),
  'a transpose': (x) => x.transpose(0, 1),
  'a slice': (x) => x.select(0, 0),
  'an expansion': (x) => x.unsqueeze(0),
  'a copy': (x) => x.clone(),
  'a join': (x) => cat([x, x], 0),
  'a stack': (x) => stack([x, x]),
  'a write in place': (x) => x.add_(1),
  'a source of a write': (x) => ones([2, 2]).copy_(x),
  'a filling': (x) => x.fill_(0),
  'a dropout': (x) => F.dropout(x, { p: 0.5 }),
  'a loss': (x) => F.mseLoss(x, ones([2, 2])),
  'a gradient': (x) => ones([2, 2], { requiresGrad: true }).mul(2).backward({ gradient: x }),
  reading: (x) => x.toArray(),
  'reading the data': (x) => x.dataSync(),
  'reading an item': (x) => x.select(0, 0).select(0, 0).item(),
  sharing: (x) => toShared(x),
};

function check(act: () => unknown, error: Case[2], message: RegExp): void {
  let thrown: unknown;
  try {
    act();
  } catch (caught) {
    thrown = caught;
  }
  expect(thrown).toBeInstanceOf(error);
  expect((thrown as Error).name).toBe(error.name);
  expect((thrown as Error).message).toMatch(/^\[\w+\] /);
  expect((thrown as Error).message).toMatch(message);
}

describe.each(BACKENDS)('on $name', ({ backend }) => {
  const wrap = (act: () => unknown) => () => {
    useBackend(backend);
    return act();
  };

  afterAll(() => useBackend(BACKENDS[BACKENDS.length - 1].backend));

  describe.each(Object.entries(GROUPS))('%s', (_group, cases) => {
    it.each(cases)('%s', (_what, act, error, message) => check(wrap(act), error, message));
  });

  describe('a disposed tensor', () => {
    it.each(Object.entries(USES))('in %s', (_use, act) => {
      const use = wrap(() => {
        const x = ones([2, 2]);
        x.dispose();
        act(x);
      });
      check(use, DisposedError, /keep\(\)/);
    });

    it.each(Object.entries(USES))('as a view, in %s', (_use, act) => {
      const use = wrap(() => {
        const base = ones([3, 2, 2]);
        const view = base.select(0, 1);
        view.dispose();
        base.sum();
        act(view);
      });
      check(use, DisposedError, /keep\(\)/);
    });
  });

  it(
    'works on after all of this',
    wrap(() =>
      expect(
        ones([2, 3])
          .matmul(ones([3, 1]))
          .toArray(),
      ).toEqual([[3], [3]]),
    ),
  );
});

describe('memory', () => {
  it.each([
    ['a little more', [2 ** 30]],
    ['more', [2 ** 31]],
    ['far more', [2 ** 20, 2 ** 20, 2 ** 20]],
  ])('over one buffer is refused before anything is allocated: %s than 4 GiB', (_how, shape) => {
    const before = memory().largeAllocations;
    check(() => zeros(shape), MemoryError, /4 GiB here; split it/);
    expect(memory().largeAllocations).toBe(before);
  });

  it('over what sizes can name is refused too', () => {
    check(() => full([2 ** 52, 2 ** 52], 1), MemoryError, /split it/);
  });
});

describe('a tensor to a worker', () => {
  it('does not pass by postMessage, and the error says what does', () => {
    expect(() => structuredClone(ones([2]))).toThrow(/toShared.*fromShared/i);
  });

  it('passes only as what toShared makes', () => {
    check(() => fromShared(wrong({})), ArgumentError, /toShared\(\)/);
    check(() => fromShared(wrong(null)), ArgumentError, /toShared\(\)/);
    check(() => fromShared({ ...toShared(ones([2])), shape: [3] }), ArgumentError, /8 bytes/);
    check(
      () => fromShared({ ...toShared(ones([2])), dtype: wrong('float16') }),
      ArgumentError,
      /toShared\(\)/,
    );
  });
});
