// The methods that write over their tensor: what they compute, what flows through them, what they refuse.

import * as q from 'quern';
import { describe, expect, it } from 'vitest';
import { inPlaceForms } from '../../lib/ops/inPlaceForms.js';
import { opDb } from '../op_db.js';
import { bits } from '../support/compare.js';
import { BACKENDS, on } from '../support/engines.js';
import { operandsOf, plainInputs } from '../support/harness.js';
import { dense } from '../support/layouts.js';

type Form = (...rest: unknown[]) => q.Tensor;
type Name = keyof typeof opDb;

/** The sample to take where the first that would do does not fit a tensor that keeps its shape, or has no vector. */
const SAMPLES: Partial<Record<Name, number>> = {
  clamp: 0,
  maskedFill: 0,
  lerp: 0,
  cumsum: 0,
  cumprod: 0,
  tril: 0,
  triu: 0,
  addmm: 0,
  addmv: 0,
  addr: 0,
  addbmm: 0,
  baddbmm: 0,
  scatterReduce: 0,
};

const names = Object.keys(inPlaceForms).map((form) => form.slice(0, -1) as Name);

/** The operands of a form: of a sample whose first operand has the shape of the result. */
function operandsFor(name: Name, dtype: q.DType) {
  const row = opDb[name];
  const fitting = row.samples.find(
    ({ inputs: [first, ...others] }) =>
      Array.isArray(first) &&
      first.length === 1 &&
      first[0] > 1 &&
      others.every((other) => typeof other !== 'number' && !('data' in other)),
  );
  const sample = row.samples[SAMPLES[name] ?? row.samples.indexOf(fitting as (typeof row.samples)[0])];
  const plains = plainInputs(row, sample, dtype, row.smooth);
  const { values } = operandsOf(sample, plains, dtype, 'dense');
  const rest = [...row.positional(values, sample.args ?? [])];
  // polygamma takes its order first.
  const [x] = rest.splice(
    rest.findIndex((one) => one instanceof q.Tensor),
    1,
  );
  return { x: x as q.Tensor, rest };
}

const plainForm = (name: Name): Form => {
  if (name === 'polygamma') return (x, n) => q.polygamma(n as number, x as q.Tensor);
  return ((q as unknown as Record<string, Form>)[name] ?? q.nn.functional[name as 'gelu']) as Form;
};
/** What a form writes into a tensor of a dtype: yes and no become its numbers, and sums of bytes are bytes again. */
const written = (name: Name, answer: q.Tensor, dtype: q.DType): q.Tensor =>
  opDb[name].result === 'bool' || (dtype === 'uint8' && answer.dtype === 'int32') ? answer.to(dtype) : answer;
const form = (x: q.Tensor, name: Name): Form => (x as unknown as Record<string, Form>)[`${name}_`].bind(x);

describe.each(BACKENDS)('$name', (engine) => {
  it.each(names)('%s_ writes what the operation answers', (name) => {
    on(engine, () => {
      for (const dtype of opDb[name].dtypes) {
        const { x, rest } = operandsFor(name, dtype);
        const wanted = written(name, plainForm(name)(x, ...rest), dtype);
        if (wanted.dtype !== dtype) {
          const before = bits(x);
          expect(() => form(x, name)(...rest), dtype).toThrow(q.DTypeError);
          expect(bits(x)).toBe(before);
          continue;
        }
        expect(form(x, name)(...rest)).toBe(x);
        expect(bits(x), dtype).toBe(bits(wanted));
      }
    });
  });

  const flowing = names.filter((name) => opDb[name].gradient > 0);
  it.each(flowing)('gradients flow through %s_', (name) => {
    on(engine, () => {
      const gradientsOf = (apply: (x: q.Tensor, rest: readonly unknown[]) => q.Tensor): string[] => {
        const { x, rest } = operandsFor(name, 'float64');
        const leaves = [x, ...rest].filter(
          (one): one is q.Tensor => one instanceof q.Tensor && one.dtype === 'float64',
        );
        for (const leaf of leaves) leaf.requiresGrad = true;
        const weights = dense(
          { shape: x.shape, data: Array.from({ length: x.size }, (_, i) => i + 1) },
          'float64',
        );
        // The leaf itself stays: what is written over is a value that depends on it.
        apply(x.mul(1), rest).mul(weights).sum().backward();
        return leaves.map((leaf) => (leaf.grad === null ? 'none' : bits(leaf.grad)));
      };
      const wanted = gradientsOf((x, rest) => plainForm(name)(x, ...rest));
      expect(gradientsOf((x, rest) => form(x, name)(...rest))).toEqual(wanted);
    });
  });

  it.each(names)('%s_ refuses expanded tensors, and leaves that require gradients', (name) => {
    on(engine, () => {
      const dtype = opDb[name].dtypes[0];
      const { x, rest } = operandsFor(name, dtype);
      const one = x.narrow(0, 0, 1).clone().expand(x.shape);
      expect(() => form(one, name)(...rest)).toThrow(q.ShapeError);
      if (dtype !== 'float32') return;
      x.requiresGrad = true;
      const before = bits(x);
      expect(() => form(x, name)(...rest)).toThrow(q.GradientError);
      expect(bits(x)).toBe(before);
      expect(q.noGrad(() => form(x, name)(...rest))).toBe(x);
    });
  });
});

describe('writing over a tensor', () => {
  it('with answers of yes and no ends the flow of gradients', () => {
    const w = q.tensor([1, 2, 3], { requiresGrad: true });
    const x = w.mul(2);
    x.gt_(3);
    expect(x.toArray()).toEqual([0, 1, 1]);
    x.mul(w).sum().backward();
    expect(w.grad?.toArray()).toEqual([0, 1, 1]);
    const kept = w.mul(2);
    const squared = kept.square();
    kept.logicalNot_();
    expect(() => squared.sum().backward()).toThrow(q.GradientError);
  });

  it('is no matter of requiresGrad_, which only leaves take', () => {
    const w = q.ones([2]).requiresGrad_();
    expect(w.requiresGrad).toBe(true);
    const x = w.mul(2);
    expect(() => x.requiresGrad_(false)).toThrow(q.GradientError);
    expect(() => q.ones([2], { dtype: 'int32' }).requiresGrad_()).toThrow(q.GradientError);
    expect(w.requiresGrad_(false).requiresGrad).toBe(false);
  });

  it('shows through its views, and theirs through it', () => {
    const base = q.tensor([
      [1, 4],
      [9, 16],
    ]);
    const row = base.select(0, 1);
    row.sqrt_();
    row.clamp_({ max: 3.5 });
    expect(base.toArray()).toEqual([
      [1, 4],
      [3, 3.5],
    ]);
  });

  it('leaves graphs that need the old values an error, and not wrong gradients', () => {
    const w = q.tensor([1, 2], { requiresGrad: true });
    const squared = w.mul(1);
    const kept = squared.square();
    squared.clamp_({ max: 1.5 });
    expect(() => kept.sum().backward()).toThrow(q.GradientError);
    const grown = w.exp();
    grown.neg_();
    expect(() => grown.sum().backward()).toThrow(q.GradientError);
  });

  it('passes gradients through several writes in turn', () => {
    const w = q.tensor([0.5, 2], { requiresGrad: true });
    const x = w.mul(2);
    x.pow_(2).clamp_({ max: 10 }).neg_().sigmoid_();
    x.sum().backward();
    const s = 1 / (1 + Math.exp(-1));
    expect(w.grad?.toArray()).toEqual([expect.closeTo(-s * (1 - s) * 4, 5), 0]);
  });

  it('refuses a result of another shape or dtype', () => {
    expect(() => q.ones([2]).lerp_(q.ones([3, 2]), 0.5)).toThrow(q.ShapeError);
    expect(() => q.ones([2], { dtype: 'int32' }).exp_()).toThrow(q.DTypeError);
    expect(() => q.ones([2]).bitwiseAnd_(1)).toThrow(q.DTypeError);
  });

  it('leaves integers as they are where they are whole', () => {
    expect(q.tensor([3], { dtype: 'int32' }).floor_().toArray()).toEqual([3]);
    expect(q.tensor([200], { dtype: 'uint8' }).square_().toArray()).toEqual([64]);
  });
});
