// What losses compute, in plain TypeScript, and what they must refuse: for their rows.

import * as q from 'quern';
import { at, build, mapped, type Plain, scalar } from '../support/plain.js';
import { logsumexp, mean, total } from '../support/reference/reduce.js';
import { type ErrorCase, FLOATS, type Input, type InputLike, row, type Sample, type Spec } from './row.js';

export type Reduction = 'mean' | 'sum' | 'none';
export type Loss = { reduction?: Reduction };

/** The losses, or their mean or sum. */
export function reduceLosses(losses: Plain, reduction: Reduction = 'mean'): Plain {
  if (reduction === 'none') return losses;
  return scalar(reduction === 'mean' ? mean(losses.data) : total(losses.data));
}

export const ints = (shape: readonly number[], data: readonly number[]): Input => ({
  shape,
  data,
  dtype: 'int32',
});

/** Labels 1 and −1, whole, as a function of their place. */
export const signs = (...shape: number[]): Input =>
  ints(
    shape,
    Array.from({ length: shape.reduce((product, dim) => product * dim, 1) }, (_, i) =>
      i % 3 === 1 ? -1 : 1,
    ),
  );

// biome-ignore lint/suspicious/noExplicitAny: losses take their operands and their options
type Any = (...values: any[]) => q.Tensor;

/** What every loss refuses, given operands of two elements with one in a shape that would broadcast. */
export function refusals(
  fn: Any,
  operands: () => readonly (q.Tensor | number)[],
  wrong: () => q.Tensor,
): ErrorCase[] {
  const rest = (): readonly (q.Tensor | number)[] => operands().slice(1);
  const last = (): readonly (q.Tensor | number)[] => operands().slice(0, -1);
  return [
    { name: 'shapes that would broadcast', act: () => fn(...last(), wrong()), error: q.ShapeError },
    {
      name: 'integers',
      act: () => fn((operands()[0] as q.Tensor).to('int32'), ...rest()),
      error: q.DTypeError,
    },
    {
      name: 'a reduction that there is not',
      act: () => fn(...operands(), { reduction: 'avg' }),
      error: q.ArgumentError,
    },
  ];
}

export const pairErrors = (fn: Any): ErrorCase[] =>
  refusals(
    fn,
    () => [q.ones([2]), q.ones([2])],
    () => q.ones([2, 1]),
  );

/** The same operands with each reduction, then other samples. */
export function reductions(
  inputs: readonly InputLike[],
  ...more: { readonly inputs: readonly InputLike[]; readonly args?: readonly object[] }[]
): Sample<[options?: object]>[] {
  const each = (['mean', 'sum', 'none'] as const).map((reduction) => ({ inputs, args: [{ reduction }] }));
  return [...each, ...more] as Sample<[options?: object]>[];
}

/** A loss of the elements of operands of one shape. */
export function elementwise<O extends Loss>(
  fn: Any,
  samples: readonly Sample<[options?: O]>[],
  loss: (values: readonly number[], options: Partial<O>) => number,
  spec: Partial<Spec<[options?: O]>> = {},
) {
  return row<[options?: O]>({
    family: 'Losses',
    fn,
    samples,
    reference: (operands, options) =>
      reduceLosses(
        mapped(operands, (...values) => loss(values, options ?? {})),
        options?.reduction,
      ),
    dtypes: FLOATS,
    precision: 'summed',
    gradient: 2,
    errors: pairErrors(fn),
    ...spec,
  });
}

export const option = (
  fn: Any,
  name: string,
  value: unknown,
  ...operands: (() => q.Tensor)[]
): ErrorCase => ({
  name: `${name}: ${String(value)}`,
  act: () => fn(...operands.map((make) => make()), { [name]: value }),
  error: q.ArgumentError,
});
export const two = (): q.Tensor => q.ones([2]);

export const xlogy = (x: number, y: number): number => (x === 0 ? 0 : x * Math.log(y));
export const positive = { low: 0.1, high: 3 };
export const unit = { low: 0.05, high: 0.95 };
export const many = [
  [3, 40],
  [3, 40],
];

/** A loss of the rows of the last dimension of operands of one shape. */
export function ofRows(
  operands: readonly Plain[],
  loss: (rows: readonly number[][], place: number) => number,
): Plain {
  const { shape } = operands[0];
  const width = shape[shape.length - 1];
  const rowsOf = (i: number): number[][] =>
    operands.map(({ data }) => [...data.slice(i * width, (i + 1) * width)]);
  const outer = shape.slice(0, -1);
  const count = outer.reduce((product, dim) => product * dim, 1);
  return { shape: outer, data: Array.from({ length: count }, (_, i) => loss(rowsOf(i), i)) };
}

export type Triplet = Loss & { p?: number; eps?: number; margin?: number; swap?: boolean };

export function triplet(
  a: readonly number[],
  b: readonly number[],
  c: readonly number[],
  options: Triplet,
): number {
  const { p = 2, eps = 1e-6, margin = 1, swap = false } = options;
  const distance = (x: readonly number[], y: readonly number[]): number =>
    total(x.map((value, i) => Math.abs(value - y[i] + eps) ** p)) ** (1 / p);
  const far = swap ? Math.min(distance(a, c), distance(b, c)) : distance(a, c);
  return Math.max(0, distance(a, b) - far + margin);
}

export const triplets = [
  [4, 3],
  [4, 3],
  [4, 3],
];
export const tripletErrors = (fn: Any): ErrorCase[] => [
  ...refusals(
    fn,
    () => [q.ones([2, 3]), q.ones([2, 3]), q.ones([2, 3])],
    () => q.ones([1, 3]),
  ),
  { name: 'no margin', act: () => fn(two(), two(), two(), { margin: 0 }), error: q.ArgumentError },
];

export const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = (x: readonly number[], y: readonly number[]): number =>
    total(x.map((value, i) => value * y[i]));
  return dot(a, b) / Math.sqrt((dot(a, a) + 1e-12) * (dot(b, b) + 1e-12));
};

export const classErrors = (fn: Any): ErrorCase[] => [
  {
    name: 'a class out of range',
    act: () => fn(q.ones([1, 3]), q.tensor([3], { dtype: 'int32' })),
    error: q.IndexError,
  },
  {
    name: 'another number of targets',
    act: () => fn(q.ones([2, 3]), q.tensor([1], { dtype: 'int32' })),
    error: q.ShapeError,
  },
  { name: 'floating classes', act: () => fn(q.ones([2, 3]), q.ones([2])), error: q.DTypeError },
];

export type MultiMargin = Loss & { p?: number; margin?: number };

export function multiMargin([x, target, weight]: readonly Plain[], options: MultiMargin = {}): Plain {
  const { p = 1, margin = 1 } = options;
  const losses = ofRows([x], ([scores], i) => {
    const y = target.data[i];
    const parts = scores.map((score, j) => (j === y ? 0 : Math.max(0, margin - scores[y] + score) ** p));
    return ((weight?.data[y] ?? 1) * total(parts)) / scores.length;
  });
  return reduceLosses(losses, options.reduction);
}

export function multilabelMargin([x, target]: readonly Plain[], options: Loss = {}): Plain {
  const losses = ofRows([x, target], ([scores, listed]) => {
    const end = listed.findIndex((label) => label < 0);
    const right = end < 0 ? listed : listed.slice(0, end);
    const others = scores.filter((_, i) => !right.includes(i));
    const parts = right.flatMap((y) => others.map((score) => Math.max(0, 1 - (scores[y] - score))));
    return total(parts) / scores.length;
  });
  return reduceLosses(losses, options.reduction);
}

export type Focal = Loss & { gamma?: number; ignoreIndex?: number };

export function focal([x, target, weight]: readonly Plain[], options: Focal = {}): Plain {
  const { gamma = 2, ignoreIndex = -100, reduction = 'mean' } = options;
  const weightOf = (label: number): number => (label === ignoreIndex ? 0 : (weight?.data[label] ?? 1));
  const losses = build(target.shape, (place) => {
    const label = at(target, place);
    if (label === ignoreIndex) return 0;
    const [sample, ...rest] = place;
    const logit = (one: number): number => at(x, target.shape.length === 0 ? [one] : [sample, one, ...rest]);
    const classCount = x.shape[x.shape.length === 1 ? 0 : 1];
    const log = logit(label) - logsumexp(Array.from({ length: classCount }, (_, one) => logit(one)));
    return -weightOf(label) * (1 - Math.exp(log)) ** gamma * log;
  });
  if (reduction !== 'mean') return reduceLosses(losses, reduction);
  return scalar(total(losses.data) / total(target.data.map(weightOf)));
}

type Ctc = Loss & { blank?: number };
export type CtcArgs = [
  inputLengths: number | readonly number[],
  targetLengths: number | readonly number[],
  options?: Ctc,
];

/** Over all paths through the classes, those that read as the labels once repeats and blanks are gone. */
export function ctc(
  [x, targets]: readonly Plain[],
  times: CtcArgs[0],
  lengths: CtcArgs[1],
  options: Ctc = {},
): Plain {
  const { blank = 0, reduction = 'mean' } = options;
  const single = x.shape.length === 2;
  const classCount = x.shape[x.shape.length - 1];
  const sizes = [lengths].flat();
  let start = 0;
  const losses = sizes.map((size, n) => {
    const steps = [times].flat()[n];
    if (targets.shape.length === 2) start = n * targets.shape[1];
    const labels = targets.data.slice(start, start + size).join();
    start += size;
    let likelihood = 0;
    for (let path = 0; path < classCount ** steps; path++) {
      const read = Array.from({ length: steps }, (_, t) => Math.floor(path / classCount ** t) % classCount);
      const kept = read.filter((label, t) => label !== blank && label !== read[t - 1]);
      if (kept.join() !== labels) continue;
      likelihood += Math.exp(total(read.map((label, t) => at(x, single ? [t, label] : [t, n, label]))));
    }
    return -Math.log(likelihood) / (reduction === 'mean' ? Math.max(size, 1) : 1);
  });
  return reduceLosses({ shape: single ? [] : [losses.length], data: losses }, reduction);
}
